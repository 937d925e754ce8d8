#include "net/http_message.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include "base/text.hpp"
#include "base/url.hpp"

namespace casement::net {

using base::iequals;
using base::take_until;
using base::trimmed;

std::string_view Headers::get(std::string_view name) const {
    for (const auto& [key, value] : fields_) {
        if (iequals(key, name)) return value;
    }
    return {};
}

bool Headers::has(std::string_view name) const {
    return std::ranges::any_of(fields_, [&](const Field& f) { return iequals(f.first, name); });
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
    std::vector<std::string_view> out;
    for (const auto& [key, value] : fields_) {
        if (iequals(key, name)) out.emplace_back(value);
    }
    return out;
}

bool Headers::has_token(std::string_view name, std::string_view token) const {
    for (std::string_view list : all(name)) {
        while (!list.empty()) {
            if (iequals(trimmed(take_until(list, ',')), token)) return true;
        }
    }
    return false;
}

void Headers::set(std::string name, std::string value) {
    remove(name);
    add(std::move(name), std::move(value));
}

void Headers::remove(std::string_view name) {
    std::erase_if(fields_, [&](const Field& f) { return iequals(f.first, name); });
}

namespace {

// application/x-www-form-urlencoded writes a space as +.
std::string form_decoded(std::string_view text) {
    std::string spaced(text);
    std::ranges::replace(spaced, '+', ' ');
    return base::percent_decoded(spaced);
}

}  // namespace

std::vector<std::string> query_values(std::string_view query, std::string_view name) {
    std::vector<std::string> out;
    while (!query.empty()) {
        std::string_view value = take_until(query, '&');
        const std::string_view key = take_until(value, '=');
        if (form_decoded(key) == name) out.push_back(form_decoded(value));
    }
    return out;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
    auto all = query_values(query, name);
    if (all.empty()) return std::nullopt;
    return std::move(all.front());
}

std::optional<std::string> cookie_value(std::string_view cookie_field, std::string_view name) {
    while (!cookie_field.empty()) {
        std::string_view value = take_until(cookie_field, ';');
        if (trimmed(take_until(value, '=')) == name) return std::string(trimmed(value));
    }
    return std::nullopt;
}

namespace {

constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

}  // namespace

std::string http_date(std::chrono::sys_seconds time) {
    using namespace std::chrono;
    const sys_days day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(time - day);
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[weekday(day).c_encoding()],
                       static_cast<unsigned>(date.day()),
                       kMonths[static_cast<unsigned>(date.month()) - 1],
                       static_cast<int>(date.year()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count());
}

std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) {
    // IMF-fixdate only: "Fri, 20 Nov 2026 21:14:05 GMT". The two older forms have not been sent for
    // decades.
    if (text.size() != 29 || !text.ends_with(" GMT")) return std::nullopt;
    const auto number = [&](std::size_t at, std::size_t size) {
        return base::parse_number<int>(text.substr(at, size));
    };
    const auto* month = std::ranges::find(kMonths, text.substr(8, 3));
    const auto day = number(5, 2), year = number(12, 4), hour = number(17, 2),
               minute = number(20, 2), second = number(23, 2);
    if (month == kMonths.end() || !day || !year || !hour || !minute || !second) return std::nullopt;
    using namespace std::chrono;
    const year_month_day date(
        std::chrono::year(*year),
        std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
        std::chrono::day(static_cast<unsigned>(*day)));
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    return sys_days(date) + hours(*hour) + minutes(*minute) + seconds(*second);
}

std::string_view status_phrase(int status) {
    switch (status) {
        case 100:
            return "Continue";
        case 101:
            return "Switching Protocols";
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 206:
            return "Partial Content";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 303:
            return "See Other";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 411:
            return "Length Required";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 415:
            return "Unsupported Media Type";
        case 416:
            return "Range Not Satisfiable";
        case 417:
            return "Expectation Failed";
        case 422:
            return "Unprocessable Content";
        case 426:
            return "Upgrade Required";
        case 428:
            return "Precondition Required";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        case 507:
            return "Insufficient Storage";
        default:
            return "Unknown";
    }
}

std::string_view content_type_of(std::string_view file_name) {
    struct Known {
        std::string_view extension;
        std::string_view type;
    };
    static constexpr std::array known{
        Known{".html", "text/html; charset=utf-8"},
        Known{".css", "text/css; charset=utf-8"},
        Known{".js", "text/javascript; charset=utf-8"},
        Known{".mjs", "text/javascript; charset=utf-8"},
        Known{".json", "application/json"},
        Known{".webmanifest", "application/manifest+json"},
        Known{".svg", "image/svg+xml"},
        Known{".png", "image/png"},
        Known{".jpg", "image/jpeg"},
        Known{".jpeg", "image/jpeg"},
        Known{".webp", "image/webp"},
        Known{".avif", "image/avif"},
        Known{".ico", "image/x-icon"},
        Known{".mp4", "video/mp4"},
        Known{".m4s", "video/iso.segment"},
        Known{".m3u8", "application/vnd.apple.mpegurl"},
        Known{".ts", "video/mp2t"},
        Known{".txt", "text/plain; charset=utf-8"},
        Known{".wasm", "application/wasm"},
        Known{".woff2", "font/woff2"},
        Known{".pem", "application/x-pem-file"},
        Known{".map", "application/json"},
    };
    const std::string lower =
        base::lower_case(file_name.substr(std::min(file_name.rfind('.'), file_name.size())));
    const auto* found = std::ranges::find(known, std::string_view(lower), &Known::extension);
    return found == known.end() ? "application/octet-stream" : found->type;
}

namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encoded(std::string_view bytes, std::string_view alphabet, bool pad) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        unsigned group = 0;
        for (std::size_t j = 0; j < 3; ++j)
            group = group << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0U);
        for (std::size_t j = 0; j <= count; ++j) out += alphabet[group >> (18 - 6 * j) & 63];
        if (pad) out.append(3 - count, '=');
    }
    return out;
}

int base64_digit(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+' || c == '-') return 62;
    if (c == '/' || c == '_') return 63;
    return -1;
}

}  // namespace

std::string base64(std::string_view bytes) { return encoded(bytes, kBase64, true); }
std::string base64url(std::string_view bytes) { return encoded(bytes, kBase64Url, false); }

std::optional<std::string> base64_decoded(std::string_view text) {
    while (text.ends_with('=')) text.remove_suffix(1);
    if (text.size() % 4 == 1) return std::nullopt;
    std::string out;
    out.reserve(text.size() / 4 * 3 + 2);
    unsigned bits = 0;
    int count = 0;
    for (const char c : text) {
        const int digit = base64_digit(c);
        if (digit < 0) return std::nullopt;
        bits = bits << 6 | static_cast<unsigned>(digit);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out += static_cast<char>(bits >> count & 0xFF);
        }
    }
    return out;
}

}  // namespace casement::net
