// Device Access as the emulated cloud gives it, over real sockets.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "async/deadline.hpp"
#include "emulators/nest/cloud.hpp"
#include "emulators/testcam/rtsp_camera.hpp"
#include "net/connect.hpp"
#include "net/http_client.hpp"
#include "net/tls.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/co_assert.hpp"
#include "tests/fakes/coroutine.hpp"

namespace casement::tests {
namespace {

using namespace emulators::nest;
using namespace std::chrono_literals;
using async::Deadline;
using async::Task;
using nlohmann::json;

class NestDeviceAccess : public testing::Test {
public:  // for the coroutines of the tests
    NestDeviceAccess() {
        CloudOptions options;
        options.certificate = certificate_;
        options.live_picture = {.width = 320, .height = 180, .fps = 10};
        options.time_scale = 0.01;
        net::HttpClientOptions client;
        client.connect.tls.emplace().pinned_sha256 =
            net::fingerprint_of(certificate_.certificate_pem).value();
        client_ = std::make_unique<net::HttpClient>(io_.get_executor(), client);
        cloud_ = Cloud::start(io_.get_executor(), pool_, clock_, options, {}).value();
        cloud_->accounts().add({.email = "owner@example.test"});
        cloud_->devices().add({.id = "cam-rtsp"});
        cloud_->devices().add({.id = "bell", .is_doorbell = true, .speaks_rtsp = false});
        token_ = cloud_->accounts().issue(Kind::DeviceAccess, "1000001").reveal();
    }
    void TearDown() override {
        run([](NestDeviceAccess& t) -> Task<> { co_await t.cloud_->stop(); });
    }
    void run(Task<> (*test)(NestDeviceAccess&)) { fakes::run(io_, test(*this)); }

    Task<net::ClientResponse> send(std::string method, std::string url, std::string body = {},
                                   std::string authorization = {}) {
        net::ClientRequest request;
        request.method = std::move(method);
        request.url = std::move(url);
        request.headers.add("Authorization",
                            authorization.empty() ? "Bearer " + token_ : authorization);
        request.body = std::move(body);
        auto answer = co_await client_->send(std::move(request), Deadline::in(5s));
        co_return answer ? std::move(*answer) : net::ClientResponse{};
    }
    std::string devices_url() {
        return cloud_->device_access_url() + "/v1/enterprises/emu-project/devices";
    }
    Task<net::ClientResponse> execute(std::string device, std::string command,
                                      json params = json::object()) {
        co_return co_await send(
            "POST", fmt::format("{}/{}:executeCommand", devices_url(), device),
            json{{"command", "sdm.devices.commands." + command}, {"params", std::move(params)}}
                .dump());
    }
    Task<json> subscription(std::string verb, json body) {
        const auto answer = co_await send(
            "POST",
            fmt::format("{}/v1/projects/gcp/subscriptions/casement:{}", cloud_->pubsub_url(), verb),
            body.dump());
        EXPECT_EQ(answer.status, 200);
        co_return json::parse(answer.body, nullptr, false);
    }
    Task<std::unique_ptr<net::Stream>> open(std::string url) {
        EXPECT_TRUE(url.starts_with("rtsps://"));
        const std::size_t host = url.find("//") + 2;
        const auto at = net::parse_endpoint(url.substr(host, url.find('/', host) - host));
        net::ConnectOptions options;
        options.tls.emplace().pinned_sha256 =
            net::fingerprint_of(certificate_.certificate_pem).value();
        auto stream =
            co_await net::connect(at->address().to_string(), at->port(), options, Deadline::in(5s));
        co_return stream ? std::move(*stream) : nullptr;
    }
    /// What RTSP answers. The session's name is kept.
    Task<int> say(net::Stream& stream, std::string request) {
        (void)co_await stream.write_all(base::as_bytes(request));
        std::string answer;
        while (!answer.contains("\r\n\r\n")) {
            std::array<std::uint8_t, 1> byte{};  // and nothing of what comes behind
            if (!co_await stream.read_some(byte)) co_return 0;
            answer.push_back(static_cast<char>(byte[0]));
        }
        const auto field = [&](std::string_view name) {
            const std::size_t begin = answer.find(name);
            if (begin == std::string::npos) return std::string();
            const std::size_t end = answer.find_first_of(";\r", begin);
            return answer.substr(begin + name.size(), end - begin - name.size());
        };
        if (auto session = field("Session: "); !session.empty()) session_ = std::move(session);
        if (const auto length = field("Content-Length: "); !length.empty()) {
            std::vector<std::uint8_t> body(std::stoul(length));
            (void)co_await stream.read_exactly(body);
        }
        co_return std::stoi(answer.substr(9, 3));
    }
    Task<int> describe(std::string url) {
        const auto stream = co_await open(url);
        if (!stream) co_return 0;
        co_return co_await say(*stream, "DESCRIBE " + url + " RTSP/1.0\r\nCSeq: 1\r\n\r\n");
    }

    const net::Certificate certificate_ =
        net::make_self_signed("emulated Nest", {"127.0.0.1"}, std::chrono::days(1)).value();
    std::string session_;
    asio::io_context io_{1};
    async::BlockingPool pool_{"emulator", 1};
    fakes::Clock clock_;
    std::unique_ptr<Cloud> cloud_;
    std::unique_ptr<net::HttpClient> client_;
    std::string token_;
};

TEST_F(NestDeviceAccess, GivesTokensForACodeAndThenForTheRefreshToken) {
    run([](NestDeviceAccess& t) -> Task<> {
        const std::string client = fmt::format("client_id={}&client_secret={}", Accounts::kClientId,
                                               Accounts::kClientSecret);
        const auto ask = [&](std::string rest) -> Task<json> {
            const auto answer =
                co_await t.send("POST", t.cloud_->google_url() + "/oauth2/v4/token", client + rest);
            co_return json::parse(answer.body);
        };
        const std::string code = t.cloud_->accounts().consent("1000001").reveal();
        const std::string by_code =
            "&grant_type=authorization_code&redirect_uri=http://localhost&code=" + code;
        const json first = co_await ask(by_code);
        const std::string refresh = first.at("refresh_token");
        EXPECT_EQ((co_await ask(by_code)).at("error"), "invalid_grant");  // good once
        const json second = co_await ask("&grant_type=refresh_token&refresh_token=" + refresh);
        EXPECT_FALSE(second.contains("refresh_token"));
        const auto listed = co_await t.send(
            "GET", t.devices_url(), {}, "Bearer " + second.at("access_token").get<std::string>());
        EXPECT_EQ(listed.status, 200);
        EXPECT_EQ(json::parse(listed.body).at("devices").size(), 2u);
        EXPECT_EQ((co_await t.send("GET", t.devices_url(), {}, "Basic " + t.token_)).status, 401);
        t.cloud_->accounts().log_out_google();
        EXPECT_EQ((co_await ask("&grant_type=refresh_token&refresh_token=" + refresh)).at("error"),
                  "invalid_grant");
    });
}

TEST_F(NestDeviceAccess, LendsAStreamThatIsExtendedByItsNewestToken) {
    run([](NestDeviceAccess& t) -> Task<> {
        const auto answer = co_await t.execute("cam-rtsp", "CameraLiveStream.GenerateRtspStream");
        EXPECT_EQ(answer.status, 200);
        const json lease = json::parse(answer.body).at("results");
        const std::string url = lease.at("streamUrls").at("rtspUrl");
        EXPECT_EQ(base::parse_rfc3339(lease.at("expiresAt").get<std::string>()).value(),
                  t.clock_.wall_now() + 300s);
        EXPECT_EQ(co_await t.describe(url), 200);
        EXPECT_EQ(co_await t.describe(url + "x"), 403);

        t.clock_.advance(240s);
        const auto extended =
            co_await t.execute("cam-rtsp", "CameraLiveStream.ExtendRtspStream",
                               {{"streamExtensionToken", lease.at("streamExtensionToken")}});
        const json longer = json::parse(extended.body).at("results");
        EXPECT_FALSE(longer.contains("streamUrls"));
        EXPECT_EQ((co_await t.execute("cam-rtsp", "CameraLiveStream.ExtendRtspStream",
                                      {{"streamExtensionToken", lease.at("streamExtensionToken")}}))
                      .status,
                  404);
        const std::string renewed =
            url.substr(0, url.find("?")) + "?auth=" + longer.at("streamToken").get<std::string>();
        EXPECT_EQ(co_await t.describe(url), 403);
        EXPECT_EQ(co_await t.describe(renewed), 200);
        t.clock_.advance(300s);
        EXPECT_EQ(co_await t.describe(renewed), 404);
        EXPECT_EQ((co_await t.execute("bell", "CameraLiveStream.GenerateRtspStream")).status, 400);
        const auto counters = t.cloud_->devices().counters();
        EXPECT_EQ(counters.expired, 1u);
        EXPECT_EQ(counters.open_leases, 0u);
    });
}

TEST_F(NestDeviceAccess, ExtendsAStreamAsOftenAsItWasToldTo) {
    run([](NestDeviceAccess& t) -> Task<> {
        t.cloud_->devices().change().extensions = 1;
        const auto answer = co_await t.execute("cam-rtsp", "CameraLiveStream.GenerateRtspStream");
        const auto extend = [&](const net::ClientResponse& last) {
            const json results = json::parse(last.body).at("results");
            return t.execute("cam-rtsp", "CameraLiveStream.ExtendRtspStream",
                             {{"streamExtensionToken", results.at("streamExtensionToken")}});
        };
        const auto longer = co_await extend(answer);
        EXPECT_EQ(longer.status, 200);
        const auto refused = co_await extend(longer);
        EXPECT_EQ(json::parse(refused.body).at("error").at("status"), "FAILED_PRECONDITION");
        EXPECT_EQ(t.cloud_->devices().counters().refused_extensions, 1u);
        EXPECT_EQ(t.cloud_->devices().counters().open_leases, 1u) << "it lives to its end";
    });
}

TEST_F(NestDeviceAccess, SendsAFilmBehindARing) {
    run([](NestDeviceAccess& t) -> Task<> {
        (void)co_await t.send("GET", t.devices_url());
        t.cloud_->devices().add_event("bell", "DoorbellChime.Chime");
        const json pulled =
            (co_await t.subscription("pull", {{"maxMessages", 10}})).at("receivedMessages");
        CO_ASSERT(pulled.size() == 2);
        const auto event = [&](std::size_t index, const char* kind) {
            const json message = json::parse(
                net::base64_decoded(pulled[index].at("message").at("data").get<std::string>())
                    .value());
            return message.at("resourceUpdate").at("events").at(kind);
        };
        const json ring = event(0, "sdm.devices.events.DoorbellChime.Chime");
        const json film = event(1, "sdm.devices.events.CameraClipPreview.ClipPreview");
        EXPECT_EQ(film.at("eventSessionId"), ring.at("eventSessionId"));
        const std::string url = film.at("previewUrl");
        EXPECT_EQ((co_await t.send("GET", url, {}, "Basic " + t.token_)).status, 401);
        const auto mp4 = co_await t.send("GET", url);
        EXPECT_EQ(mp4.headers.get("Content-Type"), "video/mp4");
        EXPECT_EQ(mp4.body.substr(4, 4), "ftyp");
    });
}

TEST_F(NestDeviceAccess, PlaysUntilTheLeaseEnds) {
    run([](NestDeviceAccess& t) -> Task<> {
        const auto answer = co_await t.execute("cam-rtsp", "CameraLiveStream.GenerateRtspStream");
        const json lease = json::parse(answer.body).at("results");
        const std::string url = lease.at("streamUrls").at("rtspUrl");
        const auto stream = co_await t.open(url);
        CO_ASSERT(stream);
        EXPECT_EQ(co_await t.say(*stream, "DESCRIBE " + url + " RTSP/1.0\r\nCSeq: 1\r\n\r\n"), 200);
        const std::string track = url + "/trackID=0";  // behind the query
        EXPECT_EQ(co_await t.say(*stream, "SETUP " + track +
                                              " RTSP/1.0\r\nCSeq: 2\r\nTransport: "
                                              "RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n"),
                  200);
        EXPECT_EQ(co_await t.say(*stream, "PLAY " + url + " RTSP/1.0\r\nCSeq: 3\r\nSession: " +
                                              t.session_ + "\r\n\r\n"),
                  200);
        std::array<std::uint8_t, 64 * 1024> bytes{};
        EXPECT_TRUE(
            co_await async::with_deadline(Deadline::in(5s), "picture", stream->read_some(bytes)));
        EXPECT_EQ(t.cloud_->lent_camera("cam-rtsp")->counters().playing, 1u);
        // Extended: it goes on, though the token that it was opened with has been replaced.
        t.clock_.advance(200s);
        const auto extended =
            co_await t.execute("cam-rtsp", "CameraLiveStream.ExtendRtspStream",
                               {{"streamExtensionToken", lease.at("streamExtensionToken")}});
        EXPECT_EQ(extended.status, 200);
        t.clock_.advance(200s);
        (void)co_await async::sleep_for(250ms);  // real time: it looks ten times a second
        EXPECT_EQ(t.cloud_->lent_camera("cam-rtsp")->counters().playing, 1u);
        t.clock_.advance(101s);
        const Deadline deadline = Deadline::in(5s);
        while (co_await async::with_deadline(deadline, "end", stream->read_some(bytes))) continue;
        EXPECT_FALSE(deadline.passed());
        EXPECT_EQ(t.cloud_->lent_camera("cam-rtsp")->counters().playing, 0u);
    });
}

TEST_F(NestDeviceAccess, HoldsToItsLimits) {
    run([](NestDeviceAccess& t) -> Task<> {
        for (int i = 0; i < 5; ++i)
            EXPECT_EQ((co_await t.send("GET", t.devices_url())).status, 200);
        EXPECT_EQ((co_await t.send("GET", t.devices_url())).status, 429);
        for (int i = 0; i < 5; ++i) {
            EXPECT_EQ((co_await t.execute("cam-rtsp", "CameraLiveStream.StopRtspStream")).status,
                      404);
        }
        const auto slow = co_await t.execute("cam-rtsp", "CameraLiveStream.StopRtspStream");
        EXPECT_EQ(json::parse(slow.body).at("error").at("status"), "RESOURCE_EXHAUSTED");
        for (int i = 0; i < 4; ++i)
            EXPECT_EQ((co_await t.execute("bell", "CameraLiveStream.StopRtspStream")).status, 404);
        EXPECT_EQ((co_await t.execute("bell", "CameraLiveStream.StopRtspStream")).status, 429);
        t.clock_.advance(60s);
        EXPECT_EQ((co_await t.execute("bell", "CameraLiveStream.StopRtspStream")).status, 404);
        EXPECT_EQ(t.cloud_->devices().counters().most_commands, 10u);
        EXPECT_EQ(t.cloud_->devices().counters().over_limit, 3u);
    });
}

TEST_F(NestDeviceAccess, TellsWhatHappenedUntilItIsAcknowledged) {
    run([](NestDeviceAccess& t) -> Task<> {
        t.cloud_->devices().add_event("cam-rtsp", "CameraMotion.Motion");  // nobody has listed yet
        EXPECT_TRUE((co_await t.subscription("pull", {{"maxMessages", 10}})).empty());
        (void)co_await t.send("GET", t.devices_url());
        t.cloud_->devices().sends_twice = true;
        const std::string id = t.cloud_->devices().add_event("cam-rtsp", "CameraMotion.Motion");
        const json pulled =
            (co_await t.subscription("pull", {{"maxMessages", 10}})).at("receivedMessages");
        CO_ASSERT(pulled.size() == 2);
        const json event = json::parse(
            net::base64_decoded(pulled[0].at("message").at("data").get<std::string>()).value());
        EXPECT_EQ(pulled[0].at("message").at("data"), pulled[1].at("message").at("data"));
        EXPECT_EQ(event.at("resourceUpdate")
                      .at("events")
                      .at("sdm.devices.events.CameraMotion.Motion")
                      .at("eventId"),
                  id);
        (void)co_await t.subscription("acknowledge", {{"ackIds", {pulled[0].at("ackId")}}});
        EXPECT_TRUE((co_await t.subscription("pull", {{"maxMessages", 10}})).empty());
        t.clock_.advance(10s);
        EXPECT_EQ(
            (co_await t.subscription("pull", {{"maxMessages", 10}})).at("receivedMessages").size(),
            1u);

        const auto made =
            co_await t.execute("cam-rtsp", "CameraEventImage.GenerateImage", {{"eventId", id}});
        const json image = json::parse(made.body).at("results");
        const std::string url = image.at("url").get<std::string>() + "?width=1600";
        const std::string token = image.at("token");
        EXPECT_EQ((co_await t.send("GET", url, {}, "Bearer " + token)).status, 404);
        EXPECT_TRUE(
            (co_await t.send("GET", url, {}, "Basic " + token)).body.starts_with("\xFF\xD8"));
        t.clock_.advance(30s);
        EXPECT_EQ(
            (co_await t.execute("cam-rtsp", "CameraEventImage.GenerateImage", {{"eventId", id}}))
                .status,
            504);
    });
}

}  // namespace
}  // namespace casement::tests
