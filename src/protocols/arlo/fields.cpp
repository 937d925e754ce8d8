#include "protocols/arlo/fields.hpp"

#include <algorithm>
#include <cmath>

#include "protocols/arlo/json.hpp"

namespace casement::protocols::arlo {

namespace {

/// Above, neighbouring whole numbers share a double.
constexpr double kMaxWholeDouble = 9007199254740992.0;  // 2^53

template <typename T>
bool copy_as(const Value& value, T& out) {
    const T* held = std::get_if<T>(&value);
    if (held != nullptr) out = *held;
    return held != nullptr;
}

}  // namespace

bool from_value(const Value& value, bool& out) { return copy_as(value, out); }
bool from_value(const Value& value, std::string& out) { return copy_as(value, out); }

bool from_value(const Value& value, std::int64_t& out) {
    const double* held = std::get_if<double>(&value);
    if (held == nullptr) return copy_as(value, out);
    if (std::abs(*held) > kMaxWholeDouble || *held != std::trunc(*held)) return false;
    out = static_cast<std::int64_t>(*held);
    return true;
}

bool from_value(const Value& value, double& out) {
    const std::int64_t* held = std::get_if<std::int64_t>(&value);
    if (held == nullptr) return copy_as(value, out);
    out = static_cast<double>(*held);
    return true;
}

bool from_value(const Value& value, Value& out) {
    out = value;
    return true;
}

Fields::Fields(std::initializer_list<Member> members) {
    for (const auto& [name, value] : members) set(name, value);
}

const Value* Fields::find(std::string_view name) const {
    const auto found = std::ranges::find(members_, name, &Member::first);
    return found == members_.end() ? nullptr : &found->second;
}

void Fields::set(std::string_view name, Value value) {
    const auto found = std::ranges::find(members_, name, &Member::first);
    if (found == members_.end())
        members_.emplace_back(name, std::move(value));
    else
        found->second = std::move(value);
}

bool Fields::erase(std::string_view name) {
    return std::erase_if(members_, [&](const Member& member) { return member.first == name; }) > 0;
}

base::Result<Fields> parse_fields(std::string_view json) {
    CASEMENT_TRY(const Json object, parse_object(json));
    return fields_of(object);
}

std::string to_json(const Fields& fields) { return dump(json_of(fields)); }

}  // namespace casement::protocols::arlo
