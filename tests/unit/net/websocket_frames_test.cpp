#include "net/websocket_frames.hpp"

#include <gtest/gtest.h>

namespace casement::net {
namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr std::array<std::uint8_t, 4> kMask{0x37, 0xfa, 0x21, 0x3d};

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

TEST(WebSocketFrames, WritesTheExamplesOfRfc6455) {
    // §5.7
    EXPECT_EQ(ws_frame(WsOpcode::Text, base::as_bytes("Hello"), std::nullopt),
              (Bytes{0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f}));
    EXPECT_EQ(ws_frame(WsOpcode::Text, base::as_bytes("Hello"), kMask),
              (Bytes{0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}));
    const WsHead medium = ws_head(WsOpcode::Binary, 256);
    EXPECT_EQ(Bytes(medium.view().begin(), medium.view().end()), (Bytes{0x82, 0x7E, 0x01, 0x00}));
    const WsHead large = ws_head(WsOpcode::Binary, 65536);
    EXPECT_EQ(Bytes(large.view().begin(), large.view().end()),
              (Bytes{0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0}));
    EXPECT_EQ(ws_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");  // §1.3
}

TEST(WebSocketFrames, ReadsFragmentsWithAControlFrameInBetween) {
    WsParser parser(WsParser::Role::Client, 100);
    parser.push(Bytes{0x01, 0x03, 0x48, 0x65, 0x6c});  // "Hel"
    EXPECT_FALSE(parser.next().value());
    parser.push(Bytes{0x89, 0x01, 0x7a});  // ping "z"
    parser.push(Bytes{0x80, 0x02, 0x6c, 0x6f});
    const auto ping = parser.next().value();
    ASSERT_TRUE(ping);
    EXPECT_EQ(ping->opcode, WsOpcode::Ping);
    const auto hello = parser.next().value();
    ASSERT_TRUE(hello);
    EXPECT_TRUE(hello->is_text());
    EXPECT_EQ(hello->text(), "Hello");
    EXPECT_FALSE(parser.next().value());
}

TEST(WebSocketFrames, TakesMessagesInPiecesOfAnySize) {
    const Bytes frame = ws_frame(WsOpcode::Binary, Bytes(70'000, 7), kMask);
    for (const std::size_t step : {1UL, 3UL, 1000UL, 70'014UL}) {
        WsParser parser(WsParser::Role::Server, 70'000);
        std::size_t messages = 0;
        for (std::size_t at = 0; at < frame.size(); at += step) {
            parser.push(base::ByteSpan(frame).subspan(at, std::min(step, frame.size() - at)));
            while (const auto message = parser.next().value()) {
                ++messages;
                EXPECT_EQ(message->data, Bytes(70'000, 7));
            }
            if (step == 1 && at > 3000) break;  // quadratic is not the point
        }
        if (step > 1) {
            EXPECT_EQ(messages, 1U) << step;
        }
    }
}

TEST(WebSocketFrames, SurvivesEveryTruncation) {
    const Bytes frame = ws_frame(WsOpcode::Text, Bytes(300, 'a'), kMask);
    for (std::size_t n = 0; n < frame.size(); ++n) {
        WsParser parser(WsParser::Role::Server, 1000);
        parser.push(base::ByteSpan(frame).first(n));
        EXPECT_FALSE(parser.next().value()) << n;
    }
}

void expect_refused(WsParser::Role role, const Bytes& frame, std::uint16_t code,
                    std::size_t limit = 1000) {
    WsParser parser(role, limit);
    parser.push(frame);
    auto result = parser.next();
    while (result && *result) result = parser.next();
    ASSERT_FALSE(result);
    EXPECT_EQ(parser.error_close_code(), code);
}

TEST(WebSocketFrames, RefusesWhatTheRfcForbids) {
    using enum WsParser::Role;
    expect_refused(Server, ws_frame(WsOpcode::Text, bytes_of("x"), std::nullopt),
                   ws_close::kProtocolError);  // a client that does not mask
    expect_refused(Client, ws_frame(WsOpcode::Text, bytes_of("x"), kMask),
                   ws_close::kProtocolError);                        // a server that does
    expect_refused(Client, {0xC1, 0x00}, ws_close::kProtocolError);  // a reserved bit
    expect_refused(Client, {0x83, 0x00}, ws_close::kProtocolError);  // an unknown opcode
    expect_refused(Client, {0x80, 0x00}, ws_close::kProtocolError);  // a continuation of nothing
    expect_refused(Client, {0x01, 0x01, 'a', 0x81, 0x01, 'b'},
                   ws_close::kProtocolError);                        // a message inside a message
    expect_refused(Client, {0x09, 0x00}, ws_close::kProtocolError);  // a fragmented ping
    expect_refused(Client, {0x89, 0x7E, 0x00, 0x7E},
                   ws_close::kProtocolError);                              // a ping of 126 bytes
    expect_refused(Client, {0x88, 0x01, 0x03}, ws_close::kProtocolError);  // half a close code
    expect_refused(Client, {0x88, 0x02, 0x03, 0xED}, ws_close::kProtocolError);  // 1005 on the wire
    expect_refused(Client, {0x81, 0x02, 0xC3, 0x28}, ws_close::kBadData);        // broken UTF-8
}

TEST(WebSocketFrames, RefusesOneByteMoreThanAllowed) {
    WsParser parser(WsParser::Role::Client, 10);
    parser.push(ws_frame(WsOpcode::Binary, Bytes(10, 1), std::nullopt));
    EXPECT_TRUE(parser.next().value());
    expect_refused(WsParser::Role::Client, ws_frame(WsOpcode::Binary, Bytes(11, 1), std::nullopt),
                   ws_close::kTooBig, 10);
    // Before a byte of it has come, and also when fragments add up to it.
    expect_refused(WsParser::Role::Client,
                   {0x82, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, ws_close::kTooBig,
                   10);
    expect_refused(WsParser::Role::Client,
                   {0x02, 0x06, 1, 2, 3, 4, 5, 6, 0x80, 0x05, 1, 2, 3, 4, 5}, ws_close::kTooBig,
                   10);
}

TEST(Utf8, IsStrict) {
    const auto ok = [](std::string_view text) { return is_utf8(base::as_bytes(text)); };
    EXPECT_TRUE(
        ok("K\xC3\xBC"
           "che \xE2\x82\xAC \xF0\x9F\x93\xB7"));
    EXPECT_FALSE(ok("\xC0\x80"));          // overlong
    EXPECT_FALSE(ok("\xE0\x80\x80"));      // overlong
    EXPECT_FALSE(ok("\xED\xA0\x80"));      // a surrogate
    EXPECT_FALSE(ok("\xF4\x90\x80\x80"));  // beyond U+10FFFF
    EXPECT_FALSE(ok("\xE2\x82"));          // cut
    EXPECT_FALSE(ok("\x80"));
}

}  // namespace
}  // namespace casement::net
