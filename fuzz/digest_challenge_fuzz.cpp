// WWW-Authenticate fields of cameras, and the texts around them.

#include "net/http_auth.hpp"

using namespace casement::net;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    if (const auto challenge = best_digest({{"WWW-Authenticate", text}})) {
        const std::string field = digest_authorization({"user", casement::base::Secret("pw")},
                                                       *challenge, "GET", "/", 1, "c");
        if (field.find('\n') != std::string::npos) __builtin_trap();
    }
    (void)parse_basic(text);
    (void)base64_decoded(text);
    (void)query_values(text, "a");
    (void)cookie_value(text, "a");
    (void)parse_http_date(text);
    return 0;
}
