#include "net/http_auth.hpp"

#include <openssl/evp.h>

#include <array>

#include "base/text.hpp"

namespace casement::net {

namespace {

std::string digest_hex(const EVP_MD* kind, std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, kind, nullptr);
    std::string out;
    for (unsigned i = 0; i < size; ++i) out += fmt::format("{:02x}", digest[i]);
    return out;
}

std::string hash(std::string_view algorithm, std::string_view text) {
    return algorithm == "SHA-256" ? sha256_hex(text) : md5_hex(text);
}

// Where the other side chose the text, a quote or backslash would end our quoted string early.
std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) >= 0x20) out += c;
    }
    return out + '"';
}

/// One `name=value` or `name="value"` of a challenge; what was read is removed from `rest`.
struct Parameter {
    std::string name;
    std::string value;
};
std::optional<Parameter> take_parameter(std::string_view& rest) {
    rest = base::trimmed(rest);
    while (rest.starts_with(',')) rest = base::trimmed(rest.substr(1));
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    Parameter out{base::lower_case(base::trimmed(rest.substr(0, equals))), {}};
    rest = base::trimmed(rest.substr(equals + 1));
    if (!rest.starts_with('"')) {
        out.value = base::trimmed(base::take_until(rest, ','));
        return out;
    }
    std::size_t at = 1;
    for (; at < rest.size() && rest[at] != '"'; ++at) {
        if (rest[at] == '\\' && at + 1 < rest.size()) ++at;
        out.value += rest[at];
    }
    rest = rest.substr(std::min(at + 1, rest.size()));
    return out;
}

bool is_word(std::string_view text) {
    return !text.empty() && text.find_first_of(" \t,=\"") == std::string_view::npos;
}

std::optional<DigestChallenge> parse_challenge(std::string_view field) {
    constexpr std::string_view kScheme = "digest ";
    if (field.size() < kScheme.size() || !base::iequals(field.substr(0, kScheme.size()), kScheme))
        return std::nullopt;
    field.remove_prefix(kScheme.size());
    DigestChallenge out;
    out.algorithm = "MD5";  // RFC 7616 §3.3: the default
    while (const auto parameter = take_parameter(field)) {
        if (!is_word(parameter->name)) break;  // another scheme begins in the same field
        if (parameter->name == "realm") out.realm = parameter->value;
        if (parameter->name == "nonce") out.nonce = parameter->value;
        if (parameter->name == "opaque") out.opaque = parameter->value;
        if (parameter->name == "stale") out.stale = base::iequals(parameter->value, "true");
        if (parameter->name == "algorithm")
            out.algorithm = base::iequals(parameter->value, "md5") ? "MD5" : parameter->value;
        if (parameter->name == "qop") {
            std::string_view list = parameter->value;
            while (!list.empty())
                out.qop_auth |= base::iequals(base::trimmed(base::take_until(list, ',')), "auth");
        }
    }
    if (base::iequals(out.algorithm, "sha-256")) out.algorithm = "SHA-256";
    if (out.nonce.empty() || (out.algorithm != "MD5" && out.algorithm != "SHA-256"))
        return std::nullopt;
    return out;
}

}  // namespace

std::string md5_hex(std::string_view bytes) { return digest_hex(EVP_md5(), bytes); }
std::string sha256_hex(std::string_view bytes) { return digest_hex(EVP_sha256(), bytes); }

std::optional<Credentials> parse_basic(std::string_view authorization) {
    constexpr std::string_view kScheme = "basic ";
    if (authorization.size() < kScheme.size() ||
        !base::iequals(authorization.substr(0, kScheme.size()), kScheme))
        return std::nullopt;
    const auto pair = base64_decoded(base::trimmed(authorization.substr(kScheme.size())));
    if (!pair) return std::nullopt;
    const std::size_t colon = pair->find(':');
    if (colon == std::string::npos) return std::nullopt;
    return Credentials{pair->substr(0, colon), base::Secret(pair->substr(colon + 1))};
}

std::string basic_authorization(const Credentials& credentials) {
    return "Basic " + base64(credentials.user + ":" + credentials.password.reveal());
}

std::optional<DigestChallenge> best_digest(const Headers& response_headers) {
    std::optional<DigestChallenge> best;
    for (const std::string_view field : response_headers.all("WWW-Authenticate")) {
        auto challenge = parse_challenge(base::trimmed(field));
        if (challenge && (!best || best->algorithm == "MD5")) best = std::move(challenge);
    }
    return best;
}

std::string digest_authorization(const Credentials& credentials, const DigestChallenge& challenge,
                                 std::string_view method, std::string_view target, unsigned count,
                                 std::string_view cnonce) {
    // RFC 7616 §3.4.1
    const std::string& algorithm = challenge.algorithm;
    const std::string ha1 = hash(
        algorithm,
        fmt::format("{}:{}:{}", credentials.user, challenge.realm, credentials.password.reveal()));
    const std::string ha2 = hash(algorithm, fmt::format("{}:{}", method, target));
    const std::string nc = fmt::format("{:08x}", count);
    const std::string response =
        challenge.qop_auth ? hash(algorithm, fmt::format("{}:{}:{}:{}:auth:{}", ha1,
                                                         challenge.nonce, nc, cnonce, ha2))
                           : hash(algorithm, fmt::format("{}:{}:{}", ha1, challenge.nonce, ha2));
    std::string out = fmt::format("Digest username={}, realm={}, nonce={}, uri={}, response=\"{}\"",
                                  quoted(credentials.user), quoted(challenge.realm),
                                  quoted(challenge.nonce), quoted(target), response);
    if (algorithm != "MD5") out += ", algorithm=" + algorithm;
    if (!challenge.opaque.empty()) out += ", opaque=" + quoted(challenge.opaque);
    if (challenge.qop_auth) out += fmt::format(", qop=auth, nc={}, cnonce={}", nc, quoted(cnonce));
    return out;
}

}  // namespace casement::net
