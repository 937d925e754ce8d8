#include "api/api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/openapi.hpp"
#include "api/problem.hpp"
#include "net/http_client.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/scripted_driver.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/fakes/tones.hpp"
#include "tests/unit/net/loop.hpp"

namespace casement::api {
namespace {

using base::ErrorKind;
using net::ClientRequest;
using net::ClientResponse;
using net::tests::soon;
using nlohmann::json;
using testing::HasSubstr;
using namespace std::chrono_literals;

class FakeFootage final : public FootageStore {
public:
    struct File final : Footage {
        base::WallTime start() const override { return fakes::Clock::kBegin; }
        std::optional<std::uint64_t> size() const override { return 8; }
        Task<Result<media::Bytes>> next() override {
            if (fails && count == 1) co_return base::fail(ErrorKind::DataLoss, "a bad sector");
            co_return ++count <= 2 ? media::Bytes::copy_of(base::as_bytes("mp4!")) : media::Bytes();
        }
        int count = 0;
        bool fails = false;
    };

    Task<Result<FootageList>> list(std::string, base::WallTime from, base::WallTime) override {
        FootageList out;
        out.segments = {{from, from + 60s, 1, 100},
                        {from + 60s, from + 120s, 1, 100},
                        {from + 180s, from + 240s, 2, 50}};
        out.gaps = {{from + 120s, from + 180s, "camera-unreachable", "The camera did not answer."}};
        co_return out;
    }
    Task<Result<std::unique_ptr<Footage>>> open(std::string, base::WallTime from,
                                                base::WallTime) override {
        if (from < fakes::Clock::kBegin)
            co_return base::fail(ErrorKind::NotFound, "Nothing was recorded then.");
        auto file = std::make_unique<File>();
        file->fails = fails;
        co_return file;
    }
    bool fails = false;
};

class ApiTest : public net::tests::Served {
protected:
    ApiTest() {
        web_.write("index.html", "<!doctype html><title>Casement</title>");
        web_.write("js/app.js", "export {};");
        web_.write("package.json", "{}");
        web_.write("js/deep/secret.js", "no");
    }

    void begin() {
        store_ = std::move(*store::Store::open(":memory:"));
        sealed_ = std::move(*store::SealedStore::open(directory_.path()));
        auth_ = std::move(*AuthStore::open(*store_, *sealed_, clock_, hashing_));
        log_ = std::move(*events::EventLog::open(*store_, clock_));
        desired_ = std::move(*camera::DesiredState::open(*store_));
        registry_.emplace(loop_.executor(), clock_, *log_, *desired_);
        router_.emplace(*registry_);
        hub_.emplace(std::vector{loop_.executor()}, clock_, base::Log());
        ASSERT_TRUE(
            registry_->add(std::make_unique<fakes::ScriptedDriver>(loop_.executor(), device_)));
        Parts parts{.auth = *auth_,
                    .clock = clock_,
                    .registry = *registry_,
                    .router = *router_,
                    .events = *log_,
                    .hub = *hub_,
                    .fan_out = fan_out_,
                    .pictures = pictures_,
                    .codecs = &hashing_,
                    .footage = &footage_,
                    .web = web_.path(),
                    .data = directory_.path(),
                    .version = "1.2.3",
                    .time_zone = "Europe/Berlin"};
        parts.rtsp_listen = [this] { return rtsp_at_; };
        parts.recording = [](const std::string&) {
            return RecordingState{"always", true, std::nullopt, std::nullopt};
        };
        parts.health = [] {
            return HealthReport{.disks = {{"/data", 100, 50, ""}},
                                .listeners = {},
                                .problems = {{"port-taken", "RTSP cannot listen"}}};
        };
        parts.logs.ask = [this](std::string camera) -> Task<Result<>> {
            if (logs_.state == "waiting")
                co_return base::fail_because("logs-awaited", ErrorKind::FailedPrecondition,
                                             "They are on their way.");
            EXPECT_EQ(camera, "nursery");
            logs_ = {.state = "waiting"};
            co_return Result<>{};
        };
        parts.sign_in.knows = [](const std::string& vendor, const std::string&) {
            return vendor == "nest";
        };
        parts.sign_in.ways = [](std::string vendor,
                                std::string name) -> Task<Result<std::vector<camera::SignInWay>>> {
            if (vendor != "nest" || name != "home")
                co_return base::fail(ErrorKind::NotFound, "There is no such account.");
            camera::SignInWay way{.id = "google", .name = "Google account", .fields = {}};
            way.fields.push_back({.id = "cookies", .name = "Cookies", .is_long = true});
            co_return std::vector{way};
        };
        parts.sign_in.enter =
            [this](std::string, std::string, std::string way,
                   camera::SignInAnswers answers) -> Task<Result<camera::SignInOutcome>> {
            entered_.emplace_back(way, answers["cookies"].reveal());
            if (way == "google") co_return sign_in_answer_;
            co_return camera::SignedIn{"Done."};
        };
        parts.logs.now = [this](std::string) -> Task<Result<DeviceLogs>> { co_return logs_; };
        api_.emplace(loop_.executor(), std::move(parts));
        start();
        api_->start();
        client_.emplace(loop_.executor());
        wait_for([this] {
            return registry_->camera("nursery") != nullptr &&
                   registry_->camera("nursery")->state.word == camera::StateWord::Live;
        });
    }
    void add_routes(net::HttpServer& server) override { api_->mount(server); }

    void TearDown() override {
        client_.reset();
        Served::TearDown();
        loop_.run([this]() -> Task<> {
            co_await api_->stop();
            co_await registry_->stop();
            co_await hub_->stop();
        });
    }

    void wait_for(auto condition) {
        loop_.run([&]() -> Task<> {
            while (!condition()) (void)co_await async::sleep_for(1ms);
        });
    }
    ClientResponse ask(std::string method, std::string path, std::string body = {},
                       net::Headers headers = {}) {
        ClientRequest request{.method = std::move(method),
                              .url = url(path),
                              .headers = std::move(headers),
                              .body = std::move(body),
                              .max_redirects = 0};
        if (!request.headers.has("Cookie") && !cookie_.empty()) {
            request.headers.add("Cookie", cookie_);
            request.headers.add("X-Casement-CSRF", csrf_);
        }
        auto response = loop_.run([&]() -> Task<Result<ClientResponse>> {
            co_return co_await client_->send(request, soon());
        });
        EXPECT_TRUE(response) << response.error().message();
        return std::move(*response);
    }
    json ask_json(std::string method, std::string path, std::string body = {}) {
        return json::parse(ask(std::move(method), std::move(path), std::move(body)).body);
    }
    static json problem_of(const ClientResponse& response) {
        EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
        return json::parse(response.body);
    }

    void claim() {
        const auto response = ask(
            "POST", "/api/v1/claim",
            json{{"code", auth_->claim_code()}, {"name", "ana"}, {"password", "a long sentence"}}
                .dump());
        ASSERT_EQ(response.status, 201) << response.body;
        take_session(response);
    }
    void take_session(const ClientResponse& response) {
        const std::string_view set = response.headers.get("Set-Cookie");
        cookie_ = std::string(set.substr(0, set.find(';')));
        csrf_ = json::parse(response.body)["csrf"];
    }

    fakes::Clock clock_;
    fakes::TempDirectory directory_, web_;
    fakes::ScriptedCamera device_;
    FakeFootage footage_;
    std::unique_ptr<store::Store> store_;
    async::BlockingPool hashing_{"hashing", 1};
    outputs::fanout::FanOut fan_out_;
    outputs::mjpeg::Pictures pictures_{hashing_};
    std::unique_ptr<store::SealedStore> sealed_;
    std::unique_ptr<AuthStore> auth_;
    std::unique_ptr<events::EventLog> log_;
    std::unique_ptr<camera::DesiredState> desired_;
    std::optional<camera::DriverRegistry> registry_;
    std::optional<camera::CommandRouter> router_;
    std::optional<hub::StreamHub> hub_;
    DeviceLogs logs_{.state = "none"};
    std::vector<std::pair<std::string, std::string>> entered_;
    Result<camera::SignInOutcome> sign_in_answer_ = camera::SignedIn{"Done."};
    std::string rtsp_at_ = "0.0.0.0:8554";
    std::optional<Api> api_;
    std::optional<net::HttpClient> client_;
    std::string cookie_, csrf_;
};

TEST_F(ApiTest, ServesOnlyPageAndClaimUntilClaimed) {
    begin();
    EXPECT_EQ(ask("GET", "/").status, 200);
    EXPECT_EQ(ask("HEAD", "/").status, 200);
    EXPECT_EQ(ask("GET", "/claim").status, 200);
    EXPECT_EQ(ask("GET", "/js/app.js").status, 200);
    const json session = ask_json("GET", "/api/v1/session");
    EXPECT_EQ(session["claimed"], false);
    EXPECT_FALSE(session.contains("user"));
    EXPECT_EQ(session["time_zone"], "Europe/Berlin");
    for (const char* path :
         {"/api/v1/cameras", "/api/v1/health", "/api/v1/events/stream", "/api/v1/openapi.json",
          "/api", "/api/streams", "/api/frame.jpeg?src=nursery", "/api/config"}) {
        const auto refused = ask("GET", path);
        EXPECT_EQ(refused.status, 403) << path;
        EXPECT_EQ(problem_of(refused)["code"], "unclaimed") << path;
    }
    EXPECT_EQ(problem_of(ask("POST", "/api/v1/claim",
                             R"({"code":"AAAA-AAAA","name":"x","password":"1234567890"})"))["code"],
              "wrong-code");
    EXPECT_EQ(ask("POST", "/api/v1/claim", R"({"code":1})").status, 400);
    EXPECT_EQ(ask("POST", "/api/v1/claim", R"([1])").status, 400);
    EXPECT_EQ(ask("POST", "/api/v1/claim", std::string(100, '[')).status, 400);
    EXPECT_EQ(ask("POST", "/api/v1/claim", std::string(10'000, ' ')).status, 413);
    claim();
    EXPECT_EQ(ask_json("GET", "/api/v1/session")["user"]["name"], "ana");
    EXPECT_EQ(ask("GET", "/api/v1/cameras").status, 200);
}

TEST_F(ApiTest, AsksEverybodyForASessionOrAToken) {
    begin();
    claim();
    const std::string token = ask_json("POST", "/api/v1/tokens", R"({"name":"ha"})")["token"];
    const std::string cookie = std::exchange(cookie_, "");
    const auto nobody = ask("GET", "/api/v1/cameras");
    EXPECT_EQ(nobody.status, 401);
    EXPECT_EQ(nobody.headers.all("WWW-Authenticate").size(), 2U);
    EXPECT_EQ(ask("GET", "/api/v1/cameras", {}, {{"Sec-Fetch-Mode", "cors"}})
                  .headers.all("WWW-Authenticate")
                  .size(),
              1U);  // no password window
    EXPECT_EQ(ask("GET", "/api/v1/cameras", {}, {{"Cookie", "casement_session=guess"}}).status,
              401);
    EXPECT_EQ(ask("GET", "/api/v1/cameras", {}, {{"Authorization", "Bearer ct_guess"}}).status,
              401);
    EXPECT_EQ(ask("GET", "/api/v1/cameras?token=" + token).status, 401);
    EXPECT_EQ(ask("GET", "/api/v1/cameras", {}, {{"Authorization", "Bearer " + token}}).status,
              200);
    EXPECT_EQ(
        ask("GET", "/api/streams", {}, {{"Authorization", "Basic " + net::base64("any:" + token)}})
            .status,
        200);
    EXPECT_EQ(ask("GET", "/api/streams", {},
                  {{"Authorization", "Basic " + net::base64("ana:a long sentence")}})
                  .status,
              200);
    EXPECT_EQ(
        ask("GET", "/api/streams", {}, {{"Authorization", "Basic " + net::base64("ana:wrong")}})
            .status,
        401);
    // A program may command cameras, without a CSRF header, but not make more tokens.
    EXPECT_EQ(ask("PUT", "/api/v1/cameras/nursery/settings/volume", R"({"value":40})",
                  {{"Authorization", "Bearer " + token}})
                  .status,
              200);
    EXPECT_EQ(
        ask("POST", "/api/v1/tokens", R"({"name":"more"})", {{"Authorization", "Bearer " + token}})
            .status,
        403);
    cookie_ = cookie;
    const json tokens = ask_json("GET", "/api/v1/tokens");
    ASSERT_EQ(tokens["tokens"].size(), 1U);
    EXPECT_FALSE(tokens["tokens"][0].contains("token"));
    EXPECT_TRUE(tokens["tokens"][0].contains("last_used"));
    EXPECT_EQ(
        ask("DELETE", "/api/v1/tokens/" + tokens["tokens"][0]["id"].get<std::string>()).status,
        204);
    EXPECT_EQ(
        ask("GET", "/api/v1/cameras", {}, {{"Cookie", "x=y"}, {"Authorization", "Bearer " + token}})
            .status,
        401);
}

TEST_F(ApiTest, WantsTheCsrfHeaderForEveryChangeByCookie) {
    begin();
    claim();
    const auto put = [&](net::Headers headers) {
        return ask("PUT", "/api/v1/cameras/nursery/settings/volume", R"({"value":40})",
                   std::move(headers));
    };
    EXPECT_EQ(problem_of(put({{"Cookie", cookie_}}))["code"], "csrf");
    EXPECT_EQ(put({{"Cookie", cookie_}, {"X-Casement-CSRF", "guess"}}).status, 403);
    EXPECT_EQ(
        put({{"Cookie", cookie_}, {"X-Casement-CSRF", csrf_}, {"Origin", "https://evil.example"}})
            .status,
        403);
    EXPECT_EQ(
        put({{"Cookie", cookie_}, {"X-Casement-CSRF", csrf_}, {"Origin", "http://127.0.0.1:1"}})
            .status,
        200);
    EXPECT_EQ(ask("DELETE", "/api/v1/session", {}, {{"Cookie", cookie_}}).status, 403);
    EXPECT_TRUE(device_.asked.size() == 1U);
    // Sign-in from a foreign page would sign the victim in as somebody else.
    EXPECT_EQ(ask("POST", "/api/v1/session", R"({"name":"ana","password":"a long sentence"})",
                  {{"Origin", "https://evil.example"}})
                  .status,
              403);
}

TEST_F(ApiTest, SignsInAndOutWithASafeCookie) {
    begin();
    claim();
    cookie_.clear();
    const auto wrong = ask("POST", "/api/v1/session", R"({"name":"ana","password":"no"})");
    EXPECT_EQ(wrong.status, 401);
    EXPECT_EQ(problem_of(wrong)["code"], "wrong-password");
    const auto right =
        ask("POST", "/api/v1/session", R"({"name":"ana","password":"a long sentence"})");
    EXPECT_EQ(right.status, 200);
    EXPECT_THAT(std::string(right.headers.get("Set-Cookie")),
                testing::AllOf(HasSubstr("HttpOnly"), HasSubstr("SameSite=Strict"),
                               HasSubstr("Path=/"), testing::Not(HasSubstr("Secure"))));
    take_session(right);
    EXPECT_EQ(ask("DELETE", "/api/v1/session").status, 204);
    EXPECT_EQ(ask("GET", "/api/v1/cameras").status, 401);
    cookie_.clear();
    for (int i = 0; i < 5; ++i) ask("POST", "/api/v1/session", R"({"name":"ana","password":"no"})");
    const auto slow =
        ask("POST", "/api/v1/session", R"({"name":"ana","password":"a long sentence"})");
    EXPECT_EQ(slow.status, 429);
    EXPECT_EQ(problem_of(slow)["code"], "too-many-tries");
    EXPECT_NE(slow.headers.get("Retry-After"), "");
}

TEST_F(ApiTest, PlaysASoundThroughACamera) {
    begin();
    claim();
    const auto said = ask("POST", "/api/v1/cameras/nursery/talk", fakes::wav_of_tone(440, 0.5));
    EXPECT_EQ(said.status, 200) << said.body;
    const json answer = json::parse(said.body);
    EXPECT_EQ(answer["duplex"], "half");
    EXPECT_THAT(answer["text"].get<std::string>(),
                testing::AllOf(HasSubstr("0.5 s"), HasSubstr("own sound pauses")));
    // 25 packets of G.711, and the resampler's last few samples.
    EXPECT_THAT(device_.talked.size(), testing::AllOf(testing::Ge(25u), testing::Le(26u)));
    EXPECT_THAT(device_.talked, testing::Each(160u));
    EXPECT_FALSE(device_.talking);
    EXPECT_EQ(ask_json("GET", "/api/v1/cameras/nursery")["talk"]["duplex"], "half");
    const json events = ask_json("GET", "/api/v1/events?kind=command");
    EXPECT_EQ(events["events"][0]["data"]["command"], "talk");
    EXPECT_EQ(events["events"][0]["data"]["by"], "ana");
}

TEST_F(ApiTest, RefusesToSayWhatNobodyCouldHear) {
    begin();
    claim();
    const std::string at = "/api/v1/cameras/nursery/talk";
    for (const std::string& broken : {std::string(), std::string("hello"), std::string(5000, 'x')})
        EXPECT_EQ(ask("POST", at, broken).status, 400) << broken.size();
    const auto longer = ask("POST", at, fakes::wav_of_tone(440, 61, 8000));
    EXPECT_EQ(longer.status, 400);
    EXPECT_THAT(problem_of(longer)["detail"].get<std::string>(), HasSubstr("longer than 60 s"));
    constexpr std::size_t kMost = std::size_t{12} << 20;
    EXPECT_EQ(ask("POST", at, std::string(kMost, 'x')).status, 400);
    const std::string head = fmt::format(
        "POST {} HTTP/1.1\r\nHost: x\r\nCookie: {}\r\nX-Casement-CSRF: {}\r\n"
        "Content-Length: {}\r\n\r\n",
        at, cookie_, csrf_, kMost + 1);
    EXPECT_THAT(raw(head, "\r\n"), HasSubstr(" 413 "));
    EXPECT_TRUE(device_.talked.empty());
    device_.talking = true;
    EXPECT_EQ(problem_of(ask("POST", at, fakes::wav_of_tone(440, 0.1)))["code"], "busy");
    device_.talking = false;
    EXPECT_EQ(ask("POST", "/api/v1/cameras/attic/talk", "x").status, 404);
    cookie_.clear();
    EXPECT_EQ(ask("POST", at, fakes::wav_of_tone(440, 0.1)).status, 401);
    EXPECT_TRUE(device_.talked.empty());
}

TEST_F(ApiTest, AsksACameraForItsLogsAndGivesThem) {
    begin();
    claim();
    const std::string at = "/api/v1/cameras/nursery/logs";
    EXPECT_EQ(ask_json("GET", at), json::parse(R"({"state":"none","received_bytes":0})"));
    EXPECT_EQ(problem_of(ask("GET", at + "/archive.tar.gz"))["code"], "no-logs");
    const auto asked = ask("POST", at);
    EXPECT_EQ(asked.status, 202);
    EXPECT_EQ(json::parse(asked.body)["state"], "waiting");
    EXPECT_EQ(problem_of(ask("POST", at))["code"], "logs-awaited");
    logs_ = {.state = "failed"};
    logs_.error = base::Error(ErrorKind::DeadlineExceeded, "logs-late", "None came.");
    EXPECT_EQ(ask_json("GET", at)["error"]["code"], "logs-late");
    directory_.write("logs/nursery-1.tar.gz", "archive");
    logs_ = {.state = "stored", .received_bytes = 7};
    logs_.archive = directory_.path("logs/nursery-1.tar.gz");
    EXPECT_EQ(ask_json("GET", at)["archive"], "nursery-1.tar.gz");
    const auto archive = ask("GET", at + "/archive.tar.gz");
    EXPECT_EQ(archive.body, "archive");
    EXPECT_EQ(archive.headers.get("Content-Type"), "application/gzip");
    EXPECT_EQ(ask("GET", "/api/v1/cameras/attic/logs").status, 404);
}

TEST_F(ApiTest, APersonSignsTheHubInToAnAccount) {
    begin();
    claim();
    const std::string at = "/api/v1/accounts/nest/home/sign-in";
    EXPECT_EQ(ask_json("GET", at)["ways"][0]["fields"][0],
              json::parse(R"({"id":"cookies","name":"Cookies","note":"","secret":true,"long":true,
                              "needed":true})"));
    EXPECT_EQ(ask("GET", "/api/v1/accounts/nest/other/sign-in").status, 404);
    const std::string body = R"({"way":"google","fields":{"cookies":"SID=a"}})";
    EXPECT_EQ(json::parse(ask("POST", at, body).body),
              json::parse(R"({"state":"signed-in","text":"Done."})"));
    EXPECT_EQ(entered_.back(), std::pair(std::string("google"), std::string("SID=a")));
    // One that the vendor does not know is known here: that is no 401, after which the page would
    // ask who sits in front of it.
    sign_in_answer_ = base::fail_because("wrong-password", ErrorKind::Unauthenticated, "No.");
    const auto refused = ask("POST", at, body);
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(problem_of(refused)["code"], "wrong-password");
    camera::SignInWay code{.id = "code", .name = "Code", .link = "https://a.test/", .fields = {}};
    sign_in_answer_ = code;
    const json more = json::parse(ask("POST", at, body).body);
    EXPECT_EQ(more["state"], "needs-more");
    EXPECT_EQ(more["next"]["link"], "https://a.test/");
    for (const char* wrong : {R"({})", R"({"way":7})", R"({"way":"google","fields":[]})",
                              R"({"way":"google","fields":{"cookies":7}})"})
        EXPECT_EQ(ask("POST", at, wrong).status, 400) << wrong;
}

TEST_F(ApiTest, NoProgramSignsTheHubIn) {
    begin();
    claim();
    auth_->add_static_token("grafana", base::Secret("0123456789abcdef0123456789abcdef"));
    cookie_.clear();
    const net::Headers token{{"Authorization", "Bearer 0123456789abcdef0123456789abcdef"}};
    const std::string at = "/api/v1/accounts/nest/home/sign-in";
    EXPECT_EQ(problem_of(ask("GET", at, {}, token))["code"], "person-only");
    EXPECT_EQ(problem_of(ask("POST", at, R"({"way":"google"})", token))["code"], "person-only");
    EXPECT_TRUE(entered_.empty());
}

TEST_F(ApiTest, NoProgramHasTheLogsOfACamera) {
    begin();
    claim();
    auth_->add_static_token("grafana", base::Secret("0123456789abcdef0123456789abcdef"));
    cookie_.clear();
    const std::string at = "/api/v1/cameras/nursery/logs";
    EXPECT_EQ(ask("GET", at).status, 401);
    const net::Headers token{{"Authorization", "Bearer 0123456789abcdef0123456789abcdef"}};
    EXPECT_EQ(ask("GET", "/api/v1/cameras", {}, token).status, 200);
    for (const std::string& path : {at, at + "/archive.tar.gz"})
        EXPECT_EQ(problem_of(ask("GET", path, {}, token))["code"], "person-only");
    EXPECT_EQ(problem_of(ask("POST", at, {}, token))["code"], "person-only");
    EXPECT_EQ(logs_.state, "none");
}

TEST_F(ApiTest, ShowsCamerasSetsAndCommandsThem) {
    begin();
    claim();
    const json list = ask_json("GET", "/api/v1/cameras");
    ASSERT_EQ(list["cameras"].size(), 1U);
    const json camera = ask_json("GET", "/api/v1/cameras/nursery");
    EXPECT_EQ(camera, list["cameras"][0]);
    EXPECT_EQ(camera["state"]["word"], "live");
    EXPECT_EQ(camera["recording"]["mode"], "always");
    EXPECT_EQ(camera["recording"]["active"], true);
    EXPECT_EQ(camera["snapshot"], "/api/v1/cameras/nursery/snapshot.jpg");
    EXPECT_EQ(camera["ws"], "/api/ws?src=nursery");
    EXPECT_EQ(camera["commands"], (json{"siren", "move", "play", "stop", "reboot"}));

    const json setting =
        ask_json("PUT", "/api/v1/cameras/nursery/settings/volume", R"({"value":42})");
    EXPECT_EQ(setting["desired"], 40);  // moved to the nearest step
    EXPECT_EQ(setting["id"], "volume");
    EXPECT_EQ(setting["by"], "ana");
    EXPECT_EQ(ask("PUT", "/api/v1/cameras/nursery/settings/volume", R"({"value":"loud"})").status,
              400);
    EXPECT_EQ(ask("PUT", "/api/v1/cameras/nursery/settings/volume", R"({"value":500})").status,
              400);
    EXPECT_EQ(ask("PUT", "/api/v1/cameras/nursery/settings/volume", R"({})").status, 400);
    EXPECT_EQ(
        ask("PUT", "/api/v1/cameras/nursery/settings/volume", R"({"value":1,"extra":1})").status,
        400);
    EXPECT_EQ(ask("PUT", "/api/v1/cameras/nursery/settings/nothing", R"({"value":1})").status, 404);
    EXPECT_EQ(ask("PUT", "/api/v1/cameras/nobody/settings/volume", R"({"value":1})").status, 404);

    EXPECT_EQ(ask("POST", "/api/v1/cameras/nursery/commands/reboot").status, 200);
    EXPECT_EQ(
        ask("POST", "/api/v1/cameras/nursery/commands", R"({"command":"siren","on":true})").status,
        200);
    EXPECT_EQ(device_.commands.size(), 2U);
    EXPECT_EQ(ask("POST", "/api/v1/cameras/nursery/commands/explode").status, 400);
    EXPECT_EQ(ask("POST", "/api/v1/cameras/nursery/commands/wake").status, 501);
    EXPECT_EQ(ask("GET", "/api/v1/cameras/nursery/commands/reboot").status,
              405 - 1);  // no change by GET: the page's route says 404
}

TEST_F(ApiTest, TellsWhatWasRecorded) {
    begin();
    claim();
    const std::string window = "?from=2026-11-20T21:00:00Z&to=2026-11-20T22:00:00Z";
    const json list = ask_json("GET", "/api/v1/cameras/nursery/recordings" + window);
    EXPECT_EQ(list["segments"].size(), 3U);
    ASSERT_EQ(list["recordings"].size(), 2U);  // the first two touch
    EXPECT_EQ(list["recordings"][0]["end"], "2026-11-20T21:02:00.000Z");
    EXPECT_EQ(list["recordings"][0]["bytes"], 200);
    EXPECT_EQ(list["gaps"][0]["reason"], "camera-unreachable");
    for (const char* bad :
         {"", "?from=x&to=y", "?from=2026-11-20T22:00:00Z&to=2026-11-20T21:00:00Z",
          "?from=2026-01-01T00:00:00Z&to=2026-11-20T21:00:00Z"}) {
        EXPECT_EQ(ask("GET", std::string("/api/v1/cameras/nursery/recordings") + bad).status, 400)
            << bad;
    }

    const auto file = ask("GET", "/api/v1/cameras/nursery/recording.mp4" + window + "&download=1");
    EXPECT_EQ(file.body, "mp4!mp4!");
    EXPECT_EQ(file.headers.get("Content-Length"), "8");
    EXPECT_EQ(file.headers.get("X-Casement-Start"), "2026-11-20T21:00:00.000Z");
    EXPECT_EQ(file.headers.get("Content-Disposition"),
              "attachment; filename=\"nursery-2026-11-20T21-00-00Z.mp4\"");
    EXPECT_EQ(
        problem_of(ask("GET",
                       "/api/v1/cameras/nursery/"
                       "recording.mp4?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z"))["code"],
        "no-footage");
    footage_.fails = true;
    base::capture_log([](base::LogLevel, std::string_view) {});
    const auto broken = loop_.run([&]() -> Task<Result<ClientResponse>> {
        co_return co_await client_->send(
            {.url = url("/api/v1/cameras/nursery/recording.mp4" + window),
             .headers = {{"Cookie", cookie_}}},
            soon());
    });
    base::capture_log({});
    ASSERT_FALSE(broken);
    EXPECT_TRUE(broken.error().is(ErrorKind::Unavailable))
        << broken.error().message();  // half a file is not taken for a whole one
}

TEST_F(ApiTest, ListsEventsByPages) {
    begin();
    claim();
    for (int i = 0; i < 5; ++i) {
        events::Event event;
        event.camera = i == 4 ? "other" : "nursery";
        event.kind = "motion";
        event.start = fakes::Clock::kBegin + std::chrono::minutes(i);
        event.media = "events/x.jpg";
        ASSERT_TRUE(log_->append_now(event));
    }
    directory_.write("events/x.jpg", "JPEG");
    const json first = ask_json("GET", "/api/v1/events?kind=motion&camera=nursery&limit=3");
    ASSERT_EQ(first["events"].size(), 3U);
    EXPECT_EQ(first["events"][0]["start"], "2026-11-20T21:03:00.000Z");
    EXPECT_FALSE(first["events"][0].contains("media"));
    const std::string cursor = first["next"];
    const json rest = ask_json("GET", "/api/v1/events?kind=motion&camera=nursery&limit=3&cursor=" +
                                          base::percent_encoded(cursor));
    EXPECT_EQ(rest["events"].size(), 1U);
    EXPECT_FALSE(rest.contains("next"));
    const std::string id = first["events"][0]["id"];
    EXPECT_EQ(ask_json("GET", "/api/v1/events/" + id)["id"], id);
    const auto picture = ask("GET", first["events"][0]["picture"]);
    EXPECT_EQ(picture.body, "JPEG");
    EXPECT_EQ(picture.headers.get("Content-Type"), "image/jpeg");
    EXPECT_EQ(ask("GET", "/api/v1/events?limit=0").status, 400);
    EXPECT_EQ(ask("GET", "/api/v1/events?limit=1001").status, 400);
    EXPECT_EQ(ask("GET", "/api/v1/events?from=yesterday").status, 400);
    EXPECT_EQ(ask("GET", "/api/v1/events/nonsense").status, 404);
}

TEST_F(ApiTest, FollowsLive) {
    begin();
    claim();
    events::Event missed;
    missed.kind = "motion";
    missed.camera = "nursery";
    missed.start = fakes::Clock::kBegin;
    const auto before = *log_->append_now(missed);
    const auto after = *log_->append_now(missed);
    const std::string text = loop_.run([&]() -> Task<std::string> {
        ClientRequest request{
            .url = url("/api/v1/events/stream"),
            .headers = {{"Cookie", cookie_}, {"Last-Event-ID", std::to_string(before->sequence)}}};
        auto reader = std::move(*co_await client_->open(std::move(request), soon()));
        EXPECT_EQ(reader->headers().get("Content-Type"), "text/event-stream");
        std::string got;
        const auto read_until = [&](std::string what) -> Task<> {
            while (got.find(what) == std::string::npos) {
                const auto piece = co_await async::with_deadline(soon(), "feed", reader->read());
                if (!piece || piece->empty()) co_return;
                got += base::as_text(*piece);
            }
        };
        co_await read_until(after->id);
        events::Event fresh;
        fresh.kind = "button";
        fresh.camera = "nursery";
        fresh.start = fakes::Clock::kBegin;
        const auto rung = *co_await log_->append(fresh);
        co_await read_until(rung->id);
        got += "|touch|";
        api_->camera_changed("nursery");
        co_await read_until("|touch|");
        for (std::size_t from = got.size(); got.find("event: camera", from) == std::string::npos;) {
            const auto piece = co_await async::with_deadline(soon(), "feed", reader->read());
            if (!piece) break;
            got += base::as_text(*piece);
        }
        co_return got;
    });
    EXPECT_THAT(text, HasSubstr("event: camera\ndata: {"));  // how things are, first
    EXPECT_THAT(text, testing::Not(HasSubstr(before->id)));  // known already
    EXPECT_THAT(text, HasSubstr(fmt::format("id: {}\nevent: event\ndata: ",
                                            after->sequence)));  // missed meanwhile
    EXPECT_THAT(text.substr(text.find("|touch|")), HasSubstr("event: camera\ndata: {"));
}

TEST_F(ApiTest, TellsItsHealth) {
    begin();
    claim();
    const json health = ask_json("GET", "/api/v1/health");
    EXPECT_EQ(health["version"], "1.2.3");
    EXPECT_EQ(health["disks"][0]["free_bytes"], 50);
    EXPECT_EQ(health["problems"][0]["code"], "port-taken");
    EXPECT_EQ(health["accounts"][0]["vendor"], "scripted");
    cookie_.clear();
    EXPECT_EQ(ask("GET", "/healthz").body, "ok\n");
}

TEST_F(ApiTest, SpeaksEnoughGo2rtcAndNoMore) {
    begin();
    claim();
    const json info = ask_json("GET", "/api");
    EXPECT_EQ(info["version"], "1.9.14");
    EXPECT_EQ(info["casement"], "1.2.3");
    EXPECT_EQ(info["rtsp"]["listen"], "0.0.0.0:8554");
    rtsp_at_ = "0.0.0.0:9554";  // a reload moved it
    EXPECT_EQ(ask_json("GET", "/api")["rtsp"]["listen"], rtsp_at_);
    const json streams = ask_json("GET", "/api/streams");
    EXPECT_TRUE(streams["nursery"]["producers"].is_array());
    EXPECT_EQ(ask_json("GET", "/api/streams?src=nursery"), streams["nursery"]);
    EXPECT_EQ(ask("GET", "/api/streams?src=nobody").status, 404);
    for (const char* path : {"/api/config", "/api/exit", "/api/restart", "/api/log"}) {
        EXPECT_EQ(ask("GET", path).status, 403) << path;
        EXPECT_EQ(ask("POST", path).status, 403) << path;
    }
    EXPECT_EQ(ask("PUT", "/api/streams?name=x&src=exec:sh").status, 403);
    EXPECT_EQ(problem_of(ask("GET", "/api/frame.jpeg?src=nobody"))["kind"], "not-found");
    const auto frame = ask("GET", "/api/frame.jpeg?src=nursery&max_age=60000"),
               same = ask("GET", "/api/v1/cameras/nursery/snapshot.jpg");
    EXPECT_EQ(frame.status, 200);
    EXPECT_EQ(frame.headers.get("Content-Type"), "image/jpeg");
    EXPECT_EQ(frame.headers.get("X-Snapshot-Age"), "0");
    EXPECT_EQ(frame.body, same.body);  // the vendor was asked once
    EXPECT_EQ(std::ranges::count(device_.commands, "snapshot"), 1);
}

TEST_F(ApiTest, ServesThePageAndNothingElseOfItsFolder) {
    begin();
    const auto page = ask("GET", "/cameras/nursery");
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.headers.get("Content-Type"), "text/html; charset=utf-8");
    EXPECT_THAT(
        std::string(page.headers.get("Content-Security-Policy")),
        testing::AllOf(HasSubstr("script-src 'self'"), testing::Not(HasSubstr("unsafe-inline"))));
    EXPECT_EQ(
        ask("GET", "/", {}, {{"If-None-Match", std::string(page.headers.get("ETag"))}}).status,
        304);
    EXPECT_EQ(ask("GET", "/js/app.js").headers.get("Content-Type"),
              "text/javascript; charset=utf-8");
    for (const char* path : {"/package.json", "/js/deep/secret.js", "/js/nothing.js",
                             "/js/..%2fpackage.json", "/index.html", "/.git/config"}) {
        EXPECT_THAT(ask("GET", path).status, testing::AnyOf(404, 400)) << path;
    }
}

TEST(Problem, MapsEveryKindOnce) {
    EXPECT_EQ(status_of({ErrorKind::InvalidArgument, ""}), 400);
    EXPECT_EQ(status_of({ErrorKind::Unauthenticated, ""}), 401);
    EXPECT_EQ(status_of({ErrorKind::FailedPrecondition, ""}), 409);
    EXPECT_EQ(status_of({ErrorKind::ResourceExhausted, ""}), 429);
    EXPECT_EQ(status_of({ErrorKind::ResourceExhausted, "disk-full", ""}), 507);
    EXPECT_EQ(status_of({ErrorKind::Unavailable, ""}), 503);
    EXPECT_EQ(status_of({ErrorKind::DeadlineExceeded, ""}), 504);
    const auto response =
        problem({ErrorKind::NotFound, "no-picture", "text with a broken byte \xFF"});
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(json::parse(std::get<std::string>(response.body))["code"], "no-picture");
}

TEST(OpenApi, DescribesEveryRoute) {
    const json document = openapi();
    EXPECT_EQ(document["openapi"], "3.1.0");
    EXPECT_TRUE(document["paths"]["/api/v1/cameras/{id}/settings/{setting}"].contains("put"));
    EXPECT_EQ(document["paths"]["/api/v1/cameras/{id}/recordings"]["get"]["parameters"].size(), 3U);
}

}  // namespace
}  // namespace casement::api
