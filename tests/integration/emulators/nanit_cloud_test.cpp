// The emulated Nanit cloud as a client sees it, over real sockets.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "async/deadline.hpp"
#include "emulators/nanit/cloud.hpp"
#include "net/http_client.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/co_assert.hpp"
#include "tests/fakes/coroutine.hpp"

namespace casement::tests {
namespace {

using namespace emulators::nanit;
using namespace std::chrono_literals;
using async::Deadline;
using async::Task;
using nlohmann::json;

constexpr const char* kCamera = "N301EMU0000001";
constexpr const char* kBaby = "a1b2c3d4";

class FakeCamera final : public ControlPort {
public:
    void joined(std::shared_ptr<ControlSession> session) override { sessions.push_back(session); }
    void heard(const std::shared_ptr<ControlSession>& session, base::ByteSpan message) override {
        heard_.emplace_back(message.begin(), message.end());
        session->answer({'r', message[0]});
    }
    void left(const std::shared_ptr<ControlSession>& session) override {
        std::erase(sessions, session);
    }
    std::vector<std::shared_ptr<ControlSession>> sessions;
    std::vector<std::vector<std::uint8_t>> heard_;
};

class NanitCloud : public testing::Test {
public:  // for the coroutines of the tests
    NanitCloud() {
        auto started = Cloud::start(io_.get_executor(), clock_, {}, {});
        cloud_ = std::move(started).value();
        cloud_->accounts().add({"parent@example.org", base::Secret("secret one"), Mfa::None});
        cloud_->accounts().add({"sms@example.org", base::Secret("secret two"), Mfa::Sms});
        cloud_->nursery().add({.uid = kBaby, .name = "Robin", .camera_uid = kCamera});
        cloud_->nursery().add({.uid = "0f0e0d0c"});
    }
    void TearDown() override {
        run([](NanitCloud& t) -> Task<> { co_await t.cloud_->stop(); });
    }
    void run(Task<> (*test)(NanitCloud&)) { fakes::run(io_, test(*this)); }

    Task<net::ClientResponse> send(std::string method, std::string target,
                                   std::string authorization = {}, std::string body = {}) {
        net::ClientRequest request;
        request.method = std::move(method);
        request.url = cloud_->url() + target;
        if (!authorization.empty()) request.headers.add("Authorization", authorization);
        request.body = std::move(body);
        auto answer = co_await client_.send(std::move(request), Deadline::in(5s));
        co_return answer ? std::move(*answer) : net::ClientResponse{};  // status 0: no answer
    }
    Task<net::ClientResponse> get(std::string target, std::string authorization) {
        co_return co_await send("GET", std::move(target), std::move(authorization));
    }
    std::string token() {
        return std::get<Accounts::Tokens>(
                   cloud_->accounts().log_in(
                       {"parent@example.org", base::Secret("secret one"), {}, {}, {}}))
            .access.reveal();
    }
    Task<base::Result<std::shared_ptr<net::WebSocket>>> connect(std::string authorization,
                                                                std::string camera = kCamera) {
        net::WebSocketTarget target;
        target.url = cloud_->websocket_url() + "/focus/cameras/" + camera + "/user_connect";
        target.headers.add("Authorization", std::move(authorization));
        co_return co_await net::connect_websocket(std::move(target), Deadline::in(5s));
    }
    /// The next message, or "-" when none comes for a moment. (real time: nothing is to come)
    Task<std::string> heard(std::shared_ptr<net::WebSocket> socket) {
        const auto message =
            co_await async::with_deadline(Deadline::in(200ms), "message", socket->receive());
        if (!message) co_return "-";
        co_return std::string(message->data.begin(), message->data.end());
    }

    asio::io_context io_{1};
    fakes::Clock clock_;
    std::unique_ptr<Cloud> cloud_;
    net::HttpClient client_{io_.get_executor()};
};

TEST_F(NanitCloud, SignsInWithAnswersOfTheVendorsOwn) {
    run([](NanitCloud& t) -> Task<> {
        const auto wrong =
            co_await t.send("POST", "/login", {}, R"({"email":"sms@example.org","password":"no"})");
        EXPECT_EQ(wrong.status, 401);
        const auto asked = co_await t.send(
            "POST", "/login", {}, R"({"email":"sms@example.org","password":"secret two"})");
        EXPECT_EQ(asked.status, 482);
        const json challenge = json::parse(asked.body);
        json second{{"email", "sms@example.org"},
                    {"password", "secret two"},
                    {"mfa_token", challenge.at("mfa_token")},
                    {"mfa_code", 417}};
        EXPECT_EQ((co_await t.send("POST", "/login", {}, second.dump())).status, 400);
        second["mfa_code"] = "0417";
        const auto in = co_await t.send("POST", "/login", {}, second.dump());
        EXPECT_EQ(in.status, 201);
        const std::string access = json::parse(in.body).at("access_token");
        EXPECT_EQ((co_await t.get("/babies", access)).status, 200);
        EXPECT_EQ(t.cloud_->accounts().counters().messages_sent, 1u);
    });
}

TEST_F(NanitCloud, RefreshesOnceAndAnswers404After) {
    run([](NanitCloud& t) -> Task<> {
        const auto in = co_await t.send(
            "POST", "/login", {}, R"({"email":"parent@example.org","password":"secret one"})");
        const json body{{"refresh_token", json::parse(in.body).at("refresh_token")}};
        const auto refreshed = co_await t.send("POST", "/tokens/refresh", {}, body.dump());
        EXPECT_EQ(refreshed.status, 200);
        EXPECT_NE(json::parse(refreshed.body).at("refresh_token"), body.at("refresh_token"));
        EXPECT_EQ((co_await t.send("POST", "/tokens/refresh", {}, body.dump())).status, 404);
        EXPECT_EQ((co_await t.send("POST", "/tokens/refresh", {}, "no JSON")).status, 404);
        EXPECT_EQ(t.cloud_->accounts().counters().used_twice, 1u);
    });
}

TEST_F(NanitCloud, TakesEachFormOfAuthorizationWhereItIsGood) {
    run([](NanitCloud& t) -> Task<> {
        const std::string token = t.token();
        const std::string focus = fmt::format("/focus/cameras/{}/uc_token", kCamera);
        EXPECT_EQ((co_await t.get("/babies", token)).status, 200);
        EXPECT_EQ((co_await t.get("/babies", "Bearer " + token)).status, 200);
        EXPECT_EQ((co_await t.get("/babies", "token " + token)).status, 200);
        EXPECT_EQ((co_await t.get("/babies", "Basic " + token)).status, 401);
        EXPECT_EQ((co_await t.get("/babies", "")).status, 401);
        EXPECT_EQ((co_await t.get(focus, "Bearer " + token)).status, 200);
        EXPECT_EQ((co_await t.get(focus, token)).status, 401);
        EXPECT_EQ((co_await t.get(focus, "token " + token)).status, 401);
        EXPECT_EQ(t.cloud_->counts().at({"uc_token", Form::Bare}), 1u);
        EXPECT_EQ(t.cloud_->requests("babies"), 5u);
        t.clock_.advance(Accounts::kAccessTtl);
        EXPECT_EQ((co_await t.get("/babies", token)).status, 401);
    });
}

TEST_F(NanitCloud, TellsBabiesWithAllTheirNulls) {
    run([](NanitCloud& t) -> Task<> {
        const std::string token = t.token();
        const json all = json::parse((co_await t.get("/babies", token)).body).at("babies");
        CO_ASSERT(all.size() == 2);
        EXPECT_EQ(all[0].at("camera_uid"), kCamera);
        EXPECT_EQ(all[0].at("camera").at("connected"), true);
        EXPECT_TRUE(all[1].at("name").is_null());
        EXPECT_TRUE(all[1].at("camera").is_null());
        t.cloud_->nursery().find(kBaby)->shows_camera = false;
        const json fewer = json::parse((co_await t.get("/babies", token)).body).at("babies");
        EXPECT_FALSE(fewer[0].contains("camera"));
    });
}

TEST_F(NanitCloud, ListsTheNewestFirstUpToTheLimit) {
    run([](NanitCloud& t) -> Task<> {
        const std::string token = t.token(), path = fmt::format("/babies/{}", kBaby);
        auto& nursery = t.cloud_->nursery();
        for (int i = 0; i < 12; ++i) {
            nursery.add_message(kBaby, "MOTION");
            nursery.add_event(kBaby, "VISIT");
            t.clock_.advance(1s);
        }
        const auto last = nursery.add_message(kBaby, "TEMPERATURE", 0s, 18.6);
        const json three =
            json::parse((co_await t.get(path + "/messages?limit=3", token)).body).at("messages");
        CO_ASSERT(three.size() == 3);
        EXPECT_EQ(three[0].at("id"), last);
        EXPECT_EQ(three[0].at("data").at("value"), 18.6);
        EXPECT_LT(three[1].at("id"), three[0].at("id"));
        const json events = json::parse((co_await t.get(path + "/events", token)).body);
        EXPECT_EQ(events.at("events").size(), 10u);
        const auto one = co_await t.get(
            path + "/events/" + events["events"][0].at("uid").get<std::string>(), token);
        EXPECT_EQ(one.status, 200);
        EXPECT_EQ((co_await t.get(path + "/events/none", token)).status, 404);
        EXPECT_EQ((co_await t.get("/babies/none/messages", token)).status, 404);
    });
}

TEST_F(NanitCloud, MakesMessagesOfTheKindsThatAreSwitchedOn) {
    run([](NanitCloud& t) -> Task<> {
        const std::string token = t.token();
        const std::string path = fmt::format("/babies/{}/notification_settings", kBaby);
        EXPECT_NE(t.cloud_->nursery().add_message(kBaby, "SOUND"), 0);
        const auto put = co_await t.send("PUT", path, token, R"({"settings":{"SOUND":false}})");
        EXPECT_EQ(json::parse(put.body).at("settings").at("SOUND"), false);
        EXPECT_EQ(json::parse(put.body).at("settings").at("MOTION"), true);
        EXPECT_EQ(t.cloud_->nursery().add_message(kBaby, "SOUND"), 0);
        EXPECT_EQ((co_await t.send("PUT", path, token, R"({"settings":[]})")).status, 400);
        EXPECT_EQ((co_await t.send("PUT", path, token, R"({"settings":{"NEW":true}})")).status,
                  400);
    });
}

TEST_F(NanitCloud, HasFilmsOfEventsAtAddressesThatCarryTheirOwnLeave) {
    run([](NanitCloud& t) -> Task<> {
        const std::string uid = t.cloud_->nursery().add_event("a1b2c3d4", "MOTION");
        const std::string last = "/babies/a1b2c3d4/events/last";
        auto answer = co_await t.get(last, t.token());
        EXPECT_FALSE(json::parse(answer.body).at("event").at("clip"));
        t.cloud_->nursery().set_films(t.cloud_->url());
        answer = co_await t.get(last, t.token());
        const json event = json::parse(answer.body).at("event");
        EXPECT_TRUE(event.at("clip"));
        const std::string url = event.at("playlist").at("media_segments").at(0).at("video_url");
        const std::string path = url.substr(t.cloud_->url().size());
        EXPECT_EQ(path.substr(0, path.find('?')), "/clips/" + uid + ".mp4");
        answer = co_await t.get(path, {});
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.headers.get("Content-Type"), "video/mp4");
        EXPECT_EQ(answer.body.substr(4, 4), "ftyp");
        EXPECT_GT(answer.body.size(), 1000u);
        EXPECT_EQ((co_await t.get(path, "Bearer " + t.token())).status, 400);
        EXPECT_EQ((co_await t.get(path + "x", {})).status, 403);
        EXPECT_EQ((co_await t.get("/clips/" + uid + ".mp4", {})).status, 403);
    });
}

TEST_F(NanitCloud, FailsWhereItIsTold) {
    run([](NanitCloud& t) -> Task<> {
        const std::string token = t.token();
        t.cloud_->fail_next("babies", Fault::TooMany);
        t.cloud_->fail_next("babies", Fault::BadGateway);
        t.cloud_->fail_next("babies", Fault::Html);
        EXPECT_EQ((co_await t.get("/babies", token)).status, 429);
        EXPECT_EQ((co_await t.get("/babies", token)).status, 502);
        const auto page = co_await t.get("/babies", token);
        EXPECT_EQ(page.status, 200);
        EXPECT_FALSE(json::accept(page.body));
        EXPECT_EQ((co_await t.get("/babies", token)).status, 200);
        t.cloud_->fail_next("*", Fault::Hang);
        net::ClientRequest hangs;
        hangs.url = t.cloud_->url() + "/babies";
        const auto hung = co_await t.client_.send(std::move(hangs), Deadline::in(100ms));
        CO_ASSERT(!hung);
        EXPECT_EQ(hung.error().kind(), base::ErrorKind::DeadlineExceeded);
    });
}

TEST_F(NanitCloud, LosesTheAnswerOfARefreshThatItDid) {
    run([](NanitCloud& t) -> Task<> {
        const auto in = co_await t.send(
            "POST", "/login", {}, R"({"email":"parent@example.org","password":"secret one"})");
        const json body{{"refresh_token", json::parse(in.body).at("refresh_token")}};
        t.cloud_->fail_next("refresh", Fault::LostAnswer);
        EXPECT_EQ((co_await t.send("POST", "/tokens/refresh", {}, body.dump())).status, 0);
        EXPECT_EQ(t.cloud_->accounts().counters().refreshes, 1u);
        EXPECT_EQ((co_await t.send("POST", "/tokens/refresh", {}, body.dump())).status, 404);
    });
}

TEST_F(NanitCloud, SendsACodeAgainForAChallengeThatIsOpen) {
    run([](NanitCloud& t) -> Task<> {
        const auto asked = co_await t.send(
            "POST", "/login", {}, R"({"email":"sms@example.org","password":"secret two"})");
        const json open{{"mfa_token", json::parse(asked.body).at("mfa_token")}};
        EXPECT_EQ((co_await t.send("POST", "/mfa/resend", {}, open.dump())).status, 200);
        EXPECT_EQ(t.cloud_->accounts().counters().messages_sent, 2u);
        const json closed{{"mfa_token", "mfa-0"}};
        EXPECT_EQ((co_await t.send("POST", "/mfa/resend", {}, closed.dump())).status, 404);
        EXPECT_EQ(t.cloud_->accounts().counters().messages_sent, 2u);
    });
}

TEST_F(NanitCloud, TellsWhoAsksAndWhatIsKnownOfTheNight) {
    run([](NanitCloud& t) -> Task<> {
        const std::string token = t.token(), path = fmt::format("/babies/{}/stats/latest", kBaby);
        const json user = json::parse((co_await t.get("/user", token)).body).at("user");
        EXPECT_EQ(user.at("email"), "parent@example.org");
        EXPECT_EQ((co_await t.get("/user", "")).status, 401);
        const json stats = json::parse((co_await t.get(path, token)).body);
        EXPECT_EQ(stats.at("exists"), true);
        EXPECT_EQ(stats.at("latest").at("states").back().at("title"), "ASLEEP");
        t.cloud_->nursery().set_has_stats(false);
        const json none = json::parse((co_await t.get(path, token)).body);
        EXPECT_EQ(none, json({{"exists", false}}));
    });
}

TEST_F(NanitCloud, LooksForABabyInAPngAlone) {
    run([](NanitCloud& t) -> Task<> {
        const std::string token = t.token();
        const auto look = [&](std::string kind, std::string picture,
                              std::string light) -> Task<net::ClientResponse> {
            net::ClientRequest request;
            request.method = "POST";
            request.url = fmt::format("{}/focus/babies/{}/bmm/sessions", t.cloud_->url(), kBaby);
            request.headers.add("Authorization", "Bearer " + token);
            request.headers.add("Content-Type", "multipart/form-data; boundary=b1");
            request.body = fmt::format(
                "--b1\r\nContent-Disposition: form-data; name=\"image\"; "
                "filename=\"image\"\r\nContent-Type: {}\r\n\r\n{}\r\n--b1\r\n"
                "Content-Disposition: form-data; name=\"camera_status\"\r\n\r\n{}\r\n--b1--\r\n",
                kind, picture, light);
            auto answer = co_await t.client_.send(std::move(request), Deadline::in(5s));
            co_return answer ? std::move(*answer) : net::ClientResponse{};
        };
        const std::string png = "\x89PNG\r\n\x1a\n...", jpeg = "\xff\xd8\xff...";
        const auto found = co_await look("image/png", png, "ir");
        CO_ASSERT(found.status == 200);
        const json session = json::parse(found.body).at("bmm_sessions");
        EXPECT_EQ(session.at("camera_status"), "ir");
        EXPECT_EQ(session.at("camera_uid"), kCamera);
        EXPECT_EQ(session.at("data").at("objects")[0].at("box").at("x1"), 577);
        EXPECT_EQ((co_await look("image/jpeg", jpeg, "ir")).status, 422);
        EXPECT_EQ((co_await look("image/png", jpeg, "rgb")).status, 422);
        EXPECT_EQ((co_await look("image/png", png, "dark")).status, 400);
    });
}

// ---- the relay ----

TEST_F(NanitCloud, LetsClientsOfACameraInByBearerAlone) {
    run([](NanitCloud& t) -> Task<> {
        const std::string token = t.token();
        const auto kind_of = [](const auto& refused) {
            return refused ? base::ErrorKind::Internal : refused.error().kind();
        };
        EXPECT_EQ(kind_of(co_await t.connect(token)), base::ErrorKind::Unauthenticated);
        EXPECT_EQ(kind_of(co_await t.connect("token " + token)), base::ErrorKind::Unauthenticated);
        EXPECT_EQ(kind_of(co_await t.connect("Bearer " + token, "N301EMU0000009")),
                  base::ErrorKind::NotFound);
        t.cloud_->relay(kCamera).max_clients = 1;
        const auto first = co_await t.connect("Bearer " + token);
        EXPECT_TRUE(first);
        EXPECT_EQ(kind_of(co_await t.connect("Bearer " + token)),
                  base::ErrorKind::PermissionDenied);
        co_await (*first)->close();
    });
}

TEST_F(NanitCloud, IsSilentAboutACameraThatIsNotThere) {
    run([](NanitCloud& t) -> Task<> {
        const auto socket = co_await t.connect("Bearer " + t.token());
        CO_ASSERT(socket);
        (void)co_await (*socket)->send_binary({8, 1});
        (void)co_await (*socket)->send_binary({8, 0});
        EXPECT_EQ(co_await t.heard(*socket), "-");
        EXPECT_EQ(t.cloud_->relay(kCamera).counters().dropped, 1u);
        EXPECT_EQ(t.cloud_->relay(kCamera).counters().keepalives, 1u);
    });
}

TEST_F(NanitCloud, ShowsAnswersToEverybodyUnlessToldOtherwise) {
    run([](NanitCloud& t) -> Task<> {
        const auto camera = std::make_shared<FakeCamera>();
        Relay& relay = t.cloud_->relay(kCamera);
        relay.attach(camera);
        const std::string token = "Bearer " + t.token();
        const auto one = co_await t.connect(token), two = co_await t.connect(token);
        CO_ASSERT(one && two);
        (void)co_await (*one)->send_binary({'a'});
        EXPECT_EQ(co_await t.heard(*one), "ra");
        EXPECT_EQ(co_await t.heard(*two), "ra");
        relay.shows_answers_to_all = false;
        (void)co_await (*one)->send_binary({'b'});
        EXPECT_EQ(co_await t.heard(*one), "rb");
        EXPECT_EQ(co_await t.heard(*two), "-");
        EXPECT_EQ(camera->sessions.size(), 2u);
    });
}

TEST_F(NanitCloud, TurnsHalfDeadWhenTheTokenEnds) {
    run([](NanitCloud& t) -> Task<> {
        const auto camera = std::make_shared<FakeCamera>();
        t.cloud_->relay(kCamera).attach(camera);
        t.cloud_->accounts().set_access_ttl(60s);
        const auto socket = co_await t.connect("Bearer " + t.token());
        CO_ASSERT(socket);
        t.clock_.advance(59s);
        (void)co_await (*socket)->send_binary({'a'});
        EXPECT_EQ(co_await t.heard(*socket), "ra");
        t.clock_.advance(1s);
        (void)co_await (*socket)->send_binary({'b'});
        EXPECT_EQ(co_await t.heard(*socket), "-");
    });
    run([](NanitCloud& t) -> Task<> {
        // Pushes go on: a new socket, since a wait that ran out has closed the other.
        const auto camera = std::make_shared<FakeCamera>();
        t.cloud_->relay(kCamera).attach(camera);
        const auto socket = co_await t.connect("Bearer " + t.token());
        CO_ASSERT(socket);
        t.clock_.advance(61s);
        (void)co_await (*socket)->send_binary({'b'});
        CO_ASSERT(!camera->sessions.empty());
        camera->sessions.back()->push({'p'});
        EXPECT_EQ(co_await t.heard(*socket), "p");
        EXPECT_TRUE(camera->heard_.empty());
    });
}

}  // namespace
}  // namespace casement::tests
