#include "net/http_message.hpp"

#include <gtest/gtest.h>

namespace casement::net {
namespace {

TEST(Headers, FindsFieldsWithoutLookingAtCase) {
    Headers headers{{"Content-Type", "text/plain"}, {"Set-Cookie", "a=1"}, {"set-cookie", "b=2"}};
    EXPECT_EQ(headers.get("content-type"), "text/plain");
    EXPECT_EQ(headers.get("missing"), "");
    EXPECT_FALSE(headers.has("missing"));
    EXPECT_EQ(headers.all("SET-COOKIE"), (std::vector<std::string_view>{"a=1", "b=2"}));
    headers.set("set-cookie", "c=3");
    EXPECT_EQ(headers.all("Set-Cookie"), (std::vector<std::string_view>{"c=3"}));
}

TEST(Headers, FindsTokensInListsOverSeveralFields) {
    const Headers headers{{"Connection", "keep-alive, Upgrade"}, {"Connection", " x "}};
    EXPECT_TRUE(headers.has_token("connection", "upgrade"));
    EXPECT_TRUE(headers.has_token("connection", "X"));
    EXPECT_FALSE(headers.has_token("connection", "up"));
}

TEST(Query, DecodesValuesAndKeepsRepeats) {
    EXPECT_EQ(query_value("a=1&b=x%20y+z&c", "b"), "x y z");
    EXPECT_EQ(query_value("a=1&b=2&c", "c"), "");
    EXPECT_EQ(query_value("a=1", "b"), std::nullopt);
    EXPECT_EQ(query_values("k=1&j=0&k=2", "k"), (std::vector<std::string>{"1", "2"}));
    EXPECT_EQ(query_value("%61=7", "a"), "7");
}

TEST(Cookie, IsFoundByItsWholeName) {
    EXPECT_EQ(cookie_value("xsession=no; session=yes; z=1", "session"), "yes");
    EXPECT_EQ(cookie_value("", "session"), std::nullopt);
    EXPECT_EQ(cookie_value("session", "session"), "");
}

TEST(HttpDate, GoesBothWays) {
    using namespace std::chrono;
    const sys_seconds time = sys_days(year(1994) / 11 / 6) + hours(8) + minutes(49) + seconds(37);
    EXPECT_EQ(http_date(time), "Sun, 06 Nov 1994 08:49:37 GMT");  // the example of RFC 9110 §5.6.7
    EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), time);
    EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 UTC"), std::nullopt);
    EXPECT_EQ(parse_http_date("Sun, 31 Feb 1994 08:49:37 GMT"), std::nullopt);
    EXPECT_EQ(parse_http_date(""), std::nullopt);
}

TEST(Base64, FollowsTheVectorsOfRfc4648) {
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, coded] : vectors) {
        EXPECT_EQ(base64(plain), coded);
        EXPECT_EQ(base64_decoded(coded), plain);
    }
    EXPECT_EQ(base64url("\xFB\xFF"), "-_8");
    EXPECT_EQ(base64_decoded("-_8"), "\xFB\xFF");
    EXPECT_EQ(base64_decoded("A"), std::nullopt);
    EXPECT_EQ(base64_decoded("Zm9!"), std::nullopt);
}

TEST(ContentType, ComesFromTheExtension) {
    EXPECT_EQ(content_type_of("js/app.js"), "text/javascript; charset=utf-8");
    EXPECT_EQ(content_type_of("A.SVG"), "image/svg+xml");
    EXPECT_EQ(content_type_of("noextension"), "application/octet-stream");
}

}  // namespace
}  // namespace casement::net
