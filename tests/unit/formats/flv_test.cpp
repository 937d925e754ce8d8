#include "formats/flv.hpp"

#include <gtest/gtest.h>

#include "formats/avcc.hpp"
#include "formats/flv_file.hpp"
#include "media/aac.hpp"
#include "media/h264.hpp"
#include "media/h265.hpp"
#include "media/opus.hpp"
#include "tests/fakes/media_data.hpp"

namespace casement::formats::flv {
namespace {

using base::ErrorKind;
using fakes::hex;
using media::Bytes;
using media::Codec;

// RFC 6184 §8.3.
media::CodecParameters h264_parameters() {
    return *media::h264::make_parameters({hex("67 42 00 0a 96 53 05 89 88")}, {hex("68 c9 63 88")});
}
// x265, as in tests/data/media/testsrc.h265.
media::CodecParameters h265_parameters() {
    return *media::h265::make_parameters(
        {hex("40 01 0c 01 ff ff 01 60 00 00 03 00 90 00 00 03 00 00 03 00 1e 95 90 09")},
        {hex("42 01 01 01 60 00 00 03 00 90 00 00 03 00 00 03 00 1e a0 10 20 25 96 56 69 24 ca f0 "
             "16 80 80 00 00 03 00 80 00 00 05 04")},
        {hex("44 01 c1 72 b4 22 40")});
}
media::CodecParameters g711_parameters(Codec codec, int channels = 1) {
    media::CodecParameters out;
    out.codec = codec;
    out.sample_rate = 8000;
    out.channels = channels;
    return out;
}

Bytes joined(media::ByteSpan a, media::ByteSpan b) {
    std::vector<std::uint8_t> out(a.begin(), a.end());
    out.insert(out.end(), b.begin(), b.end());
    return Bytes::from(std::move(out));
}

TEST(FlvVideo, ReadsClassicAvc) {
    const Bytes body = hex("17 01 00 00 50  00 00 00 02 65 88");
    const auto tag = parse_video(body);
    ASSERT_TRUE(tag) << tag.error().message();
    EXPECT_EQ(tag->part, Part::Frame);
    EXPECT_EQ(tag->codec, Codec::H264);
    EXPECT_TRUE(tag->key);
    EXPECT_EQ(tag->composition_ms, 80);
    EXPECT_EQ(Bytes::copy_of(tag->data), hex("00 00 00 02 65 88"));
}

TEST(FlvVideo, ReadsNegativeCompositionTime) {
    const Bytes body = hex("27 01 ff ff d8 00");
    const auto tag = parse_video(body);
    ASSERT_TRUE(tag);
    EXPECT_FALSE(tag->key);
    EXPECT_EQ(tag->composition_ms, -40);
}

TEST(FlvVideo, ReadsEnhancedHevc) {
    const auto start = parse_video(hex("90 68766331 01"));
    ASSERT_TRUE(start);
    EXPECT_EQ(start->part, Part::Configuration);
    EXPECT_EQ(start->codec, Codec::H265);
    const Bytes coded = hex("91 68766331 000021 aabb");
    const auto frame = parse_video(coded);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->part, Part::Frame);
    EXPECT_TRUE(frame->key);
    EXPECT_EQ(frame->composition_ms, 33);
    EXPECT_EQ(Bytes::copy_of(frame->data), hex("aabb"));
    const Bytes coded_x = hex("a3 68766331 aabb");
    const auto x = parse_video(coded_x);
    ASSERT_TRUE(x);
    EXPECT_FALSE(x->key);
    EXPECT_EQ(x->composition_ms, 0);
    EXPECT_EQ(Bytes::copy_of(x->data), hex("aabb"));
    EXPECT_EQ(parse_video(hex("92 68766331"))->part, Part::End);
    EXPECT_EQ(parse_video(hex("94 68766331 02 00"))->part, Part::Other);
}

TEST(FlvVideo, ReadsEnhancedAvcAndTheOldHevcNumber) {
    EXPECT_EQ(parse_video(hex("91 61766331 000000 aa"))->codec, Codec::H264);
    const auto old = parse_video(hex("1c 01 000000 aa"));
    ASSERT_TRUE(old);
    EXPECT_EQ(old->codec, Codec::H265);
    EXPECT_EQ(old->part, Part::Frame);
}

TEST(FlvVideo, SkipsModExAndTakesTheFirstOfManyTracks) {
    // ModEx with three bytes of nanoseconds, then CodedFrames.
    const auto nanoseconds = parse_video(hex("97 02 00000a 01 68766331 000000 aabb"));
    ASSERT_TRUE(nanoseconds) << nanoseconds.error().message();
    EXPECT_EQ(nanoseconds->part, Part::Frame);
    EXPECT_EQ(nanoseconds->data.size(), 2u);
    // Many tracks of one codec: track 1 (two bytes), then track 0 (one byte); CodedFramesX.
    const Bytes many = hex("96 13 68766331 01 000002 aabb 00 000001 cc");
    const auto first = parse_video(many);
    ASSERT_TRUE(first);
    EXPECT_EQ(Bytes::copy_of(first->data), hex("cc"));
    EXPECT_EQ(parse_video(hex("96 03 68766331 07 aabb"))->part, Part::Other)
        << "one track, but not the first";
}

TEST(FlvVideo, LeavesOutCommandsAndEmptyBodies) {
    EXPECT_EQ(parse_video({})->part, Part::Other);
    EXPECT_EQ(parse_video(hex("57 00"))->part, Part::Other);
    EXPECT_EQ(parse_video(hex("d1 00"))->part, Part::Other);
    EXPECT_EQ(parse_video(hex("17 02 000000"))->part, Part::End);
}

TEST(FlvVideo, NamesWhatItCannotCarry) {
    for (const auto& [bytes, name] :
         {std::pair{"12 00", "Sorenson H.263"}, std::pair{"14 00", "VP6"},
          std::pair{"91 61763031 00", "av01"}, std::pair{"91 00763031 00", "?v01"}}) {
        const auto tag = parse_video(hex(bytes));
        ASSERT_FALSE(tag) << bytes;
        EXPECT_TRUE(tag.error().is(ErrorKind::Unsupported));
        EXPECT_EQ(tag.error().reason(), "codec");
        EXPECT_NE(tag.error().message().find(name), std::string::npos) << tag.error().message();
    }
}

TEST(FlvAudio, ReadsAacG711AndEnhancedCodecs) {
    EXPECT_EQ(parse_audio(hex("af 00 1408"))->part, Part::Configuration);
    const auto frame = parse_audio(hex("af 01 2110"));
    EXPECT_EQ(frame->part, Part::Frame);
    EXPECT_EQ(frame->codec, Codec::Aac);
    EXPECT_EQ(frame->data.size(), 2u);
    const auto alaw = parse_audio(hex("72 d5d5"));
    EXPECT_EQ(alaw->codec, Codec::Pcma);
    EXPECT_EQ(alaw->sample_rate, 8000);
    EXPECT_EQ(alaw->channels, 1);
    EXPECT_EQ(alaw->data.size(), 2u);
    EXPECT_EQ(parse_audio(hex("83 ff"))->codec, Codec::Pcmu);
    EXPECT_EQ(parse_audio(hex("83 ff"))->channels, 2);
    EXPECT_EQ(parse_audio(hex("90 4f707573 00"))->part, Part::Configuration);
    EXPECT_EQ(parse_audio(hex("91 4f707573 fc"))->codec, Codec::Opus);
    EXPECT_EQ(parse_audio(hex("91 6d703461 21"))->codec, Codec::Aac);
    EXPECT_EQ(parse_audio(hex("94 4f707573 00 02"))->part, Part::Other) << "channel layout";
    EXPECT_EQ(parse_audio({})->part, Part::Other);
}

TEST(FlvAudio, NamesWhatItCannotCarry) {
    EXPECT_NE(parse_audio(hex("2f 00")).error().message().find("MP3"), std::string::npos);
    EXPECT_NE(parse_audio(hex("b2 00")).error().message().find("Speex"), std::string::npos);
    EXPECT_NE(parse_audio(hex("91 664c6143 00")).error().message().find("fLaC"), std::string::npos);
}

TEST(Flv, NeverReadsPastATruncatedTag) {
    for (const char* whole : {"17 01 000050 0000000265 88", "91 68766331 000021 aabb",
                              "97 02 00000a 01 68766331 000000 aabb",
                              "96 23 68766331 01 000002 aabb 68766331 00 000001 cc",
                              "97 ff 0003 00000000 01 61766331 000000 aa"}) {
        fakes::for_each_prefix(hex(whole), [](media::ByteSpan prefix) {
            const auto tag = parse_video(prefix);
            if (tag && !tag->data.empty())
                EXPECT_LE(tag->data.data() + tag->data.size(), prefix.data() + prefix.size());
        });
    }
    EXPECT_TRUE(parse_video(hex("17 01 0000")).error().is(ErrorKind::DataLoss));
    EXPECT_TRUE(parse_video(hex("91 687663")).error().is(ErrorKind::DataLoss));
    EXPECT_TRUE(parse_audio(hex("af")).error().is(ErrorKind::DataLoss));
    EXPECT_TRUE(parse_audio(hex("91 4f7075")).error().is(ErrorKind::DataLoss));
}

TEST(FlvWriter, WritesFramesThatTheParserReads) {
    struct Case {
        media::CodecParameters parameters;
        bool key;
        std::int32_t composition_ms;
    };
    const std::vector<Case> cases{{h264_parameters(), true, 0},
                                  {h264_parameters(), false, 80},
                                  {h264_parameters(), false, -40},
                                  {h265_parameters(), true, 0},
                                  {h265_parameters(), false, 33},
                                  {*media::aac::make_parameters(hex("1408")), true, 0},
                                  {media::opus::make_parameters(2), true, 0},
                                  {g711_parameters(Codec::Pcma), true, 0},
                                  {g711_parameters(Codec::Pcmu, 2), true, 0}};
    const Bytes data = hex("00 00 00 02 65 88");
    for (const Case& c : cases) {
        const FrameHeader header = frame_header(c.parameters, c.key, c.composition_ms);
        const Bytes body = joined(header.view(), data);
        const bool video = media::kind_of(c.parameters.codec) == media::Kind::Video;
        const auto tag = video ? parse_video(body) : parse_audio(body);
        ASSERT_TRUE(tag) << tag.error().message();
        EXPECT_EQ(tag->part, Part::Frame);
        EXPECT_EQ(tag->codec, c.parameters.codec);
        EXPECT_EQ(tag->key, c.key);
        EXPECT_EQ(tag->composition_ms, c.composition_ms);
        EXPECT_EQ(Bytes::copy_of(tag->data), data);
    }
    EXPECT_EQ(frame_header(h265_parameters(), true, 0).size, 5u)
        << "CodedFramesX saves the composition time";
}

TEST(FlvWriter, WritesConfigurationsThatTheParserReads) {
    const auto avc = configuration_body(h264_parameters());
    ASSERT_TRUE(avc) << avc.error().message();
    const auto tag = parse_video(*avc);
    ASSERT_TRUE(tag);
    EXPECT_EQ(tag->part, Part::Configuration);
    const auto record = parse_avcc(tag->data);
    ASSERT_TRUE(record) << record.error().message();
    EXPECT_EQ(record->parameters, h264_parameters());
    EXPECT_EQ(Bytes::from(*configuration_body(*media::aac::make_parameters(hex("1408")))),
              hex("af 00 1408"));
    EXPECT_EQ(Bytes::from(*configuration_body(media::opus::make_parameters(2))),
              hex("90 4f707573 4f70757348656164 01 02 0000 80bb0000 0000 00"));
    EXPECT_TRUE(configuration_body(g711_parameters(Codec::Pcma))->empty());
    media::CodecParameters mjpeg;
    mjpeg.codec = Codec::Mjpeg;
    EXPECT_TRUE(configuration_body(mjpeg).error().is(ErrorKind::Unsupported));
    EXPECT_EQ(frame_header(mjpeg, true, 0).size, 0u);
}

TEST(FlvWriter, DescribesTracksInTheMetadata) {
    const auto share = [](media::CodecParameters p) {
        return std::make_shared<const media::CodecParameters>(std::move(p));
    };
    const amf0::Value value =
        metadata({{.id = 0, .parameters = share(h264_parameters()), .codec = Codec::H264},
                  {.id = 1,
                   .clock_rate = 8000,
                   .parameters = share(g711_parameters(Codec::Pcmu)),
                   .codec = Codec::Pcmu}});
    EXPECT_EQ(value.number_of("videocodecid"), 7);
    EXPECT_EQ(value.number_of("width"), 176);
    EXPECT_EQ(value.number_of("height"), 144);
    EXPECT_EQ(value.number_of("audiocodecid"), 8);
    EXPECT_EQ(value.number_of("audiosamplerate"), 8000);
    EXPECT_TRUE(metadata({}).properties().empty());
}

TEST(FlvWriter, RoundsTimesToMilliseconds) {
    EXPECT_EQ(timestamp_ms({.id = 0, .parameters = nullptr, .codec = Codec::H264}, 3003), 33);
    EXPECT_EQ(
        timestamp_ms({.id = 0, .clock_rate = 48'000, .parameters = nullptr, .codec = Codec::Aac},
                     1024),
        21);
    EXPECT_EQ(
        timestamp_ms({.id = 0, .parameters = nullptr, .codec = Codec::H264}, 90 * 0x1'0000'0005LL),
        0x1'0000'0005LL);
}

std::vector<std::uint8_t> small_file() {
    std::vector<std::uint8_t> file = file_header(true, true);
    append_tag(file, TagType::Video, 0x01020304, {hex("17 01"), hex("000000 aa")});
    append_tag(file, TagType::Audio, 40, {hex("af 01 21")});
    return file;
}

TEST(FlvFile, WritesTheLayoutOfAnnexE) {
    EXPECT_EQ(Bytes::from(small_file()), hex("464c5601 05 00000009 00000000"
                                             "09 000006 020304 01 000000 1701000000aa 00000011"
                                             "08 000003 000028 00 000000 af0121 0000000e"));
}

TEST(FlvFile, ReadsWhatItWrites) {
    const auto file = small_file();
    auto reader = FileReader::open(file);
    ASSERT_TRUE(reader);
    const auto video = reader->next();
    ASSERT_TRUE(video && *video);
    EXPECT_EQ((*video)->type, TagType::Video);
    EXPECT_EQ((*video)->timestamp_ms, 0x01020304u);
    EXPECT_EQ((*video)->body.size(), 6u);
    const auto audio = reader->next();
    ASSERT_TRUE(audio && *audio);
    EXPECT_EQ((*audio)->timestamp_ms, 40u);
    const auto end = reader->next();
    ASSERT_TRUE(end);
    EXPECT_FALSE(*end);
}

TEST(FlvFile, EndsOrSaysSoAtEveryTruncation) {
    const auto whole = small_file();
    fakes::for_each_prefix(whole, [&](media::ByteSpan prefix) {
        auto reader = FileReader::open(prefix);
        if (!reader) {
            EXPECT_LT(prefix.size(), 13u);
            return;
        }
        for (int i = 0; i < 3; ++i) {
            const auto tag = reader->next();
            if (!tag) EXPECT_TRUE(tag.error().is(ErrorKind::DataLoss));
            if (!tag || !*tag) return;
        }
        FAIL() << "three tags in " << prefix.size() << " bytes";
    });
}

}  // namespace
}  // namespace casement::formats::flv
