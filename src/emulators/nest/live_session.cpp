// What a client says on one connection, and what becomes of it.

#include <algorithm>
#include <array>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "async/deadline.hpp"
#include "emulators/nest/live_playback.hpp"
#include "emulators/nest/live_state.hpp"

namespace casement::emulators::nest {

using base::ErrorKind;
using base::Result;
using wire::PacketType;
using wire::Profile;

namespace {

constexpr std::chrono::seconds kPingEvery{15};
constexpr std::chrono::seconds kSilence{60};  // of a client; ours
// How often a connection looks whether its token and its camera are still good. Not scaled.
constexpr std::chrono::milliseconds kLook{20};
constexpr std::uint32_t kTalkRate = 16'000;
constexpr std::size_t kMostSpoken = 10'000;  // packets of one who talks

constexpr std::array kVideo{Profile::Video2mbitL40, Profile::Video530kbitL31,
                            Profile::Video100kbitL30};

/// The reason of an error is what the client is told.
std::unexpected<base::Error> illegal(std::string_view what) {
    return base::fail(ErrorKind::InvalidArgument, "{}", what);
}
std::unexpected<base::Error> unauthorized() {
    return base::fail(ErrorKind::Unauthenticated, "Unauthorized");
}

wire::ErrorCode code_of(const base::Error& error) {
    switch (error.kind()) {
        case ErrorKind::Unauthenticated:
            return wire::ErrorCode::AuthorizationFailed;
        case ErrorKind::Unavailable:
            return wire::ErrorCode::CameraNotConnected;
        case ErrorKind::Internal:
            return wire::ErrorCode::Internal;
        default:
            return wire::ErrorCode::IllegalPacket;
    }
}

/// Fields 15, 19, 20 and 21, which are in no table: one of each wire type.
void add_unknown_fields(std::vector<std::uint8_t>& packet) {
    constexpr std::array<std::uint8_t, 23> kFields{
        0x78, 0x2a,                                                   // varint
        0x9a, 0x01, 0x02, 0x68, 0x69,                                 // length-delimited
        0xa5, 0x01, 0x2a, 0x00, 0x00, 0x00,                           // fixed32
        0xa9, 0x01, 0x2a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};  // fixed64
    const auto type = static_cast<PacketType>(packet[0]);
    if (type == PacketType::Ping || type == PacketType::LongPlaybackPacket) return;
    const std::size_t size =
        (static_cast<std::size_t>(packet[1]) << 8 | packet[2]) + kFields.size();
    if (size > wire::kMaxShortPacketBytes) return;
    packet.insert(packet.end(), kFields.begin(), kFields.end());
    packet[1] = static_cast<std::uint8_t>(size >> 8);
    packet[2] = static_cast<std::uint8_t>(size);
}

}  // namespace

LiveSession::LiveSession(std::shared_ptr<LiveHost::State> host, std::unique_ptr<LiveWire> wire,
                         std::string own_address, bool LiveFaults::* cuts)
    : host_(std::move(host)),
      wire_(std::move(wire)),
      own_address_(std::move(own_address)),
      cuts_(cuts),
      has_output_(host_->executor),
      has_playback_(host_->executor),
      heard_at_(host_->clock.steady_now()),
      pinged_at_(heard_at_) {
    ++host_->counters.connections;
    ++host_->counters.open;
    host_->sessions.insert(this);
}

LiveSession::~LiveSession() {
    host_->sessions.erase(this);
    --host_->counters.open;
}

async::Task<> LiveSession::serve() {
    using namespace asio::experimental::awaitable_operators;
    if (is_cut()) co_return wire_->close();
    (void)co_await (read() || write() || play() || watch());
    wire_->close();
}

void LiveSession::say(std::vector<std::uint8_t> packet) {
    if (ends_) return;
    if (host_->faults->adds_unknown) add_unknown_fields(packet);
    to_send_bytes_ += packet.size();
    to_send_.push_back(std::move(packet));
    has_output_.ring();
}

void LiveSession::fail(wire::ErrorCode code, std::string_view message) {
    if (ends_) return;
    if (code == wire::ErrorCode::AuthorizationFailed) ++host_->counters.unauthorized;
    if (code == wire::ErrorCode::IllegalPacket) ++host_->counters.illegal;
    say(to_bytes(wire::ServerError{.code = code, .message = std::string(message)}));
    ends_ = true;
}

void LiveSession::reset() {
    ends_ = is_half_sent_ = true;
    has_output_.ring();
}

async::Task<Result<>> LiveSession::write() {
    for (;;) {
        if (is_half_sent_) {
            // The head of a packet, and no more of it.
            (void)co_await wire_->send(
                {{static_cast<std::uint8_t>(PacketType::PlaybackPacket), 1}});
            wire_->reset();
            co_return Result<>{};
        }
        if (!to_send_.empty()) {
            std::vector<std::vector<std::uint8_t>> now(std::make_move_iterator(to_send_.begin()),
                                                       std::make_move_iterator(to_send_.end()));
            to_send_.clear();
            to_send_bytes_ = 0;
            CASEMENT_CO_TRY(co_await wire_->send(std::move(now)));
            continue;
        }
        if (ends_) co_return Result<>{};
        CASEMENT_CO_TRY(co_await has_output_.wait());
    }
}

async::Task<Result<>> LiveSession::read() {
    for (;;) {
        CASEMENT_CO_TRY(const auto bytes, co_await wire_->receive());
        auto done = reader_.push(bytes);
        while (done && !ends_) {
            auto packet = reader_.next();
            if (!packet) done = std::unexpected(packet.error());
            if (!packet || !*packet) break;
            heard_at_ = host_->clock.steady_now();
            done = take(**packet);
        }
        if (!done && !ends_) fail(code_of(done.error()), done.error().message());
        if (ends_) (void)co_await async::sleep_for(std::chrono::hours(1));  // write() ends it
    }
}

async::Task<Result<>> LiveSession::watch() {
    for (;;) {
        CASEMENT_CO_TRY(co_await async::sleep_for(kLook));
        if (is_cut()) co_return Result<>{};
        const auto now = host_->clock.steady_now();
        if (now - heard_at_ >= host_->scaled(kSilence)) co_return Result<>{};
        if (uuid_.empty() || ends_) continue;
        if (!is_authorized()) fail(wire::ErrorCode::AuthorizationFailed, "Unauthorized");
        const Camera* camera = host_->home.find(uuid_);
        if (playback_ && (camera == nullptr || !camera->online || !camera->is_on()))
            end_playback(wire::EndReason::CameraUnreachable);
        if (now - pinged_at_ >= host_->scaled(kPingEvery)) {
            pinged_at_ = now;
            say(wire::to_bytes(PacketType::Ping));
        }
    }
}

bool LiveSession::is_authorized() const { return host_->accounts.find_grant(token_).has_value(); }

Result<> LiveSession::take(const wire::Packet& packet) {
    const base::ByteSpan payload = packet.payload;
    switch (packet.type) {
        case PacketType::Ping:
            ++host_->counters.pings;
            say(wire::to_bytes(PacketType::Ping));
            return {};
        case PacketType::Hello: {
            CASEMENT_TRY(const wire::Hello hello, wire::parse_hello(payload));
            return greet(hello);
        }
        case PacketType::AuthorizeRequest: {
            CASEMENT_TRY(const auto request, wire::parse_authorize_request(payload));
            return renew(request);
        }
        default:
            break;
    }
    if (uuid_.empty()) return illegal("before HELLO");
    switch (packet.type) {
        case PacketType::StartPlayback: {
            CASEMENT_TRY(const auto request, wire::parse_start_playback(payload));
            return start(request);
        }
        case PacketType::StopPlayback: {
            CASEMENT_TRY(const auto request, wire::parse_stop_playback(payload));
            ++host_->counters.stops;
            if (playback_ && playback_->session_id == request.session_id)
                end_playback(wire::EndReason::UserEnded);
            return {};
        }
        case PacketType::AudioPayload: {
            CASEMENT_TRY(const auto talk, wire::parse_audio_payload(payload));
            return hear(talk);
        }
        default:
            return {};  // what clients may say and nobody knows
    }
}

bool LiveSession::redirect(int& count, bool is_transcode) {
    if (count <= 0) return false;
    --count;
    ++host_->counters.redirects;
    const std::string& to = host_->faults->redirect_to;
    say(to_bytes(
        wire::Redirect{.new_host = to.empty() ? own_address_ : to, .is_transcode = is_transcode}));
    ends_ = true;
    return true;
}

/// A Google account shows its JWT, a Nest account the value of its cookie: never the session's
/// access token.
Result<> LiveSession::greet(const wire::Hello& hello) {
    if (!uuid_.empty()) return illegal("a second HELLO");
    if (hello.protocol_version < 1 || hello.protocol_version > 3 || hello.device_id.empty())
        return illegal("a HELLO without version or device");
    // Nothing may follow before OK.
    if (reader_.buffered() > 0) return illegal("something behind a HELLO that has no answer yet");
    std::string token = hello.session_token.reveal();
    if (hello.authorize) {
        token = hello.authorize->olive_token.empty() ? hello.authorize->session_token.reveal()
                                                     : hello.authorize->olive_token.reveal();
    }
    const auto grant = host_->accounts.find_grant(token);
    const Camera* camera = host_->home.find(hello.uuid);
    const Kind wanted =
        hello.authorize && !hello.authorize->olive_token.empty() ? Kind::Jwt : Kind::Website;
    if (!grant || grant->kind != wanted || camera == nullptr || !camera->is_of(grant->userid) ||
        camera->region != host_->options.region)
        return unauthorized();
    if (hello.requires_connected_camera && !camera->online)
        return base::fail(ErrorKind::Unavailable, "camera not connected");
    if (redirect(host_->used_up->redirects, false)) return {};
    token_ = std::move(token);
    uuid_ = hello.uuid;
    ++host_->counters.hellos;
    say(to_bytes(wire::Ok{}));
    return {};
}

Result<> LiveSession::renew(const wire::AuthorizeRequest& request) {
    if (uuid_.empty()) return illegal("AUTHORIZE_REQUEST before HELLO");
    const bool is_google = !request.olive_token.empty();
    const std::string& token =
        is_google ? request.olive_token.reveal() : request.session_token.reveal();
    const auto grant = host_->accounts.find_grant(token);
    if (!grant || grant->kind != (is_google ? Kind::Jwt : Kind::Website)) return unauthorized();
    if (!host_->faults->is_stubborn) token_ = token;
    ++host_->counters.renewals;
    say(to_bytes(wire::Ok{}));
    return {};
}

Result<> LiveSession::start(const wire::StartPlayback& request) {
    if (request.session_id == 0 || playback_) return illegal("no session, or one that plays");
    if (redirect(host_->used_up->redirects_at_start, true)) return {};
    const Camera* camera = host_->home.find(uuid_);
    const auto end = [&](wire::EndReason reason) {
        say(to_bytes(wire::PlaybackEnd{.session_id = request.session_id, .reason = reason}));
        return Result<>{};
    };
    if (camera == nullptr || !camera->online || !camera->is_on())
        return end(wire::EndReason::CameraUnreachable);
    if (request.start_time) return end(wire::EndReason::TimeNotAvailable);
    std::vector<Profile> wanted{request.profile};
    wanted.insert(wanted.end(), request.other_profiles.begin(), request.other_profiles.end());
    const auto video = std::ranges::find_first_of(wanted, kVideo);
    if (video == wanted.end()) return end(wire::EndReason::ProfileNotAvailable);
    const bool wants_sound = std::ranges::find(wanted, Profile::AudioAac) != wanted.end();
    playback_ = std::make_shared<Playback>();
    playback_->session_id = request.session_id;
    playback_->profile = *video;
    playback_->has_sound = wants_sound && camera->hears();
    has_playback_.ring();
    return {};
}

void LiveSession::end_playback(wire::EndReason reason) {
    if (!playback_) return;
    say(to_bytes(wire::PlaybackEnd{.session_id = playback_->session_id, .reason = reason}));
    playback_->ended = true;
    playback_.reset();
}

Result<> LiveSession::hear(const wire::AudioPayload& talk) {
    if (!playback_ || talk.session_id != playback_->session_id)
        return illegal("talk without a playback");
    if (talk.codec != wire::CodecType::Speex || talk.sample_rate != kTalkRate)
        return illegal("talk that is no Speex of 16 kHz");
    const wire::Talkback who{.user_id = "emulated", .session_id = talk.session_id};
    if (!talk_) {
        if (talk.payload.empty()) return {};
        talk_ = host_->spoken.size();
        host_->spoken.push_back({.uuid = uuid_, .packets = {}, .ended = false});
        say(wire::talkback_begin(who));
    }
    Spoken& spoken = host_->spoken.at(*talk_);
    if (talk.payload.empty()) {
        spoken.ended = true;
        talk_.reset();
        say(wire::talkback_end(who));
    } else if (spoken.packets.size() < kMostSpoken) {
        spoken.packets.push_back(talk.payload);
    }
    return {};
}

}  // namespace casement::emulators::nest
