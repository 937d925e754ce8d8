// MSE, MJPEG and HLS as clients see them: over loopback, from a camera that sends ten pictures in
// 50 ms.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "hub/stream_hub.hpp"
#include "media/jpeg.hpp"
#include "net/http_client.hpp"
#include "outputs/hls/hls.hpp"
#include "outputs/mjpeg/pictures.hpp"
#include "outputs/mse/session.hpp"
#include "protocols/hls/playlist.hpp"
#include "tests/fakes/mp4_units.hpp"
#include "tests/unit/net/loop.hpp"

namespace casement::outputs {
namespace {

using async::Task;
using base::Result;
using net::Request;
using net::Response;
using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

const std::vector<fakes::TrackUnits>& recorded() {
    static const auto tracks = [] {
        const formats::MemorySource source(fakes::data_file("media/ffmpeg_h264_aac.mp4"));
        return fakes::units_of(source);
    }();
    return tracks;
}

/// Plays the recorded pictures in a circle, twenty times as fast as they were taken.
class CircleSource final : public hub::Source {
public:
    explicit CircleSource(media::Codec codec) : codec_(codec) {}
    Task<Result<>> run(hub::StreamWriter& writer) override {
        media::Track track = recorded()[0].track;
        const media::Bytes picture = fakes::data_file("media/picture.jpg");
        if (codec_ == media::Codec::Mjpeg) {
            track.codec = codec_;
            track.parameters = std::make_shared<media::CodecParameters>(
                media::jpeg::make_parameters(*media::jpeg::parse(picture)));
        }
        writer.set_tracks({track});
        for (int i = 0;; ++i) {
            media::AccessUnit unit = *recorded()[0].units[static_cast<std::size_t>(i % 10)];
            unit.pts += i / 10 * 10 * 1024;
            unit.dts += i / 10 * 10 * 1024;
            unit.wall = std::chrono::time_point_cast<std::chrono::microseconds>(
                std::chrono::system_clock::now());
            if (codec_ == media::Codec::Mjpeg) {
                unit.data = picture;
                unit.key = true;
                unit.pts = unit.dts;
            }
            writer.publish(std::move(unit));
            CASEMENT_CO_TRY(co_await async::sleep_for(5ms));  // real time: a camera's pace
        }
    }
    Task<> close(async::Deadline) override { co_return; }
    std::string description() const override { return "circle"; }

private:
    media::Codec codec_;
};

class HttpOutputs : public net::tests::Served {
protected:
    void SetUp() override {
        add_camera("porch", media::Codec::H264);
        add_camera("attic", media::Codec::Mjpeg);
        hub::StreamOptions broken;
        broken.supervisor.always = false;
        (void)hub_.add(
            "cellar",
            []() -> Task<Result<std::unique_ptr<hub::Source>>> {
                co_return base::fail_because("no-route", base::ErrorKind::Unavailable,
                                             "10.0.0.9 does not answer");
            },
            broken);
        start();
    }
    void TearDown() override {
        loop_.run([this]() -> Task<> { co_await hls_.stop(); });
        Served::TearDown();
        loop_.run([this]() -> Task<> { co_await hub_.stop(); });
    }
    void add_camera(std::string name, media::Codec codec) {
        hub::StreamOptions options;
        options.supervisor.always = false;
        options.supervisor.linger = 50ms;
        ASSERT_TRUE(hub_.add(
            std::move(name),
            [codec]() -> Task<Result<std::unique_ptr<hub::Source>>> {
                co_return std::make_unique<CircleSource>(codec);
            },
            options));
    }
    void add_routes(net::HttpServer& server) override {
        auto services =
            std::make_shared<const mse::Services>(mse::Services{hub_, fan_out_, pictures_, {}, {}});
        server.websocket("/api/ws", mse::websocket_handler(services));
        server.route("GET", "/mjpeg/{name}", [this](Request r) { return answer(r, Kind::Mjpeg); });
        server.route("GET", "/hls/{name}/index.m3u8",
                     [this](Request r) { return answer(r, Kind::Playlist); });
        server.route("GET", "/hls/{name}/init.mp4",
                     [this](Request r) { return answer(r, Kind::Init); });
        server.route("GET", "/hls/{name}/segment/{file}",
                     [this](Request r) { return answer(r, Kind::Segment); });
    }
    enum class Kind { Mjpeg, Playlist, Init, Segment };
    Task<Response> answer(Request request, Kind kind) {
        const std::string name(request.capture("name"));
        auto stream = hub_.find(name);
        Result<Response> made = base::fail(base::ErrorKind::Internal, "not asked");
        switch (kind) {
            case Kind::Mjpeg:
                made = pictures_.stream(stream, request);
                break;
            case Kind::Playlist:
                made = co_await hls_.playlist(stream, request);
                break;
            case Kind::Init:
                made = hls_.init(name, request);
                break;
            case Kind::Segment:
                made = hls_.segment(name, request.capture("file"));
                break;
        }
        if (!made)
            co_return Response::text(made.error().is(base::ErrorKind::NotFound) ? 404 : 503,
                                     made.error().message());
        co_return std::move(*made);
    }

    /// The whole answer of a GET, head and body.
    std::string get(const std::string& target, std::string until = {}) {
        return raw("GET " + target + " HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n",
                   std::move(until));
    }
    static std::string body_of(const std::string& answer) {
        return answer.substr(answer.find("\r\n\r\n") + 4);
    }
    static std::string field(const std::string& answer, const std::string& name) {
        const auto at = answer.find(name + ": ");
        return at == std::string::npos
                   ? ""
                   : answer.substr(at + name.size() + 2,
                                   answer.find("\r\n", at) - at - name.size() - 2);
    }

    /// Sends one message over a fresh WebSocket and collects `texts` and `binaries` until there are
    /// so many binaries.
    struct Heard {
        std::vector<json> texts;
        std::vector<std::vector<std::uint8_t>> binaries;
    };
    Heard talk(std::string_view source, std::string message, std::size_t binaries,
               std::size_t texts) {
        return loop_.run([&]() -> Task<Heard> {
            auto socket = co_await net::connect_websocket(
                {.url = url(fmt::format("/api/ws?src={}", source), "ws"),
                 .headers = {},
                 .subprotocols = {},
                 .connect = {},
                 .options = {.max_message_bytes = 1 << 20}},
                net::tests::soon());
            EXPECT_TRUE(socket);
            Heard heard;
            (void)co_await (*socket)->send_text(std::move(message));
            while (heard.binaries.size() < binaries || heard.texts.size() < texts) {
                auto got = co_await (*socket)->receive();
                if (!got) break;
                if (got->is_text()) {
                    heard.texts.push_back(json::parse(got->text()));
                } else {
                    heard.binaries.push_back(std::move(got->data));
                }
            }
            co_await (*socket)->close();
            co_return heard;
        });
    }

    base::SystemClock clock_;
    async::BlockingPool pool_{"codecs", 1};
    hub::StreamHub hub_{{loop_.executor()}, clock_, base::Log{}};
    mjpeg::Pictures pictures_{pool_};
    fanout::FanOut fan_out_;
    hls::Hls hls_{loop_.executor(), fan_out_, base::Log{}};
};

TEST_F(HttpOutputs, MseSaysItsCodecsThenSendsInitAndFragments) {
    const auto heard = talk("porch", R"({"type":"mse","value":"avc1.640029,mp4a.40.2"})", 12, 1);
    ASSERT_EQ(heard.texts.size(), 1u);
    EXPECT_EQ(heard.texts[0],
              (json{{"type", "mse"}, {"value", "video/mp4; codecs=\"avc1.64000a\""}}));
    ASSERT_EQ(heard.binaries.size(), 12u);
    std::vector<std::uint8_t> file;
    for (const auto& part : heard.binaries) file.insert(file.end(), part.begin(), part.end());
    const auto read = fakes::units_of(formats::MemorySource(media::Bytes::from(std::move(file))));
    ASSERT_EQ(read.size(), 1u);
    ASSERT_EQ(read[0].units.size(), 11u);
    EXPECT_TRUE(read[0].units[0]->key);
    EXPECT_EQ(read[0].units[0]->dts, 0);
}

TEST_F(HttpOutputs, MseSaysWhyThereIsNothing) {
    auto heard = talk("porch", R"({"type":"mse","value":"hvc1.1.6.L93.B0"})", 0, 1);
    ASSERT_EQ(heard.texts.size(), 1u);
    EXPECT_EQ(heard.texts[0]["type"], "error");
    EXPECT_THAT(heard.texts[0]["value"].get<std::string>(),
                StartsWith("mse: this browser does not play h264"));
    heard = talk("cellar", R"({"type":"mse","value":""})", 0, 1);
    EXPECT_THAT(heard.texts.at(0)["value"].get<std::string>(),
                HasSubstr("10.0.0.9 does not answer"));
    heard = talk("nowhere", R"({"type":"mse","value":""})", 0, 1);
    EXPECT_THAT(heard.texts.at(0)["value"].get<std::string>(), HasSubstr("there is no camera"));
}

TEST_F(HttpOutputs, MseSaysWhyItWaitsAndShowsTheCameraWhenItComes) {
    bool there = false;
    hub::StreamOptions options;
    options.supervisor.always = false;
    options.supervisor.backoff.first = 1h;
    ASSERT_TRUE(hub_.add(
        "barn",
        [&there]() -> Task<Result<std::unique_ptr<hub::Source>>> {
            if (!there)
                co_return base::fail_because("no-route", base::ErrorKind::Unavailable,
                                             "10.0.0.7 does not answer");
            co_return std::make_unique<CircleSource>(media::Codec::H264);
        },
        options));
    const auto heard = loop_.run([&]() -> Task<Heard> {
        auto socket = co_await net::connect_websocket(
            {.url = url("/api/ws?src=barn", "ws"), .options = {.max_message_bytes = 1 << 20}},
            net::tests::soon());
        EXPECT_TRUE(socket);
        Heard out;
        (void)co_await (*socket)->send_text(R"({"type":"mse","value":"avc1"})");
        while (out.binaries.size() < 3) {
            auto got = co_await (*socket)->receive();
            if (!got) break;
            if (!got->is_text()) {
                out.binaries.push_back(std::move(got->data));
                continue;
            }
            out.texts.push_back(json::parse(got->text()));
            there = true;  // somebody plugs it in after the first sentence
            hub_.retry_now("barn");
        }
        EXPECT_EQ(hub_.find("barn")->status().viewers, 1);
        co_await (*socket)->close();
        co_return out;
    });
    ASSERT_EQ(heard.texts.size(), 2u);
    EXPECT_EQ(heard.texts[0],
              (json{{"type", "error"}, {"value", "mse: 10.0.0.7 does not answer"}}));
    EXPECT_EQ(heard.texts[1]["type"], "mse");
    EXPECT_EQ(heard.binaries.size(), 3u);
}

TEST_F(HttpOutputs, MseAnswersNonsense) {
    for (const char* text : {"", "[]", "{", R"({"type":1})", "\"mse\""}) {
        const auto heard = talk("porch", text, 0, 1);
        ASSERT_EQ(heard.texts.size(), 1u) << text;
        EXPECT_EQ(heard.texts[0]["type"], "error");
    }
    const auto heard = talk("porch", R"({"type":"webrtc/offer","value":"v=0"})", 0, 1);
    EXPECT_EQ(heard.texts.at(0)["value"], "webrtc/offer: not served here");
}

TEST_F(HttpOutputs, Mp4SendsWholeFilesOfKeyFrames) {
    const auto heard = talk("porch", R"({"type":"mp4","value":"avc1.640029"})", 2, 1);
    ASSERT_EQ(heard.binaries.size(), 2u);
    for (const auto& file : heard.binaries) {
        const auto read = fakes::units_of(formats::MemorySource(media::Bytes::copy_of(file)));
        ASSERT_EQ(read.size(), 1u);
        ASSERT_EQ(read[0].units.size(), 1u);
        EXPECT_TRUE(read[0].units[0]->key);
    }
}

TEST_F(HttpOutputs, MjpegOverTheSocketSendsPictures) {
    for (const char* camera : {"porch", "attic"}) {
        const auto heard = talk(camera, R"({"type":"mjpeg","value":""})", 2, 1);
        EXPECT_EQ(heard.texts.at(0)["type"], "mjpeg");
        ASSERT_EQ(heard.binaries.size(), 2u) << camera;
        EXPECT_TRUE(media::jpeg::parse(heard.binaries[1]));
    }
}

TEST_F(HttpOutputs, MjpegIsJpegAfterJpeg) {
    const std::string answer =
        get("/mjpeg/attic", std::string("image/jpeg\r\nContent-Length: 720\r\n\r\n\xFF\xD8"));
    EXPECT_EQ(field(answer, "Content-Type"), "multipart/x-mixed-replace; boundary=frame");
    EXPECT_THAT(answer, HasSubstr("--frame\r\nContent-Type: image/jpeg\r\n"));
}

TEST_F(HttpOutputs, HlsListsSegmentsThatPlay) {
    std::string list = get("/hls/porch/index.m3u8?token=a1");
    ASSERT_THAT(list, StartsWith("HTTP/1.1 200"));
    EXPECT_EQ(field(list, "Content-Type"), "application/vnd.apple.mpegurl");
    const auto playlist = protocols::hls::parse_media_playlist(body_of(list));
    ASSERT_TRUE(playlist) << playlist.error().message();
    ASSERT_FALSE(playlist->segments.empty());
    const auto& segment = playlist->segments.front();
    EXPECT_EQ(segment.uri, "segment/0.m4s?token=a1");
    EXPECT_TRUE(segment.program_date_time);
    const std::string init = get("/hls/porch/" + segment.map_uri),
                      media = get("/hls/porch/" + segment.uri);
    EXPECT_EQ(field(media, "Content-Type"), "video/mp4");
    const std::string file = body_of(init) + body_of(media);
    const auto read =
        fakes::units_of(formats::MemorySource(media::Bytes::copy_of(base::as_bytes(file))));
    ASSERT_EQ(read.size(), 1u);
    ASSERT_FALSE(read[0].units.empty());
    EXPECT_TRUE(read[0].units[0]->key);
    const double seconds = static_cast<double>(read[0].units.size()) / 10;
    EXPECT_NEAR(seconds, std::chrono::duration<double>(segment.duration).count(), 0.11);
    EXPECT_GE(seconds, 1.8);
}

TEST_F(HttpOutputs, HlsKnowsWhatItDoesNotHave) {
    EXPECT_THAT(get("/hls/porch/init.mp4"), StartsWith("HTTP/1.1 404"));
    EXPECT_THAT(get("/hls/porch/segment/0.m4s"), StartsWith("HTTP/1.1 404"));
    ASSERT_THAT(get("/hls/porch/index.m3u8"), StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(get("/hls/porch/init.mp4?v=9"), StartsWith("HTTP/1.1 404"));
    EXPECT_THAT(get("/hls/porch/init.mp4?v=x"), StartsWith("HTTP/1.1 404"));
    EXPECT_THAT(get("/hls/porch/segment/999.m4s"), StartsWith("HTTP/1.1 404"));
    EXPECT_THAT(get("/hls/porch/segment/0.mp4"), StartsWith("HTTP/1.1 404"));
    EXPECT_THAT(get("/hls/cellar/index.m3u8"), StartsWith("HTTP/1.1 503"));
}

TEST_F(HttpOutputs, HlsDoesNotRepeatAHostileQuery) {
    const std::string list = get("/hls/porch/index.m3u8?x=\"evil");
    EXPECT_THAT(list, Not(HasSubstr("evil")));
}

}  // namespace
}  // namespace casement::outputs
