#include "drivers/arlo/rest/body.hpp"

#include <cmath>

#include "base/text.hpp"

namespace casement::drivers::arlo::rest {

namespace {

using protocols::arlo::Fields;
using protocols::arlo::RawJson;

/// A zone has four levels.
constexpr int kMaxDepth = 8;

bool is_json_type(std::string_view type) {
    const std::string_view media = base::trimmed(type.substr(0, type.find(';')));
    return base::iequals(media, "application/json") ||
           (media.size() > 5 && base::iequals(media.substr(media.size() - 5), "+json"));
}

}  // namespace

net::Response answer(const Json& json, int status) {
    return net::Response::json(status, json.dump(-1, ' ', false, Json::error_handler_t::replace))
        .with("Cache-Control", "no-store");
}

net::Response result(bool fine) { return answer({{"result", fine}}); }

net::Response refuse(int status, std::string_view sentence) {
    return answer({{"error", sentence}}, status);
}

std::expected<Json, net::Response> json_of(const net::Request& request) {
    if (!is_json_type(request.headers.get("Content-Type")))
        return std::unexpected(refuse(415,
                                      "The body has to be JSON, and its Content-Type "
                                      "application/json."));
    bool is_too_deep = false;
    const auto watch = [&](int depth, Json::parse_event_t, Json&) {
        is_too_deep = is_too_deep || depth > kMaxDepth;
        return !is_too_deep;
    };
    Json json = Json::parse(request.body, watch, false);
    if (is_too_deep || json.is_discarded())
        return std::unexpected(refuse(400, "The body is no JSON that could be read."));
    if (json.is_null()) return std::unexpected(refuse(400, "The body is null."));
    return json;
}

std::expected<Json, net::Response> object_of(const net::Request& request) {
    auto json = json_of(request);
    if (json && !json->is_object())
        return std::unexpected(refuse(400, "The body has to be a JSON object."));
    return json;
}

std::expected<Fields, net::Response> registers_of_body(const net::Request& request,
                                                       std::string_view inside) {
    auto json = object_of(request);
    if (!json) return std::unexpected(std::move(json.error()));
    if (!inside.empty()) {
        const auto found = json->find(inside);
        if (found == json->end() || !found->is_object())
            return std::unexpected(refuse(400, fmt::format("\"{}\" has to be an object.", inside)));
        *json = Json(*found);
    }
    auto fields =
        protocols::arlo::parse_fields(json->dump(-1, ' ', true, Json::error_handler_t::replace));
    if (!fields) return std::unexpected(refuse(400, fields.error().message()));
    for (const auto& [name, value] : *fields) {
        if (name.empty() || name.size() > 64 || std::holds_alternative<RawJson>(value))
            return std::unexpected(
                refuse(400, "Each register needs a name, and true, false, a number or a text."));
        const auto* const text = std::get_if<std::string>(&value);
        if (text != nullptr && text->size() > 256)
            return std::unexpected(refuse(400, "A text of a register has 256 bytes at most."));
    }
    if (fields->empty()) return std::unexpected(refuse(400, "There is no register in the body."));
    return std::move(*fields);
}

std::optional<bool> bool_in(const Json& object, std::string_view name) {
    const auto found = object.find(name);
    if (found == object.end()) return std::nullopt;
    if (found->is_boolean()) return found->get<bool>();
    if (found->is_number_integer() && (*found == 0 || *found == 1)) return *found == 1;
    return std::nullopt;
}

std::optional<std::int64_t> whole_in(const Json& object, std::string_view name) {
    const auto found = object.find(name);
    if (found == object.end()) return std::nullopt;
    if (found->is_number_unsigned() && found->get<std::uint64_t>() > std::uint64_t{INT64_MAX})
        return std::nullopt;
    if (found->is_number_integer()) return found->get<std::int64_t>();
    // 80.0 is a whole number to clients whose numbers are all doubles.
    if (found->is_number_float()) {
        const double value = found->get<double>();
        if (value == std::floor(value) && std::abs(value) < 1e15)
            return static_cast<std::int64_t>(value);
    }
    return std::nullopt;
}

std::optional<std::string> text_in(const Json& object, std::string_view name) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
}

bool is_unsaid(const Json& object, std::string_view name) {
    const auto found = object.find(name);
    return found == object.end() || found->is_null() || *found == 0 ||
           (found->is_string() && found->get_ref<const std::string&>().empty());
}

}  // namespace casement::drivers::arlo::rest
