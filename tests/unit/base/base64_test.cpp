#include "base/base64.hpp"

#include <gtest/gtest.h>

namespace casement::base {
namespace {

TEST(Base64, AgreesWithTheVectorsOfItsRfc) {
    // RFC 4648 §10.
    const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                     {"f", "Zg=="},
                                                                     {"fo", "Zm8="},
                                                                     {"foo", "Zm9v"},
                                                                     {"foob", "Zm9vYg=="},
                                                                     {"fooba", "Zm9vYmE="},
                                                                     {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, coded] : vectors) {
        EXPECT_EQ(base64_encoded(as_bytes(plain)), coded);
        const auto back = base64_decoded(coded);
        ASSERT_TRUE(back);
        EXPECT_EQ(as_text(*back), plain);
    }
}

TEST(Base64, ForgivesMissingPaddingAndBlanks) {
    EXPECT_EQ(as_text(*base64_decoded("Zm9vYg")), "foob");
    EXPECT_EQ(as_text(*base64_decoded(" Zm9v\r\nYg== ")), "foob");
    EXPECT_EQ(*base64_decoded("_-8"), *base64_decoded("/+8="));
    EXPECT_FALSE(base64_decoded("Zm9v!"));
}

TEST(Hex, ConvertsBothWays) {
    const auto bytes = hex_decoded("00fF1a");
    ASSERT_TRUE(bytes);
    EXPECT_EQ(hex_encoded(*bytes), "00ff1a");
    EXPECT_FALSE(hex_decoded("123"));
    EXPECT_FALSE(hex_decoded("0g"));
}

}  // namespace
}  // namespace casement::base
