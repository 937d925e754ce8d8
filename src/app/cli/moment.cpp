#include "app/cli/moment.hpp"

#include <ctime>

#include <optional>

#include "base/text.hpp"
#include "base/units.hpp"

namespace casement::app::cli {

namespace {

std::tm local_parts(base::WallTime time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(
        std::chrono::time_point_cast<std::chrono::seconds>(time));
    std::tm out{};
    localtime_r(&seconds, &out);
    return out;
}

/// Two digits below `end`.
std::optional<int> two_digits(std::string_view text, int end) {
    const auto value = text.size() == 2 ? base::parse_number<int>(text) : std::nullopt;
    return value && *value >= 0 && *value < end ? value : std::nullopt;
}

/// "21:05" or "21:05:30".
bool read_time(std::string_view text, std::tm& out) {
    const auto hour = two_digits(base::take_until(text, ':'), 24);
    const auto minute = two_digits(base::take_until(text, ':'), 60);
    const auto second = text.empty() ? std::optional<int>(0) : two_digits(text, 60);
    if (!hour || !minute || !second) return false;
    out.tm_hour = *hour;
    out.tm_min = *minute;
    out.tm_sec = *second;
    return true;
}

/// "2026-11-20".
bool read_date(std::string_view text, std::tm& out) {
    const std::string_view year_text = base::take_until(text, '-');
    const auto year = year_text.size() == 4 ? base::parse_number<int>(year_text) : std::nullopt;
    const auto month = two_digits(base::take_until(text, '-'), 13);
    const auto day = two_digits(text, 32);
    if (!year || !month || !day) return false;
    if (!std::chrono::year_month_day(std::chrono::year(*year),
                                     std::chrono::month(static_cast<unsigned>(*month)),
                                     std::chrono::day(static_cast<unsigned>(*day)))
             .ok()) {
        return false;
    }
    out.tm_year = *year - 1900;
    out.tm_mon = *month - 1;
    out.tm_mday = *day;
    return true;
}

std::optional<base::WallTime> local_moment(std::string_view text, base::WallTime now) {
    std::tm parts = local_parts(now);
    parts.tm_hour = parts.tm_min = parts.tm_sec = 0;
    const bool has_date = text.find('-') != std::string_view::npos;
    const std::size_t split = text.find_first_of(" T");
    const std::string_view date = has_date ? text.substr(0, split) : std::string_view{};
    const std::string_view time = !has_date                         ? text
                                  : split == std::string_view::npos ? std::string_view{}
                                                                    : text.substr(split + 1);
    if (has_date && !read_date(date, parts)) return std::nullopt;
    const bool is_date_alone = has_date && split == std::string_view::npos;
    if (!is_date_alone && !read_time(time, parts)) return std::nullopt;
    parts.tm_isdst = -1;  // the C library looks up which it was
    const std::time_t seconds = std::mktime(&parts);
    if (seconds == -1) return std::nullopt;
    return base::WallTime(std::chrono::seconds(seconds));
}

}  // namespace

base::Result<base::WallTime> parse_moment(std::string_view text, base::WallTime now) {
    if (text == "now") return now;
    if (text.starts_with('-')) {
        if (const auto ago = base::parse_duration(text.substr(1))) return now - *ago;
    } else {
        if (const auto exact = base::parse_rfc3339(text)) return *exact;
        if (const auto local = local_moment(text, now)) return *local;
    }
    return base::fail(base::ErrorKind::InvalidArgument,
                      "\"{}\" is not a time; write it like \"2026-11-20 21:05\", 21:05 (today), "
                      "-10m (ago), now, or 2026-11-20T21:05:00Z",
                      text.substr(0, 60));
}

std::string local_text(base::WallTime time) {
    const std::tm parts = local_parts(time);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", parts.tm_year + 1900,
                       parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string local_text(std::string_view rfc3339) {
    const auto time = base::parse_rfc3339(rfc3339);
    return time ? local_text(*time) : std::string(rfc3339);
}

}  // namespace casement::app::cli
