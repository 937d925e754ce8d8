#include "sources/http/multipart_pictures.hpp"

#include <gtest/gtest.h>

#include "base/byte_reader.hpp"

namespace casement::sources::http {
namespace {

using base::as_bytes;

// The smallest thing that is a JPEG to a parser: SOI, SOF0 of 16x8, SOS, some entropy-coded bytes,
// EOI (ITU-T T.81 Annex B).
std::string jpeg(std::string_view scan = "scan") {
    static constexpr char kFrame[] =
        "\xFF\xD8\xFF\xC0\x00\x0B\x08\x00\x08\x00\x10\x01\x01\x11\x00\xFF\xDA\x00\x08\x01\x01\x00"
        "\x00\x3F\x00";
    return std::string(kFrame, sizeof kFrame - 1) + std::string(scan) + "\xFF\xD9";
}

std::string part(std::string_view boundary, const std::string& body,
                 std::optional<std::size_t> length) {
    std::string out = std::string(boundary) + "\r\nContent-Type: image/jpeg\r\n";
    if (length) out += "Content-Length: " + std::to_string(*length) + "\r\n";
    return out + "\r\n" + body + "\r\n";
}

std::vector<std::string> pictures_of(MultipartPictures& pictures) {
    std::vector<std::string> out;
    for (;;) {
        const auto picture = pictures.next();
        EXPECT_TRUE(picture);
        if (!picture || !*picture) return out;
        EXPECT_EQ((*picture)->info.width, 16);
        EXPECT_EQ((*picture)->info.height, 8);
        out.emplace_back(base::as_text((*picture)->data));
    }
}

// In pieces of every size, because networks cut anywhere.
void expect_pictures(std::string_view content_type, const std::string& stream,
                     const std::vector<std::string>& expected, std::uint64_t skipped = 0) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7},
                                    std::size_t{50}, stream.size()}) {
        MultipartPictures pictures(content_type);
        std::vector<std::string> found;
        for (std::size_t at = 0; at < stream.size(); at += piece) {
            pictures.push(as_bytes(stream).subspan(at, std::min(piece, stream.size() - at)));
            for (std::string& picture : pictures_of(pictures)) found.push_back(std::move(picture));
        }
        EXPECT_EQ(found, expected) << "pieces of " << piece;
        EXPECT_EQ(pictures.skipped(), skipped) << "pieces of " << piece;
    }
}

constexpr auto kType = "multipart/x-mixed-replace; boundary=frame";

TEST(MultipartPictures, ReadsPartsWithContentLength) {
    const std::string a = jpeg("one"), b = jpeg("two");
    expect_pictures(kType, part("--frame", a, a.size()) + part("--frame", b, b.size()), {a, b});
}

TEST(MultipartPictures, ReadsPartsWithoutContentLength) {
    const std::string a = jpeg("one"), b = jpeg("a line\r\nand --frame inside");
    expect_pictures(kType, part("--frame", a, {}) + part("--frame", b, {}) + "--frame--\r\n",
                    {a, b});
}

TEST(MultipartPictures, ShowsAPictureWithoutLengthBeforeTheNextOneBegins) {
    MultipartPictures pictures(kType);
    const std::string a = jpeg();
    pictures.push(as_bytes("--frame\r\n\r\n" + a));
    EXPECT_EQ(pictures_of(pictures).size(), 1U);
}

TEST(MultipartPictures, TakesTheBoundaryThatIsReallySent) {
    const std::string a = jpeg("one"), b = jpeg("two");
    for (const char* type :
         {kType, "multipart/x-mixed-replace; boundary=--other",
          "multipart/x-mixed-replace;boundary=\"other\"", "multipart/x-mixed-replace",
          "multipart/x-mixed-replace; boundary=\"", "multipart/x-mixed-replace; boundary="}) {
        expect_pictures(type, part("--other", a, {}) + part("--other", b, {}) + "--other", {a, b});
    }
}

TEST(MultipartPictures, ReadsPartsWithoutAnyBoundary) {
    const std::string a = jpeg("one"), b = jpeg("two");
    const auto bare = [](const std::string& body) {
        return fmt::format("Content-Length: {}\r\nContent-Type: image/jpeg\r\n\r\n{}\r\n",
                           body.size(), body);
    };
    expect_pictures(kType, bare(a) + bare(b), {a, b});
}

TEST(MultipartPictures, ToleratesLineFeedsAloneAndBlankLines) {
    const std::string a = jpeg("one"), b = jpeg("two");
    expect_pictures(kType,
                    "\n\n--frame\nContent-type:image/jpeg\n\n" + a + "\n--frame\n\n\r\n\r\n" + b +
                        "\n--frame\n",
                    {a, b});
}

TEST(MultipartPictures, ToleratesLengthsThatAreWrong) {
    const std::string a = jpeg("one"), b = jpeg("two"), c = jpeg("three");
    expect_pictures(kType,
                    part("--frame", a, a.size() + 40) + part("--frame", b, b.size()) +
                        part("--frame", c, c.size()),
                    {a, b, c});
    expect_pictures(kType, part("--frame", a, a.size() - 4) + part("--frame", b, b.size()), {b}, 1);
    expect_pictures(kType, part("--frame", a, 0) + part("--frame", b, b.size()), {a, b});
}

TEST(MultipartPictures, SkipsPartsThatAreNoPictures) {
    const std::string a = jpeg("one");
    const std::string text =
        "--frame\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello\r\n";
    expect_pictures(kType, text + part("--frame", a, a.size()), {a}, 1);
}

TEST(MultipartPictures, CutsRubbishBehindThePicture) {
    const std::string a = jpeg("one");
    expect_pictures(
        kType,
        part("--frame", a + std::string(10, '\0'), a.size() + 10) + part("--frame", a, a.size()),
        {a, a});
}

TEST(MultipartPictures, RefusesPicturesBeyondTheLimit) {
    const auto outcome = [](std::size_t length) {
        MultipartPictures pictures(kType);
        pictures.push(as_bytes(fmt::format("--frame\r\nContent-Length: {}\r\n\r\n", length)));
        return pictures.next();
    };
    EXPECT_TRUE(outcome(MultipartPictures::kMaxPictureBytes));
    EXPECT_EQ(outcome(MultipartPictures::kMaxPictureBytes + 1).error().kind(),
              base::ErrorKind::ResourceExhausted);
    EXPECT_TRUE(outcome(0));

    MultipartPictures endless(kType);
    endless.push(as_bytes("--frame\r\n\r\n"));
    EXPECT_TRUE(endless.next());
    endless.push(as_bytes(std::string(MultipartPictures::kMaxPictureBytes, 'x')));
    EXPECT_TRUE(endless.next());
    endless.push(as_bytes("x"));
    EXPECT_EQ(endless.next().error().kind(), base::ErrorKind::ResourceExhausted);
}

TEST(MultipartPictures, GivesUpOnHeadersAndRubbishWithoutEnd) {
    MultipartPictures head(kType);
    head.push(as_bytes("--frame\r\nX-Long: " + std::string(MultipartPictures::kMaxHeadBytes, 'x')));
    EXPECT_EQ(head.next().error().kind(), base::ErrorKind::DataLoss);
    MultipartPictures rubbish(kType);
    rubbish.push(as_bytes(std::string(MultipartPictures::kMaxPictureBytes + 1, 'x')));
    EXPECT_EQ(rubbish.next().error().kind(), base::ErrorKind::DataLoss);
}

TEST(MultipartPictures, KeepsItsBufferSmallOverManyPictures) {
    MultipartPictures pictures(kType);
    const std::string a = jpeg(std::string(5000, 's'));
    std::size_t count = 0;
    for (int i = 0; i < 2000; ++i) {
        pictures.push(as_bytes(part("--frame", a, a.size())));
        count += pictures_of(pictures).size();
    }
    EXPECT_EQ(count, 2000U);
}

}  // namespace
}  // namespace casement::sources::http
