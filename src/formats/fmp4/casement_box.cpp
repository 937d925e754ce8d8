#include "formats/fmp4/casement_box.hpp"

#include <algorithm>
#include <array>

namespace casement::formats::fmp4 {

namespace {

constexpr std::array<std::uint8_t, 16> kUuid{0x19, 0xa1, 0x72, 0x31, 0x17, 0x01, 0x44, 0xca,
                                             0xba, 0x8d, 0x3d, 0x64, 0x4b, 0x37, 0x9f, 0xfd};
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kMaxText = 255;  // its length has one byte

void write_text(ByteWriter& out, std::string_view text) {
    const std::string_view cut = text.substr(0, kMaxText);
    out.u8(cut.size()).text(cut);
}

}  // namespace

void write_casement_box(ByteWriter& out, const SegmentIdentity& identity) {
    const BoxScope box(out, "uuid");
    out.bytes(kUuid).u8(kVersion).u24(0).u32(identity.sequence);
    out.u64(static_cast<std::uint64_t>(identity.start.time_since_epoch().count()))
        .u64(static_cast<std::uint64_t>(identity.run_offset_us));
    write_text(out, identity.camera);
    write_text(out, identity.run);
}

std::optional<SegmentIdentity> parse_casement_box(ByteSpan body) {
    ByteReader in(body);
    if (!std::ranges::equal(in.take(kUuid.size()), kUuid) || in.u8() != kVersion)
        return std::nullopt;
    in.skip(3);
    SegmentIdentity out;
    out.sequence = in.u32();
    out.start = base::WallTime(std::chrono::microseconds(static_cast<std::int64_t>(in.u64())));
    out.run_offset_us = static_cast<std::int64_t>(in.u64());
    out.camera = base::as_text(in.take(in.u8()));
    out.run = base::as_text(in.take(in.u8()));
    if (in.failed()) return std::nullopt;
    return out;
}

}  // namespace casement::formats::fmp4
