#include "protocols/rtp/time_line.hpp"

#include <algorithm>
#include <cstdlib>

#include "media/time.hpp"
#include "protocols/rtcp/rtcp.hpp"

namespace casement::protocols::rtp {

namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using namespace std::chrono_literals;

/// Lip sync is noticed from about 45 ms (ITU-R BT.1359); sender reports are good to a few ms.
constexpr microseconds kReportTolerance = 40ms;
/// Arrival knows no better: two tracks are queued differently by tenths of a second.
constexpr microseconds kArrivalTolerance = 300ms;
/// Up to here a correction is slewed, beyond it is one step forward.
constexpr microseconds kMaxSlew = 500ms;
/// One part in 20: half a second is made up within ten.
constexpr std::int64_t kSlewDivisor = 20;
/// Two reports of one track that disagree by more: the sender's wall clock was set.
constexpr microseconds kMaxReportDisagreement = 500ms;
/// The first window is short, so that a burst at the start (a cached GOP) is understood soon.
constexpr microseconds kFirstArrivalWindow = 3s;
constexpr microseconds kArrivalWindow = 10s;
/// Wall time: beyond it is set at once, below it is slewed by 1 %.
constexpr microseconds kMaxWallSlew = 1s;
constexpr std::int64_t kWallSlewDivisor = 100;

microseconds magnitude(microseconds v) { return v < 0us ? -v : v; }

}  // namespace

TimeLine::TimeLine(std::vector<std::uint32_t> clock_rates) : tracks_(clock_rates.size()) {
    for (std::size_t i = 0; i < clock_rates.size(); ++i)
        tracks_[i].clock_rate = std::max(clock_rates[i], 1u);
}

void TimeLine::on_sender_report(std::size_t track, std::uint64_t ntp, std::uint32_t rtp_timestamp) {
    TrackState& state = tracks_[track];
    if (!state.started) {
        state.early = EarlyReport{ntp, rtp_timestamp};
        return;
    }
    take_report(state, ntp, rtp_timestamp);
}

void TimeLine::take_report(TrackState& track, std::uint64_t ntp, std::uint32_t rtp_timestamp) {
    if (ntp == 0) return;  // RFC 3550 §6.4.1: the sender has no notion of wall-clock time
    const auto step = static_cast<std::int32_t>(rtp_timestamp - track.last_rtp);
    if (magnitude(media::ticks_to_us(step, track.clock_rate)) > kMaxPlausibleJump)
        return;  // not of this clock
    Report report{.ticks = track.last_ticks + step,
                  .ntp = rtcp::from_ntp(ntp).time_since_epoch(),
                  .confirmed = true};
    if (track.report) {
        const Micros by_rtp =
            media::ticks_to_us(report.ticks - track.report->ticks, track.clock_rate);
        const Micros by_ntp = report.ntp - track.report->ntp;
        if (magnitude(by_rtp - by_ntp) > kMaxReportDisagreement) {
            report.confirmed = false;
            for (TrackState& other : tracks_) {
                if (&other != &track) other.report.reset();  // of the clock before
            }
        }
    }
    track.report = report;
}

TimeLine::Stamp TimeLine::stamp(std::size_t index, std::uint32_t rtp_timestamp,
                                base::SteadyTime arrived, base::WallTime wall_now) {
    TrackState& track = tracks_[index];
    Stamp out;
    const std::int64_t highest = track.highest_ticks;
    const std::int64_t ticks = unwrap(track, rtp_timestamp, arrived, out.reanchored);
    slew(track, track.highest_ticks - highest);
    if (&track != &tracks_.front() && !align_by_reports(track)) align_by_arrival(track);
    out.pts = ticks + track.shift;
    const Micros media_time = media::ticks_to_us(out.pts, track.clock_rate);
    note_arrival(track, duration_cast<Micros>(arrived - origin_) - media_time, arrived);
    out.wall = wall_of(track, out.pts, arrived, wall_now);
    return out;
}

std::int64_t TimeLine::unwrap(TrackState& track, std::uint32_t rtp_timestamp,
                              base::SteadyTime arrived, bool& reanchored) {
    if (!track.started) {
        begin(track, rtp_timestamp, arrived);
        return track.last_ticks;
    }
    // Half of 2^32 ticks of 90 kHz are 6.6 hours: a wrap is an ordinary step here.
    const auto step = static_cast<std::int32_t>(rtp_timestamp - track.last_rtp);
    const Micros by_rtp = media::ticks_to_us(step, track.clock_rate);
    const Micros by_arrival = duration_cast<Micros>(arrived - track.last_arrived);
    reanchored = by_rtp < -kMaxReorder ||
                 (by_rtp > kMaxPlausibleJump && by_rtp - by_arrival > kMaxPlausibleJump);
    if (reanchored) {
        // The clock was reset: go on where arrival says. Reports of the old clock mean nothing now.
        track.last_ticks =
            track.highest_ticks +
            std::max<std::int64_t>(1, media::us_to_ticks(by_arrival, track.clock_rate));
        track.report.reset();
        track.arrival = {};
        track.correction = 0;
    } else {
        track.last_ticks += step;
    }
    track.last_rtp = rtp_timestamp;
    track.last_arrived = arrived;
    track.highest_ticks = std::max(track.highest_ticks, track.last_ticks);
    return track.last_ticks;
}

void TimeLine::begin(TrackState& track, std::uint32_t rtp_timestamp, base::SteadyTime arrived) {
    if (!started_) {
        started_ = true;
        origin_ = arrived;
    }
    track.started = true;
    track.last_rtp = rtp_timestamp;
    track.last_arrived = arrived;
    track.shift = media::us_to_ticks(duration_cast<Micros>(arrived - origin_), track.clock_rate);
    if (track.early) take_report(track, track.early->ntp, track.early->rtp_timestamp);
    track.early.reset();
    // Nothing of this track is out yet: it may still go back.
    const auto ahead = ahead_by_reports(track);
    if (ahead && magnitude(*ahead) < kMaxPlausibleJump)
        track.shift -= media::us_to_ticks(*ahead, track.clock_rate);
}

/// How far the track's media time is ahead of the first track's, as the sender's clock says;
/// nothing while one of them has no report.
std::optional<TimeLine::Micros> TimeLine::ahead_by_reports(const TrackState& track) const {
    const TrackState& reference = tracks_.front();
    if (&track == &reference || !track.report || !reference.report) return std::nullopt;
    if (!track.report->confirmed || !reference.report->confirmed) return std::nullopt;
    const auto offset = [](const TrackState& t) {
        return media::ticks_to_us(t.report->ticks + t.shift + t.correction, t.clock_rate) -
               t.report->ntp;
    };
    return offset(track) - offset(reference);
}

bool TimeLine::align_by_reports(TrackState& track) {
    const auto ahead = ahead_by_reports(track);
    track.aligned_by_reports = ahead && magnitude(*ahead) < kMaxPlausibleJump;
    if (track.aligned_by_reports) correct(track, *ahead, kReportTolerance);
    return track.aligned_by_reports;
}

void TimeLine::align_by_arrival(TrackState& track) {
    const ArrivalWindow& own = track.arrival;
    const ArrivalWindow& reference = tracks_.front().arrival;
    if (!own.has_previous || !reference.has_previous) return;
    // What runs ahead in media time seems to arrive early.
    const Micros ahead =
        std::min(reference.current, reference.previous) - std::min(own.current, own.previous);
    if (magnitude(ahead) < kMaxPlausibleJump)
        correct(track, ahead - media::ticks_to_us(-track.correction, track.clock_rate),
                kArrivalTolerance);
}

void TimeLine::correct(TrackState& track, Micros ahead, Micros tolerance) {
    if (magnitude(ahead) <= tolerance) return;
    if (magnitude(ahead) <= kMaxSlew) {
        track.correction -= media::us_to_ticks(ahead, track.clock_rate);
    } else if (ahead < 0us) {
        move_forward(track, media::us_to_ticks(-ahead, track.clock_rate));
    } else {
        // It may not go back, so all others go forward.
        for (TrackState& other : tracks_) {
            if (&other != &track) move_forward(other, media::us_to_ticks(ahead, other.clock_rate));
        }
        if (wall_offset_) *wall_offset_ -= ahead;
    }
}

void TimeLine::move_forward(TrackState& track, std::int64_t ticks) {
    track.shift += ticks;
    track.arrival = {};
}

void TimeLine::slew(TrackState& track, std::int64_t step_ticks) {
    if (track.correction == 0) return;
    const std::int64_t most = step_ticks / kSlewDivisor;
    const std::int64_t part = std::clamp(track.correction, -most, most);
    track.shift += part;
    track.correction -= part;
}

void TimeLine::note_arrival(TrackState& track, Micros offset, base::SteadyTime arrived) {
    ArrivalWindow& window = track.arrival;
    if (!window.open) {
        window.open = true;
        window.began = arrived;
        window.current = offset;
        return;
    }
    if (arrived - window.began >= (window.has_previous ? kArrivalWindow : kFirstArrivalWindow)) {
        window.previous = window.current;
        window.has_previous = true;
        window.began = arrived;
        window.current = offset;
        return;
    }
    window.current = std::min(window.current, offset);
}

base::WallTime TimeLine::wall_of(const TrackState& track, std::int64_t pts,
                                 base::SteadyTime arrived, base::WallTime wall_now) {
    const Micros media_time = media::ticks_to_us(pts, track.clock_rate);
    const Micros now = wall_now.time_since_epoch();
    std::optional<Micros> target;
    wall_from_reports_ = false;
    if (track.report) {
        const Micros offset =
            track.report->ntp -
            media::ticks_to_us(track.report->ticks + track.shift, track.clock_rate);
        const Micros age = now - (media_time + offset);
        if (age <= kMaxCaptureBehind && age >= -kMaxCaptureAhead) {
            target = offset;
            wall_from_reports_ = true;
        }
    }
    if (!target) {
        const ArrivalWindow& window = track.arrival;
        const Micros least =
            window.has_previous ? std::min(window.current, window.previous) : window.current;
        // Wall time of media time 0, had it arrived without queueing.
        target = now - duration_cast<Micros>(arrived - origin_) + least;
    }
    const Micros elapsed = std::max(media_time - wall_last_media_, Micros{0});
    wall_last_media_ = std::max(wall_last_media_, media_time);
    if (!wall_offset_ || magnitude(*target - *wall_offset_) > kMaxWallSlew) {
        wall_offset_ = target;
    } else {
        const Micros most = elapsed / kWallSlewDivisor;
        *wall_offset_ += std::clamp(*target - *wall_offset_, -most, most);
    }
    return base::WallTime{media_time + *wall_offset_};
}

}  // namespace casement::protocols::rtp
