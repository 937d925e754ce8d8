#include "emulators/nanit/accounts.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/clock.hpp"

namespace casement::emulators::nanit {
namespace {

using namespace std::chrono_literals;

class AccountsTest : public testing::Test {
protected:
    AccountsTest() {
        accounts_.add({"plain@example.org", base::Secret("secret one"), Mfa::None});
        accounts_.add({"sms@example.org", base::Secret("secret two"), Mfa::Sms});
    }
    Accounts::LoginAnswer log_in(const std::string& email, const std::string& password,
                                 const std::string& token = {}, const std::string& code = {}) {
        return accounts_.log_in({email, base::Secret(password), {}, base::Secret(token), code});
    }
    Accounts::Tokens tokens() {
        return std::get<Accounts::Tokens>(log_in("plain@example.org", "secret one"));
    }

    fakes::Clock clock_;
    Accounts accounts_{clock_};
};

TEST_F(AccountsTest, WantThePassword) {
    EXPECT_TRUE(std::holds_alternative<Accounts::Refused>(log_in("plain@example.org", "no")));
    EXPECT_TRUE(std::holds_alternative<Accounts::Refused>(log_in("nobody@example.org", "no")));
    EXPECT_EQ(tokens().refresh.reveal().size(), 48u);
    EXPECT_EQ(accounts_.counters().refused_logins, 2u);
    EXPECT_EQ(accounts_.counters().logins, 1u);
}

TEST_F(AccountsTest, WantTheCodeWithItsZero) {
    const auto asked = std::get<Accounts::Challenge>(log_in("sms@example.org", "secret two"));
    const std::string token = asked.token.reveal();
    EXPECT_EQ(asked.channel, "sms");
    const auto is_refused = [&](const std::string& given, const std::string& code) {
        return std::holds_alternative<Accounts::Refused>(
            log_in("sms@example.org", "secret two", given, code));
    };
    EXPECT_TRUE(is_refused(token, "417"));
    EXPECT_TRUE(is_refused("mfa-other", "0417"));
    EXPECT_FALSE(is_refused(token, "0417"));
    EXPECT_TRUE(is_refused(token, "0417"));  // a challenge is answered once
}

TEST_F(AccountsTest, SendAMessageForEachLoginWithoutCodeAndVoidTheOneBefore) {
    const auto first = std::get<Accounts::Challenge>(log_in("sms@example.org", "secret two"));
    const auto second = std::get<Accounts::Challenge>(log_in("sms@example.org", "secret two"));
    EXPECT_EQ(accounts_.counters().messages_sent, 2u);
    EXPECT_FALSE(accounts_.resend(first.token.reveal()));
    EXPECT_TRUE(accounts_.resend(second.token.reveal()));
    EXPECT_EQ(accounts_.counters().messages_sent, 3u);
    EXPECT_TRUE(std::holds_alternative<Accounts::Refused>(
        log_in("sms@example.org", "secret two", first.token.reveal(), "0417")));
}

TEST_F(AccountsTest, RotateRefreshTokensAndCountSecondUses) {
    const auto first = tokens();
    const auto second = accounts_.refresh(first.refresh.reveal());
    ASSERT_TRUE(second);
    EXPECT_FALSE(accounts_.refresh(first.refresh.reveal()));
    EXPECT_FALSE(accounts_.refresh("0123"));
    EXPECT_TRUE(accounts_.refresh(second->refresh.reveal()));
    EXPECT_EQ(accounts_.counters().used_twice, 1u);
    EXPECT_EQ(accounts_.counters().unknown_refreshes, 1u);
    EXPECT_EQ(accounts_.counters().refreshes, 2u);
}

TEST_F(AccountsTest, EndAccessTokensToTheSecond) {
    accounts_.set_access_ttl(60s);
    const std::string token = tokens().access.reveal();
    EXPECT_EQ(accounts_.end_of(token), fakes::Clock::kBegin + 60s);
    clock_.advance(59s);
    EXPECT_TRUE(accounts_.end_of(token));
    clock_.advance(1s);
    EXPECT_FALSE(accounts_.end_of(token));
}

TEST_F(AccountsTest, RefuseWhatTheyDidNotSign) {
    const std::string token = tokens().access.reveal();
    EXPECT_FALSE(accounts_.end_of(""));
    EXPECT_FALSE(accounts_.end_of("a.b.c"));
    EXPECT_FALSE(accounts_.end_of(token + "A"));
    Accounts others(clock_);
    EXPECT_FALSE(others.end_of(token));
    accounts_.revoke_all();
    EXPECT_FALSE(accounts_.end_of(token));
}

TEST_F(AccountsTest, GiveTokensForOneCameraThatOpenNothingElse) {
    const std::string token = accounts_.make_camera_token("N301EMU0000001").reveal();
    EXPECT_TRUE(accounts_.opens_camera(token, "N301EMU0000001"));
    EXPECT_FALSE(accounts_.opens_camera(token, "N301EMU0000002"));
    EXPECT_FALSE(accounts_.end_of(token));
    EXPECT_TRUE(accounts_.opens_camera(tokens().access.reveal(), "N301EMU0000002"));
    clock_.advance(4h);
    EXPECT_TRUE(accounts_.opens_camera(token, "N301EMU0000001"));
}

}  // namespace
}  // namespace casement::emulators::nanit
