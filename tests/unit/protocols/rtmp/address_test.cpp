#include "protocols/rtmp/address.hpp"

#include <gtest/gtest.h>

namespace casement::protocols::rtmp {
namespace {

Address address_of(std::string_view url) {
    const auto parsed = base::Url::parse(url);
    EXPECT_TRUE(parsed) << url;
    const auto address = make_address(*parsed);
    EXPECT_TRUE(address) << url << ": " << address.error().message();
    return address.value_or(Address{});
}

TEST(RtmpAddress, SplitsAppAndName) {
    const Address address = address_of("rtmp://10.0.0.9:1936/live/porch");
    EXPECT_EQ(address.tc_url, "rtmp://10.0.0.9:1936/live");
    EXPECT_EQ(address.app, "live");
    EXPECT_EQ(address.name, "porch");
}

TEST(RtmpAddress, LeavesTokensUntouched) {
    const Address address =
        address_of("rtmps://media.example/nanit/1a2b.eyJhbGciOi.x-_y?user=a%20b&password=c/d=");
    EXPECT_EQ(address.app, "nanit");
    EXPECT_EQ(address.name, "1a2b.eyJhbGciOi.x-_y?user=a%20b&password=c/d=");
    EXPECT_EQ(address.tc_url, "rtmps://media.example/nanit");
}

TEST(RtmpAddress, KeepsCredentialsOfTheAuthorityOutOfTcUrl) {
    EXPECT_EQ(address_of("rtmp://user:secret@cam/live/x").tc_url, "rtmp://cam/live");
}

TEST(RtmpAddress, FollowsTheCommonRuleForOtherDepths) {
    EXPECT_EQ(address_of("rtmp://h/name").app, "");
    EXPECT_EQ(address_of("rtmp://h/name").name, "name");
    EXPECT_EQ(address_of("rtmp://h/app/instance/a/b").app, "app/instance");
    EXPECT_EQ(address_of("rtmp://h/app/instance/a/b").name, "a/b");
}

TEST(RtmpAddress, RefusesWhatNamesNoStream) {
    EXPECT_FALSE(make_address(*base::Url::parse("http://h/a/b")));
    EXPECT_FALSE(make_address(*base::Url::parse("rtmp://h/")));
    EXPECT_FALSE(make_address(*base::Url::parse("rtmp://h")));
}

TEST(RtmpStreamPath, IsTheSameHoweverTheClientCutItsUrl) {
    for (const auto& [app, name] :
         {std::pair{"live", "porch?user=u&pass=p"}, std::pair{"live?user=u&pass=p", "porch"},
          std::pair{"live?user=u&pass=p/", "porch"}, std::pair{"", "live/porch?user=u&pass=p"},
          std::pair{"live/porch?user=u&pass=p", ""}, std::pair{"/live/", "/porch/?user=u&pass=p"},
          std::pair{"live?user=u", "porch?pass=p"}}) {
        const StreamPath where = make_stream_path(app, name);
        EXPECT_EQ(where.path, "live/porch") << app << " " << name;
        EXPECT_EQ(query_value(where.query, "user"), "u") << app << " " << name;
        EXPECT_EQ(query_value(where.query, "pass"), "p") << app << " " << name;
    }
    EXPECT_EQ(make_stream_path("porch", "").path, "porch");
    EXPECT_EQ(make_stream_path("", "").path, "");
}

TEST(RtmpQuery, DecodesValues) {
    EXPECT_EQ(query_value("a=1&pass=x%26y%3D&pass=2", "pass"), "x&y=");
    EXPECT_EQ(query_value("a=1&flag", "flag"), "");
    EXPECT_EQ(query_value("xpass=1", "pass"), "");
    EXPECT_EQ(query_value("", "pass"), "");
}

}  // namespace
}  // namespace casement::protocols::rtmp
