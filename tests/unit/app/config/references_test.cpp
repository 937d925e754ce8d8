#include "app/config/references.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/app/config/environment.hpp"

namespace casement::app::config {
namespace {

using testing::HasSubstr;

const Environment& world() {
    static const Environment out = environment_of(
        {{"PW", "s3cret"}, {"EMPTY", ""}, {"CREDENTIALS_DIRECTORY", "/run/creds"}},
        {{"/run/secrets/x", "from file\n"}, {"/run/creds/hook", "from systemd\r\n"}});
    return out;
}

std::string resolved(std::string_view text) {
    const auto pieces = resolve_references(text, world());
    return pieces ? joined(*pieces) : "error: " + pieces.error().message();
}

TEST(ConfigReferences, StandForVariablesFilesAndCredentials) {
    EXPECT_EQ(resolved("plain"), "plain");
    EXPECT_EQ(resolved(""), "");
    EXPECT_EQ(resolved("a${PW}b"), "as3cretb");
    EXPECT_EQ(resolved("${PW}${PW}"), "s3crets3cret");
    EXPECT_EQ(resolved("${file:/run/secrets/x}"), "from file");
    EXPECT_EQ(resolved("${credential:hook}"), "from systemd");
}

TEST(ConfigReferences, UseTheDefaultWhenUnsetOrEmpty) {
    EXPECT_EQ(resolved("${NOWHERE:-there}"), "there");
    EXPECT_EQ(resolved("${EMPTY:-there}"), "there");
    EXPECT_EQ(resolved("${EMPTY}"), "");
    EXPECT_EQ(resolved("${PW:-there}"), "s3cret");
}

TEST(ConfigReferences, KeepDollarsThatAreNone) {
    EXPECT_EQ(resolved("$PW costs 5$"), "$PW costs 5$");
    EXPECT_EQ(resolved("$${PW}"), "${PW}");
    EXPECT_EQ(resolved("{PW}"), "{PW}");
}

TEST(ConfigReferences, SayWhatIsMissing) {
    EXPECT_EQ(resolved("${NOWHERE}"), "error: the environment variable NOWHERE is not set");
    EXPECT_THAT(resolved("${file:/run/secrets/y}"),
                HasSubstr("error: ${file:/run/secrets/y}: it cannot be read"));
    EXPECT_THAT(resolved("${file:relative}"), HasSubstr("absolute path"));
    EXPECT_THAT(resolved("${credential:other}"), HasSubstr("cannot be read"));
    EXPECT_THAT(resolved("${PW"), HasSubstr("closing brace"));
    for (const std::string_view bad : {"${}", "${9X}", "${a b}", "${x-y}", "${A:B}"})
        EXPECT_THAT(resolved(bad), HasSubstr("a reference is written")) << bad;
}

TEST(ConfigReferences, KeepACredentialInItsFolder) {
    for (const std::string_view bad :
         {"${credential:../x}", "${credential:..}", "${credential:a/b}", "${credential:}"}) {
        EXPECT_THAT(resolved(bad), HasSubstr("needs the name")) << bad;
    }
    const auto without = resolve_references("${credential:hook}", environment_of({}));
    ASSERT_FALSE(without);
    EXPECT_THAT(without.error().message(), HasSubstr("LoadCredential="));
}

TEST(ConfigReferences, DoNotResolveWhatAValueHolds) {
    const auto pieces = resolve_references("${A}", environment_of({{"A", "${B}"}, {"B", "loop"}}));
    ASSERT_TRUE(pieces);
    EXPECT_EQ(joined(*pieces), "${B}");
}

TEST(ConfigReferences, TellWhichPartIsWrittenInTheFile) {
    const auto pieces = resolve_references("x${PW}${NOWHERE:-d}", world());
    ASSERT_TRUE(pieces);
    ASSERT_EQ(pieces->size(), 3u);
    EXPECT_TRUE((*pieces)[0].is_written_in_file());
    EXPECT_FALSE((*pieces)[1].is_written_in_file());
    EXPECT_TRUE((*pieces)[2].is_written_in_file());
}

}  // namespace
}  // namespace casement::app::config
