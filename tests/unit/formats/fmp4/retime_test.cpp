#include "formats/fmp4/retime.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/mp4_units.hpp"

namespace casement::formats::fmp4 {
namespace {

using fakes::hex;

/// One picture and one sound, as the muxer writes them.
std::vector<std::uint8_t> fragment(std::uint64_t picture_at, std::uint64_t sound_at) {
    const std::vector<media::AccessUnitPtr> picture{fakes::unit(0, 0, 0, true, hex("aabbcc"))};
    const std::vector<media::AccessUnitPtr> sound{fakes::unit(1, 0, 0, true, hex("ddee"))};
    const std::vector<std::uint32_t> duration{100};
    const std::vector<TrackRun> runs{
        {.track = 0, .decode_time = picture_at, .units = picture, .durations = duration},
        {.track = 1, .decode_time = sound_at, .units = sound, .durations = duration}};
    return *make_fragment_block(runs);
}

TEST(Retime, GivesTheFragmentThatWouldHaveBeenWrittenForThatTime) {
    auto moved = fragment(5'000'000'000, 48'000);
    retime(moved, std::array{Retime{.back = 4'999'999'000}, Retime{.back = 47'000}});
    EXPECT_EQ(moved, fragment(1000, 1000));
}

TEST(Retime, LeavesOutARunThatBeginsTooEarly) {
    auto moved = fragment(9000, 700);
    const std::size_t size = moved.size();
    retime(moved, std::array{Retime{.back = 9000, .not_before = 9000},
                             Retime{.back = 800, .not_before = 800}});
    EXPECT_EQ(moved.size(), size);
    const std::string text(moved.begin(), moved.end());
    EXPECT_NE(text.find("free"), std::string::npos);
    EXPECT_EQ(text.find("traf", text.find("traf") + 1), std::string::npos);
}

TEST(Retime, NeverGoesBelowZeroAndKeepsTracksThatItIsNotTold) {
    auto moved = fragment(10, 20);
    retime(moved, std::array{Retime{.back = 11}});
    EXPECT_EQ(moved, fragment(0, 20));
}

TEST(Retime, SurvivesWhatIsBroken) {
    const auto whole = fragment(10, 20);
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        std::vector<std::uint8_t> part(whole.begin(), whole.begin() + static_cast<long>(size));
        retime(part, std::array{Retime{.back = 1}, Retime{.back = 1}});
    }
    for (std::size_t at = 0; at < 64; ++at) {
        for (const int value : {0, 7, 255}) {
            auto broken = whole;
            broken[at] = static_cast<std::uint8_t>(value);
            retime(broken, std::array{Retime{.back = 1}, Retime{.back = 1}});
        }
    }
}

}  // namespace
}  // namespace casement::formats::fmp4
