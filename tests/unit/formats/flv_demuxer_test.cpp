#include "formats/flv_demuxer.hpp"

#include <gtest/gtest.h>

#include "formats/avcc.hpp"
#include "formats/hvcc.hpp"
#include "media/aac.hpp"
#include "media/h264.hpp"
#include "media/h265.hpp"
#include "media/opus.hpp"
#include "tests/fakes/media_data.hpp"

namespace casement::formats::flv {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;
using fakes::hex;
using media::Bytes;
using media::Codec;

const Bytes kSps = hex("67 42 00 0a 96 53 05 89 88"),
            kPps = hex("68 c9 63 88");  // RFC 6184 §8.3, 176 x 144
// x264, high profile, 128x72 (tests/data/media/testsrc_bframes.h264).
const Bytes kOtherSps =
    hex("67 64 00 0a ac d9 82 0b f9 70 11 00 00 03 00 01 00 00 03 00 14 0f 12 25 9a");
const Bytes kOtherPps = hex("68 eb e3 cb 22 c0");

Bytes body_of(std::string_view head, const std::vector<Bytes>& nals = {}) {
    std::vector<std::uint8_t> out;
    const Bytes prefix = hex(head);
    out.insert(out.end(), prefix.begin(), prefix.end());
    for (const Bytes& nal : nals) {
        const Bytes length = hex(fmt::format("{:08x}", nal.size()));
        out.insert(out.end(), length.begin(), length.end());
        out.insert(out.end(), nal.begin(), nal.end());
    }
    return Bytes::from(std::move(out));
}

Bytes configuration(const media::CodecParameters& parameters) {
    return Bytes::from(*configuration_body(parameters));
}
Bytes avc_configuration() { return configuration(*media::h264::make_parameters({kSps}, {kPps})); }
Bytes aac_configuration() { return hex("af 00 1188"); }  // AAC LC, 48 kHz, mono
Bytes metadata_body(std::initializer_list<amf0::Value::Property> properties) {
    return Bytes::from(amf0::written({"onMetaData", amf0::Value::object(properties)}));
}

const Bytes kIdr = hex("65 88 84 00 33"), kSlice = hex("41 9a 24 6c"), kAud = hex("09 f0"),
            kSei = hex("06 05 01 aa 80");
const Bytes kKeyFrame = body_of("17 01 000000", {kIdr}),
            kInterFrame = body_of("27 01 000000", {kSlice});
const Bytes kAacFrame = hex("af 01 2110 0456");

class FlvDemuxer : public testing::Test {
protected:
    void video(std::uint32_t ms, const Bytes& body) { push(TagType::Video, ms, body); }
    void audio(std::uint32_t ms, const Bytes& body) { push(TagType::Audio, ms, body); }
    void push(TagType type, std::uint32_t ms, const Bytes& body) {
        const auto pushed =
            demuxer_.push(type, ms, body,
                          {.steady = base::SteadyTime{std::chrono::milliseconds{ms}}, .wall = {}});
        ASSERT_TRUE(pushed) << pushed.error().message();
        while (auto unit = demuxer_.next()) units_.push_back(std::move(*unit));
    }
    /// Video and AAC set up, one unit of each.
    void start() {
        video(0, avc_configuration());
        audio(0, aac_configuration());
        video(0, kKeyFrame);
        audio(0, kAacFrame);
        ASSERT_EQ(units_.size(), 2u);
        units_.clear();
    }

    Demuxer demuxer_;
    std::vector<media::AccessUnit> units_;
};

TEST_F(FlvDemuxer, MakesTracksAndUnits) {
    video(100, avc_configuration());
    audio(100, aac_configuration());
    EXPECT_FALSE(demuxer_.settled());
    EXPECT_TRUE(demuxer_.tracks().empty());
    video(100, kKeyFrame);
    ASSERT_TRUE(demuxer_.settled());
    audio(100, kAacFrame);
    video(140, body_of("27 01 000050", {kSlice}));
    ASSERT_EQ(demuxer_.tracks().size(), 2u);
    EXPECT_EQ(demuxer_.tracks()[0].codec, Codec::H264);
    EXPECT_EQ(demuxer_.tracks()[0].clock_rate, 90'000u);
    EXPECT_EQ(demuxer_.tracks()[0].parameters->width, 176);
    EXPECT_EQ(demuxer_.tracks()[1].codec, Codec::Aac);
    EXPECT_EQ(demuxer_.tracks()[1].id, 1);
    EXPECT_EQ(demuxer_.tracks()[1].clock_rate, 48'000u);
    ASSERT_EQ(units_.size(), 3u);
    EXPECT_EQ(units_[0].track, 0);
    EXPECT_TRUE(units_[0].key);
    EXPECT_EQ(units_[0].dts, 9000);
    EXPECT_EQ(units_[0].data, body_of("", {kIdr}));
    EXPECT_EQ(units_[1].track, 1);
    EXPECT_TRUE(units_[1].key);
    EXPECT_EQ(units_[1].pts, 4800);
    EXPECT_EQ(units_[1].data, hex("2110 0456"));
    EXPECT_FALSE(units_[2].key);
    EXPECT_EQ(units_[2].dts, 12'600);
    EXPECT_EQ(units_[2].pts, 12'600 + 80 * 90);
}

TEST_F(FlvDemuxer, SharesTheMessageWhenNothingHasToGo) {
    start();
    const Bytes body = body_of("27 01 000000", {kSei, kSlice});
    video(40, body);
    ASSERT_EQ(units_.size(), 1u);
    EXPECT_EQ(units_[0].data.data(), body.data() + 5);
}

TEST_F(FlvDemuxer, PutsVideoFirstThoughAudioCameFirst) {
    audio(0, aac_configuration());
    audio(0, kAacFrame);
    audio(21, kAacFrame);
    video(30, avc_configuration());
    EXPECT_TRUE(units_.empty());
    video(30, kKeyFrame);
    ASSERT_EQ(units_.size(), 3u);
    EXPECT_EQ(demuxer_.tracks()[0].codec, Codec::H264);
    EXPECT_EQ(units_[0].track, 1);
    EXPECT_EQ(units_[2].track, 0);
}

TEST_F(FlvDemuxer, SettlesWithVideoAloneAfterASecond) {
    video(0, avc_configuration());
    video(0, kKeyFrame);
    video(999, kInterFrame);
    EXPECT_FALSE(demuxer_.settled());
    video(1000, kInterFrame);
    EXPECT_TRUE(demuxer_.settled());
    EXPECT_EQ(demuxer_.tracks().size(), 1u);
    EXPECT_EQ(units_.size(), 3u) << "what came meanwhile is kept";
}

TEST_F(FlvDemuxer, SettlesAtOnceWhenTheMetadataNamesOnlyVideo) {
    push(TagType::Script, 0, metadata_body({{"videocodecid", 7}, {"width", 176}}));
    video(0, avc_configuration());
    video(0, kKeyFrame);
    EXPECT_TRUE(demuxer_.settled());
    EXPECT_EQ(demuxer_.metadata().number_of("width"), 176);
}

TEST_F(FlvDemuxer, WaitsForAudioThatTheMetadataNames) {
    push(TagType::Script, 0, metadata_body({{"videocodecid", 7}, {"audiocodecid", 10}}));
    video(0, avc_configuration());
    video(0, kKeyFrame);
    EXPECT_FALSE(demuxer_.settled());
    audio(10, aac_configuration());
    audio(10, kAacFrame);
    EXPECT_TRUE(demuxer_.settled());
    EXPECT_EQ(units_.size(), 2u);
}

TEST_F(FlvDemuxer, AddsATrackThatComesLateAtTheEnd) {
    video(0, avc_configuration());
    video(0, kKeyFrame);
    video(1000, kInterFrame);
    const int version = demuxer_.version();
    audio(1500, aac_configuration());
    EXPECT_EQ(demuxer_.version(), version + 1);
    ASSERT_EQ(demuxer_.tracks().size(), 2u);
    audio(1500, kAacFrame);
    EXPECT_EQ(units_.back().track, 1);
}

TEST_F(FlvDemuxer, DropsFramesBeforeTheirSetUp) {
    video(0, kKeyFrame);
    audio(0, kAacFrame);
    video(40, avc_configuration());
    audio(40, aac_configuration());
    video(40, kKeyFrame);
    ASSERT_EQ(units_.size(), 1u);
    EXPECT_EQ(units_[0].dts, 3600);
}

TEST_F(FlvDemuxer, TakesParameterSetsAndDelimitersOutOfTheBand) {
    start();
    const int version = demuxer_.version();
    video(40, body_of("17 01 000000", {kAud, kSps, kPps, kSei, kIdr}));
    EXPECT_EQ(demuxer_.version(), version) << "the sets are those known";
    ASSERT_EQ(units_.size(), 1u);
    EXPECT_EQ(units_[0].data, body_of("", {kSei, kIdr}));
    video(80, body_of("17 01 000000", {kOtherSps, kOtherPps, kIdr}));
    EXPECT_EQ(demuxer_.version(), version + 1);
    EXPECT_EQ(demuxer_.tracks()[0].parameters->width, 128);
    EXPECT_EQ(units_[1].data, body_of("", {kIdr}));
    // The set-up of the beginning comes again: what was sent in-band since stays.
    video(120, avc_configuration());
    EXPECT_EQ(demuxer_.tracks()[0].parameters->width, 128);
}

TEST_F(FlvDemuxer, TakesANewSetUp) {
    start();
    const int version = demuxer_.version();
    video(40, avc_configuration());
    audio(40, aac_configuration());
    EXPECT_EQ(demuxer_.version(), version);
    video(80, configuration(*media::h264::make_parameters({kOtherSps}, {kOtherPps})));
    EXPECT_EQ(demuxer_.version(), version + 1);
    EXPECT_EQ(demuxer_.tracks()[0].parameters->height, 72);
    audio(80, hex("af 00 1408"));  // 16 kHz
    EXPECT_EQ(demuxer_.tracks()[1].clock_rate, 16'000u);
    audio(80, kAacFrame);
    EXPECT_EQ(units_.back().pts, 16 * 80);
}

TEST_F(FlvDemuxer, TurnsShortNalLengthsIntoFourBytes) {
    auto record = *configuration_body(*media::h264::make_parameters({kSps}, {kPps}));
    record[5 + 4] = 0xFD;  // lengthSizeMinusOne 1 of AVCDecoderConfigurationRecord
    video(0, Bytes::from(record));
    audio(0, aac_configuration());
    video(0, hex("17 01 000000 0005 6588840033 0002 419a"));
    ASSERT_EQ(units_.size(), 1u);
    EXPECT_EQ(units_[0].data, body_of("", {kIdr, hex("419a")}));
}

TEST_F(FlvDemuxer, BelievesThePictureRatherThanTheTagAboutKeys) {
    start();
    video(40, body_of("27 01 000000", {kIdr}));
    video(80, body_of("17 01 000000", {kSlice}));
    ASSERT_EQ(units_.size(), 2u);
    EXPECT_TRUE(units_[0].key);
    EXPECT_FALSE(units_[1].key);
}

TEST_F(FlvDemuxer, BelievesTheTagWhenTheEncoderNeverSendsIdrPictures) {
    video(0, avc_configuration());
    audio(0, aac_configuration());
    video(0, body_of("17 01 000000", {kSlice}));
    ASSERT_EQ(units_.size(), 1u);
    EXPECT_TRUE(units_[0].key);
}

TEST_F(FlvDemuxer, ReadsEnhancedHevcWithOpus) {
    const auto hevc = media::h265::make_parameters(
        {hex("40 01 0c 01 ff ff 01 60 00 00 03 00 90 00 00 03 00 00 03 00 1e 95 90 09")},
        {hex("42 01 01 01 60 00 00 03 00 90 00 00 03 00 00 03 00 1e a0 10 20 25 96 56 69 24 ca f0 "
             "16 80 80 00 00 03 00 80 00 00 05 04")},
        {hex("44 01 c1 72 b4 22 40")});
    ASSERT_TRUE(hevc) << hevc.error().message();
    video(0, configuration(*hevc));
    audio(0, configuration(media::opus::make_parameters(2)));
    const Bytes idr = hex("26 01 af 08 42");
    video(0, body_of("93 68766331", {idr}));
    audio(0, hex("91 4f707573 fc00"));
    audio(20, hex("91 4f707573 fc00"));
    ASSERT_EQ(units_.size(), 3u);
    EXPECT_EQ(demuxer_.tracks()[0].codec, Codec::H265);
    EXPECT_TRUE(units_[0].key);
    EXPECT_EQ(units_[0].data, body_of("", {idr}));
    EXPECT_EQ(demuxer_.tracks()[1].codec, Codec::Opus);
    EXPECT_EQ(demuxer_.tracks()[1].parameters->channels, 2);
    EXPECT_EQ(units_[2].pts, 960);
}

TEST_F(FlvDemuxer, MakesAG711TrackFromItsFirstFrame) {
    video(0, avc_configuration());
    audio(0, hex("72 d5d5d5d5"));
    video(0, kKeyFrame);
    ASSERT_EQ(demuxer_.tracks().size(), 2u);
    EXPECT_EQ(demuxer_.tracks()[1].codec, Codec::Pcma);
    EXPECT_EQ(demuxer_.tracks()[1].clock_rate, 8000u);
    EXPECT_EQ(units_[0].data, hex("d5d5d5d5"));
}

TEST_F(FlvDemuxer, GoesOnWithoutAudioItCannotCarry) {
    video(0, avc_configuration());
    audio(0, hex("2f fffb"));
    video(0, kKeyFrame);
    audio(1000, hex("2f fffb"));
    video(1000, kInterFrame);
    EXPECT_EQ(demuxer_.tracks().size(), 1u);
    EXPECT_EQ(units_.size(), 2u);
    EXPECT_EQ(demuxer_.left_out(), "audio in MP3 cannot be carried");
    audio(90'000, hex("2f fffb"));  // never an error while there is video
}

TEST_F(FlvDemuxer, FailsWhenAllThereIsCannotBeCarried) {
    audio(0, hex("2f fffb"));
    audio(4999, hex("2f fffb"));
    const auto pushed = demuxer_.push(TagType::Audio, 5000, hex("2f fffb"), {});
    ASSERT_FALSE(pushed);
    EXPECT_EQ(pushed.error().reason(), "codec");
    const auto video = Demuxer().push(TagType::Video, 0, hex("91 61763031 00"), {});
    ASSERT_FALSE(video);
    EXPECT_EQ(video.error().reason(), "codec");
}

TEST_F(FlvDemuxer, SkipsSingleBrokenTagsAndGivesUpAfterAHundred) {
    start();
    for (int i = 1; i < Demuxer::kMaxBrokenTags; ++i) video(40, hex("17 01 00"));
    video(40, kKeyFrame);  // starts the count again
    EXPECT_EQ(demuxer_.broken_tags(), 99u);
    for (int i = 1; i < Demuxer::kMaxBrokenTags; ++i)
        video(40, body_of("17 01 000000 000000ff 65"));
    const auto pushed = demuxer_.push(TagType::Video, 40, hex("17 01 00"), {});
    ASSERT_FALSE(pushed);
    EXPECT_TRUE(pushed.error().is(ErrorKind::DataLoss));
}

TEST_F(FlvDemuxer, MarksTheBreakWhenTheSenderStartsAgain) {
    start();
    video(60'000 - 40'000, kInterFrame);
    units_.clear();
    ASSERT_TRUE(demuxer_.push(TagType::Video, 0, kKeyFrame,
                              {.steady = base::SteadyTime{20'500ms}, .wall = {}}));
    ASSERT_TRUE(demuxer_.push(TagType::Audio, 0, kAacFrame,
                              {.steady = base::SteadyTime{20'500ms}, .wall = {}}));
    ASSERT_TRUE(demuxer_.push(TagType::Video, 40, kInterFrame,
                              {.steady = base::SteadyTime{20'540ms}, .wall = {}}));
    while (auto unit = demuxer_.next()) units_.push_back(std::move(*unit));
    ASSERT_EQ(units_.size(), 3u);
    EXPECT_TRUE(units_[0].discontinuity);
    EXPECT_EQ(units_[0].dts, 20'500 * 90);
    EXPECT_TRUE(units_[1].discontinuity);
    EXPECT_EQ(units_[1].dts, 20'500 * 48);
    EXPECT_FALSE(units_[2].discontinuity);
    EXPECT_EQ(units_[2].dts, 20'540 * 90);
}

TEST_F(FlvDemuxer, NeverLetsTimeDecrease) {
    start();
    video(1000, kInterFrame);
    video(960, body_of("27 01 000028", {kSlice}));
    ASSERT_EQ(units_.size(), 2u);
    EXPECT_EQ(units_[1].dts, units_[0].dts);
    EXPECT_EQ(units_[1].pts, units_[1].dts + 40 * 90);
}

TEST_F(FlvDemuxer, KeepsOnlyABoundedNumberOfUnitsBack) {
    video(0, avc_configuration());
    for (std::size_t i = 0; i + 1 < Demuxer::kMaxKeptUnits; ++i) video(0, kKeyFrame);
    EXPECT_FALSE(demuxer_.settled());
    video(0, kKeyFrame);
    EXPECT_TRUE(demuxer_.settled());
    EXPECT_EQ(units_.size(), Demuxer::kMaxKeptUnits);
}

TEST_F(FlvDemuxer, SurvivesEveryTruncation) {
    for (const Bytes& whole :
         {avc_configuration(), body_of("17 01 000000", {kAud, kSps, kPps, kIdr}), kKeyFrame}) {
        fakes::for_each_prefix(whole, [](media::ByteSpan prefix) {
            Demuxer demuxer;
            ASSERT_TRUE(demuxer.push(TagType::Video, 0, avc_configuration(), {}));
            ASSERT_TRUE(demuxer.push(TagType::Audio, 0, aac_configuration(), {}));
            ASSERT_TRUE(demuxer.push(TagType::Video, 0, Bytes::copy_of(prefix), {}));
            while (const auto unit = demuxer.next()) EXPECT_LE(unit->data.size(), prefix.size());
        });
    }
}

}  // namespace
}  // namespace casement::formats::flv
