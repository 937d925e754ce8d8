#include "api/auth_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/auth_table.hpp"
#include "api/throttle.hpp"
#include "net/http_auth.hpp"
#include "store/files.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/fakes/test_data.hpp"
#include "tests/unit/net/loop.hpp"

namespace casement::api {
namespace {

using base::ErrorKind;
using base::Secret;
using namespace std::chrono_literals;

class AuthStoreTest : public testing::Test {
protected:
    AuthStoreTest() { open(); }

    void open() {
        auth_.reset();
        auth_ = std::move(*AuthStore::open(*store_, *sealed_, clock_, hashing_));
        auth_->on_new_code([this](const std::string& code) { codes_.push_back(code); });
    }
    Result<Session> claim(std::string code, std::string name = "ana",
                          std::string password = "a long sentence") {
        return loop_.run([&]() -> Task<Result<Session>> {
            co_return co_await auth_->claim(code, name, password, "192.0.2.1");
        });
    }
    Result<Session> sign_in(std::string name, std::string password,
                            std::string remote = "192.0.2.1") {
        return loop_.run([&]() -> Task<Result<Session>> {
            co_return co_await auth_->sign_in(name, password, remote);
        });
    }
    Result<AuthStore::NewToken> create_token(std::string name) {
        return loop_.run([&]() -> Task<Result<AuthStore::NewToken>> {
            co_return co_await auth_->create_token(name);
        });
    }
    Result<std::string> check(std::string user, std::string password,
                              std::string remote = "192.0.2.1") {
        return loop_.run([&]() -> Task<Result<std::string>> {
            co_return co_await auth_->check_password(user, Secret(password), remote);
        });
    }

    net::tests::Loop loop_;
    fakes::Clock clock_;
    fakes::TempDirectory directory_;
    std::unique_ptr<store::Store> store_ = std::move(*store::Store::open(":memory:"));
    std::unique_ptr<store::SealedStore> sealed_ =
        std::move(*store::SealedStore::open(directory_.path()));
    async::BlockingPool hashing_{"hashing", 1};
    std::vector<std::string> codes_;
    std::unique_ptr<AuthStore> auth_;
};

TEST_F(AuthStoreTest, IsClaimedOnceWithTheCode) {
    EXPECT_FALSE(auth_->is_claimed());
    const std::string code = auth_->claim_code();
    ASSERT_THAT(code, testing::MatchesRegex("[A-Z0-9]{4}-[A-Z0-9]{4}"));
    std::string typed = code;
    for (char& c : typed) c = static_cast<char>(std::tolower(c));
    std::erase(typed, '-');
    const auto session = claim(" " + typed);
    ASSERT_TRUE(session) << session.error().message();
    EXPECT_EQ(session->user, "ana");
    EXPECT_EQ(session->cookie.size(), 64U);
    EXPECT_TRUE(auth_->is_claimed());
    EXPECT_EQ(auth_->claim_code(), "");
    EXPECT_EQ(auth_->session(session->cookie)->user, "ana");
    EXPECT_EQ(claim(code).error().reason(), "claimed");
    open();
    EXPECT_TRUE(auth_->is_claimed());
    EXPECT_EQ(auth_->session(session->cookie)->csrf, session->csrf);
}

TEST_F(AuthStoreTest, ChangesTheCodeAfterFiveWrongGuesses) {
    const std::string first = auth_->claim_code();
    for (int i = 0; i < 5; ++i) EXPECT_EQ(claim("AAAA-AAAA").error().reason(), "wrong-code");
    ASSERT_EQ(codes_.size(), 1U);
    EXPECT_NE(codes_[0], first);
    EXPECT_EQ(auth_->claim_code(), codes_[0]);
    EXPECT_EQ(claim(codes_[0]).error().reason(), "too-many-tries");  // and this address has to wait
    clock_.advance(2s);
    EXPECT_EQ(claim(first).error().reason(), "wrong-code");
    clock_.advance(1min);
    EXPECT_TRUE(claim(codes_[0]));
}

TEST_F(AuthStoreTest, WantsAUsableNameAndAPasswordOfTenCharacters) {
    const std::string code = auth_->claim_code();
    EXPECT_EQ(claim(code, "ana", "123456789").error().reason(), "weak-password");
    EXPECT_EQ(claim(code, "ana", "\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F").error().reason(),
              "weak-password");  // eight bytes, four characters
    EXPECT_EQ(claim(code, "ana", std::string(1025, 'x')).error().reason(), "weak-password");
    for (const char* name : {"", " ana", "a:b", "a\nb", "a\"b"})
        EXPECT_TRUE(claim(code, name).error().is(ErrorKind::InvalidArgument)) << name;
    EXPECT_TRUE(claim(code, "ana", "1234567890"));
}

TEST_F(AuthStoreTest, SignsInAndOut) {
    ASSERT_TRUE(claim(auth_->claim_code()));
    EXPECT_EQ(sign_in("ana", "a wrong sentence").error().reason(), "wrong-password");
    EXPECT_EQ(sign_in("bob", "a long sentence").error().reason(), "wrong-password");
    const auto session = sign_in("ana", "a long sentence");
    ASSERT_TRUE(session);
    EXPECT_NE(session->csrf, "");
    EXPECT_TRUE(
        loop_.run([&]() -> Task<Result<>> { co_return co_await auth_->sign_out(session->id); }));
    EXPECT_FALSE(auth_->session(session->cookie));
    open();
    EXPECT_FALSE(auth_->session(session->cookie));
}

TEST_F(AuthStoreTest, MakesGuessersWait) {
    ASSERT_TRUE(claim(auth_->claim_code()));
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(sign_in("ana", "wrong wrong wrong").error().reason(), "wrong-password");
    EXPECT_TRUE(auth_->is_blocked("192.0.2.1"));
    EXPECT_EQ(auth_->retry_after("192.0.2.1"), 1s);
    EXPECT_EQ(sign_in("ana", "a long sentence").error().reason(), "too-many-tries");
    EXPECT_TRUE(sign_in("ana", "a long sentence", "192.0.2.2"));  // nobody else has to
    clock_.advance(2s);
    EXPECT_TRUE(sign_in("ana", "a long sentence"));
    EXPECT_FALSE(auth_->is_blocked("192.0.2.1"));
}

TEST_F(AuthStoreTest, EndsSessionsThirtyDaysAfterTheirLastUse) {
    const auto session = claim(auth_->claim_code());
    for (int i = 0; i < 3; ++i) {
        clock_.advance(std::chrono::days(29));
        EXPECT_TRUE(auth_->session(session->cookie));
    }
    clock_.advance(std::chrono::days(31));
    EXPECT_FALSE(auth_->session(session->cookie));
    EXPECT_FALSE(auth_->session("nonsense"));
    EXPECT_FALSE(auth_->session(""));
}

TEST_F(AuthStoreTest, MakesTokensThatOpenEveryDoor) {
    const auto made = create_token("frigate");
    ASSERT_TRUE(made);
    const std::string value = made->value.reveal();
    EXPECT_THAT(value, testing::MatchesRegex("ct_[A-Za-z0-9_-]{43}"));
    EXPECT_EQ(auth_->token_name(value), "frigate");
    EXPECT_EQ(check("whoever", value).value(), "frigate");
    EXPECT_EQ(auth_->digest_ha1("frigate", "Casement", "MD5"),
              net::md5_hex("frigate:Casement:" + value));
    EXPECT_EQ(auth_->digest_ha1("frigate", "Casement", "SHA-256"),
              net::sha256_hex("frigate:Casement:" + value));
    EXPECT_FALSE(auth_->digest_ha1("frigate", "elsewhere", "MD5"));
    EXPECT_FALSE(auth_->digest_ha1("ana", "Casement", "MD5"));
    open();  // after a restart too
    EXPECT_EQ(auth_->token_name(value), "frigate");
    EXPECT_EQ(auth_->digest_ha1("frigate", "Casement", "MD5"),
              net::md5_hex("frigate:Casement:" + value));
    ASSERT_EQ(auth_->tokens().size(), 1U);

    EXPECT_TRUE(create_token("frigate").error().is(ErrorKind::InvalidArgument));
    EXPECT_TRUE(loop_.run(
        [&]() -> Task<Result<>> { co_return co_await auth_->revoke_token(made->token.id); }));
    EXPECT_FALSE(auth_->token_name(value));
    EXPECT_FALSE(auth_->digest_ha1("frigate", "Casement", "MD5"));
    EXPECT_TRUE(sealed_->names().empty());
    EXPECT_FALSE(loop_.run(
        [&]() -> Task<Result<>> { co_return co_await auth_->revoke_token(made->token.id); }));
}

TEST_F(AuthStoreTest, KeepsNoSecretInTheDatabase) {
    const auto session = claim(auth_->claim_code());
    const auto made = create_token("frigate");
    const auto all = store_->run_now([](store::Database& db) -> std::string {
        std::string out;
        for (const char* sql : {"SELECT id || user || csrf FROM api_sessions",
                                "SELECT id || name || hash FROM api_tokens",
                                "SELECT name || password_hash FROM api_users"}) {
            for (const auto& row :
                 *db.all(sql, [](const store::Row& r) { return r.get<std::string>(0); }))
                out += row;
        }
        return out;
    });
    EXPECT_THAT(all, testing::HasSubstr("$argon2id$"));
    EXPECT_THAT(all, testing::Not(testing::HasSubstr(session->cookie)));
    EXPECT_THAT(all, testing::Not(testing::HasSubstr(made->value.reveal())));
    EXPECT_THAT(all, testing::Not(testing::HasSubstr("a long sentence")));
}

TEST_F(AuthStoreTest, TakesTokensOfTheConfiguration) {
    auth_->add_static_token("ci", Secret("from the file"));
    EXPECT_EQ(auth_->token_name("from the file"), "ci");
    EXPECT_EQ(auth_->digest_ha1("ci", "any realm", "MD5"),
              net::md5_hex("ci:any realm:from the file"));
    EXPECT_TRUE(auth_->tokens().empty());
    auth_->clear_static_tokens();
    EXPECT_FALSE(auth_->token_name("from the file"));
    EXPECT_FALSE(auth_->token_name(""));
}

TEST_F(AuthStoreTest, ChecksPasswordsOfOtherListenersAndRemembersGoodOnes) {
    ASSERT_TRUE(claim(auth_->claim_code()));
    EXPECT_EQ(check("ana", "a long sentence").value(), "ana");
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(check("ana", "a long sentence"));
    EXPECT_LT(std::chrono::steady_clock::now() - began,
              1s);  // a hundred times Argon2 would take ten
    ASSERT_TRUE(auth_->set_password_now("ana", Secret("another sentence")));
    EXPECT_FALSE(check("ana", "a long sentence"));
    EXPECT_TRUE(check("ana", "another sentence"));
}

TEST_F(AuthStoreTest, LetsTokensInWhileTheirAddressWaits) {
    const auto made = create_token("frigate");
    for (int i = 0; i < 6; ++i) auth_->count_failure("192.0.2.1");
    EXPECT_EQ(check("x", "guess").error().reason(), "too-many-tries");
    EXPECT_TRUE(check("x", made->value.reveal()));
}

TEST_F(AuthStoreTest, EndsSessionsWithAPasswordChange) {
    const auto session = claim(auth_->claim_code());
    ASSERT_TRUE(auth_->set_password_now("ana", Secret("another sentence")));
    EXPECT_FALSE(auth_->session(session->cookie));
    open();
    EXPECT_FALSE(auth_->session(session->cookie));
    EXPECT_EQ(auth_->set_password_now("ana", Secret("short")).error().reason(), "weak-password");
}

TEST(AuthTable, IsWhatItsPageSays) {
    const auto db = std::move(*store::Database::open(":memory:"));
    ASSERT_TRUE(store::migrate(*db, table::kSchema));
    const std::string documented =
        store::read_file(fakes::test_data() + "/../../docs/ref/schema/api.sql", 1 << 20).value();
    EXPECT_THAT(documented, testing::HasSubstr(store::describe(*db).value()));
}

TEST(Throttle, DoublesTheWaitUpToItsCap) {
    Throttle throttle;
    base::SteadyTime now{1h};
    for (int i = 0; i < Throttle::kFree - 1; ++i) throttle.fail("a", now);
    EXPECT_EQ(throttle.wait("a", now), 0s);
    throttle.fail("a", now);
    EXPECT_EQ(throttle.wait("a", now), 1s);
    throttle.fail("a", now);
    EXPECT_EQ(throttle.wait("a", now), 2s);
    for (int i = 0; i < 40; ++i) throttle.fail("a", now);
    EXPECT_EQ(throttle.wait("a", now), 300s);
    EXPECT_EQ(throttle.wait("b", now), 0s);
    now += 31min;
    throttle.fail("a", now);  // forgotten: begins again
    EXPECT_EQ(throttle.wait("a", now), 0s);
}

TEST(Throttle, CountsAnIpv6NetworkAsOneAddressAndStaysSmall) {
    Throttle throttle;
    const base::SteadyTime now{1h};
    for (int i = 0; i < 5; ++i) throttle.fail(fmt::format("2001:db8:1:2:{}::1", i), now);
    EXPECT_GT(throttle.wait("2001:db8:1:2:ffff::9", now), 0s);
    EXPECT_EQ(throttle.wait("2001:db8:1:3::1", now), 0s);
    for (std::size_t i = 0; i < Throttle::kMaxAddresses + 10; ++i)
        throttle.fail(fmt::format("10.{}.{}.{}", i >> 16, i >> 8 & 255, i & 255), now + 1s);
    EXPECT_EQ(throttle.wait("2001:db8:1:2::1", now), 0s);  // the oldest was pushed out
}

}  // namespace
}  // namespace casement::api
