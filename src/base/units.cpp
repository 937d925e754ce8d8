#include "base/units.hpp"

#include <array>
#include <charconv>
#include <limits>

namespace casement::base {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::array kDurations{Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000},
                                Unit{"h", 3'600'000}, Unit{"d", 86'400'000}};
constexpr std::array kSizes{Unit{"B", 1},
                            Unit{"KiB", 1ull << 10},
                            Unit{"MiB", 1ull << 20},
                            Unit{"GiB", 1ull << 30},
                            Unit{"TiB", 1ull << 40},
                            Unit{"kB", 1000},
                            Unit{"MB", 1'000'000},
                            Unit{"GB", 1'000'000'000},
                            Unit{"TB", 1'000'000'000'000}};
constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();

template <std::size_t N>
Result<std::uint64_t> parse(std::string_view text, const std::array<Unit, N>& units,
                            std::string_view example) {
    std::uint64_t value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    if (ec == std::errc{}) {
        if (unit.empty() && value == 0) return 0;
        for (const Unit& u : units) {
            if (unit == u.name && value <= kLargest / u.factor) return value * u.factor;
        }
    }
    return fail(ErrorKind::InvalidArgument, "\"{}\" needs a number and a unit, like {}",
                text.substr(0, 64), example);
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
    CASEMENT_TRY(const std::uint64_t ms, parse(text, kDurations, "10s (ms, s, m, h or d)"));
    return std::chrono::milliseconds{static_cast<std::int64_t>(ms)};
}

Result<std::uint64_t> parse_size_bytes(std::string_view text) {
    return parse(text, kSizes, "64MiB (B, KiB, MiB, GiB, TiB, kB, MB, GB or TB)");
}

std::string format_duration(std::chrono::milliseconds duration) {
    const auto ms = duration.count();
    if (ms % 1000 != 0 && ms < 10'000) return fmt::format("{}ms", ms);
    const auto s = ms / 1000;
    if (s < 120) return fmt::format("{}s", s);
    if (s < 7200) return fmt::format("{}m", s / 60);
    if (s < 172'800) return fmt::format("{}h", s / 3600);
    return fmt::format("{}d", s / 86'400);
}

std::string format_size(std::uint64_t bytes) {
    constexpr std::array names{"B", "KiB", "MiB", "GiB", "TiB"};
    double value = static_cast<double>(bytes);
    std::size_t i = 0;
    while (value >= 1024 && i + 1 < names.size()) value /= 1024, ++i;
    return i == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, names[i]);
}

}  // namespace casement::base
