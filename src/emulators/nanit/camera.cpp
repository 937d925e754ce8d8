#include "emulators/nanit/camera.hpp"

#include <algorithm>
#include <utility>

#include "async/deadline.hpp"
#include "base/random.hpp"
#include "base/time_scale.hpp"
#include "base/url.hpp"
#include "emulators/nanit/camera_core.hpp"
#include "protocols/rtmp/address.hpp"

namespace casement::emulators::nanit {

using namespace std::chrono_literals;
using base::Result;

namespace {

constexpr auto kStingPush = 4500ms;
constexpr std::size_t kMaxUrl = 4096;
constexpr int kMostUploads = 4;
constexpr auto kUploadTime = 60s;

StreamTimes scaled_times(StreamTimes times, double time_scale) {
    times.connects_after = base::scaled(times.connects_after, time_scale);
    times.tries_again_after = base::scaled(times.tries_again_after, time_scale);
    times.lapse = base::scaled(times.lapse, time_scale);
    return times;
}

bool is_rtmp(const std::string& url) {
    if (url.size() > kMaxUrl) return false;
    const auto parsed = base::Url::parse(url);
    return parsed && protocols::rtmp::make_address(*parsed);
}

}  // namespace

Camera::State::State(async::Executor e, async::BlockingPool& pool, const base::Clock& c,
                     CameraOptions o, const base::Log& l)
    : executor(std::move(e)),
      clock(c),
      options(std::move(o)),
      log(l.with("emulator", options.uid)),
      memory(clock, options.uid, options.firmware, options.time_scale),
      streams(std::make_shared<Streams>(executor, pool, clock, options.picture,
                                        scaled_times(options.stream_times, options.time_scale),
                                        log)),
      power(executor),
      tasks(executor, log) {}

std::chrono::milliseconds Camera::State::scaled(std::chrono::milliseconds wait) const {
    return base::scaled(wait, options.time_scale);
}

void Camera::State::joined(std::shared_ptr<ControlSession> session) {
    sessions.push_back(std::move(session));
}

void Camera::State::left(const std::shared_ptr<ControlSession>& session) {
    std::erase(sessions, session);
    if (faults.stops_with_session) streams->stop_those_of(session);
}

void Camera::State::heard(const std::shared_ptr<ControlSession>& session, base::ByteSpan bytes) {
    if (is_off) return;
    const auto message = wire::parse(bytes);
    if (message && message->has_type() && message->type() == wire::kKeepalive) {
        ++counters.keepalives;  // and no echo
    } else if (message && message->type() == wire::kRequest && message->request().has_id() &&
               message->request().has_type()) {
        take_request(session, message->request());
    } else {
        ++counters.malformed;
    }
}

void Camera::State::take_request(const std::shared_ptr<ControlSession>& session,
                                 const pb::Request& request) {
    ++counters.requests[request.type()];
    if (faults.silent_to.contains(request.type())) return;
    if (request.type() == wire::kPutStreaming)
        return session->answer(wire::serialize(put_streaming(session, request)));
    if (request.type() == wire::kGetLogs)
        return session->answer(wire::serialize(get_logs(request)));
    const bool was_sting = memory.is_sting_running();
    auto answer = memory.answer(request, !session->is_local());
    if (!answer) return;
    pb::Message message;
    message.set_type(wire::kResponse);
    *message.mutable_response() = std::move(answer->response);
    session->answer(wire::serialize(message));
    for (pb::Request& made : answer->pushes) push(std::move(made));
    if (memory.is_asleep()) streams->stop_all();
    if (!was_sting && memory.is_sting_running())
        tasks.spawn("breathing", [state = shared_from_this()] { return push_sting(state); });
}

pb::Message Camera::State::put_streaming(const std::shared_ptr<ControlSession>& session,
                                         const pb::Request& request) {
    const pb::Streaming& asked = request.streaming();
    // The other two are the vendor's own pipelines; that users may not have them is our choice.
    if (!asked.has_id() || !asked.has_status() || !asked.has_rtmp_url() ||
        asked.id() != wire::kMobile)
        return wire::response_to(request, 400, "Bad Request");
    const std::string& url = asked.rtmp_url();
    if (asked.status() == wire::kStopped) {
        url.empty() ? streams->stop_those_of(session) : streams->stop(url);
        return wire::response_to(request, 200);
    }
    if (asked.status() != wire::kStarted || !is_rtmp(url))
        return wire::response_to(request, 400, "Bad Request");
    // Its number is our choice: only the word in the text is known.
    if (memory.is_asleep()) return wire::response_to(request, 409, "Camera is sleeping");
    if (faults.p2p_blocked) return wire::response_to(request, 500, "failed to punch p2p");
    const bool shares = session->is_local() && streams->count_of(session) == 0;
    if (!streams->has(url) && !shares && used_slots() >= kSlots) {
        ++counters.out_of_slots;
        return wire::response_to(
            request, 403,
            "Forbidden: Number of Mobile App connections above limit, declining connection");
    }
    streams->start(url, asked.attempts(), session);
    return wire::response_to(request, 200);
}

pb::Message Camera::State::get_logs(const pb::Request& request) {
    const std::string& url = request.get_logs().url();
    const auto parsed = base::Url::parse(url);
    if (url.size() > kMaxUrl || !parsed || parsed->scheme != "http" || parsed->host.empty())
        return wire::response_to(request, 400, "Bad Request");
    if (uploading >= kMostUploads) return wire::response_to(request, 503, "Busy");  // our choice
    ++uploading;
    tasks.spawn("log upload", [state = shared_from_this(), url] { return send_logs(state, url); });
    return wire::response_to(request, 200);
}

async::Task<> Camera::State::send_logs(std::shared_ptr<State> state, std::string url) {
    struct Running {
        std::shared_ptr<State> state;
        explicit Running(std::shared_ptr<State> s) : state(std::move(s)) {}
        ~Running() { --state->uploading; }
    } const running(state);
    const int boot = state->boots;
    if (!co_await async::sleep_for(state->scaled(state->options.uploads_after))) co_return;
    const LogFault fault = state->faults.log;
    if (state->is_off || boot != state->boots || fault == LogFault::Never) co_return;
    const auto status = co_await upload_log({.url = std::move(url),
                                             .archive = make_log_archive(state->options.uid, fault),
                                             .fault = fault,
                                             .is_chunked = state->faults.chunks_logs},
                                            async::Deadline::in(kUploadTime));
    if (!status) {
        state->log.debug("The logs did not arrive: {}", status.error().message());
        co_return;
    }
    ++state->counters.uploads;
    state->counters.last_upload_status = *status;
}

void Camera::State::push(pb::Request request) {
    ++counters.pushes;
    pb::Message message;
    message.set_type(wire::kRequest);
    request.set_id(next_push++);
    *message.mutable_request() = std::move(request);
    const auto bytes = wire::serialize(message);
    for (const auto& session : sessions) session->push(bytes);
}

std::chrono::milliseconds Camera::push_wait(const CameraOptions& options, bool lazily,
                                            double unit) {
    if (lazily) return 1min + base::scaled(89min, unit);
    return base::scaled(options.pushes_every, 1 + options.push_jitter * (2 * unit - 1));
}

std::chrono::milliseconds Camera::State::next_push_in() const {
    const double unit = static_cast<double>(base::random_u32()) / 4294967296.0;  // 2^32
    return push_wait(options, faults.pushes_lazily, unit);
}

async::Task<> Camera::State::push_sensors(std::shared_ptr<State> state) {
    for (;;) {
        if (!co_await async::sleep_for(state->scaled(state->next_push_in()))) co_return;
        if (state->is_off || !state->memory.pushes_sensors()) continue;
        // One each, and never the light: that has to be asked for.
        const auto& transfer = state->memory.control().sensor_data_transfer();
        if (transfer.temperature()) state->push(state->memory.sensor_push(wire::kTemperature));
        if (transfer.humidity()) state->push(state->memory.sensor_push(wire::kHumidity));
    }
}

async::Task<> Camera::State::push_sting(std::shared_ptr<State> state) {
    for (;;) {
        if (!co_await async::sleep_for(state->scaled(kStingPush))) co_return;
        if (!state->memory.is_sting_running()) co_return;
        state->push(state->memory.sting_push());
    }
}

Result<std::unique_ptr<Camera>> Camera::start(async::Executor executor, async::BlockingPool& pool,
                                              const base::Clock& clock, CameraOptions options,
                                              base::Log log) {
    const auto state =
        std::make_shared<State>(std::move(executor), pool, clock, std::move(options), log);
    if (!state->options.listen.empty()) {
        CASEMENT_TRY(state->make_door());
        CASEMENT_TRY(state->open_door());
    }
    if (!state->options.cloud_url.empty()) {
        state->memory.has_cloud = false;
        state->tasks.spawn("cloud link", [state] { return State::keep_linked(state); });
    }
    state->tasks.spawn("pushes", [state] { return State::push_sensors(state); });
    return std::unique_ptr<Camera>(new Camera(state));
}

Camera::Camera(std::shared_ptr<State> state) : state_(std::move(state)) {}
Camera::~Camera() {
    state_->is_off = true;
    if (state_->listener) state_->listener->close();
    state_->tasks.cancel();
}

async::Task<> Camera::stop() {
    const auto state = state_;
    state->is_off = true;
    if (state->listener) state->listener->close();
    if (state->link) state->link->abort();
    co_await state->streams->end();
    if (state->door) co_await state->door->stop(0ms);
    co_await state->tasks.stop();
    state->sessions.clear();
}

std::shared_ptr<ControlPort> Camera::port() const { return state_; }
std::string Camera::door_address() const { return state_->door_address; }
std::string Camera::door_url() const {
    if (state_->door_address.empty()) return {};
    return fmt::format("wss://{}/", state_->door_address);
}

CameraFaults& Camera::faults() { return state_->faults; }
CameraState& Camera::state() { return state_->memory; }
Streams& Camera::streams() { return *state_->streams; }

CameraCounters Camera::counters() const {
    CameraCounters out = state_->counters;
    out.local = state_->local.size();
    out.sessions = state_->sessions.size();
    out.uploading = state_->uploading;
    out.is_linked = state_->link != nullptr;
    out.is_on = !state_->is_off;
    return out;
}

void Camera::set_readings(Readings readings) {
    const bool turned = readings.night != state_->memory.readings.night;
    state_->memory.readings = readings;
    if (turned && state_->memory.control().sensor_data_transfer().night())
        state_->push(state_->memory.sensor_push(wire::kNight));
}

void Camera::push(pb::Request request) { state_->push(std::move(request)); }

void Camera::drop_local() {
    for (const auto& socket : state_->local) socket->abort();
}

void Camera::State::power_off() {
    if (std::exchange(is_off, true)) return;
    if (listener) std::exchange(listener, nullptr)->close();
    for (const auto& socket : local) socket->abort();
    if (link) link->abort();
    streams->cut();
    sessions.clear();
    relayed.clear();
    lost.clear();
}

Result<> Camera::State::power_on() {
    if (!std::exchange(is_off, false)) return {};
    ++boots;
    memory.restart();
    power.ring();
    if (door) return open_door();
    return {};
}

async::Task<> Camera::State::power_cut(std::shared_ptr<State> state,
                                       std::chrono::milliseconds length) {
    if (!co_await async::sleep_for(length)) co_return;
    if (const auto on = state->power_on(); !on)
        state->log.error("It does not start again: {}", on.error().message());
}

void Camera::power_off() { state_->power_off(); }
Result<> Camera::power_on() { return state_->power_on(); }
void Camera::power_cut(std::chrono::milliseconds length) {
    state_->power_off();
    state_->tasks.spawn("power cut",
                        [state = state_, length] { return State::power_cut(state, length); });
}

}  // namespace casement::emulators::nanit
