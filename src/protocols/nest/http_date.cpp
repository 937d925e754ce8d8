#include "protocols/nest/http_date.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/clock.hpp"

namespace casement::protocols::nest {

namespace {

constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool is_digits(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string format_dashed_date(std::chrono::sys_seconds time) {
    using namespace std::chrono;
    const sys_days day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(time - day);
    return fmt::format("{}, {:02}-{}-{:04} {:02}:{:02}:{:02} GMT", kDays[weekday(day).c_encoding()],
                       static_cast<unsigned>(date.day()),
                       kMonths[static_cast<unsigned>(date.month()) - 1],
                       static_cast<int>(date.year()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count());
}

std::optional<std::chrono::sys_seconds> parse_dashed_date(std::string_view text) {
    constexpr std::size_t kLength = std::string_view("Wed, 09-Mar-2022 19:10:35 GMT").size();
    if (text.size() != kLength || text.substr(3, 2) != ", " || text[7] != '-' || text[11] != '-' ||
        text[16] != ' ' || !text.ends_with(" GMT"))
        return std::nullopt;
    const auto* const month = std::ranges::find(kMonths, text.substr(8, 3));
    const std::string_view day = text.substr(5, 2), year = text.substr(12, 4);
    if (month == kMonths.end() || !is_digits(day) || !is_digits(year)) return std::nullopt;
    const auto time = base::parse_rfc3339(
        fmt::format("{}-{:02}-{}T{}Z", year, month - kMonths.begin() + 1, day, text.substr(17, 8)));
    if (!time) return std::nullopt;
    return std::chrono::floor<std::chrono::seconds>(*time);
}

}  // namespace casement::protocols::nest
