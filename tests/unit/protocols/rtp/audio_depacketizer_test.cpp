#include <gtest/gtest.h>

#include "media/aac.hpp"
#include "tests/unit/protocols/rtp/packets.hpp"

namespace casement::protocols::rtp {
namespace {

using namespace testing;

media::CodecParametersPtr aac_parameters() {
    media::aac::AudioSpecificConfig config;
    config.sample_rate = 48'000;
    config.channels = 1;
    return std::make_shared<const media::CodecParameters>(
        *media::aac::make_parameters(media::aac::write_config(config)));
}

Feed aac(bool latm = false) {
    PayloadFormat format;
    format.codec = media::Codec::Aac;
    format.clock_rate = 48'000;
    format.latm = latm;
    return Feed(make_depacketizer(format, aac_parameters()));
}

Octets au_headers(std::initializer_list<std::size_t> sizes) {
    const std::size_t bits = sizes.size() * 16;
    Octets out{static_cast<std::uint8_t>(bits >> 8), static_cast<std::uint8_t>(bits)};
    for (const std::size_t size : sizes)
        out = out +
              Octets{static_cast<std::uint8_t>(size >> 5), static_cast<std::uint8_t>(size << 3)};
    return out;
}

TEST(AacDepacketizer, HandsOutEveryFrameOfAPacketAtItsTime) {
    Feed feed = aac();
    feed.packet(1000, au_headers({3, 2}) + hex("aaaaaa bbbb"), true);
    ASSERT_EQ(feed.units.size(), 2u);
    EXPECT_EQ(octets_of(feed.units[0].data), hex("aaaaaa"));
    EXPECT_EQ(feed.units[0].rtp_timestamp, 1000u);
    EXPECT_TRUE(feed.units[0].key);
    EXPECT_EQ(octets_of(feed.units[1].data), hex("bbbb"));
    EXPECT_EQ(feed.units[1].rtp_timestamp, 1000u + 1024u);
}

TEST(AacDepacketizer, PutsAFragmentedFrameTogether) {
    Feed feed = aac();
    feed.packet(5, au_headers({6}) + hex("0102"))
        .packet(5, au_headers({6}) + hex("0304"))
        .packet(5, au_headers({6}) + hex("0506"), true);
    feed.packet(6, au_headers({1}) + hex("07"), true);
    ASSERT_EQ(feed.units.size(), 2u);
    EXPECT_EQ(octets_of(feed.units[0].data), hex("010203040506"));
    EXPECT_FALSE(feed.units[1].after_loss);
}

TEST(AacDepacketizer, DropsAFrameThatLostAFragment) {
    for (int missing = 0; missing < 3; ++missing) {
        Feed feed = aac();
        for (int i = 0; i < 3; ++i) {
            if (i == missing)
                feed.lose();
            else
                feed.packet(5, au_headers({6}) + hex("0102"), i == 2);
        }
        feed.packet(6, au_headers({1}) + hex("07"), true);
        ASSERT_EQ(feed.units.size(), 1u) << missing;
        EXPECT_EQ(octets_of(feed.units[0].data), hex("07"));
        EXPECT_TRUE(feed.units[0].after_loss);
    }
}

TEST(AacDepacketizer, MarksTheFrameAfterALoss) {
    Feed feed = aac();
    feed.packet(0, au_headers({1}) + hex("01"), true)
        .lose()
        .packet(2048, au_headers({1}) + hex("02"), true);
    ASSERT_EQ(feed.units.size(), 2u);
    EXPECT_TRUE(feed.units[1].after_loss);
}

TEST(AacDepacketizer, TakesAdtsHeadersOff) {
    media::aac::AudioSpecificConfig config;
    config.sample_rate = 48'000;
    config.channels = 1;
    const Octets frame = octets_of(media::aac::write_adts(config, 3)) + hex("212223");
    Feed feed = aac();
    feed.packet(0, au_headers({frame.size()}) + frame, true);
    EXPECT_EQ(octets_of(feed.units.at(0).data), hex("212223"));
}

TEST(AacDepacketizer, ReadsOtherFieldLengths) {
    PayloadFormat format;
    format.codec = media::Codec::Aac;
    format.size_length = 6;  // AAC-lbr
    format.index_length = format.index_delta_length = 2;
    Feed feed(make_depacketizer(format, aac_parameters()));
    feed.packet(0, hex("0010 0c 08 aaaaaa bbbb"), true);  // 000011 00, 000010 00
    ASSERT_EQ(feed.units.size(), 2u);
    EXPECT_EQ(octets_of(feed.units[1].data), hex("bbbb"));
}

TEST(AacDepacketizer, CountsWhatBreaksTheFormat) {
    for (const Octets& payload :
         {hex("00"), hex("0010"), hex("0000 aa"), hex("ffff aa"), hex("0020 0008 0100 aa")}) {
        Feed feed = aac();
        feed.packet(1, payload, true);
        EXPECT_EQ(feed.counters().malformed, 1u) << payload.size();
    }
    Feed huge = aac();
    huge.packet(1, hex("0010 ffff") + filled(100),
                true);  // 8191 bytes of which 100 came: a fragment
    EXPECT_TRUE(huge.units.empty());
}

TEST(AacDepacketizer, SurvivesTruncationAtEveryByte) {
    const Octets whole = au_headers({3, 2, 40}) + filled(45);
    for (std::size_t n = 0; n <= whole.size(); ++n)
        aac().packet(1, Octets(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)),
                     true);
}

TEST(LatmDepacketizer, ReadsPayloadLengths) {
    Feed feed = aac(true);
    const Octets frame = filled(300);
    feed.packet(10, hex("ff 2d") + frame, true);  // 255 + 45
    ASSERT_EQ(feed.units.size(), 1u);
    EXPECT_EQ(octets_of(feed.units[0].data), frame);
}

TEST(LatmDepacketizer, PutsFragmentsAndSubFramesTogether) {
    Feed feed = aac(true);
    feed.packet(10, hex("03 0102")).packet(10, hex("03 02 0405"), true);
    ASSERT_EQ(feed.units.size(), 2u);
    EXPECT_EQ(octets_of(feed.units[0].data), hex("010203"));
    EXPECT_EQ(octets_of(feed.units[1].data), hex("0405"));
    EXPECT_EQ(feed.units[1].rtp_timestamp, 10u + 1024u);
}

TEST(LatmDepacketizer, DropsWhatDoesNotAddUp) {
    Feed feed = aac(true);
    feed.packet(1, hex("05 0102"), true)
        .packet(2, hex("ff ff"), true)
        .packet(3, hex("02 0102"))
        .lose()
        .packet(4, hex("01 09"), true);
    EXPECT_EQ(feed.counters().malformed, 2u);
    EXPECT_EQ(feed.counters().damaged, 1u);
    ASSERT_EQ(feed.units.size(), 1u);
    EXPECT_TRUE(feed.units[0].after_loss);
}

TEST(PlainDepacketizer, HandsOutEveryPacketAsItIs) {
    for (const media::Codec codec : {media::Codec::Opus, media::Codec::Pcma, media::Codec::Pcmu}) {
        PayloadFormat format;
        format.codec = codec;
        Feed feed(make_depacketizer(format, nullptr));
        feed.packet(1, hex("0102")).packet(2, {}).lose().packet(3, hex("03"));
        ASSERT_EQ(feed.units.size(), 2u);
        EXPECT_EQ(octets_of(feed.units[0].data), hex("0102"));
        EXPECT_TRUE(feed.units[0].key);
        EXPECT_FALSE(feed.units[0].after_loss);
        EXPECT_TRUE(feed.units[1].after_loss);
    }
}

}  // namespace
}  // namespace casement::protocols::rtp
