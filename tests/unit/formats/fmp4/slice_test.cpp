#include "formats/fmp4/slice.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/mp4_units.hpp"

namespace casement::formats::fmp4 {
namespace {

using base::ErrorKind;
using base::WallTime;
using media::Bytes;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr WallTime kNoon{seconds(1'790'000'000)};

const std::vector<fakes::TrackUnits>& tracks() {
    static const auto units = [] {
        const MemorySource source(fakes::data_file("media/ffmpeg_h264_aac.mp4"));
        return fakes::units_of(source);
    }();
    return units;
}

/// Segments of 1.2 s, 12 pictures with key frames 0, 5 and 10.
Bytes segment(std::uint32_t sequence, WallTime start, const std::string& run = "r",
              const std::vector<fakes::TrackUnits>& units = tracks()) {
    const SegmentIdentity identity{.camera = "porch",
                                   .run = run,
                                   .sequence = sequence,
                                   .start = start,
                                   .run_offset_us = sequence * 1'200'000};
    return Bytes::from(fakes::file_of(units, 5, &identity));
}

std::vector<std::uint8_t> bytes_of(const VirtualFile& file, const std::vector<Bytes>& inputs,
                                   std::uint64_t offset = 0, std::uint64_t count = ~0ull) {
    std::vector<std::uint8_t> out;
    for (const Piece& piece : file.range(offset, count)) {
        const Bytes bytes = piece.input == Piece::kMemory
                                ? piece.memory
                                : inputs[piece.input].slice(piece.offset, piece.size);
        EXPECT_EQ(bytes.size(), piece.size);
        out.insert(out.end(), bytes.begin(), bytes.end());
    }
    return out;
}

class Slicer {
public:
    explicit Slicer(std::vector<Bytes> segments) : bytes_(std::move(segments)) {
        for (const Bytes& b : bytes_) sources_.emplace_back(b);
        for (const MemorySource& s : sources_)
            inputs_.push_back({.source = &s, .start = std::nullopt});
    }
    base::Result<Slice> operator()(WallTime from, WallTime to,
                                   SliceForm form = SliceForm::Fragmented,
                                   bool close_gaps = true) const {
        return slice(inputs_, {.from = from, .to = to, .form = form, .close_gaps = close_gaps});
    }
    /// The slice read back as a fragmented file.
    std::vector<fakes::TrackUnits> read(const Slice& made) const {
        return fakes::units_of(MemorySource(Bytes::from(bytes_of(made.file, bytes_))));
    }
    const std::vector<Bytes>& bytes() const { return bytes_; }

private:
    std::vector<Bytes> bytes_;
    std::vector<MemorySource> sources_;
    std::vector<SegmentInput> inputs_;
};

TEST(Slice, OfARunHasNoSeam) {
    const Slicer slicer({segment(0, kNoon), segment(1, kNoon + milliseconds(1200)),
                         segment(2, kNoon + milliseconds(2400))});
    const auto made = slicer(kNoon, kNoon + seconds(10));
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(made->from, kNoon);
    EXPECT_EQ(made->to, kNoon + milliseconds(3600));
    const auto read = slicer.read(*made);
    ASSERT_EQ(read.size(), 2u);
    ASSERT_EQ(read[0].units.size(), 36u);
    ASSERT_EQ(read[1].units.size(), 58u)
        << "20 frames last 1.28 s: one of each following segment would be heard twice";
    for (std::size_t i = 0; i < 36; ++i) {
        EXPECT_EQ(read[0].units[i]->dts, static_cast<std::int64_t>(i) * 1024)
            << i;  // 10240 ticks a second
        EXPECT_EQ(read[0].durations[i], 1024u);
        EXPECT_EQ(read[0].units[i]->data, tracks()[0].units[i % 12]->data);
        EXPECT_EQ(read[0].units[i]->pts - read[0].units[i]->dts,
                  tracks()[0].units[i % 12]->pts - tracks()[0].units[i % 12]->dts);
    }
    for (std::size_t i = 1; i < 58; ++i)
        EXPECT_GT(read[1].units[i]->dts, read[1].units[i - 1]->dts);
}

TEST(Slice, StartsAtTheKeyFrameBeforeTheWantedTime) {
    const Slicer slicer({segment(0, kNoon)});
    const auto made = slicer(kNoon + milliseconds(700), kNoon + milliseconds(900));
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(made->from, kNoon + milliseconds(500));
    const auto read = slicer.read(*made);
    ASSERT_EQ(read[0].units.size(), 4u);  // 0.5 to 0.9 s
    EXPECT_TRUE(read[0].units[0]->key);
    EXPECT_EQ(read[0].units[0]->dts, 0);
    EXPECT_EQ(read[0].units[0]->data, tracks()[0].units[5]->data);
    ASSERT_FALSE(read[1].units.empty());
    EXPECT_LT(read[1].units[0]->dts, 2048);
    EXPECT_GE(read[1].units[0]->dts, 0);
}

TEST(Slice, ClosesAPauseOrKeepsIt) {
    const Slicer slicer({segment(0, kNoon, "a"), segment(0, kNoon + seconds(60), "b")});
    const auto closed = slicer(kNoon, kNoon + seconds(120));
    ASSERT_TRUE(closed);
    EXPECT_EQ(slicer.read(*closed)[0].units[12]->dts, 12 * 1024);
    const auto kept = slicer(kNoon, kNoon + seconds(120), SliceForm::Fragmented, false);
    ASSERT_TRUE(kept);
    const auto read = slicer.read(*kept);
    EXPECT_EQ(read[0].units[12]->dts, 60 * 10'240);
    EXPECT_EQ(read[0].durations[11], 60u * 10'240 - 11 * 1024);
    EXPECT_EQ(read[1].units[20]->dts, 60 * 16'000);
}

TEST(Slice, NeverRunsBackwardsWhenTheClockDid) {
    const Slicer slicer({segment(0, kNoon, "a"), segment(0, kNoon - milliseconds(300), "b")});
    const auto made = slicer(kNoon - seconds(1), kNoon + seconds(5), SliceForm::Fragmented, false);
    ASSERT_TRUE(made);
    const auto read = slicer.read(*made);
    for (const auto& track : read) {
        for (std::size_t i = 1; i < track.units.size(); ++i)
            EXPECT_GE(track.units[i]->dts, track.units[i - 1]->dts);
    }
}

TEST(Slice, InAPauseStartsBehindIt) {
    const Slicer slicer({segment(0, kNoon, "a"), segment(0, kNoon + seconds(60), "b")});
    const auto made = slicer(kNoon + seconds(30), kNoon + seconds(90));
    ASSERT_TRUE(made);
    EXPECT_EQ(made->from, kNoon + seconds(60));
    EXPECT_EQ(slicer.read(*made)[0].units.size(), 12u);
    EXPECT_EQ(slicer(kNoon + seconds(30), kNoon + seconds(40)).error().kind(), ErrorKind::NotFound);
    EXPECT_EQ(slicer(kNoon - seconds(30), kNoon).error().kind(), ErrorKind::NotFound);
    EXPECT_EQ(slicer(kNoon, kNoon).error().kind(), ErrorKind::InvalidArgument);
}

TEST(Slice, CarriesNewParametersAsASecondSampleEntry) {
    auto changed = tracks();
    auto parameters = *changed[0].track.parameters;
    parameters.pps = {fakes::hex("68 ce 38 80")};
    changed[0].track.parameters = std::make_shared<media::CodecParameters>(parameters);
    const Slicer slicer({segment(0, kNoon, "a"), segment(0, kNoon + seconds(2), "b", changed)});
    const auto made = slicer(kNoon, kNoon + seconds(9));
    ASSERT_TRUE(made) << made.error().message();
    const MemorySource source(Bytes::from(bytes_of(made->file, slicer.bytes())));
    auto reader = Reader::open(source);
    ASSERT_TRUE(reader);
    ASSERT_EQ(reader->setups()[0].descriptions.size(), 2u);
    EXPECT_EQ(*reader->setups()[0].descriptions[1], parameters);
    std::vector<int> descriptions;
    while (const auto fragment = *reader->next())
        descriptions.push_back(fragment->tracks[0].samples[0].description);
    EXPECT_EQ(descriptions, (std::vector{1, 1, 1, 2, 2, 2}));
}

TEST(Slice, RefusesAChangeOfCodecAndSaysWhen) {
    const MemorySource other(fakes::data_file("media/ffmpeg_hevc_opus.mp4"));
    const Slicer slicer(
        {segment(0, kNoon, "a"), segment(0, kNoon + seconds(2), "b", fakes::units_of(other))});
    const auto made = slicer(kNoon, kNoon + seconds(9));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind(), ErrorKind::FailedPrecondition);
    EXPECT_THAT(
        made.error().message(),
        testing::HasSubstr("video changes to hevc at " + base::format_rfc3339(kNoon + seconds(2))));
    EXPECT_TRUE(slicer(kNoon, kNoon + seconds(1))) << "the other codec is outside of this range";
}

TEST(Slice, TakesSoundThatComesLater) {
    const std::vector<fakes::TrackUnits> silent{tracks()[0]};
    const Slicer slicer(
        {segment(0, kNoon, "a", silent), segment(0, kNoon + milliseconds(1200), "b")});
    const auto made = slicer(kNoon, kNoon + seconds(9));
    ASSERT_TRUE(made) << made.error().message();
    const auto read = slicer.read(*made);
    ASSERT_EQ(read.size(), 2u);
    EXPECT_EQ(read[0].units.size(), 24u);
    EXPECT_EQ(read[1].units.size(), 20u);
    EXPECT_EQ(read[1].units[0]->dts, 16'000 * 12 / 10);
}

TEST(Slice, EndsATornSegmentAtItsLastWholeFragment) {
    const Bytes whole = segment(0, kNoon);
    const Slicer slicer({whole.slice(0, whole.size() - 1), segment(1, kNoon + milliseconds(1200))});
    const auto made = slicer(kNoon, kNoon + seconds(9));
    ASSERT_TRUE(made);
    EXPECT_EQ(slicer.read(*made)[0].units.size(), 22u);
}

TEST(Slice, NeedsAWallTime) {
    const MemorySource source(Bytes::from(fakes::file_of(tracks(), 5)));
    const SegmentInput unknown{.source = &source, .start = std::nullopt},
        told{.source = &source, .start = kNoon};
    const SliceRequest request{.from = kNoon, .to = kNoon + seconds(1)};
    EXPECT_EQ(slice(std::span(&unknown, 1), request).error().kind(), ErrorKind::InvalidArgument);
    EXPECT_TRUE(slice(std::span(&told, 1), request));
    EXPECT_EQ(slice({}, request).error().kind(), ErrorKind::NotFound);
}

TEST(VirtualFile, GivesAnyRange) {
    const Slicer slicer({segment(0, kNoon), segment(1, kNoon + milliseconds(1200))});
    for (const SliceForm form : {SliceForm::Fragmented, SliceForm::Progressive}) {
        const auto made = slicer(kNoon, kNoon + seconds(9), form);
        ASSERT_TRUE(made);
        const auto whole = bytes_of(made->file, slicer.bytes());
        ASSERT_EQ(whole.size(), made->file.size());
        for (std::uint64_t offset = 0; offset < whole.size(); offset += 333) {
            for (const std::uint64_t count : {1u, 100u, 5000u}) {
                const auto end = std::min<std::uint64_t>(offset + count, whole.size());
                EXPECT_EQ(bytes_of(made->file, slicer.bytes(), offset, count),
                          std::vector(whole.begin() + static_cast<std::ptrdiff_t>(offset),
                                      whole.begin() + static_cast<std::ptrdiff_t>(end)));
            }
        }
        EXPECT_TRUE(made->file.range(whole.size(), 1).empty());
        EXPECT_TRUE(made->file.range(0, 0).empty());
    }
}

}  // namespace
}  // namespace casement::formats::fmp4
