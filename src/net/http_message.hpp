#pragma once
// What HTTP servers and clients share: header fields, query strings, dates.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace casement::net {

/// Fields in the order they came; names compare without case. Values that hold CR, LF or NUL are
/// dropped by the writers.
class Headers {
public:
    using Field = std::pair<std::string, std::string>;

    Headers() = default;
    Headers(std::initializer_list<Field> fields) : fields_(fields) {}

    /// The first value, or an empty view.
    std::string_view get(std::string_view name) const;
    bool has(std::string_view name) const;
    /// Every value of a field that may come several times (Set-Cookie).
    std::vector<std::string_view> all(std::string_view name) const;
    /// True when a comma-separated field holds `token` (without case): Connection, Upgrade, Accept.
    bool has_token(std::string_view name, std::string_view token) const;

    void add(std::string name, std::string value) {
        fields_.emplace_back(std::move(name), std::move(value));
    }
    /// Replaces every field of that name.
    void set(std::string name, std::string value);
    void remove(std::string_view name);

    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }
    std::size_t size() const { return fields_.size(); }

private:
    std::vector<Field> fields_;
};

/// The decoded value of `name` in "a=1&b=x%20y"; + is a space. nullopt when it is not there, empty
/// for "a" and "a=".
std::optional<std::string> query_value(std::string_view query, std::string_view name);
/// Every value of `name`, in order.
std::vector<std::string> query_values(std::string_view query, std::string_view name);
/// The value of cookie `name` in a Cookie field.
std::optional<std::string> cookie_value(std::string_view cookie_field, std::string_view name);

/// "Fri, 20 Nov 2026 21:14:05 GMT" (RFC 9110 §5.6.7).
std::string http_date(std::chrono::sys_seconds time);
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text);

/// "Not Found"; "Unknown" for what RFC 9110 does not name.
std::string_view status_phrase(int status);
/// By extension, with charset where it matters; application/octet-stream when unknown.
std::string_view content_type_of(std::string_view file_name);

std::string base64(std::string_view bytes);
std::string base64url(std::string_view bytes);
/// Both alphabets, padding optional; nullopt for anything else.
std::optional<std::string> base64_decoded(std::string_view text);

}  // namespace casement::net
