#pragma once
// Media time: whole ticks of a clock rate. Milliseconds are never a media timestamp.

#include <chrono>
#include <cstdint>

namespace casement::media {

__extension__ typedef unsigned __int128 Uint128;

/// value * to / from, rounded to nearest, ties away from zero, without overflow for any 64-bit
/// timestamp.
constexpr std::int64_t rescale(std::int64_t value, std::uint64_t from_rate, std::uint64_t to_rate) {
    const bool negative = value < 0;
    const auto magnitude =
        negative ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    const Uint128 scaled = (static_cast<Uint128>(magnitude) * to_rate + from_rate / 2) / from_rate;
    const auto result = static_cast<std::int64_t>(scaled);
    return negative ? -result : result;
}

constexpr std::chrono::microseconds ticks_to_us(std::int64_t ticks, std::uint32_t clock_rate) {
    return std::chrono::microseconds{rescale(ticks, clock_rate, 1'000'000)};
}
constexpr std::int64_t us_to_ticks(std::chrono::microseconds us, std::uint32_t clock_rate) {
    return rescale(us.count(), 1'000'000, clock_rate);
}

}  // namespace casement::media
