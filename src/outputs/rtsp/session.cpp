#include "outputs/rtsp/session.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include "async/deadline.hpp"
#include "outputs/rtsp/rtp_packer.hpp"

namespace casement::outputs::rtsp {

using base::Error;
using base::ErrorKind;
namespace rtsp = protocols::rtsp;

namespace {

// A connection that neither plays nor publishes may be silent for so long.
constexpr std::chrono::seconds kIdlePatience{30};
// Publishers send all the time; a dead one is found here, before the camera's own supervisor gives
// up.
constexpr std::chrono::seconds kPublisherPatience{20};
// RFC 2326 §A: the session time-out told to clients, with their keep-alive at half of it.
constexpr std::chrono::seconds kUdpPatience{70};

constexpr std::string_view kPushPrefix = "push/";

int status_of(const Error& error) {
    switch (error.kind()) {
        case ErrorKind::NotFound:
            return 404;
        case ErrorKind::PermissionDenied:
            return 403;
        case ErrorKind::Unsupported:
            return 415;
        case ErrorKind::FailedPrecondition:
            return 455;
        case ErrorKind::ResourceExhausted:
            return 453;  // Not Enough Bandwidth, the nearest word for "too many"
        case ErrorKind::InvalidArgument:
            return 400;
        case ErrorKind::Internal:
            return 500;
        default:
            return 503;
    }
}

/// The realm for which the gatekeeper keeps Digest values.
rtsp::ServerOptions protocol_options() {
    rtsp::ServerOptions out;
    out.auth.realm = net::kRealm;
    return out;
}

boost::asio::ip::address address_of(const std::string& endpoint) {
    const auto parsed = net::parse_endpoint(endpoint);
    return parsed ? parsed->address() : boost::asio::ip::address{};
}

}  // namespace

Session::Session(std::unique_ptr<net::PlainStream> connection, Services services,
                 std::chrono::milliseconds start_time, std::shared_ptr<UdpLane> udp, base::Log log)
    : connection_(std::move(connection)),
      services_(services),
      start_time_(start_time),
      udp_(std::move(udp)),
      log_(log.with("remote", connection_->remote_endpoint())),
      protocol_(protocol_options()) {}

Session::~Session() = default;

void Session::close(const Error& why) {
    if (!closed_because_) closed_because_ = why;
    connection_->close();
}

async::Task<> Session::run() {
    const auto self = shared_from_this();
    watchdog_.emplace(*connection_, kIdlePatience);
    const auto ended = co_await serve();
    const Error why =
        closed_because_.value_or(ended ? Error(ErrorKind::Cancelled, "closed") : ended.error());
    if (!why.is(ErrorKind::Cancelled) && !connection_->ended())
        log_.info("RTSP session ended: {}", why.message());
    byte_viewer_.reset();
    datagram_viewer_.reset();
    drop_publisher();
    watchdog_.reset();
    connection_->close();
}

async::Task<base::Result<>> Session::serve() {
    for (;;) {
        while (auto action = protocol_.next_action(services_.clock.steady_now())) {
            if (auto* incoming = std::get_if<rtsp::Incoming>(&*action)) {
                CASEMENT_CO_TRY(on_incoming(*incoming));
                continue;
            }
            CASEMENT_CO_TRY(co_await handle(std::move(*action)));
        }
        if (publisher_) {
            if (const auto report = publisher_->interleaved_report_if_due(); !report.empty()) {
                CASEMENT_CO_TRY(co_await connection_->write_all(report));
            }
        }
        if (std::exchange(play_after_answer_, false)) {
            if (byte_viewer_) byte_viewer_->play();
            if (datagram_viewer_) datagram_viewer_->play();
        }
        CASEMENT_CO_TRY(const std::size_t got, co_await connection_->read_some(protocol_.room()));
        protocol_.commit(got);
        if (publisher_) publisher_->on_arrival();
        if (coalescing_) coalescing_->count(got);
        if (watchdog_ && !byte_viewer_) watchdog_->feed();
    }
}

async::Task<base::Result<>> Session::handle(rtsp::ServerAction action) {
    if (auto* bytes = std::get_if<rtsp::Send>(&action)) co_return co_await send(bytes->bytes);
    if (auto* describe = std::get_if<rtsp::NeedDescribe>(&action)) {
        co_await on_describe(std::move(*describe));
    } else if (auto* set_up = std::get_if<rtsp::NeedSetup>(&action)) {
        co_await on_setup(std::move(*set_up));
    } else if (auto* play = std::get_if<rtsp::NeedPlay>(&action)) {
        on_play(*play);
    } else if (auto* announce = std::get_if<rtsp::NeedAnnounce>(&action)) {
        on_announce(std::move(*announce));
    } else if (auto* record = std::get_if<rtsp::NeedRecord>(&action)) {
        on_record(*record);
    } else if (std::holds_alternative<rtsp::TornDown>(action)) {
        co_return co_await on_torn_down();
    } else if (auto* end = std::get_if<rtsp::Close>(&action)) {
        co_return std::unexpected(end->reason);
    }
    co_return base::Result<>{};
}

async::Task<base::Result<>> Session::send(std::string_view bytes) {
    if (byte_viewer_) {
        byte_viewer_->say(bytes);
        co_return base::Result<>{};
    }
    co_return co_await connection_->write_all(base::as_bytes(bytes));
}

async::Task<std::optional<std::string>> Session::admit(rtsp::RequestId id, rtsp::Caller caller) {
    if (caller.authorised) co_return caller.authorised;
    const std::string remote = net::to_text(address_of(connection_->remote_endpoint()));
    if (caller.credentials && !services_.gatekeeper.is_blocked(remote)) {
        const rtsp::auth::Credentials& c = *caller.credentials;
        if (c.scheme == rtsp::auth::Challenge::Scheme::Basic) {
            const auto user =
                co_await services_.gatekeeper.check_password(c.user, c.password, remote);
            if (user) co_return *user;
        } else {
            const auto ha1 = services_.gatekeeper.digest_ha1(c.user, c.realm,
                                                             rtsp::auth::to_string(c.algorithm));
            if (ha1 && c.proves_ha1(*ha1)) co_return c.user;
            services_.gatekeeper.count_failure(remote);
        }
        log_.warn("RTSP sign-in refused user={}", c.user);
    }
    protocol_.respond_unauthorized(id);
    co_return std::nullopt;
}

async::Task<> Session::on_describe(rtsp::NeedDescribe need) {
    const auto user = co_await admit(need.id, std::move(need.caller));
    if (!user) co_return;
    auto stream = services_.hub.find(need.target.path);
    if (!stream) co_return protocol_.refuse(need.id, 404, "no such camera");
    hold(stream);
    const auto tracks = co_await stream->wait_ready(async::Deadline::in(start_time_));
    if (!tracks)
        co_return protocol_.refuse(need.id, status_of(tracks.error()), tracks.error().message());
    stream_ = std::move(stream);
    protocols::sdp::WriteOptions write;
    write.session_name = stream_->name();
    protocol_.respond_describe(need.id, *user, protocols::sdp::sdp_from_tracks(*tracks, write));
}

async::Task<> Session::on_setup(rtsp::NeedSetup need) {
    if (need.record) {
        if (!publisher_) co_return protocol_.refuse(need.id, 455);
        const int track = need.track.value_or(static_cast<int>(protocol_.setups().size()));
        if (track < 0 || static_cast<std::size_t>(track) >= publisher_->tracks())
            co_return protocol_.refuse(need.id, 404, "no such track");
        if (need.transport.lower == rtsp::Transport::Lower::Tcp)
            co_return protocol_.respond_setup(need.id, {},
                                              {.track = track, .server_port = {}, .ssrc = {}});
        const auto ports =
            publisher_->open_udp(static_cast<std::size_t>(track), connection_->executor(),
                                 address_of(connection_->local_endpoint()));
        if (!ports) co_return protocol_.refuse(need.id, 453, ports.error().message());
        co_return protocol_.respond_setup(need.id, {},
                                          {.track = track, .server_port = *ports, .ssrc = {}});
    }
    const auto user = co_await admit(need.id, std::move(need.caller));
    if (!user) co_return;
    // SETUP without DESCRIBE is allowed to whoever knows the tracks.
    if (!stream_ || stream_->name() != need.target.path)
        stream_ = services_.hub.find(need.target.path);
    if (!stream_) co_return protocol_.refuse(need.id, 404, "no such camera");
    hold(stream_);
    const auto tracks = co_await stream_->wait_ready(async::Deadline::in(start_time_));
    if (!tracks)
        co_return protocol_.refuse(need.id, status_of(tracks.error()), tracks.error().message());
    const int track = need.track.value_or(static_cast<int>(protocol_.setups().size()));
    if (track < 0 || static_cast<std::size_t>(track) >= tracks->size())
        co_return protocol_.refuse(need.id, 404, "no such track");
    rtsp::SetupAnswer answer{.track = track, .server_port = {}, .ssrc = {}};
    if (need.transport.lower == rtsp::Transport::Lower::Udp) {
        const auto pair = udp_->open();
        if (!pair || !need.transport.client_port)
            co_return protocol_.refuse(need.id, 461,
                                       pair ? "client_port is missing" : pair.error().message());
        answer.server_port = rtsp::PortPair{(*pair)->rtp->port(), (*pair)->rtcp->port()};
    }
    protocol_.respond_setup(need.id, *user, answer);
}

void Session::on_play(const rtsp::NeedPlay& need) {
    if (byte_viewer_ || datagram_viewer_)
        return protocol_.respond_play(need.id,
                                      {});  // a repeated PLAY changes nothing on a live stream
    std::uint32_t tcp = 0, udp = 0;
    for (const auto& setup : protocol_.setups()) {
        (setup.transport.lower == rtsp::Transport::Lower::Tcp ? tcp : udp) |= 1u << setup.track;
    }
    if (!stream_ || (tcp == 0) == (udp == 0))
        return protocol_.refuse(need.id, 455,
                                "set up the tracks first, all of them over TCP or all over UDP");
    if (tcp != 0) {
        start_tcp_viewer(tcp);
    } else {
        start_udp_viewer(udp);
    }
    hold_.reset();
    // No RTP-Info: the sender report in front of the first packet says what it would say, and more.
    protocol_.respond_play(need.id, {});
    play_after_answer_ = true;
}

void Session::start_tcp_viewer(std::uint32_t mask) {
    const fanout::WireFormat format{
        .name = fmt::format("rtsp-tcp/{}", mask),
        .make_packer = [mask] { return std::make_unique<RtpPacker>(mask, Lower::Tcp); }};
    auto shard = services_.fan_out.open(stream_, format, connection_->executor())
                     ->attach<fanout::ByteShard>(connection_->executor());
    byte_viewer_.emplace(std::move(shard), connection_, fanout::ByteViewerOptions{.kind = "rtsp"},
                         [this](const Error& why) { close(why); });
    watchdog_
        ->pause();  // a viewer over TCP may be silent for ever; one that is gone stops taking bytes
    log_.debug("RTSP viewer plays camera={}", stream_->name());
}

void Session::start_udp_viewer(std::uint32_t mask) {
    const auto pair = udp_->open();
    if (!pair) return;
    const fanout::WireFormat format{
        .name = fmt::format("rtsp-udp/{}", mask),
        .make_packer = [mask] { return std::make_unique<RtpPacker>(mask, Lower::Udp); }};
    auto shard = services_.fan_out.open(stream_, format, connection_->executor())
                     ->attach<fanout::DatagramShard>(connection_->executor());
    datagram_viewer_.emplace(std::move(shard), *(*pair)->rtp, *(*pair)->rtcp,
                             connection_->remote_endpoint(),
                             [this](const Error& why) { close(why); });
    // RFC 2326 §16: media goes to where the request came from, never to a named destination.
    const auto address = address_of(connection_->remote_endpoint());
    for (const auto& setup : protocol_.setups()) {
        const rtsp::PortPair ports = setup.transport.client_port.value_or(rtsp::PortPair{});
        const std::uint16_t rtcp =
            ports.rtcp != 0 ? ports.rtcp : static_cast<std::uint16_t>(ports.rtp + 1);
        const fanout::DatagramTarget target{{address, ports.rtp}, {address, rtcp}};
        datagram_viewer_->set_target(static_cast<std::size_t>(setup.track), target);
        heard_.push_back(udp_->listen_for(target.rtcp, [this] { heard(); }));
    }
    watchdog_->feed(kUdpPatience);
    log_.debug("RTSP viewer plays over UDP camera={}", stream_->name());
}

void Session::on_announce(rtsp::NeedAnnounce need) {
    if (!need.target.path.starts_with(kPushPrefix)) {
        return protocol_.refuse(need.id, 403, "publish to /push/ and the camera's key");
    }
    if (need.offers.tracks.empty())
        return protocol_.refuse(need.id, 415,
                                protocols::sdp::nothing_readable(need.offers).message());
    // A newer publisher may evict this one from another thread.
    const auto evict = [weak = weak_from_this(), executor = connection_->executor()](Error why) {
        asio::post(executor, [weak, why] {
            if (const auto self = weak.lock()) self->close(why);
        });
    };
    auto publication = services_.hub.push_door().knock(
        std::string_view(need.target.path).substr(kPushPrefix.size()),
        connection_->remote_endpoint(), evict);
    if (!publication) {
        log_.warn("A publisher was refused: {}", publication.error().message());
        return protocol_.refuse(need.id, status_of(publication.error()),
                                publication.error().message());
    }
    publisher_ = std::make_shared<Publisher>(std::move(*publication), need.offers, services_.clock,
                                             address_of(connection_->remote_endpoint()),
                                             [this] { heard(); });
    protocol_.respond_announce(need.id, {});
}

void Session::on_record(const rtsp::NeedRecord& need) {
    if (!publisher_) return protocol_.refuse(need.id, 455);
    const auto& setups = protocol_.setups();
    const bool udp = std::ranges::any_of(
        setups, [](const auto& s) { return s.transport.lower == rtsp::Transport::Lower::Udp; });
    publisher_->start(udp, log_);
    if (udp) {
        watchdog_->feed(kUdpPatience);
    } else {
        watchdog_->feed(kPublisherPatience);
        coalescing_.emplace(*connection_,
                            [this] { return publisher_ && !publisher_->is_watched(); });
    }
    protocol_.respond_record(need.id);
}

base::Result<> Session::on_incoming(const rtsp::Incoming& incoming) {
    // Viewers send receiver reports here; they are alive by what they take.
    if (publisher_) publisher_->on_packet(incoming.track, incoming.rtcp, incoming.payload);
    return {};
}

void Session::drop_publisher() {
    coalescing_.reset();
    if (publisher_) publisher_->leave();
    publisher_.reset();
}

async::Task<base::Result<>> Session::on_torn_down() {
    std::vector<std::uint8_t> owed;
    if (byte_viewer_) owed = byte_viewer_->stop();
    byte_viewer_.reset();
    datagram_viewer_.reset();
    heard_.clear();
    drop_publisher();
    hold_.reset();
    watchdog_->feed(kIdlePatience);
    co_return co_await connection_->write_all(owed);
}

void Session::hold(const std::shared_ptr<hub::Stream>& stream) {
    watchdog_->feed(start_time_ + kIdlePatience);
    if (hold_ && hold_->stream() == stream) return;
    hold_ =
        stream->subscribe(connection_->executor(),
                          {.kind = "rtsp-start", .remote = {}, .viewer = false, .demand = true});
}

void Session::heard() {
    protocol_.heard(services_.clock.steady_now());
    if (watchdog_) watchdog_->feed();
}

}  // namespace casement::outputs::rtsp
