#pragma once
// HLS playlists (RFC 8216, and RFC 8216bis where a tag says so): values to text and back.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace casement::protocols::hls {

struct Segment {
    std::string uri;
    std::chrono::microseconds duration{0};
    std::optional<base::WallTime> program_date_time;  // of its first sample
    bool discontinuity = false;                       // in front of this segment
    std::string map_uri;  // EXT-X-MAP; written where it differs from the segment before
    bool operator==(const Segment&) const = default;
};

struct MediaPlaylist {
    int version = 7;  // 7: EXT-X-MAP in a playlist that is not I-frames only (RFC 8216 §7)
    std::chrono::seconds target_duration{0};  // 0 = the longest segment, rounded (§4.3.3.1)
    std::uint64_t media_sequence = 0;         // of the first segment
    std::uint64_t discontinuity_sequence = 0;
    bool independent_segments = true;  // every segment starts with a key frame
    enum class Type : std::uint8_t { Live, Event, Vod } type = Type::Live;
    bool ended = false;
    std::vector<Segment> segments;
    bool operator==(const MediaPlaylist&) const = default;
};

struct Variant {
    std::string uri;
    std::uint64_t bandwidth = 0;          // peak, bit/s
    std::uint64_t average_bandwidth = 0;  // bit/s; 0 = not said
    std::string codecs;                   // RFC 6381, comma separated
    int width = 0, height = 0;            // pixels; 0 = not said
    double frame_rate = 0;                // 0 = not said
    bool operator==(const Variant&) const = default;
};

struct MasterPlaylist {
    int version = 7;
    bool independent_segments = true;
    std::vector<Variant> variants;
    bool operator==(const MasterPlaylist&) const = default;
};

std::string write(const MediaPlaylist& playlist);
std::string write(const MasterPlaylist& playlist);

/// Strict: unknown tags are skipped (§6.3.1), known ones must be right. For tests and for pulling
/// other people's streams. InvalidArgument with the line number.
base::Result<MediaPlaylist> parse_media_playlist(std::string_view text);
base::Result<MasterPlaylist> parse_master_playlist(std::string_view text);

/// A day of two-second segments.
inline constexpr std::size_t kMaxSegments = 50'000;
inline constexpr std::size_t kMaxPlaylistBytes = std::size_t{16} << 20;

}  // namespace casement::protocols::hls
