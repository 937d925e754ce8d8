#include "protocols/rtsp/target.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "base/url.hpp"

namespace casement::protocols::rtsp {

namespace {

constexpr std::string_view kTrack = "/trackid=";

std::string_view without_slashes(std::string_view path) {
    while (path.starts_with('/')) path.remove_prefix(1);
    while (path.ends_with('/')) path.remove_suffix(1);
    return path;
}

/// Takes "/trackID=N" off the end. It stands behind the query when the base had one.
std::optional<int> take_track(std::string_view& rest) {
    const std::string lower = base::lower_case(rest);
    const std::size_t at = lower.rfind(kTrack);
    if (at == std::string::npos) return std::nullopt;
    const auto track = base::parse_number<int>(rest.substr(at + kTrack.size()));
    if (track) rest = rest.substr(0, at);
    return track;
}

}  // namespace

std::string_view path_of_uri(std::string_view uri) {
    if (const std::size_t scheme = uri.find("://"); scheme != std::string_view::npos) {
        const std::size_t slash = uri.find('/', scheme + 3);
        uri = slash == std::string_view::npos ? std::string_view{} : uri.substr(slash);
    }
    while (uri.ends_with('/')) uri.remove_suffix(1);
    return uri;
}

std::optional<TrackTarget> parse_target(std::string_view uri) {
    const std::size_t scheme = uri.find("://");
    if (scheme != std::string_view::npos && !base::iequals(uri.substr(0, scheme), "rtsp") &&
        !base::iequals(uri.substr(0, scheme), "rtsps"))
        return std::nullopt;
    if (scheme == std::string_view::npos && !uri.starts_with('/')) return std::nullopt;
    std::string_view rest = path_of_uri(uri);
    TrackTarget out;
    out.track = take_track(rest);
    std::string_view query = rest;
    const std::string_view path = base::take_until(query, '?');
    out.target.path = base::percent_decoded(without_slashes(path));
    out.target.query = without_slashes(query);
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
    if (std::ranges::any_of(out.target.path, is_control)) return std::nullopt;
    return out;
}

}  // namespace casement::protocols::rtsp
