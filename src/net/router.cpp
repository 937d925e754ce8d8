#include "net/router.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "base/url.hpp"

namespace casement::net {

namespace {

bool is_capture(std::string_view segment) {
    return segment.starts_with('{') && segment.ends_with('}');
}
bool is_rest(std::string_view segment) { return is_capture(segment) && segment.ends_with("...}"); }

bool is_honest(std::string_view segment) {
    if (segment == "." || segment == "..") return false;
    return std::ranges::none_of(segment, [](char c) {
        return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    });
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (is_rest(pattern[i])) return true;
        if (i >= path.size() || (!is_capture(pattern[i]) && pattern[i] != path[i]) ||
            (is_capture(pattern[i]) && path[i].empty()))
            return false;
    }
    return pattern.size() == path.size();
}

/// 0 literal, 1 capture, 2 rest: smaller is more specific.
int rank(std::string_view segment) { return is_rest(segment) ? 2 : is_capture(segment) ? 1 : 0; }

bool is_more_specific(const Route& a, const Route& b) {
    return std::ranges::lexicographical_compare(
        a.segments, b.segments, [](const auto& x, const auto& y) { return rank(x) < rank(y); });
}

std::vector<std::pair<std::string, std::string>> captures_of(
    const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
    std::vector<std::pair<std::string, std::string>> out;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (is_rest(pattern[i])) {
            std::string rest;
            for (std::size_t j = i; j < path.size(); ++j) rest += (j > i ? "/" : "") + path[j];
            out.emplace_back(pattern[i].substr(1, pattern[i].size() - 5), std::move(rest));
        } else if (is_capture(pattern[i])) {
            out.emplace_back(pattern[i].substr(1, pattern[i].size() - 2), path[i]);
        }
    }
    return out;
}

}  // namespace

std::optional<Target> parse_target(std::string_view target) {
    // Absolute form (RFC 9112 §3.2.2): proxies send it; the authority was decided by the
    // connection.
    if (!target.starts_with('/')) {
        const std::size_t scheme = target.find("://");
        if (scheme == std::string_view::npos) return std::nullopt;
        const std::size_t path = target.find_first_of("/?", scheme + 3);
        target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
    }
    Target out;
    std::string_view path = target.substr(0, target.find_first_of("?#"));
    if (path.size() < target.size() && target[path.size()] == '?') {
        out.query = target.substr(path.size() + 1, target.find('#', path.size()) - path.size() - 1);
    }
    const bool has_trailing_slash = path.ends_with('/');
    while (!path.empty()) {
        const std::string segment = base::percent_decoded(base::take_until(path, '/'));
        if (segment.empty()) continue;
        if (!is_honest(segment)) return std::nullopt;
        out.path += '/' + segment;
        out.segments.push_back(segment);
    }
    if (has_trailing_slash) {
        out.path += '/';
        if (!out.segments.empty()) out.segments.emplace_back();
    }
    if (out.path.empty()) out.path = "/";
    return out;
}

void Router::add(Route route) { routes_.push_back(std::move(route)); }

RouteMatch Router::find(std::string_view method, const std::vector<std::string>& segments) const {
    RouteMatch out;
    const std::string_view wanted = method == "HEAD" ? std::string_view("GET") : method;
    for (const Route& route : routes_) {
        if (!matches(route.segments, segments)) continue;
        if (std::ranges::find(out.allowed, route.method) == out.allowed.end())
            out.allowed.push_back(route.method);
        const bool fits = route.method == wanted || route.method == method;
        if (fits && (out.route == nullptr || is_more_specific(route, *out.route)))
            out.route = &route;
    }
    if (out.route != nullptr) out.captures = captures_of(out.route->segments, segments);
    if (std::ranges::find(out.allowed, "GET") != out.allowed.end())
        out.allowed.emplace_back("HEAD");
    return out;
}

}  // namespace casement::net
