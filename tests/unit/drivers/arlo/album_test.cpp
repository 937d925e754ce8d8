// Pictures that devices upload: the album, and its door over real connections.

#include "drivers/arlo/album.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "drivers/arlo/upload_door.hpp"
#include "protocols/arlo/upload.hpp"
#include "store/files.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/coroutine.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/fakes/test_data.hpp"
#include "tests/unit/net/loop.hpp"

namespace casement::drivers::arlo {
namespace {

using namespace std::chrono_literals;
using async::Deadline;
using base::ErrorKind;
using net::tests::Served;
using testing::HasSubstr;
using testing::StartsWith;

/// A whole JPEG, found once in tests/data.
const std::string& jpeg() {
    static const std::string bytes =
        store::read_file(fakes::test_data() + "/media/picture.jpg", 1 << 20).value();
    return bytes;
}
/// Another one: bytes behind the end mark count no more, so a comment goes in front.
std::string other_jpeg(std::size_t comment = 4) {
    std::string marker = "\xFF\xFE";
    marker += static_cast<char>((comment + 2) >> 8);
    marker += static_cast<char>((comment + 2) & 0xFF);
    return jpeg().substr(0, 2) + marker + std::string(comment, 'c') + jpeg().substr(2);
}
std::string text_of(const media::Bytes& bytes) { return std::string(base::as_text(bytes)); }

const std::string kSerial = "A0B1C2D3E4F5G";

class ArloAlbum : public testing::Test {
protected:
    void SetUp() override { open(); }
    void open(AlbumOptions options = {}) {
        options.directory = dir_.path("arlo");
        album_ = std::make_shared<Album>(io_.get_executor(), options, disk_, clock_, base::Log{});
        album_->set_base_url("http://172.14.1.1:5000");
    }
    base::Result<> take(const std::string& id, std::string body, std::string type = "image/jpeg") {
        return fakes::run(io_, album_->take(id, std::move(type), std::move(body)));
    }
    std::optional<Picture> newest(const std::string& serial = kSerial) {
        return fakes::run(io_, album_->newest(serial));
    }

    fakes::TempDirectory dir_;
    fakes::Clock clock_;
    asio::io_context io_{1};
    async::BlockingPool disk_{"disk", 1};
    std::shared_ptr<Album> album_;
};

TEST_F(ArloAlbum, TheUrlLeadsToAPathWithARandomNumberInIt) {
    const auto one = album_->expect(kSerial), two = album_->expect(kSerial);
    EXPECT_NE(one.id, two.id);
    EXPECT_THAT(one.id, StartsWith(kSerial + "_"));
    EXPECT_EQ(one.url, "http://172.14.1.1:5000/snapshot/" + one.id + "/temp.jpg");
    EXPECT_EQ(protocols::arlo::upload_id(protocols::arlo::upload_path(one.url)), one.id);
}

TEST_F(ArloAlbum, APictureReachesWhoeverWaitsForIt) {
    const auto wanted = album_->expect(kSerial);
    std::optional<base::Result<Picture>> answer;
    asio::co_spawn(io_, album_->wait(wanted.id, Deadline::in(10s)),
                   [&](std::exception_ptr, base::Result<Picture> p) { answer = std::move(p); });
    fakes::settle(io_);
    EXPECT_FALSE(answer);
    ASSERT_TRUE(take(wanted.id, jpeg()));
    fakes::settle(io_);
    ASSERT_TRUE(answer && *answer);
    EXPECT_EQ(text_of((*answer)->jpeg), jpeg());
    EXPECT_EQ((*answer)->taken_at, fakes::Clock::kBegin);
    EXPECT_EQ(text_of(newest()->jpeg), jpeg());
}

TEST_F(ArloAlbum, WaitingEndsInTime) {
    const auto wanted = album_->expect(kSerial);
    const auto late = fakes::run(io_, album_->wait(wanted.id, Deadline::in(1ms)));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().kind(), ErrorKind::DeadlineExceeded);
    // It is the newest all the same when it comes.
    ASSERT_TRUE(take(wanted.id, jpeg()));
    EXPECT_TRUE(newest());
    EXPECT_FALSE(fakes::run(io_, album_->wait("nobody", Deadline::in(1ms))));
}

TEST_F(ArloAlbum, ASecondUploadOfTheSameIdChangesNothing) {
    const auto wanted = album_->expect(kSerial);
    ASSERT_TRUE(take(wanted.id, jpeg()));
    ASSERT_TRUE(take(wanted.id, other_jpeg()));
    EXPECT_EQ(text_of(newest()->jpeg), jpeg());
}

TEST_F(ArloAlbum, AnOldRequestsPictureIsNotNewerThanAYoungersOne) {
    const auto old = album_->expect(kSerial), young = album_->expect(kSerial);
    ASSERT_TRUE(take(young.id, other_jpeg()));
    ASSERT_TRUE(take(old.id, jpeg()));
    EXPECT_EQ(text_of(newest()->jpeg), other_jpeg());
}

TEST_F(ArloAlbum, NobodyPutsAPictureInPlaceOfACamerasWithoutTheNumber) {
    const auto wanted = album_->expect(kSerial);
    ASSERT_TRUE(take(kSerial, jpeg()));
    ASSERT_TRUE(take(kSerial + "_0123456789abcdef", jpeg()));
    EXPECT_FALSE(newest());
    clock_.advance(121s);  // and what was expected is forgotten
    ASSERT_TRUE(take(wanted.id, jpeg()));
    EXPECT_FALSE(newest());
}

TEST_F(ArloAlbum, OutlivesTheHub) {
    const auto wanted = album_->expect(kSerial);
    ASSERT_TRUE(take(wanted.id, jpeg()));
    const std::string file = dir_.path("arlo") + "/" + kSerial + ".jpg";
    EXPECT_EQ(store::read_file(file, 1 << 20).value(), jpeg());
    open();
    const auto kept = newest();
    ASSERT_TRUE(kept);
    EXPECT_EQ(text_of(kept->jpeg), jpeg());
    // The file's own time: written just now by the real clock.
    EXPECT_LT(std::chrono::abs(base::SystemClock().wall_now() - kept->taken_at), 1min);
    fakes::run(io_, album_->forget(kSerial));
    EXPECT_FALSE(newest());
    EXPECT_FALSE(store::read_file(file, 1 << 20));
}

TEST_F(ArloAlbum, WhatDoesNotFitInMemoryIsReadAgain) {
    open({.directory = {}, .max_bytes = jpeg().size() + 1});
    for (const std::string serial : {"ONE", "TWO", "THREE"}) {
        const auto wanted = album_->expect(serial);
        ASSERT_TRUE(take(wanted.id, jpeg()));
    }
    for (const std::string serial : {"ONE", "TWO", "THREE"}) {
        const auto kept = newest(serial);
        ASSERT_TRUE(kept) << serial;
        EXPECT_EQ(text_of(kept->jpeg), jpeg());
    }
}

TEST_F(ArloAlbum, AClientFetchesItsPictureOnce) {
    ASSERT_TRUE(album_->expect_as(kSerial, "porch"));
    EXPECT_FALSE(album_->fetch("porch", false));
    ASSERT_TRUE(take("porch", jpeg()));
    EXPECT_TRUE(album_->fetch("porch", true));
    EXPECT_TRUE(album_->fetch("porch", false));
    EXPECT_FALSE(album_->fetch("porch", false));
    EXPECT_TRUE(newest()) << "it is the camera's picture too";
    // A new request takes away what nobody fetched.
    ASSERT_TRUE(album_->expect_as(kSerial, "porch"));
    ASSERT_TRUE(take("porch", jpeg()));
    ASSERT_TRUE(album_->expect_as(kSerial, "porch"));
    EXPECT_FALSE(album_->fetch("porch", false));
    EXPECT_FALSE(album_->expect_as(kSerial, "../etc"));
    EXPECT_FALSE(album_->expect_as(kSerial, ""));
}

TEST_F(ArloAlbum, PicturesOfNobodyAreFewAndSmall) {
    open({.directory = {}, .max_shelf_bytes = 3 * jpeg().size(), .max_shelf = 5});
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(take(fmt::format("x{}", i), jpeg()));
    EXPECT_FALSE(album_->fetch("x0", true));
    EXPECT_TRUE(album_->fetch("x1", true));
    open({.directory = {}, .max_shelf = 2});
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(take(fmt::format("x{}", i), jpeg()));
    EXPECT_FALSE(album_->fetch("x0", true));
    EXPECT_TRUE(album_->fetch("x1", true));
}

// The door
// --------------------------------------------------------------------------------------------

class ArloUploads : public Served {
protected:
    void SetUp() override {
        album_ =
            std::make_shared<Album>(loop_.executor(), AlbumOptions{}, disk_, clock_, base::Log{});
        start();
        album_->set_base_url(url(""));
    }
    void add_routes(net::HttpServer& server) override { mount_uploads(server, album_); }

    /// The status line of a request written by hand.
    std::string status(const std::string& request) {
        const std::string answer = raw(request);
        return answer.substr(0, answer.find("\r\n"));
    }
    std::string post(const std::string& path, const std::string& body,
                     const std::string& more = "Content-Type: image/jpeg\r\n",
                     const std::string& method = "POST") {
        return fmt::format(
            "{} {} HTTP/1.1\r\nHost: base\r\nConnection: close\r\n{}"
            "Content-Length: {}\r\n\r\n{}",
            method, path, more, body.size(), body);
    }
    bool has_newest() {
        return loop_.run([this]() -> async::Task<bool> {
            co_return (co_await album_->newest(kSerial)).has_value();
        });
    }

    fakes::Clock clock_;
    async::BlockingPool disk_{"disk", 1};
    std::shared_ptr<Album> album_;
};

TEST_F(ArloUploads, TakesEveryFormOfEveryModel) {
    const std::optional<std::string> names[] = {"temp.jpg", "", std::nullopt};
    for (const auto& name : names) {
        const auto wanted = album_->expect(kSerial);
        const auto form = protocols::arlo::make_upload(base::as_bytes(jpeg()),
                                                       {.boundary = "----x", .file_name = name});
        EXPECT_EQ(status(post("/snapshot/" + wanted.id + "/", form.body,
                              "Content-Type: " + form.content_type + "\r\n")),
                  "HTTP/1.1 200 OK");
        EXPECT_FALSE(album_->fetch(wanted.id, true)) << "it is nobody else's";
    }
    for (const char* const type : {"image/jpeg", "application/octet-stream"}) {
        const auto wanted = album_->expect(kSerial);
        EXPECT_EQ(status(post("/snapshot/" + wanted.id, jpeg(),
                              fmt::format("Content-Type: {}\r\n", type), "PUT")),
                  "HTTP/1.1 200 OK");
    }
    // Part headers that end in LF alone.
    const auto wanted = album_->expect(kSerial);
    const std::string body =
        "--b\nContent-Disposition: form-data; name=\"file\"\n\n" + jpeg() + "\n--b--\n";
    EXPECT_EQ(status(post("/snapshot/" + wanted.id + "/", body,
                          "Content-Type: multipart/form-data; boundary=b\r\n")),
              "HTTP/1.1 200 OK");
    EXPECT_TRUE(has_newest());
}

TEST_F(ArloUploads, TakesChunksAndExpectations) {
    auto wanted = album_->expect(kSerial);
    const std::string body = jpeg();
    EXPECT_EQ(
        status(fmt::format("POST /snapshot/{}/ HTTP/1.1\r\nHost: b\r\nConnection: close\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n{:x}\r\n{}\r\n"
                           "0\r\n\r\n",
                           wanted.id, 10, body.substr(0, 10), body.size() - 10, body.substr(10))),
        "HTTP/1.1 200 OK");
    EXPECT_TRUE(has_newest());
    wanted = album_->expect(kSerial);
    const std::string answer = raw(post("/snapshot/" + wanted.id + "/", body,
                                        "Content-Type: image/jpeg\r\nExpect: 100-continue\r\n"));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("Content-Length: 0\r\n"));
}

TEST_F(ArloUploads, RefusesWhatIsNoPicture) {
    const auto wanted = album_->expect(kSerial);
    const std::string path = "/snapshot/" + wanted.id + "/";
    EXPECT_EQ(status(post(path, "")), "HTTP/1.1 400 Bad Request");
    EXPECT_EQ(status(post(path, "<html>")), "HTTP/1.1 400 Bad Request");
    EXPECT_EQ(status(post(path, jpeg().substr(0, jpeg().size() / 2))), "HTTP/1.1 400 Bad Request");
    EXPECT_FALSE(has_newest());
    for (const char* const id : {"a%2fb", "..%2f..", "a.b", "%00", "a%20b"}) {
        EXPECT_EQ(status(post(fmt::format("/snapshot/{}/", id), jpeg())),
                  "HTTP/1.1 400 Bad Request")
            << id;
    }
    EXPECT_EQ(status(post("/snapshot/" + std::string(64, 'a'), jpeg())), "HTTP/1.1 200 OK");
    EXPECT_EQ(status(post("/snapshot/" + std::string(65, 'a'), jpeg())),
              "HTTP/1.1 400 Bad Request");
    EXPECT_EQ(status("GET /snapshot/x HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n"),
              "HTTP/1.1 405 Method Not Allowed");
}

TEST_F(ArloUploads, TakesEightMebibytesAndNotOneByteMore) {
    const std::size_t most = protocols::arlo::kMaxUploadBytes;
    auto wanted = album_->expect(kSerial);
    // Bytes behind the end of the picture are none of it.
    std::string body = jpeg() + std::string(most - jpeg().size(), 'x');
    EXPECT_EQ(status(post("/snapshot/" + wanted.id, body)), "HTTP/1.1 200 OK");
    body += 'x';
    wanted = album_->expect(kSerial);
    EXPECT_EQ(status(post("/snapshot/" + wanted.id, body)), "HTTP/1.1 413 Content Too Large");
}

}  // namespace
}  // namespace casement::drivers::arlo
