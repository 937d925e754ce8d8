#pragma once
// A cursor over bytes that cannot run off the end: after a short read it is `failed()` and every
// further read gives zero.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace casement::base {

using ByteSpan = std::span<const std::uint8_t>;

inline std::string_view as_text(ByteSpan bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline ByteSpan as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

class ByteReader {
public:
    explicit ByteReader(ByteSpan bytes) : bytes_(bytes) {}

    bool failed() const { return failed_; }
    std::size_t left() const { return bytes_.size() - at_; }
    std::size_t position() const { return at_; }
    bool at_end() const { return left() == 0; }

    std::uint8_t u8() { return static_cast<std::uint8_t>(big_endian(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(big_endian(2)); }
    std::uint32_t u24() { return static_cast<std::uint32_t>(big_endian(3)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(big_endian(4)); }
    std::uint64_t u64() { return big_endian(8); }
    std::uint32_t u32_little() {
        const std::uint32_t v = u32();
        return v << 24 | (v & 0xFF00) << 8 | (v >> 8 & 0xFF00) | v >> 24;
    }

    /// `count` bytes, or an empty span (and `failed()`) when fewer are left.
    ByteSpan take(std::size_t count) {
        if (!reserve(count)) return {};
        const ByteSpan out = bytes_.subspan(at_, count);
        at_ += count;
        return out;
    }
    void skip(std::size_t count) { (void)take(count); }
    ByteSpan rest() { return take(left()); }

private:
    bool reserve(std::size_t count) {
        if (failed_ || count > left()) {
            failed_ = true;
            return false;
        }
        return true;
    }
    std::uint64_t big_endian(std::size_t count) {
        if (!reserve(count)) return 0;
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < count; ++i) value = value << 8 | bytes_[at_ + i];
        at_ += count;
        return value;
    }

    ByteSpan bytes_;
    std::size_t at_ = 0;
    bool failed_ = false;
};

}  // namespace casement::base
