#include "ffmpeg/demuxer.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/ffmpeg/media_file.hpp"
#include "tests/unit/ffmpeg/pictures.hpp"

namespace casement::ffmpeg {
namespace {

using base::ErrorKind;
using media::Codec;
using test::decode_all;
using test::TemporaryFile;
using test::units_of;
using test::write_media_file;

struct Recorded {
    media::Tracks tracks;
    std::vector<media::AccessUnit> units;
};
Recorded record(Codec video, std::optional<Codec> audio, int frames = 40) {
    const auto sound = audio ? std::optional(AudioFormat{.codec = *audio}) : std::nullopt;
    const auto picture =
        TestPicture::open({.video = video, .width = 320, .height = 180, .fps = 25, .audio = sound})
            .value();
    auto units = test::run(*picture, frames, base::WallTime{std::chrono::seconds{1'700'000'000}});
    return {picture->tracks(), std::move(units)};
}

std::vector<media::AccessUnit> read_all(Demuxer& demuxer) {
    std::vector<media::AccessUnit> units;
    for (;;) {
        auto unit = demuxer.next();
        EXPECT_TRUE(unit);
        if (!unit || !*unit) return units;
        units.push_back(std::move(**unit));
    }
}

struct Case {
    const char* format;
    Codec video;
    std::optional<Codec> audio;
    const char* movflags = nullptr;
};
void PrintTo(const Case& c, std::ostream* out) {
    *out << c.format << (c.movflags ? c.movflags : "") << "_" << to_string(c.video);
}

class EveryFile : public testing::TestWithParam<Case> {};

TEST_P(EveryFile, GivesBackWhatWasWritten) {
    const auto [format, video, audio, movflags] = GetParam();
    const Recorded original = record(video, audio);
    const TemporaryFile file(std::string(".") + format);
    write_media_file(file.path(), format, original.tracks, original.units, movflags);

    const auto demuxer = Demuxer::open(file.path()).value();
    const auto units = read_all(*demuxer);
    ASSERT_EQ(demuxer->tracks().size(), audio ? 2U : 1U);
    EXPECT_EQ(demuxer->tracks()[0].codec, video);
    const auto pictures = units_of(units, 0), expected = units_of(original.units, 0);
    ASSERT_EQ(pictures.size(), expected.size());
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        EXPECT_EQ(pictures[i].data, expected[i].data) << i;
        EXPECT_EQ(pictures[i].key, expected[i].key) << i;
        // Matroska counts whole milliseconds.
        EXPECT_NEAR(static_cast<double>(pictures[i].pts - pictures[0].pts),
                    static_cast<double>(expected[i].pts), 90.0);
    }
    EXPECT_EQ(decode_all(*demuxer->tracks()[0].parameters, pictures).size(), expected.size());
    if (!audio) return;
    EXPECT_EQ(demuxer->tracks()[1].codec, *audio);
    EXPECT_EQ(demuxer->tracks()[1].parameters->sample_rate,
              original.tracks[1].parameters->sample_rate);
    const auto sounds = units_of(units, 1), expected_sounds = units_of(original.units, 1);
    EXPECT_EQ(sounds.size(), expected_sounds.size());
    const double offset = static_cast<double>(sounds[0].pts) / demuxer->tracks()[1].clock_rate -
                          static_cast<double>(pictures[0].pts) / 90'000;
    const double expected_offset =
        static_cast<double>(expected_sounds[0].pts) / original.tracks[1].clock_rate;
    EXPECT_NEAR(offset, expected_offset, 0.002);
}

INSTANTIATE_TEST_SUITE_P(Demuxer, EveryFile,
                         testing::Values(Case{"mp4", Codec::H264, Codec::Aac},
                                         Case{"mp4", Codec::H264, Codec::Aac,
                                              "frag_keyframe+empty_moov"},
                                         Case{"mp4", Codec::H265, Codec::Opus},
                                         Case{"matroska", Codec::H264, Codec::Opus},
                                         Case{"matroska", Codec::H265, Codec::Pcmu},
                                         Case{"matroska", Codec::Mjpeg, std::nullopt},
                                         Case{"mpegts", Codec::H264, Codec::Aac},
                                         Case{"h264", Codec::H264, std::nullopt},
                                         Case{"hevc", Codec::H265, std::nullopt}));

TEST(Demuxer, ReadsTheSameAgainAfterRewind) {
    for (const char* format : {"mp4", "mpegts", "h264"}) {
        const Recorded original =
            record(Codec::H264,
                   format == std::string("h264") ? std::nullopt : std::optional(Codec::Aac), 10);
        const TemporaryFile file(".bin");
        write_media_file(file.path(), format, original.tracks, original.units);
        const auto demuxer = Demuxer::open(file.path()).value();
        const auto first = read_all(*demuxer);
        const auto parameters = demuxer->tracks()[0].parameters;
        ASSERT_TRUE(demuxer->rewind());
        const auto second = read_all(*demuxer);
        ASSERT_EQ(first.size(), second.size());
        for (std::size_t i = 0; i < first.size(); ++i) EXPECT_EQ(first[i].data, second[i].data);
        EXPECT_EQ(demuxer->tracks()[0].parameters, parameters) << format;
    }
}

TEST(Demuxer, StartsAtZero) {
    Recorded original = record(Codec::H264, std::nullopt, 10);
    for (media::AccessUnit& unit : original.units) {
        unit.pts += 90'000 * 100;
        unit.dts = unit.pts;
    }
    const TemporaryFile file(".ts");
    write_media_file(file.path(), "mpegts", original.tracks, original.units);
    const auto demuxer = Demuxer::open(file.path()).value();
    EXPECT_EQ(read_all(*demuxer).front().pts, 0);
}

TEST(Demuxer, SaysWhatIsWrongWithAFile) {
    EXPECT_EQ(Demuxer::open("/nonexistent/film.mp4").error().kind(), ErrorKind::NotFound);
    EXPECT_FALSE(Demuxer::open(std::filesystem::temp_directory_path()));
    const TemporaryFile noise(".mp4");
    std::ofstream(noise.path()) << std::string(5000, 'x');
    EXPECT_EQ(Demuxer::open(noise.path()).error().kind(), ErrorKind::DataLoss);
    const TemporaryFile empty(".mp4");
    std::ofstream(empty.path()).flush();
    EXPECT_FALSE(Demuxer::open(empty.path()));
}

TEST(Demuxer, NeverOpensWhatAFileNames) {
    const Recorded original = record(Codec::H264, std::nullopt, 5);
    const TemporaryFile film(".ts");
    write_media_file(film.path(), "mpegts", original.tracks, original.units);
    const TemporaryFile playlist(".m3u8");
    std::ofstream(playlist.path())
        << "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:" << film.path().string()
        << "\n#EXT-X-ENDLIST\n";
    EXPECT_FALSE(Demuxer::open(playlist.path()));
    const TemporaryFile script(".txt");
    std::ofstream(script.path()) << "ffconcat version 1.0\nfile " << film.path().string() << "\n";
    EXPECT_FALSE(Demuxer::open(script.path()));
}

TEST(Demuxer, SurvivesTruncationAnywhere) {
    const Recorded original = record(Codec::H264, Codec::Aac, 10);
    for (const char* format : {"mp4", "matroska", "mpegts"}) {
        const TemporaryFile whole(".whole");
        write_media_file(whole.path(), format, original.tracks, original.units);
        const auto size = std::filesystem::file_size(whole.path());
        const TemporaryFile cut(".cut");
        for (std::uintmax_t length = 0; length < size;
             length += std::max<std::uintmax_t>(1, size / 40)) {
            std::filesystem::copy_file(whole.path(), cut.path(),
                                       std::filesystem::copy_options::overwrite_existing);
            std::filesystem::resize_file(cut.path(), length);
            auto demuxer = Demuxer::open(cut.path());
            if (!demuxer) continue;
            for (int i = 0; i < 200; ++i) {
                const auto unit = (*demuxer)->next();
                if (!unit || !*unit) break;
            }
        }
    }
}

}  // namespace
}  // namespace casement::ffmpeg
