#pragma once
// A value that must not be seen: it formats as "***" and registers itself with the log sink's mask.

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace casement::base {

class Secret {
public:
    Secret() = default;
    explicit Secret(std::string value) : value_(std::move(value)) {}

    /// The only way to the value: a search for `reveal` finds every use.
    const std::string& reveal() const { return value_; }
    bool empty() const { return value_.empty(); }
    bool operator==(const Secret&) const = default;

private:
    std::string value_;
};

/// Compares without telling by its time where the difference is. Lengths may be told.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace casement::base

template <>
struct fmt::formatter<casement::base::Secret> : fmt::formatter<std::string_view> {
    auto format(const casement::base::Secret&, fmt::format_context& context) const {
        return fmt::formatter<std::string_view>::format("***", context);
    }
};
