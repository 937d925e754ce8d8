#include "protocols/rtsp/auth.hpp"

#include <gtest/gtest.h>

namespace casement::protocols::rtsp::auth {
namespace {

using Scheme = Challenge::Scheme;

Client client(std::string user = "ana", std::string password = "secret") {
    return Client(std::move(user), base::Secret(std::move(password)));
}

TEST(RtspAuth, AgreesWithTheExamplesOfTheDigestRfc) {
    // RFC 7616 §3.9.1, whose method is GET.
    for (const auto& [algorithm, response] :
         {std::pair{Algorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec"},
          std::pair{Algorithm::Sha256,
                    "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"}}) {
        Client mufasa = client("Mufasa", "Circle of Life");
        mufasa.set_cnonce("f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ");
        const std::string header =
            "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=" +
            std::string(to_string(algorithm)) +
            ", nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
            "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
        ASSERT_TRUE(mufasa.accept(parse_challenges({header})));
        const auto authorization = mufasa.authorize("GET", "/dir/index.html");
        ASSERT_TRUE(authorization);
        EXPECT_NE(authorization->find(std::string("response=\"") + response + "\""),
                  std::string::npos)
            << *authorization;
        EXPECT_NE(authorization->find("nc=00000001"), std::string::npos);
        const auto credentials = parse_credentials(*authorization, "GET");
        ASSERT_TRUE(credentials);
        EXPECT_TRUE(credentials->proves_password("Circle of Life"));
        EXPECT_FALSE(credentials->proves_password("Circle of Strife"));
    }
}

TEST(RtspAuth, DoesWithoutQopWhatOldCamerasExpect) {
    // RFC 2069 §2.4 as corrected by its erratum.
    Client mufasa = client("Mufasa", "CircleOfLife");
    ASSERT_TRUE(mufasa.accept(parse_challenges(
        {"Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
         "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\""})));
    const auto authorization = mufasa.authorize("GET", "/dir/index.html");
    EXPECT_NE(authorization->find("response=\"1949323746fe6a43ef61f9606e7febea\""),
              std::string::npos)
        << *authorization;
    EXPECT_EQ(authorization->find("qop"), std::string::npos);
}

TEST(RtspAuth, ReadsSeveralChallengesInOneOrSeveralHeaders) {
    const auto one =
        parse_challenges({"Basic realm=\"cam, \\\"1\\\"\", Digest realm=\"cam\", nonce=\"n\", "
                          "stale=TRUE, Bearer x"});
    ASSERT_EQ(one.size(), 2u);
    EXPECT_EQ(one[0].realm, "cam, \"1\"");
    EXPECT_TRUE(one[1].stale);
    EXPECT_EQ(parse_challenges({"Digest realm=a, nonce=b", "Basic realm=c"}).size(), 2u);
}

TEST(RtspAuth, LeavesOutChallengesItCannotAnswer) {
    EXPECT_TRUE(
        parse_challenges({"Digest realm=\"a\", nonce=\"b\", algorithm=SHA-512-256"}).empty());
    EXPECT_TRUE(parse_challenges({"Digest realm=\"a\", nonce=\"b\", qop=\"auth-int\""}).empty());
    EXPECT_TRUE(parse_challenges({"Digest realm=\"a\""}).empty());
    EXPECT_TRUE(parse_challenges({"Negotiate"}).empty());
    EXPECT_TRUE(parse_challenges({""}).empty());
    EXPECT_EQ(parse_challenges({std::string(100, ',') + "Basic realm=\"unclosed"}).size(), 1u);
}

TEST(RtspAuth, PrefersTheStrongestChallenge) {
    Client c = client();
    ASSERT_TRUE(
        c.accept(parse_challenges({"Basic realm=r", "Digest realm=r, nonce=n, algorithm=MD5",
                                   "Digest realm=r, nonce=n, algorithm=SHA-256"})));
    EXPECT_NE(c.authorize("PLAY", "u")->find("SHA-256"), std::string::npos);
}

TEST(RtspAuth, TakesARepeatedChallengeAsRefusalAndAStaleOneNot) {
    Client c = client();
    EXPECT_FALSE(c.authorize("DESCRIBE", "u"));
    EXPECT_TRUE(c.accept(parse_challenges({"Digest realm=r, nonce=n"})));
    (void)c.authorize("DESCRIBE", "u");
    EXPECT_FALSE(c.accept(parse_challenges({"Digest realm=r, nonce=n"})));
    (void)c.authorize("DESCRIBE", "u");
    EXPECT_TRUE(c.accept(parse_challenges({"Digest realm=r, nonce=m, stale=true"})));
    EXPECT_FALSE(client("", "").accept(parse_challenges({"Basic realm=r"})));
    EXPECT_FALSE(client().accept({}));
}

TEST(RtspAuth, CountsItsUsesOfANonce) {
    Client c = client();
    ASSERT_TRUE(c.accept(parse_challenges({"Digest realm=r, nonce=n, qop=auth"})));
    EXPECT_NE(c.authorize("SETUP", "u")->find("nc=00000001"), std::string::npos);
    EXPECT_NE(c.authorize("PLAY", "u")->find("nc=00000002"), std::string::npos);
}

TEST(RtspAuth, LetsNoSecretOutOfItsHeaderLine) {
    Client c = client("a\"b\r\nX: y", "p");
    ASSERT_TRUE(c.accept(parse_challenges({"Digest realm=r, nonce=n"})));
    const std::string header = *c.authorize("PLAY", "u");
    EXPECT_EQ(header.find('\n'), std::string::npos);
    EXPECT_NE(header.find("username=\"a\\\"bX: y\""), std::string::npos);
}

class RtspAuthServer : public ::testing::Test {
protected:
    std::string sign(Client& c, std::string_view method, std::string_view signed_uri,
                     bool stale = false) {
        const auto values = server.challenges(stale);
        EXPECT_TRUE(c.accept(parse_challenges({values.begin(), values.end()})));
        return *c.authorize(method, signed_uri);
    }
    Server server{ServerPolicy{}};
    const std::string uri = "rtsp://hub:8554/porch";
};

TEST_F(RtspAuthServer, LetsItsOwnClientIn) {
    Client c = client();
    const auto outcome = server.check("DESCRIBE", uri, sign(c, "DESCRIBE", uri));
    ASSERT_EQ(outcome.check, Server::Check::Plausible);
    EXPECT_TRUE(
        outcome.credentials->proves_ha1(ha1(Algorithm::Sha256, "ana", "Casement", "secret")));
    EXPECT_FALSE(
        outcome.credentials->proves_ha1(ha1(Algorithm::Sha256, "ana", "Casement", "wrong")));
    EXPECT_FALSE(outcome.credentials->proves_ha1(""));
}

TEST_F(RtspAuthServer, TakesTheAggregateUrlAndRefusesAnother) {
    Client c = client();
    std::string header = sign(c, "SETUP", uri);
    EXPECT_EQ(server.check("SETUP", uri + "/trackID=0", header).check, Server::Check::Plausible);
    header = *c.authorize("SETUP", "rtsp://hub:8554/nursery");
    EXPECT_EQ(server.check("SETUP", uri + "/trackID=0", header).check, Server::Check::Missing);
    header = *c.authorize("SETUP", "rtsp://hub:8554/por");
    EXPECT_EQ(server.check("SETUP", uri, header).check, Server::Check::Missing);
}

TEST_F(RtspAuthServer, RefusesAReplay) {
    Client c = client();
    const std::string header = sign(c, "DESCRIBE", uri);
    EXPECT_EQ(server.check("DESCRIBE", uri, header).check, Server::Check::Plausible);
    EXPECT_EQ(server.check("DESCRIBE", uri, header).check, Server::Check::Stale);
}

TEST_F(RtspAuthServer, CallsAForeignNonceStaleAndMakesANewOne) {
    Client c = client();
    ASSERT_TRUE(c.accept(parse_challenges({"Digest realm=Casement, nonce=elsewhere"})));
    EXPECT_EQ(server.check("DESCRIBE", uri, c.authorize("DESCRIBE", uri)).check,
              Server::Check::Stale);
    const auto before = server.challenges(false), after = server.challenges(true);
    EXPECT_NE(before[0], after[0]);
    EXPECT_NE(after[0].find("stale=true"), std::string::npos);
    EXPECT_EQ(server.check("DESCRIBE", uri, sign(c, "DESCRIBE", uri)).check,
              Server::Check::Plausible);
}

TEST_F(RtspAuthServer, MissesWhatItCannotUse) {
    EXPECT_EQ(server.check("PLAY", uri, std::nullopt).check, Server::Check::Missing);
    for (const char* header :
         {"", "Digest", "Digest username=\"a\"", "Basic !!!", "Basic bm9jb2xvbg==", "Bearer abc",
          "Digest username=a, realm=Casement, nonce=b, uri=c, response=d, qop=auth-int"}) {
        EXPECT_EQ(server.check("PLAY", uri, header).check, Server::Check::Missing) << header;
    }
}

TEST_F(RtspAuthServer, TakesBasicUnlessItIsSwitchedOff) {
    Client c = client();
    ASSERT_TRUE(c.accept(parse_challenges({"Basic realm=Casement"})));
    const auto header = c.authorize("PLAY", uri);
    EXPECT_EQ(*header, "Basic YW5hOnNlY3JldA==");
    const auto outcome = server.check("PLAY", uri, header);
    ASSERT_EQ(outcome.check, Server::Check::Plausible);
    EXPECT_TRUE(outcome.credentials->proves_password("secret"));
    EXPECT_FALSE(outcome.credentials->proves_password("Secret"));
    ServerPolicy strict;
    strict.basic = false;
    Server other(strict);
    EXPECT_EQ(other.check("PLAY", uri, header).check, Server::Check::Missing);
    EXPECT_EQ(other.challenges(false).size(), 2u);
}

TEST(RtspAuth, SurvivesTruncationOfItsHeadersAtEveryByte) {
    const std::string header =
        "Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"0123\", qop=auth, "
        "nc=00000001, cnonce=\"c\\\"\"";
    ASSERT_TRUE(parse_credentials(header, "PLAY"));
    for (std::size_t n = 0; n < header.size(); ++n) {
        const std::string part = header.substr(0, n);
        (void)parse_credentials(part, "PLAY");
        (void)parse_challenges({part});
    }
}

}  // namespace
}  // namespace casement::protocols::rtsp::auth
