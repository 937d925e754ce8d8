#include "outputs/mse/muxer.hpp"

#include <algorithm>
#include <array>

#include "formats/fmp4/writer.hpp"
#include "media/aac.hpp"
#include "media/opus.hpp"
#include "media/time.hpp"

namespace casement::outputs::mse {

namespace {

using media::AccessUnit;
using media::AccessUnitPtr;
using media::Codec;
using media::Kind;
namespace fmp4 = formats::fmp4;

/// A jump of the source's time longer than this is closed; cameras that send a picture every second
/// stay below.
constexpr std::int64_t kJumpUs = 3'000'000;
/// Sound does not wait longer for a picture: cameras with one picture a second would make it
/// stutter.
constexpr std::int64_t kMaxAudioWaitUs = 250'000;

/// Ticks that one audio unit lasts, by its codec.
std::uint32_t nominal_duration(const media::Track& track, const AccessUnit& unit) {
    std::int64_t samples = 0, rate = track.parameters->sample_rate;
    if (track.codec == Codec::Opus) {
        samples = media::opus::packet_samples(unit.data);
        rate = 48'000;
    } else if (const auto config = media::aac::parse_config(track.parameters->config)) {
        samples = config->samples_per_frame();
        rate = config->sample_rate;
    }
    return rate > 0 ? static_cast<std::uint32_t>(media::rescale(
                          samples, static_cast<std::uint64_t>(rate), track.clock_rate))
                    : 0;
}

}  // namespace

base::Result<Muxer::Setup> Muxer::set_tracks(const media::Tracks& tracks) {
    CASEMENT_TRY(CodecChoice choice, choose_codecs(tracks, list_));
    std::unique_ptr<ffmpeg::AudioTranscoder> transcoder;
    media::Tracks written;
    std::optional<Lane> video, audio;
    if (choice.video) {
        Lane lane;
        lane.source_id = choice.video->id;
        lane.track = *choice.video;
        lane.track.id = 0;
        written.push_back(lane.track);
        video = lane;
    }
    if (choice.audio) {
        Lane lane;
        lane.source_id = choice.audio->id;
        lane.track = *choice.audio;
        if (choice.transcode_to) {
            auto opened =
                ffmpeg::AudioTranscoder::open(*choice.audio, {.codec = *choice.transcode_to}, 1);
            // Pictures without sound are better than neither.
            if (!opened && !video) return std::unexpected(std::move(opened).error());
            if (opened) {
                transcoder = std::move(*opened);
                lane.track = transcoder->track();
            }
        }
        if (!choice.transcode_to || transcoder) {
            lane.track.id = 1;
            written.push_back(lane.track);
            audio = lane;
        }
    }
    CASEMENT_TRY(media::Bytes init, fmp4::write_init(written));
    video_ = std::move(video);
    audio_ = std::move(audio);
    transcoder_ = std::move(transcoder);
    pending_.clear();
    joined_ = false;
    Setup setup{mime_of(written), std::move(init), {}};
    for (const media::Track& track : written)
        setup.clock_rates[static_cast<std::size_t>(track.id)] = track.clock_rate;
    return setup;
}

void Muxer::join(Lane& leader, const AccessUnit& unit) {
    const std::int64_t origin_us =
        media::ticks_to_us(unit.dts, leader.track.clock_rate).count() - end_us_;
    for (auto* lane : {&video_, &audio_}) {
        if (!*lane) continue;
        (*lane)->shift =
            media::us_to_ticks(std::chrono::microseconds(origin_us), (*lane)->track.clock_rate);
        (*lane)->next_dts = std::max(
            (*lane)->next_dts,
            media::us_to_ticks(std::chrono::microseconds(end_us_), (*lane)->track.clock_rate));
    }
    pending_.clear();
    joined_ = true;
}

base::Result<> Muxer::push(const AccessUnitPtr& unit, std::vector<Piece>& out) {
    if (video_ && unit->track == video_->source_id) return push_video(unit, out);
    if (!audio_ || unit->track != audio_->source_id) return {};
    if (!joined_ && video_) return {};  // waits for a key frame
    CASEMENT_TRY(push_audio(unit));
    return audio_is_due() ? emit(nullptr, out) : base::Result<>{};
}

base::Result<> Muxer::push_video(const AccessUnitPtr& unit, std::vector<Piece>& out) {
    Lane& lane = *video_;
    const std::int64_t step_us =
        lane.started ? media::ticks_to_us(unit->dts - lane.last_dts, lane.track.clock_rate).count()
                     : 0;
    if (step_us < 0 || step_us > kJumpUs) joined_ = false;
    if (!joined_) {
        if (!unit->key) return {};
        join(lane, *unit);
    } else if (unit->dts > lane.last_dts) {
        lane.duration = static_cast<std::uint32_t>(unit->dts - lane.last_dts);
    }
    if (lane.duration == 0)
        lane.duration =
            lane.track.clock_rate / 30;  // a first guess; tfdt corrects it with the next picture
    lane.last_dts = unit->dts;
    lane.started = true;
    return emit(&unit, out);
}

base::Result<> Muxer::push_audio(const AccessUnitPtr& unit) {
    Lane& lane = *audio_;
    transcoded_.clear();
    if (transcoder_) {
        CASEMENT_TRY(transcoder_->push(*unit, transcoded_));
    } else {
        transcoded_.push_back(*unit);
    }
    for (AccessUnit& made : transcoded_) {
        if (!joined_) join(lane, made);
        const std::int64_t dts = made.dts - lane.shift;
        const std::uint32_t nominal = nominal_duration(lane.track, made);
        if (dts < 0 || dts + nominal / 2 < lane.next_dts) continue;  // heard already
        // Frames of a live source jitter by a few ticks; on the output they lie side by side.
        const bool close =
            lane.started && std::abs(dts - lane.next_dts) <= static_cast<std::int64_t>(nominal);
        auto placed = std::make_shared<AccessUnit>(std::move(made));
        placed->dts = placed->pts = close ? lane.next_dts : dts;
        placed->track = 1;
        placed->key = true;
        lane.next_dts = placed->dts + nominal;
        lane.started = true;
        pending_.push_back(std::move(placed));
    }
    return {};
}

bool Muxer::audio_is_due() const {
    if (pending_.empty()) return false;
    if (!video_) return true;
    const std::int64_t ticks = audio_->next_dts - pending_.front()->dts;
    return media::ticks_to_us(ticks, audio_->track.clock_rate).count() > kMaxAudioWaitUs;
}

base::Result<> Muxer::emit(const AccessUnitPtr* video, std::vector<Piece>& out) {
    std::array<fmp4::TrackRun, 2> runs;
    std::size_t count = 0;
    Piece piece;
    piece.start_us = end_us_;  // sound alone stands behind the last picture
    AccessUnitPtr picture;
    std::uint32_t picture_duration = 0;
    if (video != nullptr) {
        Lane& lane = *video_;
        auto placed = std::make_shared<AccessUnit>(**video);
        placed->dts -= lane.shift;
        placed->pts -= lane.shift;
        picture = std::move(placed);
        picture_duration = lane.duration;
        runs[count++] = {
            .track = 0,
            .decode_time = static_cast<std::uint64_t>(std::max<std::int64_t>(picture->dts, 0)),
            .units = std::span(&picture, 1),
            .durations = std::span(&picture_duration, 1)};
        piece.key = picture->key;
        piece.wall = picture->wall;
        piece.start_us = media::ticks_to_us(picture->dts, lane.track.clock_rate).count();
        piece.duration_us = media::ticks_to_us(lane.duration, lane.track.clock_rate).count();
        end_us_ = piece.start_us + piece.duration_us;
        lane.next_dts = picture->dts + lane.duration;
    }
    if (!pending_.empty()) {
        const Lane& lane = *audio_;
        durations_.clear();
        for (std::size_t i = 0; i + 1 < pending_.size(); ++i)
            durations_.push_back(
                static_cast<std::uint32_t>(pending_[i + 1]->dts - pending_[i]->dts));
        durations_.push_back(static_cast<std::uint32_t>(lane.next_dts - pending_.back()->dts));
        runs[count++] = {.track = 1,
                         .decode_time = static_cast<std::uint64_t>(pending_.front()->dts),
                         .units = pending_,
                         .durations = durations_};
        if (!video_) {
            piece.key = true;
            piece.wall = pending_.front()->wall;
            piece.start_us =
                media::ticks_to_us(pending_.front()->dts, lane.track.clock_rate).count();
            end_us_ = media::ticks_to_us(lane.next_dts, lane.track.clock_rate).count();
            piece.duration_us = end_us_ - piece.start_us;
        }
    }
    CASEMENT_TRY(piece.bytes,
                 fmp4::make_fragment_block(std::span(runs).first(count),
                                           {.sequence = ++sequence_, .wall = std::nullopt}));
    pending_.clear();
    out.push_back(std::move(piece));
    return {};
}

}  // namespace casement::outputs::mse
