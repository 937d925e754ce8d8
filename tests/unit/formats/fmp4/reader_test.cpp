#include "formats/fmp4/reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/byte_writer.hpp"
#include "tests/fakes/mp4_units.hpp"

namespace casement::formats::fmp4 {
namespace {

using base::ErrorKind;
using fakes::hex;
using media::Bytes;
using media::Codec;

SegmentIdentity identity() {
    return {.camera = "porch",
            .run = "r-42",
            .sequence = 3,
            .start = base::WallTime(std::chrono::microseconds(1'790'000'000'123'457)),
            .run_offset_us = 180'000'000};
}

const std::vector<fakes::TrackUnits>& camera_tracks() {
    static const auto tracks = [] {
        const MemorySource source(fakes::data_file("media/ffmpeg_h264_aac.mp4"));
        return fakes::units_of(source);
    }();
    return tracks;
}

std::vector<std::uint8_t> recorded(std::size_t per_fragment = 5) {
    const SegmentIdentity id = identity();
    return fakes::file_of(camera_tracks(), per_fragment, &id);
}

/// A source whose reads from a byte on fail, as a bad disk does.
class BadDisk final : public ByteSource {
public:
    BadDisk(Bytes bytes, std::uint64_t bad_from) : inner_(bytes), bad_from_(bad_from) {}
    std::uint64_t size() const override { return inner_.size(); }
    base::Result<std::size_t> read_at(std::uint64_t offset,
                                      std::span<std::uint8_t> into) const override {
        if (offset + into.size() > bad_from_)
            return base::fail(ErrorKind::Unavailable, "input/output error");
        return inner_.read_at(offset, into);
    }

private:
    MemorySource inner_;
    std::uint64_t bad_from_;
};

TEST(Fmp4Reader, ReadsFfmpegsFragments) {
    const MemorySource source(fakes::data_file("media/ffmpeg_h264_aac.mp4"));
    auto reader = Reader::open(source);
    ASSERT_TRUE(reader) << reader.error().message();
    const media::Tracks tracks = reader->tracks();
    ASSERT_EQ(tracks.size(), 2u);
    EXPECT_EQ(tracks[0].codec, Codec::H264);
    EXPECT_EQ(tracks[0].parameters->width, 128);
    EXPECT_EQ(tracks[0].parameters->rfc6381(), "avc1.64000a");
    EXPECT_EQ(tracks[1].codec, Codec::Aac);
    EXPECT_EQ(tracks[1].clock_rate, 16'000u);
    EXPECT_EQ(tracks[1].parameters->channels, 1);
    EXPECT_FALSE(reader->identity());
    ASSERT_EQ(camera_tracks().size(), 2u);
    ASSERT_EQ(camera_tracks()[0].units.size(), 12u);
    for (std::size_t i = 0; i < 12; ++i) EXPECT_EQ(camera_tracks()[0].units[i]->key, i % 5 == 0);
    EXPECT_EQ(camera_tracks()[1].units.size(), 20u);
}

TEST(Fmp4Reader, ReadsFfmpegsHevcAndOpus) {
    const MemorySource source(fakes::data_file("media/ffmpeg_hevc_opus.mp4"));
    const auto tracks = fakes::units_of(source);
    ASSERT_EQ(tracks.size(), 2u);
    EXPECT_EQ(tracks[0].track.parameters->rfc6381(), "hvc1.1.6.L30.90");
    EXPECT_EQ(tracks[0].units.size(), 12u);
    EXPECT_EQ(tracks[1].track.codec, Codec::Opus);
    EXPECT_EQ(tracks[1].track.parameters->sample_rate, 48'000);
}

TEST(Fmp4Reader, GivesBackWhatTheWriterWasGiven) {
    for (const std::size_t per_fragment : {1u, 4u, 50u}) {
        const MemorySource source(Bytes::from(recorded(per_fragment)));
        auto reader = Reader::open(source);
        ASSERT_TRUE(reader) << reader.error().message();
        EXPECT_EQ(reader->identity(), identity());
        const auto tracks = fakes::units_of(source);
        ASSERT_EQ(tracks.size(), 2u);
        for (std::size_t t = 0; t < 2; ++t) {
            EXPECT_EQ(*tracks[t].track.parameters, *camera_tracks()[t].track.parameters);
            EXPECT_EQ(tracks[t].durations, camera_tracks()[t].durations);
            ASSERT_EQ(tracks[t].units.size(), camera_tracks()[t].units.size());
            for (std::size_t i = 0; i < tracks[t].units.size(); ++i) {
                const media::AccessUnit &got = *tracks[t].units[i],
                                        &given = *camera_tracks()[t].units[i];
                EXPECT_EQ(got.data, given.data);
                EXPECT_EQ(got.dts, given.dts);
                EXPECT_EQ(got.pts, given.pts);
                EXPECT_EQ(got.key, given.key);
            }
        }
    }
}

TEST(Fmp4Reader, GivesBackEveryCodec) {
    media::Tracks tracks;
    const auto add = [&tracks](media::CodecParameters p, std::uint32_t clock_rate) {
        const Codec codec = p.codec;
        tracks.push_back({.id = static_cast<int>(tracks.size()),
                          .clock_rate = clock_rate,
                          .parameters = std::make_shared<media::CodecParameters>(std::move(p)),
                          .codec = codec});
    };
    for (const Codec codec : {Codec::Pcma, Codec::Pcmu, Codec::Opus}) {
        media::CodecParameters p;
        p.codec = codec;
        p.sample_rate = codec == Codec::Opus ? 48'000 : 8000;
        p.channels = codec == Codec::Pcmu ? 1 : 2;
        add(p, static_cast<std::uint32_t>(p.sample_rate));
    }
    media::CodecParameters jpeg;
    jpeg.codec = Codec::Mjpeg;
    jpeg.width = 640;
    jpeg.height = 480;
    add(jpeg, 90'000);
    media::CodecParameters aac;
    aac.codec = Codec::Aac;
    aac.sample_rate = 22'050;
    aac.channels = 1;
    aac.config = hex("13 88");
    add(aac, 22'050);
    const auto init = write_init(tracks);
    ASSERT_TRUE(init) << init.error().message();
    const MemorySource source(*init);
    const auto reader = Reader::open(source);
    ASSERT_TRUE(reader) << reader.error().message();
    const media::Tracks read = reader->tracks();
    ASSERT_EQ(read.size(), tracks.size());
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        EXPECT_EQ(*read[i].parameters, *tracks[i].parameters) << i;
        EXPECT_EQ(read[i].clock_rate, tracks[i].clock_rate);
        EXPECT_EQ(read[i].codec, tracks[i].codec);
        EXPECT_EQ(read[i].id, tracks[i].id);
    }
}

TEST(Fmp4Reader, TellsTheWallTimeOfEachFragment) {
    const MemorySource source(Bytes::from(recorded(5)));
    auto reader = Reader::open(source);
    ASSERT_TRUE(reader);
    for (int i = 0; i < 3; ++i) {
        const auto fragment = reader->next();
        ASSERT_TRUE(fragment && *fragment);
        EXPECT_EQ((*fragment)->wall, identity().start + std::chrono::milliseconds(500 * i));
        EXPECT_EQ((*fragment)->sequence, static_cast<std::uint32_t>(i + 1));
    }
    EXPECT_FALSE(*reader->next());
}

TEST(Fmp4Reader, SeeksToAFragment) {
    const MemorySource source(Bytes::from(recorded(5)));
    auto reader = Reader::open(source);
    ASSERT_TRUE(reader && *reader->next());
    const std::uint64_t second = reader->position();
    const auto first_time = reader->next();
    ASSERT_TRUE(reader->next());
    reader->seek(second);
    const auto again = reader->next();
    ASSERT_TRUE(first_time && again && *again);
    EXPECT_EQ((*again)->offset, (*first_time)->offset);
    EXPECT_EQ((*again)->tracks[0].samples[0].dts, (*first_time)->tracks[0].samples[0].dts);
}

TEST(Fmp4Check, ReportsAWholeFile) {
    auto file = recorded(5);
    const RandomAccessPoint point{.pts = 0, .moof_offset = 1000, .traf_number = 1};
    const Bytes index = write_mfra(0, std::span(&point, 1));
    file.insert(file.end(), index.begin(), index.end());
    const std::size_t size = file.size();
    const auto report = check(MemorySource(Bytes::from(std::move(file))));
    ASSERT_TRUE(report);
    EXPECT_FALSE(report->torn());
    EXPECT_EQ(report->good_bytes, size);
    EXPECT_EQ(report->fragments, 3u);
    EXPECT_EQ(report->samples, 32u);
    EXPECT_EQ(report->trouble, "");
    EXPECT_EQ(report->start, identity().start);
    EXPECT_EQ(report->duration, std::chrono::milliseconds(1200));
    EXPECT_EQ(report->end, identity().start + std::chrono::milliseconds(1200));
}

TEST(Fmp4Check, SavesWholeFragmentsAtEveryTruncation) {
    const auto file = recorded(5);
    std::vector<std::uint64_t> ends;
    std::uint64_t init_bytes = 0;
    {
        const MemorySource source(Bytes::copy_of(file));
        auto reader = Reader::open(source);
        init_bytes = reader->init_bytes();
        ends.push_back(init_bytes);
        while (*reader->next()) ends.push_back(reader->position());
    }
    ASSERT_EQ(ends.size(), 4u);
    fakes::for_each_prefix(file, [&](media::ByteSpan prefix) {
        const auto report = check(MemorySource(Bytes::copy_of(prefix)));
        const bool has_moov = report.has_value();
        if (!has_moov) {
            EXPECT_LT(prefix.size(), init_bytes);
            EXPECT_EQ(report.error().kind(), ErrorKind::DataLoss);
            return;
        }
        if (prefix.size() < init_bytes) {  // torn in the casement box
            EXPECT_EQ(report->samples, 0u);
            return;
        }
        const auto end = std::ranges::upper_bound(ends, prefix.size());
        EXPECT_EQ(report->good_bytes, *(end - 1)) << prefix.size();
        EXPECT_EQ(report->torn(), report->good_bytes != prefix.size());
        EXPECT_EQ(report->fragments, static_cast<std::uint32_t>(end - ends.begin() - 1));
        EXPECT_EQ(report->trouble.empty(), !report->torn());
    });
}

TEST(Fmp4Check, TakesATailOfZerosForTorn) {
    auto file = recorded(5);
    const std::size_t size = file.size();
    file.resize(size + 4096);
    const auto report = check(MemorySource(Bytes::from(std::move(file))));
    ASSERT_TRUE(report);
    EXPECT_EQ(report->good_bytes, size);
    EXPECT_TRUE(report->torn());
}

TEST(Fmp4Check, NeverTakesABadDiskForATornFile) {
    const Bytes file = Bytes::from(recorded(5));
    for (std::uint64_t bad = 0; bad < file.size(); bad += 97) {
        const auto report = check(BadDisk(file, bad));
        if (!report) EXPECT_EQ(report.error().kind(), ErrorKind::Unavailable) << bad;
        if (report) EXPECT_FALSE(report->torn()) << bad;
    }
}

/// `file` with the four bytes `distance` behind the first `type` replaced.
std::vector<std::uint8_t> with_word(std::vector<std::uint8_t> file, std::string_view type,
                                    std::size_t distance, std::uint32_t value) {
    const auto at = std::ranges::search(file, base::as_bytes(type)).begin() +
                    static_cast<std::ptrdiff_t>(distance);
    for (int i = 0; i < 4; ++i) at[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
    return file;
}

TEST(Fmp4Reader, RefusesHostileCounts) {
    struct Case {
        const char* type;
        std::size_t distance;
        std::uint32_t value;
    };
    // Behind the four letters: version and flags, then the field.
    for (const Case& c :
         {Case{"trun", 8, 0xFFFFFFFF}, Case{"trun", 8, 100'001}, Case{"trun", 8, 1000},
          Case{"trun", 12, 0x8000'0000}, Case{"trun", 12, 0x7FFF'FFFF},
          Case{"tfdt", 8, 0x4000'0001}, Case{"mdat", static_cast<std::size_t>(-4), 9}}) {
        const MemorySource source(Bytes::from(with_word(recorded(5), c.type, c.distance, c.value)));
        auto reader = Reader::open(source);
        ASSERT_TRUE(reader);
        const auto fragment = reader->next();
        ASSERT_FALSE(fragment) << c.type << c.value;
        EXPECT_EQ(fragment.error().kind(), ErrorKind::DataLoss);
        EXPECT_EQ(reader->position(), reader->init_bytes());
    }
    for (const Case& c :
         {Case{"stsd", 8, 0}, Case{"stsd", 8, 17}, Case{"tkhd", 16, 0}, Case{"mdhd", 24, 0},
          Case{"moov", static_cast<std::size_t>(-4), 0x7FFFFFFF}}) {
        const auto reader = Reader::open(
            MemorySource(Bytes::from(with_word(recorded(5), c.type, c.distance, c.value))));
        ASSERT_FALSE(reader) << c.type << c.value;
        EXPECT_EQ(reader.error().kind(), ErrorKind::DataLoss);
    }
}

TEST(Fmp4Reader, RefusesAHeaderOneByteAboveTheLimit) {
    const auto init_of = [](std::uint64_t body_bytes) {
        base::ByteWriter out;
        out.u32(body_bytes + 8)
            .text("moov")
            .u32(body_bytes)
            .text("free")
            .zeros(static_cast<std::size_t>(body_bytes) - 8);
        return Bytes::from(out.take());
    };
    const auto fits = Reader::open(MemorySource(init_of(kMaxHeaderBoxBytes)));
    ASSERT_FALSE(fits);
    EXPECT_THAT(fits.error().message(), testing::HasSubstr("without tracks"));
    const auto large = Reader::open(MemorySource(init_of(kMaxHeaderBoxBytes + 1)));
    ASSERT_FALSE(large);
    EXPECT_THAT(large.error().message(), testing::HasSubstr("a header of"));
}

TEST(Fmp4Reader, RefusesFilesOfOtherKinds) {
    EXPECT_EQ(Reader::open(MemorySource({})).error().kind(), ErrorKind::DataLoss);
    EXPECT_EQ(Reader::open(MemorySource(hex("00000008 66726565 00000008 66726565"))).error().kind(),
              ErrorKind::DataLoss);
    EXPECT_EQ(Reader::open(MemorySource(fakes::data_file("media/picture.jpg"))).error().kind(),
              ErrorKind::DataLoss);
}

TEST(ReadSample, ReadsJustTheSampleAndRefusesWhatIsNotThere) {
    const MemorySource source(hex("00 01 02 03 04"));
    EXPECT_EQ(*read_sample(source, {.offset = 1, .size = 3}), hex("01 02 03"));
    EXPECT_EQ(read_sample(source, {.offset = 3, .size = 3}).error().kind(), ErrorKind::DataLoss);
    EXPECT_EQ(read_sample(source, {.offset = 0, .size = 0xFFFF'FFFF}).error().kind(),
              ErrorKind::ResourceExhausted);
}

}  // namespace
}  // namespace casement::formats::fmp4
