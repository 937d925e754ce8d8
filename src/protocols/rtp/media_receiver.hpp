#pragma once
// RTP and RTCP of one stream in, tracks and access units out: reorder buffer, depacketizer, time
// line and statistics of every track put together once, for RTSP pull and RTSP RECORD alike.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "media/access_unit.hpp"
#include "media/track.hpp"
#include "protocols/rtp/depacketizer.hpp"
#include "protocols/rtp/payload_format.hpp"
#include "protocols/rtp/receiver_stats.hpp"
#include "protocols/rtp/reorder_buffer.hpp"
#include "protocols/rtp/time_line.hpp"

namespace casement::protocols::rtp {

struct ReceivedTrack {
    PayloadFormat format;
    media::CodecParametersPtr parameters;  // from the SDP; null when they come in band
};

/// Takes what the receiver has assembled. Called from inside on_rtp, on_rtcp, poll and flush.
class MediaSink {
public:
    virtual ~MediaSink() = default;
    /// The tracks as they are from here on: before the first unit and when parameters change.
    virtual void on_tracks(const media::Tracks& tracks) = 0;
    virtual void on_unit(media::AccessUnit unit) = 0;
    /// Packets or units that are missing before the next unit.
    virtual void on_lost(std::uint64_t count) = 0;
};

/// Not thread-safe; no clock inside. Track indices are those of the list given, which becomes
/// Track::id.
class MediaReceiver {
public:
    /// `limits`: none for TCP, where nothing comes out of order; see ReorderLimits for UDP.
    MediaReceiver(std::vector<ReceivedTrack> tracks, ReorderLimits limits);
    ~MediaReceiver();

    void on_rtp(std::size_t track, ByteSpan packet, base::SteadyTime now, base::WallTime wall_now,
                MediaSink& sink);
    /// True when the sender said BYE for this track.
    bool on_rtcp(std::size_t track, ByteSpan packet, base::SteadyTime now, base::WallTime wall_now);
    /// Gives up on packets that did not come in time. Call at next_deadline().
    void poll(base::SteadyTime now, base::WallTime wall_now, MediaSink& sink);
    std::optional<base::SteadyTime> next_deadline() const;

    /// A compound receiver report with CNAME; valid before anything was received.
    std::vector<std::uint8_t> receiver_report(std::size_t track, base::SteadyTime now);
    std::vector<std::uint8_t> bye(std::size_t track) const;

    std::size_t tracks() const { return lanes_.size(); }
    /// Packets with another payload type or that are no RTP.
    std::uint64_t refused() const { return refused_; }

private:
    struct Lane;
    void on_packet(Lane& lane, const Packet& packet, bool lost_before, base::SteadyTime now,
                   base::WallTime wall_now, MediaSink& sink);
    void hand_out(Lane& lane, Unit& unit, base::SteadyTime now, base::WallTime wall_now,
                  MediaSink& sink);
    media::Tracks current_tracks() const;

    std::vector<std::unique_ptr<Lane>> lanes_;
    TimeLine time_;
    std::uint32_t own_ssrc_;
    std::string cname_;
    bool told_tracks_ = false;
    std::uint64_t refused_ = 0;
};

}  // namespace casement::protocols::rtp
