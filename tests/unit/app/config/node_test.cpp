#include "app/config/node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/app/config/environment.hpp"

namespace casement::app::config {
namespace {

using testing::HasSubstr;

TEST(ConfigYaml, RemembersWhereEveryKeyAndValueStands) {
    Problems problems;
    const Node root = parse_yaml(
        "http:\n  listen: \"127.0.0.1:1\"\ncameras: {porch: {source: push}}\n", "c.yaml", problems);
    ASSERT_TRUE(problems.empty()) << text_of(problems);
    ASSERT_EQ(root.entries.size(), 2u);
    EXPECT_EQ(root.entries[0].key_place, (Place{"c.yaml", 1, 1}));
    EXPECT_EQ(root.find("http")->find("listen")->place, (Place{"c.yaml", 2, 11}));
    EXPECT_EQ(root.find("http")->find("listen")->text, "127.0.0.1:1");
    EXPECT_EQ(root.find("cameras")->entries[0].key_place, (Place{"c.yaml", 3, 11}));
}

TEST(ConfigYaml, TakesAnEmptyFileAsAnEmptyMapping) {
    for (const std::string_view text : {"", "\n", "# only a comment\n", "---\n", "~\n"}) {
        Problems problems;
        const Node root = parse_yaml(text, "c.yaml", problems);
        EXPECT_TRUE(problems.empty()) << text_of(problems);
        EXPECT_TRUE(root.is_map());
        EXPECT_TRUE(root.entries.empty());
    }
}

TEST(ConfigYaml, KeepsQuotedWordsAsTextAndPlainNullAsNothing) {
    Problems problems;
    const Node root = parse_yaml("a: null\nb: \"null\"\nc:\nd: ~\n", "c.yaml", problems);
    EXPECT_TRUE(root.find("a")->is_null());
    EXPECT_TRUE(root.find("b")->is_scalar());
    EXPECT_TRUE(root.find("c")->is_null());
    EXPECT_TRUE(root.find("d")->is_null());
}

TEST(ConfigYaml, ReportsADoubledKeyWithBothLines) {
    Problems problems;
    parse_yaml("linger: 1s\nhttp: {}\nlinger: 2s\n", "c.yaml", problems);
    EXPECT_EQ(text_of(problems),
              "c.yaml:3:1: \"linger\" stands here a second time; the first is in line 1\n");
}

TEST(ConfigYaml, ReportsBrokenSyntaxWithItsPlace) {
    Problems problems;
    parse_yaml("http: {listen: \"x\"\ncameras: [\n", "c.yaml", problems);
    ASSERT_EQ(problems.size(), 1u);
    EXPECT_THAT(problems[0].text(), HasSubstr("not readable as YAML"));
    EXPECT_GE(problems[0].place.line, 1);
}

TEST(ConfigYaml, RefusesListsWordsAndSecondDocumentsAsTheWholeFile) {
    for (const std::string_view text : {"[a, b]", "word", "a: 1\n---\nb: 2\n"}) {
        Problems problems;
        EXPECT_TRUE(parse_yaml(text, "c.yaml", problems).entries.empty());
        EXPECT_EQ(problems.size(), 1u) << text;
    }
}

TEST(ConfigYaml, ExpandsAliases) {
    Problems problems;
    const Node root = parse_yaml("a: &keep {keep: 7d}\nb: *keep\n", "c.yaml", problems);
    ASSERT_TRUE(problems.empty()) << text_of(problems);
    EXPECT_EQ(root.find("b")->find("keep")->text, "7d");
}

TEST(ConfigYaml, StopsAnAliasBomb) {
    std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 12; ++i) {
        text += fmt::format("a{}: &a{} [*a{}, *a{}, *a{}, *a{}, *a{}, *a{}, *a{}, *a{}]\n", i, i,
                            i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    }
    Problems problems;
    EXPECT_TRUE(parse_yaml(text, "c.yaml", problems).entries.empty());
    ASSERT_EQ(problems.size(), 1u);
    EXPECT_THAT(problems[0].message, HasSubstr("more than 20000 values"));
}

TEST(ConfigYaml, LimitsDepthAtItsEdge) {
    const auto nested = [](std::size_t depth) {
        std::string text;
        for (std::size_t i = 0; i < depth; ++i) text += "{a: ";
        text += "x";
        for (std::size_t i = 0; i < depth; ++i) text += "}";
        return text;
    };
    Problems fine;
    parse_yaml(nested(kMaxDepth), "c.yaml", fine);
    EXPECT_TRUE(fine.empty()) << text_of(fine);
    Problems deep;
    parse_yaml(nested(kMaxDepth + 1), "c.yaml", deep);
    ASSERT_EQ(deep.size(), 1u);
    EXPECT_THAT(deep[0].message, HasSubstr("deeper than 16"));
    Problems absurd;
    parse_yaml(std::string(100'000, '['), "c.yaml", absurd);
    EXPECT_EQ(absurd.size(), 1u);
}

TEST(ConfigYaml, LimitsTheFileAtItsEdge) {
    Problems fine;
    parse_yaml("a: 1\n#" + std::string(kMaxFileBytes - 6, 'x'), "c.yaml", fine);
    EXPECT_TRUE(fine.empty()) << text_of(fine);
    Problems large;
    parse_yaml("a: 1\n#" + std::string(kMaxFileBytes - 5, 'x'), "c.yaml", large);
    EXPECT_EQ(large.size(), 1u);
}

TEST(ConfigYaml, SurvivesTruncationAtEveryByte) {
    const std::string text =
        "http: {listen: \"0.0.0.0:1\", tls: auto}\ncameras:\n  porch: &p\n    source: 'rtsp://a'\n "
        " hall: *p\nlist: [1, {a: b}]\n";
    for (std::size_t length = 0; length <= text.size(); ++length) {
        Problems problems;
        const Node root = parse_yaml(std::string_view(text).substr(0, length), "c.yaml", problems);
        EXPECT_TRUE(root.is_map()) << length;
    }
}

}  // namespace
}  // namespace casement::app::config
