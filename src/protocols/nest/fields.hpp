#pragma once
// What reading and writing of all messages has in common.

#include "base/secret.hpp"
#include "protocols/nest/wire.hpp"

namespace casement::protocols::nest {

inline constexpr auto kVarint = Field::Wire::Varint;
inline constexpr auto kFixed64 = Field::Wire::Fixed64;
inline constexpr auto kBytes = Field::Wire::Bytes;

enum class Padding { Broken, Allowed };

/// Calls `take` with each field: of those that it does not know it takes nothing.
template <typename Take>
base::Result<> each_field(base::ByteSpan message, Padding padding, Take take) {
    FieldReader reader(message);
    for (;;) {
        if (padding == Padding::Allowed && reader.at_padding()) return {};
        CASEMENT_TRY(const std::optional<Field> field, reader.next());
        if (!field) return {};
        CASEMENT_TRY(take(*field));
    }
}

inline void put(FieldWriter& out, std::uint32_t number, const std::string& text) {
    if (!text.empty()) out.text(number, text);
}
inline void put(FieldWriter& out, std::uint32_t number, const base::Secret& secret) {
    if (!secret.empty()) out.text(number, secret.reveal());
}
inline void put(FieldWriter& out, std::uint32_t number, const std::optional<std::int32_t>& value) {
    if (value) out.i32(number, *value);
}
inline void put(FieldWriter& out, std::uint32_t number, const std::optional<std::uint32_t>& value) {
    if (value) out.varint(number, *value);
}
inline void put(FieldWriter& out, std::uint32_t number, const std::optional<bool>& value) {
    if (value) out.varint(number, *value ? 1 : 0);
}

}  // namespace casement::protocols::nest
