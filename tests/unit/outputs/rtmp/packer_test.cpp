#include "outputs/rtmp/packer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "formats/flv.hpp"
#include "media/aac.hpp"
#include "media/h264.hpp"
#include "media/opus.hpp"
#include "protocols/rtmp/chunk_reader.hpp"
#include "tests/fakes/media_data.hpp"

namespace casement::outputs::rtmp {
namespace {

using fakes::hex;
using protocols::rtmp::Message;
using protocols::rtmp::MessageType;

media::CodecParametersPtr shared(media::CodecParameters p) {
    return std::make_shared<const media::CodecParameters>(std::move(p));
}
// RFC 6184 §8.3.
media::Track video_track(int id = 0) {
    return {.id = id,
            .parameters = shared(*media::h264::make_parameters({hex("67 42 00 0a 96 53 05 89 88")},
                                                               {hex("68 c9 63 88")})),
            .codec = media::Codec::H264};
}
media::Track audio_track(int id = 1) {
    return {.id = id,
            .clock_rate = 16'000,
            .parameters = shared(*media::aac::make_parameters(hex("1408"))),
            .codec = media::Codec::Aac};
}
media::AccessUnit unit(int track, std::int64_t dts, bool key, std::string_view data,
                       std::int64_t reorder = 0) {
    media::AccessUnit out;
    out.track = track;
    out.dts = dts;
    out.pts = dts + reorder;
    out.key = key;
    out.data = hex(data);
    return out;
}

std::vector<Message> messages_of(const std::vector<std::uint8_t>& block) {
    protocols::rtmp::ChunkReader reader;
    protocols::rtmp::OutBytes bytes;
    protocols::rtmp::append_set_chunk_size(bytes, protocols::rtmp::kOutChunkBytes);
    bytes.insert(bytes.end(), block.begin(), block.end());
    media::ByteSpan input = bytes;
    std::vector<Message> out;
    for (;;) {
        auto message = reader.read(input);
        EXPECT_TRUE(message) << message.error().message();
        if (!message || !*message) return out;
        EXPECT_EQ((*message)->stream_id, protocols::rtmp::kMediaStreamId);
        out.push_back(std::move(**message));
    }
}

TEST(RtmpPacker, PutsTheSetUpInFrontOfEveryKeyUnit) {
    RtmpPacker packer;
    ASSERT_TRUE(packer.set_tracks({video_track(), audio_track()}));
    for (int round = 0; round < 2; ++round) {
        fanout::WireUnit key;
        packer.pack(unit(0, 9000, true, "00 00 00 02 65 88"), key);
        const auto messages = messages_of(key.block);
        ASSERT_EQ(messages.size(), 3u);
        EXPECT_EQ(formats::flv::parse_video(messages[0].payload)->part,
                  formats::flv::Part::Configuration);
        EXPECT_EQ(messages[1].payload, hex("af 00 1408"));
        EXPECT_EQ(messages[2].timestamp_ms, 100u);
        EXPECT_EQ(messages[2].payload, hex("17 01 000000 00000002 6588"));
    }
    fanout::WireUnit inter;
    packer.pack(unit(0, 12'600, false, "00 00 00 02 41 9a", 3600), inter);
    const auto messages = messages_of(inter.block);
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages[0].timestamp_ms, 140u);
    EXPECT_EQ(messages[0].payload, hex("27 01 000028 00000002 419a"));
}

TEST(RtmpPacker, LetsAudioRideInTheSameBlock) {
    RtmpPacker packer;
    ASSERT_TRUE(packer.set_tracks({video_track(), audio_track()}));
    fanout::WireUnit key, both;
    packer.pack(unit(0, 0, true, "00 00 00 01 65"), key);
    packer.pack(unit(1, 1024, true, "21 10"), both);
    packer.pack(unit(0, 3600, false, "00 00 00 01 41"), both);
    const auto messages = messages_of(both.block);
    ASSERT_EQ(messages.size(), 2u);
    EXPECT_EQ(messages[0].type, MessageType::Audio);
    EXPECT_EQ(messages[0].timestamp_ms, 64u);
    EXPECT_EQ(messages[0].payload, hex("af 01 2110"));
    EXPECT_EQ(messages[1].type, MessageType::Video);
}

TEST(RtmpPacker, SendsAChangedSetUpAtOnce) {
    RtmpPacker packer;
    ASSERT_TRUE(packer.set_tracks({video_track()}));
    fanout::WireUnit key, inter;
    packer.pack(unit(0, 0, true, "00 00 00 01 65"), key);
    ASSERT_TRUE(packer.set_tracks({video_track(), audio_track()}));
    packer.pack(unit(0, 3600, false, "00 00 00 01 41"), inter);
    EXPECT_EQ(messages_of(inter.block).size(), 3u);
}

TEST(RtmpPacker, CannotChangeACodec) {
    RtmpPacker packer;
    ASSERT_TRUE(packer.set_tracks({video_track(), audio_track()}));
    media::Track opus = audio_track();
    opus.codec = media::Codec::Opus;
    media::CodecParameters parameters;
    parameters.codec = media::Codec::Opus;
    opus.parameters = shared(parameters);
    EXPECT_FALSE(packer.set_tracks({video_track(), opus}));
}

TEST(RtmpPacker, TakesNoTrackForOneThatHasGone) {
    RtmpPacker packer;
    ASSERT_TRUE(packer.set_tracks({video_track(0), audio_track(1)}));
    ASSERT_TRUE(packer.set_tracks({audio_track(0)}));
    fanout::WireUnit into;
    packer.pack(unit(0, 1024, true, "21 10"), into);
    const auto messages = messages_of(into.block);
    ASSERT_EQ(messages.size(), 2u) << "the set-up of the audio and the unit";
    EXPECT_EQ(messages[1].type, MessageType::Audio);
}

TEST(RtmpPacker, GivesAudioAloneItsSetUpEachTime) {
    RtmpPacker packer;
    ASSERT_TRUE(packer.set_tracks({audio_track(0)}));
    for (int i = 0; i < 2; ++i) {
        fanout::WireUnit into;
        packer.pack(unit(0, 1024 * i, true, "21 10"), into);
        EXPECT_EQ(messages_of(into.block).size(), 2u);
    }
}

TEST(RtmpPacker, GivesAacToPlayersThatNeverSpokeOfOpus) {
    media::Track opus;
    opus.id = 1;
    opus.clock_rate = 48'000;
    opus.codec = media::Codec::Opus;
    opus.parameters = shared(media::opus::make_parameters(1));
    RtmpPacker packer(OpusAs::Aac);
    ASSERT_TRUE(packer.set_tracks({video_track(), opus}));
    fanout::WireUnit key;
    packer.pack(unit(0, 0, true, "00 00 00 01 65"), key);
    auto messages = messages_of(key.block);
    ASSERT_EQ(messages.size(), 3u);
    EXPECT_EQ(messages[1].payload[0], 0xaf) << "AAC";
    EXPECT_EQ(messages[1].payload[1], 0) << "its set-up";
    std::vector<std::uint32_t> times;
    for (int i = 0; i < 50; ++i) {  // a second of silence
        fanout::WireUnit into;
        packer.pack(unit(1, 960 * i, true, "f8 ff fe"), into);
        for (const auto& message : messages_of(into.block)) {
            EXPECT_EQ(message.type, MessageType::Audio);
            EXPECT_EQ(message.payload[0], 0xaf);
            EXPECT_EQ(message.payload[1], 1);
            times.push_back(message.timestamp_ms);
        }
    }
    EXPECT_GE(times.size(), 43u);  // 1024 samples of 48 kHz each; the last are still inside
    EXPECT_LE(times.size(), 47u);
    EXPECT_TRUE(std::ranges::is_sorted(times));

    protocols::rtmp::OutBytes metadata;
    append_metadata(metadata, {opus}, OpusAs::Aac);
    protocols::rtmp::OutBytes as_aac;
    opus.codec = media::Codec::Aac;
    append_metadata(as_aac, {opus});
    EXPECT_EQ(metadata, as_aac);
}

TEST(RtmpPacker, CarriesOneVideoAndOneAudio) {
    media::Track mjpeg = video_track(0);
    mjpeg.codec = media::Codec::Mjpeg;
    const media::Tracks tracks =
        carried({mjpeg, video_track(1), video_track(2), audio_track(3), audio_track(4)});
    ASSERT_EQ(tracks.size(), 2u);
    EXPECT_EQ(tracks[0].id, 1);
    EXPECT_EQ(tracks[1].id, 3);
    media::Track unknown = video_track();
    unknown.parameters = nullptr;
    EXPECT_TRUE(carried({mjpeg, unknown}).empty());
    RtmpPacker packer;
    ASSERT_TRUE(packer.set_tracks({mjpeg, video_track(1), audio_track(3)}));
    fanout::WireUnit into;
    packer.pack(unit(0, 0, true, "ff d8"), into);
    EXPECT_TRUE(into.block.empty());
}

TEST(RtmpPacker, WritesBlocksThatMayFollowAnyOther) {
    RtmpPacker packer;
    ASSERT_TRUE(packer.set_tracks({video_track(), audio_track()}));
    fanout::WireUnit first, second, large;
    packer.pack(unit(0, 0, true, "00 00 00 01 65"), first);
    packer.pack(unit(0, std::int64_t{90} * 0x1'0000'0010, false, "00 00 00 01 41"), second);
    media::AccessUnit picture = unit(0, std::int64_t{90} * 0xFFFFFF, true, "");
    picture.data = media::Bytes::from(std::vector<std::uint8_t>(200'000, 0x11));
    packer.pack(picture, large);
    for (const auto* block : {&second.block, &large.block, &first.block})
        EXPECT_FALSE(messages_of(*block).empty());
    EXPECT_EQ(messages_of(second.block)[0].timestamp_ms, 0x10u) << "32 bits wrap after 49 days";
    EXPECT_EQ(messages_of(large.block)[2].payload.size(), 200'005u);
    EXPECT_EQ(messages_of(large.block)[2].timestamp_ms, 0xFFFFFFu);
}

}  // namespace
}  // namespace casement::outputs::rtmp
