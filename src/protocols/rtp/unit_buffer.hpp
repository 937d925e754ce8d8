#pragma once
// Where the unit being received is gathered: bytes that are not cleared first and whose block is
// kept from unit to unit.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

#include "base/byte_reader.hpp"

namespace casement::protocols::rtp {

class UnitBuffer {
public:
    /// `limit_bytes`: what append() refuses to pass.
    explicit UnitBuffer(std::size_t limit_bytes) : limit_(limit_bytes) {}

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    base::ByteSpan view() const { return {block_.get(), size_}; }
    std::uint8_t* data() { return block_.get(); }
    void clear() { size_ = 0; }
    void truncate(std::size_t size) { size_ = size; }

    /// False when the limit would be passed; nothing is appended then.
    bool append(base::ByteSpan bytes) {
        std::uint8_t* out = extend(bytes.size());
        if (!out) return false;
        if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
        return true;
    }
    /// Room for `count` bytes to be written by the caller; null when the limit would be passed.
    std::uint8_t* extend(std::size_t count) {
        if (count > limit_ - size_) return nullptr;
        if (size_ + count > capacity_) grow(size_ + count);
        size_ += count;
        return block_.get() + size_ - count;
    }

private:
    void grow(std::size_t wanted) {
        const std::size_t capacity =
            std::max({wanted, capacity_ + capacity_ / 2, std::size_t{4096}});
        auto block = std::make_unique_for_overwrite<std::uint8_t[]>(capacity);
        if (size_ > 0) std::memcpy(block.get(), block_.get(), size_);
        block_ = std::move(block);
        capacity_ = capacity;
    }

    std::size_t limit_;
    std::unique_ptr<std::uint8_t[]> block_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace casement::protocols::rtp
