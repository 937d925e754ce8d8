#include "net/http_parser.hpp"

#include <gtest/gtest.h>

namespace casement::net {
namespace {

using base::ErrorKind;
using Kind = HttpParser::Kind;

/// Feeds `text` in steps and answers the bytes that were left, or the error.
base::Result<std::string> feed_all(HttpParser& parser, std::string text, std::size_t step) {
    std::string waiting;
    while (!text.empty()) {
        waiting += text.substr(0, step);
        text.erase(0, step);
        for (std::size_t taken = 1; taken > 0 && !waiting.empty() && !parser.done();) {
            CASEMENT_TRY(taken, parser.feed(base::as_bytes(waiting)));
            waiting.erase(0, taken);
        }
    }
    return waiting;
}

const std::string kPost = "POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
const std::string kChunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
    "chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n";

TEST(HttpParser, ReadsARequestInPiecesOfAnySize) {
    for (std::size_t step = 1; step <= kPost.size(); ++step) {
        HttpParser parser(Kind::Request, {});
        ASSERT_EQ(feed_all(parser, kPost, step).value(), "");
        ASSERT_TRUE(parser.done()) << step;
        EXPECT_EQ(parser.head().method, "POST");
        EXPECT_EQ(parser.head().target, "/a?b=c");
        EXPECT_EQ(parser.head().headers.get("host"), "x");
        EXPECT_EQ(parser.take_body(), "hello");
        EXPECT_TRUE(parser.head().keep_alive);
    }
}

TEST(HttpParser, StopsAfterTheHeadSoThatLimitsCanBeSet) {
    HttpParser parser(Kind::Request, {});
    const std::size_t taken = parser.feed(base::as_bytes(kPost)).value();
    EXPECT_TRUE(parser.head_done());
    EXPECT_FALSE(parser.done());
    EXPECT_EQ(kPost.substr(taken), "hello");
    EXPECT_EQ(parser.head().content_length, 5U);
}

TEST(HttpParser, LeavesTheNextMessageAlone) {
    HttpParser parser(Kind::Request, {});
    EXPECT_EQ(feed_all(parser, kPost + "GET / HTTP/1.1\r\n", 7).value(), "GET / HTTP/1.1\r\n");
}

TEST(HttpParser, TakesAFirstChunkThatIsTheLastInAnyPieces) {
    const std::string trailers =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTrailer: t\r\n\r\n";
    const std::string nothing = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    for (const std::string& text : {trailers, nothing}) {
        for (std::size_t step = 1; step <= text.size(); ++step) {
            HttpParser parser(HttpParser::Kind::Response, {});
            ASSERT_TRUE(feed_all(parser, text, step));
            EXPECT_TRUE(parser.done());
            EXPECT_EQ(parser.take_body(), "");
        }
    }
}

TEST(HttpParser, JoinsChunks) {
    for (std::size_t step = 1; step <= kChunked.size(); ++step) {
        HttpParser parser(Kind::Response, {});
        ASSERT_TRUE(feed_all(parser, kChunked, step));
        ASSERT_TRUE(parser.done()) << step;
        EXPECT_EQ(parser.take_body(), "abc0123456789");
    }
}

TEST(HttpParser, EndsABodyWithoutLengthWithTheConnection) {
    HttpParser parser(Kind::Response, {});
    ASSERT_TRUE(feed_all(parser, "HTTP/1.0 200 OK\r\n\r\nsome", 100));
    EXPECT_FALSE(parser.done());
    EXPECT_TRUE(parser.feed_end());
    EXPECT_TRUE(parser.done());
    EXPECT_EQ(parser.take_body(), "some");
}

TEST(HttpParser, TellsACutBody) {
    HttpParser parser(Kind::Request, {});
    ASSERT_TRUE(feed_all(parser, kPost.substr(0, kPost.size() - 1), 100));
    EXPECT_FALSE(parser.feed_end());
}

TEST(HttpParser, TellsAnEndBeforeTheHeadIsThere) {
    for (const Kind kind : {Kind::Request, Kind::Response}) {
        EXPECT_FALSE(HttpParser(kind, {}).feed_end());
        HttpParser parser(kind, {});
        ASSERT_TRUE(feed_all(parser, kind == Kind::Request ? "GET / HT" : "HTTP/1.1 2", 100));
        EXPECT_FALSE(parser.feed_end());
    }
}

TEST(HttpParser, LimitsTheHeadInBytesAndFields) {
    const auto head_of = [](std::size_t bytes) {
        std::string text = "GET / HTTP/1.1\r\nA: ";
        return text + std::string(bytes - text.size() - 4, 'x') + "\r\n\r\n";
    };
    HttpParser fits(Kind::Request, {.header_bytes = 200, .header_fields = 10});
    EXPECT_TRUE(feed_all(fits, head_of(200), 13));
    HttpParser over(Kind::Request, {.header_bytes = 200, .header_fields = 10});
    const auto refused = feed_all(over, head_of(201), 13);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(ErrorKind::ResourceExhausted));

    std::string many = "GET / HTTP/1.1\r\n";
    for (int i = 0; i < 10; ++i) many += "A: b\r\n";
    HttpParser ten(Kind::Request, {.header_bytes = 4096, .header_fields = 10});
    EXPECT_TRUE(feed_all(ten, many + "\r\n", 1000));
    HttpParser eleven(Kind::Request, {.header_bytes = 4096, .header_fields = 10});
    EXPECT_FALSE(feed_all(eleven, many + "A: b\r\n\r\n", 1000));
}

TEST(HttpParser, RefusesWhatIsNotHttp) {
    for (const char* text :
         {"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
          "GET / HTTP/1.1\r\nBad Field: x\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
          "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
          "G\x01T / HTTP/1.1\r\n\r\n"}) {
        HttpParser parser(Kind::Request, {});
        const auto result = feed_all(parser, text, 1000);
        EXPECT_FALSE(result) << text;
    }
}

}  // namespace
}  // namespace casement::net
