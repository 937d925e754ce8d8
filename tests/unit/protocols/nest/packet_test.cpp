#include "protocols/nest/packet.hpp"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/media_data.hpp"

namespace casement::protocols::nest {
namespace {

using fakes::hex;
using Bytes = std::vector<std::uint8_t>;

Bytes bytes(std::string_view text) {
    const auto data = hex(text);
    return {data.begin(), data.end()};
}

/// What comes out when the stream is given in portions of `step` bytes.
std::vector<Packet> read(const Bytes& stream, std::size_t step) {
    PacketReader reader;
    std::vector<Packet> out;
    for (std::size_t at = 0; at < stream.size(); at += step) {
        const auto portion = base::ByteSpan(stream).subspan(at);
        EXPECT_TRUE(reader.push(portion.first(std::min(step, portion.size()))));
        for (;;) {
            auto packet = reader.next();
            if (!packet) {
                ADD_FAILURE() << packet.error().message();
                return out;
            }
            if (!*packet) break;
            out.push_back(std::move(**packet));
        }
    }
    EXPECT_EQ(reader.buffered(), 0u);
    return out;
}

TEST(NexustalkPacket, APingIsThreeBytes) {
    EXPECT_EQ(to_bytes(PacketType::Ping), bytes("01 00 00"));
}

TEST(NexustalkPacket, IsReadFromAnyPortionsOfTheStream) {
    const Bytes big(70'000, 0x65);
    const std::vector<Packet> said{{PacketType::Ok, {}},
                                   {static_cast<PacketType>(206), {1, 2, 3}},
                                   {static_cast<PacketType>(99), {9}},  // nobody knows it: kept
                                   {PacketType::PlaybackPacket, {0x08, 0x2a}},
                                   {PacketType::LongPlaybackPacket, big},
                                   {PacketType::Ping, {}}};
    Bytes stream;
    for (const Packet& packet : said) {
        const auto one = to_bytes(packet.type, packet.payload);
        stream.insert(stream.end(), one.begin(), one.end());
    }
    for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{4},
                                   std::size_t{5}, std::size_t{1000}, stream.size()})
        EXPECT_EQ(read(stream, step), said) << step;
}

TEST(NexustalkPacket, IsNotThereUntilItsLastByteIs) {
    const auto whole = to_bytes(PacketType::Redirect, bytes("0a 02 68 31"));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        PacketReader reader;
        ASSERT_TRUE(reader.push(base::ByteSpan(whole).first(size)));
        const auto packet = reader.next();
        ASSERT_TRUE(packet);
        EXPECT_FALSE(*packet) << size;
    }
}

TEST(NexustalkPacket, ATooLongPictureTakesTheLongHeader) {
    EXPECT_EQ(to_bytes(PacketType::PlaybackPacket, Bytes(0xFFFF)).front(), 204);
    const auto big = to_bytes(PacketType::PlaybackPacket, Bytes(0x10000));
    EXPECT_EQ(Bytes(big.begin(), big.begin() + 5), bytes("cd 00 01 00 00"));
    EXPECT_THROW((void)to_bytes(PacketType::AudioPayload, Bytes(0x10000)), std::length_error);
    EXPECT_THROW((void)to_bytes(PacketType::PlaybackPacket, Bytes(kMaxPacketBytes + 1)),
                 std::length_error);
}

TEST(NexustalkPacket, TakesTheLargestAndNoByteMore) {
    PacketReader good;
    ASSERT_TRUE(good.push(to_bytes(PacketType::PlaybackPacket, Bytes(kMaxPacketBytes))));
    const auto packet = good.next();
    ASSERT_TRUE(packet && *packet);
    EXPECT_EQ((*packet)->payload.size(), kMaxPacketBytes);

    PacketReader bad;
    ASSERT_TRUE(bad.push(bytes("cd 00 50 00 01")));  // by its header alone
    for (int i = 0; i < 2; ++i) {
        const auto refused = bad.next();
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().kind(), base::ErrorKind::InvalidArgument);
    }
}

TEST(NexustalkPacket, BuffersTenMebibytesAndNoByteMore) {
    PacketReader reader;
    ASSERT_TRUE(reader.push(Bytes(kMaxBufferedBytes - 1)));
    ASSERT_TRUE(reader.push(Bytes(1)));
    const auto refused = reader.push(Bytes(1));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), base::ErrorKind::ResourceExhausted);
}

}  // namespace
}  // namespace casement::protocols::nest
