#pragma once
// Time is normalised once: 32-bit RTP timestamps of every track of one stream become 64-bit media
// time that never runs backwards, with the tracks aligned, and each unit gets its wall time.
//
// Alignment and wall time come from RTCP sender reports when these are sane, else from arrival.
// Corrections are bounded: small ones are slewed, large ones move a track forward at once, never
// back.

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"

namespace casement::protocols::rtp {

/// A timestamp that jumps by more than this against arrival is a camera that reset its clock, not a
/// late packet.
inline constexpr std::chrono::seconds kMaxPlausibleJump{10};
/// Pictures are reordered by a few frames; a larger step back is a clock reset.
inline constexpr std::chrono::milliseconds kMaxReorder{1500};
/// A unit was not captured after it arrived; one second for clocks that nearly agree.
inline constexpr std::chrono::seconds kMaxCaptureAhead{1};
/// Nor long before: a camera whose clock is further off than this is not believed.
inline constexpr std::chrono::seconds kMaxCaptureBehind{10};

/// Not thread-safe. Times are the caller's: no clock inside.
class TimeLine {
public:
    /// One clock rate (RTP ticks per second) per track of the stream.
    explicit TimeLine(std::vector<std::uint32_t> clock_rates);

    struct Stamp {
        std::int64_t pts = 0;   // ticks of the track's clock; the first unit of the stream is at 0
        base::WallTime wall{};  // when it was captured
        bool reanchored = false;  // the camera's clock jumped right before this unit
    };

    /// `ntp` and `rtp_timestamp` as the report says. May come before the first unit of its track.
    void on_sender_report(std::size_t track, std::uint64_t ntp, std::uint32_t rtp_timestamp);

    /// `arrived` and `wall_now`: the two clocks when the unit was complete.
    Stamp stamp(std::size_t track, std::uint32_t rtp_timestamp, base::SteadyTime arrived,
                base::WallTime wall_now);

    /// Alignment by sender reports is in force for this track.
    bool aligned_by_reports(std::size_t track) const { return tracks_[track].aligned_by_reports; }
    /// The sender's clock is believed for wall time.
    bool wall_from_reports() const { return wall_from_reports_; }

private:
    using Micros = std::chrono::microseconds;
    struct Report {
        std::int64_t ticks = 0;  // unwrapped RTP time of the report
        Micros ntp{};            // sender's clock, since 1970
        bool confirmed =
            true;  // false: the sender's clock has just jumped; the next report will tell
    };
    struct EarlyReport {
        std::uint64_t ntp = 0;
        std::uint32_t rtp_timestamp = 0;
    };
    /// Least (arrival - media time) of this and the previous window: how a packet without queueing
    /// would arrive.
    struct ArrivalWindow {
        Micros current{}, previous{};
        base::SteadyTime began{};
        bool open = false, has_previous = false;
    };
    struct TrackState {
        std::uint32_t clock_rate = 0;
        bool started = false;
        std::uint32_t last_rtp = 0;
        std::int64_t last_ticks = 0;     // unwrapped, of the newest unit (steps back for B-frames)
        std::int64_t highest_ticks = 0;  // unwrapped
        base::SteadyTime last_arrived{};
        std::int64_t shift = 0;            // media ticks = unwrapped + shift
        std::int64_t correction = 0;       // still to be slewed into shift, in ticks
        std::optional<EarlyReport> early;  // came before the first unit
        std::optional<Report> report;
        bool aligned_by_reports = false;
        ArrivalWindow arrival;
    };

    std::int64_t unwrap(TrackState& track, std::uint32_t rtp_timestamp, base::SteadyTime arrived,
                        bool& reanchored);
    void begin(TrackState& track, std::uint32_t rtp_timestamp, base::SteadyTime arrived);
    void take_report(TrackState& track, std::uint64_t ntp, std::uint32_t rtp_timestamp);
    static void slew(TrackState& track, std::int64_t step_ticks);
    static void note_arrival(TrackState& track, Micros offset, base::SteadyTime arrived);
    bool align_by_reports(TrackState& track);
    void align_by_arrival(TrackState& track);
    void correct(TrackState& track, Micros ahead, Micros tolerance);
    void move_forward(TrackState& track, std::int64_t ticks);
    std::optional<Micros> ahead_by_reports(const TrackState& track) const;
    base::WallTime wall_of(const TrackState& track, std::int64_t pts, base::SteadyTime arrived,
                           base::WallTime wall_now);

    std::vector<TrackState> tracks_;
    bool started_ = false;
    base::SteadyTime origin_{};  // arrival of the first unit: media time 0
    bool wall_from_reports_ = false;
    std::optional<Micros> wall_offset_;  // wall - media time, as slewed so far
    Micros wall_last_media_{};
};

}  // namespace casement::protocols::rtp
