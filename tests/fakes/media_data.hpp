#pragma once
// Bytes for tests: hexadecimal text, files of tests/data, and prefixes in blocks of their own so
// that a sanitizer sees an over-read.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

#include "media/bytes.hpp"
#include "tests/fakes/test_data.hpp"

namespace casement::media {

/// How GoogleTest shows bytes.
inline void PrintTo(const Bytes& bytes, std::ostream* out) {
    constexpr char kDigits[] = "0123456789abcdef";
    for (const std::uint8_t byte : bytes) *out << kDigits[byte >> 4] << kDigits[byte & 15];
}

}  // namespace casement::media

namespace casement::fakes {

/// "67 42 c0 0a": blanks do not count.
inline media::Bytes hex(std::string_view text) {
    std::vector<std::uint8_t> out;
    std::string digits;
    for (const char c : text) {
        if (c == ' ' || c == '\n') continue;
        digits += c;
        if (digits.size() == 2) {
            out.push_back(static_cast<std::uint8_t>(std::stoul(digits, nullptr, 16)));
            digits.clear();
        }
    }
    return media::Bytes::from(std::move(out));
}

/// `name` under tests/data; fails the test when it is missing.
inline media::Bytes data_file(const std::string& name) {
    std::ifstream in(test_data() + "/" + name, std::ios::binary);
    EXPECT_TRUE(in) << name;
    return media::Bytes::from(std::vector<std::uint8_t>(std::istreambuf_iterator<char>(in), {}));
}

/// Calls `visit` with every proper prefix of `bytes`, the empty one too, each in an allocation of
/// just its size.
template <typename Visit>
void for_each_prefix(media::ByteSpan bytes, Visit visit) {
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        const std::vector<std::uint8_t> prefix(bytes.begin(),
                                               bytes.begin() + static_cast<std::ptrdiff_t>(n));
        visit(media::ByteSpan(prefix));
    }
}

}  // namespace casement::fakes
