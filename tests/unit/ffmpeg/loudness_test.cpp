#include "ffmpeg/loudness.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/ffmpeg/bursts.hpp"

namespace casement::ffmpeg {
namespace {

struct LoudnessOf : testing::TestWithParam<media::Codec> {};

TEST_P(LoudnessOf, ATonesUnitsAreAsLoudAsTheToneAndTheOthersAreSilent) {
    const test::Sound sound = test::make_bursts({.codec = GetParam()}, 4);
    const auto meter = LoudnessMeter::open(sound.track).value();
    double loudest = LoudnessMeter::kSilence;
    int silent = 0, loud = 0;
    for (const media::AccessUnit& unit : sound.units) {
        const auto level = meter->measure(unit);
        if (!level) continue;
        loudest = std::max(loudest, *level);
        silent += *level < -50;
        loud += *level > -20;
    }
    // A sine of 0.6 has 0.6 / sqrt(2) at its root of mean squares: -7.4 dB.
    EXPECT_NEAR(loudest, -7.4, 2);
    EXPECT_GE(loud, 8) << "a burst each half second";
    EXPECT_GT(silent, loud);
}

INSTANTIATE_TEST_SUITE_P(Codecs, LoudnessOf,
                         testing::Values(media::Codec::Aac, media::Codec::Opus, media::Codec::Pcmu,
                                         media::Codec::Pcma));

TEST(Loudness, SilenceHasALevel) {
    const test::Sound sound = test::make_bursts({.codec = media::Codec::Pcma}, 0.2);
    const auto meter = LoudnessMeter::open(sound.track).value();
    EXPECT_LT(meter->measure(sound.units.at(0)).value(), -60);
    EXPECT_GE(meter->measure(sound.units.at(1)).value(), LoudnessMeter::kSilence);
}

TEST(Loudness, WhatIsBrokenIsNoSound) {
    const test::Sound sound = test::make_bursts({}, 1);
    const auto meter = LoudnessMeter::open(sound.track).value();
    media::AccessUnit broken = sound.units.at(3);
    broken.data = media::Bytes::from({0xFF, 0x00, 0x13, 0x37});
    EXPECT_FALSE(meter->measure(broken));
    broken.data = {};
    EXPECT_FALSE(meter->measure(broken));
    int heard = 0;
    for (const media::AccessUnit& unit : sound.units) heard += meter->measure(unit).has_value();
    EXPECT_GT(heard, 10) << "the next ones are heard again";
}

TEST(Loudness, APictureHasNone) {
    media::Track track;
    track.codec = media::Codec::H264;
    EXPECT_FALSE(LoudnessMeter::open(track));
}

}  // namespace
}  // namespace casement::ffmpeg
