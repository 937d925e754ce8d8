#pragma once
// RTP packets of one track in, whole access units out. One implementation per payload format behind
// one small interface.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "media/bytes.hpp"
#include "media/track.hpp"
#include "protocols/rtp/packet.hpp"
#include "protocols/rtp/payload_format.hpp"

namespace casement::protocols::rtp {

/// A larger access unit is dropped and counted: 8 MiB is over ten times a key frame of a 4K camera
/// at 20 Mbit/s.
inline constexpr std::size_t kMaxUnitBytes = 8 * 1024 * 1024;
/// Slices and SEI of one picture; Annex A of H.264 ends at some hundred slices.
inline constexpr std::size_t kMaxNalsPerUnit = 1024;

/// A unit as it left the wire; the time line turns it into a media::AccessUnit.
struct Unit {
    std::uint32_t rtp_timestamp = 0;
    bool key = false;  // decodable without earlier units; audio always
    bool after_loss =
        false;          // something between the previous unit handed out and this one is missing
    media::Bytes data;  // in the form of media::AccessUnit::data
    media::CodecParametersPtr parameters;  // set on the first unit that needs other parameters than
                                           // the unit before; else null
};

struct DepacketizerCounters {
    std::uint64_t units = 0;      // handed out
    std::uint64_t damaged = 0;    // dropped because a part was lost
    std::uint64_t malformed = 0;  // packets that break their payload format
    std::uint64_t oversized = 0;  // units over kMaxUnitBytes or kMaxNalsPerUnit
};

/// Not thread-safe. No heap work per packet; one allocation per finished unit.
class Depacketizer {
public:
    virtual ~Depacketizer() = default;

    /// Takes the next packet in sequence order and appends the units that are complete now to `out`
    /// (which is not cleared). `lost_before`: at least one packet between the previous one and this
    /// one is missing.
    virtual void push(const Packet& packet, bool lost_before, std::vector<Unit>& out) = 0;
    /// Hands out what is complete but was waiting for a following packet: at the end of a stream.
    virtual void flush(std::vector<Unit>& out) = 0;

    /// Parameters as known now (from the SDP, or learnt in band); null when unknown.
    const media::CodecParametersPtr& parameters() const { return parameters_; }
    const DepacketizerCounters& counters() const { return counters_; }

protected:
    explicit Depacketizer(media::CodecParametersPtr parameters)
        : parameters_(std::move(parameters)) {}

    media::CodecParametersPtr parameters_;
    DepacketizerCounters counters_;
};

/// `parameters`: what the SDP told, or null. Fails with nothing: every media::Codec has one.
std::unique_ptr<Depacketizer> make_depacketizer(const PayloadFormat& format,
                                                media::CodecParametersPtr parameters);

}  // namespace casement::protocols::rtp
