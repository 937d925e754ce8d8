#include <gtest/gtest.h>

#include "tests/unit/protocols/rtp/packets.hpp"

namespace casement::protocols::rtp {
namespace {

using namespace testing;

// x264, 320x240 baseline.
const Octets kSps = hex("67 42c00d d9 0141fb 0110 0000 0300 1000 0003 0320 f142 a480");
const Octets kPps = hex("68 cb83cb20");
const Octets kOtherPps = hex("68 ce3c80");
constexpr std::uint8_t kIdr = 0x65, kSlice = 0x41, kSei = 0x06, kAud = 0x09, kFiller = 0x0C;

Feed h264(media::CodecParametersPtr parameters = nullptr) {
    PayloadFormat format;
    return Feed(make_depacketizer(format, std::move(parameters)));
}

Octets stap_a(std::initializer_list<Octets> nals) {
    Octets out{0x78};
    for (const Octets& one : nals)
        out = out +
              Octets{static_cast<std::uint8_t>(one.size() >> 8),
                     static_cast<std::uint8_t>(one.size())} +
              one;
    return out;
}

/// RFC 6184 §5.8.
std::vector<Octets> fu_a(const Octets& whole, std::size_t part) {
    std::vector<Octets> out;
    for (std::size_t at = 1; at < whole.size(); at += part) {
        const std::size_t end = std::min(at + part, whole.size());
        const bool first = at == 1, last = end == whole.size();
        Octets packet{
            static_cast<std::uint8_t>((whole[0] & 0xE0) | 28),
            static_cast<std::uint8_t>((first ? 0x80 : 0) | (last ? 0x40 : 0) | (whole[0] & 0x1F))};
        packet.insert(packet.end(), whole.begin() + static_cast<std::ptrdiff_t>(at),
                      whole.begin() + static_cast<std::ptrdiff_t>(end));
        out.push_back(packet);
    }
    return out;
}

TEST(H264Depacketizer, HandsOutASingleNalAtItsMarker) {
    Feed feed = h264();
    feed.packet(90, nal(kSlice, 50), true);
    ASSERT_EQ(feed.units.size(), 1u);
    EXPECT_EQ(feed.units[0].rtp_timestamp, 90u);
    EXPECT_FALSE(feed.units[0].key);
    EXPECT_FALSE(feed.units[0].after_loss);
    EXPECT_EQ(octets_of(feed.units[0].data), joined({nal(kSlice, 50)}));
}

TEST(H264Depacketizer, TakesParameterSetsOutOfTheUnitAndReportsThem) {
    Feed feed = h264();
    feed.packet(0, stap_a({kSps, kPps})).packet(0, nal(kSei, 20)).packet(0, nal(kIdr, 100), true);
    ASSERT_EQ(feed.units.size(), 1u);
    EXPECT_TRUE(feed.units[0].key);
    EXPECT_EQ(octets_of(feed.units[0].data), joined({nal(kSei, 20), nal(kIdr, 100)}));
    ASSERT_TRUE(feed.units[0].parameters);
    EXPECT_EQ(octets_of(feed.units[0].parameters->sps.at(0)), kSps);
    EXPECT_EQ(octets_of(feed.units[0].parameters->pps.at(0)), kPps);
    EXPECT_EQ(feed.units[0].parameters->width, 320);
    EXPECT_EQ(feed.depacketizer().parameters(), feed.units[0].parameters);
}

TEST(H264Depacketizer, ReportsParametersOnlyWhenTheyDiffer) {
    Feed first = h264();
    first.packet(0, stap_a({kSps, kPps})).packet(0, nal(kIdr, 100), true);
    Feed feed = h264(first.depacketizer().parameters());
    EXPECT_TRUE(feed.depacketizer().parameters());
    feed.packet(0, stap_a({kSps, kPps})).packet(0, nal(kIdr, 100), true);
    feed.packet(1, kSps).packet(1, kOtherPps).packet(1, nal(kIdr, 100), true);
    ASSERT_EQ(feed.units.size(), 2u);
    EXPECT_FALSE(feed.units[0].parameters);
    ASSERT_TRUE(feed.units[1].parameters);
    EXPECT_EQ(octets_of(feed.units[1].parameters->pps.at(0)), kOtherPps);
}

TEST(H264Depacketizer, DropsDelimitersAndFiller) {
    Feed feed = h264();
    feed.packet(0, nal(kAud, 2)).packet(0, nal(kSlice, 30)).packet(0, nal(kFiller, 30), true);
    EXPECT_EQ(octets_of(feed.units.at(0).data), joined({nal(kSlice, 30)}));
}

TEST(H264Depacketizer, PutsFragmentsTogether) {
    for (const std::size_t part : {1u, 7u, 99u, 1000u}) {
        Feed feed = h264();
        const auto packets = fu_a(nal(kIdr, 100), part);
        for (std::size_t i = 0; i < packets.size(); ++i)
            feed.packet(5, packets[i], i + 1 == packets.size());
        ASSERT_EQ(feed.units.size(), 1u) << part;
        EXPECT_TRUE(feed.units[0].key);
        EXPECT_EQ(octets_of(feed.units[0].data), joined({nal(kIdr, 100)}));
    }
}

TEST(H264Depacketizer, TakesParameterSetsOutOfFragments) {
    Feed feed = h264();
    for (const Octets& packet : fu_a(kSps, 5)) feed.packet(5, packet);
    feed.packet(5, kPps).packet(5, nal(kIdr, 10), true);
    EXPECT_EQ(octets_of(feed.units.at(0).data), joined({nal(kIdr, 10)}));
    EXPECT_TRUE(feed.units[0].parameters);
}

TEST(H264Depacketizer, EndsAUnitAtANewTimestampWhenTheMarkerNeverComes) {
    Feed feed = h264();
    feed.packet(1, nal(kSlice, 20)).packet(2, nal(kSlice, 30)).flush();
    ASSERT_EQ(feed.units.size(), 2u);
    EXPECT_EQ(octets_of(feed.units[1].data), joined({nal(kSlice, 30)}));
}

TEST(H264Depacketizer, WaitsForThePictureBehindAMarkedParameterSet) {
    Feed feed = h264();
    feed.packet(1, kSps, true).packet(1, kPps, true).packet(1, nal(kSei, 9), true);
    EXPECT_TRUE(feed.units.empty());
    feed.packet(1, nal(kIdr, 20), true);
    ASSERT_EQ(feed.units.size(), 1u);
    EXPECT_EQ(octets_of(feed.units[0].data), joined({nal(kSei, 9), nal(kIdr, 20)}));
    EXPECT_TRUE(feed.units[0].parameters);
}

TEST(H264Depacketizer, KeepsParametersThatCameWithAnotherTimestamp) {
    Feed feed = h264();
    feed.packet(1, kSps).packet(1, kPps, true).packet(7, nal(kIdr, 20), true);
    ASSERT_EQ(feed.units.size(), 1u);
    EXPECT_EQ(feed.units[0].rtp_timestamp, 7u);
    EXPECT_TRUE(feed.units[0].parameters);
    EXPECT_EQ(feed.counters().damaged, 0u);
}

TEST(H264Depacketizer, LearnsThatTheMarkerIsOnEverySlice) {
    Octets second_slice = nal(kSlice, 20);
    second_slice[1] = 0x40;  // first_mb_in_slice is not zero
    Feed feed = h264();
    feed.packet(1, nal(kSlice, 20), true).packet(1, second_slice, true);
    feed.packet(2, nal(kSlice, 20), true).packet(2, second_slice, true);
    feed.packet(3, nal(kSlice, 20), true).packet(3, second_slice, true).flush();
    ASSERT_EQ(feed.units.size(), 3u);  // the first one came out as half a picture
    EXPECT_EQ(octets_of(feed.units[1].data), joined({nal(kSlice, 20), second_slice}));
    EXPECT_EQ(octets_of(feed.units[2].data), joined({nal(kSlice, 20), second_slice}));
    EXPECT_EQ(feed.counters().damaged, 1u);
}

TEST(H264Depacketizer, DropsADamagedUnitAndSaysSoWithTheNext) {
    const auto packets = fu_a(nal(kIdr, 100), 30);
    for (std::size_t missing = 0; missing < packets.size(); ++missing) {
        Feed feed = h264();
        feed.packet(0, nal(kSlice, 10), true);
        for (std::size_t i = 0; i < packets.size(); ++i) {
            if (i == missing)
                feed.lose();
            else
                feed.packet(1, packets[i], i + 1 == packets.size());
        }
        feed.packet(2, nal(kSlice, 20), true).packet(3, nal(kSlice, 20), true);
        ASSERT_EQ(feed.units.size(), 3u) << missing;
        EXPECT_EQ(feed.units[1].rtp_timestamp, 2u);
        EXPECT_TRUE(feed.units[1].after_loss);
        EXPECT_FALSE(feed.units[2].after_loss);
        EXPECT_EQ(feed.counters().damaged, 1u);
    }
}

TEST(H264Depacketizer, KeepsAUnitThatBeginsWholeAfterALoss) {
    Feed feed = h264();
    feed.packet(0, nal(kSlice, 10), true).lose().packet(9, nal(kSlice, 20), true);
    ASSERT_EQ(feed.units.size(), 2u);
    EXPECT_TRUE(feed.units[1].after_loss);
    EXPECT_EQ(feed.counters().damaged, 0u);
}

TEST(H264Depacketizer, DropsAUnitWhoseFirstSliceWasLost) {
    Octets second_slice = nal(kSlice, 20);
    second_slice[1] = 0x40;
    Feed feed = h264();
    feed.packet(0, nal(kSlice, 10), true)
        .lose()
        .packet(9, second_slice, true)
        .packet(10, nal(kSlice, 10), true);
    ASSERT_EQ(feed.units.size(), 2u);
    EXPECT_EQ(feed.units[1].rtp_timestamp, 10u);
    EXPECT_EQ(feed.counters().damaged, 1u);
}

TEST(H264Depacketizer, CountsWhatBreaksTheFormat) {
    const Octets broken[] = {
        {0x00, 1}, {0x79, 0, 1, 2}, {0x7D, 0x80, 1}, hex("78 0005 41"), {0x7C}};
    for (const Octets& payload : broken) {
        Feed feed = h264();
        feed.packet(1, payload, true).packet(2, nal(kSlice, 9), true);
        EXPECT_EQ(feed.counters().malformed, 1u);
        ASSERT_EQ(feed.units.size(), 1u);
        EXPECT_TRUE(feed.units[0].after_loss);
    }
}

TEST(H264Depacketizer, IgnoresEmptyPayloads) {
    Feed feed = h264();
    feed.packet(1, {}).packet(1, nal(kSlice, 9), true).packet(2, {}, true);
    EXPECT_EQ(feed.units.size(), 1u);
    EXPECT_EQ(feed.counters().malformed, 0u);
}

TEST(H264Depacketizer, SurvivesTruncationAtEveryByte) {
    const Octets packets[] = {stap_a({kSps, kPps, nal(kIdr, 40)}), fu_a(nal(kIdr, 40), 20)[0],
                              fu_a(nal(kIdr, 40), 20)[1], nal(kIdr, 40)};
    for (const Octets& whole : packets) {
        for (std::size_t n = 0; n <= whole.size(); ++n)
            h264().packet(1, Octets(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)),
                          true);
    }
}

TEST(H264Depacketizer, KeepsItsLimitOfBytes) {
    const auto size_of = [](std::size_t bytes) {
        Feed feed = h264();
        Octets part = nal(0x7C, 60'000);
        part[1] = 0x85;  // FU-A of an IDR slice: first
        std::size_t sent = 1;
        while (sent < bytes) {
            const std::size_t take = std::min(part.size() - 2, bytes - sent);
            part.resize(take + 2);
            sent += take;
            if (sent == bytes) part[1] |= 0x40;
            feed.packet(1, part, sent == bytes);
            part[1] &= 0x7F;
        }
        return feed;
    };
    const Feed fits = size_of(kMaxUnitBytes - 4);
    ASSERT_EQ(fits.units.size(), 1u);
    EXPECT_EQ(fits.units[0].data.size(), kMaxUnitBytes);
    const Feed too_large = size_of(kMaxUnitBytes - 3);
    EXPECT_TRUE(too_large.units.empty());
    EXPECT_EQ(too_large.counters().oversized, 1u);
    EXPECT_EQ(too_large.counters().damaged, 1u);
}

TEST(H264Depacketizer, KeepsItsLimitOfNalUnits) {
    for (const std::size_t count : {kMaxNalsPerUnit, kMaxNalsPerUnit + 1}) {
        Feed feed = h264();
        for (std::size_t i = 0; i < count; ++i) feed.packet(1, nal(kSlice, 3), i + 1 == count);
        EXPECT_EQ(feed.units.size(), count == kMaxNalsPerUnit ? 1u : 0u);
    }
}

}  // namespace
}  // namespace casement::protocols::rtp
