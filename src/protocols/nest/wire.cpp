#include "protocols/nest/wire.hpp"

namespace casement::protocols::nest {

using base::ErrorKind;
using base::Result;

namespace {

constexpr int kMaxVarintBytes = 10;
constexpr std::uint32_t kMaxFieldNumber = (1u << 29) - 1;

std::optional<std::uint64_t> read_varint(base::ByteReader& in) {
    std::uint64_t value = 0;
    for (int i = 0; i < kMaxVarintBytes; ++i) {
        const std::uint8_t byte = in.u8();
        if (in.failed()) return std::nullopt;
        value |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * i);
        if ((byte & 0x80) == 0) return value;
    }
    return std::nullopt;
}

std::unexpected<base::Error> cut_at(std::size_t offset) {
    return base::fail(ErrorKind::DataLoss, "a field that is cut short at byte {}", offset);
}

}  // namespace

std::optional<std::uint64_t> FieldReader::varint() { return read_varint(in_); }

bool FieldReader::at_padding() const { return !in_.at_end() && message_[in_.position()] == 0; }

Result<std::optional<Field>> FieldReader::next() {
    if (in_.at_end()) return std::nullopt;
    const std::size_t begin = in_.position();
    const auto tag = varint();
    if (!tag) return cut_at(begin);
    Field out;
    if (*tag >> 3 == 0 || *tag >> 3 > kMaxFieldNumber)
        return base::fail(ErrorKind::DataLoss, "no field's number at byte {}", begin);
    out.number = static_cast<std::uint32_t>(*tag >> 3);
    out.wire = static_cast<Field::Wire>(*tag & 7);
    switch (out.wire) {
        case Field::Wire::Varint: {
            const auto value = varint();
            if (!value) return cut_at(begin);
            out.value = *value;
            return out;
        }
        case Field::Wire::Fixed64: {
            const std::uint64_t low = in_.u32_little();
            out.value = static_cast<std::uint64_t>(in_.u32_little()) << 32 | low;
            break;
        }
        case Field::Wire::Bytes: {
            const auto size = varint();
            if (!size || *size > in_.left()) return cut_at(begin);
            out.bytes = in_.take(static_cast<std::size_t>(*size));
            break;
        }
        case Field::Wire::Fixed32:
            out.value = in_.u32_little();
            break;
        default:
            return base::fail(ErrorKind::DataLoss, "a field of type {} at byte {}", *tag & 7,
                              begin);
    }
    if (in_.failed()) return cut_at(begin);
    return out;
}

Result<> append_numbers(const Field& field, std::vector<std::int32_t>& out, std::size_t most) {
    const auto append = [&](std::uint64_t value) -> Result<> {
        if (out.size() >= most)
            return base::fail(ErrorKind::ResourceExhausted, "a list of more than {}", most);
        out.push_back(static_cast<std::int32_t>(value));
        return {};
    };
    if (field.wire == Field::Wire::Varint) return append(field.value);
    base::ByteReader in(field.bytes);
    while (!in.at_end()) {
        const auto value = read_varint(in);
        if (!value) return cut_at(in.position());
        CASEMENT_TRY(append(*value));
    }
    return {};
}

void FieldWriter::raw(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<std::uint8_t>(value | 0x80));
    out_.push_back(static_cast<std::uint8_t>(value));
}

FieldWriter& FieldWriter::varint(std::uint32_t number, std::uint64_t value) {
    raw(number << 3);
    raw(value);
    return *this;
}

FieldWriter& FieldWriter::zigzag(std::uint32_t number, std::int64_t value) {
    return varint(number,
                  static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
}

FieldWriter& FieldWriter::real(std::uint32_t number, double value) {
    raw(number << 3 | 1);
    const auto bits = std::bit_cast<std::uint64_t>(value);
    for (int i = 0; i < 8; ++i) out_.push_back(static_cast<std::uint8_t>(bits >> (8 * i)));
    return *this;
}

FieldWriter& FieldWriter::bytes(std::uint32_t number, base::ByteSpan value) {
    raw(number << 3 | 2);
    raw(value.size());
    out_.insert(out_.end(), value.begin(), value.end());
    return *this;
}

}  // namespace casement::protocols::nest
