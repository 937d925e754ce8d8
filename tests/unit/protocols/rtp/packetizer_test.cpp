#include "protocols/rtp/packetizer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "media/aac.hpp"
#include "media/h264.hpp"
#include "protocols/rtp/jpeg_file.hpp"
#include "tests/unit/protocols/rtp/packets.hpp"

namespace casement::protocols::rtp {
namespace {

using namespace testing;
using media::Codec;

constexpr std::uint8_t kIdr = 0x65, kSlice = 0x41, kSei = 0x06;
const Octets kSps = hex("67 42c00d d9 0141fb 0110 0000 0300 1000 0003 0320 f142 a480");
const Octets kPps = hex("68 cb83cb20");

PacketizerSetup setup(Codec codec, std::size_t max_packet_bytes = kDefaultMaxPacketBytes) {
    PacketizerSetup out;
    out.format.codec = codec;
    out.format.payload_type = 97;
    if (media::kind_of(codec) == media::Kind::Audio) {
        out.format.clock_rate = codec == Codec::Pcma || codec == Codec::Pcmu ? 8'000 : 48'000;
        out.format.channels = 1;
    }
    out.track_clock_rate = out.format.clock_rate;
    out.channel = 2;
    out.ssrc = 0x11223344;
    out.first_sequence = 65'534;
    out.timestamp_offset = 1000;
    out.max_packet_bytes = max_packet_bytes;
    return out;
}

struct Packed {
    std::vector<std::uint8_t> block;
    std::vector<PacketRange> ranges;
    std::vector<Packet> packets;
};

/// Packs, and checks what is true of every block: interleave headers, ranges, sequence, marker on
/// the last packet alone.
Packed pack(Packetizer& packetizer, const media::AccessUnit& unit,
            const media::CodecParameters* parameters = nullptr) {
    Packed out;
    const std::uint16_t first = packetizer.next_sequence();
    EXPECT_TRUE(packetizer.pack(unit, parameters, out.block, out.ranges));
    std::size_t at = 0;
    for (const PacketRange& range : out.ranges) {
        EXPECT_EQ(range.offset, at + kInterleaveHeaderBytes);
        EXPECT_EQ(out.block[at], '$');
        EXPECT_EQ(out.block[at + 1], 2);
        EXPECT_EQ(out.block[at + 2] << 8 | out.block[at + 3], static_cast<int>(range.size));
        const auto packet = Packet::parse(std::span(out.block).subspan(range.offset, range.size));
        EXPECT_TRUE(packet);
        EXPECT_EQ(packet->sequence, static_cast<std::uint16_t>(first + out.packets.size()));
        EXPECT_EQ(packet->payload_type, 97);
        EXPECT_EQ(packet->ssrc, 0x11223344u);
        out.packets.push_back(*packet);
        at = range.offset + range.size;
    }
    EXPECT_EQ(at, out.block.size());
    return out;
}

/// Through our own depacketizer and back.
std::vector<Unit> unpacked(const Packed& packed, const PayloadFormat& format,
                           media::CodecParametersPtr parameters = nullptr) {
    const auto depacketizer = make_depacketizer(format, std::move(parameters));
    std::vector<Unit> out;
    for (const Packet& packet : packed.packets) depacketizer->push(packet, false, out);
    return out;
}

TEST(Packetizer, SendsASmallNalUnitAsItIs) {
    Packetizer packetizer(setup(Codec::H264));
    const Packed packed = pack(packetizer, unit_of(joined({nal(kSlice, 100)}), false, 90));
    ASSERT_EQ(packed.packets.size(), 1u);
    EXPECT_TRUE(packed.packets[0].marker);
    EXPECT_EQ(packed.packets[0].timestamp, 1090u);
    EXPECT_EQ(Octets(packed.packets[0].payload.begin(), packed.packets[0].payload.end()),
              nal(kSlice, 100));
}

TEST(Packetizer, PutsParameterSetsInFrontOfAKeyFrame) {
    auto parameters =
        media::h264::make_parameters({media::Bytes::copy_of(kSps)}, {media::Bytes::copy_of(kPps)});
    ASSERT_TRUE(parameters);
    Packetizer packetizer(setup(Codec::H264));
    const Packed key =
        pack(packetizer, unit_of(joined({nal(kSei, 9), nal(kIdr, 100)}), true), &*parameters);
    ASSERT_EQ(key.packets.size(), 3u);
    EXPECT_EQ(key.packets[0].payload[0] & 0x1F, 24);  // STAP-A
    EXPECT_FALSE(key.packets[0].marker);
    EXPECT_FALSE(key.packets[1].marker);
    EXPECT_TRUE(key.packets[2].marker);
    EXPECT_EQ(key.packets[0].timestamp, key.packets[2].timestamp);
    const auto units = unpacked(key, packetizer.format());
    ASSERT_EQ(units.size(), 1u);
    EXPECT_EQ(octets_of(units[0].data), joined({nal(kSei, 9), nal(kIdr, 100)}));
    ASSERT_TRUE(units[0].parameters);
    EXPECT_EQ(*units[0].parameters, *parameters);

    EXPECT_EQ(pack(packetizer, unit_of(joined({nal(kSlice, 100)})), &*parameters).packets.size(),
              1u);  // not in front of others
}

TEST(Packetizer, CutsANalUnitIntoEqualPiecesButForTheLast) {
    for (const Codec codec : {Codec::H264, Codec::H265}) {
        Packetizer packetizer(setup(codec));
        Octets big = nal(codec == Codec::H264 ? kIdr : 19 << 1, 10'000);
        if (codec == Codec::H265) big[1] = 1;
        const Packed packed = pack(packetizer, unit_of(joined({big}), true));
        ASSERT_EQ(packed.packets.size(), 8u);
        for (std::size_t i = 0; i + 1 < packed.ranges.size(); ++i) {
            EXPECT_EQ(packed.ranges[i].size, kDefaultMaxPacketBytes);
            EXPECT_FALSE(packed.packets[i].marker);
        }
        EXPECT_LE(packed.ranges.back().size, kDefaultMaxPacketBytes);
        EXPECT_TRUE(packed.packets.back().marker);
        const auto units = unpacked(packed, packetizer.format());
        ASSERT_EQ(units.size(), 1u);
        EXPECT_EQ(octets_of(units[0].data), joined({big}));
        EXPECT_TRUE(units[0].key);
    }
}

TEST(Packetizer, FindsItsWayBackForEverySize) {
    for (std::size_t size = 2; size < 600; ++size) {
        Packetizer packetizer(setup(Codec::H264, kMinMaxPacketBytes));
        const Octets unit = joined({nal(kSlice, size), nal(kSlice, 3)});
        const Packed packed = pack(packetizer, unit_of(unit));
        for (const PacketRange& range : packed.ranges) ASSERT_LE(range.size, kMinMaxPacketBytes);
        ASSERT_EQ(std::ranges::count(packed.packets, true, &Packet::marker), 1);
        ASSERT_TRUE(packed.packets.back().marker);
        const auto units = unpacked(packed, packetizer.format());
        ASSERT_EQ(units.size(), 1u) << size;
        ASSERT_EQ(octets_of(units[0].data), unit) << size;
    }
}

TEST(Packetizer, SendsParameterSetsApartWhenTheyFillAPacket) {
    media::CodecParameters parameters;
    parameters.vps = {media::Bytes::copy_of(hex("40 01 0c"))};
    parameters.sps = {media::Bytes::copy_of(Octets{0x42, 1} + filled(100))};
    parameters.pps = {media::Bytes::copy_of(Octets{0x44, 1} + filled(200))};
    Octets idr = nal(19 << 1, 10);
    idr[1] = 1;
    Packetizer packetizer(setup(Codec::H265, kMinMaxPacketBytes));
    const Packed packed = pack(packetizer, unit_of(joined({idr}), true), &parameters);
    ASSERT_EQ(packed.packets.size(), 5u);  // VPS, SPS, two fragments of the PPS, slice
    EXPECT_EQ(packed.packets[0].payload[0] >> 1, 32);
    EXPECT_EQ(packed.packets[2].payload[0] >> 1, 49);
    Packetizer roomy(setup(Codec::H265));
    const Packed together = pack(roomy, unit_of(joined({idr}), true), &parameters);
    ASSERT_EQ(together.packets.size(), 2u);
    EXPECT_EQ(together.packets[0].payload[0] >> 1, 48);
}

TEST(Packetizer, AppendsUnitsToOneBlock) {
    Packetizer video(setup(Codec::H264));
    Packetizer audio(setup(Codec::Pcma));
    std::vector<std::uint8_t> block;
    std::vector<PacketRange> ranges;
    ASSERT_TRUE(video.pack(unit_of(joined({nal(kSlice, 2000)})), nullptr, block, ranges));
    ASSERT_TRUE(audio.pack(unit_of(filled(160)), nullptr, block, ranges));
    ASSERT_EQ(ranges.size(), 3u);
    EXPECT_EQ(ranges[2].offset + ranges[2].size, block.size());
    EXPECT_TRUE(Packet::parse(std::span(block).subspan(ranges[2].offset, ranges[2].size)));
}

TEST(Packetizer, MeasuresWhatItWrites) {
    Packetizer packetizer(setup(Codec::H264));
    const auto unit = unit_of(joined({nal(kSlice, 5000)}));
    const auto size = packetizer.measure(unit, nullptr);
    EXPECT_EQ(size.packets, 4u);
    std::vector<std::uint8_t> exact(size.bytes);
    std::vector<PacketRange> ranges;
    packetizer.write(unit, nullptr, exact, 700, ranges);
    ASSERT_EQ(ranges.size(), size.packets);
    EXPECT_EQ(ranges[0].offset, 704u);
    EXPECT_EQ(ranges.back().offset + ranges.back().size, 700 + size.bytes);
    EXPECT_EQ(packetizer.next_sequence(), 2);  // 65534 + 4
    EXPECT_EQ(packetizer.packets_sent(), 4u);
    EXPECT_EQ(packetizer.octets_sent(), 4999u + 4 * 2);
}

TEST(Packetizer, RescalesToTheRtpClock) {
    auto milliseconds = setup(Codec::H264);
    milliseconds.track_clock_rate = 1000;
    EXPECT_EQ(Packetizer(milliseconds).rtp_timestamp(40), 1000u + 3600u);
    EXPECT_EQ(Packetizer(setup(Codec::H264)).rtp_timestamp((std::int64_t{1} << 32) + 5), 1005u);
    EXPECT_EQ(Packetizer(setup(Codec::H264)).rtp_timestamp(-1001), 0xFFFFFFFFu);
}

TEST(Packetizer, SendsAacWholeAndInFragments) {
    media::aac::AudioSpecificConfig config;
    config.sample_rate = 48'000;
    config.channels = 1;
    const auto parameters = std::make_shared<const media::CodecParameters>(
        *media::aac::make_parameters(media::aac::write_config(config)));
    for (const std::size_t size : {std::size_t{1}, std::size_t{300}, std::size_t{1408},
                                   std::size_t{1409}, std::size_t{8191}}) {
        Packetizer packetizer(setup(Codec::Aac));
        const Octets frame = nal(0x21, size);
        const Packed packed = pack(packetizer, unit_of(frame, true, 1024));
        EXPECT_EQ(packed.packets.size(), (size + 1407) / 1408);
        EXPECT_TRUE(packed.packets.back().marker);
        const auto units = unpacked(packed, packetizer.format(), parameters);
        ASSERT_EQ(units.size(), 1u) << size;
        EXPECT_EQ(octets_of(units[0].data), frame);
        EXPECT_EQ(units[0].rtp_timestamp, 2024u);
    }
}

TEST(Packetizer, RefusesWhatItsFormatCannotSay) {
    std::vector<std::uint8_t> block;
    std::vector<PacketRange> ranges;
    Packetizer aac(setup(Codec::Aac)), jpeg(setup(Codec::Mjpeg)), h264(setup(Codec::H264));
    EXPECT_FALSE(aac.pack(unit_of(filled(8192)), nullptr, block, ranges));
    EXPECT_FALSE(jpeg.pack(unit_of(hex("ffd8 ffd9")), nullptr, block, ranges));
    EXPECT_FALSE(h264.pack(unit_of({}), nullptr, block, ranges));
    EXPECT_EQ(aac.refused() + jpeg.refused() + h264.refused(), 3u);
    EXPECT_TRUE(block.empty() && ranges.empty());
    EXPECT_EQ(aac.next_sequence(), 65'534);
}

TEST(Packetizer, SendsG711AsItIsOrInPiecesOf20Ms) {
    Packetizer packetizer(setup(Codec::Pcmu));
    EXPECT_EQ(pack(packetizer, unit_of(filled(1024))).packets.size(), 1u);
    const Packed pieces = pack(packetizer, unit_of(filled(1600), true, 8000));
    ASSERT_EQ(pieces.packets.size(), 10u);
    EXPECT_EQ(pieces.packets[0].payload.size(), 160u);
    EXPECT_EQ(pieces.packets[1].timestamp, 1000u + 8000u + 160u);
}

TEST(Packetizer, SendsAnOpusPacketWhole) {
    Packetizer packetizer(setup(Codec::Opus));
    EXPECT_EQ(pack(packetizer, unit_of(filled(120))).packets.size(), 1u);
    EXPECT_EQ(pack(packetizer, unit_of(filled(3000))).packets.size(), 1u);
}

TEST(Packetizer, SendsJpegWithItsTables) {
    // A file of our own making: 4:2:0, Q 50, restart interval 4.
    PayloadFormat format;
    format.codec = Codec::Mjpeg;
    const auto maker = make_depacketizer(format, nullptr);
    std::vector<Unit> made;
    const Octets payload = hex("00 000000 41 32 28 1e 0004 ffff") + nal(0x10, 5000);
    Packet packet;
    packet.marker = true;
    packet.payload = payload;
    maker->push(packet, false, made);
    ASSERT_EQ(made.size(), 1u);

    for (const std::size_t max : {kMinMaxPacketBytes, kDefaultMaxPacketBytes}) {
        Packetizer packetizer(setup(Codec::Mjpeg, max));
        media::AccessUnit unit;
        unit.data = made[0].data;
        const Packed packed = pack(packetizer, unit);
        EXPECT_EQ(packed.packets[0].payload[5], 255);
        EXPECT_EQ(std::ranges::count(packed.packets, true, &Packet::marker), 1);
        const auto units = unpacked(packed, packetizer.format());
        ASSERT_EQ(units.size(), 1u);
        EXPECT_EQ(units[0].data, made[0].data);
    }
}

}  // namespace
}  // namespace casement::protocols::rtp
