#include "net/router.hpp"

#include <gtest/gtest.h>

namespace casement::net {
namespace {

Route route(std::string method, std::vector<std::string> segments) {
    return {std::move(method),
            std::move(segments),
            [](Request) -> Task<Response> { co_return Response{}; },
            nullptr,
            {}};
}

class RouterTest : public testing::Test {
protected:
    RouterTest() {
        router_.add(route("GET", {"{page...}"}));
        router_.add(route("GET", {"api", "cameras", "{id}"}));
        router_.add(route("GET", {"api", "cameras", "all"}));
        router_.add(route("PUT", {"api", "cameras", "{id}"}));
        router_.add(route("GET", {"files", "{name...}"}));
    }
    RouteMatch find(std::string_view method, std::string_view path) {
        return router_.find(method, parse_target(path)->segments);
    }
    Router router_;
};

TEST_F(RouterTest, CapturesSegments) {
    const RouteMatch match = find("GET", "/api/cameras/front%20door");
    ASSERT_NE(match.route, nullptr);
    EXPECT_EQ(match.captures,
              (std::vector<std::pair<std::string, std::string>>{{"id", "front door"}}));
}

TEST_F(RouterTest, PrefersLiteralsThenCapturesThenTheRest) {
    EXPECT_EQ(find("GET", "/api/cameras/all").route->segments.back(), "all");
    EXPECT_EQ(find("GET", "/api/cameras/x").route->segments.back(), "{id}");
    EXPECT_EQ(find("GET", "/api/cameras").route->segments.back(), "{page...}");
    EXPECT_EQ(find("GET", "/api/cameras/x/y").route->segments.back(), "{page...}");
}

TEST_F(RouterTest, KeepsTheRestWithItsSlashes) {
    EXPECT_EQ(find("GET", "/files/a/b.js").captures[0].second, "a/b.js");
    EXPECT_EQ(find("GET", "/files").captures[0].second, "");
    EXPECT_EQ(find("GET", "/").captures[0].second, "");
}

TEST_F(RouterTest, TellsWhichMethodsAPathHas) {
    const RouteMatch match = find("DELETE", "/api/cameras/x");
    EXPECT_EQ(match.route, nullptr);
    EXPECT_EQ(match.allowed, (std::vector<std::string>{"GET", "PUT", "HEAD"}));
    EXPECT_EQ(find("HEAD", "/api/cameras/x").route->method, "GET");
}

TEST(Target, IsDecodedAndNormalised) {
    EXPECT_EQ(parse_target("/a//b/?x=1&y#z")->path, "/a/b/");
    EXPECT_EQ(parse_target("/a//b/?x=1&y#z")->query, "x=1&y");
    EXPECT_EQ(parse_target("/")->path, "/");
    EXPECT_EQ(parse_target("http://host:1/p?q")->path, "/p");
    EXPECT_EQ(parse_target("http://host:1/p?q")->query, "q");
    EXPECT_EQ(parse_target("http://host")->path, "/");
    EXPECT_EQ(parse_target("/a%3Fb")->path, "/a?b");
}

TEST(Target, RefusesTricks) {
    for (const char* text : {"/../etc/passwd", "/a/./b", "/a/%2e%2e/b", "/a%2Fb", "/a%5Cb",
                             "/a%00b", "/a\\b", "/%0d%0aX", "", "etc", "a/b"}) {
        EXPECT_FALSE(parse_target(text)) << text;
    }
}

}  // namespace
}  // namespace casement::net
