// The streams of Device Access, asked of a vendor that answers by script.

#include "tests/unit/drivers/nest/device_access.hpp"

namespace casement::drivers::nest::device_access {
namespace {

using namespace tests;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST_F(DeviceAccess, TwentyLeasesAreCrossedWithOneStart) {
    const auto all = streams();
    const auto endpoint = open(*all);
    ASSERT_TRUE(endpoint) << endpoint.error().message();
    EXPECT_THAT(address(endpoint), HasSubstr("auth=g.0.t1"));
    camera::Lease lease = *endpoint->lease;
    for (int i = 0; i < 20; ++i) {
        clock_.advance(4min);
        ASSERT_GE(clock_.wall_now() + lease.margin, lease.expires_at) << "it is due";
        auto longer = ask(lease.extend);
        ASSERT_TRUE(longer) << longer.error().message();
        EXPECT_EQ(longer->expires_at, clock_.wall_now() + 5min);
        lease = std::move(*longer);
    }
    EXPECT_EQ(std::ranges::count(commands_, "CameraLiveStream.GenerateRtspStream"), 1);
    EXPECT_THAT(commands_, SizeIs(21));
    ASSERT_TRUE(ask(lease.release));
    EXPECT_THAT(stopped_, ElementsAre("EXT-21"));
}

TEST_F(DeviceAccess, AStreamThatWasLostIsComeBackToWithTheTokenOfNow) {
    const auto all = streams();
    const auto first = open(*all);
    ASSERT_TRUE(first);
    clock_.advance(4min);
    ASSERT_TRUE(ask(first->lease->extend));
    first->tell({.what = camera::StreamNews::What::Began});
    first->tell({.what = camera::StreamNews::What::Ended,
                 .error = base::Error(ErrorKind::Unavailable, "the connection was lost")});
    ASSERT_TRUE(ask(first->lease->release));
    const auto second = open(*all);
    ASSERT_TRUE(second);
    EXPECT_THAT(address(second), HasSubstr("auth=g.0.t2"));
    EXPECT_THAT(stopped_, SizeIs(0));

    // Nothing came of it this time: it is not worth a third try.
    second->tell({.what = camera::StreamNews::What::Ended,
                  .error = base::Error(ErrorKind::NotFound, "404")});
    ASSERT_TRUE(ask(second->lease->release));
    EXPECT_THAT(stopped_, ElementsAre("EXT-2"));
    const auto third = open(*all);
    ASSERT_TRUE(third);
    EXPECT_THAT(address(third), HasSubstr("auth=g.0.t3"));
}

TEST_F(DeviceAccess, AnAddressIsForOneClientAndEachStreamIsGivenBack) {
    const auto all = streams();
    const auto first = open(*all), second = open(*all);
    ASSERT_TRUE(first && second);
    EXPECT_NE(address(first), address(second)) << "the first is watched";
    extension_ = "EXT-1";
    loop_.run([&]() -> Task<> { co_await all->end(net::tests::soon()); });
    EXPECT_THAT(stopped_, testing::UnorderedElementsAre("EXT-1", "EXT-2"));
    ASSERT_TRUE(ask(first->lease->release));
    EXPECT_THAT(stopped_, SizeIs(2)) << "and once";
}

TEST_F(DeviceAccess, AStreamThatNobodyComesBackToIsGivenBack) {
    rules_.lost_for = 30ms;
    const auto all = streams();
    const auto first = open(*all);
    ASSERT_TRUE(first);
    first->tell({.what = camera::StreamNews::What::Began});
    first->tell({.what = camera::StreamNews::What::Ended,
                 .error = base::Error(ErrorKind::Unavailable, "lost")});
    ASSERT_TRUE(ask(first->lease->release));
    until([&] { return stopped_.size() == 1; });
}

TEST_F(DeviceAccess, ABatteryCameraThatGivesNoMoreTimeIsNotAskedForever) {
    const auto all = streams();
    const auto refused = open(*all);
    ASSERT_TRUE(refused);
    refusals_.emplace_back(400, "FAILED_PRECONDITION");
    const auto lease = ask(refused->lease->extend);
    ASSERT_TRUE(lease);
    EXPECT_FALSE(lease->extend) << "it ends for good";
    EXPECT_EQ(lease->expires_at, refused->lease->expires_at);

    const auto other = open(*all);
    ASSERT_TRUE(other);
    EXPECT_THAT(address(other), HasSubstr("auth=g.0.t2")) << "a stream of its own";
    EXPECT_FALSE(other->lease->extend) << "it has said so";
}

TEST_F(DeviceAccess, AYesThatMovesNothingIsANo) {
    const auto all = streams();
    const auto one = open(*all);
    ASSERT_TRUE(one);
    clock_.advance(4min);
    ASSERT_TRUE(ask(one->lease->extend)->extend);
    moves_ = false;
    const auto still = ask(one->lease->extend);
    ASSERT_TRUE(still);
    EXPECT_FALSE(still->extend);
    EXPECT_TRUE(open(*all)->lease->extend) << "the next one may be extended, as this one was";
}

TEST_F(DeviceAccess, AfterBusyTheVendorIsLeftAloneForHalfAMinute) {
    const auto all = streams();
    refusals_.emplace_back(409, "ABORTED");
    EXPECT_EQ(open(*all).error().reason(), "busy");
    EXPECT_EQ(open(*all).error().reason(), "busy");
    EXPECT_THAT(commands_, SizeIs(0));
    clock_.advance(31s);
    EXPECT_TRUE(open(*all));
    EXPECT_THAT(commands_, SizeIs(1));
}

TEST_F(DeviceAccess, ATokenThatWasRefusedIsRenewedOnce) {
    const auto all = streams();
    good_ = "ya29.other";
    EXPECT_TRUE(open(*all));
    EXPECT_EQ(mine_, "ya29.2");
    good_ = "ya29.third", can_renew_ = false;
    const auto other = streams();
    EXPECT_TRUE(open(*other).error().is(ErrorKind::Unauthenticated));
}

TEST_F(DeviceAccess, TheAccessTokenIsRenewedUnderAStreamThatGoesOn) {
    const auto all = streams();
    const auto first = open(*all);
    ASSERT_TRUE(first);
    for (int i = 2; i < 5; ++i) {
        clock_.advance(4min);
        if (i == 3) good_ = "ya29.other";  // the hour is over
        const auto longer = ask(first->lease->extend);
        ASSERT_TRUE(longer) << longer.error().message();
        EXPECT_EQ(extension_, "EXT-" + std::to_string(i)) << "with the newest token of the stream";
    }
    EXPECT_EQ(mine_, "ya29.2");
    EXPECT_EQ(std::ranges::count(commands_, "CameraLiveStream.GenerateRtspStream"), 1);
}

TEST_F(DeviceAccess, TheSecondTryWithARenewedTokenIsCountedToo) {
    Api api(loop_.executor(), clock_, api_options(), pass());
    const auto start = [&] {
        return loop_.run([&]() -> Task<Result<RtspStream>> {
            co_return co_await api.start_rtsp(kDevice, Limits::Rank::Other, Deadline::in(5s));
        });
    };
    good_ = "ya29.other";
    EXPECT_TRUE(start());
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(start());
    EXPECT_EQ(start().error().reason(), "quota") << "five of one kind for one device";
    EXPECT_THAT(commands_, SizeIs(4));
}

TEST_F(DeviceAccess, AfterTooOftenNothingIsAskedForAMinute) {
    const auto all = streams();
    refusals_.emplace_back(429, "RESOURCE_EXHAUSTED");
    EXPECT_EQ(open(*all).error().reason(), "quota");
    EXPECT_EQ(open(*all).error().reason(), "quota");
    EXPECT_THAT(commands_, SizeIs(0));
    clock_.advance(61s);
    EXPECT_TRUE(open(*all));
}

TEST_F(DeviceAccess, TheTokenGoesToNoStranger) {
    auto api = std::make_shared<Api>(loop_.executor(), clock_, api_options(), pass());
    const auto strict = std::make_shared<Streams>(loop_.executor(), api, clock_, Hosts{},
                                                  camera::Connection{}, rules_);
    rtsp_ = "rtsps://stream.example.org:443/x";
    EXPECT_TRUE(open(*strict).error().is(ErrorKind::PermissionDenied));
    EXPECT_THAT(stopped_, ElementsAre("EXT-1")) << "what was begun is given back";
    rtsp_ = "rtsp://stream.dropcam.com/x";
    EXPECT_TRUE(open(*strict).error().is(ErrorKind::PermissionDenied)) << "without TLS";
}

}  // namespace
}  // namespace casement::drivers::nest::device_access
