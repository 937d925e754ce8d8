#pragma once
// What the emulated camera and its cloud say to each other on the camera's own connection, for
// itself and for the clients behind the relay. What the vendor's say there nobody has published:
// this framing is ours, and no client of either sees it.

#include <cstdint>
#include <optional>
#include <vector>

#include "base/byte_reader.hpp"

namespace casement::emulators::nanit {

enum class LinkWord : std::uint8_t {
    Joined = 'j',  // a client of the relay came
    Heard = 'h',   // it said this
    Left = 'l',
    Answer = 'a',  // the camera's, to what it said
    Push = 'p',    // the camera's own, for it
};

/// One binary message: the word, the client's number (4 bytes, big-endian), and what was said.
struct LinkMessage {
    LinkWord word = LinkWord::Joined;
    std::uint32_t client = 0;
    base::ByteSpan said{};
};

std::vector<std::uint8_t> to_bytes(const LinkMessage& message);
/// `said` points into `bytes`. Nothing for what is no message.
std::optional<LinkMessage> parse_link(base::ByteSpan bytes);

}  // namespace casement::emulators::nanit
