#pragma once
// HTTP authentication as RTSP uses it: Basic (RFC 7617) and Digest (RFC 7616, and RFC 2069 without
// qop), both sides.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace casement::protocols::rtsp::auth {

enum class Algorithm : std::uint8_t { Md5, Sha256 };

/// "MD5", "SHA-256".
std::string_view to_string(Algorithm algorithm);
/// Lower-case hex of the digest.
std::string hash_hex(Algorithm algorithm, std::string_view text);
/// H(user:realm:password), what a server may store in place of the password (RFC 7616 §3.4.2).
std::string ha1(Algorithm algorithm, std::string_view user, std::string_view realm,
                std::string_view password);

/// One challenge of WWW-Authenticate.
struct Challenge {
    enum class Scheme : std::uint8_t { Basic, Digest } scheme = Scheme::Basic;
    std::string realm;
    std::string nonce;
    std::string opaque;
    Algorithm algorithm = Algorithm::Md5;
    bool qop_auth = false;
    bool stale = false;

    std::string to_header() const;
    bool operator==(const Challenge&) const = default;
};

/// The challenges we can answer, in order; several per header value are understood. Unknown
/// schemes, algorithms and qop are left out.
std::vector<Challenge> parse_challenges(const std::vector<std::string_view>& header_values);

/// What an Authorization header said. Every field is the client's claim.
struct Credentials {
    Challenge::Scheme scheme = Challenge::Scheme::Basic;
    std::string user;
    base::Secret password;  // Basic
    // Digest:
    std::string realm, nonce, uri, response, cnonce, opaque, qop;
    std::string nonce_count;  // eight hex digits, as written
    Algorithm algorithm = Algorithm::Md5;
    std::string method;  // of the request that carried it

    /// Digest only: the response is that of this H(user:realm:password) under `algorithm`. In
    /// constant time.
    bool proves_ha1(std::string_view ha1) const;
    /// Either scheme, against a password in clear.
    bool proves_password(std::string_view password_in_clear) const;
};

/// Nothing when the header is neither Basic nor Digest or lacks a field.
std::optional<Credentials> parse_credentials(std::string_view header_value,
                                             std::string_view method);

/// Client side: remembers the challenge of one server and signs each request. Not thread-safe.
class Client {
public:
    Client(std::string user, base::Secret password)
        : user_(std::move(user)), password_(std::move(password)) {}

    bool has_credentials() const { return !user_.empty() || !password_.empty(); }
    /// Takes the best of the challenges (Digest SHA-256, Digest MD5, Basic). True when a retry
    /// makes sense: there are credentials and they have not been refused for this very challenge (a
    /// stale nonce is no refusal).
    bool accept(const std::vector<Challenge>& challenges);
    /// Value of Authorization, or nothing while no challenge is known.
    std::optional<std::string> authorize(std::string_view method, std::string_view uri);
    /// For tests and replays: makes cnonce predictable.
    void set_cnonce(std::string cnonce) { cnonce_ = std::move(cnonce); }

private:
    std::string user_;
    base::Secret password_;
    std::optional<Challenge> challenge_;
    std::string cnonce_;
    std::uint32_t nonce_count_ = 0;
    bool signed_ = false;  // a request went out under challenge_
};

struct ServerPolicy {
    std::string realm = "Casement";
    bool digest = true;
    bool basic = true;  // for clients that know nothing else; over plain TCP it shows the password
    std::vector<Algorithm> algorithms{Algorithm::Sha256, Algorithm::Md5};
};

/// Server side of one connection: makes nonces, checks everything of a Digest answer that needs no
/// password. Not thread-safe.
class Server {
public:
    explicit Server(ServerPolicy policy);

    enum class Check : std::uint8_t {
        Missing,    // no usable Authorization: challenge
        Stale,      // nonce is not ours any more, or its count was used before: challenge with
                    // stale=true
        Plausible,  // what remains is the secret: Credentials::proves_ha1 or proves_password
    };
    struct Outcome {
        Check check = Check::Missing;
        std::optional<Credentials> credentials;
    };
    /// `uri` of the request must agree with that of the credentials, as whole or in its path (some
    /// clients sign the aggregate URL).
    Outcome check(std::string_view method, std::string_view uri,
                  std::optional<std::string_view> authorization);
    /// Values for WWW-Authenticate, one each. A stale challenge makes a new nonce.
    std::vector<std::string> challenges(bool stale);
    const std::string& realm() const { return policy_.realm; }

private:
    ServerPolicy policy_;
    std::string nonce_;
    std::uint32_t last_nonce_count_ = 0;
};

}  // namespace casement::protocols::rtsp::auth
