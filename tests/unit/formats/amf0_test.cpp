#include "formats/amf0.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/media_data.hpp"

namespace casement::formats::amf0 {
namespace {

using base::ErrorKind;
using fakes::hex;

std::vector<std::uint8_t> bytes_of(const Value& value) { return written({value}); }

TEST(Amf0, ReadsAConnectCommand) {
    // "connect", 1, {app: "live", fpad: false}, null
    const auto values =
        parse(hex("02 0007 636f6e6e656374  00 3ff0000000000000  03 0003 617070 02 0004 6c697665 "
                  "0004 66706164 01 00 0000 09  05"));
    ASSERT_TRUE(values) << values.error().message();
    ASSERT_EQ(values->size(), 4u);
    EXPECT_EQ((*values)[0].text(), "connect");
    EXPECT_EQ((*values)[1].number(), 1);
    EXPECT_EQ((*values)[2].text_of("app"), "live");
    ASSERT_TRUE((*values)[2].find("fpad"));
    EXPECT_FALSE((*values)[2].find("fpad")->boolean());
    EXPECT_EQ((*values)[2].find("none"), nullptr);
    EXPECT_TRUE((*values)[3].is(Value::Type::Null));
}

TEST(Amf0, WritesWhatItReads) {
    const Value tree =
        Value::object({{"text", "porch"},
                       {"empty", ""},
                       {"number", -0.5},
                       {"yes", true},
                       {"nothing", Value()},
                       {"when", Value::of(Value::Type::Date, 1.7e12)},
                       {"list", Value::array({1, "two", Value::object({{"three", 3}})})},
                       {"long", std::string(70'000, 'x')}});
    const auto read = parse(bytes_of(tree));
    ASSERT_TRUE(read) << read.error().message();
    ASSERT_EQ(read->size(), 1u);
    EXPECT_EQ(read->front(), tree);
    EXPECT_EQ(bytes_of(read->front()), bytes_of(tree));
}

TEST(Amf0, WritesStringsAsTheSpecificationDoes) {
    EXPECT_EQ(media::Bytes::from(bytes_of("abc")), hex("02 0003 616263"));
    EXPECT_EQ(media::Bytes::from(bytes_of(1.0)), hex("00 3ff0000000000000"));
    EXPECT_EQ(media::Bytes::from(bytes_of(true)), hex("01 01"));
    EXPECT_EQ(media::Bytes::from(bytes_of(Value::array({Value()}))), hex("0a 00000001 05"));
}

TEST(Amf0, ReadsEcmaArraysWhateverTheirCountSays) {
    base::ByteWriter out;
    write_ecma_array(out, Value::object({{"width", 1280}, {"height", 720}}));
    auto bytes = out.take();
    for (const std::uint8_t count : {std::uint8_t{0}, std::uint8_t{2}, std::uint8_t{200}}) {
        bytes[4] = count;
        const auto values = parse(bytes);
        ASSERT_TRUE(values);
        EXPECT_EQ(values->front().number_of("width"), 1280);
        EXPECT_EQ(values->front().number_of("height"), 720);
    }
}

TEST(Amf0, TakesTypedObjectsAndUndefined) {
    const auto values = parse(hex("10 0001 43 0001 61 06 0000 09"));
    ASSERT_TRUE(values) << values.error().message();
    ASSERT_TRUE(values->front().find("a"));
    EXPECT_TRUE(values->front().find("a")->is(Value::Type::Null));
}

TEST(Amf0, StopsWhereAmf3Begins) {
    const auto values = parse(hex("02 0001 61  11 0a 0b"));
    ASSERT_TRUE(values);
    ASSERT_EQ(values->size(), 2u);
    EXPECT_EQ((*values)[0].text(), "a");
    EXPECT_TRUE((*values)[1].is(Value::Type::Unsupported));
    const auto inside = parse(hex("03 0001 61 11 04 05"));
    ASSERT_TRUE(inside);
    EXPECT_TRUE(inside->front().is(Value::Type::Unsupported));
}

TEST(Amf0, RefusesTypesThatNobodyMaySend) {
    for (const char* bytes : {"04", "07 0001", "09", "0e", "20", "ff"}) {
        const auto values = parse(hex(bytes));
        ASSERT_FALSE(values) << bytes;
        EXPECT_TRUE(values.error().is(ErrorKind::DataLoss)) << bytes;
    }
}

TEST(Amf0, IsRefusedAtEveryTruncation) {
    const auto whole =
        bytes_of(Value::object({{"a", "b"},
                                {"c", Value::array({1, true, Value::of(Value::Type::Date, 5)})},
                                {"d", Value::object({})}}));
    int refused = 0;
    fakes::for_each_prefix(whole,
                           [&](media::ByteSpan prefix) { refused += parse(prefix) ? 0 : 1; });
    EXPECT_EQ(refused,
              static_cast<int>(whole.size()) - 1);  // all but the empty one, which is an empty list
}

TEST(Amf0, NestsToTheLimitAndNoFurther) {
    const auto nested = [](int depth) {
        Value value = 1;
        for (int i = 0; i < depth; ++i) value = Value::array({value});
        return bytes_of(value);
    };
    EXPECT_TRUE(parse(nested(kMaxDepth)));
    const auto deeper = parse(nested(kMaxDepth + 1));
    ASSERT_FALSE(deeper);
    EXPECT_TRUE(deeper.error().is(ErrorKind::ResourceExhausted));
}

TEST(Amf0, CountsValuesToTheLimitAndNoFurther) {
    EXPECT_TRUE(parse(std::vector<std::uint8_t>(kMaxValues, 0x05)));
    const auto more = parse(std::vector<std::uint8_t>(kMaxValues + 1, 0x05));
    ASSERT_FALSE(more);
    EXPECT_TRUE(more.error().is(ErrorKind::ResourceExhausted));
}

TEST(Amf0, BelievesNoArrayCountBeyondItsBytes) { EXPECT_FALSE(parse(hex("0a ffffffff 05 05"))); }

}  // namespace
}  // namespace casement::formats::amf0
