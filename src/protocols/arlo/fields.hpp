#pragma once
// The members of a JSON object in the order in which they were sent, without the JSON library in
// the way.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.hpp"

namespace casement::protocols::arlo {

/// Levels of a message; the deepest known one, motionZone, has five.
inline constexpr std::size_t kMaxDepth = 16;
/// Of one message, in all its levels; the largest known one, status of an Essential camera, has
/// some 130.
inline constexpr std::size_t kMaxValues = 2048;

/// A list, an object, null, or a whole number over 63 bits, as compact JSON.
struct RawJson {
    std::string text;
    bool operator==(const RawJson&) const = default;
};

/// 1 and 1.0 are different values here, because firmwares may tell them apart; from_value() reads
/// either where it means a number.
using Value = std::variant<bool, std::int64_t, double, std::string, RawJson>;

// Each fills `out` and says true when the value has that type. A whole double is a whole number, a
// whole number is a double; nothing else is converted.
bool from_value(const Value& value, bool& out);
bool from_value(const Value& value, std::int64_t& out);
bool from_value(const Value& value, double& out);
bool from_value(const Value& value, std::string& out);
bool from_value(const Value& value, Value& out);

template <typename T>
    requires std::constructible_from<Value, T>
Value to_value(T value) {
    return Value(std::move(value));
}

/// A member's name together with the type of its value, so that neither can be mistaken for
/// another. The registers of a device are constants of this type: registers.hpp.
template <typename T>
struct Field {
    std::string_view name;
};

/// Names are unique and compare with case. Lookup walks the list: a message of a device has some
/// hundred members, and what was parsed has at most kMaxValues.
class Fields {
public:
    using Member = std::pair<std::string, Value>;

    Fields() = default;
    /// Later members replace earlier ones of the same name.
    Fields(std::initializer_list<Member> members);

    /// Null when there is none.
    const Value* find(std::string_view name) const;
    bool contains(std::string_view name) const { return find(name) != nullptr; }
    /// In its old place where the name exists, else at the end.
    void set(std::string_view name, Value value);
    /// False when there was none.
    bool erase(std::string_view name);

    /// Nothing when the member is absent or of another type; find() still shows it then.
    template <typename T>
    std::optional<T> get(Field<T> field) const {
        const Value* value = find(field.name);
        T out{};
        if (value == nullptr || !from_value(*value, out)) return std::nullopt;
        return out;
    }
    template <typename T>
    void set(Field<T> field, std::type_identity_t<T> value) {
        set(field.name, to_value(std::move(value)));
    }

    bool empty() const { return members_.empty(); }
    std::size_t size() const { return members_.size(); }
    auto begin() const { return members_.begin(); }
    auto end() const { return members_.end(); }
    bool operator==(const Fields&) const = default;

private:
    std::vector<Member> members_;
};

/// One JSON object. Refuses what parse_message() refuses, in the same words.
base::Result<Fields> parse_fields(std::string_view json);
/// Compact, ASCII only (everything else as \uXXXX). A RawJson that is no JSON becomes null.
std::string to_json(const Fields& fields);

}  // namespace casement::protocols::arlo
