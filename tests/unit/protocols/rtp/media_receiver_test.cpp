#include "protocols/rtp/media_receiver.hpp"

#include <gtest/gtest.h>

#include "protocols/rtcp/rtcp.hpp"
#include "protocols/rtp/packetizer.hpp"
#include "tests/unit/protocols/rtp/packets.hpp"

namespace casement::protocols::rtp {
namespace {

using namespace std::chrono_literals;
using namespace testing;

constexpr std::uint8_t kIdr = 0x65, kSlice = 0x41;
const Octets kSps = hex("67 42c00d d9 0141fb 0110 0000 0300 1000 0003 0320 f142 a480");
const Octets kPps = hex("68 cb83cb20");
constexpr base::WallTime kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 12h};

/// H.264 as track 0 and G.711 as track 1, from a sender of our own.
class Receiver : public ::testing::Test, public MediaSink {
protected:
    void on_tracks(const media::Tracks& tracks) override { tracks_told.push_back(tracks); }
    void on_unit(media::AccessUnit unit) override { units.push_back(std::move(unit)); }
    void on_lost(std::uint64_t count) override { lost += count; }

    static PacketizerSetup setup(media::Codec codec, std::uint8_t payload_type,
                                 std::uint32_t clock_rate) {
        PacketizerSetup out;
        out.format = {
            .codec = codec, .payload_type = payload_type, .clock_rate = clock_rate, .channels = 1};
        out.track_clock_rate = clock_rate;
        out.ssrc = payload_type;
        out.first_sequence = 65'530;
        out.timestamp_offset = 0xFFFFFF00;
        out.max_packet_bytes = 200;
        return out;
    }
    std::vector<Octets> packets(Packetizer& sender, const media::AccessUnit& unit,
                                const media::CodecParameters* parameters = nullptr) {
        std::vector<std::uint8_t> block;
        std::vector<PacketRange> ranges;
        sender.pack(unit, parameters, block, ranges);
        std::vector<Octets> out;
        for (const PacketRange& range : ranges)
            out.emplace_back(block.begin() + range.offset,
                             block.begin() + range.offset + range.size);
        return out;
    }
    std::vector<Octets> picture(int number, std::uint8_t type, std::size_t size = 500) {
        return packets(video, unit_of(joined({nal(type, size)}), type == kIdr, number * 3600));
    }
    void give(const std::vector<Octets>& list) {
        for (const Octets& one : list)
            receiver.on_rtp(
                0, one, now,
                kNoon + std::chrono::duration_cast<std::chrono::microseconds>(now - start), *this);
    }

    MediaReceiver receiver{
        {{.format = setup(media::Codec::H264, 96, 90'000).format, .parameters = nullptr},
         {.format = setup(media::Codec::Pcmu, 0, 8'000).format, .parameters = nullptr}},
        {.max_packets = 16, .max_wait = 100ms}};
    Packetizer video{setup(media::Codec::H264, 96, 90'000)},
        audio{setup(media::Codec::Pcmu, 0, 8'000)};
    const base::SteadyTime start{1h};
    base::SteadyTime now = start;
    std::vector<media::Tracks> tracks_told;
    std::vector<media::AccessUnit> units;
    std::uint64_t lost = 0;
};

TEST_F(Receiver, TellsTracksBeforeTheFirstUnitAndWhenTheyChange) {
    give(picture(0, kSlice));
    ASSERT_EQ(tracks_told.size(), 1u);
    ASSERT_EQ(tracks_told[0].size(), 2u);
    EXPECT_FALSE(tracks_told[0][0].parameters);
    EXPECT_EQ(tracks_told[0][1].clock_rate, 8'000u);
    media::CodecParameters parameters;
    parameters.sps = {media::Bytes::copy_of(kSps)};
    parameters.pps = {media::Bytes::copy_of(kPps)};
    for (int i = 1; i < 3; ++i)
        give(packets(video, unit_of(joined({nal(kIdr, 400)}), true, i * 3600), &parameters));
    ASSERT_EQ(tracks_told.size(), 2u);
    EXPECT_EQ(tracks_told[1][0].parameters->width, 320);
    EXPECT_EQ(units.size(), 3u);
}

TEST_F(Receiver, GivesUnitsTheirTimes) {
    give(picture(0, kIdr));
    now += 40ms;
    give(picture(1, kSlice));
    ASSERT_EQ(units.size(), 2u);
    EXPECT_EQ(units[0].pts, 0);
    EXPECT_TRUE(units[0].key);
    EXPECT_FALSE(units[0].discontinuity);
    EXPECT_EQ(units[1].pts, 3600);
    EXPECT_EQ(units[1].dts, 3600);
    EXPECT_EQ(units[1].received_at, now);
    EXPECT_EQ(units[1].wall, kNoon + 40ms);
}

TEST_F(Receiver, SortsPacketsThatCameOutOfOrder) {
    auto list = picture(0, kIdr, 900);
    ASSERT_GE(list.size(), 5u);
    std::swap(list[1], list[3]);
    give(list);
    ASSERT_EQ(units.size(), 1u);
    EXPECT_EQ(octets_of(units[0].data), joined({nal(kIdr, 900)}));
    EXPECT_EQ(lost, 0u);
}

TEST_F(Receiver, MarksTheNextKeyFrameAfterALoss) {
    give(picture(0, kIdr));
    auto broken = picture(1, kSlice);
    broken.erase(broken.begin() + 1);
    give(broken);
    EXPECT_EQ(receiver.next_deadline(), now + 100ms);
    now += 100ms;
    receiver.poll(now, kNoon, *this);
    EXPECT_EQ(units.size(), 1u);
    EXPECT_EQ(lost, 1u);
    give(picture(2, kSlice));
    give(picture(3, kIdr));
    give(picture(4, kIdr));
    ASSERT_EQ(units.size(), 4u);
    EXPECT_FALSE(units[1].discontinuity);  // shown as well as it can be
    EXPECT_TRUE(units[2].discontinuity);
    EXPECT_FALSE(units[3].discontinuity);
}

TEST_F(Receiver, LearnsDecodingTimesOfBFrames) {
    for (const int number : {0, 3, 1, 2, 6, 4, 5, 9, 7, 8})
        give(picture(number, number == 0 ? kIdr : kSlice));
    ASSERT_EQ(units.size(), 10u);
    for (std::size_t i = 1; i < units.size(); ++i) {
        EXPECT_GT(units[i].dts, units[i - 1].dts);
        EXPECT_LE(units[i].dts, units[i].pts);
    }
    EXPECT_EQ(units[8].pts, 7 * 3600);
}

TEST_F(Receiver, RefusesForeignPayloadTypesAndNoise) {
    Octets foreign = picture(0, kIdr).front();
    foreign[1] = 97;
    give({foreign, hex("00"), {}});
    EXPECT_EQ(receiver.refused(), 3u);
    receiver.on_rtp(7, foreign, now, kNoon, *this);  // no such track
    EXPECT_FALSE(receiver.on_rtcp(7, foreign, now, kNoon));
    EXPECT_TRUE(units.empty());
}

TEST_F(Receiver, NeverLetsSoundRunBackwards) {
    for (const std::int64_t pts : {0, 160, 100, 320}) {
        for (const Octets& packet : packets(audio, unit_of(filled(160), true, pts)))
            receiver.on_rtp(1, packet, now, kNoon, *this);
    }
    ASSERT_EQ(units.size(), 4u);
    EXPECT_EQ(units[2].pts, 161);
    EXPECT_EQ(units[3].pts, 320);
}

TEST_F(Receiver, ReportsBeforeAnythingCameAndAfter) {
    const auto before = rtcp::parse(receiver.receiver_report(0, now));
    ASSERT_TRUE(before);
    EXPECT_TRUE(std::get<rtcp::ReceiverReport>(before->at(0)).blocks.empty());
    give(picture(0, kIdr));
    EXPECT_FALSE(receiver.on_rtcp(0,
                                  rtcp::write_sender_report({.ssrc = 96,
                                                             .ntp = rtcp::to_ntp(kNoon),
                                                             .rtp_timestamp = 0,
                                                             .packets = 1,
                                                             .octets = 1,
                                                             .blocks = {}},
                                                            "c"),
                                  now, kNoon));
    const auto after = rtcp::parse(receiver.receiver_report(0, now));
    const auto& report = std::get<rtcp::ReceiverReport>(after->at(0));
    ASSERT_EQ(report.blocks.size(), 1u);
    EXPECT_EQ(report.blocks[0].ssrc, 96u);
    EXPECT_NE(report.blocks[0].last_sr, 0u);
    EXPECT_NE(report.ssrc, 96u);
}

TEST_F(Receiver, HearsGoodbye) {
    EXPECT_TRUE(receiver.on_rtcp(0, rtcp::write_bye(96, "c"), now, kNoon));
    EXPECT_EQ(rtcp::parse(receiver.bye(0))->size(), 3u);
}

}  // namespace
}  // namespace casement::protocols::rtp
