#include "protocols/arlo/message.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "protocols/arlo/frame.hpp"
#include "protocols/arlo/json.hpp"
#include "protocols/arlo/members.hpp"
#include "protocols/arlo/shown.hpp"

namespace casement::protocols::arlo {

namespace {

using base::ErrorKind;

/// Every type that has a list of members and keeps the rest in `others`.
template <typename T>
concept Object = requires(T object) { object.others; };

// Reading. A value of another type than the member's is left alone.
// -----------------------------------------------------------------------------------------------

template <typename T>
bool read(const Json& json, std::optional<T>& out);
template <Object T>
bool read(const Json& json, T& out);

template <typename T>
    requires requires(const Value& value, T& out) { from_value(value, out); }
bool read(const Json& json, T& out) {
    return from_value(value_of(json), out);
}

bool read(const Json& json, Fields& out) {
    if (!json.is_object()) return false;
    out = fields_of(json);
    return true;
}

/// Whole or not at all: a member that knows more than x and y stays as it is.
bool read(const Json& json, Zone::Corner& out) {
    return json.is_object() && json.size() == 2 && json.contains("x") && json.contains("y") &&
           read(json["x"], out.x) && read(json["y"], out.y);
}

template <typename T>
bool read(const Json& json, std::vector<T>& out) {
    if (!json.is_array()) return false;
    std::vector<T> items(json.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (!read(json[i], items[i])) return false;
    }
    out = std::move(items);
    return true;
}

template <typename T>
bool read(const Json& json, std::vector<std::pair<std::string, T>>& out) {
    if (!json.is_object()) return false;
    std::vector<std::pair<std::string, T>> items;
    for (const auto& [name, value] : json.items()) {
        if (!read(value, items.emplace_back(name, T{}).second)) return false;
    }
    out = std::move(items);
    return true;
}

class Reader {
public:
    explicit Reader(const Json& object) : object_(object) {}

    template <typename T>
    void operator()(std::string_view key, T& member) {
        (void)take(key, member);
    }
    template <typename T>
    void required(std::string_view key, T& member) {
        if (!take(key, member) && problem_.empty())
            problem_ = fmt::format(
                "{} {}", key, object_.contains(key) ? "is not what it should be" : "is missing");
    }
    void skip(std::string_view key) { taken_.push_back(key); }

    const std::string& problem() const { return problem_; }
    Fields rest() const {
        Fields out;
        for (const auto& [name, value] : object_.items()) {
            if (std::ranges::find(taken_, name) == taken_.end()) out.set(name, value_of(value));
        }
        return out;
    }

private:
    template <typename T>
    bool take(std::string_view key, T& member) {
        const auto found = object_.find(key);
        if (found == object_.end() || !read(*found, member)) return false;
        if constexpr (std::same_as<T, std::string>) {
            if (member.empty()) return false;  // it would look absent when written
        }
        taken_.push_back(key);
        return true;
    }

    const Json& object_;
    std::vector<std::string_view> taken_;  // keys that have a member now
    std::string problem_;
};

template <typename T>
bool read(const Json& json, std::optional<T>& out) {
    T value{};
    if (!read(json, value)) return false;
    out = std::move(value);
    return true;
}

template <Object T>
bool read(const Json& json, T& out) {
    if (!json.is_object()) return false;
    Reader reader(json);
    members(reader, out);
    out.others = reader.rest();
    return reader.problem().empty();
}

template <typename T>
Body read_body(const Json& object) {
    T body;
    Reader reader(object);
    reader.skip("Type");
    reader.skip("ID");
    members(reader, body);
    if (reader.problem().empty()) {
        body.others = reader.rest();
        return body;
    }
    Unknown unknown{.type = std::string(T::kType), .fields = {}, .problem = {}};
    unknown.problem = fmt::format("{}: {}", T::kType, reader.problem());
    return unknown;
}

/// The alternatives of Body in turn; Unknown, the last one, takes what is left.
template <std::size_t kIndex = 0>
Body read_body_of(std::string_view type, const Json& object) {
    using T = std::variant_alternative_t<kIndex, Body>;
    if constexpr (std::same_as<T, Unknown>) {
        return Unknown{.type = std::string(type), .fields = {}, .problem = {}};
    } else {
        return type == T::kType ? read_body<T>(object) : read_body_of<kIndex + 1>(type, object);
    }
}

// Writing
// -----------------------------------------------------------------------------------------------

template <Object T>
Json write(const T& object);

Json write(bool value) { return value; }
Json write(std::int64_t value) { return value; }
Json write(const std::string& value) { return value; }
Json write(const Value& value) { return json_of(value); }
Json write(const Fields& value) { return json_of(value); }

/// Whole numbers without a point, as devices write them.
Json write(double value) {
    std::int64_t whole = 0;
    return from_value(value, whole) ? Json(whole) : Json(value);
}

Json write(const Zone::Corner& corner) {
    Json out = Json::object();
    out["x"] = write(corner.x);
    out["y"] = write(corner.y);
    return out;
}

template <typename T>
Json write(const std::vector<T>& items) {
    Json out = Json::array();
    for (const T& item : items) out.push_back(write(item));
    return out;
}

template <typename T>
Json write(const std::vector<std::pair<std::string, T>>& items) {
    Json out = Json::object();
    for (const auto& [name, item] : items) out[name] = write(item);
    return out;
}

class Writer {
public:
    explicit Writer(Json& object) : object_(object) {}

    template <typename T>
    void operator()(std::string_view key, const std::optional<T>& member) {
        if (member) required(key, *member);
    }
    void operator()(std::string_view key, const std::string& member) {
        if (!member.empty()) required(key, member);
    }
    template <typename T>
    void required(std::string_view key, const T& member) {
        object_.emplace(std::string(key), write(member));
    }
    void rest(const Fields& fields) {
        for (const auto& [name, value] : fields) object_.emplace(name, json_of(value));
    }

private:
    Json& object_;
};

template <Object T>
Json write(const T& object) {
    Json out = Json::object();
    Writer writer(out);
    members(writer, object);
    writer.rest(object.others);
    return out;
}

}  // namespace

std::string_view Message::type() const {
    return std::visit(
        [](const auto& held) -> std::string_view {
            if constexpr (Object<decltype(held)>)
                return held.kType;
            else
                return held.type;
        },
        body);
}

base::Result<Message> parse_message(std::string_view json) {
    CASEMENT_TRY(const Json object, parse_object(json));
    const auto type = object.find("Type");
    if (type == object.end() || !type->is_string())
        return base::fail(ErrorKind::InvalidArgument, "not a message: {} has no Type", shown(json));
    const std::string& name = type->get_ref<const std::string&>();
    const auto id = object.find("ID");
    const Value value = id == object.end() ? Value() : value_of(*id);
    if (!std::holds_alternative<std::int64_t>(value))
        return base::fail(ErrorKind::InvalidArgument,
                          "a message of type {} without a whole number as its ID", shown(name));
    Message message{.id = std::get<std::int64_t>(value), .body = read_body_of(name, object)};
    if (auto* unknown = std::get_if<Unknown>(&message.body)) {
        unknown->fields = fields_of(object);
        unknown->fields.erase("Type");
        unknown->fields.erase("ID");
    }
    return message;
}

std::string to_json(const Message& message) {
    Json out = Json::object();
    out["Type"] = message.type();
    out["ID"] = message.id;
    Writer writer(out);
    std::visit(
        [&](const auto& body) {
            if constexpr (Object<decltype(body)>) {
                members(writer, body);
                writer.rest(body.others);
            } else {
                writer.rest(body.fields);
            }
        },
        message.body);
    return dump(out);
}

base::Result<std::string> to_frame(const Message& message) { return write_frame(to_json(message)); }

}  // namespace casement::protocols::arlo
