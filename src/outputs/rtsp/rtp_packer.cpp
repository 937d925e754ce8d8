#include "outputs/rtsp/rtp_packer.hpp"

#include <algorithm>

#include "base/byte_writer.hpp"
#include "base/random.hpp"
#include "media/time.hpp"
#include "protocols/rtcp/rtcp.hpp"

namespace casement::outputs::rtsp {

namespace rtp = protocols::rtp;
namespace rtcp = protocols::rtcp;

namespace {

// RFC 3550 §6.2: reports come at least every 5 s; at key frames, so that whoever starts there can
// align the tracks at once, but not more often than every second.
constexpr std::int64_t kReportPeriodUs = 5'000'000;
constexpr std::int64_t kReportSpacingUs = 900'000;

}  // namespace

RtpPacker::RtpPacker(std::uint32_t track_mask, Lower lower)
    : track_mask_(track_mask), lower_(lower), cname_("casement-" + base::random_hex(4)) {}

base::Result<> RtpPacker::set_tracks(const media::Tracks& tracks) {
    if (lanes_.empty()) {
        for (const media::Track& track : tracks) {
            Lane lane{track, nullptr};
            if (track_mask_ & 1u << track.id) {
                rtp::PacketizerSetup setup;
                setup.format = rtp::sending_format(track);
                setup.track_clock_rate = track.clock_rate;
                setup.channel = static_cast<std::uint8_t>(2 * track.id);
                setup.ssrc = base::random_u32();
                setup.first_sequence = static_cast<std::uint16_t>(base::random_u32());
                setup.timestamp_offset = base::random_u32();
                lane.packetizer = std::make_unique<rtp::Packetizer>(setup);
            }
            lanes_.push_back(std::move(lane));
        }
        return {};
    }
    // New parameter sets go on in band, and a track that has gone keeps its lane: pictures without
    // sound are better than neither. Other codecs or clocks, and a track more, would belie the SDP
    // that viewers hold.
    const auto has_lane = [this](const media::Track& track) {
        const auto i = static_cast<std::size_t>(track.id);
        return i < lanes_.size() && lanes_[i].track.codec == track.codec &&
               lanes_[i].track.clock_rate == track.clock_rate;
    };
    if (tracks.empty() || !std::ranges::all_of(tracks, has_lane)) return fanout::codec_changed();
    for (const media::Track& track : tracks)
        lanes_[static_cast<std::size_t>(track.id)].track = track;
    return {};
}

void RtpPacker::pack(const media::AccessUnit& unit, fanout::WireUnit& into) {
    Lane& lane = lanes_[static_cast<std::size_t>(unit.track)];
    if (!lane.packetizer) return;
    if (report_due(unit, lane)) pack_reports(unit, lane, into);
    if (lower_ == Lower::Tcp) {
        ranges_.clear();
        (void)lane.packetizer->pack(unit, lane.track.parameters.get(), into.block, ranges_);
        return;
    }
    scratch_.clear();
    ranges_.clear();
    (void)lane.packetizer->pack(unit, lane.track.parameters.get(), scratch_, ranges_);
    for (const rtp::PacketRange& range : ranges_) {
        append_datagram(into, std::span(scratch_).subspan(range.offset, range.size),
                        static_cast<std::uint8_t>(unit.track), false);
    }
}

bool RtpPacker::report_due(const media::AccessUnit& unit, const Lane& lane) {
    const std::int64_t us = media::ticks_to_us(unit.pts, lane.track.clock_rate).count();
    if (!anchor_) return true;
    const std::int64_t since = us - last_report_us_;
    return since >= kReportPeriodUs ||
           (unit.key && lane.track.kind() == media::Kind::Video && since >= kReportSpacingUs);
}

void RtpPacker::pack_reports(const media::AccessUnit& unit, const Lane& lane,
                             fanout::WireUnit& into) {
    const std::int64_t us = media::ticks_to_us(unit.pts, lane.track.clock_rate).count();
    if (!anchor_) anchor_ = Anchor{us, unit.wall};
    last_report_us_ = us;
    const base::WallTime wall = anchor_->wall + std::chrono::microseconds(us - anchor_->media_us);
    for (const Lane& other : lanes_) {
        if (!other.packetizer) continue;
        rtcp::SenderReport report;
        report.ssrc = other.packetizer->ssrc();
        report.ntp = rtcp::to_ntp(wall);
        report.rtp_timestamp = other.packetizer->rtp_timestamp(
            media::us_to_ticks(std::chrono::microseconds(us), other.track.clock_rate));
        report.packets = other.packetizer->packets_sent();
        report.octets = other.packetizer->octets_sent();
        const auto bytes = rtcp::write_sender_report(report, cname_);
        const auto track = static_cast<std::uint8_t>(other.track.id);
        if (lower_ == Lower::Udp) {
            append_datagram(into, bytes, track, true);
        } else {
            // RFC 2326 §10.12.
            const std::uint8_t head[] = {'$', static_cast<std::uint8_t>(2 * track + 1),
                                         static_cast<std::uint8_t>(bytes.size() >> 8),
                                         static_cast<std::uint8_t>(bytes.size())};
            into.block.insert(into.block.end(), std::begin(head), std::end(head));
            into.block.insert(into.block.end(), bytes.begin(), bytes.end());
        }
    }
}

void RtpPacker::append_datagram(fanout::WireUnit& into, std::span<const std::uint8_t> bytes,
                                std::uint8_t track, bool rtcp_packet) {
    into.datagrams.push_back({static_cast<std::uint32_t>(into.block.size()),
                              static_cast<std::uint32_t>(bytes.size()), track, rtcp_packet});
    into.block.insert(into.block.end(), bytes.begin(), bytes.end());
}

}  // namespace casement::outputs::rtsp
