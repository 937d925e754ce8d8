#pragma once
// URLs as cameras and people write them: scheme://[user[:password]@]host[:port][/path][?query].

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace casement::base {

struct Url {
    std::string scheme;      // lower case
    std::string user;        // percent-decoded
    Secret password;         // percent-decoded
    std::string host;        // without the brackets of an IPv6 address
    std::uint16_t port = 0;  // 0 = the scheme's default
    std::string path;        // as written, with its leading slash; empty when absent
    std::string query;       // as written, without the question mark

    /// At most 4096 bytes; control characters and spaces are refused.
    static Result<Url> parse(std::string_view text);

    bool has_credentials() const { return !user.empty() || !password.empty(); }
    /// The port, or the well-known one of rtsp, rtsps, rtmp, rtmps, http, https, ws, wss, mqtt; 0
    /// when unknown.
    std::uint16_t port_or_default() const;
    /// "host" or "host:port", with brackets where needed; no credentials.
    std::string authority() const;
    /// Without credentials: what may be logged or sent as a request line.
    std::string without_credentials() const;
    /// path?query, "/" at least.
    std::string target() const;
    bool operator==(const Url&) const = default;
};

std::string percent_decoded(std::string_view text);
/// Everything but RFC 3986 unreserved characters is encoded.
std::string percent_encoded(std::string_view text);

}  // namespace casement::base
