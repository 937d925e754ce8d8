// Access tokens of a Device Access project, against a token server that answers by script.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "drivers/nest/device_access/access.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/unit/net/loop.hpp"

namespace casement::drivers::nest::device_access {
namespace {

using async::Task;
using base::ErrorKind;
using base::Result;
using base::Secret;
using net::Request;
using net::Response;
using testing::HasSubstr;
using namespace std::chrono_literals;

TEST(DeviceAccessConsent, ThePageAsksForCamerasAndEvents) {
    const Access access{.project = "p-1",
                        .client_id = "c.apps",
                        .client_secret = {},
                        .refresh_token = {},
                        .subscription = {}};
    const std::string page = consent_page(access);
    EXPECT_THAT(
        page, testing::StartsWith("https://nestservices.google.com/partnerconnections/p-1/auth?"));
    EXPECT_THAT(page, HasSubstr("access_type=offline"));
    EXPECT_THAT(page, HasSubstr("sdm.service%20https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fpubsub"));
    EXPECT_EQ(code_in("4/0AbC"), "4/0AbC");
    EXPECT_EQ(code_in("https://www.google.com/?code=4%2F0AbC&scope=x"), "4/0AbC");
}

class DeviceAccessTokens : public net::tests::Served {
protected:
    void SetUp() override {
        start();
        sealed_ = store::SealedStore::open(directory_.path()).value();
        sign_in("refresh-1");
        tokens_ =
            std::make_unique<Tokens>(loop_.executor(), TokenOptions{.endpoint = url("/token")},
                                     *sealed_, disk_, clock_, "yard");
    }
    void TearDown() override {
        tokens_.reset();
        net::tests::Served::TearDown();
    }
    void sign_in(const std::string& refresh_token) {
        ASSERT_TRUE(store_access(*sealed_, "yard",
                                 {.project = "p",
                                  .client_id = "c",
                                  .client_secret = Secret("hush"),
                                  .refresh_token = Secret(refresh_token),
                                  .subscription = "s"}));
    }
    void add_routes(net::HttpServer& server) override {
        server.route("POST", "/token", [this](Request request) -> Task<Response> {
            asked_.push_back(request.body);
            if (!refusals_.empty()) {
                const auto [status, body] = refusals_.front();
                refusals_.pop_front();
                co_return Response::json(status, body);
            }
            co_return Response::json(
                200,
                fmt::format(
                    R"({{"access_token":"ya29.{}","expires_in":3599,"token_type":"Bearer"{}}})",
                    asked_.size(), gives_refresh_ ? R"(,"refresh_token":"r")" : ""));
        });
    }
    Result<Secret> token(bool is_refused = false) {
        auto pass = loop_.run([&]() -> Task<Result<Pass>> {
            co_return co_await tokens_->pass(is_refused, net::tests::soon());
        });
        if (!pass) return std::unexpected(pass.error());
        return std::move(pass->token);
    }

    fakes::TempDirectory directory_;
    fakes::Clock clock_;
    async::BlockingPool disk_{"disk", 1};
    std::unique_ptr<store::SealedStore> sealed_;
    std::unique_ptr<Tokens> tokens_;
    std::vector<std::string> asked_;
    std::deque<std::pair<int, std::string>> refusals_;
    bool gives_refresh_ = false;
};

TEST_F(DeviceAccessTokens, OneIsGoodForAnHourAndRenewedBeforeItEnds) {
    EXPECT_EQ(token()->reveal(), "ya29.1");
    EXPECT_THAT(asked_.at(0), HasSubstr("refresh_token=refresh-1"));
    EXPECT_THAT(asked_.at(0), HasSubstr("client_secret=hush"));
    clock_.advance(50min);
    EXPECT_EQ(token()->reveal(), "ya29.1");
    clock_.advance(6min);
    refusals_.emplace_back(503, "<html>");
    EXPECT_EQ(token()->reveal(), "ya29.1") << "good for three minutes still";
    clock_.advance(10s);
    EXPECT_EQ(token()->reveal(), "ya29.3");
}

TEST_F(DeviceAccessTokens, TenCamerasThatAreRefusedTheSameTokenRenewItOnce) {
    ASSERT_TRUE(token());
    clock_.advance(20s);
    for (int camera = 0; camera < 10; ++camera) EXPECT_EQ(token(true)->reveal(), "ya29.2");
    EXPECT_EQ(asked_.size(), 2U);
}

TEST_F(DeviceAccessTokens, ASignInThatEndedIsToldAndNotTriedAgain) {
    refusals_.emplace_back(400, R"({"error":"invalid_grant"})");
    const auto ended = token();
    EXPECT_TRUE(ended.error().is(ErrorKind::Unauthenticated));
    EXPECT_EQ(ended.error().reason(), "session-ended");
    EXPECT_THAT(std::string(ended.error().message()), HasSubstr("7 days"));
    clock_.advance(24h);
    EXPECT_EQ(token().error().reason(), "session-ended");
    EXPECT_EQ(asked_.size(), 1U);
    // Somebody signs in, perhaps in another process.
    sign_in("refresh-2");
    EXPECT_TRUE(token());
    EXPECT_THAT(asked_.at(1), HasSubstr("refresh_token=refresh-2"));
}

TEST_F(DeviceAccessTokens, AServerInTroubleIsAskedEverMoreRarely) {
    for (int i = 0; i < 3; ++i) refusals_.emplace_back(500, "");
    EXPECT_EQ(token().error().reason(), "vendor-down");
    EXPECT_EQ(token().error().reason(), "vendor-down");
    EXPECT_EQ(asked_.size(), 1U);
    clock_.advance(8s);
    EXPECT_FALSE(token());
    EXPECT_EQ(asked_.size(), 2U);
    clock_.advance(6s);
    EXPECT_FALSE(token());
    EXPECT_EQ(asked_.size(), 2U) << "twice as long now";
}

TEST_F(DeviceAccessTokens, ACodeGivesALastingToken) {
    net::HttpClient http(loop_.executor());
    const auto give = [&](const std::string& code) {
        return loop_.run([&]() -> Task<Result<Access>> {
            co_return co_await exchange(http, TokenOptions{.endpoint = url("/token")},
                                        stored_access(*sealed_, "yard").value(), code,
                                        net::tests::soon());
        });
    };
    EXPECT_EQ(give("4/x").error().reason(), "account-refused") << "no refresh token came";
    gives_refresh_ = true;
    EXPECT_EQ(give("4/x")->refresh_token.reveal(), "r");
    EXPECT_THAT(asked_.at(1), HasSubstr("code=4%2Fx"));
    refusals_.emplace_back(400, R"({"error":"invalid_grant"})");
    EXPECT_EQ(give("4/x").error().reason(), "wrong-code");
    refusals_.emplace_back(401, R"({"error":"invalid_client"})");
    EXPECT_EQ(give("4/x").error().reason(), "account-refused");
}

}  // namespace
}  // namespace casement::drivers::nest::device_access
