#include "media/jpeg.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/media_data.hpp"

namespace casement::media::jpeg {
namespace {

using base::ErrorKind;
using fakes::hex;

const char* const kSmallest =
    "ffd8 ffc0 000b 08 0030 0040 01 01 11 00 ffda 0008 01 01 00 00 3f 00 a5 ff00 a5 ffd0 a5 ffd9";

TEST(Jpeg, ReadsAPictureOfAnotherEncoder) {
    const Bytes file = fakes::data_file("media/picture.jpg");
    const auto info = parse(file);
    ASSERT_TRUE(info) << info.error().message();
    EXPECT_EQ(info->width, 64);
    EXPECT_EQ(info->height, 48);
    EXPECT_EQ(info->components, 3);
    EXPECT_EQ(info->size_bytes, file.size());
    EXPECT_FALSE(info->progressive);
}

TEST(Jpeg, RefusesEveryTruncation) {
    fakes::for_each_prefix(fakes::data_file("media/picture.jpg"),
                           [](ByteSpan prefix) { EXPECT_FALSE(parse(prefix)) << prefix.size(); });
    fakes::for_each_prefix(hex(kSmallest),
                           [](ByteSpan prefix) { EXPECT_FALSE(parse(prefix)) << prefix.size(); });
}

TEST(Jpeg, StepsOverStuffingRestartsFillAndTrailingBytes) {
    const auto info =
        parse(hex(std::string("ffd8 ffff ffe0 0004 0000") + (kSmallest + 4) + "00 00 00"));
    ASSERT_TRUE(info) << info.error().message();
    EXPECT_EQ(info->width, 64);
    EXPECT_EQ(info->height, 48);
    EXPECT_EQ(info->size_bytes, hex(kSmallest).size() + 8);
}

TEST(Jpeg, RefusesNonsense) {
    EXPECT_EQ(parse({}).error().kind(), ErrorKind::DataLoss);
    EXPECT_EQ(parse(hex("89504e470d0a1a0a")).error().kind(), ErrorKind::DataLoss);
    EXPECT_EQ(parse(hex("ffd8 ffd9")).error().kind(), ErrorKind::DataLoss);
    EXPECT_EQ(parse(hex("ffd8 ffda 0002 00 ffd9")).error().kind(),
              ErrorKind::DataLoss);  // scan before frame
    EXPECT_EQ(parse(hex("ffd8 ffc0 0001 ffd9")).error().kind(),
              ErrorKind::DataLoss);  // impossible length
    EXPECT_EQ(parse(hex("ffd8 ffc3 000b 08 0030 0040 01 01 11 00")).error().kind(),
              ErrorKind::Unsupported);  // lossless
    EXPECT_EQ(parse(hex("ffd8 ffc0 000b 08 0000 0040 01 01 11 00")).error().kind(),
              ErrorKind::Unsupported);  // no height
}

}  // namespace
}  // namespace casement::media::jpeg
