#include "protocols/arlo/upload.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/media_data.hpp"

namespace casement::protocols::arlo {
namespace {

using base::as_bytes;
using base::as_text;
using base::ErrorKind;

constexpr std::string_view kForm = "multipart/form-data; boundary=xyz";

std::string picture() { return std::string(as_text(fakes::data_file("media/picture.jpg"))); }

std::string part(std::string_view head, std::string_view content) {
    return "--xyz\r\n" + std::string(head) + "\r\n\r\n" + std::string(content) + "\r\n";
}
std::string file_part(std::string_view content) {
    return part("Content-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"", content);
}

/// "" when there is none.
std::string found(std::string_view content_type, std::string_view body) {
    const auto jpeg = find_picture(content_type, as_bytes(body));
    return jpeg ? std::string(as_text(*jpeg)) : std::string();
}

TEST(ArloUpload, OfAPro5) {
    const Upload upload =
        make_upload(as_bytes("JPEG"), {.boundary = "----csm7f3a", .file_name = ""});
    EXPECT_EQ(upload.content_type, "multipart/form-data; boundary=----csm7f3a");
    EXPECT_EQ(upload.body,
              "------csm7f3a\r\n"
              "Content-Disposition: form-data; name=\"file\"; filename=\"\"\r\n"
              "Content-Type: image/jpeg\r\n"
              "\r\n"
              "JPEG\r\n"
              "------csm7f3a--\r\n");
}

TEST(ArloUpload, IsReadWhateverTheModel) {
    const std::string jpeg = picture();
    for (const std::optional<std::string>& name :
         {std::optional<std::string>("temp.jpg"), std::optional<std::string>(""),
          std::optional<std::string>()}) {
        const Upload upload =
            make_upload(as_bytes(jpeg), {.boundary = "----csm7f3a", .file_name = name});
        EXPECT_EQ(found(upload.content_type, upload.body), jpeg);
        EXPECT_EQ(found("", upload.body), jpeg);
        EXPECT_EQ(found("multipart/form-data; boundary=other", upload.body), jpeg);
    }
    EXPECT_EQ(found("image/jpeg", jpeg), jpeg);
    EXPECT_EQ(found("application/octet-stream", jpeg + "\r\n"), jpeg);
}

TEST(ArloUpload, IsReadWithLineFeedsAlone) {
    const std::string jpeg = picture();
    EXPECT_EQ(
        found(kForm, "--xyz\nContent-Disposition: form-data; name=file\n\n" + jpeg + "\n--xyz--\n"),
        jpeg);
}

TEST(ArloUpload, IsReadWithoutItsLastBoundary) {
    const std::string jpeg = picture();
    EXPECT_EQ(found(kForm, "--xyz\r\n\r\n" + jpeg), jpeg);
    EXPECT_EQ(
        found("multipart/form-data; charset=x; BOUNDARY=\"xyz\"", "preamble\r\n" + file_part(jpeg)),
        jpeg);
}

TEST(ArloUpload, ThePartCalledFileGoesFirst) {
    const std::string jpeg = picture();
    std::string other = jpeg;
    other.insert(2, std::string("\xFF\xFE\x00\x04hi", 6));  // with a comment
    const std::string text = part("Content-Disposition: form-data; name=\"note\"", "hello");
    EXPECT_EQ(found(kForm, text + part("", other) + file_part(jpeg) + "--xyz--"), jpeg);
    EXPECT_EQ(found(kForm, text + part("", other) + "--xyz--"), other);
    EXPECT_EQ(found(kForm, file_part("not a picture") + part("", other) + "--xyz--"), other);
}

TEST(ArloUpload, FindsNothingInATruncatedOne) {
    const std::string jpeg = picture();
    const Upload upload = make_upload(as_bytes(jpeg), {});
    const std::size_t whole = upload.body.find(jpeg) + jpeg.size();
    fakes::for_each_prefix(as_bytes(upload.body), [&](media::ByteSpan prefix) {
        const auto cut = find_picture(upload.content_type, prefix);
        EXPECT_EQ(cut.has_value(), prefix.size() >= whole) << prefix.size();
        if (!cut) EXPECT_EQ(cut.error().kind(), ErrorKind::DataLoss);
    });
}

TEST(ArloUpload, SaysWhatWasThereInstead) {
    const auto sentence = [](std::string_view type, std::string_view body) {
        const auto jpeg = find_picture(type, as_bytes(body));
        return jpeg ? "fine" : jpeg.error().message();
    };
    EXPECT_EQ(sentence(kForm, ""), "an upload of 0 bytes is neither a form nor a JPEG");
    EXPECT_EQ(sentence("text/html", "<html>"), "an upload of 6 bytes is neither a form nor a JPEG");
    EXPECT_EQ(sentence(kForm, "--xyz--\r\n"), "an upload without a picture in it");
    EXPECT_EQ(sentence(kForm, file_part("hello")), "jpeg: does not start with SOI");
    EXPECT_EQ(sentence(kForm, "--xyz\r\nno end of headers"), "an upload without a picture in it");
}

TEST(ArloUpload, KeepsItsLimits) {
    std::string large = picture();
    large.resize(kMaxUploadBytes, '\0');
    EXPECT_EQ(found("", large), picture());
    EXPECT_EQ(find_picture("", as_bytes(large + "x")).error().kind(), ErrorKind::ResourceExhausted);

    const auto with_parts = [](std::size_t before) {
        std::string body;
        for (std::size_t i = 0; i < before; ++i) body += part("", "x");
        return body + file_part(picture()) + "--xyz--";
    };
    EXPECT_EQ(found(kForm, with_parts(kMaxUploadParts - 1)), picture());
    EXPECT_EQ(found(kForm, with_parts(kMaxUploadParts)), "");

    const auto with_head = [](std::size_t bytes) {  // the line's end and the empty line included
        return "--xyz\r\n" + std::string(bytes - 4, 'x') + "\r\n\r\n" + picture();
    };
    EXPECT_EQ(found(kForm, with_head(kMaxPartHeadBytes)), picture());
    EXPECT_EQ(found(kForm, with_head(kMaxPartHeadBytes + 1)), "");
}

TEST(ArloUpload, GoesToTheUrlWithoutItsLastComponent) {
    EXPECT_EQ(upload_path("http://172.14.1.1:5000/snapshot/S1_d293116d/temp.jpg"),
              "/snapshot/S1_d293116d/");
    EXPECT_EQ(upload_path("http://h/temp.jpg?x=/y"), "/");
    EXPECT_EQ(upload_path("http://h/a/"), "/a/");
    EXPECT_EQ(upload_path("http://h"), "/");
    EXPECT_EQ(upload_path("/snapshot/S/now.jpg"), "/snapshot/S/");
    EXPECT_EQ(upload_path(""), "/");
}

TEST(ArloUpload, HasAnIdThatMayNameAFile) {
    EXPECT_EQ(upload_id("/snapshot/S1_d293116d/"), "S1_d293116d");
    EXPECT_EQ(upload_id("/snapshot/S1-2?x=1"), "S1-2");
    const std::string longest(kMaxUploadIdBytes, 'a');
    EXPECT_EQ(upload_id("/snapshot/" + longest), longest);
    for (const std::string& path :
         {std::string(), std::string("/"), std::string("/snapshot//"), std::string("/snapshot/.."),
          std::string("/snapshot/a.jpg"), std::string("/snapshot/a%2F"),
          std::string("/snapshot/") + '\0', "/snapshot/" + longest + "a"})
        EXPECT_EQ(upload_id(path), std::nullopt) << path;
}

}  // namespace
}  // namespace casement::protocols::arlo
