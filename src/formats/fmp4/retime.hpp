#pragma once
// A finished fragment on another time line: its header is small, and the same media may then be
// shared by viewers who began at different moments.

#include <cstdint>
#include <span>

namespace casement::formats::fmp4 {

struct Retime {
    std::int64_t back = 0;        // ticks taken off the decode times
    std::int64_t not_before = 0;  // a run that begins earlier (in ticks as they are) is left out
};

/// Changes a moof of ours in place, and nothing about its size: `retimes` by Track::id; tracks
/// beyond it stay as they are. A run that is left out becomes a free box, which readers pass over
/// (ISO/IEC 14496-12 §8.1.2). No decode time gets below zero. A broken moof is changed as far as it
/// can be read.
void retime(std::span<std::uint8_t> moof, std::span<const Retime> retimes);

}  // namespace casement::formats::fmp4
