#include "emulators/arlo/live.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "async/bell.hpp"
#include "async/deadline.hpp"
#include "async/task_group.hpp"
#include "base/random.hpp"
#include "emulators/arlo/report_watchdog.hpp"
#include "emulators/arlo/rtsp_desk.hpp"
#include "emulators/testcam/feed.hpp"
#include "emulators/testcam/rtp_lanes.hpp"
#include "net/listener.hpp"
#include "protocols/rtcp/rtcp.hpp"
#include "protocols/sdp/tracks.hpp"

namespace casement::emulators::arlo {

using base::ErrorKind;
using base::Result;
using testcam::Feed;
namespace reg = wire::registers;

namespace {

// A client that takes so little that this much waits for it is cut: eight seconds of a 4 Mbit/s
// stream.
constexpr std::size_t kMaxOutbox = std::size_t{4} << 20;
constexpr std::size_t kMaxConnections = 8;
// Reports and limits are looked at so often, at most.
constexpr std::chrono::milliseconds kWatchEvery{100};
// The outgoing address may be in use for a moment.
constexpr std::chrono::milliseconds kListenAgainEvery{100};
// So near the end of 16 bits that it wraps in the first second.
constexpr std::uint16_t kSoonWraps = 65'500;
constexpr int kLeastWidth = 320, kLeastHeight = 180;  // of a test picture
// Sound towards the camera mutes its own until so long after the last packet.
constexpr std::chrono::milliseconds kMutedAfterTalk{500};

class Viewer;

/// One RTSP port and what it shows.
struct Channel {
    explicit Channel(media::Codec c) : codec(c) {}
    media::Codec codec;
    std::unique_ptr<net::Listener> listener;
    std::shared_ptr<Feed> feed;
    bool opening = false;
};

/// The one session of the camera. It may outlive the connection that made it.
struct Session {
    Session(Channel& c, testcam::RtpLanes l) : channel(c), lanes(std::move(l)) {}
    const std::string id = base::random_hex(4);
    Channel& channel;
    testcam::RtpLanes lanes;
    std::weak_ptr<Viewer> viewer;
    bool over_udp = false;
    bool is_playing = false;
    bool is_orphan = false;
    std::optional<ReportWatchdog> watchdog;
    base::SteadyTime played_at{};
    base::Duration limit{0};
};
using SessionPtr = std::shared_ptr<Session>;

Size shrunk(Size size, int largest_height) {
    if (largest_height <= 0 || size.height <= largest_height) return size;
    double scale = static_cast<double>(largest_height) / size.height;
    scale = std::max({scale, static_cast<double>(kLeastWidth) / size.width,
                      static_cast<double>(kLeastHeight) / size.height});
    const auto even = [scale](int side) { return static_cast<int>(side * scale / 2 + 0.5) * 2; };
    return {even(size.width), even(size.height)};
}

}  // namespace

struct Live::State : std::enable_shared_from_this<Live::State> {
    State(CorePtr c, std::function<void()> s) : core(std::move(c)), starved(std::move(s)) {
        if (core->profile().has_camera()) channels.emplace_back(media::Codec::H264);
        if (!core->profile().hevc_resolution.empty()) channels.emplace_back(media::Codec::H265);
    }

    const CorePtr core;
    const std::function<void()> starved;
    std::vector<Channel> channels;  // never grows: sessions refer to its elements
    SessionPtr session;
    std::set<Viewer*> viewers;
    std::unique_ptr<async::TaskGroup> tasks;  // null while closed

    Size picture_size(const Channel& channel) const;
    async::Task<Result<>> open_feed(Channel& channel);
    Result<> bind(Channel& channel);
    void accept(Channel& channel);
    void welcome(Channel& channel, std::unique_ptr<net::PlainStream> stream);
    async::Task<> listen_again();

    std::expected<rtsp::Transport, int> set_up(const std::shared_ptr<Viewer>& viewer,
                                               Channel& channel, std::size_t track,
                                               const rtsp::Transport& asked);
    void play(const SessionPtr& playing);
    async::Task<> pump(SessionPtr playing);
    async::Task<> watch(SessionPtr playing);
    void look_at(const SessionPtr& playing, base::Duration passed);
    void heard_report(std::uint64_t count);
    void end_session();
    void left(Viewer& viewer);
    void cut_viewers();
    std::uint16_t& bound_port(const Channel& channel) const {
        return channel.codec == media::Codec::H264 ? core->ports.rtsp : core->ports.rtsp_hevc;
    }
};

namespace {

/// One RTSP connection.
class Viewer : public std::enable_shared_from_this<Viewer>, private DeskHost {
public:
    Viewer(std::shared_ptr<Live::State> live, Channel& channel,
           std::unique_ptr<net::PlainStream> stream)
        : live_(std::move(live)),
          channel_(channel),
          stream_(std::move(stream)),
          bell_(live_->core->executor) {
        live_->viewers.insert(this);
    }
    ~Viewer() override { live_->viewers.erase(this); }

    static async::Task<> run(std::shared_ptr<Viewer> self) {
        using namespace boost::asio::experimental::awaitable_operators;
        struct Leave {
            Viewer& viewer;
            ~Leave() { viewer.live_->left(viewer); }
        } const leave{*self};
        if (const auto opened = co_await self->live_->open_feed(self->channel_); !opened) {
            self->live_->core->log.error("No picture: {}", opened.error().message());
            co_return;
        }
        const auto ended = co_await (self->serve() || self->write_out());
        const Result<> outcome = std::visit([](const Result<>& result) { return result; }, ended);
        if (!outcome)
            self->live_->core->log.debug("RTSP client {} left: {}", self->remote(),
                                         outcome.error().message());
    }

    void cut() { stream_->close(); }
    bool owns(const SessionPtr& session) const {
        return session && session->viewer.lock().get() == this;
    }
    net::ip::address own_address() const { return address_of(stream_->local_endpoint()); }
    net::ip::address peer_address() const { return address_of(stream_->remote_endpoint()); }
    const std::string& remote() const { return stream_->remote_endpoint(); }
    std::vector<std::uint8_t>& outbox() { return outbox_; }
    /// False when too much waits already.
    bool flush() {
        bell_.ring();
        return outbox_.size() <= kMaxOutbox;
    }

    static net::ip::address address_of(const std::string& endpoint) {
        const auto parsed = net::parse_endpoint(endpoint);
        return parsed ? net::unmapped(parsed->address()) : net::ip::address{};
    }

private:
    async::Task<Result<>> serve() {
        for (;;) {
            CASEMENT_CO_TRY(auto message, parser_.next());
            while (message) {
                handle(*message);
                CASEMENT_CO_TRY(message, parser_.next());
            }
            CASEMENT_CO_TRY(co_await while_half_open());
            CASEMENT_CO_TRY(const std::size_t got, co_await stream_->read_some(parser_.room()));
            live_->core->touch();
            parser_.commit(got);
        }
    }

    async::Task<Result<>> write_out() {
        std::vector<std::uint8_t> bytes;
        for (;;) {
            CASEMENT_CO_TRY(co_await bell_.wait());
            CASEMENT_CO_TRY(co_await while_half_open());
            while (!outbox_.empty()) {
                bytes.clear();
                bytes.swap(outbox_);
                CASEMENT_CO_TRY(co_await stream_->write_all(base::ByteSpan(bytes)));
            }
        }
    }

    async::Task<Result<>> while_half_open() {
        while (live_->core->options.faults.half_open) {
            CASEMENT_CO_TRY(co_await async::sleep_for(kWatchEvery));
        }
        co_return Result<>{};
    }

    void handle(const rtsp::Message& message) {
        if (const auto* request = std::get_if<rtsp::Request>(&message)) {
            live_->core->log.debug("RTSP {} {}", request->method, request->uri);
            const std::string answer = answer_rtsp(*request, rules(), *this);
            const base::ByteSpan bytes = base::as_bytes(answer);
            outbox_.insert(outbox_.end(), bytes.begin(), bytes.end());
            bell_.ring();
        }
        const auto* frame = std::get_if<rtsp::InterleavedFrame>(&message);
        // The odd channel of each pair is RTCP's.
        if (frame != nullptr && frame->channel % 2 == 1 && owns(live_->session) &&
            protocols::rtcp::looks_like_rtcp(frame->payload))
            live_->heard_report(1);
    }

    DeskRules rules() const {
        const Profile& profile = live_->core->profile();
        const Faults& faults = live_->core->options.faults;
        DeskRules out;
        out.path = std::string(wire::kRtspPath);
        out.udp = profile.streams_over_udp && !faults.no_udp;
        out.tcp = profile.streams_over_tcp && !faults.no_tcp;
        out.keep_alive_unknown = faults.keep_alive_unknown;
        out.content_base = !faults.no_content_base;
        out.absolute_controls = faults.absolute_controls;
        out.zero_server_ports = faults.server_port == ServerPort::Zero;
        return out;
    }

    // DeskHost
    std::string session_id() const override { return live_->session ? live_->session->id : ""; }
    bool owns_session() const override { return owns(live_->session); }
    bool is_playing() const override { return live_->session && live_->session->is_playing; }
    std::string sdp(std::string_view controls) override;
    std::expected<rtsp::Transport, int> set_up(std::size_t track,
                                               const rtsp::Transport& asked) override {
        return live_->set_up(shared_from_this(), channel_, track, asked);
    }
    void play() override { live_->play(live_->session); }
    void tear_down() override {
        ++live_->core->counters.teardowns;
        live_->core->tell("rtsp-teardown");
        live_->end_session();
    }

    const std::shared_ptr<Live::State> live_;
    Channel& channel_;
    const std::unique_ptr<net::PlainStream> stream_;
    rtsp::Parser parser_;
    std::vector<std::uint8_t> outbox_;
    async::Bell bell_;
};

std::string Viewer::sdp(std::string_view controls) {
    const media::Tracks& tracks = *channel_.feed->tracks();
    protocols::sdp::WriteOptions options;
    options.session_name = "live";
    options.address = net::to_text(own_address());
    std::string out = protocols::sdp::sdp_from_tracks(tracks, options);
    for (const media::Track& track : tracks) {
        const std::string ours = fmt::format("a=control:trackID={}\r\n", track.id);
        const std::size_t at = out.find(ours);
        if (at != std::string::npos)
            out.replace(at, ours.size(),
                        fmt::format("a=control:{}track{}\r\n", controls, track.id + 1));
    }
    return out;
}

}  // namespace

// ---- ports ----

Size Live::State::picture_size(const Channel& channel) const {
    const bool is_hevc = channel.codec == media::Codec::H265;
    const auto name = core->registers.get(is_hevc ? reg::kHevcVideoOutputResolution
                                                  : reg::kVideoOutputResolution);
    const std::string& factory =
        is_hevc ? core->profile().hevc_resolution : core->profile().resolution;
    Size size = size_of(name.value_or("")).value_or(size_of(factory).value_or(Size{1280, 720}));
    const auto largest = size_of(core->profile().largest_resolution);
    if (!is_hevc && largest && size.height > largest->height) size = *largest;
    return shrunk(size, core->options.largest_height);
}

async::Task<Result<>> Live::State::open_feed(Channel& channel) {
    while (channel.opening) {
        CASEMENT_CO_TRY(co_await async::sleep_for(std::chrono::milliseconds{10}));
    }
    if (channel.feed) co_return Result<>{};
    channel.opening = true;
    struct Opened {
        Channel& channel;
        ~Opened() { channel.opening = false; }
    } const opened{channel};
    ffmpeg::TestPictureOptions picture;
    picture.name = core->options.serial;
    picture.video = channel.codec;
    const Size size = picture_size(channel);
    picture.width = size.width;
    picture.height = size.height;
    picture.fps = core->options.frames_per_second;
    picture.audio.reset();
    if (core->profile().audio == media::Codec::Opus)
        picture.audio = ffmpeg::AudioFormat{media::Codec::Opus, 48'000, 1, 0};
    if (core->profile().audio == media::Codec::Aac)
        picture.audio = ffmpeg::AudioFormat{media::Codec::Aac, 16'000, 1, 32'000};
    CASEMENT_CO_TRY(channel.feed, co_await Feed::open(core->executor, core->pool, core->clock,
                                                      picture, core->log));
    co_return Result<>{};
}

Result<> Live::State::bind(Channel& channel) {
    net::ListenOptions where;
    where.name = "Arlo camera";
    where.address = fmt::format("{}:{}", core->address, bound_port(channel));
    where.max_connections = kMaxConnections;
    CASEMENT_TRY(channel.listener, net::Listener::listen(core->executor, where));
    bound_port(channel) = channel.listener->port();
    return {};
}

void Live::State::accept(Channel& channel) {
    tasks->spawn("RTSP port", [weak = weak_from_this(), &channel]() -> async::Task<> {
        const auto self = weak.lock();
        if (!self || !channel.listener) co_return;
        const auto handler = [weak, &channel](std::unique_ptr<net::PlainStream> stream) {
            const auto live = weak.lock();
            if (live && live->tasks) live->welcome(channel, std::move(stream));
        };
        co_await channel.listener->run({self->core->executor}, handler);
    });
}

void Live::State::welcome(Channel& channel, std::unique_ptr<net::PlainStream> stream) {
    core->touch();
    ++core->counters.rtsp_connections;
    const net::ip::address peer = Viewer::address_of(stream->remote_endpoint());
    if (core->profile().shows_gateway_only && net::to_text(peer) != core->options.base.address) {
        ++core->counters.rtsp_foreigners;
        core->tell("rtsp-foreign", {{"peer", stream->remote_endpoint()}});
        stream->close();
        return;
    }
    auto viewer = std::make_shared<Viewer>(shared_from_this(), channel, std::move(stream));
    tasks->spawn("RTSP client", [viewer] { return Viewer::run(viewer); });
}

async::Task<> Live::State::listen_again() {
    if (!co_await async::sleep_for(core->times().listens_again)) co_return;
    for (Channel& channel : channels) {
        while (tasks && !session && !channel.listener) {
            if (bind(channel)) {
                accept(channel);
                break;
            }
            if (!co_await async::sleep_for(kListenAgainEvery)) co_return;
        }
    }
}

void Live::State::cut_viewers() {
    for (Viewer* viewer : std::set(viewers)) viewer->cut();
}

// ---- the session ----

std::expected<rtsp::Transport, int> Live::State::set_up(const std::shared_ptr<Viewer>& viewer,
                                                        Channel& channel, std::size_t track,
                                                        const rtsp::Transport& asked) {
    constexpr int kNotFound = 404, kNotEnoughBandwidth = 453, kUnsupported = 461;
    const media::Tracks& tracks = *channel.feed->tracks();
    if (track >= tracks.size()) return std::unexpected(kNotFound);
    if (session && !viewer->owns(session)) {
        ++core->counters.rtsp_busy;
        return std::unexpected(kNotEnoughBandwidth);
    }
    const Faults& faults = core->options.faults;
    SessionPtr made = session;
    if (!made) {
        testcam::LaneHabits habits;
        habits.parameters_in_band = !faults.no_parameters_in_band;
        habits.bare_reports = faults.bare_reports;
        habits.other_rtp_port = faults.server_port == ServerPort::Third;
        if (faults.sequence_wraps) habits.first_sequence = kSoonWraps;
        habits.lost_percent = faults.lost_percent;
        habits.reordered = faults.reordered;
        made = std::make_shared<Session>(
            channel, testcam::RtpLanes(viewer->own_address(), viewer->peer_address(),
                                       core->times().sender_reports, habits));
        made->viewer = viewer;
    }
    auto answer = made->lanes.add(tracks[track], asked, core->executor);
    if (!answer) return std::unexpected(kUnsupported);
    made->over_udp = made->lanes.is_udp();
    if (!session) {
        session = made;
        core->tell("rtsp-setup", {{"peer", viewer->remote()}});
        // One client, and nobody else even gets an answer.
        if (!core->options.listens_while_busy) {
            for (Channel& other : channels) other.listener.reset();
        }
    }
    rtsp::Transport given;
    given.lower = asked.lower;
    given.ssrc = answer->ssrc;
    if (asked.lower == rtsp::Transport::Lower::Tcp) {
        const auto rtp = static_cast<std::uint8_t>(2 * track);
        given.interleaved = rtsp::ChannelPair{rtp, static_cast<std::uint8_t>(rtp + 1)};
    } else {
        given.client_port = asked.client_port;
        const bool told =
            faults.server_port == ServerPort::Told || faults.server_port == ServerPort::Third;
        if (told) given.server_port = answer->server_port;
    }
    return given;
}

void Live::State::play(const SessionPtr& playing) {
    playing->is_playing = true;
    playing->played_at = core->now();
    playing->watchdog.emplace(core->options.arming, core->times().reports_starve,
                              playing->played_at);
    const auto limit = [&](wire::Field<std::int64_t> field) {
        return core->registers.get(field).value_or(1800);
    };
    playing->limit = core->seconds(
        std::min(limit(reg::kMaxUserStreamTimeLimit), limit(reg::kMaxStreamTimeLimit)));
    ++core->counters.sessions;
    core->tell("rtsp-play", {{"transport", playing->over_udp ? "udp" : "tcp"}});
    const auto self = shared_from_this();
    tasks->spawn("media", [self, playing] { return self->pump(playing); });
    tasks->spawn("watch", [self, playing] { return self->watch(playing); });
}

async::Task<> Live::State::pump(SessionPtr playing) {
    Feed::Tap tap = playing->channel.feed->tap();
    while (session == playing) {
        const auto item = co_await tap.next();
        if (!item || session != playing) co_return;
        const Faults& faults = core->options.faults;
        if (faults.stalled || faults.half_open) continue;
        const bool is_sound = item->unit->track != 0;
        if (is_sound && core->talked_at && core->now() - *core->talked_at < kMutedAfterTalk)
            continue;
        const auto viewer = playing->viewer.lock();
        std::vector<std::uint8_t> nowhere;
        playing->lanes.send(*item, core->now(), viewer ? viewer->outbox() : nowhere);
        if (viewer && !viewer->flush()) viewer->cut();
    }
}

async::Task<> Live::State::watch(SessionPtr playing) {
    using std::chrono::milliseconds;
    const auto every = std::clamp(core->times().reports_starve / 20, milliseconds{2}, kWatchEvery);
    base::SteadyTime looked_at = core->now();
    while (session == playing) {
        if (!co_await async::sleep_for(every)) co_return;
        if (session != playing) co_return;
        const base::SteadyTime now = core->now();
        look_at(playing, now - std::exchange(looked_at, now));
    }
}

void Live::State::look_at(const SessionPtr& playing, base::Duration passed) {
    Counters& counters = core->counters;
    const base::SteadyTime now = core->now();
    core->touch();
    counters.streamed += passed;
    if (core->sees_motion) counters.motion_streamed += passed;
    if (const std::uint64_t reports = playing->lanes.take_reports(); reports > 0)
        heard_report(reports);
    ReportWatchdog& watchdog = *playing->watchdog;
    counters.longest_report_gap = std::max(counters.longest_report_gap, watchdog.longest_gap(now));
    if (watchdog.is_starved(now) && !core->options.faults.runs_away) {
        ++counters.watchdog_trips;
        core->tell("rtsp-starved");
        end_session();
        starved();
        return;
    }
    // An orphan whose watchdog never woke is beyond any limit: that is what running away means.
    if (playing->is_orphan && !watchdog.is_armed()) return;
    if (now - playing->played_at < playing->limit) return;
    ++counters.time_limits;
    core->tell("rtsp-limit");
    const auto viewer = playing->viewer.lock();
    std::vector<std::uint8_t> nowhere;
    playing->lanes.say_bye(viewer ? viewer->outbox() : nowhere);
    end_session();
    if (!viewer) return;
    viewer->flush();
    // After what stands in the outbox has had a moment to leave.
    tasks->spawn("hang up", [viewer]() -> async::Task<> {
        (void)co_await async::sleep_for(std::chrono::milliseconds{20});
        viewer->cut();
    });
}

void Live::State::heard_report(std::uint64_t count) {
    core->counters.reports += count;
    if (session && session->watchdog) session->watchdog->heard(core->now());
}

void Live::State::end_session() {
    if (!session) return;
    session->is_playing = false;
    session->lanes.clear();
    session.reset();
    if (!tasks) return;
    const auto self = shared_from_this();
    tasks->spawn("listen again", [self] { return self->listen_again(); });
}

void Live::State::left(Viewer& viewer) {
    if (!viewer.owns(session)) return;
    if (!session->is_playing) return end_session();
    ++core->counters.lost_sessions;
    core->tell("rtsp-lost", {{"transport", session->over_udp ? "udp" : "tcp"}});
    // Over TCP there is nothing left to write to; over UDP nobody notices.
    if (!session->over_udp) return end_session();
    session->is_orphan = true;
    if (!session->watchdog->is_armed() || core->options.faults.runs_away) {
        ++core->counters.runaways;
        core->tell("rtsp-runaway");
    }
}

// ---- the outside ----

Live::Live(CorePtr core, std::function<void()> starved)
    : state_(std::make_shared<State>(std::move(core), std::move(starved))) {}

Live::~Live() { close(); }

Result<> Live::open() {
    if (state_->tasks) return {};
    for (Channel& channel : state_->channels) {
        if (const auto bound = state_->bind(channel); !bound) {
            for (Channel& other : state_->channels) other.listener.reset();
            return bound;
        }
    }
    state_->tasks = std::make_unique<async::TaskGroup>(state_->core->executor, state_->core->log);
    for (Channel& channel : state_->channels) state_->accept(channel);
    return {};
}

void Live::close() {
    const std::unique_ptr<async::TaskGroup> ended = std::move(state_->tasks);
    state_->end_session();
    for (Channel& channel : state_->channels) channel.listener.reset();
    state_->cut_viewers();
}

async::Task<> Live::stop() {
    const auto state = state_;
    if (const auto ended = std::move(state->tasks)) {
        state->end_session();
        for (Channel& channel : state->channels) channel.listener.reset();
        state->cut_viewers();
        co_await ended->stop();
    }
    for (Channel& channel : state->channels) {
        if (channel.feed) co_await channel.feed->stop();
    }
}

bool Live::is_busy() const { return state_->session != nullptr; }
bool Live::is_playing() const { return state_->session && state_->session->is_playing; }
bool Live::is_listening() const {
    return std::ranges::any_of(state_->channels,
                               [](const Channel& c) { return c.listener != nullptr; });
}

void Live::resize() {
    for (Channel& channel : state_->channels) {
        const Size size = state_->picture_size(channel);
        if (channel.feed) channel.feed->resize(size.width, size.height);
    }
}

void Live::jump_clock(std::chrono::microseconds by) {
    for (Channel& channel : state_->channels) {
        if (channel.feed) channel.feed->jump_clock(by);
    }
}

}  // namespace casement::emulators::arlo
