#include "outputs/rtsp/rtp_packer.hpp"

#include <gtest/gtest.h>

#include "media/aac.hpp"
#include "media/h264.hpp"
#include "tests/fakes/media_data.hpp"

namespace casement::outputs::rtsp {
namespace {

using fakes::hex;

media::CodecParametersPtr shared(media::CodecParameters p) {
    return std::make_shared<const media::CodecParameters>(std::move(p));
}
// RFC 6184 §8.3.
media::Track video() {
    return {.id = 0,
            .parameters = shared(*media::h264::make_parameters({hex("67 42 00 0a 96 53 05 89 88")},
                                                               {hex("68 c9 63 88")})),
            .codec = media::Codec::H264};
}
media::Track audio() {
    return {.id = 1,
            .clock_rate = 16'000,
            .parameters = shared(*media::aac::make_parameters(hex("1408"))),
            .codec = media::Codec::Aac};
}
std::size_t bytes_of(RtpPacker& packer, int track) {
    media::AccessUnit unit;
    unit.track = track;
    unit.key = true;
    unit.data = media::Bytes::copy_of(hex("00 00 00 02 65 88"));
    fanout::WireUnit out;
    packer.pack(unit, out);
    return out.block.size();
}

TEST(RtpPacker, PicturesGoOnWithoutTheirSoundAndItComesBack) {
    RtpPacker packer(0b11, Lower::Tcp);
    ASSERT_TRUE(packer.set_tracks({video(), audio()}));
    EXPECT_GT(bytes_of(packer, 1), 0U);
    ASSERT_TRUE(packer.set_tracks({video()}));
    EXPECT_GT(bytes_of(packer, 0), 0U);
    ASSERT_TRUE(packer.set_tracks({video(), audio()}));
    EXPECT_GT(bytes_of(packer, 1), 0U);
}

TEST(RtpPacker, WhatTheSdpDoesNotSayEndsItsViewers) {
    RtpPacker packer(0b11, Lower::Tcp);
    ASSERT_TRUE(packer.set_tracks({video()}));
    EXPECT_EQ(packer.set_tracks({video(), audio()}).error().reason(), "codec") << "a track more";
    media::Track other = video();
    other.codec = media::Codec::H265;
    EXPECT_EQ(packer.set_tracks({other}).error().reason(), "codec");
    media::Track first = audio();
    first.id = 0;
    EXPECT_EQ(packer.set_tracks({first}).error().reason(), "codec") << "sound alone";
    EXPECT_EQ(packer.set_tracks({}).error().reason(), "codec");
}

}  // namespace
}  // namespace casement::outputs::rtsp
