#include "protocols/hls/playlist.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace casement::protocols::hls {

namespace {

using Text = std::back_insert_iterator<std::string>;

double seconds(std::chrono::microseconds duration) {
    return static_cast<double>(duration.count()) / 1e6;
}

/// §4.3.3.1: every EXTINF, rounded to the nearest integer, is at most the target duration.
std::chrono::seconds target_of(const MediaPlaylist& playlist) {
    if (playlist.target_duration.count() > 0) return playlist.target_duration;
    std::chrono::seconds longest{1};
    for (const Segment& segment : playlist.segments)
        longest = std::max(longest, std::chrono::round<std::chrono::seconds>(segment.duration));
    return longest;
}

/// Attribute strings cannot hold quotes or line breaks (§4.2): they are left out.
std::string quoted(std::string_view value) {
    std::string out = "\"";
    for (const char c : value) {
        if (c != '"' && c != '\r' && c != '\n') out += c;
    }
    return out + '"';
}

void write_segment(Text out, const Segment& segment, std::string_view map_in_force) {
    if (segment.discontinuity) fmt::format_to(out, "#EXT-X-DISCONTINUITY\n");
    if (segment.map_uri != map_in_force && !segment.map_uri.empty())
        fmt::format_to(out, "#EXT-X-MAP:URI={}\n", quoted(segment.map_uri));
    if (segment.program_date_time)
        fmt::format_to(out, "#EXT-X-PROGRAM-DATE-TIME:{}\n",
                       base::format_rfc3339(*segment.program_date_time));
    // Six decimals say a microsecond: durations add up to the media's own time, and players do not
    // drift over a day.
    fmt::format_to(out, "#EXTINF:{:.6f},\n{}\n", seconds(segment.duration), segment.uri);
}

void write_variant(Text out, const Variant& variant) {
    fmt::format_to(out, "#EXT-X-STREAM-INF:BANDWIDTH={}", variant.bandwidth);
    if (variant.average_bandwidth > 0)
        fmt::format_to(out, ",AVERAGE-BANDWIDTH={}", variant.average_bandwidth);
    if (!variant.codecs.empty()) fmt::format_to(out, ",CODECS={}", quoted(variant.codecs));
    if (variant.width > 0 && variant.height > 0)
        fmt::format_to(out, ",RESOLUTION={}x{}", variant.width, variant.height);
    if (variant.frame_rate > 0) fmt::format_to(out, ",FRAME-RATE={:.3f}", variant.frame_rate);
    fmt::format_to(out, "\n{}\n", variant.uri);
}

}  // namespace

std::string write(const MediaPlaylist& playlist) {
    std::string text;
    text.reserve(256 + playlist.segments.size() * 96);
    Text out(text);
    fmt::format_to(out, "#EXTM3U\n#EXT-X-VERSION:{}\n#EXT-X-TARGETDURATION:{}\n", playlist.version,
                   target_of(playlist).count());
    fmt::format_to(out, "#EXT-X-MEDIA-SEQUENCE:{}\n", playlist.media_sequence);
    if (playlist.discontinuity_sequence > 0)
        fmt::format_to(out, "#EXT-X-DISCONTINUITY-SEQUENCE:{}\n", playlist.discontinuity_sequence);
    if (playlist.type != MediaPlaylist::Type::Live) {
        fmt::format_to(out, "#EXT-X-PLAYLIST-TYPE:{}\n",
                       playlist.type == MediaPlaylist::Type::Vod ? "VOD" : "EVENT");
    }
    if (playlist.independent_segments) fmt::format_to(out, "#EXT-X-INDEPENDENT-SEGMENTS\n");
    std::string_view map;
    for (const Segment& segment : playlist.segments) {
        write_segment(out, segment, map);
        map = segment.map_uri;
    }
    if (playlist.ended) fmt::format_to(out, "#EXT-X-ENDLIST\n");
    return text;
}

std::string write(const MasterPlaylist& playlist) {
    std::string text;
    Text out(text);
    fmt::format_to(out, "#EXTM3U\n#EXT-X-VERSION:{}\n", playlist.version);
    if (playlist.independent_segments) fmt::format_to(out, "#EXT-X-INDEPENDENT-SEGMENTS\n");
    for (const Variant& variant : playlist.variants) write_variant(out, variant);
    return text;
}

}  // namespace casement::protocols::hls
