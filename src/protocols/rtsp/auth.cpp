#include "protocols/rtsp/auth.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/base64.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "protocols/rtsp/target.hpp"

namespace casement::protocols::rtsp::auth {

namespace {

/// Of one header value; real ones have under 300 bytes.
constexpr std::size_t kMaxHeaderValueBytes = 4096;
constexpr std::size_t kMaxChallenges = 8;
constexpr std::size_t kNonceBytes = 16;
constexpr std::size_t kCnonceBytes = 8;

/// Walks `name=value` and `name="value"` pairs (RFC 7616 §3.3). A scheme's name is a word without
/// an equals sign.
class Fields {
public:
    explicit Fields(std::string_view text) : rest_(text.substr(0, kMaxHeaderValueBytes)) {}

    struct Field {
        std::string_view name;
        std::string value;
        bool is_word = false;  // without equals sign: a scheme
    };
    std::optional<Field> next() {
        constexpr std::string_view kBlank = " \t,";
        rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlank), rest_.size()));
        if (rest_.empty()) return std::nullopt;
        const std::size_t end = std::min(rest_.find_first_of(" \t,="), rest_.size());
        Field field;
        field.name = rest_.substr(0, end);
        rest_.remove_prefix(end);
        const std::size_t equals = std::min(rest_.find_first_not_of(" \t"), rest_.size());
        if (equals == rest_.size() || rest_[equals] != '=') {
            field.is_word = true;
            return field;
        }
        rest_.remove_prefix(equals + 1);
        rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
        field.value = take_value();
        return field;
    }

private:
    std::string take_value() {
        if (rest_.empty() || rest_.front() != '"') {
            const std::size_t end = std::min(rest_.find_first_of(" \t,"), rest_.size());
            std::string out(rest_.substr(0, end));
            rest_.remove_prefix(end);
            return out;
        }
        std::string out;
        std::size_t i = 1;
        for (; i < rest_.size() && rest_[i] != '"'; ++i) {
            if (rest_[i] == '\\' && i + 1 < rest_.size()) ++i;
            out += rest_[i];
        }
        rest_.remove_prefix(std::min(i + 1, rest_.size()));
        return out;
    }
    std::string_view rest_;
};

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) >= 0x20) out += c;  // no way out of the header line
    }
    return out += '"';
}

std::optional<Algorithm> parse_algorithm(std::string_view name) {
    if (base::iequals(name, "MD5")) return Algorithm::Md5;
    if (base::iequals(name, "SHA-256")) return Algorithm::Sha256;
    return std::nullopt;
}

bool offers_auth(std::string_view qop_list) {
    while (!qop_list.empty()) {
        if (base::iequals(base::trimmed(base::take_until(qop_list, ',')), "auth")) return true;
    }
    return false;
}

/// RFC 7616 §3.4.1; without qop as RFC 2069 §2.1.2 did.
std::string digest_response(Algorithm algorithm, std::string_view ha1_hex, std::string_view method,
                            std::string_view uri, std::string_view nonce, std::string_view qop,
                            std::string_view nonce_count, std::string_view cnonce) {
    const std::string ha2 = hash_hex(algorithm, fmt::format("{}:{}", method, uri));
    if (qop.empty()) return hash_hex(algorithm, fmt::format("{}:{}:{}", ha1_hex, nonce, ha2));
    return hash_hex(
        algorithm, fmt::format("{}:{}:{}:{}:{}:{}", ha1_hex, nonce, nonce_count, cnonce, qop, ha2));
}

std::optional<Credentials> parse_basic(std::string_view token) {
    const auto decoded = base::base64_decoded(base::trimmed(token));
    if (!decoded) return std::nullopt;
    const std::string_view text = base::as_text(*decoded);
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    Credentials out;
    out.user = text.substr(0, colon);
    out.password = base::Secret(std::string(text.substr(colon + 1)));
    return out;
}

std::optional<Credentials> parse_digest(std::string_view text) {
    Credentials out;
    out.scheme = Challenge::Scheme::Digest;
    Fields fields(text);
    while (auto field = fields.next()) {
        std::string& value = field->value;
        if (base::iequals(field->name, "username"))
            out.user = std::move(value);
        else if (base::iequals(field->name, "realm"))
            out.realm = std::move(value);
        else if (base::iequals(field->name, "nonce"))
            out.nonce = std::move(value);
        else if (base::iequals(field->name, "uri"))
            out.uri = std::move(value);
        else if (base::iequals(field->name, "response"))
            out.response = base::lower_case(value);
        else if (base::iequals(field->name, "cnonce"))
            out.cnonce = std::move(value);
        else if (base::iequals(field->name, "opaque"))
            out.opaque = std::move(value);
        else if (base::iequals(field->name, "qop"))
            out.qop = std::move(value);
        else if (base::iequals(field->name, "nc"))
            out.nonce_count = std::move(value);
        else if (base::iequals(field->name, "algorithm")) {
            const auto algorithm = parse_algorithm(value);
            if (!algorithm) return std::nullopt;
            out.algorithm = *algorithm;
        }
    }
    const bool complete =
        !out.user.empty() && !out.nonce.empty() && !out.uri.empty() && !out.response.empty();
    const bool known_qop =
        out.qop.empty() || (out.qop == "auth" && !out.cnonce.empty() && !out.nonce_count.empty());
    if (!complete || !known_qop) return std::nullopt;
    return out;
}

int rank(const Challenge& challenge) {
    if (challenge.scheme == Challenge::Scheme::Basic) return 0;
    return challenge.algorithm == Algorithm::Sha256 ? 2 : 1;
}

/// Clients sign the request's URI, another spelling of it, or the aggregate URL above it.
bool uris_agree(std::string_view requested, std::string_view signed_uri) {
    const std::string_view wanted = path_of_uri(requested);
    const std::string_view got = path_of_uri(signed_uri);
    return wanted == got || (wanted.starts_with(got) && wanted[got.size()] == '/');
}

}  // namespace

std::string_view to_string(Algorithm algorithm) {
    return algorithm == Algorithm::Sha256 ? "SHA-256" : "MD5";
}

std::string hash_hex(Algorithm algorithm, std::string_view text) {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    const EVP_MD* kind = algorithm == Algorithm::Sha256 ? EVP_sha256() : EVP_md5();
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, kind, nullptr) != 1)
        return {};  // MD5 forbidden by policy: proves nothing
    return base::hex_encoded({digest.data(), size});
}

std::string ha1(Algorithm algorithm, std::string_view user, std::string_view realm,
                std::string_view password) {
    return hash_hex(algorithm, fmt::format("{}:{}:{}", user, realm, password));
}

std::string Challenge::to_header() const {
    if (scheme == Scheme::Basic) return fmt::format("Basic realm={}", quoted(realm));
    std::string out = fmt::format("Digest realm={}, nonce={}", quoted(realm), quoted(nonce));
    if (!opaque.empty()) out += fmt::format(", opaque={}", quoted(opaque));
    // RFC 2069 clients do not know the word, and MD5 is what they do.
    if (algorithm != Algorithm::Md5) out += fmt::format(", algorithm={}", to_string(algorithm));
    if (qop_auth) out += ", qop=\"auth\"";
    if (stale) out += ", stale=true";
    return out;
}

std::vector<Challenge> parse_challenges(const std::vector<std::string_view>& header_values) {
    std::vector<Challenge> out;
    for (const std::string_view header : header_values) {
        Fields fields(header);
        bool usable = false;  // the challenge under way
        while (auto field = fields.next()) {
            if (field->is_word) {
                const bool digest = base::iequals(field->name, "Digest");
                usable =
                    (digest || base::iequals(field->name, "Basic")) && out.size() < kMaxChallenges;
                if (usable)
                    out.emplace_back().scheme =
                        digest ? Challenge::Scheme::Digest : Challenge::Scheme::Basic;
                continue;
            }
            if (!usable) continue;
            Challenge& challenge = out.back();
            if (base::iequals(field->name, "realm"))
                challenge.realm = std::move(field->value);
            else if (base::iequals(field->name, "nonce"))
                challenge.nonce = std::move(field->value);
            else if (base::iequals(field->name, "opaque"))
                challenge.opaque = std::move(field->value);
            else if (base::iequals(field->name, "stale"))
                challenge.stale = base::iequals(field->value, "true");
            else if (base::iequals(field->name, "qop")) {
                challenge.qop_auth = offers_auth(field->value);
                if (!challenge.qop_auth) usable = (out.pop_back(), false);  // auth-int alone
            } else if (base::iequals(field->name, "algorithm")) {
                const auto algorithm = parse_algorithm(field->value);
                if (algorithm)
                    challenge.algorithm = *algorithm;
                else
                    usable = (out.pop_back(), false);
            }
        }
    }
    std::erase_if(out, [](const Challenge& c) {
        return c.scheme == Challenge::Scheme::Digest && c.nonce.empty();
    });
    return out;
}

bool Credentials::proves_ha1(std::string_view ha1_hex) const {
    if (scheme != Challenge::Scheme::Digest || ha1_hex.empty()) return false;
    const std::string expected =
        digest_response(algorithm, ha1_hex, method, uri, nonce, qop, nonce_count, cnonce);
    return base::equal_in_constant_time(expected, response);
}

bool Credentials::proves_password(std::string_view password_in_clear) const {
    if (scheme == Challenge::Scheme::Basic)
        return base::equal_in_constant_time(password.reveal(), password_in_clear);
    return proves_ha1(ha1(algorithm, user, realm, password_in_clear));
}

std::optional<Credentials> parse_credentials(std::string_view header_value,
                                             std::string_view method) {
    std::string_view rest = base::trimmed(header_value.substr(0, kMaxHeaderValueBytes));
    const std::string_view scheme = base::take_until(rest, ' ');
    std::optional<Credentials> out;
    if (base::iequals(scheme, "Basic")) out = parse_basic(rest);
    if (base::iequals(scheme, "Digest")) out = parse_digest(rest);
    if (out) out->method = method;
    return out;
}

bool Client::accept(const std::vector<Challenge>& challenges) {
    if (!has_credentials() || challenges.empty()) return false;
    const Challenge& best = *std::ranges::max_element(challenges, {}, rank);
    // The same question after an answer to it is a refusal; a stale nonce is not (RFC 7616 §3.3). A
    // new nonce without that word may be either: the caller counts.
    const bool refused = signed_ && challenge_ && !best.stale && best.nonce == challenge_->nonce;
    challenge_ = best;
    nonce_count_ = 0;
    signed_ = false;
    return !refused;
}

std::optional<std::string> Client::authorize(std::string_view method, std::string_view uri) {
    if (!challenge_) return std::nullopt;
    signed_ = true;
    const Challenge& c = *challenge_;
    if (c.scheme == Challenge::Scheme::Basic)
        return "Basic " + base::base64_encoded(base::as_bytes(user_ + ":" + password_.reveal()));
    if (cnonce_.empty()) cnonce_ = base::random_hex(kCnonceBytes);
    const std::string nonce_count = fmt::format("{:08x}", ++nonce_count_);
    const std::string_view qop = c.qop_auth ? "auth" : "";
    const std::string response =
        digest_response(c.algorithm, ha1(c.algorithm, user_, c.realm, password_.reveal()), method,
                        uri, c.nonce, qop, nonce_count, cnonce_);
    std::string out =
        fmt::format("Digest username={}, realm={}, nonce={}, uri={}, response=\"{}\"",
                    quoted(user_), quoted(c.realm), quoted(c.nonce), quoted(uri), response);
    if (c.algorithm != Algorithm::Md5) out += fmt::format(", algorithm={}", to_string(c.algorithm));
    if (!c.opaque.empty()) out += fmt::format(", opaque={}", quoted(c.opaque));
    if (c.qop_auth) out += fmt::format(", qop=auth, nc={}, cnonce=\"{}\"", nonce_count, cnonce_);
    return out;
}

Server::Server(ServerPolicy policy)
    : policy_(std::move(policy)), nonce_(base::random_hex(kNonceBytes)) {}

Server::Outcome Server::check(std::string_view method, std::string_view uri,
                              std::optional<std::string_view> authorization) {
    if (!authorization) return {};
    auto credentials = parse_credentials(*authorization, method);
    if (!credentials) return {};
    if (credentials->scheme == Challenge::Scheme::Basic) {
        if (!policy_.basic) return {};
        return {.check = Check::Plausible, .credentials = std::move(credentials)};
    }
    const bool known_algorithm =
        std::ranges::find(policy_.algorithms, credentials->algorithm) != policy_.algorithms.end();
    if (!policy_.digest || !known_algorithm || credentials->realm != policy_.realm ||
        !uris_agree(uri, credentials->uri))
        return {};
    if (credentials->nonce != nonce_) return {.check = Check::Stale, .credentials = {}};
    if (!credentials->qop.empty()) {
        // RFC 7616 §3.4.5: each count once.
        const auto count = base::parse_number<std::uint32_t>(credentials->nonce_count, 16);
        if (!count || *count <= last_nonce_count_)
            return {.check = Check::Stale, .credentials = {}};
        last_nonce_count_ = *count;
    }
    return {.check = Check::Plausible, .credentials = std::move(credentials)};
}

std::vector<std::string> Server::challenges(bool stale) {
    if (stale) {
        nonce_ = base::random_hex(kNonceBytes);
        last_nonce_count_ = 0;
    }
    Challenge challenge;
    challenge.realm = policy_.realm;
    std::vector<std::string> out;
    // Of several Digest challenges, widespread clients take the last: MD5, which they know, stands
    // behind SHA-256.
    if (policy_.digest) {
        challenge.scheme = Challenge::Scheme::Digest;
        challenge.nonce = nonce_;
        challenge.qop_auth = true;
        challenge.stale = stale;
        for (const Algorithm algorithm : policy_.algorithms) {
            challenge.algorithm = algorithm;
            out.push_back(challenge.to_header());
        }
    }
    if (policy_.basic) {
        challenge.scheme = Challenge::Scheme::Basic;
        out.push_back(challenge.to_header());
    }
    return out;
}

}  // namespace casement::protocols::rtsp::auth
