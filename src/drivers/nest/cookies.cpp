#include "drivers/nest/cookies.hpp"

#include <algorithm>
#include <charconv>
#include <ranges>
#include <utility>

#include "base/text.hpp"
#include "drivers/nest/answers.hpp"

namespace casement::drivers::nest {

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kMaxSetCookie = 100;  // of one answer

template <typename Take>
void each_part(std::string_view text, Take take) {
    while (!text.empty()) {
        const auto end = std::min(text.find(';'), text.size());
        if (const auto part = base::trimmed(text.substr(0, end)); !part.empty()) take(part);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

std::pair<std::string_view, std::string_view> halves(std::string_view part) {
    const auto mark = part.find('=');
    if (mark == std::string_view::npos) return {part, {}};
    return {base::trimmed(part.substr(0, mark)), base::trimmed(part.substr(mark + 1))};
}

/// RFC 6265 §5.1.3: the same, or a domain above it.
bool matches(std::string_view host, std::string_view domain) {
    if (domain.starts_with('.')) domain.remove_prefix(1);
    if (host == domain) return true;
    return domain.contains('.') && host.size() > domain.size() && host.ends_with(domain) &&
           host[host.size() - domain.size() - 1] == '.';
}

struct SetCookie {
    std::string_view name, value;
    bool is_for_host = true, is_gone = false;
};

SetCookie read(std::string_view field, std::string_view host, base::WallTime now) {
    SetCookie out;
    bool is_first = true, has_max_age = false;
    each_part(field, [&](std::string_view part) {
        const auto [key, value] = halves(part);
        if (std::exchange(is_first, false)) {
            out.name = key;
            out.value = value;
            return;
        }
        const std::string attribute = base::lower_case(key);
        if (attribute == "domain" && !value.empty())
            out.is_for_host = matches(host, base::lower_case(value));
        if (attribute == "max-age") {
            long seconds = 0;
            const auto end = value.data() + value.size();
            if (std::from_chars(value.data(), end, seconds).ec == std::errc{}) {
                has_max_age = true;  // it goes before Expires (RFC 6265 §5.3)
                out.is_gone = seconds <= 0;
            }
        }
        if (attribute == "expires" && !has_max_age) {
            const auto expires = parse_expiry(value);
            out.is_gone = expires && *expires <= now;
        }
    });
    return out;
}

bool is_sendable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != ';'; });
}

}  // namespace

base::Secret merged_cookies(const base::Secret& cookies,
                            const std::vector<std::string_view>& set_cookie, std::string_view host,
                            base::WallTime now) {
    Pairs pairs;
    each_part(cookies.reveal(), [&](std::string_view part) {
        const auto [key, value] = halves(part);
        pairs.emplace_back(key, value);
    });
    std::size_t bytes = cookies.reveal().size();
    const std::string here = base::lower_case(host);
    for (const std::string_view field : set_cookie | std::views::take(kMaxSetCookie)) {
        const SetCookie cookie = read(field, here, now);
        if (cookie.name.empty() || !cookie.is_for_host || !is_sendable(cookie.name) ||
            !is_sendable(cookie.value) || cookie.name.contains('='))
            continue;
        const auto known =
            std::ranges::find(pairs, cookie.name, [](const auto& pair) { return pair.first; });
        if (cookie.is_gone) {
            if (known != pairs.end()) pairs.erase(known);
            continue;
        }
        const std::size_t more = cookie.name.size() + cookie.value.size() + 3;
        if (bytes + more > kMaxCookieBytes) continue;
        bytes += more;
        if (known != pairs.end())
            known->second = cookie.value;
        else
            pairs.emplace_back(cookie.name, cookie.value);
    }
    std::string out;
    for (const auto& [key, value] : pairs)
        out += fmt::format("{}{}={}", out.empty() ? "" : "; ", key, value);
    return base::Secret(std::move(out));
}

}  // namespace casement::drivers::nest
