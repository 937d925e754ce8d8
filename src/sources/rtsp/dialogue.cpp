#include "sources/rtsp/dialogue.hpp"

#include "net/connect.hpp"
#include "sources/rtsp/farewell.hpp"

namespace casement::sources::rtsp {

using async::Task;
using base::ErrorKind;
using base::Result;
namespace client = protocols::rtsp::client;

namespace {

protocols::rtsp::ClientOptions client_options(const RtspOptions& options,
                                              std::vector<Lower> transports) {
    protocols::rtsp::ClientOptions out;
    out.url = options.url;
    out.transports = std::move(transports);
    out.keep_alive = options.keep_alive;
    out.keep_alive_every = options.keep_alive_every;
    out.answer_timeout = options.answer_within;
    return out;
}

}  // namespace

Dialogue::Dialogue(const RtspOptions& options, std::vector<Lower> transports,
                   const base::Clock& clock)
    : options_(options),
      clock_(clock),
      url_(options.url),
      session_(client_options(options, std::move(transports))) {}

Task<Result<client::Started>> Dialogue::open() {
    CASEMENT_CO_TRY(co_await dial(url_));
    for (;;) {
        CASEMENT_CO_TRY(auto started, co_await act());
        if (started) co_return std::move(*started);
        CASEMENT_CO_TRY(co_await read());
    }
}

Task<Result<>> Dialogue::dial(base::Url url) {
    net::ConnectOptions connect = options_.connect;
    if (url.scheme == "rtsps" && !connect.tls && !connect.tls_context) connect.tls.emplace();
    if (connection_) connection_->close();
    CASEMENT_CO_TRY(connection_,
                    co_await net::connect(url.host, url.port_or_default(), std::move(connect),
                                          async::Deadline::in(options_.open_within)));
    CASEMENT_CO_TRY(const auto remote, net::parse_endpoint(connection_->remote_endpoint()));
    camera_ = remote.address();
    url_ = std::move(url);
    session_.connected(clock_.steady_now());
    co_return Result<>{};
}

/// The end of the connection is for the session to judge: it may want another one.
Task<Result<>> Dialogue::read() {
    const auto until = session_.deadline();
    const auto deadline = until ? async::Deadline::at(*until) : async::Deadline::never();
    const auto count = co_await async::with_deadline(deadline, "rtsp answer",
                                                     connection_->read_some(session_.room()));
    if (count)
        session_.commit(*count);
    else if (count.error().is(ErrorKind::Cancelled))
        co_return std::unexpected(count.error());
    else if (!count.error().is(ErrorKind::DeadlineExceeded))
        session_.disconnected(clock_.steady_now());
    co_return Result<>{};
}

Task<Result<std::optional<client::Started>>> Dialogue::act() {
    while (auto action = session_.next_action(clock_.steady_now())) {
        if (auto* send = std::get_if<client::Send>(&*action)) {
            const auto written = co_await write(std::move(send->bytes));
            if (!written && written.error().is(ErrorKind::Cancelled))
                co_return std::unexpected(written.error());
            if (!written) session_.disconnected(clock_.steady_now());
        } else if (auto* described = std::get_if<client::Described>(&*action)) {
            CASEMENT_CO_TRY(choose(described->offers));
        } else if (auto* need = std::get_if<client::NeedPorts>(&*action)) {
            bind_ports(need->offer);
        } else if (auto* reconnect = std::get_if<client::Reconnect>(&*action)) {
            CASEMENT_CO_TRY(co_await dial(std::move(reconnect->url)));
        } else if (auto* failed = std::get_if<client::Failed>(&*action)) {
            co_return std::unexpected(std::move(failed->error));
        } else if (auto* started = std::get_if<client::Started>(&*action)) {
            for (const auto& track : started->tracks) {
                if (UdpLane* udp = lane(track.offer)) udp->announce(track.server_port);
            }
            co_return std::move(*started);
        }
    }
    co_return std::nullopt;
}

/// One picture, one sound: what a hub's stream holds.
Result<> Dialogue::choose(const protocols::sdp::Offers& offers) {
    offers_ = offers;
    std::optional<std::size_t> video, audio;
    for (std::size_t i = 0; i < offers.tracks.size(); ++i) {
        const auto& offer = offers.tracks[i];
        if (offer.back_channel) continue;
        auto& slot = media::kind_of(offer.format.codec) == media::Kind::Video ? video : audio;
        if (!slot) slot = i;
    }
    std::vector<std::size_t> wanted;
    if (video) wanted.push_back(*video);
    if (audio && options_.audio) wanted.push_back(*audio);
    if (wanted.empty() && audio)
        return base::fail(
            ErrorKind::Unsupported,
            "It sends nothing but sound, and its sound is switched off (audio: off).");
    if (wanted.empty()) return std::unexpected(protocols::sdp::nothing_readable(offers));
    session_.choose(std::move(wanted), clock_.steady_now());
    return {};
}

void Dialogue::bind_ports(std::size_t offer) {
    const auto local = net::parse_endpoint(connection_->local_endpoint());
    const auto now = clock_.steady_now();
    if (!local) return session_.ports(std::nullopt, now);
    auto pair = net::UdpSocket::bind_pair(connection_->executor(), local->address(),
                                          options_.udp_first_port, options_.udp_last_port);
    if (!pair) return session_.ports(std::nullopt, now);
    lanes_.erase(offer);
    const auto [at, inserted] = lanes_.try_emplace(offer, std::move(*pair), camera_);
    session_.ports(at->second.local_ports(), now);
}

UdpLane* Dialogue::lane(std::size_t offer) {
    const auto found = lanes_.find(offer);
    return found == lanes_.end() ? nullptr : &found->second;
}

Task<Result<>> Dialogue::write(std::string bytes) {
    writing_ = true;
    const auto written = co_await connection_->write_all(base::as_bytes(bytes));
    if (written) writing_ = false;
    co_return written;
}

Task<bool> Dialogue::goodbye(async::Deadline deadline) {
    const std::string session_id = session_.session_id();
    bool answered = session_id.empty();
    if (!answered && connection_ && connection_->is_open() && !connection_->ended() && !writing_) {
        // Half of the time for this connection: where it is silently dead, a new one may still get
        // through.
        const auto now = std::chrono::steady_clock::now();
        const auto half =
            deadline.is_never() ? deadline : async::Deadline::at(now + (deadline.time() - now) / 2);
        const auto said = co_await async::with_deadline(half, "rtsp goodbye", say_goodbye_here());
        answered = said.has_value();
    }
    close();
    if (!answered) answered = co_await say_teardown(url_, session_id, options_.connect, deadline);
    co_return answered;
}

/// Until the answer came. What the camera still sends in front of it is read and dropped.
Task<Result<>> Dialogue::say_goodbye_here() {
    session_.teardown(clock_.steady_now());
    for (;;) {
        while (auto action = session_.next_action(clock_.steady_now())) {
            if (auto* send = std::get_if<client::Send>(&*action)) {
                CASEMENT_CO_TRY(co_await write(std::move(send->bytes)));
            }
            if (std::holds_alternative<client::Ended>(*action)) co_return Result<>{};
        }
        CASEMENT_CO_TRY(const std::size_t count, co_await connection_->read_some(session_.room()));
        session_.commit(count);
    }
}

void Dialogue::close() {
    if (connection_) connection_->close();
    for (auto& [offer, lane] : lanes_) lane.close();
}

}  // namespace casement::sources::rtsp
