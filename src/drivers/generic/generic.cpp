#include "drivers/generic/generic.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace casement::drivers::generic {

namespace {

using base::ErrorKind;
using base::fail;
using base::Result;
using base::Url;
using camera::Way;

constexpr std::string_view kPush = "push:", kFile = "file:", kTest = "test:";

Result<Way> parse_push(std::string_view key) {
    const bool fits = key.size() >= 8 && key.size() <= 64 && std::ranges::all_of(key, [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                 (c >= '0' && c <= '9') || c == '_' || c == '-';
                      });
    if (!fits)
        return fail(ErrorKind::InvalidArgument,
                    "push: needs a key of 8 to 64 letters, digits, - or _ that nobody can guess");
    camera::ExpectPush push;
    push.key = base::Secret(std::string(key));
    return push;
}

Result<Way> parse_file(std::string_view path) {
    while (path.starts_with("//")) path.remove_prefix(1);  // file:///a/b is /a/b
    if (!path.starts_with('/'))
        return fail(ErrorKind::InvalidArgument,
                    "file: needs an absolute path, like file:/srv/clip.mp4");
    camera::PlayFile file;
    file.path = path;
    return file;
}

/// "", "1280x720", "1280x720@25".
Result<Way> parse_test(std::string_view text) {
    camera::TestPicture picture;
    if (text.empty()) return picture;
    std::string_view rest = text;
    const auto width = base::parse_number<int>(base::take_until(rest, 'x'));
    const auto height = base::parse_number<int>(base::take_until(rest, '@'));
    const auto rate =
        rest.empty() ? std::optional(picture.frames_per_second) : base::parse_number<int>(rest);
    // Sizes that an encoder takes without padding, and that one core encodes.
    const bool fits = width && height && rate && *width >= 64 && *width <= 3840 &&
                      *width % 2 == 0 && *height >= 64 && *height <= 2160 && *height % 2 == 0 &&
                      *rate >= 1 && *rate <= 60;
    if (!fits)
        return fail(ErrorKind::InvalidArgument,
                    "\"test:{}\" is no test picture; write test: or test:1280x720@15",
                    text.substr(0, 40));
    picture.width = *width;
    picture.height = *height;
    picture.frames_per_second = *rate;
    return picture;
}

Result<Way> parse_http(const CameraConfig& config, Url url) {
    if (config.interval) {
        if (*config.interval < std::chrono::milliseconds{100})
            return fail(ErrorKind::InvalidArgument, "interval: not under 100ms");
        camera::HttpJpegPoll poll;
        poll.url = std::move(url);
        poll.interval = *config.interval;
        poll.connection = config.connection;
        return poll;
    }
    camera::HttpMjpeg stream;
    stream.url = std::move(url);
    stream.connection = config.connection;
    return stream;
}

}  // namespace

Result<Way> parse_source(const CameraConfig& config, const std::string& source) {
    const std::string_view text = source;
    if (text.starts_with(kPush)) return parse_push(text.substr(kPush.size()));
    if (text.starts_with(kFile)) return parse_file(text.substr(kFile.size()));
    if (text.starts_with(kTest)) return parse_test(text.substr(kTest.size()));

    CASEMENT_TRY(Url url, Url::parse(text));
    if (url.scheme == "http" || url.scheme == "https") return parse_http(config, std::move(url));
    if (config.interval)
        return fail(ErrorKind::InvalidArgument, "interval: is for http addresses only");
    if (url.scheme == "rtsp" || url.scheme == "rtsps") {
        camera::PullRtsp pull;
        pull.url = std::move(url);
        pull.transport = config.transport;
        pull.connection = config.connection;
        return pull;
    }
    if (url.scheme == "rtmp" || url.scheme == "rtmps") {
        camera::PullRtmp pull;
        pull.url = std::move(url);
        pull.connection = config.connection;
        return pull;
    }
    return fail(ErrorKind::InvalidArgument,
                "\"{}\" is no way to a camera; there are rtsp, rtsps, rtmp, rtmps, http, https, "
                "push:, file: and test:",
                url.scheme.substr(0, 20));
}

Result<std::vector<Driver::Known>> Driver::read(const std::vector<CameraConfig>& cameras) {
    std::vector<Known> known;
    for (const CameraConfig& config : cameras) {
        const auto within = [&](const base::Error& error) {
            return std::unexpected(error.within(fmt::format("camera \"{}\"", config.id)));
        };
        Result<Way> main =
            config.way ? Result<Way>(*config.way) : parse_source(config, config.source);
        if (!main) return within(main.error());
        Known one{{}, std::move(*main), std::nullopt, config.audio};
        camera::Description& d = one.description;
        if (!config.small_source.empty()) {
            auto small = parse_source(config, config.small_source);
            if (!small) return within(small.error());
            one.small = std::move(*small);
            d.qualities.push_back(camera::Quality::Small);
        }
        d.id = config.id;
        d.unique_id = "generic:" + config.id;
        d.name = config.name.empty() ? config.id : config.name;
        d.place = config.place;
        d.way = camera::way_name(one.main);
        d.capabilities.add(camera::Capability::LiveVideo);
        const bool silent = !config.audio || std::holds_alternative<camera::HttpMjpeg>(one.main) ||
                            std::holds_alternative<camera::HttpJpegPoll>(one.main);
        if (!silent) d.capabilities.add(camera::Capability::LiveAudio);
        known.push_back(std::move(one));
    }
    return known;
}

Result<std::unique_ptr<Driver>> Driver::make(async::Executor executor,
                                             std::vector<CameraConfig> cameras) {
    CASEMENT_TRY(auto known, read(cameras));
    return std::unique_ptr<Driver>(new Driver(std::move(executor), std::move(known)));
}

Result<> Driver::reconfigure(std::vector<CameraConfig> cameras) {
    CASEMENT_TRY(auto next, read(cameras));
    const std::vector<Known> before = std::exchange(cameras_, std::move(next));
    if (!host_) return {};
    const auto find = [](const std::vector<Known>& list, const std::string& id) {
        const auto found =
            std::ranges::find_if(list, [&](const Known& one) { return one.description.id == id; });
        return found == list.end() ? nullptr : &*found;
    };
    for (const Known& one : before) {
        if (!find(cameras_, one.description.id)) host_->camera_gone(one.description.id);
    }
    for (const Known& one : cameras_) {
        const Known* old = find(before, one.description.id);
        if (!old || !(old->description == one.description)) tell(one);
    }
    return {};
}

void Driver::tell(const Known& camera) const {
    host_->camera_found(camera.description);
    // Nothing to ask: the stream alone tells whether it is there.
    host_->state_changed(camera.description.id, {camera::StateWord::Live, {}, {}});
}

async::Task<Result<>> Driver::run(camera::DriverHost& host) {
    host.account_changed({.word = camera::AccountState::Word::SignedIn,
                          .reason = {},
                          .expires_at = {},
                          .renewed_at = {}});
    host_ = &host;
    struct Forget {
        camera::DriverHost*& host;
        ~Forget() { host = nullptr; }
    } const forget{host_};
    for (const Known& one : cameras_) tell(one);
    asio::steady_timer forever(executor_, asio::steady_timer::time_point::max());
    const auto [ec] = co_await forever.async_wait(async::as_value);
    co_return std::unexpected(async::to_error(ec, "generic cameras"));
}

async::Task<Result<camera::StreamEndpoint>> Driver::endpoint(std::string camera,
                                                             camera::Quality quality,
                                                             async::Deadline) {
    const auto found = std::ranges::find_if(
        cameras_, [&](const Known& one) { return one.description.id == camera; });
    if (found == cameras_.end())
        co_return fail(ErrorKind::NotFound, "there is no camera \"{}\"", camera.substr(0, 63));
    camera::StreamEndpoint endpoint;
    const bool small = quality == camera::Quality::Small && found->small;
    endpoint.way = small ? *found->small : found->main;
    endpoint.quality = small ? camera::Quality::Small : camera::Quality::Main;
    endpoint.audio = found->audio;
    co_return endpoint;
}

async::Task<Result<>> Driver::set(std::string camera, std::string, camera::Value, async::Deadline) {
    co_return fail(ErrorKind::Unsupported, "camera \"{}\" has no settings", camera.substr(0, 63));
}

async::Task<Result<camera::CommandOutcome>> Driver::execute(camera::Command command) {
    co_return fail(ErrorKind::Unsupported, "camera \"{}\" takes no commands",
                   command.camera.substr(0, 63));
}

async::Task<Result<std::unique_ptr<camera::TalkSink>>> Driver::talk(std::string camera,
                                                                    async::Deadline) {
    co_return fail(ErrorKind::Unsupported,
                   "camera \"{}\" has no loudspeaker that this hub can reach",
                   camera.substr(0, 63));
}

}  // namespace casement::drivers::generic
