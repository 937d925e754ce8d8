#include "formats/fmp4/writer.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/mp4_units.hpp"

namespace casement::formats::fmp4 {
namespace {

using base::ErrorKind;
using fakes::hex;
using media::AccessUnitPtr;
using media::Bytes;

std::vector<AccessUnitPtr> three_pictures() {
    return {fakes::unit(0, 0, 6000, true, hex("00000002 6588")),
            fakes::unit(0, 3000, 12'000, false, hex("00000003 419a22")),
            fakes::unit(0, 6000, 6000, false, hex("00000002 0100"))};
}
const std::vector<std::uint32_t> kDurations{3000, 3000, 3000};

TEST(FragmentWriter, WritesTheBoxesOfASingleTrack) {
    const auto units = three_pictures();
    const TrackRun run{
        .track = 0, .decode_time = 0x1'0000'0002, .units = units, .durations = kDurations};
    const auto fragment = make_fragment(std::span(&run, 1), {.sequence = 7, .wall = std::nullopt});
    ASSERT_TRUE(fragment);
    const Bytes expected =
        hex("00000080 6d6f6f66"                             // moof
            "00000010 6d666864 00000000 00000007"           // mfhd: 7
            "00000068 74726166"                             // traf
            "00000014 74666864 00020008 00000001 00000bb8"  // tfhd: base is moof, duration 3000
            "00000014 74666474 01000000 0000000100000002"   // tfdt, 64 bits
            "00000038 7472756e 01000e01 00000003 00000088"  // trun: 3 samples, data at 0x88
            "00000006 02000000 00001770 00000007 01010000 00002328 00000006 01010000 00000000"
            "0000001b 6d646174");  // mdat of 8 + 19
    EXPECT_EQ(fragment->header, expected);
    ASSERT_EQ(fragment->payload.size(), 3u);
    EXPECT_EQ(fragment->payload[1].data(), units[1]->data.data()) << "media is shared, not copied";
    EXPECT_EQ(fragment->size_bytes, expected.size() + 19);
}

TEST(FragmentWriter, TheBlockIsTheGatherListInOnePiece) {
    const auto units = three_pictures();
    const std::vector<AccessUnitPtr> sound{fakes::unit(1, 0, 0, true, hex("aabb")),
                                           fakes::unit(1, 1024, 1024, true, hex("ccdd"))};
    const std::vector<std::uint32_t> sound_durations{1024, 1024};
    const std::vector<TrackRun> runs{
        {.track = 0, .decode_time = 0, .units = units, .durations = kDurations},
        {.track = 2, .decode_time = 0, .units = {}, .durations = {}},
        {.track = 1, .decode_time = 5, .units = sound, .durations = sound_durations}};
    const FragmentOptions options{
        .sequence = 1, .wall = base::WallTime(std::chrono::microseconds(1'790'000'000'123'457))};
    const auto fragment = make_fragment(runs, options);
    const auto block = make_fragment_block(runs, options);
    ASSERT_TRUE(fragment && block);
    std::vector<std::uint8_t> joined(fragment->header.begin(), fragment->header.end());
    for (const Bytes& piece : fragment->payload)
        joined.insert(joined.end(), piece.begin(), piece.end());
    EXPECT_EQ(*block, joined);
    EXPECT_EQ(joined.size(), fragment->size_bytes);
}

TEST(FragmentWriter, RefusesWhatCannotBeWritten) {
    const auto units = three_pictures();
    const std::vector<std::uint32_t> too_few{3000, 3000};
    const TrackRun run{.track = 0, .decode_time = 0, .units = units, .durations = too_few};
    EXPECT_EQ(make_fragment(std::span(&run, 1)).error().kind(), ErrorKind::InvalidArgument);
    EXPECT_EQ(make_fragment({}).error().kind(), ErrorKind::InvalidArgument);
    const std::vector<TrackRun> many(
        17, TrackRun{.track = 0, .decode_time = 0, .units = units, .durations = kDurations});
    EXPECT_EQ(make_fragment(many).error().kind(), ErrorKind::InvalidArgument);
}

TEST(InitSegment, NeedsParametersOfEveryTrack) {
    EXPECT_EQ(write_init({media::Track{}}).error().kind(), ErrorKind::InvalidArgument);
    media::Track track;
    media::CodecParameters opus;
    opus.codec = track.codec = media::Codec::Opus;
    opus.channels = 6;
    track.parameters = std::make_shared<media::CodecParameters>(opus);
    EXPECT_EQ(write_init({track}).error().kind(), ErrorKind::Unsupported);
}

TEST(SegmentHelpers, WriteTheirBoxes) {
    EXPECT_EQ(write_styp(), hex("00000018 73747970 6d736468 00000000 6d736468 6d736978"));
    const IndexEntry entry{.size_bytes = 0x1000, .duration = 90'000, .starts_with_key = true};
    EXPECT_EQ(write_sidx(0, 90'000, 5, std::span(&entry, 1)),
              hex("00000034 73696478 01000000 00000001 00015f90 0000000000000005 0000000000000000 "
                  "0000 0001 00001000 00015f90 90000000"));
    const RandomAccessPoint point{.pts = 6, .moof_offset = 0x400, .traf_number = 1};
    EXPECT_EQ(write_mfra(0, std::span(&point, 1)),
              hex("0000004c 6d667261 00000034 74667261 01000000 00000001 0000003f 00000001 "
                  "0000000000000006 0000000000000400 "
                  "00000001 00000001 00000001 00000010 6d66726f 00000000 0000004c"));
}

}  // namespace
}  // namespace casement::formats::fmp4
