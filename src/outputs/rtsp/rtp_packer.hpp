#pragma once
// Access units to RTP as RTSP viewers get it, with sender reports in front of key frames.

#include <memory>
#include <optional>
#include <vector>

#include "outputs/fanout/wire_unit.hpp"
#include "protocols/rtp/packetizer.hpp"

namespace casement::outputs::rtsp {

enum class Lower { Tcp, Udp };

/// Packs the tracks of `track_mask` (bit = Track::id). Over TCP every packet stands behind its
/// interleave header (channels 2*track and 2*track+1); over UDP the packets of a unit follow each
/// other and `WireUnit::datagrams` says where they lie.
class RtpPacker final : public fanout::Packer {
public:
    RtpPacker(std::uint32_t track_mask, Lower lower);

    base::Result<> set_tracks(const media::Tracks& tracks) override;
    void pack(const media::AccessUnit& unit, fanout::WireUnit& into) override;

private:
    struct Lane {
        media::Track track;
        std::unique_ptr<protocols::rtp::Packetizer> packetizer;  // null: not asked for
    };
    bool report_due(const media::AccessUnit& unit, const Lane& lane);
    void pack_reports(const media::AccessUnit& unit, const Lane& lane, fanout::WireUnit& into);
    void append_datagram(fanout::WireUnit& into, std::span<const std::uint8_t> bytes,
                         std::uint8_t track, bool rtcp);

    const std::uint32_t track_mask_;
    const Lower lower_;
    const std::string cname_;
    std::vector<Lane> lanes_;
    // Media time and wall time of the same moment: all tracks are reported on one line, so that
    // players keep them together.
    struct Anchor {
        std::int64_t media_us;
        base::WallTime wall;
    };
    std::optional<Anchor> anchor_;
    std::int64_t last_report_us_ = 0;
    std::vector<protocols::rtp::PacketRange> ranges_;
    std::vector<std::uint8_t> scratch_;
};

}  // namespace casement::outputs::rtsp
