// Signing in, and a session that is kept, against clouds on loopback that answer by script.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/nest/cookies.hpp"
#include "drivers/nest/sign_in.hpp"
#include "tests/unit/drivers/nest/cloud.hpp"

namespace casement::drivers::nest::tests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Word = camera::AccountState::Word;

constexpr const char* kSession = "/home/session";

class NestAccount : public CloudTest {
protected:
    Result<Credential> credential(Keeper& keeper) {
        return loop_.run([&]() -> Task<Result<Credential>> {
            co_return co_await keeper.credential(net::tests::soon());
        });
    }
    Result<Credential> refused(Keeper& keeper, const Credential& one) {
        return loop_.run([&]() -> Task<Result<Credential>> {
            co_return co_await keeper.credential_after(one, net::tests::soon());
        });
    }
    template <typename Step>
    Result<SignInOutcome> sign_in_by(Step step) {
        SignIn sign_in(*api_, *sealed_, disk_, clock_, "home");
        return loop_.run(
            [&]() -> Task<Result<SignInOutcome>> { co_return co_await step(sign_in); });
    }
};

TEST_F(NestAccount, APastedTokenIsTriedAtOnceAndKept) {
    const auto done = sign_in_by([](SignIn& sign_in) {
        return sign_in.with_token(Secret("  \"b.good\" \n"), net::tests::soon());
    });
    ASSERT_TRUE(done) << done.error().message();
    const auto* signed_in = std::get_if<SignedIn>(&*done);
    ASSERT_NE(signed_in, nullptr);
    EXPECT_EQ(signed_in->cameras, 1);
    EXPECT_EQ(signed_in->userid, "1000001");

    Keeper& keeper = open_keeper(*sealed_);
    const auto held = credential(keeper);
    ASSERT_TRUE(held) << held.error().message();
    EXPECT_EQ(header_of(*held).first, "Cookie");
    EXPECT_EQ(header_of(*held).second.reveal(), "website_2=W2-1");
    EXPECT_EQ(asked(kSession), 1) << "what signing in made is used";
}

TEST_F(NestAccount, AllThatThePageSaysMayBePasted) {
    const auto done = sign_in_by([this](SignIn& sign_in) {
        return sign_in.with_token(Secret(session_object()), net::tests::soon());
    });
    EXPECT_TRUE(done) << done.error().message();
}

TEST_F(NestAccount, AWrongTokenIsExplainedAndNothingIsKept) {
    const auto done = sign_in_by([](SignIn& sign_in) {
        return sign_in.with_token(Secret("NOT-THIS-ONE"), net::tests::soon());
    });
    ASSERT_FALSE(done);
    EXPECT_TRUE(done.error().is(ErrorKind::Unauthenticated));
    EXPECT_THAT(done.error().message(), HasSubstr("weave"));
    EXPECT_THAT(done.error().message(), Not(HasSubstr("NOT-THIS-ONE")));
    EXPECT_FALSE(stored_key(*sealed_, "home"));
}

TEST_F(NestAccount, APasswordWithACodeEndsInATokenThatARestartUses) {
    second_factor_ = true;
    auto done = sign_in_by([](SignIn& sign_in) {
        return sign_in.with_password("a@b.test", Secret("pw"), net::tests::soon());
    });
    ASSERT_TRUE(done) << done.error().message();
    ASSERT_TRUE(std::holds_alternative<CodeSent>(*done));
    EXPECT_EQ(std::get<CodeSent>(*done).hint, "42");

    done = sign_in_by(
        [](SignIn& sign_in) { return sign_in.enter_code(Secret("1111"), net::tests::soon()); });
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().reason(), "wrong-code");
    done = sign_in_by(
        [](SignIn& sign_in) { return sign_in.enter_code(Secret("0417"), net::tests::soon()); });
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_TRUE(std::holds_alternative<SignedIn>(*done));

    const auto again = store::SealedStore::open(dir_.path()).value();
    EXPECT_TRUE(credential(open_keeper(*again)));
    EXPECT_EQ(asked("/home/api/0.1/2fa/verify_pin"), 2);
}

TEST_F(NestAccount, GooglesCookiesAreKeptAsItChangesThem) {
    const auto done = sign_in_by([this](SignIn& sign_in) {
        return sign_in.with_google(
            Secret("Request URL: " + url("/google/iframerpc?action=issueToken&ss_domain=x")),
            Secret("cookie: SID=1; SIDCC=old"), net::tests::soon());
    });
    ASSERT_TRUE(done) << done.error().message();
    const auto key = stored_key(*sealed_, "home");
    ASSERT_TRUE(key);
    EXPECT_EQ(key->cookies.reveal(), "SID=1; SIDCC=new1") << "and not those of another domain";

    Keeper& keeper = open_keeper(*sealed_);
    const auto held = credential(keeper);
    ASSERT_TRUE(held);
    EXPECT_EQ(header_of(*held).second.reveal(), "Basic g.0.jwt1");
    clock_.advance(58min);
    const auto renewed = credential(keeper);
    ASSERT_TRUE(renewed);
    EXPECT_EQ(header_of(*renewed).second.reveal(), "Basic g.0.jwt2");
    EXPECT_THAT(cookies_, ElementsAre("SID=1; SIDCC=old", "SID=1; SIDCC=new1"));
    EXPECT_EQ(stored_key(*sealed_, "home")->cookies.reveal(), "SID=1; SIDCC=new2");
}

TEST_F(NestAccount, WhatCannotBeAnIssueTokenIsRefusedBeforeItIsSent) {
    for (const char* wrong : {"ya29.token", "https://accounts.google.com/o/oauth2/iframerpc", ""}) {
        EXPECT_FALSE(issue_token_of(wrong)) << wrong;
    }
    EXPECT_FALSE(cookies_of("nothing"));
    EXPECT_FALSE(cookies_of(std::string(20'000, 'a') + "=1"));
}

TEST_F(NestAccount, ARefreshTokenIsEnough) {
    const auto done = sign_in_by([](SignIn& sign_in) {
        return sign_in.with_refresh_token(Secret("1//rt"), "", net::tests::soon());
    });
    EXPECT_TRUE(done) << done.error().message();
    const auto revoked = sign_in_by([](SignIn& sign_in) {
        return sign_in.with_refresh_token(Secret("1//revoked"), "", net::tests::soon());
    });
    ASSERT_FALSE(revoked);
    EXPECT_TRUE(revoked.error().is(ErrorKind::Unauthenticated));
}

TEST_F(NestAccount, ARefusalByManyMakesOneRenewal) {
    sign_in();
    Keeper& keeper = open_keeper(*sealed_);
    const auto held = credential(keeper);
    ASSERT_TRUE(held);
    clock_.advance(1min);
    int done = 0;
    for (int i = 0; i < 10; ++i)
        loop_.spawn([&]() -> Task<> {
            const auto next = co_await keeper.credential_after(*held, net::tests::soon());
            EXPECT_TRUE(next && next->value.reveal() == "W2-2");
            ++done;
        });
    EXPECT_TRUE(wait_for([&] { return done == 10; }));
    EXPECT_EQ(asked(kSession), 2);
}

TEST_F(NestAccount, ARefusalOfWhatWasJustGivenIsNoStorm) {
    sign_in();
    Keeper& keeper = open_keeper(*sealed_);
    auto held = credential(keeper);
    ASSERT_TRUE(held);
    for (int i = 0; i < 20; ++i) {
        const auto next = refused(keeper, *held);
        if (next)
            held = next;
        else
            EXPECT_TRUE(next.error().is(ErrorKind::Unavailable)) << next.error().message();
    }
    EXPECT_LE(asked(kSession), 2) << "the clock stands still";
    EXPECT_EQ(keeper.state().word, Word::SignedIn);
}

TEST_F(NestAccount, OnlyARefusedKeyAsksForAPerson) {
    sign_in();
    Keeper& keeper = open_keeper(*sealed_);
    const auto held = credential(keeper);
    ASSERT_TRUE(held);

    is_down_ = true;
    clock_.advance(25h);
    EXPECT_TRUE(credential(keeper)) << "the old one may still live";
    EXPECT_EQ(keeper.state().word, Word::VendorDown);
    is_down_ = false;
    fail_next(kSession, 200, "<html>maintenance</html>");
    clock_.advance(1h);
    EXPECT_TRUE(credential(keeper));
    EXPECT_EQ(keeper.state().word, Word::VendorDown);
    clock_.advance(1h);
    EXPECT_TRUE(credential(keeper));
    EXPECT_EQ(keeper.state().word, Word::SignedIn);

    token_ = "b.another";
    clock_.advance(25h);
    const int before = asked(kSession);
    (void)credential(keeper);
    EXPECT_EQ(keeper.state().word, Word::NeedsPerson);
    clock_.advance(1h);
    (void)credential(keeper);
    EXPECT_EQ(asked(kSession), before + 1) << "nothing is tried until there is another key";
    EXPECT_THAT(keeper.history().front().outcome, HasSubstr("signed us out"));

    // A person signs in, by another process.
    const auto other = store::SealedStore::open(dir_.path()).value();
    ASSERT_TRUE(
        store_key(*other, "home", {.kind = SignInKind::NestToken, .token = Secret(token_)}));
    ASSERT_TRUE(forget_session(*other, "home"));
    EXPECT_TRUE(credential(keeper));
    EXPECT_EQ(keeper.state().word, Word::SignedIn);
}

TEST_F(NestAccount, AnAccountWithoutCamerasIsNoFailure) {
    has_no_cameras_ = true;
    sign_in();
    Keeper& keeper = open_keeper(*sealed_);
    const auto held = credential(keeper);
    ASSERT_FALSE(held);
    EXPECT_TRUE(held.error().is(ErrorKind::FailedPrecondition));
    EXPECT_EQ(keeper.state().word, Word::SignedIn);
}

TEST_F(NestAccount, RetryAfterIsHonoured) {
    sign_in();
    fail_next(kSession, 429, "", {{"Retry-After", "120"}});
    Keeper& keeper = open_keeper(*sealed_);
    EXPECT_FALSE(credential(keeper));
    clock_.advance(100s);
    const auto held = credential(keeper);
    ASSERT_FALSE(held);
    EXPECT_EQ(held.error().reason(), "quota");
    EXPECT_EQ(asked(kSession), 1);
    clock_.advance(21s);
    EXPECT_TRUE(credential(keeper));
    EXPECT_EQ(asked(kSession), 2);
}

TEST_F(NestAccount, NoTokenIsSentToAStranger) {
    ApiOptions strict = options_;
    strict.hosts = {};  // the vendor's own hosts alone
    Api api(loop_.executor(), clock_, strict);
    const auto who = loop_.run([&]() -> Task<Result<SessionAnswer>> {
        co_return co_await api.session(Secret("b.good"), net::tests::soon());
    });
    ASSERT_FALSE(who);
    EXPECT_TRUE(who.error().is(ErrorKind::PermissionDenied));
    EXPECT_EQ(asked(kSession), 0);

    fail_next(kSession, 302, "", {{"Location", "ftp://example.org/"}});
    const auto sent_away = loop_.run([&]() -> Task<Result<SessionAnswer>> {
        co_return co_await api_->session(Secret("b.good"), net::tests::soon());
    });
    EXPECT_FALSE(sent_away);
}

TEST(NestHosts, AreTheVendorsOrThoseOfTheFile) {
    Hosts hosts;
    EXPECT_TRUE(hosts.base_url("https://nexusapi-us1.dropcam.com/"));
    EXPECT_EQ(hosts.base_url("nexusapi-eu1.camera.home.nest.com").value(),
              "https://nexusapi-eu1.camera.home.nest.com");
    for (const char* stranger :
         {"https://nest.com.evil.test", "https://evilnest.com", "http://home.nest.com",
          "https://127.0.0.1", "https://a:b@home.nest.com", "https://googleapis.com.evil.test", ""})
        EXPECT_FALSE(hosts.base_url(stranger)) << stranger;
    EXPECT_EQ(hosts.base_url("https://a.nest.com/transport/?x=1").value(),
              "https://a.nest.com/transport");
    EXPECT_FALSE(hosts.host_port("oculus1-us1.dropcam.com/path", 1443));
    EXPECT_EQ(hosts.host_port("oculus1-us1.dropcam.com", 1443).value().port, 1443);
    hosts.follows_answers = true;
    EXPECT_TRUE(hosts.base_url("http://127.0.0.1:8080"));
    EXPECT_FALSE(hosts.base_url("http://10.0.0.1:8080")) << "never in the open";
}

TEST(NestBudget, LeavesAHostAloneThatFails) {
    const base::SteadyTime begin = base::SteadyTime{} + 1h;
    Budget budget({.per_second = 1,
                   .burst = 3,
                   .failures = 2,
                   .alone = {.first = 10s, .cap = 60s, .jitter = 0},
                   .quota = 60s});
    EXPECT_EQ(budget.take("a", begin).value(), begin);
    budget.failed("a", begin);
    EXPECT_EQ(budget.take("a", begin).value(), begin);
    budget.failed("a", begin);
    EXPECT_EQ(budget.take("a", begin).error().reason(), "vendor-down");
    EXPECT_EQ(budget.take("b", begin).value(), begin) << "another region is well";
    EXPECT_GT(budget.take("b", begin).value(), begin) << "the account has no turn left";
    EXPECT_TRUE(budget.take("a", begin + 10s)) << "one question, to see";
    EXPECT_FALSE(budget.take("a", begin + 11s));
    budget.succeeded("a");
    EXPECT_EQ(budget.take("a", begin + 30s).value(), begin + 30s);
    budget.told_to_wait("a", std::nullopt, begin + 30s);
    EXPECT_EQ(budget.take("a", begin + 80s).error().reason(), "quota");
    EXPECT_TRUE(budget.take("a", begin + 90s));
}

TEST(NestBudget, GivesPicturesTurnsOfTheirOwnAndLeavesAHostAloneWhateverItWasAsked) {
    using enum Budget::For;
    const base::SteadyTime begin = base::SteadyTime{} + 1h;
    Budget budget({.per_second = 4, .burst = 2, .pictures_per_second = 10, .pictures_burst = 3});
    for (int i = 0; i < 3; ++i) EXPECT_EQ(budget.take("a", begin, Picture).value(), begin);
    EXPECT_EQ(budget.take("b", begin, Picture).value(), begin + 100ms) << "of all hosts";
    EXPECT_EQ(budget.take("a", begin).value(), begin) << "a renewal does not wait for pictures";
    EXPECT_EQ(budget.take("a", begin).value(), begin);
    EXPECT_GT(budget.take("a", begin).value(), begin);
    EXPECT_EQ(budget.take("a", begin + 100ms, Picture).value(), begin + 100ms);
    // At most the burst, and then so many a second.
    int given = 0;
    for (auto now = begin + 1h; now < begin + 1h + 10s; now += 1ms)
        given += budget.take("a", now, Picture).value() == now ? 1 : 0;
    EXPECT_GE(given, 102);
    EXPECT_LE(given, 103);

    const auto later = begin + 2h;
    budget.told_to_wait("a", 7s, later);
    EXPECT_EQ(budget.take("a", later + 6999ms, Picture).error().reason(), "quota");
    EXPECT_EQ(budget.take("a", later + 6999ms).error().reason(), "quota");
    EXPECT_EQ(budget.alone_until("a"), later + 7s);
    EXPECT_LE(budget.alone_until("b"), later);
    EXPECT_TRUE(budget.take("a", later + 7s, Picture));
}

TEST(NestCookies, AreChangedAsTheServerSays) {
    const base::WallTime now = fakes::Clock::kBegin;
    const Secret before("A=1; B=2; C=3");
    const auto after = [&](std::vector<std::string_view> set) {
        return merged_cookies(before, set, "accounts.google.com", now).reveal();
    };
    EXPECT_EQ(after({"B=9; Path=/"}), "A=1; B=9; C=3");
    EXPECT_EQ(after({"D=4; Domain=.google.com"}), "A=1; B=2; C=3; D=4");
    EXPECT_EQ(after({"A=x; Domain=evil.test", "A=x; Domain=com"}), "A=1; B=2; C=3");
    EXPECT_EQ(after({"A=; Max-Age=0", "B=; Expires=Thu, 01-Jan-1970 00:00:00 GMT"}), "C=3");
    EXPECT_EQ(after({"E=a\r\nX: y", "=x", "F"}), "A=1; B=2; C=3; F=");
    const std::string large = "G=" + std::string(kMaxCookieBytes, 'x');
    EXPECT_EQ(after({large}), "A=1; B=2; C=3");
}

}  // namespace
}  // namespace casement::drivers::nest::tests
