#include <gtest/gtest.h>

#include <numeric>

#include "protocols/rtmp/chunk_reader.hpp"
#include "protocols/rtmp/chunk_writer.hpp"
#include "tests/fakes/media_data.hpp"

namespace casement::protocols::rtmp {
namespace {

using base::ErrorKind;
using fakes::hex;
using media::Bytes;

std::vector<std::uint8_t> counting(std::size_t size) {
    std::vector<std::uint8_t> out(size);
    std::iota(out.begin(), out.end(), std::uint8_t{1});
    return out;
}

Bytes joined(std::initializer_list<Bytes> parts) {
    std::vector<std::uint8_t> out;
    for (const Bytes& part : parts) out.insert(out.end(), part.begin(), part.end());
    return Bytes::from(std::move(out));
}

/// Everything in `stream`, given in pieces of `piece` bytes.
base::Result<std::vector<Message>> read_all(ChunkReader& reader, media::ByteSpan stream,
                                            std::size_t piece = ~std::size_t{0}) {
    std::vector<Message> out;
    while (!stream.empty()) {
        const std::size_t count = std::min(piece, stream.size());
        // A block of its own, so that a sanitizer sees an over-read.
        const std::vector<std::uint8_t> copy(stream.begin(),
                                             stream.begin() + static_cast<std::ptrdiff_t>(count));
        stream = stream.subspan(count);
        media::ByteSpan input = copy;
        for (;;) {
            CASEMENT_TRY(auto message, reader.read(input));
            if (!message) break;
            out.push_back(std::move(*message));
        }
        EXPECT_TRUE(input.empty());
    }
    return out;
}
base::Result<std::vector<Message>> read_all(media::ByteSpan stream,
                                            std::size_t piece = ~std::size_t{0}) {
    ChunkReader reader;
    return read_all(reader, stream, piece);
}

// RTMP 1.0 §5.3.2.1: four audio messages of 32 bytes, 20 ms apart, in 44, 36, 33 and 33 bytes.
Bytes example_1() {
    const Bytes payload = Bytes::from(counting(32));
    return joined({hex("03 0003e8 000020 08 39300000"), payload, hex("83 000014"), payload,
                   hex("c3"), payload, hex("c3"), payload});
}
// §5.3.2.2: one video message of 307 bytes in chunks of 128.
Bytes example_2() {
    const Bytes payload = Bytes::from(counting(307));
    return joined({hex("04 0003e8 000133 09 3a300000"), payload.slice(0, 128), hex("c4"),
                   payload.slice(128, 128), hex("c4"), payload.slice(256)});
}

TEST(RtmpChunkReader, ReadsTheFirstExampleOfTheSpecification) {
    EXPECT_EQ(example_1().size(), 44u + 36 + 33 + 33);
    const auto messages = read_all(example_1());
    ASSERT_TRUE(messages) << messages.error().message();
    ASSERT_EQ(messages->size(), 4u);
    for (std::uint32_t i = 0; i < 4; ++i) {
        const Message& message = (*messages)[i];
        EXPECT_EQ(message.timestamp_ms, 1000 + 20 * i);
        EXPECT_EQ(message.type, MessageType::Audio);
        EXPECT_EQ(message.stream_id, 12345u);
        EXPECT_EQ(message.payload, Bytes::from(counting(32)));
    }
}

TEST(RtmpChunkReader, ReadsTheSecondExampleOfTheSpecification) {
    const auto messages = read_all(example_2());
    ASSERT_TRUE(messages);
    ASSERT_EQ(messages->size(), 1u);
    EXPECT_EQ(messages->front().type, MessageType::Video);
    EXPECT_EQ(messages->front().stream_id, 12346u);
    EXPECT_EQ(messages->front().payload, Bytes::from(counting(307)));
}

TEST(RtmpChunkWriter, WritesTheSecondExampleOfTheSpecification) {
    OutBytes out;
    const auto payload = counting(307);
    append_message(out,
                   {.chunk_stream = ChunkStreamId::Audio,
                    .type = MessageType::Video,
                    .timestamp_ms = 1000,
                    .stream_id = 12346},
                   {payload}, kDefaultChunkBytes);
    EXPECT_EQ(Bytes::from(out), example_2());
}

TEST(RtmpChunkReader, ReadsTheSameInPiecesOfAnySize) {
    const Bytes whole = joined(
        {example_1(), example_2(), hex("02 000000 000004 01 00000000 00001000"), example_1()});
    for (std::size_t piece = 1; piece < 64; ++piece) {
        const auto messages = read_all(whole, piece);
        ASSERT_TRUE(messages) << piece << ": " << messages.error().message();
        ASSERT_EQ(messages->size(), 9u) << piece;
        EXPECT_EQ((*messages)[4].payload, Bytes::from(counting(307))) << piece;
    }
}

TEST(RtmpChunkReader, GivesWholeMessagesOnlyAtEveryTruncation) {
    const Bytes whole = joined({example_2(), example_1()});
    fakes::for_each_prefix(whole, [&](media::ByteSpan prefix) {
        const auto messages = read_all(prefix);
        ASSERT_TRUE(messages);
        const std::size_t expected = prefix.size() < 321         ? 0
                                     : prefix.size() < 321 + 44  ? 1
                                     : prefix.size() < 321 + 80  ? 2
                                     : prefix.size() < 321 + 113 ? 3
                                                                 : 4;
        EXPECT_EQ(messages->size(), expected) << prefix.size();
    });
}

TEST(RtmpChunkReader, JoinsInterleavedChunkStreams) {
    const Bytes audio = Bytes::from(counting(200)), video = Bytes::from(counting(300));
    const Bytes stream =
        joined({hex("06 000010 00012c 09 01000000"), video.slice(0, 128),
                hex("04 000011 0000c8 08 01000000"), audio.slice(0, 128), hex("c6"),
                video.slice(128, 128), hex("c4"), audio.slice(128), hex("c6"), video.slice(256)});
    const auto messages = read_all(stream);
    ASSERT_TRUE(messages);
    ASSERT_EQ(messages->size(), 2u);
    EXPECT_EQ((*messages)[0].payload, audio);
    EXPECT_EQ((*messages)[0].timestamp_ms, 0x11u);
    EXPECT_EQ((*messages)[1].payload, video);
}

TEST(RtmpChunkReader, ReadsAllThreeFormsOfTheBasicHeader) {
    const auto messages = read_all(
        joined({hex("3f 000001 000001 08 01000000 aa"), hex("00 00 000002 000001 08 01000000 bb"),
                hex("00 ff 000003 000001 08 01000000 cc"),
                hex("01 ff ff 000004 000001 08 01000000 dd"), hex("c1 ff ff ee")}));
    ASSERT_TRUE(messages) << messages.error().message();
    ASSERT_EQ(messages->size(), 5u);
    EXPECT_EQ((*messages)[3].payload, hex("dd"));
    EXPECT_EQ((*messages)[4].timestamp_ms, 8u)
        << "a type 3 after a type 0 takes its timestamp as delta";
}

TEST(RtmpChunkReader, TakesAnImplausibleDeltaOfAType3AsNone) {
    const auto messages = read_all(hex("04 004e20 000001 08 01000000 aa  c4 bb"));  // 20 s
    ASSERT_TRUE(messages);
    ASSERT_EQ(messages->size(), 2u);
    EXPECT_EQ((*messages)[1].timestamp_ms, 20'000u);
}

TEST(RtmpChunkReader, AddsDeltasOfTypes1And2) {
    const auto messages = read_all(
        hex("04 000064 000001 08 01000000 aa  44 000005 000002 09 bbbb  84 000007 cccc  c4 dddd"));
    ASSERT_TRUE(messages);
    ASSERT_EQ(messages->size(), 4u);
    EXPECT_EQ((*messages)[1].timestamp_ms, 105u);
    EXPECT_EQ((*messages)[1].type, MessageType::Video);
    EXPECT_EQ((*messages)[1].stream_id, 1u);
    EXPECT_EQ((*messages)[2].timestamp_ms, 112u);
    EXPECT_EQ((*messages)[3].timestamp_ms, 119u);
}

TEST(RtmpChunkReader, ReadsExtendedTimestampsRepeatedInType3) {
    OutBytes out;
    const auto payload = counting(300);
    for (int i = 0; i < 3; ++i) {
        append_message(out,
                       {.chunk_stream = ChunkStreamId::Video,
                        .type = MessageType::Video,
                        .timestamp_ms = 0x01020304,
                        .stream_id = 1},
                       {payload}, kDefaultChunkBytes);
    }
    EXPECT_EQ(out.size(), 3u * (300 + 12 + 4 + 2 * 5));
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}}) {
        const auto messages = read_all(out, piece);
        ASSERT_TRUE(messages);
        ASSERT_EQ(messages->size(), 3u);
        for (const Message& message : *messages) {
            EXPECT_EQ(message.timestamp_ms, 0x01020304u);
            EXPECT_EQ(message.payload, Bytes::from(payload));
        }
    }
}

TEST(RtmpChunkReader, ReadsExtendedTimestampsLeftOutOfType3) {
    // The payload behind the first type 3 header begins like the timestamp, so that the difference
    // shows late.
    auto payload = counting(300);
    payload[128] = 0x01, payload[129] = 0x02, payload[130] = 0x03, payload[131] = 0x99;
    const Bytes body = Bytes::from(payload);
    const Bytes message = joined({hex("06 ffffff 00012c 09 01000000 01020304"), body.slice(0, 128),
                                  hex("c6"), body.slice(128, 128), hex("c6"), body.slice(256)});
    for (std::size_t piece = 1; piece < 40; ++piece) {
        const auto messages = read_all(joined({message, message}), piece);
        ASSERT_TRUE(messages) << piece << ": " << messages.error().message();
        ASSERT_EQ(messages->size(), 2u) << piece;
        for (const Message& m : *messages) {
            EXPECT_EQ(m.timestamp_ms, 0x01020304u);
            EXPECT_EQ(m.payload, body) << piece;
        }
    }
}

TEST(RtmpChunkReader, ReadsTimestampsAtTheEdgeOfTheShortForm) {
    for (const std::uint32_t time : {0xFFFFFEu, 0xFFFFFFu, 0x1000000u, 0xFFFFFFFFu}) {
        OutBytes out;
        append_message(out, {.timestamp_ms = time}, {counting(5)});
        EXPECT_EQ(out.size(), 17u + (time >= 0xFFFFFF ? 4 : 0));
        const auto messages = read_all(out, 1);
        ASSERT_TRUE(messages);
        EXPECT_EQ(messages->front().timestamp_ms, time);
    }
}

TEST(RtmpChunkReader, ObeysSetChunkSize) {
    ChunkReader reader;
    OutBytes out;
    append_set_chunk_size(out, 60'000);
    append_message(out, {}, {counting(59'000)});
    const auto messages = read_all(reader, out);
    ASSERT_TRUE(messages);
    ASSERT_EQ(messages->size(), 1u);
    EXPECT_EQ(messages->front().payload.size(), 59'000u);
    EXPECT_EQ(reader.chunk_bytes(), 60'000u);
    for (const char* bad :
         {"02 000000 000004 01 00000000 00000000", "02 000000 000004 01 00000000 80000001",
          "02 000000 000002 01 00000000 0001"}) {
        EXPECT_TRUE(read_all(hex(bad)).error().is(ErrorKind::DataLoss)) << bad;
    }
    EXPECT_TRUE(read_all(hex("02 000000 000004 01 00000000 7fffffff"))) << "the largest allowed";
}

TEST(RtmpChunkReader, ForgetsAnAbortedMessage) {
    const Bytes payload = Bytes::from(counting(200));
    const auto messages = read_all(joined(
        {hex("06 000010 0000c8 09 01000000"), payload.slice(0, 128),
         hex("02 000000 000004 02 00000000 00000006"), hex("06 000020 000002 09 01000000 aabb")}));
    ASSERT_TRUE(messages);
    ASSERT_EQ(messages->size(), 1u);
    EXPECT_EQ(messages->front().payload, hex("aabb"));
}

TEST(RtmpChunkReader, GivesUpAMessageThatANewHeaderReplaces) {
    const auto messages =
        read_all(joined({hex("06 000010 0000c8 09 01000000"), Bytes::from(counting(128)),
                         hex("06 000020 000002 09 01000000 aabb")}));
    ASSERT_TRUE(messages);
    ASSERT_EQ(messages->size(), 1u);
    EXPECT_EQ(messages->front().payload, hex("aabb"));
}

TEST(RtmpChunkReader, ReadsEmptyMessages) {
    const auto messages = read_all(hex("06 000010 000000 09 01000000 c6"));
    ASSERT_TRUE(messages);
    EXPECT_EQ(messages->size(), 2u);
    EXPECT_TRUE(messages->front().payload.empty());
}

TEST(RtmpChunkReader, RefusesAChunkStreamWithoutAHeader) {
    EXPECT_TRUE(read_all(hex("c6 aa")).error().is(ErrorKind::DataLoss));
    EXPECT_TRUE(read_all(hex("86 000000 aa")).error().is(ErrorKind::DataLoss));
    EXPECT_TRUE(read_all(hex("46 000000 000001 08 aa"))) << "type 1 says enough";
}

TEST(RtmpChunkReader, TakesMessagesUpToTheLimitAndNoFurther) {
    ChunkReader at_limit, past_limit;
    at_limit.set_message_limit(1000);
    past_limit.set_message_limit(1000);
    EXPECT_TRUE(read_all(at_limit, hex("06 000000 0003e8 09 01000000")));
    const auto over = read_all(past_limit, hex("06 000000 0003e9 09 01000000"));
    ASSERT_FALSE(over);
    EXPECT_TRUE(over.error().is(ErrorKind::ResourceExhausted));
    EXPECT_TRUE(read_all(hex("06 000000 800000 09 01000000"))) << "8 MiB";
    EXPECT_FALSE(read_all(hex("06 000000 800001 09 01000000")));
}

TEST(RtmpChunkReader, HoldsABoundedAmountOfUnfinishedMessages) {
    const Bytes two = joined({hex("04 000000 800000 09 01000000"), Bytes::from(counting(128)),
                              hex("05 000000 800000 09 01000000"), Bytes::from(counting(128))});
    EXPECT_TRUE(read_all(two));
    EXPECT_TRUE(read_all(joined({two, hex("06 000000 000001 09 01000000")}))
                    .error()
                    .is(ErrorKind::ResourceExhausted));
}

TEST(RtmpChunkReader, AllowsSixtyFourChunkStreams) {
    std::vector<std::uint8_t> stream;
    for (std::size_t i = 0; i < ChunkReader::kMaxChunkStreams; ++i) {
        const Bytes chunk = hex(fmt::format("00 {:02x} 000001 000001 08 01000000 aa", i));
        stream.insert(stream.end(), chunk.begin(), chunk.end());
    }
    ChunkReader reader;
    EXPECT_TRUE(read_all(reader, stream));
    EXPECT_TRUE(read_all(reader, hex("00 80 000001 000001 08 01000000 aa"))
                    .error()
                    .is(ErrorKind::ResourceExhausted));
}

TEST(RtmpChunkWriter, KnowsItsSizeBeforehand) {
    for (const std::size_t size : {0u, 1u, 127u, 128u, 129u, 256u, 257u, 60'000u, 60'001u}) {
        for (const std::uint32_t time : {0u, 0xFFFFFFu}) {
            for (const std::uint32_t chunk : {kDefaultChunkBytes, kOutChunkBytes}) {
                OutBytes out;
                const auto payload = counting(size);
                const media::ByteSpan whole = payload;
                append_message(out, {.timestamp_ms = time, .stream_id = 1},
                               {whole.first(size / 3), whole.subspan(size / 3)}, chunk);
                EXPECT_EQ(out.size(), wire_bytes({.timestamp_ms = time}, size, chunk));
                ChunkReader reader;
                OutBytes announced;
                append_set_chunk_size(announced, chunk);
                ASSERT_TRUE(read_all(reader, announced));
                const auto messages = read_all(reader, out);
                ASSERT_TRUE(messages);
                ASSERT_EQ(messages->size(), 1u);
                EXPECT_EQ(messages->front().payload, Bytes::from(payload));
            }
        }
    }
}

TEST(RtmpChunkWriter, WritesControlMessages) {
    OutBytes out;
    append_set_chunk_size(out, 60'000);
    append_acknowledgement(out, 0xFFFFFFFF);
    append_window_ack_size(out, 2'500'000);
    append_set_peer_bandwidth(out, 2'500'000);
    append_user_control(out, ControlEvent::StreamBegin, 1);
    append_set_buffer_length(out, 1, 3000);
    EXPECT_EQ(Bytes::from(out), hex("02 000000 000004 01 00000000 0000ea60"
                                    "02 000000 000004 03 00000000 ffffffff"
                                    "02 000000 000004 05 00000000 002625a0"
                                    "02 000000 000005 06 00000000 002625a0 02"
                                    "02 000000 000006 04 00000000 0000 00000001"
                                    "02 000000 00000a 04 00000000 0003 00000001 00000bb8"));
}

}  // namespace
}  // namespace casement::protocols::rtmp
