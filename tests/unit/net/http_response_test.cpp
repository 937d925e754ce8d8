#include "net/http_response.hpp"

#include <gtest/gtest.h>

namespace casement::net {
namespace {

TEST(Range, ReadsTheFormsOfRfc9110) {
    const auto check = [](std::string_view field, std::uint64_t first, std::uint64_t count) {
        const auto range = parse_range(field, 1000);
        ASSERT_TRUE(range) << field;
        EXPECT_TRUE(range->satisfiable) << field;
        EXPECT_EQ(range->first, first) << field;
        EXPECT_EQ(range->count, count) << field;
    };
    check("bytes=0-499", 0, 500);
    check("bytes=500-", 500, 500);
    check("bytes=-300", 700, 300);
    check("bytes=-3000", 0, 1000);
    check("bytes=999-999", 999, 1);
    check("bytes=990-5000", 990, 10);
    check("bytes=0-18446744073709551615", 0, 1000);
}

TEST(Range, ServesTheWholeForWhatItDoesNotKnow) {
    for (const char* field : {"bytes=5-4", "bytes=a-b", "bytes=0-1,5-6", "items=0-1",
                              "bytes=", "bytes=-", "bytes=1", "bytes=99999999999999999999-"}) {
        EXPECT_FALSE(parse_range(field, 1000)) << field;
    }
}

TEST(Range, IsNotSatisfiableBeyondTheEnd) {
    EXPECT_FALSE(parse_range("bytes=1000-", 1000)->satisfiable);
    EXPECT_FALSE(parse_range("bytes=0-", 0)->satisfiable);
    EXPECT_FALSE(parse_range("bytes=-0", 1000)->satisfiable);
}

TEST(Etag, MatchesInListsAndWeakly) {
    EXPECT_TRUE(etag_matches("\"a\", \"b\"", "\"b\""));
    EXPECT_TRUE(etag_matches("W/\"b\"", "\"b\""));
    EXPECT_TRUE(etag_matches("*", "\"b\""));
    EXPECT_FALSE(etag_matches("\"bb\"", "\"b\""));
    EXPECT_FALSE(etag_matches("", "\"b\""));
}

TEST(Answer, DropsFieldsThatWouldSplitTheResponse) {
    Response response = Response::text(200, "x");
    response.headers.add("X-Name", "a\r\nSet-Cookie: stolen=1");
    response.headers.add("X-Fine", "b");
    const Answer answer = make_answer(response, {});
    EXPECT_EQ(answer.head.find("stolen"), std::string::npos);
    EXPECT_NE(answer.head.find("X-Fine: b\r\n"), std::string::npos);
}

TEST(Answer, CarriesTheSecurityHeadersUnlessTheHandlerSaysOtherwise) {
    Response page = Response::text(200, "x", "text/html; charset=utf-8");
    const std::string head = make_answer(page, {}).head;
    EXPECT_NE(head.find("script-src 'self'"), std::string::npos);
    EXPECT_NE(head.find("frame-ancestors 'none'"), std::string::npos);
    EXPECT_NE(head.find("X-Content-Type-Options: nosniff"), std::string::npos);
    EXPECT_NE(head.find("Referrer-Policy: same-origin"), std::string::npos);
    EXPECT_EQ(head.find("unsafe-inline"), std::string::npos);
    Response own = Response::text(200, "x").with("Content-Security-Policy", "default-src 'none'");
    EXPECT_NE(make_answer(own, {}).head.find("Content-Security-Policy: default-src 'none'\r\n"),
              std::string::npos);
}

TEST(Answer, HasNoLengthWhereThereIsNoBody) {
    Response none = Response::empty(204);
    const Answer answer = make_answer(none, {});
    EXPECT_EQ(answer.head.find("Content-Length"), std::string::npos);
    EXPECT_FALSE(answer.sends_body);
    Response tagged = Response::text(200, "x").with("ETag", "\"v1\"");
    EXPECT_NE(make_answer(tagged, {.if_none_match = "\"v1\""}).head.find("304 Not Modified"),
              std::string::npos);
}

TEST(Answer, EndsAStreamToAnOldClientWithTheConnection) {
    Response response = Response::stream("text/plain", [](BodyWriter&) -> Task<> { co_return; });
    const Answer answer = make_answer(response, {.version = 10});
    EXPECT_FALSE(answer.chunked);
    EXPECT_FALSE(answer.keep_alive);
    EXPECT_NE(answer.head.find("Connection: close"), std::string::npos);
}

}  // namespace
}  // namespace casement::net
