#include "protocols/rtp/media_receiver.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/random.hpp"
#include "media/h264.hpp"
#include "media/h265.hpp"
#include "protocols/rtcp/rtcp.hpp"
#include "protocols/rtp/dts_estimator.hpp"

namespace casement::protocols::rtp {

namespace {

std::vector<std::uint32_t> clock_rates(const std::vector<ReceivedTrack>& tracks) {
    std::vector<std::uint32_t> out;
    for (const ReceivedTrack& track : tracks) out.push_back(track.format.clock_rate);
    return out;
}

/// Encoders that do not say it use the largest value there is; cameras have two B-frames at most.
constexpr int kMaxBelievedReorder = 3;

/// What the parameter sets say of B-frames; 0 when they say nothing, then it is learnt.
int reorder_frames(const media::CodecParameters& parameters) {
    if (parameters.sps.empty()) return 0;
    int frames = 0;
    if (parameters.codec == media::Codec::H264) {
        if (const auto sps = media::h264::parse_sps(parameters.sps.front()))
            frames = sps->max_reorder_frames.value_or(0);
    } else if (parameters.codec == media::Codec::H265) {
        if (const auto sps = media::h265::parse_sps(parameters.sps.front()))
            frames = sps->max_reorder_frames;
    }
    return frames <= kMaxBelievedReorder ? frames : 0;
}

}  // namespace

struct MediaReceiver::Lane {
    Lane(std::size_t lane_index, const ReceivedTrack& track, ReorderLimits limits)
        : index(lane_index),
          format(track.format),
          reorder(limits),
          depacketizer(make_depacketizer(track.format, track.parameters)),
          stats(track.format.clock_rate) {
        if (track.parameters) dts.expect(reorder_frames(*track.parameters));
    }

    const std::size_t index;
    const PayloadFormat format;
    ReorderBuffer reorder;
    std::unique_ptr<Depacketizer> depacketizer;
    ReceiverStats stats;
    DtsEstimator dts;
    std::int64_t last_dts = std::numeric_limits<std::int64_t>::min();  // audio
    bool broken = false;      // something is missing before the next key unit
    std::vector<Unit> units;  // kept for its capacity
    std::uint64_t lost_told = 0;
};

MediaReceiver::MediaReceiver(std::vector<ReceivedTrack> tracks, ReorderLimits limits)
    : time_(clock_rates(tracks)),
      own_ssrc_(base::random_u32()),
      cname_("casement-" + base::random_hex(4)) {
    for (std::size_t i = 0; i < tracks.size(); ++i)
        lanes_.push_back(std::make_unique<Lane>(i, tracks[i], limits));
}

MediaReceiver::~MediaReceiver() = default;

media::Tracks MediaReceiver::current_tracks() const {
    media::Tracks out;
    for (const auto& lane : lanes_) {
        media::Track track;
        track.id = static_cast<int>(lane->index);
        track.codec = lane->format.codec;
        track.clock_rate = lane->format.clock_rate;
        track.parameters = lane->depacketizer->parameters();
        out.push_back(std::move(track));
    }
    return out;
}

void MediaReceiver::on_rtp(std::size_t track, ByteSpan bytes, base::SteadyTime now,
                           base::WallTime wall_now, MediaSink& sink) {
    if (track >= lanes_.size()) return;
    Lane& lane = *lanes_[track];
    const auto packet = Packet::parse(bytes);
    if (!packet || packet->payload_type != lane.format.payload_type) {
        ++refused_;
        return;
    }
    lane.stats.on_packet(*packet, now);
    lane.reorder.push(*packet, now, [&](const Packet& due, bool lost_before) {
        on_packet(lane, due, lost_before, now, wall_now, sink);
    });
}

void MediaReceiver::on_packet(Lane& lane, const Packet& packet, bool lost_before,
                              base::SteadyTime now, base::WallTime wall_now, MediaSink& sink) {
    if (lost_before) {
        const std::uint64_t lost = lane.reorder.counters().lost;
        if (lost > lane.lost_told) sink.on_lost(lost - std::exchange(lane.lost_told, lost));
    }
    lane.units.clear();
    lane.depacketizer->push(packet, lost_before, lane.units);
    for (Unit& unit : lane.units) hand_out(lane, unit, now, wall_now, sink);
}

void MediaReceiver::hand_out(Lane& lane, Unit& unit, base::SteadyTime now, base::WallTime wall_now,
                             MediaSink& sink) {
    if (unit.parameters || !told_tracks_) {
        told_tracks_ = true;
        sink.on_tracks(current_tracks());
    }
    const TimeLine::Stamp stamp = time_.stamp(lane.index, unit.rtp_timestamp, now, wall_now);
    media::AccessUnit out;
    out.track = static_cast<int>(lane.index);
    out.key = unit.key;
    // The units between a loss and the next key frame are shown as well as they can be; the key
    // frame starts afresh.
    lane.broken = lane.broken || unit.after_loss || stamp.reanchored;
    if (unit.key) out.discontinuity = std::exchange(lane.broken, false);
    if (media::kind_of(lane.format.codec) == media::Kind::Video) {
        if (unit.parameters) lane.dts.expect(reorder_frames(*unit.parameters));
        if (stamp.reanchored) lane.dts.reset();
        const DtsEstimator::Times times = lane.dts.next(stamp.pts);
        out.pts = times.pts;
        out.dts = times.dts;
    } else {
        // Sound is never reordered; a camera that says so has miscounted.
        out.pts = out.dts = std::max(stamp.pts, lane.last_dts + 1);
        lane.last_dts = out.dts;
    }
    out.received_at = now;
    out.wall = stamp.wall;
    out.data = std::move(unit.data);
    sink.on_unit(std::move(out));
}

bool MediaReceiver::on_rtcp(std::size_t track, ByteSpan bytes, base::SteadyTime now,
                            base::WallTime) {
    if (track >= lanes_.size()) return false;
    Lane& lane = *lanes_[track];
    const auto packets = rtcp::parse(bytes);
    if (!packets) {
        ++refused_;
        return false;
    }
    bool bye = false;
    for (const rtcp::Packet& packet : *packets) {
        if (const auto* report = std::get_if<rtcp::SenderReport>(&packet)) {
            lane.stats.on_sender_report(*report, now);
            time_.on_sender_report(track, report->ntp, report->rtp_timestamp);
        } else if (std::holds_alternative<rtcp::Bye>(packet)) {
            bye = true;
        }
    }
    return bye;
}

void MediaReceiver::poll(base::SteadyTime now, base::WallTime wall_now, MediaSink& sink) {
    for (const auto& lane : lanes_) {
        lane->reorder.poll(now, [&](const Packet& due, bool lost_before) {
            on_packet(*lane, due, lost_before, now, wall_now, sink);
        });
    }
}

std::optional<base::SteadyTime> MediaReceiver::next_deadline() const {
    std::optional<base::SteadyTime> first;
    for (const auto& lane : lanes_) {
        const auto next = lane->reorder.next_deadline();
        if (next && (!first || *next < *first)) first = next;
    }
    return first;
}

std::vector<std::uint8_t> MediaReceiver::receiver_report(std::size_t track, base::SteadyTime now) {
    rtcp::ReceiverReport report;
    report.ssrc = own_ssrc_;
    ReceiverStats& stats = lanes_[track]->stats;
    if (stats.heard()) report.blocks.push_back(stats.next_report(now));
    return rtcp::write_receiver_report(report, cname_);
}

std::vector<std::uint8_t> MediaReceiver::bye(std::size_t) const {
    return rtcp::write_bye(own_ssrc_, cname_);
}

}  // namespace casement::protocols::rtp
