// The vendor's REST interface and the tokens of an account, against a cloud on loopback that
// answers by script.

#include "drivers/nanit/account.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include <nlohmann/json.hpp>

#include "drivers/nanit/sign_in.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/unit/net/loop.hpp"

namespace casement::drivers::nanit {
namespace {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::Result;
using base::Secret;
using net::Request;
using net::Response;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;
using Word = camera::AccountState::Word;

/// A JWT that ends then; nobody verifies it.
std::string jwt(base::WallTime expires, int number) {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(expires.time_since_epoch()).count();
    const std::string claims = json{{"exp", seconds}, {"n", number}}.dump();
    return "e30." + net::base64url(claims) + ".c2ln";
}

/// /tokens/refresh takes one token, gives the next, and forgets the old one.
class AccountTest : public net::tests::Served {
protected:
    void add_routes(net::HttpServer& server) override {
        server.route("POST", "/tokens/refresh", [this](Request request) -> Task<Response> {
            const int call = ++refreshes_;
            const std::string token = json::parse(request.body).value("refresh_token", "");
            if (delay_ > 0ms) (void)co_await async::sleep_for(delay_);  // real time: a slow cloud
            if (!broken_.empty()) {
                auto answer = broken_.front();
                broken_.pop_front();
                co_return Response::text(answer.first, answer.second);
            }
            if (token != good_) co_return Response::empty(404);
            good_ = "refresh-" + std::to_string(call);
            access_ = jwt(clock_.wall_now() + life_, call);
            co_return Response::json(
                200, json{{"access_token", access_}, {"refresh_token", good_}}.dump());
        });
        server.route("POST", "/login", [this](Request request) -> Task<Response> {
            logins_.push_back(json::parse(request.body));
            const json& body = logins_.back();
            if (request.headers.get("nanit-api-version") != "1") co_return Response::empty(500);
            if (body["password"] != "pw") co_return Response::empty(401);
            if (!body.contains("mfa_code"))
                co_return Response::json(challenge_status_,
                                         json{{"mfa_token", "mfa-1"},
                                              {"phone_suffix", "42"},
                                              {"channel", body.value("channel", "sms")}}
                                             .dump());
            if (body["mfa_code"] != "0417" || body["mfa_token"] != "mfa-1")
                co_return Response::empty(401);
            good_ = "refresh-login";
            access_ = jwt(clock_.wall_now() + life_, 0);
            co_return Response::json(
                201, json{{"access_token", access_}, {"refresh_token", good_}}.dump());
        });
        server.route("GET", "/babies", [this](Request request) -> Task<Response> {
            forms_.emplace_back(request.headers.get("Authorization"));
            if (status_of_babies_ != 200) co_return Response::empty(status_of_babies_);
            const bool fine = forms_.back() == (wants_bearer_ ? "Bearer " : "") + access_;
            if (!fine) co_return Response::empty(401);
            co_return Response::json(200, babies_);
        });
    }
    void SetUp() override {
        start();
        sealed_ = store::SealedStore::open(dir_.path()).value();
        api_.emplace(loop_.executor(), clock_, ApiOptions{.base = url("")});
    }
    void TearDown() override {
        for (const auto& account : accounts_)
            loop_.run([&]() -> Task<> { co_await account->stop(); });
        accounts_.clear();
        Served::TearDown();
    }
    /// The account of one process.
    Account& open(store::SealedStore& sealed) {
        accounts_.push_back(std::make_unique<Account>(
            loop_.executor(), *api_, sealed, disk_, clock_,
            AccountOptions{
                .name = "home", .folder = dir_.path(), .patience = 500ms, .look_again = 20ms}));
        return *accounts_.back();
    }
    void store(std::chrono::seconds left) {
        access_ = jwt(clock_.wall_now() + left, 99);
        const Session session{.access = Secret(access_),
                              .refresh = Secret(good_),
                              .received = clock_.wall_now() - 2h,
                              .expires = clock_.wall_now() + left};
        ASSERT_TRUE(store_session(*sealed_, "home", session));
    }
    Result<Secret> token(Account& account, Deadline deadline = net::tests::soon()) {
        return loop_.run(
            [&]() -> Task<Result<Secret>> { co_return co_await account.access_token(deadline); });
    }
    Result<SignInOutcome> begin(std::string password = "pw", std::string channel = "",
                                bool another = false) {
        SignIn sign_in(*api_, *sealed_, disk_, clock_, "home");
        return loop_.run([&]() -> Task<Result<SignInOutcome>> {
            co_return co_await sign_in.begin("a@b.c", Secret(password), channel, another,
                                             net::tests::soon());
        });
    }
    Result<SignInOutcome> enter(std::string code) {
        SignIn sign_in(*api_, *sealed_, disk_, clock_, "home");
        return loop_.run([&]() -> Task<Result<SignInOutcome>> {
            co_return co_await sign_in.enter_code(Secret(code), net::tests::soon());
        });
    }
    Result<std::vector<Baby>> babies(Account& account) {
        return loop_.run([&]() -> Task<Result<std::vector<Baby>>> {
            co_return co_await account.ask<std::vector<Baby>>(
                [this](Secret t) { return api_->babies(std::move(t), net::tests::soon()); },
                net::tests::soon());
        });
    }

    fakes::Clock clock_;
    fakes::TempDirectory dir_;
    async::BlockingPool disk_{"disk", 2};
    std::unique_ptr<store::SealedStore> sealed_;
    std::optional<Api> api_;
    std::vector<std::unique_ptr<Account>> accounts_;

    int refreshes_ = 0;
    std::chrono::milliseconds delay_{0};
    std::deque<std::pair<int, std::string>> broken_;
    std::string good_ = "refresh-0", access_;
    std::chrono::seconds life_ = 3h;
    std::vector<json> logins_;
    int challenge_status_ = 482;
    std::vector<std::string> forms_;
    int status_of_babies_ = 200;
    bool wants_bearer_ = false;
    std::string babies_ = R"({"babies":[]})";
};

// Signing in
// --------------------------------------------------------------------------------------------

TEST_F(AccountTest, MfaByBothChannels) {
    for (const std::string channel : {"sms", "email"}) {
        logins_.clear();
        const auto sent = begin("pw", channel, true);
        ASSERT_TRUE(sent) << sent.error().message();
        EXPECT_EQ(std::get<CodeSent>(*sent).channel, channel);
        EXPECT_EQ(std::get<CodeSent>(*sent).hint, "42");
        ASSERT_TRUE(enter("0417"));
        ASSERT_EQ(logins_.size(), 2U);
        EXPECT_EQ(logins_[0]["channel"], channel);
        EXPECT_EQ(logins_[1]["mfa_code"], "0417");  // a text: its zero counts
        EXPECT_EQ(logins_[1]["email"], "a@b.c");    // said again, with the password
        EXPECT_EQ(logins_[1]["password"], "pw");
        EXPECT_FALSE(stored_pending(*sealed_, "home"));
    }
    EXPECT_EQ(token(open(*sealed_)).value().reveal(), access_);
}

TEST_F(AccountTest, AChallengeIsKnownByItsTokenWhateverTheStatus) {
    challenge_status_ = 200;
    EXPECT_TRUE(std::holds_alternative<CodeSent>(begin().value()));
}

TEST_F(AccountTest, NoSecondCodeIsSentWhileOneIsOnItsWay) {
    ASSERT_TRUE(begin());
    EXPECT_TRUE(std::get<CodeSent>(begin().value()).is_old);
    EXPECT_EQ(logins_.size(), 1U);
    EXPECT_EQ(enter("9999").error().reason(), "wrong-code");
    EXPECT_EQ(std::get<CodeSent>(begin().value()).is_old, true);  // still the one
    EXPECT_EQ(logins_.size(), 2U);
    EXPECT_FALSE(std::get<CodeSent>(begin("pw", "email").value()).is_old);  // a person's choice
    EXPECT_FALSE(std::get<CodeSent>(begin("pw", "", true).value()).is_old);
    clock_.advance(11min);
    EXPECT_FALSE(std::get<CodeSent>(begin().value()).is_old);
    EXPECT_EQ(logins_.size(), 5U);
}

TEST_F(AccountTest, ACodeThatComesTooLateEndsTheChallenge) {
    ASSERT_TRUE(begin());
    clock_.advance(10min - 1s);
    EXPECT_EQ(enter("9999").error().reason(), "wrong-code");
    EXPECT_TRUE(stored_pending(*sealed_, "home"));
    clock_.advance(1s);
    EXPECT_EQ(enter("9999").error().reason(), "code-expired");
    EXPECT_FALSE(stored_pending(*sealed_, "home"));
    EXPECT_TRUE(enter("0417").error().is(ErrorKind::FailedPrecondition));
}

TEST_F(AccountTest, ASignInOfAnotherProcessIsSeenByItself) {
    Account& account = open(*sealed_);
    loop_.spawn([&]() -> Task<> { co_await account.run(); });
    loop_.run([&]() -> Task<> {
        while (account.state().word != Word::NeedsPerson)
            (void)co_await async::sleep_for(5ms);  // real time: run() looks when it starts
        const auto other = store::SealedStore::open(dir_.path()).value();
        const Session session{.access = Secret(jwt(clock_.wall_now() + 3h, 1)),
                              .refresh = Secret("refresh-0"),
                              .received = clock_.wall_now(),
                              .expires = clock_.wall_now() + 3h};
        (void)store_session(*other, "home", session);
        while (account.state().word != Word::SignedIn)
            (void)co_await async::sleep_for(5ms);  // real time: it looks every 20 ms
    });
    EXPECT_EQ(refreshes_, 0);
}

TEST_F(AccountTest, AWrongPasswordNeedsAPerson) {
    const auto refused = begin("wrong");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason(), "wrong-password");
    EXPECT_TRUE(needs_person(refused.error()));
    EXPECT_FALSE(enter("0417"));
    EXPECT_EQ(logins_.size(), 1U);
}

// Tokens
// --------------------------------------------------------------------------------------------

TEST_F(AccountTest, NobodyAsksWhileTheTokenIsGood) {
    store(301s);
    Account& account = open(*sealed_);
    EXPECT_EQ(token(account).value().reveal(), access_);
    EXPECT_EQ(refreshes_, 0);
    clock_.advance(1s);  // five minutes before its end, one edge on
    EXPECT_TRUE(token(account));
    EXPECT_EQ(refreshes_, 1);
}

TEST_F(AccountTest, TwoCallersMakeOneCall) {
    store(10s);
    delay_ = 50ms;
    Account& account = open(*sealed_);
    int answers = 0;
    for (int i = 0; i < 2; ++i) {
        loop_.spawn([&]() -> Task<> {
            const auto got = co_await account.access_token(net::tests::soon());
            if (got && got->reveal() == access_) ++answers;
        });
    }
    loop_.run([&]() -> Task<> {
        while (answers < 2) (void)co_await async::sleep_for(5ms);  // real time: the cloud is slow
    });
    EXPECT_EQ(refreshes_, 1);
}

TEST_F(AccountTest, TwoProcessesMakeOneCall) {
    store(10s);
    delay_ = 50ms;
    const auto other = store::SealedStore::open(dir_.path()).value();
    Account& one = open(*sealed_);
    Account& two = open(*other);
    int answers = 0;
    for (Account* const account : {&one, &two}) {
        loop_.spawn([&, account]() -> Task<> {
            const auto got = co_await account->access_token(net::tests::soon());
            if (got && got->reveal() == access_) ++answers;
        });
    }
    loop_.run([&]() -> Task<> {
        while (answers < 2) (void)co_await async::sleep_for(5ms);  // real time: as above
    });
    EXPECT_EQ(refreshes_, 1);
}

TEST_F(AccountTest, TheNewPairIsOnTheDiskBeforeItIsUsed) {
    store(10s);
    Account& account = open(*sealed_);
    std::string on_disk;
    const auto listening = account.listen([&](base::WallTime expires) {
        on_disk = stored_session(*store::SealedStore::open(dir_.path()).value(), "home")
                      .value()
                      .refresh.reveal();
        EXPECT_EQ(expires, clock_.wall_now() + 3h);
    });
    ASSERT_TRUE(token(account));
    EXPECT_EQ(on_disk, "refresh-1");
}

TEST_F(AccountTest, ACallerWhoGivesUpAndAStopLoseNoPair) {
    store(10s);
    delay_ = 100ms;
    Account& account = open(*sealed_);
    (void)token(account, Deadline::in(20ms));
    loop_.run([&]() -> Task<> { co_await account.stop(); });
    EXPECT_EQ(stored_session(*sealed_, "home").value().refresh.reveal(), good_);
    EXPECT_EQ(good_, "refresh-1");
}

TEST_F(AccountTest, TroubleOfTheCloudLeavesTheSessionAlone) {
    store(200s);  // due, and still good
    const std::string old = access_;
    Account& account = open(*sealed_);
    broken_ = {{429, "{}"}, {502, "bad gateway"}, {200, "<html>portal</html>"}, {403, "<html>"}};
    for (int tries = 1; tries <= 4; ++tries) {
        EXPECT_EQ(token(account).value().reveal(), old) << tries;
        EXPECT_EQ(refreshes_, tries);
        EXPECT_EQ(account.state().word, Word::VendorDown);
        EXPECT_TRUE(token(account));
        EXPECT_EQ(refreshes_, tries);  // not again within the minute
        clock_.advance(5min);
        clock_.jump_wall(-5min);
    }
    ASSERT_TRUE(token(account));
    EXPECT_EQ(account.state().word, Word::SignedIn);
    EXPECT_TRUE(logins_.empty());
}

TEST_F(AccountTest, AHangOfTheCloudEndsInTimeAndIsNotNow) {
    store(-2h);
    delay_ = 2s;
    api_.emplace(loop_.executor(), clock_, ApiOptions{.base = url(""), .patience = 100ms});
    const auto got = token(open(*sealed_));
    ASSERT_FALSE(got);
    EXPECT_TRUE(got.error().is(ErrorKind::DeadlineExceeded));
    EXPECT_FALSE(needs_person(got.error()));
    EXPECT_EQ(stored_session(*sealed_, "home").value().refresh.reveal(), "refresh-0");
}

TEST_F(AccountTest, AUsedUpTokenNeedsAPersonOnce) {
    for (const auto& answer : std::vector<std::pair<int, std::string>>{
             {404, ""}, {401, ""}, {400, R"({"error":"invalid_grant"})"}}) {
        store(10s);
        Account& account = open(*sealed_);
        const int before = refreshes_;
        broken_ = {answer};
        const auto got = token(account);
        ASSERT_FALSE(got);
        EXPECT_TRUE(needs_person(got.error()));
        EXPECT_EQ(account.state().word, Word::NeedsPerson);
        EXPECT_EQ(account.state().reason->code, "session-ended");
        EXPECT_EQ(account.state().reason->text, "Nanit signed us out.");
        clock_.advance(1h);
        EXPECT_FALSE(token(account));
        EXPECT_EQ(refreshes_, before + 1);
    }
}

TEST_F(AccountTest, ASignInBesideTheHubIsTakenOver) {
    Account& account = open(*sealed_);
    EXPECT_EQ(token(account).error().reason(), "not-signed-in");
    const auto command = store::SealedStore::open(dir_.path()).value();
    const Session fresh{.access = Secret(jwt(clock_.wall_now() + 3h, 7)),
                        .refresh = Secret("refresh-0"),
                        .received = clock_.wall_now(),
                        .expires = clock_.wall_now() + 3h};
    ASSERT_TRUE(store_session(*command, "home", fresh));
    EXPECT_EQ(token(account).value(), fresh.access);
    EXPECT_EQ(account.state().word, Word::SignedIn);
}

TEST_F(AccountTest, A401IsAskedAgainAsBearerThenWithAnotherToken) {
    store(2h);
    Account& account = open(*sealed_);
    wants_bearer_ = true;
    ASSERT_TRUE(babies(account));
    EXPECT_THAT(forms_, ElementsAre(access_, "Bearer " + access_));
    EXPECT_EQ(refreshes_, 0);
    ASSERT_TRUE(babies(account));  // it has learnt
    EXPECT_EQ(forms_.size(), 3U);
    const std::string old = access_;
    access_ = "revoked";
    ASSERT_TRUE(babies(account));
    EXPECT_EQ(refreshes_, 1);
    EXPECT_EQ(forms_.back(), "Bearer " + access_);
}

TEST_F(AccountTest, ATokenThatIsRefusedWhenFreshIsNoMatterForAPerson) {
    store(2h);
    status_of_babies_ = 401;
    const auto got = babies(open(*sealed_));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().reason(), "vendor-down");
    EXPECT_EQ(refreshes_, 1);
}

TEST_F(AccountTest, NoTokenIsInALogOrAnError) {
    std::string lines;
    base::capture_log([&](base::LogLevel, std::string_view line) { lines += line; });
    store(2h);
    Account& account = open(*sealed_);
    base::Log().info("what if {} {}", access_, good_);
    status_of_babies_ = 500;
    lines += babies(account).error().message();
    (void)begin();
    base::Log().info("and {}", "mfa-1");
    base::capture_log({});
    for (const std::string& secret : {access_, std::string("refresh-0"), std::string("mfa-1")})
        EXPECT_THAT(lines, Not(HasSubstr(secret)));
}

// Answers
// --------------------------------------------------------------------------------------------

TEST(NanitAnswers, NullsEverywhereAreNoHarm) {
    const auto babies = parse_babies(R"({"babies":[
        {"uid":"a1b2c3d4","name":"<b>Ro</b>bin\u0007","camera_uid":"N301EMU0000001",
         "camera":{"connected":true,"last_seen":1767225600.5,"network":{"freq":5240,"level":-58.5}},
         "speaker":{"speaker":{"uid":"L151EMU0000001"}}},
        {"uid":"0f0e0d0c","name":null,"camera_uid":null,"camera":null,"speaker":{"speaker":null}},
        {"uid":"../../x"}, {"uid":null}, 7, {"uid":"a1b2c3d4"}]})")
                            .value();
    ASSERT_EQ(babies.size(), 2U);
    EXPECT_EQ(babies[0].name, "Robin");
    EXPECT_EQ(babies[0].camera_uid, "N301EMU0000001");
    EXPECT_EQ(babies[0].is_connected, true);
    EXPECT_EQ(babies[0].speaker_uid, "L151EMU0000001");
    EXPECT_EQ(babies[1].name, "Baby 0f0e0d0c");
    EXPECT_EQ(babies[1].camera_uid, "");
    for (const std::string_view broken : {"", "[]", "<html>", R"({"babies":null})", "{"})
        EXPECT_EQ(parse_babies(broken).error().reason(), "vendor-down") << broken;
    const std::string deep = R"({"babies":)" + std::string(100'000, '[');
    EXPECT_FALSE(parse_babies(deep));
}

TEST(NanitAnswers, MessagesAreOrderedAndCarryNoSecrets) {
    const auto messages = parse_messages(R"({"messages":[
        {"id":9,"type":"sound","time":1767225590,"data":{"event":{"uid":"ev5"}}},
        {"id":8,"type":"TEMPERATURE","time":1767221000.25,"data":{"value":18.6,
         "token":"t","url":"https://x/y?sig=s"}},
        {"id":7,"type":"MOTION","time":1e300},{"id":"6","type":"MOTION","time":1},
        {"id":5,"type":null,"time":1}]})")
                              .value();
    ASSERT_EQ(messages.size(), 2U);
    EXPECT_EQ(messages[0].id, 8);
    EXPECT_EQ(messages[0].value, 18.6);
    EXPECT_THAT(messages[0].raw, Not(HasSubstr("sig=s")));
    EXPECT_THAT(messages[0].raw, HasSubstr("\"token\":\"***\""));
    EXPECT_EQ(messages[1].type, "SOUND");
    EXPECT_EQ(messages[1].event_uid, "ev5");
}

TEST(NanitAnswers, BothShapesOfAlertSettingsAndOfTheCamerasToken) {
    const AlertSettings expected{{"MOTION", false}, {"SOUND", true}};
    EXPECT_EQ(parse_alert_settings(R"({"settings":{"SOUND":true,"MOTION":false,"X":1}})").value(),
              expected);
    EXPECT_EQ(parse_alert_settings(R"({"notification_settings":[{"key":"SOUND","enabled":true},
                                       {"key":"MOTION","enabled":false},{}]})")
                  .value(),
              expected);
    for (const std::string_view shape :
         {R"({"uc_token":"T"})", R"({"token":"T"})", R"({"user_camera_token":{"token":"T"}})"})
        EXPECT_EQ(parse_uc_token(shape).value().reveal(), "T") << shape;
    EXPECT_FALSE(parse_uc_token(R"({"uc_token":null})"));
}

TEST(NanitToken, LivesAsLongAsItSaysWhereThatMakesSense) {
    const base::WallTime now = fakes::Clock::kBegin;
    EXPECT_EQ(expiry_of(Secret(jwt(now + 3h, 1)), now), now + 3h);
    EXPECT_EQ(expiry_of(Secret(jwt(now + 60s, 1)), now), now + 3600s);  // at the skew
    EXPECT_EQ(expiry_of(Secret(jwt(now + 61s, 1)), now), now + 61s);
    EXPECT_EQ(expiry_of(Secret(jwt(now + 24h * 8, 1)), now), now + 3600s);
    EXPECT_EQ(expiry_of(Secret("0123456789abcdef"), now, 600s), now + 600s);
    EXPECT_EQ(expiry_of(Secret("a.b.c"), now), now + 3600s);
}

}  // namespace
}  // namespace casement::drivers::nanit
