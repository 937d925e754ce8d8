#pragma once
// Boxes (ISO/IEC 14496-12 §4.2): writing them with sizes patched in, walking them without trusting
// them. Private to fmp4/.

#include <optional>
#include <string_view>

#include "base/byte_reader.hpp"
#include "base/byte_writer.hpp"

namespace casement::formats::fmp4 {

using base::ByteReader;
using base::ByteSpan;
using base::ByteWriter;

constexpr std::uint32_t fourcc(std::string_view text) {
    return static_cast<std::uint32_t>(static_cast<std::uint8_t>(text[0])) << 24 |
           static_cast<std::uint32_t>(static_cast<std::uint8_t>(text[1])) << 16 |
           static_cast<std::uint32_t>(static_cast<std::uint8_t>(text[2])) << 8 |
           static_cast<std::uint8_t>(text[3]);
}

inline constexpr std::size_t kBoxHeaderBytes = 8;

/// Opens a box in the constructor, and writes its size when it goes out of scope.
class BoxScope {
public:
    BoxScope(ByteWriter& out, std::string_view type) : out_(out), start_(out.size()) {
        out.u32(0).u32(fourcc(type));
    }
    /// FullBox
    BoxScope(ByteWriter& out, std::string_view type, std::uint8_t version, std::uint32_t flags)
        : BoxScope(out, type) {
        out.u8(version).u24(flags);
    }
    ~BoxScope() { out_.patch_u32(start_, out_.size() - start_); }
    BoxScope(const BoxScope&) = delete;
    BoxScope& operator=(const BoxScope&) = delete;

    std::size_t start() const { return start_; }

private:
    ByteWriter& out_;
    std::size_t start_;
};

struct Box {
    std::uint32_t type = 0;
    ByteSpan body;
    bool is(std::string_view text) const { return type == fourcc(text); }
};

/// The children of a box in order. A child that does not fit ends the walk and is told by
/// `broken()`.
class BoxWalk {
public:
    explicit BoxWalk(ByteSpan bytes) : rest_(bytes) {}

    std::optional<Box> next() {
        if (rest_.empty() || broken_) return std::nullopt;
        ByteReader in(rest_);
        std::uint64_t size = in.u32();
        const std::uint32_t type = in.u32();
        if (size == 1) size = in.u64();
        if (size == 0) size = rest_.size();  // up to the end
        if (in.failed() || size < in.position() || size > rest_.size()) {
            broken_ = true;
            return std::nullopt;
        }
        const Box box{type,
                      rest_.subspan(in.position(), static_cast<std::size_t>(size) - in.position())};
        rest_ = rest_.subspan(static_cast<std::size_t>(size));
        return box;
    }
    bool broken() const { return broken_; }

private:
    ByteSpan rest_;
    bool broken_ = false;
};

/// The first child of that type.
inline std::optional<Box> find_box(ByteSpan bytes, std::string_view type) {
    BoxWalk walk(bytes);
    while (const auto box = walk.next()) {
        if (box->is(type)) return box;
    }
    return std::nullopt;
}

struct FullBoxHeader {
    std::uint8_t version = 0;
    std::uint32_t flags = 0;
};
inline FullBoxHeader read_full_box(ByteReader& in) {
    const std::uint32_t word = in.u32();
    return {static_cast<std::uint8_t>(word >> 24), word & 0xFFFFFF};
}

}  // namespace casement::formats::fmp4
