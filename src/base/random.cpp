#include "base/random.hpp"

#include <sys/random.h>

#include <array>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace casement::base {

void fill_random(std::span<std::uint8_t> out) {
    std::size_t at = 0;
    while (at < out.size()) {
        const ssize_t n = ::getrandom(out.data() + at, out.size() - at, 0);
        if (n < 0) std::abort();  // no entropy source: nothing that needs a key may go on
        at += static_cast<std::size_t>(n);
    }
}

std::uint32_t random_u32() {
    std::array<std::uint8_t, 4> b{};
    fill_random(b);
    return static_cast<std::uint32_t>(b[0] | b[1] << 8 | b[2] << 16 |
                                      static_cast<std::uint32_t>(b[3]) << 24);
}

std::string random_hex(std::size_t bytes) {
    std::vector<std::uint8_t> raw(bytes);
    fill_random(raw);
    std::string out;
    constexpr std::string_view kDigits = "0123456789abcdef";
    for (const std::uint8_t b : raw) {
        out += kDigits[b >> 4];
        out += kDigits[b & 15];
    }
    return out;
}

std::string random_code(std::size_t length) {
    constexpr std::string_view kAlphabet = "23456789ABCDEFGHJKMNPQRSTVWXYZ";  // 30 characters
    std::string out;
    while (out.size() < length) {
        std::array<std::uint8_t, 1> b{};
        fill_random(b);
        if (b[0] < 240) out += kAlphabet[b[0] % kAlphabet.size()];  // 240 = 8 * 30: no bias
    }
    return out;
}

}  // namespace casement::base
