#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config/load.hpp"
#include "base/log.hpp"
#include "tests/unit/app/config/environment.hpp"

namespace casement::app::config {
namespace {

using testing::HasSubstr;
using testing::Not;

Loaded read(std::string_view text, std::map<std::string, std::string> variables = {},
            std::map<std::string, std::string> files = {}) {
    return parse(text, "c", environment_of(std::move(variables), std::move(files)));
}
const base::Url& url_of(const Loaded& loaded, std::string_view camera) {
    return std::get<PullSource>(loaded.config.camera(camera)->source).url;
}

TEST(ConfigSecrets, APasswordInAUrlIsAnErrorThatSaysWhatToDo) {
    const Loaded loaded = read("cameras: {porch: {source: \"rtsp://user:hunter2@10.0.0.9/s\"}}");
    EXPECT_FALSE(loaded.is_usable());
    const std::string text = text_of(loaded.problems);
    EXPECT_THAT(text, HasSubstr("c:1:27: cameras.porch.source holds a password"));
    EXPECT_THAT(text, HasSubstr("write ${NAME} or ${file:/run/secrets/name} in its place"));
    EXPECT_THAT(text, Not(HasSubstr("hunter2")));
}

TEST(ConfigSecrets, APartOfAPasswordIsAPasswordToo) {
    EXPECT_FALSE(
        read("cameras: {a: {source: \"rtsp://u:hunter${N}@h/s\"}}", {{"N", "2"}}).is_usable());
    EXPECT_FALSE(read("cameras: {a: {source: \"rtsp://u:${N:-hunter2}@h/s\"}}").is_usable());
    EXPECT_FALSE(read("cameras: {a: {source: \"${N:-rtsp://u:hunter2@h/s}\"}}").is_usable());
}

TEST(ConfigSecrets, AUserWithoutPasswordIsFine) {
    EXPECT_EQ(url_of(read("cameras: {a: {source: \"rtsp://viewer@h/s\"}}"), "a").user, "viewer");
    EXPECT_EQ(url_of(read("cameras: {a: {source: \"rtsp://viewer:@h/s\"}}"), "a").user, "viewer");
}

TEST(ConfigSecrets, AReferenceAmongCredentialsMayHoldAnyCharacter) {
    const std::string awkward = "p@s/s:w?r#d %41";
    const Loaded loaded =
        read("cameras: {a: {source: \"rtsp://u:${PW}@h:5554/s?x=1\"}}", {{"PW", awkward}});
    ASSERT_TRUE(loaded.is_usable()) << text_of(loaded.problems);
    EXPECT_EQ(url_of(loaded, "a").password.reveal(), awkward);
    EXPECT_EQ(url_of(loaded, "a").host, "h");
    EXPECT_EQ(url_of(loaded, "a").port, 5554);
    EXPECT_EQ(url_of(loaded, "a").query, "x=1");
}

TEST(ConfigSecrets, OneReferenceMayHoldUserAndPasswordOrTheWholeUrl) {
    const Loaded both =
        read("cameras: {a: {source: \"rtsp://${LOGIN}@h/s\"}}", {{"LOGIN", "u:p:q"}});
    EXPECT_EQ(url_of(both, "a").user, "u");
    EXPECT_EQ(url_of(both, "a").password.reveal(), "p:q");
    const Loaded whole =
        read("cameras: {a: {source: \"${URL}\"}}", {{"URL", "rtsp://u:whole-pw@h/s"}});
    EXPECT_EQ(url_of(whole, "a").password.reveal(), "whole-pw");
    const Loaded host = read("cameras: {a: {source: \"rtsp://u:${PW}@${HOST}/s\"}}",
                             {{"PW", "ppp-of-a"}, {"HOST", "10.1.2.3:5554"}});
    EXPECT_EQ(url_of(host, "a").host, "10.1.2.3");
    EXPECT_EQ(url_of(host, "a").port, 5554);
}

TEST(ConfigSecrets, EverySecretBecomesKnownToTheMask) {
    const Loaded loaded = read(
        "cameras:\n"
        "  a: {source: \"rtsp://u:${MASK_PW}@camera-host/s\"}\n"
        "  b: {source: push, push_key: \"${file:/key}\"}\n"
        "  c: {source: \"rtmp://h/live/${MASK_PATH}\"}\n"
        "  d: {source: \"rtsp://${MASK_HOST}/s\"}\n"
        "webhooks: [{url: \"https://x.test\", secret: \"${MASK_HOOK}\"}]\n",
        {{"MASK_PW", "mask pw/1"},
         {"MASK_PATH", "mask-path-2"},
         {"MASK_HOOK", "mask-hook-3"},
         {"MASK_HOST", "mask-host.test"}},
        {{"/key", "mask-file-key-4\n"}});
    ASSERT_TRUE(loaded.is_usable()) << text_of(loaded.problems);
    const std::string line = base::masked(
        "1 mask pw/1 or mask%20pw%2F1 2 mask-path-2 3 mask-hook-3 4 mask-file-key-4 5 "
        "mask-host.test");
    EXPECT_EQ(line, "1 *** or *** 2 *** 3 *** 4 *** 5 mask-host.test");
}

TEST(ConfigSecrets, ASecretKeyMustBeAReference) {
    const Loaded loaded = read("cameras: {a: {source: push, push_key: written-in-file-1}}");
    EXPECT_FALSE(loaded.is_usable());
    EXPECT_THAT(text_of(loaded.problems),
                HasSubstr("cameras.a.push_key is a secret and must not stand in this file"));
    EXPECT_THAT(text_of(loaded.problems), Not(HasSubstr("written-in-file-1")));
    EXPECT_FALSE(
        read("cameras: {a: {source: push, push_key: \"${K:-written-in-file-1}\"}}").is_usable());
    EXPECT_FALSE(read("cameras: {a: {source: push, push_key: [written-in-file-1]}}").is_usable());
}

TEST(ConfigSecrets, APushKeyThatCouldBeGuessedIsRefused) {
    EXPECT_TRUE(read("cameras: {a: {source: push, push_key: \"${K}\"}}", {{"K", "123456789012"}})
                    .is_usable());
    const Loaded loaded =
        read("cameras: {a: {source: push, push_key: \"${K}\"}}", {{"K", "12345678901"}});
    EXPECT_FALSE(loaded.is_usable());
    EXPECT_THAT(text_of(loaded.problems), Not(HasSubstr("12345678901")));
}

TEST(ConfigSecrets, ATokenHasANameAndIsLongEnough) {
    const std::map<std::string, std::string> variables{{"T", "01234567890123456789"},
                                                       {"SHORT", "0123456789012345678"}};
    const Loaded loaded = read("tokens: [{name: e2e, secret: \"${T}\"}]", variables);
    ASSERT_TRUE(loaded.is_usable()) << text_of(loaded.problems);
    EXPECT_EQ(loaded.config.tokens.at(0).secret.reveal(), "01234567890123456789");
    EXPECT_FALSE(read("tokens: [{name: e2e, secret: \"${SHORT}\"}]", variables).is_usable());
    EXPECT_FALSE(read("tokens: [{name: e2e, secret: 01234567890123456789}]").is_usable());
    EXPECT_THAT(text_of(read("tokens: [{secret: \"${T}\"}]", variables).problems),
                HasSubstr("tokens[0] needs name"));
    EXPECT_THAT(text_of(read("tokens: [{name: a}]").problems), HasSubstr("tokens[0] needs secret"));
    EXPECT_THAT(text_of(read("tokens: [{name: a, secret: \"${T}\"}, {name: a, secret: \"${T}\"}]",
                             variables)
                            .problems),
                HasSubstr("a second token with the name \"a\""));
}

TEST(ConfigSecrets, NoMessageRepeatsWhatAReferenceStandsFor) {
    const std::map<std::string, std::string> variables{{"X", "told-to-nobody"}};
    for (const std::string_view text :
         {"linger: \"${X}\"", "http: {listen: \"${X}\"}", "log: {level: \"${X}\"}",
          "cameras: {a: {source: \"${X}\"}}", "time_scale: \"${X}\"",
          "cameras: {a: {source: push, push_key: \"${X}\", interval: \"${X}\"}}",
          "accounts: [{vendor: \"${X}\"}]", "defaults: {record: {max_size: \"${X}\"}}",
          "cameras: {a: {source: \"${X}://h\"}}", "cameras: {a: {source: \"rtsp://h:${X}/s\"}}"}) {
        const Loaded loaded = read(text, variables);
        EXPECT_FALSE(loaded.is_usable()) << text;
        EXPECT_THAT(text_of(loaded.problems), Not(HasSubstr("told-to-nobody"))) << text;
    }
}

}  // namespace
}  // namespace casement::app::config
