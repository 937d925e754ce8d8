#include "base/clock.hpp"

#include <cstdio>

namespace casement::base {

namespace {

using std::chrono::microseconds;

Result<WallTime> refuse(std::string_view text) {
    return fail(ErrorKind::InvalidArgument, "\"{}\" is not a time like 2026-11-20T21:14:05Z",
                text.substr(0, 64));
}

/// Reads `count` digits at `at`; -1 when there are none.
int digits(std::string_view text, std::size_t at, std::size_t count) {
    if (at + count > text.size()) return -1;
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const char c = text[at + i];
        if (c < '0' || c > '9') return -1;
        value = value * 10 + (c - '0');
    }
    return value;
}

}  // namespace

std::string format_rfc3339(WallTime time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::milliseconds>(time - day)};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

Result<WallTime> parse_rfc3339(std::string_view text) {
    using namespace std::chrono;
    const int y = digits(text, 0, 4), mo = digits(text, 5, 2), d = digits(text, 8, 2);
    const int h = digits(text, 11, 2), mi = digits(text, 14, 2), s = digits(text, 17, 2);
    const bool shape = text.size() >= 20 && text[4] == '-' && text[7] == '-' &&
                       (text[10] == 'T' || text[10] == 't' || text[10] == ' ') && text[13] == ':' &&
                       text[16] == ':';
    if (!shape || y < 0 || mo < 0 || d < 0 || h < 0 || h > 23 || mi < 0 || mi > 59 || s < 0 ||
        s > 60)
        return refuse(text);
    const year_month_day date{year{y}, month{static_cast<unsigned>(mo)},
                              day{static_cast<unsigned>(d)}};
    if (!date.ok()) return refuse(text);

    std::size_t at = 19;
    microseconds fraction{0};
    if (text[at] == '.') {
        microseconds unit{100'000};
        for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10)
            fraction += unit * (text[at] - '0');
    }
    minutes offset{0};
    if (at >= text.size()) return refuse(text);
    if (text[at] == '+' || text[at] == '-') {
        const int oh = digits(text, at + 1, 2), om = digits(text, at + 4, 2);
        if (oh < 0 || om < 0 || at + 6 != text.size() || text[at + 3] != ':') return refuse(text);
        offset = (hours{oh} + minutes{om}) * (text[at] == '-' ? -1 : 1);
    } else if ((text[at] != 'Z' && text[at] != 'z') || at + 1 != text.size()) {
        return refuse(text);
    }
    return WallTime{sys_days{date}} + hours{h} + minutes{mi} + seconds{s} + fraction - offset;
}

}  // namespace casement::base
