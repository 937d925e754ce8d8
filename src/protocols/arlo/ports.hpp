#pragma once
// Where devices and their base meet. All of it without TLS and without passwords.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace casement::protocols::arlo {

/// TCP, in both directions: cameras, and all of a video doorbell but its chime.
inline constexpr std::uint16_t kCameraPort = 4000;
/// The same for audio doorbells; on a video doorbell the registers of its chime and lights.
inline constexpr std::uint16_t kDoorbellPort = 4100;

inline constexpr std::uint16_t kRtspPort = 554;      // H.264
inline constexpr std::uint16_t kRtspHevcPort = 555;  // 4K models
inline constexpr std::string_view kRtspPath = "/live";

/// Talk-back: plain RTP over UDP to this port, without any signalling: PCMU of 8000 Hz, mono. 20 ms
/// per packet is our choice, no source says.
inline constexpr std::uint16_t kTalkPort = 5000;
inline constexpr std::uint8_t kTalkPayloadType = 0;  // RFC 3551 §6
inline constexpr std::size_t kTalkPacketBytes = 160;

/// Calls of audio doorbells: Opus over RTP, where rtpInvite and rtpRequest name nothing else.
inline constexpr std::uint16_t kCallPort = 8000;
inline constexpr std::uint8_t kCallPayloadType = 97;

}  // namespace casement::protocols::arlo
