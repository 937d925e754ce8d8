// Sound files that people send, as what a loudspeaker takes.

#include "ffmpeg/sound.hpp"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/fakes/test_data.hpp"
#include "tests/fakes/tones.hpp"

namespace casement::ffmpeg {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;
using fakes::share_of_tone;
using fakes::wav_of_tone;
using media::Codec;

base::Result<Sound> read(const std::string& file, std::chrono::milliseconds longest = 60s) {
    return Sound::read(base::as_bytes(file), longest);
}
std::string file(const char* name) {
    std::ifstream in(fakes::test_data() + "/media/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
media::CodecParameters parameters(Codec codec, int rate, int channels) {
    media::CodecParameters out;
    out.codec = codec;
    out.sample_rate = rate;
    out.channels = channels;
    return out;
}
std::vector<std::uint8_t> pcmu_of(const Sound& sound) {
    std::vector<std::uint8_t> out;
    const auto units = sound.encode(parameters(Codec::Pcmu, 8000, 1));
    EXPECT_TRUE(units);
    if (!units) return out;
    for (const media::AccessUnit& unit : *units)
        out.insert(out.end(), unit.data.begin(), unit.data.end());
    return out;
}

TEST(Sound, AToneInAWavIsTheSameToneInPcmu) {
    for (const auto& [rate, channels] :
         {std::pair{44'100, 1}, {8'000, 2}, {48'000, 2}, {96'000, 1}}) {
        const auto sound = read(wav_of_tone(1000, 1, rate, channels));
        ASSERT_TRUE(sound) << sound.error().message();
        EXPECT_NEAR(static_cast<double>(sound->duration().count()), 1000, 5);
        const auto pcmu = pcmu_of(*sound);
        EXPECT_NEAR(static_cast<double>(pcmu.size()), 8000, 160);
        EXPECT_GT(share_of_tone(pcmu, 1000), 0.95) << rate;
        EXPECT_LT(share_of_tone(pcmu, 1100), 0.05) << rate;
    }
}

TEST(Sound, OtherKindsOfFilesAreReadToo) {
    const auto mp3 = read(file("tone-880hz.mp3"));
    ASSERT_TRUE(mp3) << mp3.error().message();
    EXPECT_GT(share_of_tone(pcmu_of(*mp3), 880), 0.9);
    const auto aac = read(file("sine16k.aac"));
    ASSERT_TRUE(aac) << aac.error().message();
    EXPECT_GT(share_of_tone(pcmu_of(*aac), 440), 0.8);
    EXPECT_TRUE(read(file("ffmpeg_h264_aac.mp4"))) << "the sound of a film";
}

TEST(Sound, UnitsFollowEachOther) {
    const auto sound = read(wav_of_tone(500, 0.5)).value();
    const auto units = sound.encode(parameters(Codec::Pcmu, 8000, 1)).value();
    for (std::size_t i = 0; i < units.size(); ++i) {
        EXPECT_EQ(units[i].pts, static_cast<std::int64_t>(i) * 160);
        EXPECT_EQ(units[i].data.size(), 160u);
    }
    EXPECT_TRUE(sound.encode(parameters(Codec::Opus, 48'000, 2)));
    EXPECT_TRUE(sound.encode(parameters(Codec::Aac, 16'000, 1)));
    EXPECT_FALSE(sound.encode(parameters(Codec::H264, 0, 0)));
}

TEST(Sound, AClickIsOneUnitToo) {
    for (const double seconds : {0.0005, 0.001, 0.002, 0.005}) {
        const auto click = read(wav_of_tone(1000, seconds, 48'000));
        ASSERT_TRUE(click) << click.error().message();
        EXPECT_EQ(pcmu_of(*click).size(), 160u) << seconds;
    }
}

TEST(Sound, HasALongestTime) {
    EXPECT_TRUE(read(wav_of_tone(500, 1.0, 8000), 1000ms));
    const auto longer = read(wav_of_tone(500, 1.1, 8000), 1000ms);
    ASSERT_FALSE(longer);
    EXPECT_EQ(longer.error().kind(), ErrorKind::InvalidArgument);
    EXPECT_EQ(longer.error().message(), "The sound is longer than 1 s; send a shorter one.");
}

TEST(Sound, SamplesThatLastForHoursGetNoMemory) {
    const auto memory_kb = [] {
        rusage usage{};
        ::getrusage(RUSAGE_SELF, &usage);
        return usage.ru_maxrss;
    };
    const auto before = memory_kb();
    const auto hours = read(wav_of_tone(0.1, 4000, 1));  // 8 kB
    ASSERT_FALSE(hours);
    EXPECT_EQ(hours.error().message(), "The sound is longer than 60 s; send a shorter one.");
    EXPECT_LT(memory_kb() - before, 200'000);
}

TEST(Sound, WhatIsNoneIsTheSendersFault) {
    std::string torn = wav_of_tone(500, 0.2);
    torn.resize(30);
    for (const std::string& bad :
         {std::string(), std::string("hello"), std::string(100'000, '\0'), torn,
          file("picture.jpg"), file("testsrc.h265"), std::string("#EXTM3U\n/etc/passwd\n"),
          std::string("ffconcat version 1.0\nfile /etc/passwd\n")}) {
        const auto sound = read(bad);
        ASSERT_FALSE(sound) << bad.substr(0, 20);
        EXPECT_EQ(sound.error().kind(), ErrorKind::InvalidArgument) << sound.error().message();
    }
}

TEST(Sound, AFileCutAnywhereIsReadAsFarAsItGoesOrRefused) {
    const std::string whole = file("tone-880hz.mp3");
    ASSERT_GT(whole.size(), 4000u);
    for (std::size_t size = 0; size < whole.size(); size += 97) (void)read(whole.substr(0, size));
    std::string wav = wav_of_tone(500, 0.05, 8000);
    for (std::size_t size = 0; size < wav.size(); ++size) (void)read(wav.substr(0, size));
    // Lengths that point beyond the end.
    for (std::size_t at = 0; at < 44; ++at) {
        std::string lying = wav;
        lying[at] = '\xFF';
        (void)read(lying);
    }
}

}  // namespace
}  // namespace casement::ffmpeg
