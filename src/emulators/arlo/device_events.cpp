// What happens around a device: buttons, motion, sound, lamp; and the pictures it is asked for.

#include <algorithm>

#include "emulators/arlo/device_state.hpp"
#include "emulators/arlo/reports.hpp"
#include "ffmpeg/test_picture.hpp"
#include "net/http_client.hpp"
#include "protocols/arlo/upload.hpp"

namespace casement::emulators::arlo {

using async::Deadline;
using base::Result;
namespace reg = wire::registers;

namespace {

constexpr std::int64_t kTriggerLevel = 6110;  // of the infrared sensor, as in captures
constexpr std::int64_t kLoudness = 2672;
constexpr std::chrono::seconds kUploadTime{15};

wire::PirMotion motion_of(const MotionScript& script, const std::vector<wire::Zone>& known) {
    wire::PirMotion out;
    out.triggered = true;
    out.trigger_level = script.in_picture ? 0 : kTriggerLevel;
    out.trigger_rtp_time = 0;
    out.trigger_system_time = 1;
    std::vector<std::string> hit;
    std::int64_t mask = script.in_picture ? 1 : 0;
    for (auto& zone : out.zone_hits) zone = {.intensity = 0, .counter = 0};
    if (script.in_picture) out.zone_hits[0] = {.intensity = 40, .counter = 320};
    for (std::size_t i = 0; i < known.size() && i + 1 < out.zone_hits.size(); ++i) {
        if (std::ranges::find(script.zones, known[i].id) == script.zones.end()) continue;
        hit.push_back(known[i].id);
        mask |= std::int64_t{1} << (i + 1);
        out.zone_hits[i + 1] = {.intensity = 100, .counter = 896};
    }
    out.zones = hit;
    out.zone_mask = mask;
    out.previous_zone_mask = 0;
    out.pir_trigger = script.in_picture ? 2 : 0;
    return out;
}

/// One test picture as a JPEG file; blocks for some ms.
Result<media::Bytes> draw_picture(const std::string& name, Size size, base::WallTime wall,
                                  base::SteadyTime now) {
    ffmpeg::TestPictureOptions options;
    options.name = name;
    options.video = media::Codec::Mjpeg;
    options.width = size.width;
    options.height = size.height;
    options.audio.reset();
    CASEMENT_TRY(const auto picture, ffmpeg::TestPicture::open(options));
    std::vector<media::AccessUnit> units;
    CASEMENT_TRY(picture->next(wall, now, units));
    return units.front().data;
}

}  // namespace

void Device::State::press_button() {
    if (!profile().has_button) return;
    ++core->counters.presses;
    core->tell("pressed");
    wire::Alert alert = make_alert(profile(), core->options.serial, wire::AlertKind::ButtonPress);
    alert.button.emplace().triggered = true;
    say(std::move(alert));
}

base::Duration Device::State::clip_length(std::int64_t seconds) const {
    const std::int64_t least = core->registers.get(reg::kDefaultMotionStreamTimeLimit).value_or(10);
    const std::int64_t most = core->registers.get(reg::kMaxMotionStreamTimeLimit).value_or(120);
    return core->seconds(std::min(std::max(seconds, least), std::max(most, least)));
}

bool Device::State::may_alert(Notice what) {
    const auto verdict = gate.judge(what, core->registers, core->now(), times().second);
    if (verdict == AlertGate::Verdict::HeldBack) ++core->counters.held_back;
    return verdict == AlertGate::Verdict::Alert;
}

void Device::State::see_motion(const MotionScript& script) {
    if (core->sees_motion || !online) return;
    if (!may_alert(Notice::Motion)) return;
    ++core->counters.motions;
    core->sees_motion = true;
    core->tell("motion");
    wire::Alert alert = make_alert(profile(), core->options.serial, wire::AlertKind::PirMotion);
    alert.motion = motion_of(script, zones);
    say(std::move(alert));
    if (!online) return;  // it could not wake up
    const auto action = core->registers.get(reg::kPirAction);
    const bool lights = action == wire::PirAction::StreamAndSpotlight && profile().has_lamp;
    if (lights) set_lamp(true, std::nullopt);
    if (lights || action == wire::PirAction::Stream)
        online->spawn("stream wanted", [self = shared_from_this()] { return self->expect_play(); });
    online->spawn("motion",
                  [self = shared_from_this(), lights,
                   length = clip_length(script.seconds)]() -> async::Task<> {
                      const base::SteadyTime began = self->core->now();
                      if (!co_await async::sleep_for(length)) co_return;
                      self->core->sees_motion = false;
                      if (lights) self->set_lamp(false, std::nullopt);
                      self->core->tell("motion-end");
                      if (!self->profile().tells_motion_end) co_return;
                      wire::Alert end = make_alert(self->profile(), self->core->options.serial,
                                                   wire::AlertKind::MotionTimeout);
                      end.duration_s =
                          static_cast<double>((self->core->now() - began) / self->times().second);
                      self->say(std::move(end));
                  });
}

async::Task<> Device::State::expect_play() {
    const std::uint64_t sessions = core->counters.sessions;
    if (!co_await async::sleep_for(times().expects_play)) co_return;
    if (core->counters.sessions != sessions || live.is_playing()) co_return;
    ++core->counters.failed_streams;
    core->tell("no-stream");
}

void Device::State::hear_sound(std::int64_t seconds) {
    if (!profile().has_microphone || !online) return;
    if (!may_alert(Notice::Sound)) return;
    ++core->counters.sounds;
    core->tell("sound");
    wire::Alert alert = make_alert(profile(), core->options.serial, wire::AlertKind::Audio);
    alert.audio.emplace();
    alert.audio->triggered = true;
    alert.audio->trigger_level = kLoudness;
    alert.audio->trigger_rtp_time = 0;
    alert.audio->trigger_system_time = 0;
    say(std::move(alert));
    if (!online) return;  // it could not wake up
    online->spawn("sound",
                  [self = shared_from_this(), length = clip_length(seconds)]() -> async::Task<> {
                      const base::SteadyTime began = self->core->now();
                      if (!co_await async::sleep_for(length)) co_return;
                      self->core->tell("sound-end");
                      wire::Alert end = make_alert(self->profile(), self->core->options.serial,
                                                   wire::AlertKind::AudioTimeout);
                      end.duration_s =
                          static_cast<double>((self->core->now() - began) / self->times().second);
                      self->say(std::move(end));
                  });
}

void Device::State::set_lamp(bool on, std::optional<std::int64_t> seconds) {
    const std::uint64_t switches = ++lamp_switches;
    core->registers.set(reg::kSpotlightEnabled, on);
    if (on && seconds && online) {
        online->spawn("lamp",
                      [self = shared_from_this(), switches,
                       length = core->seconds(*seconds)]() -> async::Task<> {
                          if (co_await async::sleep_for(length) && self->lamp_switches == switches)
                              self->set_lamp(false, std::nullopt);
                      });
    }
    if (std::exchange(lamp_is_on, on) == on || !profile().has_lamp) return;
    core->tell("lamp", {{"on", on}});
    wire::Alert alert = make_alert(profile(), core->options.serial, wire::AlertKind::Spotlight);
    alert.spotlight.emplace().on = on;
    say(std::move(alert));
}

async::Task<> Device::State::upload(std::string url) {
    const Faults faults = core->options.faults;
    Counters& counters = core->counters;
    if (!co_await async::sleep_for(times().upload_follows + faults.upload_later)) co_return;
    const auto name = core->registers.get(reg::kJpegOutputResolution).value_or("");
    const std::string full = core->registers.get(reg::kVideoOutputResolution).value_or("");
    Size size = size_of(name).value_or(size_of(full).value_or(Size{1280, 720}));
    // A still costs next to nothing, so it has its full size.
    auto draw = [title = core->options.serial, size, wall = core->clock.wall_now(),
                 now = core->now()] { return draw_picture(title, size, wall, now); };
    const auto jpeg = co_await core->pool.run(std::move(draw));
    const auto parsed = base::Url::parse(url);
    if (!jpeg || !parsed || parsed->scheme != "http") {
        ++counters.uploads_failed;
        core->tell("upload-failed", {{"url", url}});
        co_return;
    }
    wire::UploadForm form;
    form.file_name = faults.upload_file_name.value_or(profile().upload_file_name);
    base::ByteSpan bytes(*jpeg);
    if (faults.upload == UploadFault::Empty) bytes = {};
    wire::Upload made = wire::make_upload(bytes, form);
    if (faults.upload == UploadFault::Bare)
        made = {.content_type = "image/jpeg", .body = std::string(base::as_text(bytes))};
    if (faults.upload == UploadFault::Truncated) made.body.resize(made.body.size() / 2);
    net::HttpClientOptions options;
    options.connect.bind_address = core->address;
    net::HttpClient client(core->executor, options);
    int wanted = faults.upload == UploadFault::Twice ? 2 : 1;
    for (int tries = wanted + 1; tries > 0 && wanted > 0; --tries) {
        net::ClientRequest request;
        request.method = "POST";
        request.url = "http://" + parsed->authority() + wire::upload_path(url);
        request.headers.add("Content-Type", made.content_type);
        request.body = made.body;
        const auto answer = co_await client.send(std::move(request), Deadline::in(kUploadTime));
        if (answer && answer->is_success()) {
            --wanted;
            ++counters.uploads;
            core->tell("uploaded", {{"url", url}});
        } else {
            ++counters.uploads_failed;
            core->tell("upload-failed", {{"url", url}});
        }
    }
}

}  // namespace casement::emulators::arlo
