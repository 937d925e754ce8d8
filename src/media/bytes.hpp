#pragma once
// An immutable, reference-counted buffer. Slices share it; copies cost one counter.

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/byte_reader.hpp"

namespace casement::media {

using base::ByteSpan;

/// Thread-safe as shared_ptr is: the bytes never change after construction.
class Bytes {
public:
    Bytes() = default;

    static Bytes copy_of(ByteSpan bytes) {
        auto block = std::make_shared_for_overwrite<std::uint8_t[]>(bytes.size());
        if (!bytes.empty()) std::memcpy(block.get(), bytes.data(), bytes.size());
        return {std::move(block), bytes.size()};
    }
    static Bytes from(std::vector<std::uint8_t> bytes) {
        auto owner = std::make_shared<const std::vector<std::uint8_t>>(std::move(bytes));
        const ByteSpan view = *owner;
        return {std::move(owner), view};
    }
    /// Takes over a block that nobody writes any more.
    Bytes(std::shared_ptr<std::uint8_t[]> block, std::size_t size_bytes)
        : view_(block.get(), size_bytes), owner_(std::move(block)) {}
    Bytes(std::shared_ptr<const void> owner, ByteSpan view)
        : view_(view), owner_(std::move(owner)) {}

    const std::uint8_t* data() const { return view_.data(); }
    std::size_t size() const { return view_.size(); }
    bool empty() const { return view_.empty(); }
    ByteSpan view() const { return view_; }
    operator ByteSpan() const { return view_; }
    auto begin() const { return view_.begin(); }
    auto end() const { return view_.end(); }
    std::uint8_t operator[](std::size_t i) const { return view_[i]; }

    /// Shares the buffer. `offset + count` must lie inside.
    Bytes slice(std::size_t offset, std::size_t count) const {
        return {owner_, view_.subspan(offset, count)};
    }
    Bytes slice(std::size_t offset) const { return {owner_, view_.subspan(offset)}; }

    friend bool operator==(const Bytes& a, const Bytes& b) {
        return a.size() == b.size() &&
               (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
    }

private:
    ByteSpan view_;
    std::shared_ptr<const void> owner_;
};

}  // namespace casement::media
