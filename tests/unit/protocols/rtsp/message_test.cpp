#include "protocols/rtsp/message.hpp"

#include <gtest/gtest.h>

namespace casement::protocols::rtsp {
namespace {

using base::as_bytes;
using base::as_text;
using base::ErrorKind;

std::string describe() {
    return "DESCRIBE rtsp://10.0.0.9/live RTSP/1.0\r\nCSeq: 2\r\nAccept: application/sdp\r\n\r\n";
}

/// One word per message: what a stream of bytes means.
std::string meaning(Parser& parser) {
    std::string out;
    while (true) {
        auto message = parser.next();
        if (!message) return out + "error:" + std::string(to_string(message.error().kind()));
        if (!*message) return out;
        if (auto* request = std::get_if<Request>(&**message))
            out += request->method + "(" + request->body + ") ";
        if (auto* response = std::get_if<Response>(&**message))
            out += std::to_string(response->status) + "(" + response->body + ") ";
        if (auto* frame = std::get_if<InterleavedFrame>(&**message))
            out += "$" + std::to_string(frame->channel) + ":" +
                   std::string(as_text(frame->payload)) + " ";
    }
}

std::string meaning(std::string_view bytes) {
    Parser parser;
    parser.feed(as_bytes(bytes));
    return meaning(parser);
}

TEST(RtspParser, ReadsARequest) {
    Parser parser;
    parser.feed(as_bytes(describe()));
    auto message = parser.next();
    ASSERT_TRUE(message && *message);
    const auto& request = std::get<Request>(**message);
    EXPECT_EQ(request.method, "DESCRIBE");
    EXPECT_EQ(request.uri, "rtsp://10.0.0.9/live");
    EXPECT_EQ(request.version, "RTSP/1.0");
    EXPECT_EQ(request.cseq(), 2u);
    EXPECT_EQ(request.headers.find("ACCEPT"), "application/sdp");
    EXPECT_FALSE(request.headers.find("Session"));
    EXPECT_EQ(parser.pending(), 0u);
}

TEST(RtspParser, ReadsAResponseWithItsBody) {
    Parser parser;
    parser.feed(as_bytes("RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 5\r\n\r\nv=0\r\n"));
    auto message = parser.next();
    ASSERT_TRUE(message && *message);
    const auto& response = std::get<Response>(**message);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.reason, "OK");
    EXPECT_EQ(response.body, "v=0\r\n");
}

TEST(RtspParser, KeepsFramesAndTextApart) {
    using std::string_literals::operator""s;
    EXPECT_EQ(meaning("$\x00\x00\x03"s + "abc" + "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n" +
                      "$\x01\x00\x00"s + "RTSP/1.0 454 Nope\r\n\r\n"),
              "$0:abc OPTIONS() $1: 454() ");
}

TEST(RtspParser, GivesTheSameForEveryWayToCutTheStream) {
    using std::string_literals::operator""s;
    const std::string stream = describe() + "$\x02\x00\x04\r\n\r\n"s +
                               "\r\nSET_PARAMETER x RTSP/1.0\r\nContent-Length: 3\r\n\r\nabc" +
                               "RTSP/1.0 200 OK\nCSeq: 3\n\n" +
                               "\x80\xc9\x00\x01\x01\x02\x03\x04"s + "$\x03\x00\x01z"s;
    const std::string whole = meaning(stream);
    EXPECT_EQ(whole, "DESCRIBE() $2:\r\n\r\n SET_PARAMETER(abc) 200() $3:z ");
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        Parser parser;
        parser.feed(as_bytes(std::string_view(stream).substr(0, cut)));
        std::string got = meaning(parser);
        parser.feed(as_bytes(std::string_view(stream).substr(cut)));
        EXPECT_EQ(got + meaning(parser), whole) << cut;
    }
    Parser slow;
    std::string got;
    for (const char c : stream) {
        slow.feed(as_bytes(std::string_view(&c, 1)));
        got += meaning(slow);
    }
    EXPECT_EQ(got, whole);
}

TEST(RtspParser, SkipsRtcpThatCameWithoutItsFrame) {
    using std::string_literals::operator""s;
    EXPECT_EQ(meaning("\x81\xc8\x00\x02"s + "abcdefgh" + "\x80\xca\x00\x00"s + "$\x00\x00\x01x"s),
              "$0:x ");
    EXPECT_EQ(meaning("\x80\x60\x00\x00"s),
              "error:invalid-argument");  // RTP without a frame has no length
}

TEST(RtspParser, RefusesWhatIsNotRtsp) {
    EXPECT_EQ(meaning("GET / HTTP/1.1\r\n\r\n"), "error:invalid-argument");
    EXPECT_EQ(meaning("\x16\x03\x01"), "error:invalid-argument");  // TLS on a plain port
    EXPECT_EQ(meaning("OPTIONS\r\n\r\n"), "error:invalid-argument");
    EXPECT_EQ(meaning("RTSP/1.0 abc\r\n\r\n"), "error:invalid-argument");
    EXPECT_EQ(meaning("OPTIONS * RTSP/1.0\r\nContent-Length: -1\r\n\r\n"),
              "error:invalid-argument");
}

TEST(RtspParser, KeepsItsLimits) {
    const std::string start = "OPTIONS * RTSP/1.0\r\nX: ";
    EXPECT_EQ(meaning(start + std::string(kMaxHeaderBytes - start.size(), 'x') + "\r\n\r\n"),
              "OPTIONS() ");
    EXPECT_EQ(meaning(start + std::string(kMaxHeaderBytes - start.size() + 1, 'x') + "\r\n\r\n"),
              "error:resource-exhausted");
    EXPECT_EQ(meaning(start + std::string(kMaxHeaderBytes, 'x')), "error:resource-exhausted");

    const auto with_headers = [](std::size_t count) {
        std::string out = "OPTIONS * RTSP/1.0\r\n";
        for (std::size_t i = 0; i < count; ++i) out += "a: b\r\n";
        return out + "\r\n";
    };
    EXPECT_EQ(meaning(with_headers(kMaxHeaders)), "OPTIONS() ");
    EXPECT_EQ(meaning(with_headers(kMaxHeaders + 1)), "error:resource-exhausted");

    const auto with_body = [](std::size_t size) {
        return "A b RTSP/1.0\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
               std::string(size, 'x');
    };
    EXPECT_EQ(meaning(with_body(kMaxBodyBytes)), "A(" + std::string(kMaxBodyBytes, 'x') + ") ");
    EXPECT_EQ(meaning(with_body(kMaxBodyBytes + 1)), "error:resource-exhausted");
}

TEST(RtspParser, DoesNotCopyFrames) {
    Parser parser(64 * 1024);
    const auto room = parser.room();
    ASSERT_GE(room.size(), 64u * 1024);
    room[0] = '$';
    room[1] = 0;
    room[2] = 0;
    room[3] = 2;
    room[4] = 'h';
    room[5] = 'i';
    parser.commit(6);
    auto message = parser.next();
    ASSERT_TRUE(message && *message);
    EXPECT_EQ(std::get<InterleavedFrame>(**message).payload.data(), room.data() + 4);
}

TEST(RtspParser, MakesRoomForMediaAndKeepsWhatItHas) {
    Parser parser;
    parser.feed(base::as_bytes(std::string_view("OPTIONS * RTSP/1.0\r\n")));
    parser.widen(64 * 1024);
    EXPECT_GE(parser.room().size() + 20, 64U * 1024);
    parser.feed(base::as_bytes(std::string_view("CSeq: 7\r\n\r\n")));
    const auto message = parser.next();
    ASSERT_TRUE(message && *message);
    EXPECT_EQ(std::get<Request>(**message).method, "OPTIONS");
}

TEST(RtspParser, GrowsForTheLargestFrame) {
    Parser parser;
    std::string frame = "$";
    frame += '\x00';
    frame += "\xff\xff";
    frame += std::string(65'535, 'y');
    parser.feed(as_bytes(frame));
    auto message = parser.next();
    ASSERT_TRUE(message && *message);
    EXPECT_EQ(std::get<InterleavedFrame>(**message).payload.size(), 65'535u);
}

TEST(RtspMessage, WritesWhatItReads) {
    Request request{.method = "ANNOUNCE", .uri = "rtsp://h/p", .headers = {}, .body = "v=0\r\n"};
    request.headers.add("CSeq", "7");
    Parser parser;
    parser.feed(as_bytes(request.to_bytes()));
    auto read = std::get<Request>(**parser.next());
    EXPECT_EQ(read.headers.find("Content-Length"), "5");
    EXPECT_EQ(read.body, request.body);
    EXPECT_EQ(read.to_bytes(), request.to_bytes());

    Response response{.status = 454, .reason = {}, .headers = {}, .body = {}};
    response.headers.add("CSeq", "8");
    EXPECT_EQ(response.to_bytes(), "RTSP/1.0 454 Session Not Found\r\nCSeq: 8\r\n\r\n");
}

TEST(RtspHeaders, ReplacesAllOfAName) {
    Headers headers;
    headers.add("a", "1");
    headers.add("A", "2");
    EXPECT_EQ(headers.find_all("a").size(), 2u);
    headers.set("a", "3");
    EXPECT_EQ(headers.find_all("a"), std::vector<std::string_view>{"3"});
}

}  // namespace
}  // namespace casement::protocols::rtsp
