#include "emulators/nanit/jwt.hpp"

#include <algorithm>
#include <array>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <nlohmann/json.hpp>

#include "base/byte_reader.hpp"
#include "net/http_message.hpp"

namespace casement::emulators::nanit {

using nlohmann::json;

namespace {

constexpr std::size_t kMaxToken = 4096;

std::string signature_of(std::string_view text, std::string_view key) {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> mac{};
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
    return net::base64url(base::as_text(base::ByteSpan(mac).first(size)));  // RFC 7515 §2
}

}  // namespace

base::Secret make_jwt(const Claims& claims, std::string_view key) {
    const std::string head = json{{"alg", "HS256"}, {"typ", "JWT"}}.dump();
    const std::string body = json{
        {"kind", claims.kind},
        {"sub", claims.subject},
        {"exp", claims.expires_s},
        {"jti", claims.id}}.dump();
    const std::string text = net::base64url(head) + "." + net::base64url(body);
    return base::Secret(text + "." + signature_of(text, key));
}

std::optional<Claims> read_jwt(std::string_view token, std::string_view key) {
    if (token.size() > kMaxToken || std::ranges::count(token, '.') != 2) return std::nullopt;
    const std::size_t head_end = token.find('.'), body_end = token.rfind('.');
    if (!base::equal_in_constant_time(token.substr(body_end + 1),
                                      signature_of(token.substr(0, body_end), key)))
        return std::nullopt;
    const auto text =
        net::base64_decoded(token.substr(head_end + 1, body_end - head_end - 1)).value();
    const json body = json::parse(text);  // signed by ourselves
    return Claims{.kind = body.at("kind"),
                  .subject = body.at("sub"),
                  .expires_s = body.at("exp"),
                  .id = body.at("jti")};
}

}  // namespace casement::emulators::nanit
