#pragma once
// RTCP (RFC 3550 §6): compound packets in, values out; reports written from values.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/byte_reader.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace casement::protocols::rtcp {

using base::ByteSpan;

/// RFC 3550 §6.4.1.
struct ReportBlock {
    std::uint32_t ssrc = 0;
    std::uint8_t fraction_lost = 0;         // of 256, since the previous report
    std::int32_t cumulative_lost = 0;       // 24 bits, signed
    std::uint32_t highest_sequence = 0;     // extended by the count of wraps
    std::uint32_t jitter = 0;               // ticks of the RTP clock
    std::uint32_t last_sr = 0;              // middle 32 bits of its NTP time; 0 = none yet
    std::uint32_t delay_since_last_sr = 0;  // 1/65536 s
    bool operator==(const ReportBlock&) const = default;
};

struct SenderReport {
    std::uint32_t ssrc = 0;
    std::uint64_t ntp = 0;  // 32.32 seconds since 1900
    std::uint32_t rtp_timestamp = 0;
    std::uint32_t packets = 0;
    std::uint32_t octets = 0;
    std::vector<ReportBlock> blocks;
    bool operator==(const SenderReport&) const = default;
};

struct ReceiverReport {
    std::uint32_t ssrc = 0;
    std::vector<ReportBlock> blocks;
    bool operator==(const ReceiverReport&) const = default;
};

/// One chunk of an SDES packet; other items than CNAME are skipped.
struct SourceDescription {
    std::uint32_t ssrc = 0;
    std::string cname;
    bool operator==(const SourceDescription&) const = default;
};

struct Bye {
    std::vector<std::uint32_t> ssrcs;
    std::string reason;
    bool operator==(const Bye&) const = default;
};

using Packet = std::variant<SenderReport, ReceiverReport, SourceDescription, Bye>;

/// Packets of one datagram or interleaved frame, at most this many; a real compound has two or
/// three.
inline constexpr std::size_t kMaxPackets = 32;

/// Unknown packet types (APP, feedback) are skipped. InvalidArgument when the first packet is
/// broken; what is broken later ends the list. Reduced-size RTCP (RFC 5506, a lone SDES or BYE) is
/// taken too: cameras send it.
base::Result<std::vector<Packet>> parse(ByteSpan bytes);

/// True when an interleaved frame or a datagram is RTCP, not RTP (RFC 5761 §4): cameras confuse
/// their channels.
bool looks_like_rtcp(ByteSpan bytes);

/// A compound packet: SR and CNAME.
std::vector<std::uint8_t> write_sender_report(const SenderReport& report, std::string_view cname);
/// A compound packet: RR and CNAME. Valid with no block at all, before anything was received.
std::vector<std::uint8_t> write_receiver_report(const ReceiverReport& report,
                                                std::string_view cname);
/// A compound packet: empty RR, CNAME and BYE (RFC 3550 §6.1 wants a report first).
std::vector<std::uint8_t> write_bye(std::uint32_t ssrc, std::string_view cname,
                                    std::string_view reason = {});

/// 32.32 NTP time of a wall-clock time and back. NTP era 0 until 2036, era 1 after (RFC 5905 §6).
std::uint64_t to_ntp(base::WallTime time);
base::WallTime from_ntp(std::uint64_t ntp);

}  // namespace casement::protocols::rtcp
