#include <charconv>
#include <cmath>
#include <map>
#include <utility>

#include "base/text.hpp"
#include "protocols/hls/playlist.hpp"

namespace casement::protocols::hls {

using base::ErrorKind;
using base::fail;
using base::Result;

namespace {

/// A day: no segment is longer, and larger numbers leave the range of microseconds.
constexpr double kMaxSeconds = 86'400;

/// Lines with their numbers; CRLF and LF alike (RFC 8216 §4.1).
class Lines {
public:
    explicit Lines(std::string_view text) : rest_(text) {}
    bool next() {
        if (rest_.empty()) return false;
        line_ = base::take_until(rest_, '\n');
        if (line_.ends_with('\r')) line_.remove_suffix(1);
        ++number_;
        return true;
    }
    std::string_view line() const { return line_; }
    template <typename... Args>
    std::unexpected<base::Error> wrong(fmt::format_string<Args...> format, Args&&... args) const {
        return fail(ErrorKind::InvalidArgument, "playlist line {}: {}", number_,
                    fmt::format(format, std::forward<Args>(args)...));
    }

private:
    std::string_view rest_, line_;
    int number_ = 0;
};

/// The value of `line` when it is the tag `name`.
std::optional<std::string_view> value_of(std::string_view line, std::string_view name) {
    if (!line.starts_with(name)) return std::nullopt;
    line.remove_prefix(name.size());
    if (line.empty()) return line;
    if (line.front() != ':') return std::nullopt;
    return line.substr(1);
}

std::optional<double> parse_seconds(std::string_view text) {
    double value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return std::isfinite(value) && value >= 0 && value <= kMaxSeconds ? std::optional(value)
                                                                      : std::nullopt;
}

using Attributes = std::map<std::string, std::string, std::less<>>;

/// §4.2: NAME=value[,NAME=value]*, quotes taken off. nullopt when broken or a name comes twice.
std::optional<Attributes> parse_attributes(std::string_view text) {
    Attributes out;
    while (!text.empty()) {
        const std::size_t equals = text.find('=');
        if (equals == std::string_view::npos || equals == 0) return std::nullopt;
        std::string name(text.substr(0, equals));
        text.remove_prefix(equals + 1);
        std::string_view value;
        if (text.starts_with('"')) {
            const std::size_t end = text.find('"', 1);
            if (end == std::string_view::npos) return std::nullopt;
            value = text.substr(1, end - 1);
            text.remove_prefix(end + 1);
            if (!text.empty() && !text.starts_with(',')) return std::nullopt;
            if (!text.empty()) text.remove_prefix(1);
        } else {
            value = base::take_until(text, ',');
        }
        if (!out.emplace(std::move(name), value).second) return std::nullopt;
    }
    return out;
}

std::string attribute(const Attributes& attributes, std::string_view name) {
    const auto found = attributes.find(name);
    return found == attributes.end() ? std::string() : found->second;
}

Result<> check_start(Lines& lines, std::string_view text) {
    if (text.size() > kMaxPlaylistBytes)
        return fail(ErrorKind::ResourceExhausted, "a playlist of {} bytes", text.size());
    if (!lines.next() || lines.line() != "#EXTM3U")
        return fail(ErrorKind::InvalidArgument, "a playlist begins with #EXTM3U");
    return {};
}

class MediaParser {
public:
    explicit MediaParser(std::string_view text) : text_(text), lines_(text) {
        out_.independent_segments = false;
    }

    Result<MediaPlaylist> parse() {
        CASEMENT_TRY(check_start(lines_, text_));
        while (lines_.next()) {
            const std::string_view line = lines_.line();
            if (line.empty()) continue;
            if (!line.starts_with('#')) {
                CASEMENT_TRY(take_uri(line));
            } else {
                CASEMENT_TRY(take_tag(line));
            }
        }
        if (out_.target_duration.count() == 0)
            return lines_.wrong("EXT-X-TARGETDURATION is missing");
        if (pending_duration_) return lines_.wrong("the last EXTINF has no URI");
        return std::move(out_);
    }

private:
    Result<> take_tag(std::string_view line) {
        if (const auto v = value_of(line, "#EXTINF")) return take_duration(*v);
        if (const auto v = value_of(line, "#EXT-X-VERSION")) return number(*v, out_.version);
        if (const auto v = value_of(line, "#EXT-X-MEDIA-SEQUENCE"))
            return number(*v, out_.media_sequence);
        if (const auto v = value_of(line, "#EXT-X-DISCONTINUITY-SEQUENCE"))
            return number(*v, out_.discontinuity_sequence);
        if (const auto v = value_of(line, "#EXT-X-TARGETDURATION")) {
            std::uint32_t target = 0;
            CASEMENT_TRY(number(*v, target));
            out_.target_duration = std::chrono::seconds{target};
        } else if (const auto type = value_of(line, "#EXT-X-PLAYLIST-TYPE")) {
            if (*type != "VOD" && *type != "EVENT")
                return lines_.wrong("playlist type \"{}\"", *type);
            out_.type = *type == "VOD" ? MediaPlaylist::Type::Vod : MediaPlaylist::Type::Event;
        } else if (line == "#EXT-X-INDEPENDENT-SEGMENTS") {
            out_.independent_segments = true;
        } else if (line == "#EXT-X-DISCONTINUITY") {
            next_.discontinuity = true;
        } else if (line == "#EXT-X-ENDLIST") {
            out_.ended = true;
        } else if (const auto time = value_of(line, "#EXT-X-PROGRAM-DATE-TIME")) {
            auto parsed = base::parse_rfc3339(*time);
            if (!parsed) return lines_.wrong("{}", parsed.error().message());
            next_.program_date_time = *parsed;
        } else if (const auto map = value_of(line, "#EXT-X-MAP")) {
            return take_map(*map);
        }
        return {};
    }

    Result<> take_duration(std::string_view value) {
        const auto parsed = parse_seconds(base::take_until(value, ','));
        if (!parsed || pending_duration_)
            return lines_.wrong("EXTINF wants one duration per segment");
        next_.duration = std::chrono::microseconds{std::llround(*parsed * 1e6)};
        pending_duration_ = true;
        return {};
    }

    Result<> take_map(std::string_view value) {
        const auto attributes = parse_attributes(value);
        map_ = attributes ? attribute(*attributes, "URI") : std::string();
        if (map_.empty()) return lines_.wrong("EXT-X-MAP without URI");
        return {};
    }

    Result<> take_uri(std::string_view line) {
        if (!pending_duration_) return lines_.wrong("a URI without EXTINF");
        if (out_.segments.size() >= kMaxSegments)
            return fail(ErrorKind::ResourceExhausted, "a playlist of more than {} segments",
                        kMaxSegments);
        next_.uri = line;
        next_.map_uri = map_;
        out_.segments.push_back(std::exchange(next_, {}));
        pending_duration_ = false;
        return {};
    }

    template <typename Number>
    Result<> number(std::string_view text, Number& into) {
        const auto parsed = base::parse_number<Number>(text);
        if (!parsed) return lines_.wrong("\"{}\" is no number", text);
        into = *parsed;
        return {};
    }

    std::string_view text_;
    Lines lines_;
    MediaPlaylist out_;
    Segment next_;
    std::string map_;
    bool pending_duration_ = false;
};

Result<Variant> parse_variant(const Lines& lines, std::string_view value) {
    const auto attributes = parse_attributes(value);
    if (!attributes) return lines.wrong("broken attributes");
    Variant out;
    const auto bandwidth = base::parse_number<std::uint64_t>(attribute(*attributes, "BANDWIDTH"));
    if (!bandwidth) return lines.wrong("EXT-X-STREAM-INF without BANDWIDTH");
    out.bandwidth = *bandwidth;
    out.average_bandwidth =
        base::parse_number<std::uint64_t>(attribute(*attributes, "AVERAGE-BANDWIDTH")).value_or(0);
    out.codecs = attribute(*attributes, "CODECS");
    out.frame_rate = parse_seconds(attribute(*attributes, "FRAME-RATE")).value_or(0);
    const std::string resolution = attribute(*attributes, "RESOLUTION");
    std::string_view height = resolution;
    const auto width = base::parse_number<int>(base::take_until(height, 'x'));
    const auto parsed_height = base::parse_number<int>(height);
    if (!resolution.empty() && (!width || !parsed_height))
        return lines.wrong("RESOLUTION={}", resolution);
    out.width = width.value_or(0);
    out.height = parsed_height.value_or(0);
    return out;
}

}  // namespace

Result<MediaPlaylist> parse_media_playlist(std::string_view text) {
    return MediaParser(text).parse();
}

Result<MasterPlaylist> parse_master_playlist(std::string_view text) {
    Lines lines(text);
    CASEMENT_TRY(check_start(lines, text));
    MasterPlaylist out;
    out.independent_segments = false;
    std::optional<Variant> open;
    while (lines.next()) {
        const std::string_view line = lines.line();
        if (line == "#EXT-X-INDEPENDENT-SEGMENTS") {
            out.independent_segments = true;
        } else if (const auto version = value_of(line, "#EXT-X-VERSION")) {
            const auto parsed = base::parse_number<int>(*version);
            if (!parsed) return lines.wrong("\"{}\" is no number", *version);
            out.version = *parsed;
        } else if (const auto info = value_of(line, "#EXT-X-STREAM-INF")) {
            if (open) return lines.wrong("the EXT-X-STREAM-INF before has no URI");
            CASEMENT_TRY(open, parse_variant(lines, *info));
        } else if (!line.empty() && !line.starts_with('#')) {
            if (!open) return lines.wrong("a URI without EXT-X-STREAM-INF");
            if (out.variants.size() >= kMaxSegments)
                return fail(ErrorKind::ResourceExhausted, "too many variants");
            open->uri = line;
            out.variants.push_back(std::move(*open));
            open.reset();
        }
    }
    if (open) return lines.wrong("the last EXT-X-STREAM-INF has no URI");
    return out;
}

}  // namespace casement::protocols::hls
