#include "emulators/nanit/link.hpp"

#include <gtest/gtest.h>

namespace casement::emulators::nanit {
namespace {

TEST(Link, CarriesAClientsNumberAndWhatWasSaid) {
    const std::vector<std::uint8_t> said{8, 0};
    const auto bytes = to_bytes({LinkWord::Heard, 0x01020304, said});
    EXPECT_EQ(bytes, (std::vector<std::uint8_t>{'h', 1, 2, 3, 4, 8, 0}));
    const auto parsed = parse_link(bytes);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->word, LinkWord::Heard);
    EXPECT_EQ(parsed->client, 0x01020304u);
    EXPECT_TRUE(std::ranges::equal(parsed->said, said));
}

TEST(Link, IsNothingWithoutAWordItKnowsOrANumber) {
    const auto bytes = to_bytes({LinkWord::Left, 7});
    EXPECT_TRUE(parse_link(bytes));
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(parse_link(base::ByteSpan(bytes).first(size))) << size;
    EXPECT_FALSE(parse_link(std::vector<std::uint8_t>{'x', 0, 0, 0, 1}));
    EXPECT_FALSE(parse_link(std::vector<std::uint8_t>{0, 0, 0, 0, 1}));
}

}  // namespace
}  // namespace casement::emulators::nanit
