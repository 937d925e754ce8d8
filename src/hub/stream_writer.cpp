#include "hub/stream_writer.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "hub/stream.hpp"
#include "media/time.hpp"

namespace casement::hub {

/// State of one run. Only the writing thread touches it.
struct StreamWriter::Run {
    struct TrackState {
        std::int64_t offset = 0;               // run ticks -> stream ticks
        std::optional<std::int64_t> last_dts;  // as written to the stream
    };

    TracksPtr tracks = std::make_shared<const media::Tracks>();  // without what is left out
    bool without_audio = false;
    std::vector<int> ids;  // of the source's tracks in `tracks`; -1 = left out
    std::vector<TrackState> state;
    bool has_video = false;
    bool started =
        false;  // the first key frame (or audio unit of an audio-only stream) has been written
    std::int64_t offset_us = 0;
    std::int64_t shown_us = 0;  // what the stream had shown when the run began
    std::uint64_t before_key = 0;
};

StreamWriter::StreamWriter(std::shared_ptr<Stream> stream, Claim claim)
    : stream_(std::move(stream)), claim_(claim), run_(std::make_unique<Run>()) {
    const bool waits = claim_ == Claim::Spare || claim_ == Claim::Preferred;
    if (!waits) pen_ = stream_->take_pen(claim_);
}
StreamWriter::~StreamWriter() {
    if (run_->before_key > 0) stream_->count_before_key(run_->before_key);
}

void StreamWriter::leave_out_audio() { run_->without_audio = true; }

void StreamWriter::set_tracks(media::Tracks given) {
    Run& run = *run_;
    run.ids.clear();
    media::Tracks tracks;
    for (media::Track& track : given) {
        const bool is_kept = !run.without_audio || track.kind() != media::Kind::Audio;
        run.ids.push_back(is_kept ? static_cast<int>(tracks.size()) : -1);
        if (!is_kept) continue;
        track.id = run.ids.back();
        tracks.push_back(std::move(track));
    }
    if (*run.tracks == tracks) return;
    run.has_video = std::ranges::any_of(
        tracks, [](const media::Track& t) { return t.kind() == media::Kind::Video; });
    std::vector<Run::TrackState> state(tracks.size());
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        const bool same_clock =
            i < run.tracks->size() && (*run.tracks)[i].clock_rate == tracks[i].clock_rate;
        if (same_clock) state[i] = run.state[i];
        if (run.started && !same_clock)
            state[i].offset =
                media::us_to_ticks(std::chrono::microseconds(run.offset_us), tracks[i].clock_rate);
    }
    run.state = std::move(state);
    run.tracks = std::make_shared<const media::Tracks>(std::move(tracks));
}

void StreamWriter::publish(media::AccessUnit unit) {
    Run& run = *run_;
    if (unit.track < 0 || static_cast<std::size_t>(unit.track) >= run.ids.size()) return;
    unit.track = run.ids[static_cast<std::size_t>(unit.track)];
    if (unit.track < 0) return;
    const auto id = static_cast<std::size_t>(unit.track);
    const media::Track& track = (*run.tracks)[id];
    if (unit.received_at == base::SteadyTime{}) unit.received_at = stream_->clock_.steady_now();
    if (unit.wall == base::WallTime{}) unit.wall = stream_->clock_.wall_now();

    if (!run.started) {
        if (!begins_with(unit, track) || !begin(unit, track)) {
            // What a way in sends while another one writes is no loss.
            if (pen_ != 0 && claim_ != Claim::Preferred) ++run.before_key;
            return;
        }
        unit.discontinuity = true;
    }
    Run::TrackState& state = run.state[id];
    const std::int64_t reorder = unit.pts - unit.dts;
    unit.dts += state.offset;
    // Sound that goes with pictures of before the run.
    if (media::ticks_to_us(unit.dts, track.clock_rate).count() <= run.shown_us) return;
    if (state.last_dts && unit.dts <= *state.last_dts) unit.dts = *state.last_dts + 1;
    state.last_dts = unit.dts;
    unit.pts = unit.dts + std::max<std::int64_t>(reorder, 0);
    if (progress_ && (track.kind() == media::Kind::Video || !run.has_video))
        progress_->last_picture_ = unit.received_at.time_since_epoch().count();
    // Another one writes now. One that is preferred goes on with its next key frame.
    if (!stream_->append(std::move(unit), run.tracks, pen_) && claim_ == Claim::Preferred)
        run.started = false;
}

bool StreamWriter::begins_with(const media::AccessUnit& unit, const media::Track& track) const {
    if (!track.parameters) return false;
    return !run_->has_video || (track.kind() == media::Kind::Video && unit.key);
}

/// The run continues the stream's time line where the stream's clock now stands: an outage of 7 s
/// is 7 s of media time. False while another one writes that goes before this one.
bool StreamWriter::begin(const media::AccessUnit& unit, const media::Track& track) {
    Run& run = *run_;
    if (claim_ == Claim::Spare && pen_ == 0) pen_ = stream_->take_pen(claim_);
    if (claim_ == Claim::Preferred) {
        const std::uint64_t taken =
            pen_ == 0 ? stream_->take_pen(claim_) : stream_->take_pen_back(pen_, claim_);
        if (taken == 0) return false;
        pen_ = taken;
    }
    // After the pen was taken: nobody else can write past this point.
    const Stream::RunStart start = stream_->next_run();
    run.offset_us = start.begin_us - media::ticks_to_us(unit.dts, track.clock_rate).count();
    run.shown_us = start.shown_us;
    for (std::size_t i = 0; i < run.state.size(); ++i) {
        run.state[i].offset = media::us_to_ticks(std::chrono::microseconds(run.offset_us),
                                                 (*run.tracks)[i].clock_rate);
        run.state[i].last_dts.reset();
    }
    run.started = true;
    if (progress_) ++progress_->runs_;
    return true;
}

std::unique_ptr<StreamWriter> StreamWriter::hand_over() const { return hand_over(claim_); }

std::unique_ptr<StreamWriter> StreamWriter::hand_over(Claim claim) const {
    auto next = std::make_unique<StreamWriter>(stream_, claim);
    next->run_->without_audio = run_->without_audio;
    next->progress_ = progress_;
    return next;
}

void StreamWriter::tell(std::shared_ptr<Progress> progress) { progress_ = std::move(progress); }

bool StreamWriter::is_watched() const { return stream_->is_watched(); }

void StreamWriter::count_lost(std::uint64_t units) { stream_->count_lost(units); }

}  // namespace casement::hub
