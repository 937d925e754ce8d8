#include "protocols/rtsp/server_session.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/random.hpp"
#include "base/text.hpp"
#include "protocols/rtcp/rtcp.hpp"

namespace casement::protocols::rtsp {

namespace {

using base::ErrorKind;

/// Behind an answer that is still open no client needs to say more than this.
constexpr std::size_t kMaxPipelinedBytes = 16 * 1024;
constexpr int kMaxRefusals = 3;
constexpr std::size_t kSessionIdBytes = 8;
/// Two channels each in eight bits.
constexpr int kMaxTrack = 127;

constexpr std::array<std::string_view, 3> kRecordMethods{"ANNOUNCE", "RECORD", "REDIRECT"};

constexpr ChannelPair channels_of(int track) {
    return {static_cast<std::uint8_t>(2 * track), static_cast<std::uint8_t>(2 * track + 1)};
}

}  // namespace

ServerSession::ServerSession(ServerOptions options)
    : options_(std::move(options)), auth_(options_.auth), parser_(options_.receive_buffer_bytes) {}

bool ServerSession::wants_input() const { return !open_ || parser_.pending() < kMaxPipelinedBytes; }

std::optional<ServerAction> ServerSession::next_action(base::SteadyTime now) {
    if (!last_heard_) last_heard_ = now;
    while (true) {
        if (!queued_.empty()) {
            ServerAction action = std::move(queued_.front());
            queued_.pop_front();
            last_heard_ = now;  // the host's time for its answer is not the peer's silence
            return action;
        }
        if (state_ == State::Closed || open_) return std::nullopt;
        auto message = parser_.next();
        if (!message) {
            reply({}, message.error().is(ErrorKind::ResourceExhausted) ? 413 : 400);
            close(std::move(message).error());
            continue;
        }
        if (!*message) {
            const auto until = deadline();
            if (!until || now < *until) return std::nullopt;
            close({ErrorKind::DeadlineExceeded,
                   fmt::format("nothing heard for {} s", options_.session_timeout.count())});
            continue;
        }
        last_heard_ = now;
        if (auto* request = std::get_if<Request>(&**message)) on_request(std::move(*request));
        if (const auto* frame = std::get_if<InterleavedFrame>(&**message)) {
            if (auto incoming = on_frame(*frame)) return *incoming;
        }
        // A Response answers nothing: we never ask.
    }
}

std::optional<base::SteadyTime> ServerSession::deadline() const {
    if (state_ == State::Closed || open_ || !last_heard_) return std::nullopt;
    // A viewer over TCP that reads is alive; one that does not read is the sender's business.
    const bool over_udp = std::ranges::any_of(
        setups_, [](const Setup& s) { return s.transport.lower == Transport::Lower::Udp; });
    if (state_ == State::Playing && !over_udp) return std::nullopt;
    return *last_heard_ + options_.session_timeout;
}

// ---- requests ----

void ServerSession::on_request(Request request) {
    if (const auto agent = request.headers.find("User-Agent")) user_agent_ = *agent;
    if (!check_basics(request)) return;
    const std::string_view method = request.method;
    if (method == "OPTIONS") return on_options(request);
    if (method == "DESCRIBE") return on_describe(std::move(request));
    if (method == "SETUP") return on_setup(std::move(request));
    if (method == "PLAY") return on_play(std::move(request));
    if (method == "PAUSE") return on_pause(request);
    if (method == "TEARDOWN") return on_teardown(request);
    if (method == "GET_PARAMETER" || method == "SET_PARAMETER") return on_parameter(request);
    if (options_.allow_record && method == "ANNOUNCE") return on_announce(std::move(request));
    if (options_.allow_record && method == "RECORD") return on_record(std::move(request));
    if (std::ranges::find(kRecordMethods, method) == kRecordMethods.end())
        return reply(request, 501);
    Headers headers;
    headers.add("Allow", public_methods());
    reply(request, 405, std::move(headers));
}

bool ServerSession::check_basics(const Request& request) {
    if (request.version != "RTSP/1.0") {
        reply(request, 505);
        return false;
    }
    if (!request.cseq()) {
        reply(request, 400);
        return false;
    }
    for (const std::string_view name : {"Require", "Proxy-Require"}) {
        const auto required = request.headers.find(name);
        if (!required || required->empty()) continue;
        // RFC 2326 §12.32: we have no extensions.
        Headers headers;
        headers.add("Unsupported", *required);
        reply(request, 551, std::move(headers));
        return false;
    }
    return true;
}

/// A Session header must name the session of this connection; it may be missing.
bool ServerSession::check_session(const Request& request) {
    const auto header = request.headers.find("Session");
    if (!header) return true;
    std::string_view rest = *header;
    if (base::trimmed(base::take_until(rest, ';')) == session_id_ && !session_id_.empty())
        return true;
    reply(request, 454);
    return false;
}

void ServerSession::on_options(const Request& request) {
    if (!check_session(request)) return;
    Headers headers;
    headers.add("Public", public_methods());
    reply(request, 200, std::move(headers));
}

void ServerSession::on_parameter(const Request& request) {
    if (!check_session(request)) return;
    // Without a body it is a sign of life (RFC 2326 §10.8); parameters we have none.
    reply(request, request.body.empty() ? 200 : 451);
}

void ServerSession::on_describe(Request request) {
    auto target = parse_target(request.uri);
    if (!target) return reply(request, 400);
    auto caller = identify(request, target->target, Access::Read);
    if (!caller) return;
    NeedDescribe need{.id = next_id_, .target = target->target, .caller = std::move(*caller)};
    open(std::move(request), std::move(target->target), Access::Read,
         need.caller.credentials.has_value());
    queued_.push_back(std::move(need));
}

void ServerSession::on_announce(Request request) {
    auto target = parse_target(request.uri);
    if (!target) return reply(request, 400);
    if (state_ != State::Idle) return reply(request, 455);
    const auto type = request.headers.find("Content-Type");
    if (type && !base::iequals(type->substr(0, type->find(';')), "application/sdp"))
        return reply(request, 415);
    const auto description = sdp::parse(request.body);
    if (!description) return reply(request, 400);
    auto caller = identify(request, target->target, Access::Publish);
    if (!caller) return;
    auto offers = sdp::tracks_from_sdp(*description, request.uri);
    announced_ = Announced{.target = target->target, .offers = offers};
    NeedAnnounce need{.id = next_id_,
                      .target = target->target,
                      .caller = std::move(*caller),
                      .offers = std::move(offers)};
    open(std::move(request), std::move(target->target), Access::Publish,
         need.caller.credentials.has_value());
    queued_.push_back(std::move(need));
}

void ServerSession::on_setup(Request request) {
    auto target = parse_target(request.uri);
    if (!target) return reply(request, 400);
    if (!check_session(request)) return;
    if (state_ == State::Playing || state_ == State::Recording) return reply(request, 455);
    const auto transport = acceptable_transport(request);
    if (!transport) return reply(request, 461);
    const bool record = announced_.has_value();
    if (transport->record && !record) return reply(request, 455);
    if (record) {
        target->target = announced_->target;
        target->track = announced_track(request.uri);
        if (!target->track) return reply(request, 404);
    }
    if (!setups_.empty() && target->target.path != session_target_.path) return reply(request, 459);

    const Access access = record ? Access::Publish : Access::Read;
    auto caller = identify(request, target->target, access);
    if (!caller) return;
    NeedSetup need{.id = next_id_,
                   .target = target->target,
                   .caller = std::move(*caller),
                   .record = record,
                   .track = target->track,
                   .transport = *transport};
    open(std::move(request), std::move(target->target), access,
         need.caller.credentials.has_value());
    open_->transport = *transport;
    queued_.push_back(std::move(need));
}

std::optional<Transport> ServerSession::acceptable_transport(const Request& request) const {
    for (const Transport& t :
         parse_transports(request.headers.find("Transport").value_or(std::string_view{}))) {
        if (t.secure || t.multicast) continue;
        if (t.lower == Transport::Lower::Tcp && options_.allow_tcp) return t;
        if (t.lower == Transport::Lower::Udp && options_.allow_udp && t.client_port &&
            t.client_port->rtp != 0)
            return t;
    }
    return std::nullopt;
}

/// By the control URL of the announced description; publishers with one track often set up the
/// aggregate URL.
std::optional<int> ServerSession::announced_track(std::string_view uri) const {
    const auto& tracks = announced_->offers.tracks;
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        if (path_of_uri(tracks[i].control) == path_of_uri(uri)) return static_cast<int>(i);
    }
    if (tracks.size() == 1) return 0;
    return std::nullopt;
}

void ServerSession::on_play(Request request) {
    if (!check_session(request)) return;
    if (state_ == State::Playing) {
        // Some clients say it again to keep the session alive.
        Headers headers;
        headers.add("Session", session_header());
        return reply(request, 200, std::move(headers));
    }
    if (state_ != State::Ready || announced_) return reply(request, setups_.empty() ? 454 : 455);
    const RequestId id = open(std::move(request), session_target_, Access::Read, false);
    queued_.push_back(NeedPlay{.id = id, .target = session_target_});
}

void ServerSession::on_pause(const Request& request) {
    // Live pictures cannot be held back.
    reply(request, state_ == State::Playing || state_ == State::Recording ? 501 : 455);
}

void ServerSession::on_record(Request request) {
    if (!check_session(request)) return;
    if (state_ != State::Ready || !announced_) return reply(request, setups_.empty() ? 454 : 455);
    const RequestId id = open(std::move(request), session_target_, Access::Publish, false);
    queued_.push_back(NeedRecord{.id = id, .target = session_target_});
}

void ServerSession::on_teardown(const Request& request) {
    if (session_id_.empty()) return reply(request, 454);
    if (!check_session(request)) return;
    reply(request, 200);
    end_session();
    queued_.push_back(TornDown{});
}

std::optional<Incoming> ServerSession::on_frame(const InterleavedFrame& frame) const {
    for (const Setup& setup : setups_) {
        if (setup.transport.lower != Transport::Lower::Tcp) continue;
        const ChannelPair own = channels_of(setup.track);
        const bool named = frame.channel == own.rtp || frame.channel == own.rtcp;
        if (!named) continue;
        // By content, not by channel: senders mix them up (RFC 5761 §4 keeps the two apart).
        return Incoming{.track = setup.track,
                        .rtcp = rtcp::looks_like_rtcp(frame.payload),
                        .payload = frame.payload};
    }
    for (const Setup& setup : setups_) {
        if (!setup.asked ||
            (frame.channel != setup.asked->rtp && frame.channel != setup.asked->rtcp))
            continue;
        return Incoming{.track = setup.track,
                        .rtcp = rtcp::looks_like_rtcp(frame.payload),
                        .payload = frame.payload};
    }
    return std::nullopt;
}

// ---- answers ----

void ServerSession::respond_unauthorized(RequestId id) {
    auto open = take_open(id);
    if (!open) return;
    if (open->request.method == "ANNOUNCE") announced_.reset();
    challenge(open->request, false);
    if (open->had_credentials && ++refusals_ >= kMaxRefusals)
        close({ErrorKind::Unauthenticated, "wrong credentials, three times"});
}

void ServerSession::respond_describe(RequestId id, std::string_view user, std::string_view sdp) {
    auto open = take_open(id);
    if (!open) return;
    allow(*open, user);
    Headers headers;
    const std::string& uri = open->request.uri;
    headers.add("Content-Base", uri.ends_with('/') ? uri : uri + "/");
    headers.add("Content-Type", "application/sdp");
    reply(open->request, 200, std::move(headers), std::string(sdp));
}

void ServerSession::respond_announce(RequestId id, std::string_view user) {
    auto open = take_open(id);
    if (!open) return;
    allow(*open, user);
    reply(open->request, 200);
}

void ServerSession::respond_setup(RequestId id, std::string_view user, const SetupAnswer& answer) {
    auto open = take_open(id);
    if (!open) return;
    if (answer.track < 0 || answer.track > kMaxTrack) return reply(open->request, 500);
    allow(*open, user);
    Transport transport;
    transport.lower = open->transport.lower;
    transport.record = announced_.has_value();
    transport.ssrc = answer.ssrc;
    if (transport.lower == Transport::Lower::Tcp) {
        transport.interleaved = channels_of(answer.track);
    } else {
        transport.client_port = open->transport.client_port;
        transport.server_port = answer.server_port;
    }
    if (session_id_.empty()) session_id_ = base::random_hex(kSessionIdBytes);
    session_target_ = open->target;
    std::erase_if(setups_, [&](const Setup& s) { return s.track == answer.track; });
    setups_.push_back({.track = answer.track,
                       .transport = transport,
                       .uri = open->request.uri,
                       .asked = open->transport.interleaved});
    state_ = State::Ready;

    Headers headers;
    headers.add("Transport", transport.to_header());
    headers.add("Session", session_header());
    reply(open->request, 200, std::move(headers));
}

void ServerSession::respond_play(RequestId id, const std::vector<TrackStart>& starts) {
    auto open = take_open(id);
    if (!open) return;
    state_ = State::Playing;
    std::string info;
    for (const Setup& setup : setups_) {
        const auto start = std::ranges::find(starts, setup.track, &TrackStart::track);
        if (start == starts.end()) continue;
        if (!info.empty()) info += ',';
        info += fmt::format("url={};seq={};rtptime={}", setup.uri, start->sequence,
                            start->rtp_timestamp);
    }
    Headers headers;
    headers.add("Session", session_header());
    headers.add("Range", "npt=now-");
    if (!info.empty()) headers.add("RTP-Info", info);
    reply(open->request, 200, std::move(headers));
}

void ServerSession::respond_record(RequestId id) {
    auto open = take_open(id);
    if (!open) return;
    state_ = State::Recording;
    parser_.widen(options_.publisher_buffer_bytes);
    Headers headers;
    headers.add("Session", session_header());
    reply(open->request, 200, std::move(headers));
}

void ServerSession::refuse(RequestId id, int status, std::string_view detail) {
    auto open = take_open(id);
    if (!open) return;
    if (open->request.method == "ANNOUNCE") announced_.reset();
    Headers headers;
    if (!detail.empty()) headers.add("Warning", fmt::format("199 casement \"{}\"", detail));
    reply(open->request, status, std::move(headers));
}

// ---- small words ----

std::optional<Caller> ServerSession::identify(const Request& request, const Target& target,
                                              Access access) {
    Caller caller;
    if (grant_ && grant_->path == target.path && grant_->access == access) {
        caller.authorised = grant_->user;
        return caller;
    }
    auto outcome = auth_.check(request.method, request.uri, request.headers.find("Authorization"));
    if (outcome.check == auth::Server::Check::Stale) {
        challenge(request, true);
        return std::nullopt;
    }
    caller.credentials = std::move(outcome.credentials);
    return caller;
}

RequestId ServerSession::open(Request request, Target target, Access access, bool had_credentials) {
    open_ = Open{.id = next_id_++,
                 .request = std::move(request),
                 .target = std::move(target),
                 .access = access,
                 .transport = {},
                 .had_credentials = had_credentials};
    return open_->id;
}

std::optional<ServerSession::Open> ServerSession::take_open(RequestId id) {
    if (!open_ || open_->id != id) return std::nullopt;
    return std::exchange(open_, std::nullopt);
}

void ServerSession::allow(const Open& open, std::string_view user) {
    grant_ = Grant{.path = open.target.path, .access = open.access, .user = std::string(user)};
    refusals_ = 0;
}

void ServerSession::challenge(const Request& request, bool stale) {
    Headers headers;
    for (const std::string& value : auth_.challenges(stale)) headers.add("WWW-Authenticate", value);
    reply(request, 401, std::move(headers));
}

void ServerSession::reply(const Request& request, int status, Headers headers, std::string body) {
    Response response;
    response.status = status;
    if (const auto cseq = request.cseq()) response.headers.add("CSeq", std::to_string(*cseq));
    response.headers.add("Server", options_.server_name);
    for (const auto& [name, value] : headers) response.headers.add(name, value);
    response.body = std::move(body);
    queued_.push_back(Send{response.to_bytes()});
}

void ServerSession::close(base::Error reason) {
    state_ = State::Closed;
    queued_.push_back(Close{std::move(reason)});
}

void ServerSession::end_session() {
    state_ = State::Idle;
    session_id_.clear();
    setups_.clear();
    announced_.reset();
    session_target_ = {};
}

std::string ServerSession::session_header() const {
    return fmt::format("{};timeout={}", session_id_, options_.session_timeout.count());
}

std::string ServerSession::public_methods() const {
    return options_.allow_record
               ? "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER, SET_PARAMETER, "
                 "ANNOUNCE, RECORD"
               : "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER, SET_PARAMETER";
}

}  // namespace casement::protocols::rtsp
