#pragma once
// Basic (RFC 7617) and Digest (RFC 7616) authentication of HTTP clients, for cameras and their kin.

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "net/http_message.hpp"

namespace casement::net {

struct Credentials {
    std::string user;
    base::Secret password;
    bool empty() const { return user.empty() && password.empty(); }
};

struct DigestChallenge {
    std::string realm;
    std::string nonce;
    std::string opaque;
    std::string algorithm;  // "MD5", "SHA-256", with "-sess" refused
    bool qop_auth = false;
    bool stale = false;
};

/// "user:password" from a Basic Authorization field.
std::optional<Credentials> parse_basic(std::string_view authorization);
std::string basic_authorization(const Credentials& credentials);

/// The strongest Digest challenge that we can answer, from all WWW-Authenticate fields.
std::optional<DigestChallenge> best_digest(const Headers& response_headers);
/// The Authorization value. `count` is the nonce count, from 1; `cnonce` is random, given for
/// tests.
std::string digest_authorization(const Credentials& credentials, const DigestChallenge& challenge,
                                 std::string_view method, std::string_view target, unsigned count,
                                 std::string_view cnonce);

/// Lower-case hex digests.
std::string md5_hex(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);

}  // namespace casement::net
