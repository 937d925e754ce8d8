#pragma once
// The messages inside nexustalk's packets. Fields that this table lacks are skipped by their type;
// where it matters whether a field was there, it is optional.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_reader.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"
#include "protocols/nest/packet.hpp"
#include "protocols/nest/values.hpp"

namespace casement::protocols::nest {

inline constexpr std::size_t kMaxProfiles = 64;
inline constexpr std::size_t kMaxChannels = 16;
inline constexpr std::size_t kMaxRegions = 64;

/// Who asks: one of them.
struct AuthorizeRequest {
    base::Secret session_token{};  // of a Nest account: the value of its cookie, website_2
    base::Secret wwn_access_token{};
    base::Secret service_access_key{};
    base::Secret olive_token{};  // of a Google account: its JWT
    bool operator==(const AuthorizeRequest&) const = default;
};

struct Hello {
    std::int32_t protocol_version = 3;
    std::string uuid{};  // of the camera: 32 hexadecimal digits, without "quartz."
    bool requires_connected_camera = false;
    base::Secret session_token{};
    std::optional<bool> is_camera{};
    std::string device_id{};
    std::string user_agent{};
    base::Secret service_access_key{};
    ClientType client_type = ClientType::Web;
    base::Secret wwn_access_token{};
    std::string encrypted_device_id{};
    std::optional<AuthorizeRequest> authorize{};
    std::string client_ip_address{};
    std::optional<bool> requires_owner_server{};
    bool operator==(const Hello&) const = default;
};

struct Ok {
    std::optional<std::int32_t> udp_port{};
    bool operator==(const Ok&) const = default;
};

struct ServerError {
    ErrorCode code{};
    std::string message{};
    bool operator==(const ServerError&) const = default;
};

struct Redirect {
    std::string new_host{};  // "host" or "host:port"
    bool is_transcode = false;
    bool operator==(const Redirect&) const = default;
};

struct StartPlayback {
    std::int32_t session_id = 0;  // the client's choice, never 0
    Profile profile{};
    std::optional<double> start_time{};  // Unix seconds, of footage; none is live
    std::string external_ip{};
    std::optional<std::int32_t> external_port{};
    std::vector<Profile> other_profiles{};  // read packed or not, sent one by one
    std::optional<ProfileNotFound> profile_not_found_action{};
    bool operator==(const StartPlayback&) const = default;
};

struct StopPlayback {
    std::int32_t session_id = 0;
    bool operator==(const StopPlayback&) const = default;
};

/// One track: its ticks are 1 / sample_rate seconds, its first is at start_time.
struct Channel {
    std::int32_t channel_id = 0;
    CodecType codec{};
    std::uint32_t sample_rate = 0;
    std::vector<std::vector<std::uint8_t>> private_data{};
    std::optional<double> start_time{};  // Unix seconds
    std::optional<std::uint32_t> udp_ssrc{};
    std::optional<std::uint32_t> rtp_start_time{};
    std::optional<Profile> profile{};
    bool operator==(const Channel&) const = default;
};

struct PlaybackBegin {
    std::int32_t session_id = 0;
    std::vector<Channel> channels{};
    base::Secret srtp_master_key{}, srtp_master_salt{};
    std::optional<std::int32_t> fec_k{}, fec_n{};
    bool operator==(const PlaybackBegin&) const = default;
};

struct Region {
    std::int32_t id = 0, left = 0, right = 0, top = 0, bottom = 0;
    bool operator==(const Region&) const = default;
};

struct PlaybackPacket {
    std::int32_t session_id = 0;
    std::int32_t channel_id = 0;
    std::int64_t timestamp_delta = 0;  // ticks since the packet before it on this channel
    base::ByteSpan payload{};          // one NAL unit without a start code, or one frame of sound;
                                       // in the packet that was read
    std::optional<std::uint32_t> latency_rtp_sequence{}, latency_rtp_ssrc{};
    std::vector<Region> regions{};
};

struct PlaybackEnd {
    std::int32_t session_id = 0;
    EndReason reason = EndReason::UserEnded;
    bool operator==(const PlaybackEnd&) const = default;
};

/// Of the client's talk; an empty payload ends it.
struct AudioPayload {
    std::vector<std::uint8_t> payload{};
    std::int32_t session_id = 0;
    CodecType codec = CodecType::Speex;
    std::uint32_t sample_rate = 16'000;
    std::optional<std::uint32_t> latency_measure_tag{};
    bool operator==(const AudioPayload&) const = default;
};

/// Somebody begins or ends to talk.
struct Talkback {
    std::string user_id{};
    std::int32_t session_id = 0;
    std::optional<std::int32_t> quick_action_id{};
    std::string device_id{};
    bool operator==(const Talkback&) const = default;
};

// Each reads the payload of a packet of its type. DataLoss for what is no message,
// ResourceExhausted for one with longer lists than are allowed.
base::Result<Hello> parse_hello(base::ByteSpan payload);
base::Result<AuthorizeRequest> parse_authorize_request(base::ByteSpan payload);
base::Result<Ok> parse_ok(base::ByteSpan payload);
base::Result<ServerError> parse_error(base::ByteSpan payload);
base::Result<Redirect> parse_redirect(base::ByteSpan payload);
base::Result<StartPlayback> parse_start_playback(base::ByteSpan payload);
base::Result<StopPlayback> parse_stop_playback(base::ByteSpan payload);
base::Result<PlaybackBegin> parse_playback_begin(base::ByteSpan payload);
/// Of either packet type, 204 or 205. What it points to is `payload`'s.
base::Result<PlaybackPacket> parse_playback_packet(base::ByteSpan payload);
base::Result<PlaybackEnd> parse_playback_end(base::ByteSpan payload);
base::Result<AudioPayload> parse_audio_payload(base::ByteSpan payload);
base::Result<Talkback> parse_talkback(base::ByteSpan payload);

// Each answers a whole packet. Fields that are optional and not set, and empty texts, are left out.
std::vector<std::uint8_t> to_bytes(const Hello& message);
std::vector<std::uint8_t> to_bytes(const AuthorizeRequest& message);
std::vector<std::uint8_t> to_bytes(const Ok& message);
std::vector<std::uint8_t> to_bytes(const ServerError& message);
std::vector<std::uint8_t> to_bytes(const Redirect& message);
std::vector<std::uint8_t> to_bytes(const StartPlayback& message);
std::vector<std::uint8_t> to_bytes(const StopPlayback& message);
std::vector<std::uint8_t> to_bytes(const PlaybackBegin& message);
std::vector<std::uint8_t> to_bytes(const PlaybackPacket& message);
std::vector<std::uint8_t> to_bytes(const PlaybackEnd& message);
std::vector<std::uint8_t> to_bytes(const AudioPayload& message);
std::vector<std::uint8_t> talkback_begin(const Talkback& message);
std::vector<std::uint8_t> talkback_end(const Talkback& message);

}  // namespace casement::protocols::nest
