#include "formats/fmp4/slice_plan.hpp"

#include <algorithm>
#include <utility>

#include "media/time.hpp"

namespace casement::formats::fmp4 {

namespace {

using base::ErrorKind;
using base::WallTime;
using media::Kind;
using std::chrono::microseconds;

/// A pause longer than this between two segments is a break; shorter ones are the jitter of clocks.
constexpr microseconds kBreak{500'000};

struct OpenSegment {
    Reader reader;
    WallTime start;
    std::vector<std::size_t> track_of_setup;  // place in the plan
};

class Planner {
public:
    explicit Planner(const SliceRequest& request) : request_(request) {}

    base::Result<> add(const SegmentInput& input, std::size_t index) {
        auto opened = Reader::open(*input.source);
        if (!opened) return std::unexpected(std::move(opened).error());
        const auto& identity = opened->identity();
        if (!input.start && !identity)
            return base::fail(ErrorKind::InvalidArgument,
                              "slice: segment {} does not say when it was recorded", index);
        OpenSegment segment{
            std::move(*opened), input.start.value_or(identity ? identity->start : WallTime{}), {}};
        if (segment.start >= request_.to) return {};
        CASEMENT_TRY(match_tracks(segment));
        placed_ = false;
        while (true) {
            auto fragment = segment.reader.next();
            // A torn tail ends this segment, not the slice: it is being written, or the power went.
            if (!fragment && fragment.error().is(ErrorKind::DataLoss)) break;
            if (!fragment) return std::unexpected(std::move(fragment).error());
            if (!*fragment) break;
            CASEMENT_TRY(add_fragment(segment, **fragment, index));
        }
        if (placed_) previous_ = Previous{segment.start, segment.reader.identity(), offset_};
        return {};
    }

    base::Result<SlicePlan> take() {
        if (plan_.chunks.empty() || leading_end_ <= request_.from)
            return base::fail(ErrorKind::NotFound, "slice: nothing was recorded in this time");
        drop_unused_tracks();
        for (TrackPlan& track : plan_.tracks) settle_times(track);
        plan_.to = plan_.from + end_of_leading();
        return std::move(plan_);
    }

private:
    struct Previous {
        WallTime start;
        std::optional<SegmentIdentity> identity;
        microseconds offset;
    };

    base::Result<> match_tracks(OpenSegment& segment) {
        for (const TrackSetup& setup : segment.reader.setups()) {
            if (setup.nal_length_bytes != 4)
                return base::fail(ErrorKind::Unsupported, "slice: NAL lengths of {} bytes",
                                  setup.nal_length_bytes);
            const auto same = std::ranges::find_if(plan_.tracks, [&](const TrackPlan& t) {
                return t.track.codec == setup.track.codec &&
                       t.track.clock_rate == setup.track.clock_rate;
            });
            if (same == plan_.tracks.end()) {
                const bool kind_taken = std::ranges::any_of(plan_.tracks, [&](const TrackPlan& t) {
                    return t.track.kind() == setup.track.kind();
                });
                if (kind_taken) {
                    return base::fail_because(
                        "codec", ErrorKind::FailedPrecondition,
                        "slice: {} changes to {} at {}; ask for the time before or after",
                        setup.track.kind() == Kind::Video ? "video" : "audio",
                        media::to_string(setup.track.codec), base::format_rfc3339(segment.start));
                }
                segment.track_of_setup.push_back(plan_.tracks.size());
                media::Track track = setup.track;
                track.id = static_cast<int>(plan_.tracks.size());
                plan_.tracks.push_back({.track = track, .descriptions = {}, .samples = {}});
            } else {
                segment.track_of_setup.push_back(
                    static_cast<std::size_t>(same - plan_.tracks.begin()));
            }
        }
        return {};
    }

    base::Result<> add_fragment(const OpenSegment& segment, const FragmentTable& fragment,
                                std::size_t index) {
        start_at_key_frame(segment, fragment);
        bool any = false;
        // The leading track first: it says where the segment lies on the time line.
        for (const bool video : {true, false}) {
            for (const TrackSamples& run : fragment.tracks) {
                const auto setup =
                    std::ranges::find(segment.reader.setups(), run.track,
                                      [](const TrackSetup& s) { return s.track.id; });
                if ((setup->track.kind() == Kind::Video) != video) continue;
                const auto place = segment.track_of_setup[static_cast<std::size_t>(
                    setup - segment.reader.setups().begin())];
                CASEMENT_TRY(const bool added, add_run(segment, *setup, run, place, index));
                any |= added;
            }
        }
        if (any) ++fragments_;
        return {};
    }

    /// Everything before the last key frame at or before the wanted begin is forgotten, and so is
    /// what ended before the begin.
    void start_at_key_frame(const OpenSegment& segment, const FragmentTable& fragment) {
        for (const TrackSamples& run : fragment.tracks) {
            const auto setup = std::ranges::find(segment.reader.setups(), run.track,
                                                 [](const TrackSetup& s) { return s.track.id; });
            if (!leads(segment, *setup)) continue;
            for (const Sample& sample : run.samples) {
                const WallTime wall =
                    segment.start + media::ticks_to_us(sample.dts, setup->track.clock_rate);
                const bool before = wall <= request_.from;
                if (!sample.key || (!before && leading_end_ > request_.from)) continue;
                clear();
                first_wall_ = wall;
                if (!before) return;
            }
        }
    }

    /// The track whose key frames are the places where a slice can start.
    static bool leads(const OpenSegment& segment, const TrackSetup& setup) {
        const bool has_video =
            std::ranges::any_of(segment.reader.setups(),
                                [](const TrackSetup& s) { return s.track.kind() == Kind::Video; });
        return !has_video || setup.track.kind() == Kind::Video;
    }

    void clear() {
        for (TrackPlan& track : plan_.tracks) track.samples.clear();
        plan_.chunks.clear();
        total_ = 0;
        placed_ = false;
        previous_.reset();
    }

    base::Result<bool> add_run(const OpenSegment& segment, const TrackSetup& setup,
                               const TrackSamples& run, std::size_t place, std::size_t index) {
        TrackPlan& track = plan_.tracks[place];
        const std::size_t begin = track.samples.size();
        const std::int64_t sounding_until =
            setup.track.kind() == Kind::Audio ? end_before(place, index) : 0;
        for (const Sample& sample : run.samples) {
            const WallTime wall =
                segment.start + media::ticks_to_us(sample.dts, setup.track.clock_rate);
            if (wall >= request_.to) break;
            if (first_wall_ ? wall < *first_wall_ : !(leads(segment, setup) && sample.key))
                continue;
            if (!first_wall_) first_wall_ = wall;
            if (!placed_)
                place_segment(segment, media::ticks_to_us(sample.dts, setup.track.clock_rate));
            if (++total_ > kMaxSliceSamples) {
                return base::fail(ErrorKind::ResourceExhausted,
                                  "slice: more than {} pictures and sounds; ask for a shorter time",
                                  kMaxSliceSamples);
            }
            const std::int64_t shift = media::us_to_ticks(offset_, setup.track.clock_rate);
            if (sample.dts + shift < 0 || sample.dts + shift + sample.duration / 2 < sounding_until)
                continue;
            if (leads(segment, setup))
                leading_end_ = wall + media::ticks_to_us(sample.duration, setup.track.clock_rate);
            Sample out = sample;
            out.dts += shift;
            out.pts += shift;
            out.description = description_in(track, setup, sample.description);
            track.samples.push_back(out);
        }
        const std::size_t count = track.samples.size() - begin;
        if (count > 0)
            plan_.chunks.push_back({.track = place,
                                    .segment = index,
                                    .begin = begin,
                                    .count = count,
                                    .fragment = fragments_});
        return count > 0;
    }

    /// Where the sound of the segments before `segment` ends: it may reach over the last picture,
    /// and then would be heard twice.
    std::int64_t end_before(std::size_t place, std::size_t segment) const {
        const auto chunk =
            std::find_if(plan_.chunks.rbegin(), plan_.chunks.rend(),
                         [&](const Chunk& c) { return c.track == place && c.segment != segment; });
        if (chunk == plan_.chunks.rend()) return 0;
        const Sample& last = plan_.tracks[place].samples[chunk->begin + chunk->count - 1];
        return last.dts + last.duration;
    }

    /// Decides `offset_`: what to add to media times of this segment. `first` is the media time of
    /// its first sample that is used.
    void place_segment(const OpenSegment& segment, microseconds first) {
        placed_ = true;
        if (!previous_) {
            plan_.from = segment.start + first;
            offset_ = -first;
            return;
        }
        const auto& identity = segment.reader.identity();
        const bool same_run = identity && previous_->identity &&
                              identity->run == previous_->identity->run &&
                              identity->camera == previous_->identity->camera;
        const microseconds since =
            same_run ? microseconds(identity->run_offset_us - previous_->identity->run_offset_us)
                     : segment.start - previous_->start;
        const microseconds end = end_of_leading();
        offset_ = previous_->offset + since;
        const microseconds pause = offset_ + first - end;
        const bool breaks = request_.close_gaps && pause > kBreak;
        if (breaks || (pause < microseconds{} && !same_run)) offset_ = end - first;
    }

    static std::uint16_t description_in(TrackPlan& track, const TrackSetup& setup,
                                        std::uint16_t description) {
        const std::size_t index =
            description >= 1 && description <= setup.descriptions.size() ? description - 1u : 0;
        const auto& wanted = setup.descriptions[index];
        auto known = std::ranges::find_if(
            track.descriptions, [&](const auto& p) { return p == wanted || *p == *wanted; });
        if (known == track.descriptions.end()) {
            track.descriptions.push_back(wanted);
            known = track.descriptions.end() - 1;
        }
        return static_cast<std::uint16_t>(known - track.descriptions.begin() + 1);
    }

    microseconds end_of_leading() const {
        microseconds end{};
        bool video = false;
        for (const TrackPlan& track : plan_.tracks) {
            if (track.samples.empty() || (video && track.track.kind() != Kind::Video)) continue;
            video |= track.track.kind() == Kind::Video;
            const Sample& last = track.samples.back();
            end = media::ticks_to_us(last.dts + last.duration, track.track.clock_rate);
            if (video) break;
        }
        return end;
    }

    void drop_unused_tracks() {
        std::vector<std::size_t> new_place(plan_.tracks.size(), 0);
        std::vector<TrackPlan> kept;
        for (std::size_t i = 0; i < plan_.tracks.size(); ++i) {
            if (plan_.tracks[i].samples.empty()) continue;
            new_place[i] = kept.size();
            kept.push_back(std::move(plan_.tracks[i]));
            kept.back().track.id = static_cast<int>(new_place[i]);
            kept.back().track.parameters = kept.back().descriptions.front();
        }
        plan_.tracks = std::move(kept);
        for (Chunk& chunk : plan_.chunks) chunk.track = new_place[chunk.track];
    }

    /// Times never go back, and every sample lasts until the next one.
    static void settle_times(TrackPlan& track) {
        for (std::size_t i = 1; i < track.samples.size(); ++i) {
            Sample &before = track.samples[i - 1], &sample = track.samples[i];
            if (sample.dts < before.dts) {
                sample.pts += before.dts - sample.dts;
                sample.dts = before.dts;
            }
            before.duration = static_cast<std::uint32_t>(
                std::min<std::int64_t>(sample.dts - before.dts, 0xFFFF'FFFF));
        }
    }

    const SliceRequest request_;
    SlicePlan plan_;
    std::size_t total_ = 0;
    std::size_t fragments_ = 0;
    std::optional<WallTime> first_wall_;  // of the key frame the slice starts with
    WallTime leading_end_{};              // wall time up to which there are pictures in the plan
    bool placed_ = false;                 // whether offset_ is that of the segment being read
    microseconds offset_{};
    std::optional<Previous> previous_;
};

}  // namespace

base::Result<SlicePlan> plan_slice(std::span<const SegmentInput> segments,
                                   const SliceRequest& request) {
    if (request.to <= request.from)
        return base::fail(ErrorKind::InvalidArgument, "slice: the end is not behind the begin");
    Planner planner(request);
    for (std::size_t i = 0; i < segments.size(); ++i) {
        CASEMENT_TRY(planner.add(segments[i], i));
    }
    return planner.take();
}

std::uint64_t media_bytes(const SlicePlan& plan, const Chunk& chunk) {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < chunk.count; ++i)
        out += plan.tracks[chunk.track].samples[chunk.begin + i].size;
    return out;
}

void append_media(const SlicePlan& plan, const Chunk& chunk, std::vector<Piece>& pieces) {
    for (std::size_t i = 0; i < chunk.count; ++i) {
        const Sample& sample = plan.tracks[chunk.track].samples[chunk.begin + i];
        if (sample.size == 0) continue;
        if (!pieces.empty()) {
            Piece& last = pieces.back();
            if (last.input == chunk.segment && last.offset + last.size == sample.offset) {
                last.size += sample.size;
                continue;
            }
        }
        pieces.push_back(
            {.memory = {}, .input = chunk.segment, .offset = sample.offset, .size = sample.size});
    }
}

}  // namespace casement::formats::fmp4
