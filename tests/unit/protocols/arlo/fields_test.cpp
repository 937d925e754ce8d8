#include "protocols/arlo/fields.hpp"

#include <gtest/gtest.h>

namespace casement::protocols::arlo {
namespace {

using base::ErrorKind;

TEST(ArloFields, KeepOrderAndReplaceInPlace) {
    Fields fields{{"b", 1}, {"a", "x"}, {"b", true}};
    EXPECT_EQ(to_json(fields), R"({"b":true,"a":"x"})");
    fields.set("c", RawJson{"[1, 2]"});
    fields.set("a", 2.5);
    EXPECT_EQ(to_json(fields), R"({"b":true,"a":2.5,"c":[1,2]})");
    EXPECT_TRUE(fields.erase("b"));
    EXPECT_FALSE(fields.erase("b"));
    EXPECT_EQ(fields.size(), 2u);
    EXPECT_FALSE(fields.contains("B"));
}

TEST(ArloFields, GiveAValueInItsTypeOnly) {
    const Fields fields{{"whole", 7}, {"one", 1.0}, {"part", 1.5}, {"yes", true}, {"text", "7"}};
    EXPECT_EQ(fields.get(Field<std::int64_t>{"whole"}), 7);
    EXPECT_EQ(fields.get(Field<double>{"whole"}), 7.0);
    EXPECT_EQ(fields.get(Field<std::int64_t>{"one"}), 1);
    EXPECT_EQ(fields.get(Field<std::int64_t>{"part"}), std::nullopt);
    EXPECT_EQ(fields.get(Field<std::int64_t>{"yes"}), std::nullopt);
    EXPECT_EQ(fields.get(Field<bool>{"whole"}), std::nullopt);
    EXPECT_EQ(fields.get(Field<std::int64_t>{"text"}), std::nullopt);
    EXPECT_EQ(fields.get(Field<std::string>{"absent"}), std::nullopt);
    EXPECT_EQ(fields.get(Field<Value>{"yes"}), Value(true));
    EXPECT_EQ((Fields{{"a", 1e18}}).get(Field<std::int64_t>{"a"}), std::nullopt);
}

TEST(ArloFields, ComeFromAnObjectAndGoBack) {
    const std::string text =
        R"({"a":true,"b":-1,"c":1.0,"d":"\u00e9","e":null,"f":{"g":[{}]},"h":""})";
    const auto fields = parse_fields(text);
    ASSERT_TRUE(fields);
    EXPECT_EQ(fields->get(Field<std::string>{"d"}), "\xC3\xA9");
    EXPECT_EQ(*fields->find("e"), Value(RawJson{"null"}));
    EXPECT_EQ(to_json(*fields), text);
    EXPECT_EQ(parse_fields("{}"), Fields{});
}

TEST(ArloFields, RefuseWhatAMessageRefuses) {
    for (const char* text : {"", "[]", "{", R"({"a":1,"a":1})", "{\"a\":\"\xFF\"}"})
        EXPECT_EQ(parse_fields(text).error().kind(), ErrorKind::InvalidArgument) << text;
    EXPECT_EQ(parse_fields(R"({"a":)" + std::string(kMaxDepth, '[')).error().kind(),
              ErrorKind::ResourceExhausted);
}

TEST(ArloFields, WriteNullForRawTextThatIsNoJson) {
    EXPECT_EQ(to_json({{"a", RawJson{"{"}}, {"b", RawJson{"1}"}}, {"c", RawJson{"\"x\""}}}),
              R"({"a":null,"b":null,"c":"x"})");
}

}  // namespace
}  // namespace casement::protocols::arlo
