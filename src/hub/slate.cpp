#include "hub/slate.hpp"

#include <algorithm>
#include <optional>

#include "media/silence.hpp"
#include "media/time.hpp"

namespace casement::hub {

namespace {

// One picture a second: players with a live edge of a few seconds stay fed, and a key frame costs
// little at that rate.
constexpr std::chrono::seconds kPicturePeriod{1};

}  // namespace

Slate::Slate(const std::shared_ptr<Stream>& stream) : writer_(stream, Claim::Filler) {}

std::unique_ptr<Slate> Slate::make(const std::shared_ptr<Stream>& stream) {
    const std::optional<LogEntry> last = stream->newest_key_frame();
    if (!last) return nullptr;
    std::unique_ptr<Slate> slate(new Slate(stream));
    slate->writer_.set_tracks(*last->tracks);
    const auto now = std::chrono::steady_clock::now();
    for (const media::Track& track : *last->tracks) {
        Lane lane;
        lane.track = track;
        lane.next_at = now;
        if (track.kind() == media::Kind::Video && track.id == last->unit->track) {
            lane.data = last->unit->data;
            lane.period = kPicturePeriod;
            lane.step_ticks = track.clock_rate;
        } else if (const auto silence = media::silent_frame(track);
                   track.kind() == media::Kind::Audio && silence) {
            lane.data = silence->data;
            lane.step_ticks = silence->ticks;
            lane.period = media::ticks_to_us(silence->ticks, track.clock_rate);
        } else {
            continue;
        }
        slate->lanes_.push_back(std::move(lane));
    }
    if (slate->lanes_.empty()) return nullptr;
    return slate;
}

base::SteadyTime Slate::write_until(base::SteadyTime now) {
    base::SteadyTime next = base::SteadyTime::max();
    for (Lane& lane : lanes_) {
        while (lane.next_at <= now) {
            media::AccessUnit unit;
            unit.track = lane.track.id;
            unit.key = true;
            unit.slate = true;
            unit.pts = unit.dts = lane.next_dts;
            unit.data = lane.data;
            writer_.publish(std::move(unit));
            lane.next_dts += lane.step_ticks;
            lane.next_at += lane.period;
        }
        next = std::min(next, lane.next_at);
    }
    return next;
}

}  // namespace casement::hub
