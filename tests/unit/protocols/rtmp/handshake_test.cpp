#include "protocols/rtmp/handshake.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/media_data.hpp"

namespace casement::protocols::rtmp {
namespace {

using base::ErrorKind;

/// Both sides until neither has anything to say; pieces of `piece` bytes.
void shake(Handshake& client, Handshake& server, std::size_t piece, bool& client_done,
           bool& server_done) {
    OutBytes to_server, to_client;
    client.start(to_server);
    for (int round = 0; round < 4; ++round) {
        for (auto* side : {&server, &client}) {
            OutBytes& in = side == &server ? to_server : to_client;
            OutBytes& out = side == &server ? to_client : to_server;
            bool& done = side == &server ? server_done : client_done;
            const OutBytes bytes = std::exchange(in, {});
            for (std::size_t at = 0; at < bytes.size(); at += piece) {
                base::ByteSpan input =
                    base::ByteSpan(bytes).subspan(at, std::min(piece, bytes.size() - at));
                const auto read = side->read(input, out);
                ASSERT_TRUE(read) << read.error().message();
                ASSERT_TRUE(input.empty());
                done = *read;
            }
        }
    }
}

TEST(RtmpHandshake, CompletesOnBothSidesInPiecesOfAnySize) {
    for (const std::size_t piece : {1u, 7u, 1536u, 1537u, 3073u, 100'000u}) {
        Handshake client(Handshake::Role::Client), server(Handshake::Role::Server);
        bool client_done = false, server_done = false;
        shake(client, server, piece, client_done, server_done);
        EXPECT_TRUE(client_done) << piece;
        EXPECT_TRUE(server_done) << piece;
    }
}

TEST(RtmpHandshake, EchoesTheClientAndAsksForTheSimpleForm) {
    Handshake server(Handshake::Role::Server);
    std::vector<std::uint8_t> c0c1(1 + kHandshakeBytes, 0x5A);
    c0c1[0] = 3;
    // A signing client's version: the answer must not promise a digest.
    c0c1[5] = 0x80;
    base::ByteSpan input = c0c1;
    OutBytes out;
    ASSERT_TRUE(server.read(input, out));
    ASSERT_EQ(out.size(), 1 + 2 * kHandshakeBytes);
    EXPECT_EQ(out[0], 3);
    for (int i = 1; i <= 8; ++i)
        EXPECT_EQ(out[static_cast<std::size_t>(i)], 0) << "time and version";
    EXPECT_TRUE(std::equal(c0c1.begin() + 1, c0c1.end(), out.begin() + 1 + kHandshakeBytes));
}

TEST(RtmpHandshake, LeavesWhatComesBehindIt) {
    Handshake server(Handshake::Role::Server);
    std::vector<std::uint8_t> all(1 + 2 * kHandshakeBytes + 5, 7);
    all[0] = 3;
    base::ByteSpan input = all;
    OutBytes out;
    const auto done = server.read(input, out);
    ASSERT_TRUE(done);
    EXPECT_TRUE(*done);
    EXPECT_EQ(input.size(), 5u);
}

TEST(RtmpHandshake, SaysWhatElseThePeerSpeaks) {
    for (const auto& [first, kind] :
         {std::pair{0x16, ErrorKind::Unsupported}, std::pair{6, ErrorKind::Unsupported},
          std::pair{int{'G'}, ErrorKind::DataLoss}, std::pair{0, ErrorKind::DataLoss}}) {
        Handshake server(Handshake::Role::Server);
        const std::uint8_t byte = static_cast<std::uint8_t>(first);
        base::ByteSpan input(&byte, 1);
        OutBytes out;
        const auto read = server.read(input, out);
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().kind(), kind) << read.error().message();
        EXPECT_TRUE(out.empty());
    }
}

}  // namespace
}  // namespace casement::protocols::rtmp
