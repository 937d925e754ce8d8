#pragma once
// Media files of other programs' kind, written by libavformat for tests.

extern "C" {
#include <libavformat/avformat.h>
}

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>

#include "ffmpeg/annex_b.hpp"
#include "ffmpeg/handles.hpp"
#include "media/access_unit.hpp"
#include "media/track.hpp"

namespace casement::ffmpeg::test {

/// Removed with the object.
class TemporaryFile {
public:
    explicit TemporaryFile(const std::string& ending)
        : path_(std::filesystem::temp_directory_path() /
                ("casement-" + std::to_string(::getpid()) + "-" + std::to_string(++count_) +
                 ending)) {}
    ~TemporaryFile() { std::filesystem::remove(path_); }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    static inline int count_ = 0;
    std::filesystem::path path_;
};

inline AVCodecID id_of(media::Codec codec) {
    switch (codec) {
        case media::Codec::H264:
            return AV_CODEC_ID_H264;
        case media::Codec::H265:
            return AV_CODEC_ID_HEVC;
        case media::Codec::Mjpeg:
            return AV_CODEC_ID_MJPEG;
        case media::Codec::Aac:
            return AV_CODEC_ID_AAC;
        case media::Codec::Opus:
            return AV_CODEC_ID_OPUS;
        case media::Codec::Pcma:
            return AV_CODEC_ID_PCM_ALAW;
        case media::Codec::Pcmu:
            return AV_CODEC_ID_PCM_MULAW;
    }
    return AV_CODEC_ID_NONE;
}

inline void describe(const media::Track& track, AVCodecParameters& to) {
    const media::CodecParameters& from = *track.parameters;
    to.codec_type = track.kind() == media::Kind::Video ? AVMEDIA_TYPE_VIDEO : AVMEDIA_TYPE_AUDIO;
    to.codec_id = id_of(track.codec);
    to.width = from.width;
    to.height = from.height;
    to.sample_rate = from.sample_rate;
    if (from.channels > 0) av_channel_layout_default(&to.ch_layout, from.channels);
    std::vector<std::uint8_t> extra(from.config.begin(), from.config.end());
    if (!from.sps.empty()) extra = to_annex_b(from, {});
    if (track.codec == media::Codec::Opus) {
        // RFC 7845 §5.1: OpusHead, version 1, channels, pre-skip, rate, gain, mapping 0.
        extra = {
            'O', 'p', 'u',  's',  'H', 'e', 'a', 'd', 1, static_cast<std::uint8_t>(from.channels),
            0,   0,   0x80, 0xBB, 0,   0,   0,   0,   0};
    }
    if (extra.empty()) return;
    to.extradata =
        static_cast<std::uint8_t*>(av_mallocz(extra.size() + AV_INPUT_BUFFER_PADDING_SIZE));
    std::memcpy(to.extradata, extra.data(), extra.size());
    to.extradata_size = static_cast<int>(extra.size());
}

/// `format` is libavformat's name: "mp4", "matroska", "mpegts", "h264".
inline void write_media_file(const std::filesystem::path& path, const char* format,
                             const media::Tracks& tracks,
                             const std::vector<media::AccessUnit>& units,
                             const char* movflags = nullptr) {
    AVFormatContext* context = nullptr;
    ASSERT_GE(avformat_alloc_output_context2(&context, nullptr, format, path.c_str()), 0);
    for (const media::Track& track : tracks) {
        AVStream* stream = avformat_new_stream(context, nullptr);
        stream->time_base = {1, static_cast<int>(track.clock_rate)};
        describe(track, *stream->codecpar);
    }
    ASSERT_GE(avio_open(&context->pb, path.c_str(), AVIO_FLAG_WRITE), 0);
    AVDictionary* options = nullptr;
    if (movflags != nullptr) av_dict_set(&options, "movflags", movflags, 0);
    ASSERT_GE(avformat_write_header(context, &options), 0);
    av_dict_free(&options);
    for (const media::AccessUnit& unit : units) {
        const media::Track& track = tracks[static_cast<std::size_t>(unit.track)];
        const bool nals = !track.parameters->sps.empty();
        const auto stream = nals ? to_annex_b(*track.parameters, unit.data)
                                 : std::vector<std::uint8_t>(unit.data.begin(), unit.data.end());
        const PacketHandle packet = make_packet();
        ASSERT_GE(av_new_packet(packet.get(), static_cast<int>(stream.size())), 0);
        std::memcpy(packet->data, stream.data(), stream.size());
        packet->stream_index = unit.track;
        packet->pts = unit.pts;
        packet->dts = unit.dts;
        packet->duration = track.codec == media::Codec::Aac     ? 1024
                           : track.kind() == media::Kind::Audio ? track.clock_rate / 50
                                                                : 3600;
        packet->flags = unit.key ? AV_PKT_FLAG_KEY : 0;
        av_packet_rescale_ts(packet.get(), {1, static_cast<int>(track.clock_rate)},
                             context->streams[unit.track]->time_base);
        ASSERT_GE(av_interleaved_write_frame(context, packet.get()), 0);
    }
    ASSERT_GE(av_write_trailer(context), 0);
    avio_closep(&context->pb);
    avformat_free_context(context);
}

}  // namespace casement::ffmpeg::test
