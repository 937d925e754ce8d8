#include "media/opus.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/media_data.hpp"

namespace casement::media::opus {
namespace {

using fakes::hex;

TEST(OpusPacket, LastsAsTable2OfRfc6716Says) {
    const int expected[32] = {480,  960, 1920, 2880, 480, 960, 1920, 2880, 480, 960, 1920,
                              2880, 480, 960,  480,  960, 120, 240,  480,  960, 120, 240,
                              480,  960, 120,  240,  480, 960, 120,  240,  480, 960};
    for (int config = 0; config < 32; ++config) {
        const std::uint8_t packet[] = {static_cast<std::uint8_t>(config << 3), 0};
        EXPECT_EQ(packet_samples(packet), expected[config]) << config;
    }
}

TEST(OpusPacket, CountsItsFrames) {
    EXPECT_EQ(packet_samples(hex("f9 01 02")), 1920);     // code 1: two of one size
    EXPECT_EQ(packet_samples(hex("f9 01")), 0);           // R3: an odd rest
    EXPECT_EQ(packet_samples(hex("fa 01 02 03")), 1920);  // code 2
    EXPECT_EQ(packet_samples(hex("fb 06 00")), 5760);     // code 3: six of 20 ms are the most
    EXPECT_EQ(packet_samples(hex("fb 07 00")), 0);        // R5: one past it
    EXPECT_EQ(packet_samples(hex("fb")), 0);              // R6
    EXPECT_EQ(packet_samples(hex("fb 00")), 0);
    EXPECT_EQ(packet_samples({}), 0);
}

TEST(OpusPacket, TellsStereo) {
    EXPECT_TRUE(is_stereo(hex("fc")));
    EXPECT_FALSE(is_stereo(hex("f8")));
    EXPECT_FALSE(is_stereo({}));
}

TEST(OpusParameters, RunAt48000Hz) {
    EXPECT_EQ(make_parameters(2).sample_rate, 48000);
    EXPECT_EQ(make_parameters(1).rfc6381(), "opus");
}

}  // namespace
}  // namespace casement::media::opus
