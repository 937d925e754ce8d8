#include "net/http_auth.hpp"

#include <gtest/gtest.h>

namespace casement::net {
namespace {

TEST(BasicAuth, ReadsTheExampleOfRfc7617) {
    const auto credentials = parse_basic("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    ASSERT_TRUE(credentials);
    EXPECT_EQ(credentials->user, "Aladdin");
    EXPECT_EQ(credentials->password.reveal(), "open sesame");
    EXPECT_EQ(basic_authorization(*credentials), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

TEST(BasicAuth, KeepsColonsOfThePassword) {
    const auto credentials = parse_basic("basic " + base64("u:a:b"));
    ASSERT_TRUE(credentials);
    EXPECT_EQ(credentials->password.reveal(), "a:b");
}

TEST(BasicAuth, RefusesWhatIsNotOne) {
    EXPECT_FALSE(parse_basic("Bearer abc"));
    EXPECT_FALSE(parse_basic("Basic !!!"));
    EXPECT_FALSE(parse_basic("Basic " + base64("nocolon")));
    EXPECT_FALSE(parse_basic(""));
}

// RFC 7616 §3.9.1
constexpr std::string_view kNonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
constexpr std::string_view kOpaque = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS";
Headers rfc_challenges() {
    const auto field = [](std::string_view algorithm) {
        return fmt::format(
            "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={}, "
            "nonce=\"{}\", opaque=\"{}\"",
            algorithm, kNonce, kOpaque);
    };
    return {{"WWW-Authenticate", field("MD5")}, {"WWW-Authenticate", field("SHA-256")}};
}

TEST(DigestAuth, PrefersTheStrongerOfTwoChallenges) {
    const auto challenge = best_digest(rfc_challenges());
    ASSERT_TRUE(challenge);
    EXPECT_EQ(challenge->algorithm, "SHA-256");
    EXPECT_EQ(challenge->realm, "http-auth@example.org");
    EXPECT_TRUE(challenge->qop_auth);
}

TEST(DigestAuth, GivesTheResponsesOfRfc7616) {
    const Credentials mufasa{"Mufasa", base::Secret("Circle of Life")};
    auto challenge = best_digest(rfc_challenges());
    ASSERT_TRUE(challenge);
    constexpr std::string_view kCnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    EXPECT_NE(
        digest_authorization(mufasa, *challenge, "GET", "/dir/index.html", 1, kCnonce)
            .find("response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\""),
        std::string::npos);
    challenge->algorithm = "MD5";
    EXPECT_NE(digest_authorization(mufasa, *challenge, "GET", "/dir/index.html", 1, kCnonce)
                  .find("response=\"8ca523f5e9506fed4657c9700eebdbec\""),
              std::string::npos);
}

TEST(DigestAuth, AnswersOldServersWithoutQop) {
    // RFC 2069's corrected example.
    const auto challenge = best_digest(
        {{"WWW-Authenticate",
          "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\""}});
    ASSERT_TRUE(challenge);
    EXPECT_FALSE(challenge->qop_auth);
    const std::string field = digest_authorization({"Mufasa", base::Secret("CircleOfLife")},
                                                   *challenge, "GET", "/dir/index.html", 1, "x");
    EXPECT_NE(field.find("response=\"1949323746fe6a43ef61f9606e7febea\""), std::string::npos);
    EXPECT_EQ(field.find("qop"), std::string::npos);
}

TEST(DigestAuth, SkipsWhatItCannotAnswer) {
    EXPECT_FALSE(best_digest({{"WWW-Authenticate", "Basic realm=\"x\""}}));
    EXPECT_FALSE(best_digest(
        {{"WWW-Authenticate", "Digest realm=\"x\", nonce=\"n\", algorithm=SHA-512-256"}}));
    EXPECT_FALSE(best_digest({{"WWW-Authenticate", "Digest realm=\"x\""}}));
}

TEST(DigestAuth, SurvivesEveryTruncationOfAChallenge) {
    const std::string whole =
        "Digest realm=\"a\\\"b\", qop=\"auth\", nonce=\"n\", stale=TRUE, algorithm=MD5";
    for (std::size_t n = 0; n <= whole.size(); ++n)
        (void)best_digest({{"WWW-Authenticate", whole.substr(0, n)}});
    const auto challenge = best_digest({{"WWW-Authenticate", whole}});
    ASSERT_TRUE(challenge);
    EXPECT_EQ(challenge->realm, "a\"b");
    EXPECT_TRUE(challenge->stale);
}

}  // namespace
}  // namespace casement::net
