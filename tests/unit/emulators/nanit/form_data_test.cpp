#include "emulators/nanit/form_data.hpp"

#include <string>

#include <gtest/gtest.h>

namespace casement::emulators::nanit {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=b1";

std::string form(int parts, std::string_view body = "x") {
    std::string out;
    for (int i = 0; i < parts; ++i) {
        out += "--b1\r\nContent-Disposition: form-data; name=\"p" + std::to_string(i) +
               "\"; filename=image\r\nContent-Type: image/png\r\n\r\n" + std::string(body) + "\r\n";
    }
    return out + "--b1--\r\n";
}

TEST(FormData, HasPartsWithNamesAndAnyBytes) {
    const std::string text = form(2, std::string_view("\r\n--b\0\r\n", 8));
    const auto parts = parse_form_data(kType, text);
    ASSERT_TRUE(parts);
    ASSERT_EQ(parts->size(), 2u);
    EXPECT_EQ((*parts)[0].name, "p0");
    EXPECT_EQ((*parts)[0].content_type, "image/png");
    EXPECT_EQ((*parts)[0].body, std::string_view("\r\n--b\0\r\n", 8));
    EXPECT_EQ(find_part(*parts, "p1"), &parts->back());
    EXPECT_EQ(find_part(*parts, "p2"), nullptr);
    EXPECT_TRUE(parse_form_data("Multipart/Form-Data; charset=x; Boundary=\"b1\"", text));
}

TEST(FormData, IsNoneWithoutItsEndAtEveryByte) {
    const std::string text = form(1);
    const std::size_t end = text.size() - 2;  // the last line's end is not looked at
    for (std::size_t size = 0; size < end; ++size)
        EXPECT_FALSE(parse_form_data(kType, std::string_view(text).substr(0, size))) << size;
    EXPECT_TRUE(parse_form_data(kType, std::string_view(text).substr(0, end)));
}

TEST(FormData, IsRefusedForAnotherKindABoundaryThatIsNoneAndTooManyParts) {
    EXPECT_TRUE(parse_form_data(kType, form(kMaxFormParts)));
    EXPECT_FALSE(parse_form_data(kType, form(kMaxFormParts + 1)));
    EXPECT_FALSE(parse_form_data("multipart/mixed; boundary=b1", form(1)));
    EXPECT_FALSE(parse_form_data("multipart/form-data", form(1)));
    EXPECT_FALSE(parse_form_data("multipart/form-data; boundary=" + std::string(71, 'b'), form(1)));
    EXPECT_FALSE(parse_form_data(kType, "--b1\r\nContent-Type: text/plain\r\n\r\nx\r\n--b1--"));
}

}  // namespace
}  // namespace casement::emulators::nanit
