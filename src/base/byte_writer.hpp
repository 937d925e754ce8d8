#pragma once
// Big-endian writing into a growing buffer, with lengths patched in afterwards.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/byte_reader.hpp"

namespace casement::base {

class ByteWriter {
public:
    ByteWriter() = default;
    explicit ByteWriter(std::size_t reserve_bytes) { out_.reserve(reserve_bytes); }

    ByteWriter& u8(std::uint64_t v) { return big_endian(v, 1); }
    ByteWriter& u16(std::uint64_t v) { return big_endian(v, 2); }
    ByteWriter& u24(std::uint64_t v) { return big_endian(v, 3); }
    ByteWriter& u32(std::uint64_t v) { return big_endian(v, 4); }
    ByteWriter& u64(std::uint64_t v) { return big_endian(v, 8); }
    ByteWriter& u32_little(std::uint32_t v) {
        return u8(v & 0xFF).u8(v >> 8 & 0xFF).u8(v >> 16 & 0xFF).u8(v >> 24);
    }
    ByteWriter& bytes(ByteSpan v) {
        out_.insert(out_.end(), v.begin(), v.end());
        return *this;
    }
    ByteWriter& text(std::string_view v) { return bytes(as_bytes(v)); }
    ByteWriter& zeros(std::size_t count) {
        out_.resize(out_.size() + count);
        return *this;
    }

    /// Overwrites four bytes written before, at `offset`.
    void patch_u32(std::size_t offset, std::uint64_t v) {
        for (int i = 0; i < 4; ++i)
            out_[offset + static_cast<std::size_t>(i)] =
                static_cast<std::uint8_t>(v >> (24 - 8 * i));
    }

    std::size_t size() const { return out_.size(); }
    ByteSpan view() const { return out_; }
    std::vector<std::uint8_t> take() { return std::move(out_); }
    void clear() { out_.clear(); }

private:
    ByteWriter& big_endian(std::uint64_t v, int count) {
        for (int i = count - 1; i >= 0; --i)
            out_.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
        return *this;
    }

    std::vector<std::uint8_t> out_;
};

}  // namespace casement::base
