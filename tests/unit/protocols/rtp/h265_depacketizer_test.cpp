#include <gtest/gtest.h>

#include "tests/unit/protocols/rtp/packets.hpp"

namespace casement::protocols::rtp {
namespace {

using namespace testing;

/// NAL unit of H.265: two header bytes, then content whose first bit is set (first slice segment).
Octets hevc(int type, std::size_t size) {
    Octets out = nal(static_cast<std::uint8_t>(type << 1), size);
    out[1] = 1;
    return out;
}
constexpr int kTrail = 1, kIdr = 19, kCra = 21, kAud = 35, kPrefixSei = 39;

Feed h265() {
    PayloadFormat format;
    format.codec = media::Codec::H265;
    return Feed(make_depacketizer(format, nullptr));
}

std::vector<Octets> fragments(const Octets& whole, std::size_t part) {
    std::vector<Octets> out;
    for (std::size_t at = 2; at < whole.size(); at += part) {
        const std::size_t end = std::min(at + part, whole.size());
        Octets packet{
            49 << 1, whole[1],
            static_cast<std::uint8_t>((at == 2 ? 0x80 : 0) | (end == whole.size() ? 0x40 : 0) |
                                      (whole[0] >> 1 & 0x3F))};
        packet.insert(packet.end(), whole.begin() + static_cast<std::ptrdiff_t>(at),
                      whole.begin() + static_cast<std::ptrdiff_t>(end));
        out.push_back(packet);
    }
    return out;
}

TEST(H265Depacketizer, PutsSinglesAggregatesAndFragmentsTogether) {
    Feed feed = h265();
    const Octets sei = hevc(kPrefixSei, 12);
    const Octets slice = hevc(kIdr, 500);
    feed.packet(3, hex("60 01 0003 46 01 50") + Octets{0, 12} + sei);  // AUD (type 35) and SEI
    const auto parts = fragments(slice, 99);
    for (std::size_t i = 0; i < parts.size(); ++i) feed.packet(3, parts[i], i + 1 == parts.size());
    ASSERT_EQ(feed.units.size(), 1u);
    EXPECT_TRUE(feed.units[0].key);
    EXPECT_EQ(octets_of(feed.units[0].data), joined({sei, slice}));
}

TEST(H265Depacketizer, KnowsKeyPictures) {
    Feed feed = h265();
    feed.packet(1, hevc(kTrail, 30), true)
        .packet(2, hevc(kCra, 30), true)
        .packet(3, hevc(kIdr, 30), true);
    ASSERT_EQ(feed.units.size(), 3u);
    EXPECT_FALSE(feed.units[0].key);
    EXPECT_TRUE(feed.units[1].key);
    EXPECT_TRUE(feed.units[2].key);
}

TEST(H265Depacketizer, DropsADamagedUnit) {
    const auto parts = fragments(hevc(kIdr, 100), 40);
    for (std::size_t missing = 0; missing < parts.size(); ++missing) {
        Feed feed = h265();
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (i == missing)
                feed.lose();
            else
                feed.packet(1, parts[i], i + 1 == parts.size());
        }
        feed.packet(2, hevc(kTrail, 20), true);
        ASSERT_EQ(feed.units.size(), 1u) << missing;
        EXPECT_TRUE(feed.units[0].after_loss);
        // Nothing tells that there was a unit when its first packets are missing but the rest is
        // fine: its middle does.
        EXPECT_EQ(feed.counters().damaged, 1u) << missing;
    }
}

TEST(H265Depacketizer, WaitsForThePictureBehindAMarkedDelimiter) {
    Feed feed = h265();
    feed.packet(1, hevc(kAud, 3), true);
    EXPECT_TRUE(feed.units.empty());
    feed.packet(1, hevc(kTrail, 20), true);
    EXPECT_EQ(feed.units.size(), 1u);
}

TEST(H265Depacketizer, CountsWhatBreaksTheFormat) {
    for (const Octets& payload :
         {hex("62 01 80"), hex("64 01 00 00"), hex("60 01 0009 4601"), hex("02 01"), hex("02")}) {
        Feed feed = h265();
        feed.packet(1, payload, true);
        EXPECT_TRUE(feed.units.empty());
        EXPECT_EQ(feed.counters().malformed, 1u);
    }
}

TEST(H265Depacketizer, SurvivesTruncationAtEveryByte) {
    for (const Octets& whole : {hex("60 01 0003 460150 0004 26018011"),
                                fragments(hevc(kIdr, 40), 20)[0], hevc(kIdr, 20)}) {
        for (std::size_t n = 0; n <= whole.size(); ++n)
            h265().packet(1, Octets(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)),
                          true);
    }
}

}  // namespace
}  // namespace casement::protocols::rtp
