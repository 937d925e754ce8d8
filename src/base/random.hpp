#pragma once
// Randomness of the operating system (getrandom), for keys, ids, SSRCs and jitter.

#include <cstdint>
#include <span>
#include <string>

namespace casement::base {

void fill_random(std::span<std::uint8_t> out);
std::uint32_t random_u32();
/// `bytes` random bytes as lower-case hex.
std::string random_hex(std::size_t bytes);
/// `length` characters of an alphabet without look-alikes (no 0 O 1 I L U), for codes that people
/// type.
std::string random_code(std::size_t length);

}  // namespace casement::base
