#include "ffmpeg/audio_transcoder.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/clock.hpp"
#include "media/time.hpp"
#include "tests/unit/ffmpeg/bursts.hpp"

namespace casement::ffmpeg {
namespace {

using media::Codec;
using test::make_bursts;
using test::onsets;
using test::Sound;

std::unique_ptr<AudioTranscoder> transcoder_of(const Sound& sound, AudioFormat target) {
    return AudioTranscoder::open(sound.track, target, 7).value();
}

std::vector<media::AccessUnit> pushed(AudioTranscoder& transcoder,
                                      const std::vector<media::AccessUnit>& units) {
    std::vector<media::AccessUnit> out;
    for (const media::AccessUnit& unit : units) EXPECT_TRUE(transcoder.push(unit, out));
    EXPECT_TRUE(transcoder.flush(out));
    return out;
}

void expect_monotone(const std::vector<media::AccessUnit>& units) {
    for (std::size_t i = 1; i < units.size(); ++i)
        ASSERT_GT(units[i].pts, units[i - 1].pts) << "unit " << i;
}

// How far the tones lie from where the source has them, in the worst case.
double worst_offset(const std::vector<double>& found, double first_second = 0) {
    double worst = 0;
    for (const double at : found) {
        const double nth = std::round((at - first_second - test::kBurstOffset) / test::kBurstEvery);
        worst = std::max(
            worst, std::abs(at - first_second - test::kBurstOffset - nth * test::kBurstEvery));
    }
    return worst;
}

struct Pair {
    AudioFormat from, to;
};
void PrintTo(const Pair& pair, std::ostream* out) {
    *out << to_string(pair.from.codec) << pair.from.sample_rate << "_to_"
         << to_string(pair.to.codec);
}

class EveryPair : public testing::TestWithParam<Pair> {};

TEST_P(EveryPair, KeepsTonesWhereTheyWereToOneMillisecond) {
    const Sound source = make_bursts(GetParam().from, 4);
    const auto transcoder = transcoder_of(source, GetParam().to);
    const auto units = pushed(*transcoder, source.units);
    expect_monotone(units);
    const std::vector<double> found = onsets(transcoder->track(), units);
    EXPECT_EQ(found.size(), 8U);
    EXPECT_LT(worst_offset(found), 0.001);
    EXPECT_GE(units.front().pts, 0);
}

TEST_P(EveryPair, DescribesTheTrackAndNumbersItsUnits) {
    const Sound source = make_bursts(GetParam().from, 1);
    const auto transcoder = transcoder_of(source, GetParam().to);
    const media::Track& track = transcoder->track();
    EXPECT_EQ(track.id, 7);
    EXPECT_EQ(track.codec, GetParam().to.codec);
    EXPECT_EQ(track.clock_rate, static_cast<std::uint32_t>(track.parameters->sample_rate));
    EXPECT_EQ(track.parameters->config.empty(), track.codec != Codec::Aac);
    for (const media::AccessUnit& unit : pushed(*transcoder, source.units)) {
        EXPECT_EQ(unit.track, 7);
        EXPECT_TRUE(unit.key);
        EXPECT_FALSE(unit.data.empty());
    }
}

constexpr AudioFormat kAac48{.codec = Codec::Aac, .sample_rate = 48000, .channels = 2};
constexpr AudioFormat kAac16{.codec = Codec::Aac, .sample_rate = 16000, .channels = 1};
constexpr AudioFormat kAac44{.codec = Codec::Aac, .sample_rate = 44100, .channels = 1};
constexpr AudioFormat kOpus{.codec = Codec::Opus, .sample_rate = 48000, .channels = 1};
constexpr AudioFormat kPcma{.codec = Codec::Pcma, .sample_rate = 8000};
constexpr AudioFormat kPcmu{.codec = Codec::Pcmu, .sample_rate = 8000};

INSTANTIATE_TEST_SUITE_P(
    AudioTranscoder, EveryPair,
    testing::Values(Pair{kAac48, {.codec = Codec::Opus}}, Pair{kAac16, {.codec = Codec::Opus}},
                    Pair{kAac44, {.codec = Codec::Opus}}, Pair{kAac48, {.codec = Codec::Pcma}},
                    Pair{kOpus, {.codec = Codec::Aac}}, Pair{kOpus, {.codec = Codec::Pcmu}},
                    Pair{kPcma, {.codec = Codec::Aac}}, Pair{kPcmu, {.codec = Codec::Opus}},
                    Pair{kPcmu, {.codec = Codec::Pcma}},
                    Pair{kAac16, {.codec = Codec::Aac, .sample_rate = 8000}},
                    Pair{kOpus, {.codec = Codec::Opus, .channels = 2}}));

TEST(AudioTranscoder, KeepsLargeTimestampsExact) {
    const std::int64_t first = 48000LL * 86400 * 365 * 3;  // a stream of three years
    const Sound source = make_bursts(kAac48, 2, first);
    const auto transcoder = transcoder_of(source, {.codec = Codec::Opus});
    const auto units = pushed(*transcoder, source.units);
    EXPECT_LT(std::abs(units.front().pts - first), 48000 / 10);
    auto near_zero = units;
    for (media::AccessUnit& unit : near_zero) unit.pts -= first;
    EXPECT_LT(worst_offset(onsets(transcoder->track(), near_zero)), 0.003);
}

TEST(AudioTranscoder, FillsALostUnitWithSilence) {
    Sound source = make_bursts(kPcma, 4);
    source.units.erase(source.units.begin() + 60);  // at 1.2 s, between two tones
    const auto transcoder = transcoder_of(source, {.codec = Codec::Opus});
    const auto units = pushed(*transcoder, source.units);
    for (std::size_t i = 1; i < units.size(); ++i)
        EXPECT_EQ(units[i].pts - units[i - 1].pts, 960) << i;
    const std::vector<double> found = onsets(transcoder->track(), units);
    EXPECT_EQ(found.size(), 8U);
    EXPECT_LT(worst_offset(found), 0.003);
}

TEST(AudioTranscoder, StartsAnewAtTheRightTimeAfterALongGap) {
    Sound source = make_bursts(kPcmu, 4);
    source.units.erase(source.units.begin() + 55, source.units.begin() + 105);  // 1.1 s to 2.1 s
    for (const Codec codec : {Codec::Aac, Codec::Opus, Codec::Pcma}) {
        const auto transcoder = transcoder_of(source, {.codec = codec});
        const auto units = pushed(*transcoder, source.units);
        expect_monotone(units);
        const std::vector<double> found = onsets(transcoder->track(), units);
        EXPECT_EQ(found.size(), 6U) << to_string(codec);
        EXPECT_LT(worst_offset(found), 0.003) << to_string(codec);
        const auto in_gap = std::ranges::count_if(units, [&](const media::AccessUnit& unit) {
            const double at = static_cast<double>(unit.pts) / transcoder->track().clock_rate;
            return at > 1.15 && at < 2.08;
        });
        EXPECT_EQ(in_gap, 0) << to_string(codec);
    }
}

TEST(AudioTranscoder, MarksTheFirstUnitAfterABreakOfTheSource) {
    Sound source = make_bursts(kPcmu, 2);
    source.units[50].discontinuity = true;
    const auto transcoder = transcoder_of(source, {.codec = Codec::Opus});
    const auto units = pushed(*transcoder, source.units);
    EXPECT_EQ(std::ranges::count_if(units, &media::AccessUnit::discontinuity), 1);
    const auto marked = std::ranges::find_if(units, &media::AccessUnit::discontinuity);
    EXPECT_NEAR(static_cast<double>(marked->pts) / 48000, 1.0, 0.045);
}

TEST(AudioTranscoder, LeavesOutUnitsThatGoBackInTime) {
    Sound source = make_bursts(kPcma, 2);
    for (std::size_t i = 50; i < 55; ++i) source.units[i].pts -= 8000;
    const auto transcoder = transcoder_of(source, {.codec = Codec::Aac});
    expect_monotone(pushed(*transcoder, source.units));
    EXPECT_EQ(transcoder->skipped_units(), 5U);
}

TEST(AudioTranscoder, FollowsASourceWhoseSamplesRunSlowerThanItsClock) {
    // 0.1 % slow: without correction the tones would be 60 ms off after a minute.
    Sound source = make_bursts({.codec = Codec::Pcma, .sample_rate = 8000}, 60);
    for (media::AccessUnit& unit : source.units) unit.pts += unit.pts / 1000;
    const auto transcoder = transcoder_of(source, {.codec = Codec::Opus});
    const auto units = pushed(*transcoder, source.units);
    std::vector<double> found = onsets(transcoder->track(), units);
    ASSERT_EQ(found.size(), 120U);
    for (double& at : found) at /= 1.001;
    EXPECT_LT(worst_offset(found), 0.006);
    for (std::size_t i = 1; i < units.size(); ++i)
        EXPECT_EQ(units[i].pts - units[i - 1].pts, 960) << i;
}

TEST(AudioTranscoder, DoesNotStutterWhenTheSourceStampsWithAWallClock) {
    Sound source = make_bursts(kPcma, 20);
    std::mt19937 random(1);
    for (media::AccessUnit& unit : source.units)
        unit.pts += static_cast<int>(random() % 160);  // up to 20 ms late
    const auto transcoder = transcoder_of(source, {.codec = Codec::Opus});
    const std::vector<double> found =
        onsets(transcoder->track(), pushed(*transcoder, source.units));
    EXPECT_EQ(found.size(), 40U);
    EXPECT_LT(worst_offset(found), 0.025);
}

TEST(AudioTranscoder, SurvivesBrokenUnits) {
    for (const AudioFormat& format : {kAac48, kOpus, kPcma}) {
        Sound source = make_bursts(format, 2);
        std::mt19937 random(2);
        for (std::size_t i = 3; i < source.units.size(); i += 4) {
            std::vector<std::uint8_t> noise(random() % 400);
            for (std::uint8_t& byte : noise) byte = static_cast<std::uint8_t>(random());
            source.units[i].data = media::Bytes::from(std::move(noise));
        }
        source.units[5].data = media::Bytes::from(std::vector<std::uint8_t>(64 * 1024 + 1));
        const auto transcoder = transcoder_of(
            source, {.codec = format.codec == Codec::Opus ? Codec::Aac : Codec::Opus});
        expect_monotone(pushed(*transcoder, source.units));
        EXPECT_GT(transcoder->skipped_units(), 0U);
    }
}

TEST(AudioTranscoder, RefusesWhatItCannotTranscode) {
    media::Track video{.id = 0,
                       .clock_rate = 90'000,
                       .parameters = std::make_shared<media::CodecParameters>(),
                       .codec = Codec::H264};
    EXPECT_EQ(AudioTranscoder::open(video, {}, 1).error().kind(), base::ErrorKind::InvalidArgument);
    media::Track unknown{.id = 0, .clock_rate = 48'000, .parameters = nullptr, .codec = Codec::Aac};
    EXPECT_EQ(AudioTranscoder::open(unknown, {}, 1).error().kind(),
              base::ErrorKind::InvalidArgument);
    const Sound source = make_bursts(kPcma, 0.1);
    EXPECT_EQ(AudioTranscoder::open(source.track, {.codec = Codec::H264}, 1).error().kind(),
              base::ErrorKind::InvalidArgument);
    EXPECT_EQ(AudioTranscoder::open(source.track, {.codec = Codec::Opus, .sample_rate = 44100}, 1)
                  .error()
                  .kind(),
              base::ErrorKind::Unsupported);
    EXPECT_EQ(
        AudioTranscoder::open(source.track, {.codec = Codec::Aac, .channels = 3}, 1).error().kind(),
        base::ErrorKind::Unsupported);
    auto crowd = std::make_shared<media::CodecParameters>(*source.track.parameters);
    crowd->channels = 9;
    media::Track crowded = source.track;
    crowded.parameters = crowd;
    EXPECT_EQ(AudioTranscoder::open(crowded, {}, 1).error().kind(),
              base::ErrorKind::InvalidArgument);
}

TEST(AudioTranscoder, TellsWallTimeAlongWithMediaTime) {
    Sound source = make_bursts(kPcma, 2);
    const base::WallTime start{std::chrono::seconds{1'700'000'000}};
    for (media::AccessUnit& unit : source.units)
        unit.wall = start + media::ticks_to_us(unit.pts, 8000);
    const auto transcoder = transcoder_of(source, {.codec = Codec::Aac});
    std::vector<media::AccessUnit> out;
    for (const media::AccessUnit& unit : source.units) EXPECT_TRUE(transcoder->push(unit, out));
    ASSERT_FALSE(out.empty());
    for (const media::AccessUnit& unit : out) {
        EXPECT_NEAR(static_cast<double>((unit.wall - start).count()),
                    static_cast<double>(media::ticks_to_us(unit.pts, 48000).count()), 2.0);
    }
}

}  // namespace
}  // namespace casement::ffmpeg
