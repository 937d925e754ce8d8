#include "drivers/json.hpp"

#include <cmath>

namespace casement::drivers {

using nlohmann::json;

namespace {

std::optional<json> parse_any(std::string_view text, int max_depth) {
    bool is_deep = false;
    json out = json::parse(
        text,
        [&](int depth, json::parse_event_t, json&) {
            is_deep = is_deep || depth > max_depth;
            return !is_deep;
        },
        false);
    if (is_deep || out.is_discarded()) return std::nullopt;
    return out;
}

}  // namespace

std::optional<json> parse_object(std::string_view text, int max_depth) {
    auto out = parse_any(text, max_depth);
    return out && out->is_object() ? std::move(out) : std::nullopt;
}

std::optional<json> parse_list(std::string_view text, int max_depth) {
    auto out = parse_any(text, max_depth);
    return out && out->is_array() ? std::move(out) : std::nullopt;
}

const json& at(const json& object, std::string_view key) {
    static const json kNull;
    if (!object.is_object()) return kNull;
    const auto found = object.find(key);
    return found == object.end() ? kNull : *found;
}

std::string text_at(const json& object, std::string_view key) {
    const json& value = at(object, key);
    return value.is_string() ? value.get<std::string>() : std::string{};
}

std::optional<double> number_at(const json& object, std::string_view key) {
    const json& value = at(object, key);
    if (!value.is_number()) return std::nullopt;
    const double number = value.get<double>();
    return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::optional<base::WallTime> time_at(const json& object, std::string_view key) {
    if (const auto seconds = number_at(object, key)) {
        if (!(*seconds > 0 && *seconds < 1e10)) return std::nullopt;  // up to the year 2286
        return base::WallTime{
            std::chrono::microseconds{static_cast<std::int64_t>(std::llround(*seconds * 1e6))}};
    }
    const std::string text = text_at(object, key);
    if (text.empty()) return std::nullopt;
    const auto parsed = base::parse_rfc3339(text);
    return parsed ? std::optional(*parsed) : std::nullopt;
}

}  // namespace casement::drivers
