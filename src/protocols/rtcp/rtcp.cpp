#include "protocols/rtcp/rtcp.hpp"

#include <algorithm>
#include <optional>

#include "base/byte_writer.hpp"

namespace casement::protocols::rtcp {

namespace {

using base::ByteReader;
using base::ByteWriter;

enum Type : std::uint8_t { kSr = 200, kRr = 201, kSdes = 202, kBye = 203 };
constexpr std::uint8_t kLastType = 223;  // RFC 5761 §4: 192 to 223 are RTCP
constexpr std::uint8_t kFirstType = 192;
constexpr std::uint8_t kCname = 1;
constexpr std::size_t kMaxItemBytes = 255;
// RFC 3550 §5.1 and RFC 5905 §6: seconds from 1900 to 1970.
constexpr std::int64_t kUnixEpochInNtp = 2'208'988'800;

std::vector<ReportBlock> read_blocks(ByteReader& in, std::size_t count) {
    std::vector<ReportBlock> blocks;
    for (std::size_t i = 0; i < count && in.left() >= 24; ++i) {
        ReportBlock block;
        block.ssrc = in.u32();
        block.fraction_lost = in.u8();
        const std::uint32_t lost = in.u24();
        block.cumulative_lost = static_cast<std::int32_t>(lost << 8) >> 8;  // sign of 24 bits
        block.highest_sequence = in.u32();
        block.jitter = in.u32();
        block.last_sr = in.u32();
        block.delay_since_last_sr = in.u32();
        blocks.push_back(block);
    }
    return blocks;
}

std::optional<Packet> read_sender_report(ByteReader in, std::size_t count) {
    SenderReport report;
    report.ssrc = in.u32();
    report.ntp = in.u64();
    report.rtp_timestamp = in.u32();
    report.packets = in.u32();
    report.octets = in.u32();
    if (in.failed()) return std::nullopt;
    report.blocks = read_blocks(in, count);
    return report;
}

std::optional<Packet> read_receiver_report(ByteReader in, std::size_t count) {
    ReceiverReport report;
    report.ssrc = in.u32();
    if (in.failed()) return std::nullopt;
    report.blocks = read_blocks(in, count);
    return report;
}

/// The first chunk; mixers' further chunks do not matter to us.
std::optional<Packet> read_description(ByteReader in, std::size_t count) {
    SourceDescription description;
    if (count == 0) return description;
    description.ssrc = in.u32();
    if (in.failed()) return std::nullopt;
    while (in.left() >= 2) {
        const std::uint8_t type = in.u8();
        if (type == 0) break;
        const base::ByteSpan value = in.take(in.u8());
        if (in.failed()) break;
        if (type == kCname) description.cname = base::as_text(value);
    }
    return description;
}

std::optional<Packet> read_bye(ByteReader in, std::size_t count) {
    Bye bye;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t ssrc = in.u32();
        if (in.failed()) return std::nullopt;
        bye.ssrcs.push_back(ssrc);
    }
    if (!in.at_end()) bye.reason = base::as_text(in.take(in.u8()));
    return bye;
}

void begin_packet(ByteWriter& out, std::size_t count, Type type, std::size_t body_bytes) {
    out.u8(0x80 | count).u8(type).u16(body_bytes / 4);
}

void write_blocks(ByteWriter& out, const std::vector<ReportBlock>& blocks, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        const ReportBlock& block = blocks[i];
        out.u32(block.ssrc)
            .u8(block.fraction_lost)
            .u24(static_cast<std::uint32_t>(block.cumulative_lost) & 0xFFFFFF);
        out.u32(block.highest_sequence)
            .u32(block.jitter)
            .u32(block.last_sr)
            .u32(block.delay_since_last_sr);
    }
}

constexpr std::size_t kMaxBlocks = 31;  // five bits
constexpr std::size_t kBlockBytes = 24;

void write_rr(ByteWriter& out, const ReceiverReport& report) {
    const std::size_t count = std::min(report.blocks.size(), kMaxBlocks);
    begin_packet(out, count, kRr, 4 + count * kBlockBytes);
    out.u32(report.ssrc);
    write_blocks(out, report.blocks, count);
}

void write_cname(ByteWriter& out, std::uint32_t ssrc, std::string_view cname) {
    cname = cname.substr(0, kMaxItemBytes);
    // RFC 3550 §6.5: the list ends with a null byte, then padding to 32 bits.
    const std::size_t used = 4 + 2 + cname.size() + 1;
    const std::size_t padded = (used + 3) / 4 * 4;
    begin_packet(out, 1, kSdes, padded);
    out.u32(ssrc).u8(kCname).u8(cname.size()).text(cname).zeros(1 + padded - used);
}

}  // namespace

base::Result<std::vector<Packet>> parse(ByteSpan bytes) {
    std::vector<Packet> packets;
    ByteReader in(bytes);
    for (std::size_t n = 0; n < kMaxPackets && in.left() >= 4; ++n) {
        const std::uint8_t first = in.u8();
        const std::uint8_t type = in.u8();
        const ByteSpan body = in.take(in.u16() * std::size_t{4});
        const bool broken = first >> 6 != 2 || in.failed() || type < kFirstType || type > kLastType;
        if (broken) break;
        std::size_t end = body.size();
        if ((first & 0x20) != 0 && end > 0)
            end -= std::min<std::size_t>(end, body.back());  // padding
        const std::size_t count = first & 0x1F;
        const ByteReader content(body.first(end));
        std::optional<Packet> packet;
        switch (type) {
            case kSr:
                packet = read_sender_report(content, count);
                break;
            case kRr:
                packet = read_receiver_report(content, count);
                break;
            case kSdes:
                packet = read_description(content, count);
                break;
            case kBye:
                packet = read_bye(content, count);
                break;
            default:
                continue;
        }
        if (!packet) break;
        packets.push_back(std::move(*packet));
    }
    if (packets.empty() && !looks_like_rtcp(bytes))
        return base::fail(base::ErrorKind::InvalidArgument, "not an RTCP packet");
    return packets;
}

bool looks_like_rtcp(ByteSpan bytes) {
    return bytes.size() >= 4 && bytes[0] >> 6 == 2 && bytes[1] >= kFirstType &&
           bytes[1] <= kLastType;
}

std::vector<std::uint8_t> write_sender_report(const SenderReport& report, std::string_view cname) {
    const std::size_t count = std::min(report.blocks.size(), kMaxBlocks);
    ByteWriter out(64 + cname.size());
    begin_packet(out, count, kSr, 24 + count * kBlockBytes);
    out.u32(report.ssrc)
        .u64(report.ntp)
        .u32(report.rtp_timestamp)
        .u32(report.packets)
        .u32(report.octets);
    write_blocks(out, report.blocks, count);
    write_cname(out, report.ssrc, cname);
    return out.take();
}

std::vector<std::uint8_t> write_receiver_report(const ReceiverReport& report,
                                                std::string_view cname) {
    ByteWriter out(64 + cname.size());
    write_rr(out, report);
    write_cname(out, report.ssrc, cname);
    return out.take();
}

std::vector<std::uint8_t> write_bye(std::uint32_t ssrc, std::string_view cname,
                                    std::string_view reason) {
    ByteWriter out(64 + cname.size());
    write_rr(out, {.ssrc = ssrc, .blocks = {}});
    write_cname(out, ssrc, cname);
    reason = reason.substr(0, kMaxItemBytes);
    const std::size_t used = 4 + (reason.empty() ? 0 : 1 + reason.size());
    const std::size_t padded = (used + 3) / 4 * 4;
    begin_packet(out, 1, kBye, padded);
    out.u32(ssrc);
    if (!reason.empty()) out.u8(reason.size()).text(reason);
    out.zeros(padded - used);
    return out.take();
}

std::uint64_t to_ntp(base::WallTime time) {
    const std::int64_t us = time.time_since_epoch().count();
    std::int64_t seconds = us / 1'000'000;
    std::int64_t rest = us % 1'000'000;
    if (rest < 0) {
        rest += 1'000'000;
        --seconds;
    }
    const auto ntp_seconds = static_cast<std::uint32_t>(seconds + kUnixEpochInNtp);
    const auto fraction = (static_cast<std::uint64_t>(rest) << 32) / 1'000'000;
    return static_cast<std::uint64_t>(ntp_seconds) << 32 | fraction;
}

base::WallTime from_ntp(std::uint64_t ntp) {
    std::int64_t seconds = static_cast<std::int64_t>(ntp >> 32);
    // RFC 4330 §3: with the highest bit clear the time is of era 1, after February 2036. A camera
    // that counts from 1970 lands in 2106, which the time line does not believe.
    if ((seconds & 0x8000'0000) == 0) seconds += std::int64_t{1} << 32;
    const std::int64_t us = static_cast<std::int64_t>(
        ((ntp & 0xFFFF'FFFF) * 1'000'000 + (std::uint64_t{1} << 31)) >> 32);
    return base::WallTime{std::chrono::microseconds{(seconds - kUnixEpochInNtp) * 1'000'000 + us}};
}

}  // namespace casement::protocols::rtcp
