#pragma once
// What an RTSP URI of our server means.

#include <optional>
#include <string>
#include <string_view>

namespace casement::protocols::rtsp {

/// Which stream, and how: rtsp://host/PATH?QUERY without the track's part. Path without slashes
/// around it, percent-decoded.
struct Target {
    std::string path;
    std::string query;
    bool operator==(const Target&) const = default;
};

struct TrackTarget {
    Target target;
    std::optional<int> track;  // of ".../trackID=N"
};

/// Nothing when it is no URI of ours: other scheme, control characters.
std::optional<TrackTarget> parse_target(std::string_view uri);

/// The part of a URI behind scheme and authority, without slashes at its end: what two spellings of
/// one URI have in common.
std::string_view path_of_uri(std::string_view uri);

}  // namespace casement::protocols::rtsp
