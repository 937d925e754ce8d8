#include "emulators/testcam/rtsp_camera.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "async/bell.hpp"
#include "async/deadline.hpp"
#include "emulators/testcam/rtp_lanes.hpp"
#include "protocols/sdp/tracks.hpp"

namespace casement::emulators::testcam {

using base::ErrorKind;
using base::Result;
namespace rtsp = protocols::rtsp;

namespace {

// A client that takes so little that this much waits for it is cut: eight seconds of a 4 Mbit/s
// stream.
constexpr std::size_t kMaxOutbox = std::size_t{4} << 20;
// How often reports are looked for and deadlines are looked at.
constexpr std::chrono::milliseconds kWatchEvery{100};
constexpr std::chrono::seconds kHandshakeTime{10};
// The address may be in use for a moment after a sulk.
constexpr std::chrono::milliseconds kListenAgainEvery{200};

net::ip::address address_of(const std::string& endpoint) {
    const auto parsed = net::parse_endpoint(endpoint);
    return parsed ? parsed->address() : net::ip::address{};
}

}  // namespace

class Connection;

// Shared by the handle, the listening task and the connections.
struct RtspCamera::State : std::enable_shared_from_this<RtspCamera::State> {
    State(std::shared_ptr<Feed> f, RtspCameraOptions o, std::unique_ptr<net::Listener> l,
          base::Log g)
        : feed(std::move(f)),
          options(std::move(o)),
          listener(std::move(l)),
          endpoint(listener->endpoint()),
          log(g),
          tasks(feed->executor(), g) {}

    const std::shared_ptr<Feed> feed;
    RtspCameraOptions options;
    std::unique_ptr<net::Listener> listener;
    const net::ip::tcp::endpoint endpoint;
    const base::Log log;
    RtspCameraCounters counters;
    std::set<Connection*> connections;
    std::size_t in_session = 0;  // connections that have set up a track
    bool sulking = false;
    bool stopped = false;
    async::TaskGroup tasks;

    static async::Task<> listen(std::shared_ptr<State> state);
    void welcome(std::unique_ptr<net::PlainStream> stream);
    static async::Task<> serve(std::shared_ptr<State> state,
                               std::shared_ptr<std::unique_ptr<net::PlainStream>> taken);
    void sulk() {
        if (!options.sulks_without_teardown || stopped) return;
        sulking = true;
        listener->close();
    }
};

/// One client.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(std::shared_ptr<RtspCamera::State> camera, std::unique_ptr<net::Stream> stream);
    ~Connection();

    static async::Task<> run(std::shared_ptr<Connection> self);
    void cut() { stream_->close(); }

private:
    static rtsp::ServerOptions server_options(const RtspCameraOptions& options);
    async::Task<Result<>> serve();
    async::Task<Result<>> write_out();
    async::Task<Result<>> play();
    async::Task<Result<>> watch();
    Result<> handle(rtsp::ServerAction action);
    bool admit(rtsp::RequestId id, const rtsp::Caller& caller);
    bool find(rtsp::RequestId id, const rtsp::Target& target);
    void on_describe(const rtsp::NeedDescribe& need);
    void on_setup(const rtsp::NeedSetup& need);
    void on_play(const rtsp::NeedPlay& need);
    void end_session(bool politely);
    Result<> say(base::ByteSpan bytes);
    base::SteadyTime now() const { return camera_->feed->clock().steady_now(); }

    const std::shared_ptr<RtspCamera::State> camera_;
    const std::unique_ptr<net::Stream> stream_;
    rtsp::ServerSession session_;
    RtpLanes lanes_;
    std::vector<std::uint8_t> outbox_;
    std::string path_;  // that was asked for last
    bool has_session_ = false;
    bool playing_ = false;
    base::SteadyTime heard_report_{};
    async::Bell outbox_bell_, play_bell_;
};

rtsp::ServerOptions Connection::server_options(const RtspCameraOptions& options) {
    rtsp::ServerOptions out;
    out.server_name = "testcam";
    out.auth.realm = "testcam";
    out.allow_tcp = options.allow_tcp;
    out.allow_udp = options.allow_udp;
    out.allow_record = false;
    return out;
}

Connection::Connection(std::shared_ptr<RtspCamera::State> camera,
                       std::unique_ptr<net::Stream> stream)
    : camera_(std::move(camera)),
      stream_(std::move(stream)),
      session_(server_options(camera_->options)),
      lanes_(address_of(stream_->local_endpoint()), address_of(stream_->remote_endpoint()),
             camera_->options.sender_report_every),
      outbox_bell_(camera_->feed->executor()),
      play_bell_(camera_->feed->executor()) {
    camera_->connections.insert(this);
    ++camera_->counters.connections;
}

Connection::~Connection() { camera_->connections.erase(this); }

async::Task<> Connection::run(std::shared_ptr<Connection> self) {
    using namespace boost::asio::experimental::awaitable_operators;
    struct Leave {
        Connection& connection;
        ~Leave() { connection.end_session(false); }
    } const leave{*self};
    const auto ended =
        co_await (self->serve() || self->write_out() || self->play() || self->watch());
    const Result<> outcome = std::visit([](const Result<>& result) { return result; }, ended);
    if (!outcome)
        self->camera_->log.debug("RTSP client {} left: {}", self->stream_->remote_endpoint(),
                                 outcome.error().message());
}

async::Task<Result<>> Connection::serve() {
    for (;;) {
        while (auto action = session_.next_action(now())) {
            CASEMENT_CO_TRY(handle(std::move(*action)));
        }
        CASEMENT_CO_TRY(const std::size_t got, co_await stream_->read_some(session_.room()));
        session_.commit(got);
    }
}

async::Task<Result<>> Connection::write_out() {
    std::vector<std::uint8_t> bytes;
    for (;;) {
        CASEMENT_CO_TRY(co_await outbox_bell_.wait());
        while (!outbox_.empty()) {
            bytes.clear();
            bytes.swap(outbox_);
            CASEMENT_CO_TRY(co_await stream_->write_all(base::ByteSpan(bytes)));
        }
    }
}

async::Task<Result<>> Connection::play() {
    for (;;) {
        CASEMENT_CO_TRY(co_await play_bell_.wait());
        Feed::Tap tap = camera_->feed->tap();
        while (playing_) {
            CASEMENT_CO_TRY(const FeedItem item, co_await tap.next());
            if (!playing_) break;
            const std::size_t before = outbox_.size();
            lanes_.send(item, now(), outbox_);
            if (outbox_.size() > kMaxOutbox)
                co_return base::fail(ErrorKind::ResourceExhausted, "it takes too little");
            if (outbox_.size() != before) outbox_bell_.ring();
        }
    }
}

async::Task<Result<>> Connection::watch() {
    for (;;) {
        CASEMENT_CO_TRY(co_await async::sleep_for(kWatchEvery));
        if (const std::uint64_t reports = lanes_.take_reports(); reports > 0) {
            camera_->counters.reports += reports;
            heard_report_ = now();
            session_.heard(heard_report_);
        }
        if (playing_ && camera_->options.keeps && !camera_->options.keeps(path_))
            co_return base::fail(ErrorKind::Unauthenticated, "what it was let in with has ended");
        const auto patience = camera_->options.dies_without_reports;
        if (playing_ && patience && now() - heard_report_ > *patience)
            co_return base::fail(ErrorKind::DeadlineExceeded, "no receiver report");
        if (const auto deadline = session_.deadline(); deadline && now() >= *deadline)
            co_return base::fail(ErrorKind::DeadlineExceeded, "it is silent");
    }
}

Result<> Connection::say(base::ByteSpan bytes) {
    outbox_.insert(outbox_.end(), bytes.begin(), bytes.end());
    outbox_bell_.ring();
    return {};
}

Result<> Connection::handle(rtsp::ServerAction action) {
    if (const auto* send = std::get_if<rtsp::Send>(&action))
        return say(base::as_bytes(send->bytes));
    if (const auto* describe = std::get_if<rtsp::NeedDescribe>(&action)) {
        on_describe(*describe);
    } else if (const auto* setup = std::get_if<rtsp::NeedSetup>(&action)) {
        on_setup(*setup);
    } else if (const auto* play = std::get_if<rtsp::NeedPlay>(&action)) {
        on_play(*play);
    } else if (const auto* incoming = std::get_if<rtsp::Incoming>(&action)) {
        if (incoming->rtcp) {
            ++camera_->counters.reports;
            heard_report_ = now();
        }
    } else if (std::holds_alternative<rtsp::TornDown>(action)) {
        end_session(true);
    } else if (const auto* close = std::get_if<rtsp::Close>(&action)) {
        return std::unexpected(close->reason);
    }
    return {};
}

bool Connection::admit(rtsp::RequestId id, const rtsp::Caller& caller) {
    const RtspCameraOptions& options = camera_->options;
    if (options.user.empty() || caller.authorised) return true;
    if (caller.credentials) {
        const rtsp::auth::Credentials& c = *caller.credentials;
        const bool basic = c.scheme == rtsp::auth::Challenge::Scheme::Basic;
        const bool proven = basic ? c.proves_password(options.password.reveal())
                                  : c.proves_ha1(rtsp::auth::ha1(c.algorithm, options.user, c.realm,
                                                                 options.password.reveal()));
        if (proven && c.user == options.user) return true;
        ++camera_->counters.unauthorized;
    }
    session_.respond_unauthorized(id);
    return false;
}

bool Connection::find(rtsp::RequestId id, const rtsp::Target& target) {
    const RtspCameraOptions& options = camera_->options;
    const int refused = options.gate ? options.gate(target.path, target.query)
                                     : (target.path == options.path ? 0 : 404);
    if (refused != 0) session_.refuse(id, refused);
    path_ = target.path;
    return refused == 0;
}

void Connection::on_describe(const rtsp::NeedDescribe& need) {
    if (!admit(need.id, need.caller) || !find(need.id, need.target)) return;
    ++camera_->counters.describes;
    protocols::sdp::WriteOptions write;
    write.session_name = "testcam";
    session_.respond_describe(need.id, camera_->options.user,
                              protocols::sdp::sdp_from_tracks(*camera_->feed->tracks(), write));
}

void Connection::on_setup(const rtsp::NeedSetup& need) {
    if (!admit(need.id, need.caller) || !find(need.id, need.target)) return;
    const media::Tracks& tracks = *camera_->feed->tracks();
    const int track = need.track.value_or(static_cast<int>(session_.setups().size()));
    if (track < 0 || static_cast<std::size_t>(track) >= tracks.size())
        return session_.refuse(need.id, 404);
    if (!has_session_ && camera_->in_session >= camera_->options.max_sessions) {
        ++camera_->counters.refused_sessions;
        return session_.refuse(need.id, 453);
    }
    const auto answer =
        lanes_.add(tracks[static_cast<std::size_t>(track)], need.transport, stream_->executor());
    if (!answer) return session_.refuse(need.id, 461, answer.error().message());
    if (!std::exchange(has_session_, true)) ++camera_->in_session;
    session_.respond_setup(need.id, camera_->options.user, *answer);
}

void Connection::on_play(const rtsp::NeedPlay& need) {
    session_.respond_play(need.id, {});
    if (std::exchange(playing_, true)) return;
    heard_report_ = now();
    RtspCameraCounters& counters = camera_->counters;
    ++counters.sessions;
    counters.most_playing = std::max(counters.most_playing, ++counters.playing);
    // The answer stands in the outbox before the first packet: next_action() hands it out before
    // anything is awaited.
    play_bell_.ring();
}

void Connection::end_session(bool politely) {
    if (politely) ++camera_->counters.teardowns;
    if (std::exchange(playing_, false)) {
        --camera_->counters.playing;
        if (!politely) {
            ++camera_->counters.lost_sessions;
            camera_->sulk();
        }
    }
    if (std::exchange(has_session_, false)) --camera_->in_session;
    lanes_.clear();
}

void RtspCamera::State::welcome(std::unique_ptr<net::PlainStream> stream) {
    const auto taken = std::make_shared<std::unique_ptr<net::PlainStream>>(std::move(stream));
    tasks.spawn("RTSP client", [self = shared_from_this(), taken] { return serve(self, taken); });
}

async::Task<> RtspCamera::State::serve(std::shared_ptr<State> state,
                                       std::shared_ptr<std::unique_ptr<net::PlainStream>> taken) {
    std::unique_ptr<net::Stream> stream;
    if (const auto tls = state->options.tls) {
        auto secured =
            co_await net::tls_accept(std::move(*taken), tls, net::Deadline::in(kHandshakeTime));
        if (!secured) co_return;
        stream = std::move(*secured);
    } else {
        stream = std::move(*taken);
    }
    co_await Connection::run(std::make_shared<Connection>(std::move(state), std::move(stream)));
}

async::Task<> RtspCamera::State::listen(std::shared_ptr<State> state) {
    for (;;) {
        const auto handler = [weak =
                                  std::weak_ptr(state)](std::unique_ptr<net::PlainStream> stream) {
            const auto camera = weak.lock();
            if (camera && !camera->stopped) camera->welcome(std::move(stream));
        };
        co_await state->listener->run({state->feed->executor()}, handler);
        if (!state->sulking || state->stopped) co_return;
        if (!co_await async::sleep_for(*state->options.sulks_without_teardown)) co_return;
        state->sulking = false;
        net::ListenOptions where;
        where.name = "test camera";
        where.address = net::to_text(state->endpoint);
        for (;;) {
            auto again = net::Listener::listen(state->feed->executor(), where);
            if (again) {
                state->listener = std::move(*again);
                break;
            }
            if (!co_await async::sleep_for(kListenAgainEvery)) co_return;
        }
    }
}

Result<std::unique_ptr<RtspCamera>> RtspCamera::listen(std::shared_ptr<Feed> feed,
                                                       RtspCameraOptions options, base::Log log) {
    net::ListenOptions where;
    where.name = "test camera";
    where.address = options.listen;
    CASEMENT_TRY(auto listener, net::Listener::listen(feed->executor(), where));
    const auto state = std::make_shared<State>(std::move(feed), std::move(options),
                                               std::move(listener), std::move(log));
    state->tasks.spawn("RTSP camera", [state] { return State::listen(state); });
    return std::unique_ptr<RtspCamera>(new RtspCamera(state));
}

RtspCamera::RtspCamera(std::shared_ptr<State> state) : state_(std::move(state)) {}

RtspCamera::~RtspCamera() {
    state_->stopped = true;
    state_->listener->close();
    state_->tasks.cancel();
}

std::string RtspCamera::url() const {
    return fmt::format("{}://{}/{}", state_->options.tls ? "rtsps" : "rtsp",
                       net::to_text(state_->endpoint), state_->options.path);
}
std::uint16_t RtspCamera::port() const { return state_->endpoint.port(); }
RtspCameraCounters RtspCamera::counters() const { return state_->counters; }

void RtspCamera::drop_connections() {
    for (Connection* connection : std::set(state_->connections)) connection->cut();
}

void RtspCamera::set_password(base::Secret password) {
    state_->options.password = std::move(password);
}
void RtspCamera::set_max_sessions(std::size_t count) { state_->options.max_sessions = count; }

async::Task<> RtspCamera::stop() {
    const auto state = state_;
    state->stopped = true;
    state->listener->close();
    co_await state->tasks.stop();
}

}  // namespace casement::emulators::testcam
