#pragma once
// Protocol Buffers on the wire: fields by number, of which a reader takes those that it knows.

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_reader.hpp"
#include "base/error.hpp"

namespace casement::protocols::nest {

/// One field, as it lies there. What its type says about its value is the message's to know.
struct Field {
    enum class Wire : std::uint8_t { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

    std::uint32_t number = 0;
    Wire wire = Wire::Varint;
    std::uint64_t value = 0;  // of Varint, Fixed64 and Fixed32
    base::ByteSpan bytes{};   // of Bytes: in the message that is read

    bool is(std::uint32_t wanted, Wire type) const { return number == wanted && wire == type; }
    /// int32, uint32, bool and enumerations: what is longer is cut, as protoc's code does.
    std::int32_t i32() const { return static_cast<std::int32_t>(value); }
    std::uint32_t u32() const { return static_cast<std::uint32_t>(value); }
    bool flag() const { return value != 0; }
    double real() const { return std::bit_cast<double>(value); }
    /// sint64: 0, -1, 1, -2 are 0, 1, 2, 3.
    std::int64_t zigzag() const {
        return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
    }
    std::string text() const { return std::string(base::as_text(bytes)); }
    std::vector<std::uint8_t> copy() const { return {bytes.begin(), bytes.end()}; }
};

class FieldReader {
public:
    explicit FieldReader(base::ByteSpan message) : message_(message), in_(message) {}

    /// Nothing at the end. DataLoss for what is cut short or no field: a group, a number of zero, a
    /// varint of more than ten bytes.
    base::Result<std::optional<Field>> next();
    /// The next byte is a zero, which begins no field: some clients pad with them.
    bool at_padding() const;

private:
    std::optional<std::uint64_t> varint();

    base::ByteSpan message_;
    base::ByteReader in_;
};

/// The values of a repeated field of numbers: one, or packed into bytes. Appends to `out`; DataLoss
/// for a broken list, ResourceExhausted for more than `most` of them.
base::Result<> append_numbers(const Field& field, std::vector<std::int32_t>& out, std::size_t most);

class FieldWriter {
public:
    FieldWriter& varint(std::uint32_t number, std::uint64_t value);
    /// Negative numbers take ten bytes, as everywhere.
    FieldWriter& i32(std::uint32_t number, std::int32_t value) {
        return varint(number, static_cast<std::uint64_t>(static_cast<std::int64_t>(value)));
    }
    FieldWriter& zigzag(std::uint32_t number, std::int64_t value);
    FieldWriter& real(std::uint32_t number, double value);
    FieldWriter& bytes(std::uint32_t number, base::ByteSpan value);
    FieldWriter& text(std::uint32_t number, std::string_view value) {
        return bytes(number, base::as_bytes(value));
    }

    std::vector<std::uint8_t> take() { return std::move(out_); }

private:
    void raw(std::uint64_t value);

    std::vector<std::uint8_t> out_;
};

}  // namespace casement::protocols::nest
