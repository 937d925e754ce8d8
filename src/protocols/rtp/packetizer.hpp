#pragma once
// Access units in, one contiguous block of RTP packets out: packed once per stream, sent to every
// viewer as it is.
//
// Every packet in the block is preceded by its RTSP interleave header, so TCP sends the whole block
// with one call; UDP sends the ranges of `packets` without that header. The fragments of one NAL
// unit have equal sizes except the last, as UDP GSO wants.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "media/access_unit.hpp"
#include "media/track.hpp"
#include "protocols/rtp/packet.hpp"
#include "protocols/rtp/payload_format.hpp"

namespace casement::protocols::rtp {

/// RTP header and payload. 1424 + UDP 8 + IPv6 40 = 1472 leaves room for a tunnel inside an
/// Ethernet MTU of 1500.
inline constexpr std::size_t kDefaultMaxPacketBytes = 1424;
/// Below this an FU would be mostly header.
inline constexpr std::size_t kMinMaxPacketBytes = 128;

/// Where an RTP packet lies in its block (its interleave header is the four bytes before).
struct PacketRange {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    bool operator==(const PacketRange&) const = default;
};

struct PacketizerSetup {
    PayloadFormat format;
    std::uint32_t track_clock_rate =
        kVideoClockRate;       // of AccessUnit::pts; rescaled when it is not the RTP clock
    std::uint8_t channel = 0;  // interleave channel
    std::uint32_t ssrc = 0;
    std::uint16_t first_sequence = 0;    // RFC 3550 §5.1: random
    std::uint32_t timestamp_offset = 0;  // RFC 3550 §5.1: random
    std::size_t max_packet_bytes = kDefaultMaxPacketBytes;
};

/// Not thread-safe. Sequence numbers go on from unit to unit.
class Packetizer {
public:
    explicit Packetizer(const PacketizerSetup& setup);

    struct Size {
        std::size_t bytes = 0;    // of the block, interleave headers included
        std::size_t packets = 0;  // 0: this unit cannot be carried (see `refused`)
    };

    /// What `write` will need for this unit; walks the NAL units, touches no payload. `parameters`
    /// may be null (then a key frame goes without parameter sets).
    Size measure(const media::AccessUnit& unit, const media::CodecParameters* parameters) const;

    /// `out` must be exactly as long as measure() said for this unit; ranges are appended to
    /// `packets` with `base_offset` added, so that several units can share one block.
    void write(const media::AccessUnit& unit, const media::CodecParameters* parameters,
               std::span<std::uint8_t> out, std::size_t base_offset,
               std::vector<PacketRange>& packets);

    /// measure() and write() at the end of `block`. Returns false when the unit cannot be carried;
    /// nothing is appended then.
    bool pack(const media::AccessUnit& unit, const media::CodecParameters* parameters,
              std::vector<std::uint8_t>& block, std::vector<PacketRange>& packets);

    /// Of the next packet: what RTP-Info says of a unit that has not been packed yet.
    std::uint16_t next_sequence() const { return sequence_; }
    std::uint32_t rtp_timestamp(std::int64_t pts) const;

    std::uint32_t ssrc() const { return setup_.ssrc; }
    const PayloadFormat& format() const { return setup_.format; }
    /// For sender reports (RFC 3550 §6.4.1).
    std::uint32_t packets_sent() const { return packets_sent_; }
    std::uint32_t octets_sent() const { return octets_sent_; }
    /// Units that pack() could not carry: empty ones, JPEG that RFC 2435 has no words for, AAC
    /// frames over 8191 bytes.
    std::uint64_t refused() const { return refused_; }

private:
    template <typename Sink>
    void emit(const media::AccessUnit& unit, const media::CodecParameters* parameters,
              Sink& sink) const;

    PacketizerSetup setup_;
    std::size_t max_payload_;
    std::uint16_t sequence_;
    std::uint32_t packets_sent_ = 0;
    std::uint32_t octets_sent_ = 0;
    std::uint64_t refused_ = 0;
};

}  // namespace casement::protocols::rtp
