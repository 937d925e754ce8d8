#include "outputs/mse/codec_choice.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace casement::outputs::mse {
namespace {

using base::ErrorKind;
using media::Codec;

constexpr const char* kBrowser =
    "avc1.640029,avc1.64002A,avc1.640033,hvc1.1.6.L153.B0,mp4a.40.2,mp4a.40.5,flac,opus";

media::Track track(int id, Codec codec, bool known = true) {
    media::Track out;
    out.id = id;
    out.codec = codec;
    if (known) {
        media::CodecParameters parameters;
        parameters.codec = codec;
        out.parameters = std::make_shared<media::CodecParameters>(parameters);
    }
    return out;
}

TEST(CodecList, ComparesFamiliesNotProfiles) {
    const CodecList list = CodecList::parse(" AVC1.42E01E , hev1.1.6.L93.B0,");
    EXPECT_TRUE(list.plays(Codec::H264));
    EXPECT_TRUE(list.plays(Codec::H265));
    EXPECT_FALSE(list.plays(Codec::Aac));
    EXPECT_FALSE(list.plays(Codec::Pcmu));
    EXPECT_EQ(list.to_text(), "avc1,hvc1");
}

TEST(CodecList, EmptyMeansAllThatMp4Carries) {
    const CodecList list = CodecList::parse("");
    EXPECT_TRUE(list.plays(Codec::H265));
    EXPECT_TRUE(list.plays(Codec::Opus));
    EXPECT_FALSE(list.plays(Codec::Mjpeg));
    EXPECT_FALSE(list.plays(Codec::Pcma));
}

TEST(CodecChoice, PassesOnWhatTheBrowserPlays) {
    const auto choice =
        choose_codecs({track(0, Codec::H264), track(1, Codec::Opus)}, CodecList::parse(kBrowser));
    ASSERT_TRUE(choice);
    EXPECT_EQ(choice->video->id, 0);
    EXPECT_EQ(choice->audio->id, 1);
    EXPECT_FALSE(choice->transcode_to);
}

TEST(CodecChoice, TranscodesOtherSound) {
    const media::Tracks tracks{track(0, Codec::H264), track(1, Codec::Pcma)};
    EXPECT_EQ(choose_codecs(tracks, CodecList::parse(kBrowser))->transcode_to, Codec::Aac);
    EXPECT_EQ(choose_codecs(tracks, CodecList::parse("avc1.640029,opus"))->transcode_to,
              Codec::Opus);
    const auto silent = choose_codecs(tracks, CodecList::parse("avc1.640029"));
    ASSERT_TRUE(silent);
    EXPECT_FALSE(silent->audio);
}

TEST(CodecChoice, IsNamedByWhatComesOut) {
    const media::Tracks tracks{track(0, Codec::H264), track(1, Codec::Pcma)};
    EXPECT_EQ(choose_codecs(tracks, CodecList::parse(kBrowser))->name(), "h264+aac");
    EXPECT_EQ(choose_codecs(tracks, CodecList::parse("avc1"))->name(), "h264");
    EXPECT_EQ(choose_codecs({track(0, Codec::Opus)}, CodecList::parse(""))->name(), "opus");
}

TEST(CodecChoice, SaysWhyNothingCanBePlayed) {
    const auto refused =
        choose_codecs({track(0, Codec::H265)}, CodecList::parse("avc1.640029,opus"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), ErrorKind::Unsupported);
    EXPECT_EQ(refused.error().reason(), "codec");
    EXPECT_THAT(refused.error().message(),
                testing::HasSubstr("does not play hevc; it plays avc1,opus"));
    EXPECT_EQ(choose_codecs({track(0, Codec::Mjpeg)}, CodecList::parse("")).error().kind(),
              ErrorKind::Unsupported);
    EXPECT_EQ(choose_codecs({}, CodecList::parse("")).error().kind(), ErrorKind::Unsupported);
}

TEST(CodecChoice, WaitsForParameterSets) {
    EXPECT_EQ(choose_codecs({track(0, Codec::H264, false)}, CodecList::parse("")).error().kind(),
              ErrorKind::Unavailable);
}

}  // namespace
}  // namespace casement::outputs::mse
