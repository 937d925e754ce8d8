#include "recorder/planner.hpp"

#include <algorithm>

#include "base/byte_reader.hpp"
#include "media/time.hpp"
#include "recorder/layout.hpp"

namespace casement::recorder {

namespace {

using formats::fmp4::FragmentOptions;
using formats::fmp4::TrackRun;
using media::AccessUnitPtr;

/// A guess for the first unit of a track, used when nothing follows it within a beat.
constexpr std::uint32_t kFirstVideoDuration = 90'000 / 15;

bool is_writable(const media::Track& track) {
    if (!track.parameters) return false;
    const media::CodecParameters& p = *track.parameters;
    switch (p.codec) {
        case media::Codec::H264:
            return !p.sps.empty() && !p.pps.empty();
        case media::Codec::H265:
            return !p.vps.empty() && !p.sps.empty() && !p.pps.empty();
        case media::Codec::Aac:
            return !p.config.empty();
        default:
            return true;
    }
}

/// The header of a fragment begins with prft, moof, or both: where moof is.
std::uint64_t moof_offset(media::ByteSpan header) {
    base::ByteReader reader(header);
    const std::uint32_t size = reader.u32();
    return base::as_text(reader.take(4)) == "prft" ? size : 0;
}

std::string codecs_of(const media::Tracks& tracks) {
    std::string out;
    for (const media::Track& track : tracks)
        out += (out.empty() ? "" : ",") + track.parameters->rfc6381();
    return out;
}

}  // namespace

Planner::Planner(std::string camera, PlannerOptions options,
                 std::function<std::string()> make_run_id)
    : camera_(std::move(camera)), options_(options), make_run_id_(std::move(make_run_id)) {}

void Planner::parameters(const media::Tracks& tracks) {
    media::Tracks usable;
    for (const media::Track& track : tracks) {
        if (is_writable(track)) usable.push_back(track);
    }
    const auto same = [](const media::Track& a, const media::Track& b) {
        return a.id == b.id && a.clock_rate == b.clock_rate && a.codec == b.codec &&
               *a.parameters == *b.parameters;
    };
    if (std::ranges::equal(usable, tracks_, same)) return;
    end_run(EndReason::Changed);
    tracks_ = std::move(usable);
    // Pictures lead: without their parameters nothing begins, or the file would have sound only.
    const auto is_video = [](const media::Track& t) { return t.kind() == media::Kind::Video; };
    const bool waits_for_picture =
        std::ranges::any_of(tracks, is_video) && std::ranges::none_of(tracks_, is_video);
    leader_ = -1;
    if (tracks_.empty() || waits_for_picture) return;
    const auto video = std::ranges::find_if(tracks_, is_video);
    leader_ = video == tracks_.end() ? 0 : static_cast<int>(video - tracks_.begin());
}

std::int64_t Planner::to_us(std::int64_t ticks, int track) const {
    return media::ticks_to_us(ticks, tracks_[static_cast<std::size_t>(track)].clock_rate).count();
}

bool Planner::must_roll(const media::AccessUnit& key) const {
    return std::chrono::microseconds{to_us(key.dts, leader_) - open_->base_us} >= options_.segment;
}

bool Planner::begin(const media::AccessUnit& first) {
    const std::int64_t base_us = to_us(first.dts, leader_);
    if (!run_) {
        run_ = OpenRun{make_run_id_(), first.wall, base_us, 0, next_file_};
        is_start_open_ = true;
        ops_.push_back(BeginRun{{.id = run_->id,
                                 .camera = camera_,
                                 .start = first.wall,
                                 .end = {},
                                 .reason = EndReason::None,
                                 .detail = {}}});
    }
    const std::int64_t offset_us = base_us - run_->start_us;
    Open open;
    open.file = next_file_++;
    open.start = run_->start + std::chrono::microseconds{offset_us};
    open.base_us = base_us;
    const std::uint32_t leader_rate = tracks_[static_cast<std::size_t>(leader_)].clock_rate;
    for (const media::Track& track : tracks_) {
        const bool is_video = track.kind() == media::Kind::Video;
        open.tracks.push_back({{},
                               is_video ? kFirstVideoDuration : 0u,
                               media::rescale(first.dts, leader_rate, track.clock_rate)});
    }
    auto init = write_init(open.start, run_->segments);
    if (!init && tracks_.size() > 1) {
        // Sound is never the reason that a recording fails.
        std::erase_if(tracks_,
                      [](const media::Track& t) { return t.kind() != media::Kind::Video; });
        leader_ = 0;
        open.tracks.resize(tracks_.size());
        init = write_init(open.start, run_->segments);
    }
    if (!init) {
        ++unusable_;
        if (run_->segments == 0) {
            ops_.pop_back();
            run_.reset();
        }
        return false;
    }
    open.bytes = init->size();
    Segment segment{.camera = camera_,
                    .file = segment_file(open.start),
                    .start = open.start,
                    .end = open.start,
                    .bytes = 0,
                    .run = run_->id,
                    .sequence = run_->segments,
                    .codecs = codecs_of(tracks_)};
    ops_.push_back(OpenSegment{open.file, std::move(segment), std::move(*init)});
    ++run_->segments;
    open_ = std::move(open);
    return true;
}

base::Result<media::Bytes> Planner::write_init(base::WallTime start, std::uint32_t sequence) const {
    const auto offset = std::chrono::duration_cast<std::chrono::microseconds>(start - run_->start);
    const formats::fmp4::SegmentIdentity identity{camera_, run_->id, sequence, start,
                                                  offset.count()};
    return formats::fmp4::write_init(tracks_, &identity);
}

void Planner::begin_earlier(std::chrono::microseconds by) {
    run_->start -= by;
    if (open_) open_->start -= by;
    if (closing_) closing_->start -= by;
    for (Op& op : ops_) {
        if (auto* const begun = std::get_if<BeginRun>(&op); begun && begun->run.id == run_->id) {
            begun->run.start -= by;
        } else if (auto* const opened = std::get_if<OpenSegment>(&op);
                   opened && opened->segment.run == run_->id) {
            Segment& segment = opened->segment;
            segment.start -= by;
            segment.end -= by;
            segment.file = segment_file(segment.start);
            // The same tracks as before, so it can be written again.
            if (auto init = write_init(segment.start, segment.sequence))
                opened->init = std::move(*init);
        } else if (auto* const append = std::get_if<Append>(&op);
                   append && append->file >= run_->first_file) {
            append->end -= by;
        }
    }
}

void Planner::unit(const AccessUnitPtr& unit) {
    if (leader_ < 0) return;
    const auto found = std::ranges::find(tracks_, unit->track, &media::Track::id);
    if (found == tracks_.end()) return;
    const int track = static_cast<int>(found - tracks_.begin());

    if (track == leader_) {
        if (open_ && to_us(unit->dts, leader_) < open_->base_us)
            return;  // time does not run backwards
        const auto length =
            open_ ? std::chrono::microseconds{to_us(unit->dts, leader_) - open_->base_us}
                  : std::chrono::microseconds{0};
        const auto early = open_ ? open_->start + length - unit->wall : base::WallTime::duration{};
        if (is_start_open_ && early > base::WallTime::duration{} && early <= kLargestBacklog)
            begin_earlier(std::chrono::duration_cast<std::chrono::microseconds>(early));
        if (open_ && unit->key && std::chrono::abs(unit->wall - (open_->start + length)) > kDrift)
            end_run(EndReason::Changed, "clock");
        if (open_ && !unit->key && length > kLongestSegment)
            end_run(EndReason::Lost, "no-keyframe");
        if (!open_) {
            if (!unit->key || !begin(*unit)) return;
        } else if (unit->key && must_roll(*unit)) {
            flush(*open_, unit->dts);
            finish(closing_);
            closing_ = std::exchange(open_, std::nullopt);
            if (!begin(*unit)) return end_run(EndReason::Changed);
        }
        gather(*open_, unit);
        return;
    }
    if (!open_) return;
    const auto at = static_cast<std::size_t>(track);
    if (unit->dts >= open_->tracks[at].base) return gather(*open_, unit);
    if (closing_ && unit->dts >= closing_->tracks[at].base) gather(*closing_, unit);
}

void Planner::gather(Open& open, const AccessUnitPtr& unit) {
    const auto at = static_cast<std::size_t>(
        std::ranges::find(tracks_, unit->track, &media::Track::id) - tracks_.begin());
    const auto& leading = open.tracks[static_cast<std::size_t>(leader_)].units;
    const bool leads = static_cast<int>(at) == leader_;
    const bool long_enough = leads && !leading.empty() &&
                             to_us(unit->dts - leading.front()->dts, leader_) >=
                                 std::chrono::microseconds(kFragment).count();
    if (long_enough || open.gathered_bytes > kFragmentBytes)
        flush(open, leads ? std::optional(unit->dts) : std::nullopt);
    open.tracks[at].units.push_back(unit);
    open.gathered_bytes += unit->data.size();
}

void Planner::flush(Open& open, std::optional<std::int64_t> next) {
    std::vector<std::vector<std::uint32_t>> durations(open.tracks.size());
    std::vector<TrackRun> runs;
    const AccessUnitPtr* first = nullptr;
    bool starts_with_key = false;
    std::uint64_t key_pts = 0;
    for (std::size_t t = 0; t < open.tracks.size(); ++t) {
        Buffer& buffer = open.tracks[t];
        if (buffer.units.empty()) continue;
        const bool leads = static_cast<int>(t) == leader_;
        for (std::size_t i = 0; i < buffer.units.size(); ++i) {
            const bool is_last = i + 1 == buffer.units.size();
            const std::int64_t until = !is_last ? buffer.units[i + 1]->dts
                                       : leads && next
                                           ? *next
                                           : buffer.units[i]->dts + buffer.last_duration;
            buffer.last_duration = static_cast<std::uint32_t>(
                std::clamp<std::int64_t>(until - buffer.units[i]->dts, 0, UINT32_MAX));
            durations[t].push_back(buffer.last_duration);
        }
        if (first == nullptr) first = &buffer.units.front();
        const media::AccessUnit& head = *buffer.units.front();
        if (leads) {
            starts_with_key = head.key;
            key_pts = static_cast<std::uint64_t>(std::max<std::int64_t>(head.pts - buffer.base, 0));
        }
        runs.push_back({tracks_[t].id, static_cast<std::uint64_t>(head.dts - buffer.base),
                        buffer.units, durations[t]});
    }
    if (runs.empty()) return;

    FragmentOptions options;
    options.sequence = open.fragments + 1;
    options.wall = (*first)->wall;
    auto fragment = formats::fmp4::make_fragment(runs, options);
    const Buffer& lead = open.tracks[static_cast<std::size_t>(leader_)];
    if (!lead.units.empty()) {
        open.length = std::chrono::microseconds{
            to_us(lead.units.back()->dts + lead.last_duration - lead.base, leader_)};
    }
    for (Buffer& buffer : open.tracks) buffer.units.clear();
    open.gathered_bytes = 0;
    if (!fragment) {
        ++unusable_;
        return;
    }
    ++open.fragments;
    if (starts_with_key &&
        tracks_[static_cast<std::size_t>(leader_)].kind() == media::Kind::Video) {
        open.points.push_back({key_pts, open.bytes + moof_offset(fragment->header), 1});
    }
    Append append{open.file, {}, fragment->size_bytes, open.start + open.length};
    append.pieces.reserve(fragment->payload.size() + 1);
    append.pieces.push_back(std::move(fragment->header));
    std::ranges::move(fragment->payload, std::back_inserter(append.pieces));
    open.bytes += fragment->size_bytes;
    ops_.push_back(std::move(append));
}

void Planner::finish(std::optional<Open>& open) {
    if (!open) return;
    flush(*open, std::nullopt);
    const int leader = std::max(leader_, 0);
    const bool has_points = !open->points.empty();
    ops_.push_back(CloseSegment{
        open->file, has_points ? formats::fmp4::write_mfra(
                                     tracks_[static_cast<std::size_t>(leader)].id, open->points)
                               : media::Bytes{}});
    open.reset();
}

void Planner::beat() {
    finish(closing_);
    if (open_) flush(*open_, std::nullopt);
}

void Planner::end_run(EndReason reason, std::string detail) {
    if (!run_) return;
    finish(closing_);
    finish(open_);
    ops_.push_back(EndRun{reason, std::move(detail)});
    run_.reset();
}

void Planner::abandon() {
    closing_.reset();
    open_.reset();
    run_.reset();
    ops_.clear();
}

}  // namespace casement::recorder
