#include "emulators/nanit/link.hpp"

#include <string_view>

namespace casement::emulators::nanit {

namespace {

constexpr std::size_t kHead = 5;
constexpr std::string_view kWords = "jhlap";

}  // namespace

std::vector<std::uint8_t> to_bytes(const LinkMessage& message) {
    std::vector<std::uint8_t> out{static_cast<std::uint8_t>(message.word)};
    for (int shift = 24; shift >= 0; shift -= 8)
        out.push_back(static_cast<std::uint8_t>(message.client >> shift));
    out.insert(out.end(), message.said.begin(), message.said.end());
    return out;
}

std::optional<LinkMessage> parse_link(base::ByteSpan bytes) {
    if (bytes.size() < kHead || !kWords.contains(static_cast<char>(bytes[0]))) return std::nullopt;
    std::uint32_t client = 0;
    for (std::size_t i = 1; i < kHead; ++i) client = client << 8 | bytes[i];
    return LinkMessage{static_cast<LinkWord>(bytes[0]), client, bytes.subspan(kHead)};
}

}  // namespace casement::emulators::nanit
