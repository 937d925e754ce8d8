#include "notify/encode.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cctype>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "events/json.hpp"

namespace casement::notify {

namespace {

using Json = nlohmann::ordered_json;
using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kForm = "application/x-www-form-urlencoded";
constexpr std::string_view kJson = "application/json";

std::string dumped(const Json& json) {
    // Texts of devices may hold broken UTF-8: told with replacement characters rather than not.
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// As Python writes an object with json.dumps(x, indent=4).
std::string pretty(const JsonText& object) {
    const Json json = Json::parse(object.text, nullptr, false);
    if (json.is_discarded()) return object.text;
    return json.dump(4, ' ', true, Json::error_handler_t::replace);
}

/// As Python writes a float: the shortest digits that read back the same, and a point.
std::string python_float(double value) {
    std::string out = fmt::format("{}", value);
    const bool is_bare = out.find_first_not_of("-0123456789") == std::string::npos;
    return is_bare ? out + ".0" : out;
}

struct FormWriter {
    Pairs& out;
    const std::string& name;

    void operator()(const std::string& value) const { out.emplace_back(name, value); }
    void operator()(bool value) const { out.emplace_back(name, value ? "True" : "False"); }
    void operator()(double value) const { out.emplace_back(name, python_float(value)); }
    void operator()(const std::vector<std::string>& values) const {
        for (const std::string& value : values) out.emplace_back(name, value);
    }
    void operator()(const JsonText& value) const { out.emplace_back(name, pretty(value)); }
};

struct JsonWriter {
    bool nested;

    Json operator()(const std::string& value) const { return value; }
    Json operator()(bool value) const {
        if (nested) return value;
        return value ? "true" : "false";
    }
    Json operator()(double value) const { return value; }
    Json operator()(const std::vector<std::string>& values) const { return values; }
    Json operator()(const JsonText& value) const {
        if (!nested) return value.text;
        Json json = Json::parse(value.text, nullptr, false);
        return json.is_discarded() ? Json(value.text) : json;
    }
};

std::string text_of(const nlohmann::json& value) {
    return value.is_string() ? value.get<std::string>()
                             : value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string form_encoded(const Pairs& fields) {
    std::string out;
    const auto add = [&out](std::string_view text) {
        for (const char c : text) {
            const auto byte = static_cast<unsigned char>(c);
            const bool is_plain =
                std::isalnum(byte) != 0 || c == '_' || c == '.' || c == '-' || c == '~';
            if (is_plain) {
                out += c;
            } else if (c == ' ') {
                out += '+';
            } else {
                out += fmt::format("%{:02X}", byte);
            }
        }
    };
    for (const auto& [name, value] : fields) {
        if (!out.empty()) out += '&';
        add(name);
        out += '=';
        add(value);
    }
    return out;
}

Body encode(const FieldList& fields, Spelling spelling, std::string_view hash, std::string_view url,
            const Try& which) {
    if (spelling == Spelling::Form) {
        Pairs pairs;
        for (const auto& [name, value] : fields) std::visit(FormWriter{pairs, name}, value);
        pairs.emplace_back("hash", hash);
        pairs.emplace_back("url", url);
        pairs.emplace_back("attempt", std::to_string(which.number));
        if (which.last_status != 0)
            pairs.emplace_back("status_code", std::to_string(which.last_status));
        return {std::string(kForm), form_encoded(pairs)};
    }
    Json json = Json::object();
    const JsonWriter writer{spelling == Spelling::JsonNested};
    for (const auto& [name, value] : fields) json[name] = std::visit(writer, value);
    return {std::string(kJson), dumped(json)};
}

Body encode_event_json(const events::Event& event) {
    return {std::string(kJson), text_of(events::to_json(event))};
}

Body encode_event_form(const events::Event& event) {
    Pairs pairs;
    const nlohmann::json json = events::to_json(event);
    for (const auto& [name, value] : json.items()) pairs.emplace_back(name, text_of(value));
    return {std::string(kForm), form_encoded(pairs)};
}

double unix_seconds(base::WallTime time) {
    return static_cast<double>(time.time_since_epoch().count()) / 1e6;
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
    std::string out;
    for (unsigned i = 0; i < size; ++i) out += fmt::format("{:02x}", digest.at(i));
    return out;
}

}  // namespace casement::notify
