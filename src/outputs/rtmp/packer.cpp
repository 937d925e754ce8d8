#include "outputs/rtmp/packer.hpp"

#include <algorithm>

#include "formats/flv.hpp"

namespace casement::outputs::rtmp {

namespace flv = formats::flv;
using namespace protocols::rtmp;

namespace {

constexpr int kGone = -1;

MessageHeader header_of(media::Kind kind) {
    const bool video = kind == media::Kind::Video;
    return {.chunk_stream = video ? ChunkStreamId::Video : ChunkStreamId::Audio,
            .type = video ? MessageType::Video : MessageType::Audio,
            .stream_id = kMediaStreamId};
}

}  // namespace

media::Tracks carried(const media::Tracks& tracks) {
    media::Tracks out;
    for (const media::Kind kind : {media::Kind::Video, media::Kind::Audio}) {
        const auto found = std::ranges::find_if(tracks, [&](const media::Track& t) {
            return t.kind() == kind && t.parameters && flv::is_carried(t.codec);
        });
        if (found != tracks.end()) out.push_back(*found);
    }
    return out;
}

void append_metadata(OutBytes& out, const media::Tracks& tracks, OpusAs opus_as) {
    media::Tracks shown = tracks;
    for (media::Track& track : shown) {
        if (track.codec == media::Codec::Opus && opus_as == OpusAs::Aac)
            track.codec = media::Codec::Aac;
    }
    append_message(out,
                   {.chunk_stream = ChunkStreamId::Data,
                    .type = MessageType::DataAmf0,
                    .stream_id = kMediaStreamId},
                   {formats::amf0::written({"onMetaData", flv::metadata(shown)})});
}

base::Result<> RtmpPacker::set_tracks(const media::Tracks& tracks) {
    // A track that has gone keeps its lane, for its codec must come back the same, but no unit is
    // its own.
    for (std::optional<Lane>* lane : {&video_, &audio_}) {
        if (*lane) (*lane)->source.id = kGone;
    }
    for (const media::Track& track : carried(tracks)) {
        std::optional<Lane>& lane = track.kind() == media::Kind::Video ? video_ : audio_;
        // Players choose their decoder once.
        if (lane && lane->source.codec != track.codec) return fanout::codec_changed();
        const auto sent = sent_as(track);
        if (!sent) continue;  // pictures without sound are better than neither
        auto configuration = flv::configuration_body(*sent->parameters);
        if (!configuration) continue;
        lane = Lane{track, *sent, header_of(track.kind()), std::move(*configuration)};
        configurations_due_ = true;
    }
    return {};
}

bool RtmpPacker::is_transcoded(const media::Track& track) const {
    return track.codec == media::Codec::Opus && opus_as_ == OpusAs::Aac;
}

base::Result<media::Track> RtmpPacker::sent_as(const media::Track& track) {
    if (!is_transcoded(track)) return track;
    CASEMENT_TRY(transcoder_,
                 ffmpeg::AudioTranscoder::open(track, {.codec = media::Codec::Aac}, track.id));
    return transcoder_->track();
}

void RtmpPacker::pack_configurations(std::uint32_t timestamp_ms, OutBytes& out) {
    configurations_due_ = false;
    for (const std::optional<Lane>* lane : {&video_, &audio_}) {
        if (!*lane || (*lane)->source.id == kGone || (*lane)->configuration.empty()) continue;
        MessageHeader header = (*lane)->header;
        header.timestamp_ms = timestamp_ms;
        append_message(out, header, {(*lane)->configuration});
    }
}

void RtmpPacker::pack(const media::AccessUnit& unit, fanout::WireUnit& into) {
    const bool is_video = video_ && video_->source.id == unit.track;
    if (!is_video && !(audio_ && audio_->source.id == unit.track)) return;
    // Audio alone: each unit may be somebody's first.
    if (configurations_due_ || (unit.key && (is_video || !video_ || video_->source.id == kGone))) {
        const media::Track& source = is_video ? video_->source : audio_->source;
        pack_configurations(static_cast<std::uint32_t>(flv::timestamp_ms(source, unit.dts)),
                            into.block);
    }
    if (is_video) return pack(*video_, unit, into);
    if (!is_transcoded(audio_->source)) return pack(*audio_, unit, into);
    transcoded_.clear();
    if (!transcoder_->push(unit, transcoded_)) return;  // the video goes on without sound
    for (const media::AccessUnit& made : transcoded_) pack(*audio_, made, into);
}

void RtmpPacker::pack(const Lane& lane, const media::AccessUnit& unit, fanout::WireUnit& into) {
    const std::int64_t dts_ms = flv::timestamp_ms(lane.track, unit.dts);
    const std::int64_t pts_ms = flv::timestamp_ms(lane.track, unit.pts);
    MessageHeader header = lane.header;
    header.timestamp_ms = static_cast<std::uint32_t>(dts_ms);
    const flv::FrameHeader body = flv::frame_header(*lane.track.parameters, unit.key,
                                                    static_cast<std::int32_t>(pts_ms - dts_ms));
    append_message(into.block, header, {body.view(), unit.data.view()});
}

}  // namespace casement::outputs::rtmp
