#include "api/password.hpp"

#include <sodium.h>

#include <array>

#include "base/random.hpp"
#include "net/http_auth.hpp"

namespace casement::api {

namespace {

// RFC 9106 §4 second recommendation: t=3 with 64 MiB, for machines where 2 GiB is too much.
constexpr unsigned long long kPasses = 3;
constexpr std::size_t kMemoryBytes = 64 * 1024 * 1024;

}  // namespace

base::Result<std::string> hash_password(const base::Secret& password) {
    std::array<char, crypto_pwhash_STRBYTES> out{};
    if (sodium_init() < 0 ||
        crypto_pwhash_str_alg(out.data(), password.reveal().data(), password.reveal().size(),
                              kPasses, kMemoryBytes, crypto_pwhash_ALG_ARGON2ID13) != 0) {
        return base::fail(base::ErrorKind::ResourceExhausted,
                          "there is not enough memory to keep the password safe ({} MiB)",
                          kMemoryBytes >> 20);
    }
    return std::string(out.data());
}

bool password_matches(const std::string& hash, const base::Secret& password) {
    if (hash.size() >= crypto_pwhash_STRBYTES) return false;
    std::array<char, crypto_pwhash_STRBYTES> padded{};
    hash.copy(padded.data(), hash.size());
    return crypto_pwhash_str_verify(padded.data(), password.reveal().data(),
                                    password.reveal().size()) == 0;
}

const std::string& nobodys_hash() {
    static const std::string hash = hash_password(base::Secret(base::random_hex(16))).value_or("");
    return hash;
}

std::string fast_hash(std::string_view secret) { return net::sha256_hex(secret); }

std::string keyed_hash(std::string_view key, std::string_view secret) {
    std::array<unsigned char, 32> digest{};
    crypto_generichash(digest.data(), digest.size(),
                       reinterpret_cast<const unsigned char*>(secret.data()), secret.size(),
                       reinterpret_cast<const unsigned char*>(key.data()), key.size());
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace casement::api
