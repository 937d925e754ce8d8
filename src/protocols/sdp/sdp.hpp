#pragma once
// SDP (RFC 8866) as RTSP uses it: parsed leniently and within limits, written strictly.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace casement::protocols::sdp {

inline constexpr std::size_t kMaxBytes =
    64 * 1024;  // real ones have 1 KiB; a few have long fmtp lines
inline constexpr std::size_t kMaxMedia = 16;
inline constexpr std::size_t kMaxAttributes = 256;  // per section
inline constexpr std::size_t kMaxFormats = 64;      // payload types of one m= line

struct Attribute {
    std::string name;
    std::string value;  // empty for flags
    bool operator==(const Attribute&) const = default;
};

/// One m= section.
struct Media {
    std::string type;  // "video", "audio", "application"...
    std::uint16_t port = 0;
    std::string protocol;              // "RTP/AVP"
    std::vector<std::string> formats;  // as written; payload types for RTP
    std::vector<Attribute> attributes;
    bool operator==(const Media&) const = default;

    /// Value of the first attribute of that name; nothing when there is none.
    std::optional<std::string_view> attribute(std::string_view name) const;
    /// What follows the payload type in `a=NAME:PT ...`.
    std::optional<std::string_view> attribute_of(std::string_view name,
                                                 std::uint8_t payload_type) const;
};

struct Description {
    std::string origin;      // what stands after o=
    std::string name;        // s=
    std::string connection;  // c= of the session
    std::vector<Attribute> attributes;
    std::vector<Media> media;
    bool operator==(const Description&) const = default;

    std::optional<std::string_view> attribute(std::string_view name) const;
};

/// Accepts LF and CRLF, missing mandatory lines, unknown lines, lines in any order. InvalidArgument
/// when there is no m= line and no v= line, or a limit is passed.
base::Result<Description> parse(std::string_view text);

/// CRLF lines in the order of RFC 8866 §5.
std::string write(const Description& description);

}  // namespace casement::protocols::sdp
