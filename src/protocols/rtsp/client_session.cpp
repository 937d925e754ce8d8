#include "protocols/rtsp/client_session.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "protocols/rtcp/rtcp.hpp"
#include "protocols/rtsp/target.hpp"

namespace casement::protocols::rtsp {

namespace {

using base::ErrorKind;
using client::Action;

/// Some servers send a new nonce with every 401 and never say stale: two tries per request.
constexpr int kMaxChallenges = 2;
/// Below this a keep-alive would be most of the traffic.
constexpr std::chrono::seconds kMinKeepAlive{5};
/// Session timeouts beyond a day are nonsense or "never".
constexpr std::chrono::seconds kMaxSessionTimeout{86'400};

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// A camera that cannot do this transport says 461; some say one of the others.
bool is_transport_refusal(int status) {
    return status == 461 || status == 400 || status == 405 || status == 406 || status == 501;
}

bool is_rtsp_url(std::string_view text) {
    return base::iequals(text.substr(0, 7), "rtsp://") ||
           base::iequals(text.substr(0, 8), "rtsps://");
}

/// The status of a refused request as a sentence.
base::Error refusal(std::string_view method, int status, const std::string& path) {
    const std::string_view words = reason_phrase(status);
    switch (status) {
        case 401:
            return {ErrorKind::Unauthenticated, "wrong-password",
                    "It did not accept the user name and password (401)."};
        case 403:
            return {ErrorKind::PermissionDenied, "wrong-password",
                    "This user may not watch it (403)."};
        case 404:
        case 410:
            return {ErrorKind::NotFound,
                    fmt::format("It has no stream at {} ({}).", path.empty() ? "/" : path, status)};
        case 415:
            return {ErrorKind::Unsupported, "codec",
                    fmt::format("It does not take this kind of stream ({}).", status)};
        case 453:
        case 503:
            return {ErrorKind::Unavailable, "busy",
                    fmt::format("It has no room for another viewer ({} {}).", status, words)};
        case 461:
            return {ErrorKind::Unsupported,
                    "It offers none of the transports that are allowed here (461)."};
        default:
            break;
    }
    const ErrorKind kind = status >= 500 ? ErrorKind::Unavailable : ErrorKind::FailedPrecondition;
    return {kind, fmt::format("It refused {} ({} {}).", method, status, words)};
}

sdp::Offers offers_of(const media::Tracks& tracks) {
    sdp::Offers out;
    for (const media::Track& track : tracks) {
        sdp::TrackOffer offer;
        offer.format = rtp::sending_format(track);
        offer.parameters = track.parameters;
        offer.control = fmt::format("trackID={}", track.id);
        out.tracks.push_back(std::move(offer));
    }
    return out;
}

}  // namespace

ClientSession::ClientSession(ClientOptions options)
    : options_(std::move(options)),
      url_(options_.url),
      auth_(url_.user, url_.password),
      parser_(options_.receive_buffer_bytes),
      keep_alive_(options_.keep_alive),
      transports_(options_.transports) {
    if (transports_.empty()) transports_.push_back(Transport::Lower::Tcp);
}

// ---- the host's side ----

void ClientSession::connected(base::SteadyTime now) {
    parser_ = Parser(options_.receive_buffer_bytes);
    pending_.reset();
    keep_alive_pending_.reset();
    connected_ = true;
    // RFC 2326 does not ask for it, some firmware does: OPTIONS first.
    ask_options(now);
}

void ClientSession::disconnected(base::SteadyTime) {
    connected_ = false;
    if (state_ == State::Over) return;
    if (state_ == State::Teardown) {
        return end();
    }
    const bool hung_up_after_challenge = pending_ && pending_->challenges > 0 && !has_session();
    if (hung_up_after_challenge && !reconnected_) {
        reconnected_ = true;
        pending_.reset();
        queued_.push_back(client::Reconnect{url_});
        return;
    }
    const bool was_started = state_ == State::Started;
    fail({ErrorKind::Unavailable, was_started
                                      ? "It ended the connection."
                                      : "It closed the connection before the stream began."});
}

std::optional<Action> ClientSession::next_action(base::SteadyTime now) {
    while (true) {
        if (!queued_.empty()) {
            Action action = std::move(queued_.front());
            queued_.pop_front();
            return action;
        }
        if (state_ == State::Over || !connected_) return std::nullopt;
        auto message = parser_.next();
        if (!message) {
            if (state_ == State::Teardown) {
                end();
                continue;
            }
            fail(std::move(message).error().within("what it sent cannot be understood"));
            continue;
        }
        if (!*message) {
            on_timers(now);
            if (queued_.empty()) return std::nullopt;
            continue;
        }
        if (const auto* frame = std::get_if<InterleavedFrame>(&**message)) {
            if (auto incoming = on_frame(*frame, now)) {
                if (queued_.empty()) return *incoming;
                // An implied start goes first; the frame's bytes stay where they are until the next
                // room().
                Action first = std::move(queued_.front());
                queued_.pop_front();
                queued_.push_back(*incoming);
                return first;
            }
        }
        if (const auto* request = std::get_if<Request>(&**message)) on_request(*request);
        if (const auto* response = std::get_if<Response>(&**message)) on_response(*response, now);
    }
}

std::optional<base::SteadyTime> ClientSession::deadline() const {
    std::optional<base::SteadyTime> out = next_keep_alive_;
    if (pending_) {
        const auto answer_due = pending_->sent + options_.answer_timeout;
        out = out ? std::min(*out, answer_due) : answer_due;
    }
    return state_ == State::Over ? std::nullopt : out;
}

void ClientSession::choose(std::vector<std::size_t> offers, base::SteadyTime now) {
    if (state_ != State::Choosing) return;
    std::erase_if(offers, [&](std::size_t i) { return i >= offers_.tracks.size(); });
    if (offers.empty()) return fail(sdp::nothing_readable(offers_));
    chosen_ = std::move(offers);
    begin_setup(now);
}

void ClientSession::ports(std::optional<PortPair> local, base::SteadyTime now) {
    if (state_ != State::Ports) return;
    local_ports_ = local;
    if (local) return ask_setup(now);
    if (!next_transport(now))
        fail({ErrorKind::ResourceExhausted, "No local UDP port is free for its stream."});
}

void ClientSession::teardown(base::SteadyTime now) {
    if (state_ == State::Teardown) return;
    next_keep_alive_.reset();
    keep_alive_pending_.reset();
    pending_.reset();
    if (!has_session() || !connected_) return end();
    state_ = State::Teardown;
    ask(request("TEARDOWN", offers_.aggregate_control), now);
}

std::string ClientSession::orphan_teardown(const base::Url& url, std::string_view session_id,
                                           std::string_view user_agent) {
    Request request;
    request.method = "TEARDOWN";
    request.uri = url.without_credentials();
    request.headers.add("CSeq", "1");
    request.headers.add("User-Agent", user_agent);
    request.headers.add("Session", session_id);
    return request.to_bytes();
}

// ---- asking ----

Request ClientSession::request(std::string_view method, std::string uri) const {
    Request out;
    out.method = method;
    out.uri = std::move(uri);
    return out;
}

/// Signs and numbers the request; returns its number.
std::uint32_t ClientSession::send(Request request, base::SteadyTime) {
    const std::uint32_t cseq = next_cseq_++;
    Headers headers;
    headers.add("CSeq", std::to_string(cseq));
    headers.add("User-Agent", options_.user_agent);
    if (!session_id_.empty()) headers.add("Session", session_id_);
    if (const auto authorization = auth_.authorize(request.method, request.uri))
        headers.add("Authorization", *authorization);
    for (const auto& [name, value] : request.headers) headers.add(name, value);
    request.headers = std::move(headers);
    queued_.push_back(client::Send{request.to_bytes()});
    return cseq;
}

void ClientSession::ask(Request request, base::SteadyTime now) {
    const std::uint32_t cseq = send(request, now);
    pending_ = Pending{.cseq = cseq, .request = std::move(request), .sent = now, .challenges = 0};
}

void ClientSession::ask_options(base::SteadyTime now) {
    state_ = State::Options;
    ask(request("OPTIONS", url_.without_credentials()), now);
}

void ClientSession::ask_describe(base::SteadyTime now) {
    state_ = State::Describe;
    Request describe = request("DESCRIBE", url_.without_credentials());
    describe.headers.add("Accept", "application/sdp");
    ask(std::move(describe), now);
}

void ClientSession::ask_announce(base::SteadyTime now) {
    state_ = State::Announce;
    offers_ = offers_of(options_.publish);
    offers_.aggregate_control = url_.without_credentials();
    Request announce = request("ANNOUNCE", offers_.aggregate_control);
    announce.headers.add("Content-Type", "application/sdp");
    announce.body = sdp::sdp_from_tracks(options_.publish, {});
    ask(std::move(announce), now);
}

void ClientSession::begin_setup(base::SteadyTime now) {
    if (next_setup_ == chosen_.size()) return ask_play(now);
    if (transport() == Transport::Lower::Tcp) return ask_setup(now);
    state_ = State::Ports;
    queued_.push_back(client::NeedPorts{.offer = chosen_[next_setup_]});
}

void ClientSession::ask_setup(base::SteadyTime now) {
    state_ = State::Setup;
    Transport transport_header;
    transport_header.lower = transport();
    transport_header.record = publishing();
    if (transport() == Transport::Lower::Tcp) {
        const auto first = static_cast<std::uint8_t>(2 * active_.size());
        transport_header.interleaved = ChannelPair{first, static_cast<std::uint8_t>(first + 1)};
    } else {
        transport_header.client_port = local_ports_;
    }
    Request setup = request("SETUP", control_of(chosen_[next_setup_]));
    setup.headers.add("Transport", transport_header.to_header());
    ask(std::move(setup), now);
}

void ClientSession::ask_play(base::SteadyTime now) {
    state_ = State::Play;
    Request play = request(publishing() ? "RECORD" : "PLAY", offers_.aggregate_control);
    play.headers.add("Range", "npt=0.000-");
    ask(std::move(play), now);
}

void ClientSession::send_keep_alive(base::SteadyTime now) {
    const bool get_parameter = keep_alive_ == KeepAlive::GetParameter ||
                               (keep_alive_ == KeepAlive::Auto && knows_get_parameter_);
    Request alive = request(get_parameter ? "GET_PARAMETER" : "OPTIONS", offers_.aggregate_control);
    const std::uint32_t cseq = send(alive, now);
    keep_alive_pending_ =
        Pending{.cseq = cseq, .request = std::move(alive), .sent = now, .challenges = 0};
}

std::string ClientSession::control_of(std::size_t offer) const {
    return sdp::resolve_control(offers_.aggregate_control, offers_.tracks[offer].control);
}

// ---- hearing ----

void ClientSession::on_timers(base::SteadyTime now) {
    if (pending_ && now >= pending_->sent + options_.answer_timeout) {
        const std::string method = pending_->request.method;
        pending_.reset();
        if (state_ == State::Teardown) {
            return end();
        }
        return fail({ErrorKind::DeadlineExceeded, "stalled",
                     fmt::format("It did not answer {} within {} s.", method,
                                 options_.answer_timeout.count())});
    }
    if (next_keep_alive_ && now >= *next_keep_alive_) {
        send_keep_alive(now);
        next_keep_alive_ = now + keep_alive_interval();
    }
}

std::chrono::seconds ClientSession::keep_alive_interval() const {
    using namespace std::chrono_literals;
    return options_.keep_alive_every
               ? std::max<std::chrono::seconds>(*options_.keep_alive_every, 1s)
               : std::max(session_timeout_ / 2, kMinKeepAlive);
}

std::optional<client::Incoming> ClientSession::on_frame(const InterleavedFrame& frame,
                                                        base::SteadyTime now) {
    // Media in front of the answer to PLAY: some cameras are that quick.
    if (state_ == State::Play) start(now);
    if (state_ != State::Started) return std::nullopt;
    for (std::size_t i = 0; i < active_.size(); ++i) {
        const ActiveTrack& track = active_[i];
        if (track.lower != Transport::Lower::Tcp ||
            (frame.channel != track.channels.rtp && frame.channel != track.channels.rtcp))
            continue;
        return client::Incoming{
            .track = i, .rtcp = rtcp::looks_like_rtcp(frame.payload), .payload = frame.payload};
    }
    return std::nullopt;
}

void ClientSession::on_request(const Request& request) {
    Response response;
    const std::string_view method = request.method;
    const bool known = method == "OPTIONS" || method == "GET_PARAMETER" ||
                       method == "SET_PARAMETER" || method == "ANNOUNCE" || method == "TEARDOWN";
    response.status = known ? 200 : 501;
    if (const auto cseq = request.headers.find("CSeq")) response.headers.add("CSeq", *cseq);
    if (method == "OPTIONS")
        response.headers.add("Public", "OPTIONS, GET_PARAMETER, SET_PARAMETER, ANNOUNCE, TEARDOWN");
    queued_.push_back(client::Send{response.to_bytes()});
    if (method != "TEARDOWN" || state_ == State::Teardown) return;
    session_id_.clear();
    fail({ErrorKind::Unavailable, "It ended the stream."});
}

void ClientSession::on_response(const Response& response, base::SteadyTime now) {
    if (response.status < 200) return;  // RFC 2326 §7.1.1: provisional
    if (const auto server = response.headers.find("Server")) server_name_ = *server;
    const auto cseq = response.cseq();
    if (keep_alive_pending_ && cseq == keep_alive_pending_->cseq)
        return on_keep_alive_answer(response, now);
    // A camera that forgets CSeq can only mean the one question that is open.
    if (pending_ && (!cseq || cseq == pending_->cseq)) on_answer(response, now);
}

void ClientSession::on_answer(const Response& response, base::SteadyTime now) {
    if (state_ == State::Teardown) {
        if (response.status == 401 && on_challenge(response, now)) return;
        return end();
    }
    if (response.status == 401) {
        if (on_challenge(response, now)) return;
        if (!auth_.has_credentials())
            return fail({ErrorKind::Unauthenticated, "wrong-password",
                         "It asks for a user name and a password (401)."});
        return fail(refusal(pending_->request.method, 401, url_.path));
    }
    if (is_redirect(response.status) && on_redirect(response)) return;
    switch (state_) {
        case State::Options:
            return on_options(response, now);
        case State::Describe:
            return response.status == 200 ? on_describe(response)
                                          : fail(refusal("DESCRIBE", response.status, url_.path));
        case State::Announce:
            if (response.status != 200)
                return fail(refusal("ANNOUNCE", response.status, url_.path));
            for (std::size_t i = 0; i < offers_.tracks.size(); ++i) chosen_.push_back(i);
            return begin_setup(now);
        case State::Setup:
            return on_setup(response, now);
        case State::Play:
        case State::Started:
            return on_play(response, now);
        default:
            pending_.reset();
    }
}

/// Sends the open request again, signed. False when that makes no sense.
bool ClientSession::on_challenge(const Response& response, base::SteadyTime now) {
    const int challenges = pending_->challenges + 1;
    if (challenges > kMaxChallenges ||
        !auth_.accept(auth::parse_challenges(response.headers.find_all("WWW-Authenticate"))))
        return false;
    ask(std::move(pending_->request), now);
    pending_->challenges = challenges;
    return true;
}

bool ClientSession::on_redirect(const Response& response) {
    const auto location = response.headers.find("Location");
    if (!location || has_session()) return false;
    auto url = base::Url::parse(*location);
    if (!url || (url->scheme != "rtsp" && url->scheme != "rtsps")) return false;
    if (++redirects_ > kMaxRedirects) {
        fail({ErrorKind::Unavailable,
              fmt::format("It redirects in a circle ({} times).", kMaxRedirects)});
        return true;
    }
    // Credentials stay with the host they were given for.
    if (!url->has_credentials() && base::iequals(url->host, url_.host)) {
        url->user = url_.user;
        url->password = url_.password;
    }
    url_ = std::move(*url);
    auth_ = auth::Client(url_.user, url_.password);
    pending_.reset();
    connected_ = false;
    queued_.push_back(client::Reconnect{url_});
    return true;
}

void ClientSession::on_options(const Response& response, base::SteadyTime now) {
    // Without an answer we like, go on all the same: only DESCRIBE decides.
    std::string_view methods = response.headers.find("Public").value_or(std::string_view{});
    while (!methods.empty()) {
        if (base::iequals(base::trimmed(base::take_until(methods, ',')), "GET_PARAMETER"))
            knows_get_parameter_ = true;
    }
    if (publishing()) return ask_announce(now);
    ask_describe(now);
}

void ClientSession::on_describe(const Response& response) {
    pending_.reset();
    const auto description = sdp::parse(response.body);
    if (!description) return fail(description.error().within("Its description cannot be read"));
    std::string base_url = url_.without_credentials();
    for (const std::string_view name : {"Content-Base", "Content-Location"}) {
        const auto header = response.headers.find(name);
        if (header && is_rtsp_url(*header)) {
            base_url = *header;
            break;
        }
    }
    offers_ = sdp::tracks_from_sdp(*description, base_url);
    if (offers_.tracks.empty()) return fail(sdp::nothing_readable(offers_));
    state_ = State::Choosing;
    queued_.push_back(client::Described{offers_});
}

void ClientSession::on_setup(const Response& response, base::SteadyTime now) {
    const int status = response.status;
    const bool first = active_.empty();
    const auto answered =
        parse_transports(response.headers.find("Transport").value_or(std::string_view{}));
    // Some say 200 and another transport than was asked.
    const bool other_transport =
        status == 200 && !answered.empty() && answered.front().lower != transport();
    if (status == 200) take_session(response);
    if ((other_transport || is_transport_refusal(status)) && first && next_transport(now)) return;
    if (status != 200 || other_transport) {
        // The picture without the sound is better than neither.
        if (first)
            return fail(other_transport ? refusal("SETUP", 461, url_.path)
                                        : refusal("SETUP", status, url_.path));
    } else {
        ActiveTrack track;
        track.offer = chosen_[next_setup_];
        track.lower = transport();
        const auto asked = static_cast<std::uint8_t>(2 * active_.size());
        track.channels = ChannelPair{asked, static_cast<std::uint8_t>(asked + 1)};
        if (!answered.empty()) {
            track.channels = answered.front().interleaved.value_or(track.channels);
            track.server_port = answered.front().server_port;
            track.ssrc = answered.front().ssrc;
        }
        active_.push_back(track);
    }
    ++next_setup_;
    begin_setup(now);
}

/// Starts the first SETUP again with the next transport allowed.
bool ClientSession::next_transport(base::SteadyTime now) {
    if (!active_.empty() || transport_ + 1 >= transports_.size()) return false;
    ++transport_;
    pending_.reset();
    begin_setup(now);
    return true;
}

void ClientSession::on_play(const Response& response, base::SteadyTime now) {
    const std::string method = pending_->request.method;
    pending_.reset();
    if (response.status != 200) return fail(refusal(method, response.status, url_.path));
    if (const auto info = response.headers.find("RTP-Info")) take_rtp_info(*info);
    if (state_ == State::Play) start(now);
}

void ClientSession::start(base::SteadyTime now) {
    state_ = State::Started;
    queued_.push_back(client::Started{.tracks = active_, .session_id = session_id_});
    if (keep_alive_ != KeepAlive::None) next_keep_alive_ = now + keep_alive_interval();
}

/// Session: ID;timeout=60
void ClientSession::take_session(const Response& response) {
    auto header = response.headers.find("Session");
    if (!header) return;
    session_id_ = base::trimmed(base::take_until(*header, ';'));
    while (!header->empty()) {
        std::string_view value = base::take_until(*header, ';');
        if (!base::iequals(base::trimmed(base::take_until(value, '=')), "timeout")) continue;
        const auto seconds = base::parse_number<std::uint32_t>(base::trimmed(value));
        if (seconds && *seconds > 0)
            session_timeout_ = std::min(std::chrono::seconds{*seconds}, kMaxSessionTimeout);
    }
}

/// RFC 2326 §12.33: url=...;seq=...;rtptime=..., one per track, in the order of SETUP when the URLs
/// say nothing.
void ClientSession::take_rtp_info(std::string_view header) {
    for (std::size_t n = 0; n < active_.size() && !header.empty(); ++n) {
        std::string_view entry = base::take_until(header, ',');
        ActiveTrack* track = &active_[n];
        std::optional<std::uint16_t> sequence;
        std::optional<std::uint32_t> timestamp;
        while (!entry.empty()) {
            std::string_view value = base::take_until(entry, ';');
            const std::string_view name = base::trimmed(base::take_until(value, '='));
            value = base::trimmed(value);
            if (base::iequals(name, "seq")) sequence = base::parse_number<std::uint16_t>(value);
            if (base::iequals(name, "rtptime"))
                timestamp = base::parse_number<std::uint32_t>(value);
            if (!base::iequals(name, "url") || path_of_uri(value).empty()) continue;
            const auto named = std::ranges::find_if(active_, [&](const ActiveTrack& t) {
                return path_of_uri(control_of(t.offer)).ends_with(path_of_uri(value));
            });
            if (named != active_.end()) track = &*named;
        }
        track->first_sequence = sequence;
        track->first_timestamp = timestamp;
    }
}

void ClientSession::on_keep_alive_answer(const Response& response, base::SteadyTime now) {
    Pending answered = std::move(*keep_alive_pending_);
    keep_alive_pending_.reset();
    if (response.status == 200) return;
    if (response.status == 401) {
        const int challenges = answered.challenges + 1;
        if (challenges <= kMaxChallenges &&
            auth_.accept(auth::parse_challenges(response.headers.find_all("WWW-Authenticate")))) {
            const std::uint32_t cseq = send(answered.request, now);
            keep_alive_pending_ = Pending{.cseq = cseq,
                                          .request = std::move(answered.request),
                                          .sent = now,
                                          .challenges = challenges};
            return;
        }
    }
    // Media flows without it, or the host will notice that it does not: ask in another way, then
    // not at all.
    if (answered.request.method == "GET_PARAMETER") {
        keep_alive_ = KeepAlive::Options;
    } else {
        keep_alive_ = KeepAlive::None;
        next_keep_alive_.reset();
    }
}

void ClientSession::end() {
    state_ = State::Over;
    session_id_.clear();
    pending_.reset();
    queued_.push_back(client::Ended{});
}

void ClientSession::fail(base::Error error) {
    state_ = State::Over;
    pending_.reset();
    next_keep_alive_.reset();
    queued_.push_back(client::Failed{std::move(error)});
}

}  // namespace casement::protocols::rtsp
