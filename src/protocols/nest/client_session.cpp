#include "protocols/nest/client_session.hpp"

#include <algorithm>
#include <utility>

namespace casement::protocols::nest {

using base::Result;

ClientSession::ClientSession(ClientOptions options)
    : options_(std::move(options)), session_id_(options_.session_id - 1) {
    Hello hello;
    hello.uuid = options_.camera;
    hello.device_id = options_.device_id;
    hello.user_agent = options_.user_agent;
    hello.client_type = options_.client_type;
    // A Nest account's session stands where every client has put it, a Google account's token where
    // alone it is read.
    if (options_.pass.olive_token.empty()) {
        hello.session_token = options_.pass.session_token;
    } else {
        hello.authorize = options_.pass;
    }
    send(to_bytes(hello));
}

void ClientSession::send(const std::vector<std::uint8_t>& packet) {
    output_.insert(output_.end(), packet.begin(), packet.end());
}

std::vector<std::uint8_t> ClientSession::take_output() { return std::exchange(output_, {}); }

void ClientSession::ping() {
    if (is_authorized_) send(to_bytes(PacketType::Ping));
}

void ClientSession::authorize(const AuthorizeRequest& pass) { send(to_bytes(pass)); }

void ClientSession::talk(std::vector<std::uint8_t> speex) {
    if (!is_playing_) return;
    send(to_bytes(AudioPayload{.payload = std::move(speex), .session_id = session_id_}));
}

void ClientSession::stop() {
    if (std::exchange(is_playing_, false)) send(to_bytes(StopPlayback{.session_id = session_id_}));
}

/// Profiles that the server did not have are left out, one with each try.
void ClientSession::start_playback() {
    const std::size_t first = std::min(tries_, options_.pictures.size() - 1);
    StartPlayback start{.session_id = ++session_id_, .profile = options_.pictures[first]};
    for (std::size_t i = first + 1; i < options_.pictures.size(); ++i)
        start.other_profiles.push_back(options_.pictures[i]);
    if (options_.audio) start.other_profiles.push_back(Profile::AudioAac);
    if (tries_ > 0) start.profile_not_found_action = ProfileNotFound::UseNextAvailable;
    send(to_bytes(start));
}

Result<std::optional<ClientEvent>> ClientSession::next() {
    for (;;) {
        CASEMENT_TRY(const std::optional<Packet> packet, reader_.next());
        if (!packet) return std::nullopt;
        CASEMENT_TRY(auto event, take(*packet));
        if (event) return event;
    }
}

ClientSession::Event ClientSession::take(const Packet& packet) {
    switch (packet.type) {
        case PacketType::Ok: {
            // That of a newer pass begins nothing.
            if (std::exchange(is_authorized_, true)) return std::nullopt;
            start_playback();
            return Authorized{};
        }
        case PacketType::Error: {
            CASEMENT_TRY(auto error, parse_error(packet.payload));
            return Refused{error.code, std::move(error.message)};
        }
        case PacketType::Redirect: {
            CASEMENT_TRY(auto redirect, parse_redirect(packet.payload));
            return Redirected{std::move(redirect.new_host)};
        }
        case PacketType::PlaybackBegin: {
            CASEMENT_TRY(auto begin, parse_playback_begin(packet.payload));
            if (!is_authorized_ || begin.session_id != session_id_) return std::nullopt;
            is_playing_ = true;
            return Playing{std::move(begin.channels)};
        }
        case PacketType::PlaybackPacket:
        case PacketType::LongPlaybackPacket:
            return take_frame(packet.payload);
        case PacketType::PlaybackEnd:
            return take_end(packet.payload);
        default:
            return std::nullopt;
    }
}

ClientSession::Event ClientSession::take_frame(base::ByteSpan payload) {
    CASEMENT_TRY(const auto packet, parse_playback_packet(payload));
    if (!is_playing_ || packet.session_id != session_id_) return std::nullopt;
    return Frame{
        packet.channel_id, packet.timestamp_delta, {packet.payload.begin(), packet.payload.end()}};
}

ClientSession::Event ClientSession::take_end(base::ByteSpan payload) {
    CASEMENT_TRY(const auto end, parse_playback_end(payload));
    if (!is_authorized_ || end.session_id != session_id_) return std::nullopt;
    is_playing_ = false;
    if (end.reason == EndReason::ProfileNotAvailable && tries_ < options_.pictures.size()) {
        ++tries_;
        start_playback();
        return std::nullopt;
    }
    return Ended{end.reason};
}

}  // namespace casement::protocols::nest
