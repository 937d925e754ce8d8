// Our fragmented MP4 in front of FFmpeg: it must read every packet where we put it, and decode
// without a word.

#include <gtest/gtest.h>

#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "formats/fmp4/slice.hpp"
#include "media/jpeg.hpp"
#include "tests/fakes/mp4_units.hpp"
#include "tests/fakes/test_data.hpp"

namespace casement {
namespace {

using fakes::TrackUnits;
using formats::fmp4::SegmentIdentity;

class TemporaryFile {
public:
    explicit TemporaryFile(media::ByteSpan bytes)
        : path_(std::filesystem::temp_directory_path() /
                ("casement-fmp4-" + std::to_string(::getpid()) + "-" + std::to_string(++count_) +
                 ".mp4")) {
        std::ofstream(path_, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
    }
    ~TemporaryFile() { std::filesystem::remove(path_); }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    std::string path() const { return path_.string(); }

private:
    static inline int count_ = 0;
    std::filesystem::path path_;
};

/// Standard output and error of a command.
std::string output_of(const std::string& command) {
    std::string out;
    FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr) return "popen failed";
    std::array<char, 4096> buffer{};
    while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe))
        out.append(buffer.data(), count);
    const int status = ::pclose(pipe);
    if (status != 0) out += "exit status " + std::to_string(status);
    return out;
}

std::string packets(const std::string& path, const std::string& stream) {
    return output_of("ffprobe -v error -select_streams " + stream +
                     " -show_entries packet=pts,dts,size,duration,flags -of csv=p=0 " + path);
}
/// What FFmpeg says at warning level while it decodes everything; empty when all is well.
std::string complaints(const std::string& path) {
    return output_of("ffmpeg -nostdin -v warning -xerror -i " + path + " -f null -");
}
std::string codecs(const std::string& path) {
    return output_of("ffprobe -v error -show_entries stream=codec_name -of csv=p=0 " + path);
}

SegmentIdentity identity() {
    return {.camera = "porch",
            .run = "r1",
            .sequence = 3,
            .start = base::WallTime(std::chrono::seconds(1'790'000'000)),
            .run_offset_us = 180'000'000};
}

class Remux : public testing::TestWithParam<const char*> {};

TEST_P(Remux, KeepsEveryPacketOfFfmpegsFile) {
    const std::string original = fakes::test_data() + "/media/" + GetParam();
    const auto source = formats::FileSource::open(original);
    ASSERT_TRUE(source);
    const auto tracks = fakes::units_of(*source);
    ASSERT_EQ(tracks.size(), 2u);
    const SegmentIdentity id = identity();
    for (const std::size_t per_fragment : {1u, 5u, 100u}) {
        const TemporaryFile ours(fakes::file_of(tracks, per_fragment, &id));
        EXPECT_EQ(complaints(ours.path()), "") << per_fragment;
        EXPECT_EQ(codecs(ours.path()), codecs(original));
        for (const char* stream : {"v", "a"})
            EXPECT_EQ(packets(ours.path(), stream), packets(original, stream))
                << stream << per_fragment;
    }
}

INSTANTIATE_TEST_SUITE_P(Ffmpeg, Remux,
                         testing::Values("ffmpeg_h264_aac.mp4", "ffmpeg_hevc_opus.mp4"));

TEST(Fmp4Ffmpeg, PlaysG711AndMotionJpeg) {
    const media::Bytes picture = fakes::data_file("media/picture.jpg");
    for (const media::Codec codec : {media::Codec::Pcma, media::Codec::Pcmu}) {
        TrackUnits video{.track = {.id = 0,
                                   .clock_rate = 90'000,
                                   .parameters = {},
                                   .codec = media::Codec::Mjpeg},
                         .units = {},
                         .durations = {}};
        video.track.parameters = std::make_shared<media::CodecParameters>(
            media::jpeg::make_parameters(*media::jpeg::parse(picture)));
        TrackUnits audio{.track = {.id = 1, .clock_rate = 8000, .parameters = {}, .codec = codec},
                         .units = {},
                         .durations = {}};
        media::CodecParameters g711;
        g711.codec = codec;
        g711.sample_rate = 8000;
        g711.channels = 1;
        audio.track.parameters = std::make_shared<media::CodecParameters>(g711);
        for (int i = 0; i < 4; ++i) {
            video.units.push_back(fakes::unit(0, i * 45'000, i * 45'000, true, picture));
            video.durations.push_back(45'000);
        }
        for (int i = 0; i < 100; ++i) {
            audio.units.push_back(
                fakes::unit(1, i * 160, i * 160, true,
                            media::Bytes::from(std::vector<std::uint8_t>(160, 0xD5))));
            audio.durations.push_back(160);
        }
        const TemporaryFile file(fakes::file_of({video, audio}, 2));
        // What the program says of every G.711 stream, WAV files too.
        EXPECT_EQ(complaints(file.path()), "Guessed Channel Layout for Input Stream #0.1 : mono\n");
        EXPECT_EQ(codecs(file.path()), "mjpeg\n" + std::string(media::to_string(codec)) + "\n");
        const std::string seen = packets(file.path(), "v");
        EXPECT_EQ(std::ranges::count(seen, '\n'), 4) << seen;
        const std::string seconds = output_of(
            "ffprobe -v error -select_streams a -show_entries stream=duration_ts,sample_rate -of "
            "csv=p=0 " +
            file.path());
        EXPECT_EQ(seconds, "8000,16000\n");
    }
}

/// A slice of three segments, the last of another run a minute later, as one file.
std::vector<std::uint8_t> sliced(const char* name, formats::fmp4::SliceForm form) {
    using namespace formats::fmp4;
    const auto source = formats::FileSource::open(fakes::test_data() + "/media/" + name);
    EXPECT_TRUE(source);
    const auto tracks = fakes::units_of(*source);
    std::vector<media::Bytes> files;
    std::vector<formats::MemorySource> sources;
    std::vector<SegmentInput> inputs;
    for (std::uint32_t i = 0; i < 3; ++i) {
        SegmentIdentity id = identity();
        id.sequence = i;
        id.run = i < 2 ? "a" : "b";
        id.start += i < 2 ? std::chrono::milliseconds(1200 * i) : std::chrono::milliseconds(60'000);
        id.run_offset_us = i < 2 ? 1'200'000 * i : 0;
        files.push_back(media::Bytes::from(fakes::file_of(tracks, 3, &id)));
        sources.emplace_back(files.back());
    }
    for (const auto& s : sources) inputs.push_back({.source = &s, .start = std::nullopt});
    const auto made = slice(inputs, {.from = identity().start + std::chrono::milliseconds(600),
                                     .to = identity().start + std::chrono::minutes(2),
                                     .form = form});
    EXPECT_TRUE(made) << made.error().message();
    std::vector<std::uint8_t> out;
    for (const Piece& piece : made->file.pieces()) {
        const media::Bytes bytes = piece.input == Piece::kMemory
                                       ? piece.memory
                                       : files[piece.input].slice(piece.offset, piece.size);
        out.insert(out.end(), bytes.begin(), bytes.end());
    }
    return out;
}

TEST(Fmp4Ffmpeg, PlaysSlices) {
    struct Case {
        const char* name;
        int pictures;         // of 36, less those before the key frame at 0.5 s and at 0.2 s
        const char* seconds;  // of the video track
    };
    for (const Case& c : {Case{"ffmpeg_h264_aac.mp4", 31, "3.100000\n"},
                          Case{"ffmpeg_hevc_opus.mp4", 34, "3.400000\n"}}) {
        const TemporaryFile fragmented(sliced(c.name, formats::fmp4::SliceForm::Fragmented));
        const TemporaryFile progressive(sliced(c.name, formats::fmp4::SliceForm::Progressive));
        for (const TemporaryFile* file : {&fragmented, &progressive}) {
            EXPECT_EQ(complaints(file->path()), "") << c.name;
            const std::string seen = packets(file->path(), "v");
            EXPECT_EQ(std::ranges::count(seen, '\n'), c.pictures) << seen;
        }
        EXPECT_EQ(packets(fragmented.path(), "v"), packets(progressive.path(), "v"));
        EXPECT_EQ(
            output_of(
                "ffprobe -v error -select_streams v -show_entries stream=duration -of csv=p=0 " +
                progressive.path()),
            c.seconds);
        // Seeking to the middle lands on a key frame near it.
        const std::string sought = output_of(
            "ffprobe -v error -read_intervals 1.5%+#1 -select_streams v -show_entries "
            "packet=pts_time,flags -of csv=p=0 " +
            progressive.path());
        EXPECT_NE(sought.find("K"), std::string::npos) << sought;
    }
}

}  // namespace
}  // namespace casement
