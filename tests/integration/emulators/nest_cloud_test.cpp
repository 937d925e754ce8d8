// The emulated Nest cloud as a client sees it, over real sockets.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "async/deadline.hpp"
#include "async/task_group.hpp"
#include "emulators/nest/cloud.hpp"
#include "ffmpeg/demuxer.hpp"
#include "ffmpeg/snapshot.hpp"
#include "ffmpeg/test_picture.hpp"
#include "net/http_client.hpp"
#include "protocols/nest/http_date.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/co_assert.hpp"
#include "tests/fakes/coroutine.hpp"
#include "tests/fakes/temp_directory.hpp"

namespace casement::tests {
namespace {

using namespace emulators::nest;
using namespace std::chrono_literals;
using async::Deadline;
using async::Task;
using nlohmann::json;

constexpr const char* kHall = "0123456789abcdef0123456789abcdef";
constexpr const char* kGarden = "fedcba9876543210fedcba9876543210";

/// Of an MP4.
std::size_t pictures_in(const std::string& mp4) {
    const fakes::TempDirectory folder;
    folder.write("clip.mp4", mp4);
    const auto demuxer = ffmpeg::Demuxer::open(folder.path("clip.mp4"));
    if (!demuxer) return 0;
    std::size_t out = 0;
    for (;;) {
        const auto unit = (*demuxer)->next();
        if (!unit || !*unit) return out;
        out += (*unit)->track == 0 ? 1 : 0;
    }
}

class NestCloud : public testing::Test {
public:  // for the coroutines of the tests
    NestCloud() {
        CloudOptions options;
        options.regions = {"us1", "eu1"};
        cloud_ = Cloud::start(io_.get_executor(), pool_, clock_, options, {}).value();
        cloud_->accounts().add({.email = "owner@example.test", .password = base::Secret("window")});
        cloud_->accounts().add({.email = "sms@example.test",
                                .password = base::Secret("window"),
                                .userid = "1000002",
                                .two_factor = true});
        cloud_->accounts().add({.email = "google@example.test", .userid = "1000003"});
        cloud_->accounts().add({.email = "none@example.test",
                                .password = base::Secret("window"),
                                .userid = "1000004",
                                .owns_cameras = false});
        EXPECT_TRUE(cloud_->add({.uuid = kHall, .model = kHello}));
        EXPECT_TRUE(cloud_->add({.uuid = kGarden, .where = "Garden", .region = "eu1"}));
    }
    void TearDown() override {
        run([](NestCloud& t) -> Task<> { co_await t.cloud_->stop(); });
    }
    void run(Task<> (*test)(NestCloud&)) { fakes::run(io_, test(*this)); }

    Task<net::ClientResponse> send(std::string method, std::string url, net::Headers headers = {},
                                   std::string body = {}) {
        net::ClientRequest request;
        request.method = std::move(method);
        request.url = std::move(url);
        request.headers = std::move(headers);
        if (!request.headers.has("User-Agent")) request.headers.add("User-Agent", "Mozilla/5.0");
        request.body = std::move(body);
        auto answer = co_await client_.send(std::move(request), Deadline::in(5s));
        co_return answer ? std::move(*answer) : net::ClientResponse{};  // status 0: no answer
    }
    Task<net::ClientResponse> get(std::string url, net::Headers headers) {
        co_return co_await send("GET", std::move(url), std::move(headers));
    }
    Task<net::ClientResponse> form(std::string url, std::string body, net::Headers headers = {}) {
        headers.add("Content-Type", "application/x-www-form-urlencoded");
        co_return co_await send("POST", std::move(url), std::move(headers), std::move(body));
    }
    net::Headers basic(Kind kind, std::string userid = "1000001") {
        return {{"Authorization", "Basic " + cloud_->accounts().issue(kind, userid).reveal()}};
    }
    net::Headers website() {
        return {
            {"Cookie", "website_2=" + cloud_->accounts().issue(Kind::Website, "1000001").reveal()}};
    }
    std::string image_url(std::string uuid = kHall, std::string region = "us1") {
        return fmt::format("{}/get_image?uuid={}", cloud_->nexus_url(region), uuid);
    }
    /// Of a frame that can be read back.
    std::int64_t counter_in(const std::string& jpeg) {
        media::CodecParameters parameters;
        parameters.codec = media::Codec::Mjpeg;
        media::AccessUnit unit;
        unit.key = true;
        unit.data = media::Bytes::copy_of(base::as_bytes(jpeg));
        const auto picture = ffmpeg::decode_key_frame(parameters, unit);
        const auto reading = picture ? ffmpeg::read_test_picture(*picture) : std::nullopt;
        return reading ? reading->frame : -1;
    }

    asio::io_context io_{1};
    async::BlockingPool pool_{"emulator", 1};
    fakes::Clock clock_;
    std::unique_ptr<Cloud> cloud_;
    net::HttpClient client_{io_.get_executor()};
};

TEST_F(NestCloud, SignsInAndTellsWhenTheSessionEnds) {
    run([](NestCloud& t) -> Task<> {
        const std::string url = t.cloud_->home_url() + "/session";
        const auto wrong =
            co_await t.send("POST", url, {}, R"({"email":"owner@example.test","password":"no"})");
        EXPECT_EQ(wrong.status, 400);
        const auto in = co_await t.send("POST", url, {},
                                        R"({"email":"owner@example.test","password":"window"})");
        EXPECT_EQ(in.status, 200);
        const json session = json::parse(in.body);
        const std::string token = session.at("access_token");
        EXPECT_TRUE(token.starts_with("b."));
        EXPECT_EQ(in.headers.get("Set-Cookie"), "cztoken=" + token + "; Path=/; HttpOnly");
        EXPECT_NE(session.at("weave").at("access_token"), token);
        EXPECT_EQ(
            protocols::nest::parse_dashed_date(session.at("expires_in").get<std::string>()),
            std::chrono::floor<std::chrono::seconds>(fakes::Clock::kBegin) + std::chrono::days(30));

        const auto again =
            co_await t.get(url + "?=_1700000000000", {{"Authorization", "Basic " + token}});
        EXPECT_EQ(json::parse(again.body).at("userid"), "1000001");
        for (const std::string& form : {"Bearer " + token, token, std::string("Basic ")})
            EXPECT_EQ((co_await t.get(url, {{"Authorization", form}})).status, 401)
                << form.substr(0, 7);
        EXPECT_EQ(
            (co_await t.get(url, {{"Authorization", "Basic " + token}, {"User-Agent", "curl/8"}}))
                .status,
            403);
        t.clock_.advance(std::chrono::days(30));
        EXPECT_EQ((co_await t.get(url, {{"Authorization", "Basic " + token}})).status, 401);
    });
}

TEST_F(NestCloud, AsksForAPinThatBelongsToOneAttempt) {
    run([](NestCloud& t) -> Task<> {
        const auto attempt = [&]() -> Task<std::string> {
            const auto asked =
                co_await t.send("POST", t.cloud_->home_url() + "/session", {},
                                R"({"email":"sms@example.test","password":"window"})");
            EXPECT_EQ(asked.status, 401);
            const json body = json::parse(asked.body);
            EXPECT_EQ(body.at("status"), "VERIFICATION_PENDING");
            co_return body.at("2fa_token").get<std::string>();
        };
        const auto verify = [&](std::string challenge,
                                std::string pin) -> Task<net::ClientResponse> {
            co_return co_await t.send("POST", t.cloud_->home_url() + "/api/0.1/2fa/verify_pin", {},
                                      json{{"2fa_token", challenge}, {"pin", pin}}.dump());
        };
        const std::string first = co_await attempt(), second = co_await attempt();
        EXPECT_EQ(t.cloud_->accounts().counters().messages_sent, 2u);
        EXPECT_EQ((co_await verify(first, "123456")).status, 401);
        EXPECT_EQ((co_await verify(second, "123457")).status, 401);
        const auto in = co_await verify(second, "123456");
        EXPECT_EQ(in.status, 200);
        const std::string token = json::parse(in.body).at("access_token");
        EXPECT_TRUE(t.cloud_->accounts().find_grant(token));
        EXPECT_EQ((co_await verify(second, "123456")).status, 401);
    });
}

TEST_F(NestCloud, GivesGoogleTokensForCookiesThatAreKeptFresh) {
    run([](NestCloud& t) -> Task<> {
        const net::Headers browser{{"Sec-Fetch-Mode", "cors"},
                                   {"X-Requested-With", "XmlHttpRequest"},
                                   {"Referer", "https://accounts.google.com/o/oauth2/iframe"}};
        const auto ask = [&](std::string cookies) -> Task<net::ClientResponse> {
            net::Headers headers = browser;
            headers.add("Cookie", std::move(cookies));
            co_return co_await t.get(t.cloud_->issue_token_url(), std::move(headers));
        };
        const std::string stale = t.cloud_->accounts().google_cookies("1000003");
        std::string fresh = stale;
        for (int i = 0; i < 5; ++i) {
            const auto answer = co_await ask(fresh);
            EXPECT_TRUE(json::parse(answer.body).contains("access_token"));
            const auto set = answer.headers.get("Set-Cookie");
            EXPECT_TRUE(set.starts_with("SIDCC="));
            // Of its own host, or no browser would keep it.
            EXPECT_EQ(set.find("Domain"), std::string_view::npos);
            fresh =
                fresh.substr(0, fresh.find("SIDCC=")) + std::string(set.substr(0, set.find(';')));
        }
        EXPECT_EQ(json::parse((co_await ask(stale)).body).at("error"), "USER_LOGGED_OUT");
        EXPECT_EQ(t.cloud_->accounts().counters().stale_cookies, 1u);
        EXPECT_EQ((co_await t.get(t.cloud_->issue_token_url(), {{"Cookie", fresh}})).status, 400);
        t.cloud_->accounts().log_out_google();
        EXPECT_EQ(json::parse((co_await ask(fresh)).body).at("error"), "USER_LOGGED_OUT");
    });
}

TEST_F(NestCloud, MakesAJwtOfAGoogleTokenThatOpensEverything) {
    run([](NestCloud& t) -> Task<> {
        const std::string refresh = t.cloud_->accounts().google_refresh_token("1000003").reveal();
        const std::string token_url = t.cloud_->google_url() + "/token";
        const std::string client =
            "&client_id=7.apps.googleusercontent.com&grant_type=refresh_token";
        EXPECT_EQ(
            json::parse((co_await t.form(token_url, "refresh_token=no" + client)).body).at("error"),
            "invalid_grant");
        const auto token_answer = co_await t.form(token_url, "refresh_token=" + refresh + client);
        const json got = json::parse(token_answer.body);
        EXPECT_EQ(got.at("expires_in"), 3599);
        const std::string google = got.at("access_token");
        const json wanted{{"embed_google_oauth_access_token", true},
                          {"expire_after", "3600s"},
                          {"google_oauth_access_token", google},
                          {"policy_id", "authproxy-oauth-policy"}};
        const std::string jwt_url = t.cloud_->google_url() + "/v1/issue_jwt";
        EXPECT_EQ((co_await t.send("POST", jwt_url, {}, wanted.dump())).status, 401);
        const net::Headers bearer{{"Authorization", "Bearer " + google}};
        const auto as_json = co_await t.send("POST", jwt_url, bearer, wanted.dump());
        EXPECT_EQ(as_json.status, 200);
        const auto as_form = co_await t.form(jwt_url,
                                             "embed_google_oauth_access_token=true&expire_after="
                                             "3600s&policy_id=authproxy-oauth-policy"
                                             "&google_oauth_access_token=" +
                                                 google,
                                             bearer);
        EXPECT_EQ(as_form.status, 200);
        const json issued = json::parse(as_json.body);
        EXPECT_EQ(issued.at("claims").at("subject").at("nestId").at("id"), "1000003");
        const std::string jwt = issued.at("jwt");
        EXPECT_TRUE(jwt.starts_with("g.0."));
        const net::Headers authorized{{"Authorization", "Basic " + jwt}};
        const auto session = co_await t.get(t.cloud_->home_url() + "/session", authorized);
        EXPECT_EQ(json::parse(session.body).at("access_token"), jwt);
        EXPECT_EQ((co_await t.get(t.image_url(), authorized)).status, 200);
        EXPECT_EQ((co_await t.get(t.image_url(), {{"Cookie", "user_token=" + jwt}})).status, 200);
        // By a clock that is wrong, tokens end elsewhere and live as long.
        t.cloud_->accounts().clock_skew = -2h;
        const auto skewed = co_await t.send("POST", jwt_url, bearer, wanted.dump());
        EXPECT_EQ(json::parse(skewed.body).at("claims").at("expirationTime"),
                  base::format_rfc3339(t.clock_.wall_now() - 1h));
        EXPECT_EQ((co_await t.get(t.cloud_->home_url() + "/session", authorized)).status, 200);
        t.clock_.advance(3600s);
        EXPECT_EQ((co_await t.get(t.image_url(), authorized)).status, 403);
    });
}

TEST_F(NestCloud, LogsIntoTheCameraApiInItsEnvelope) {
    run([](NestCloud& t) -> Task<> {
        const std::string url = t.cloud_->camera_api_url() + "/api/v1/login.login_nest";
        const auto status = [&](std::string body) -> Task<int> {
            const auto answer = co_await t.form(url, std::move(body));
            EXPECT_EQ(answer.status, 200);
            co_return json::parse(answer.body).at("status").get<int>();
        };
        EXPECT_EQ(co_await status("access_token="), 400);
        EXPECT_EQ(co_await status("access_token=b.no"), 403);
        EXPECT_EQ(co_await status("access_token=" +
                                  t.cloud_->accounts().issue(Kind::Access, "1000004").reveal()),
                  403);  // an account without cameras
        const auto in = co_await t.form(
            url, "access_token=" + t.cloud_->accounts().issue(Kind::Access, "1000001").reveal());
        const std::string session = json::parse(in.body).at("items")[0].at("session_token");
        EXPECT_EQ(in.headers.get("Set-Cookie"), "website_2=" + session + "; Path=/; HttpOnly");
        const auto cameras = co_await t.get(
            t.cloud_->camera_api_url() + "/api/cameras.get_owned_and_member_of_with_properties",
            {{"Cookie", "website_2=" + session}});
        const json items = json::parse(cameras.body).at("items");
        EXPECT_EQ(items.size(), 2u);
        EXPECT_EQ(items[0].at("properties").at("cc2migration.overview_state"), "NORMAL");
        EXPECT_EQ(items[1].at("nexus_api_http_server"), t.cloud_->nexus_url("eu1"));
        const auto one = co_await t.get(
            t.cloud_->camera_api_url() + "/api/cameras.get_with_properties?uuid=" + kHall,
            {{"Cookie", "website_2=" + session}});
        EXPECT_EQ(json::parse(one.body).at("items"), json::array({items[0]}));
        const auto who = co_await t.get(t.cloud_->camera_api_url() + "/api/v1/users.get_current",
                                        {{"Cookie", "website_2=" + session}});
        EXPECT_EQ(json::parse(who.body).at("items").at(0).at("nest_user_id"), "1000001");
        // Where everything is an access token of the session, the camera's hosts know none.
        const auto refused = co_await t.get(
            t.cloud_->camera_api_url() + "/api/cameras.get_with_properties?uuid=" + kHall,
            t.basic(Kind::Access));
        EXPECT_EQ(json::parse(refused.body).at("status"), 403);
    });
}

TEST_F(NestCloud, LaunchesTheAppWithTheBucketsThatWereAskedFor) {
    run([](NestCloud& t) -> Task<> {
        const std::string url = t.cloud_->home_url() + "/api/0.1/user/1000001/app_launch";
        const auto launch = [&](std::string types) -> Task<json> {
            const auto answer = co_await t.send(
                "POST", url, t.basic(Kind::Access),
                fmt::format(R"({{"known_bucket_types":[{}],"known_bucket_versions":[]}})", types));
            co_return json::parse(answer.body).at("updated_buckets");
        };
        EXPECT_EQ((co_await launch(R"("quartz")")).size(), 2u);
        const json all = co_await launch(R"("quartz","structure","where","buckets")");
        EXPECT_EQ(all.size(), 5u);
        EXPECT_EQ(all[3].at("object_key"), fmt::format("quartz.{}", kHall));
        const json& hall = all[3].at("value");
        EXPECT_EQ(hall.at("description"), "");
        EXPECT_EQ(hall.at("where_id"), all[2].at("value").at("wheres")[0].at("where_id"));
        EXPECT_EQ((co_await t.send("POST", url, t.basic(Kind::Access, "1000002"), "{}")).status,
                  403);
        EXPECT_EQ((co_await t.send("POST", url, t.basic(Kind::Access), "{}")).status, 400);
    });
}

TEST_F(NestCloud, HoldsALongPollUntilSomethingChanges) {
    run([](NestCloud& t) -> Task<> {
        const std::string key = fmt::format("quartz.{}", kHall);
        json object = *t.cloud_->home().bucket("1000001", key);
        object.erase("value");
        const std::string url = t.cloud_->home_url() + "/v6/subscribe";
        net::Headers headers = t.basic(Kind::Access);
        const json body{{"objects", {object}}, {"timeout", 1}};
        EXPECT_EQ((co_await t.send("POST", url, headers, body.dump())).status, 400);
        headers.add("X-nl-user-id", "1000001");
        headers.add("X-nl-protocol-version", "1");
        const auto quiet = co_await t.send("POST", url, headers, body.dump());
        EXPECT_EQ(quiet.status, 200);
        EXPECT_EQ(quiet.body, "");

        async::TaskGroup tasks(t.io_.get_executor(), base::Log{});
        tasks.spawn("somebody", [&]() -> Task<> {
            (void)co_await async::sleep_for(50ms);  // real time: the poll is to be held then
            t.cloud_->home().set_online(kHall, false);
        });
        const auto changed =
            co_await t.send("POST", url, headers, json{{"objects", {object}}}.dump());
        const json objects = json::parse(changed.body).at("objects");
        EXPECT_EQ(objects.size(), 1u);
        EXPECT_EQ(objects[0].at("value").at("streaming_state"), "offline");
        co_await tasks.stop();
    });
}

TEST_F(NestCloud, GivesEachPictureOnceAndRemembersIt) {
    run([](NestCloud& t) -> Task<> {
        const auto headers = t.website();
        for (std::int64_t i = 0; i < 4; ++i) {
            const auto answer = co_await t.get(
                t.image_url() + (i % 2 == 0 ? "&width=640&cachebuster=7" : ""), headers);
            EXPECT_EQ(answer.status, 200);
            EXPECT_TRUE(answer.body.starts_with("\xFF\xD8") && answer.body.ends_with("\xFF\xD9"));
            EXPECT_EQ(t.counter_in(answer.body), i);
        }
        const auto& given = t.cloud_->pictures().given();
        CO_ASSERT(given.size() == 4);
        for (std::int64_t i = 0; i < 4; ++i) {
            const Given& one = given[static_cast<std::size_t>(i)];
            EXPECT_EQ(one.counter, i);
            EXPECT_EQ(one.uuid, kHall);
            EXPECT_EQ(one.width, i % 2 == 0 ? 640 : 1280);
            EXPECT_TRUE(one.delivered);
        }
        EXPECT_EQ(t.cloud_->most_at_once("get_image"), 1u);

        t.cloud_->pictures().new_every = 1s;
        const auto first = co_await t.get(t.image_url(kGarden, "eu1"), headers);
        EXPECT_EQ((co_await t.get(t.image_url(kGarden, "eu1"), headers)).body, first.body);
        t.clock_.advance(1s);
        EXPECT_EQ(t.counter_in((co_await t.get(t.image_url(kGarden, "eu1"), headers)).body), 1);
    });
}

TEST_F(NestCloud, RefusesPicturesAsTheVendorDoes) {
    run([](NestCloud& t) -> Task<> {
        const auto headers = t.website();
        EXPECT_EQ((co_await t.get(t.image_url("short"), headers)).status, 400);
        EXPECT_EQ((co_await t.get(t.image_url(kGarden, "us1"), headers)).status, 404);  // elsewhere
        EXPECT_EQ((co_await t.get(t.image_url(), {})).status, 401);
        EXPECT_EQ((co_await t.get(t.image_url(), {{"Cookie", "website_2=no"}})).status, 403);
        EXPECT_EQ((co_await t.get(t.image_url(), t.basic(Kind::Access))).status, 403);
        const auto set =
            co_await t.form(t.cloud_->camera_api_url() + "/api/dropcams.set_properties",
                            fmt::format("streaming.enabled=false&uuid={}", kHall), headers);
        EXPECT_EQ(json::parse(set.body).at("status"), 0);
        EXPECT_EQ((co_await t.get(t.image_url(), headers)).status, 404);
        const auto wrong =
            co_await t.form(t.cloud_->camera_api_url() + "/api/dropcams.set_properties",
                            fmt::format("irled.state=purple&uuid={}", kHall), headers);
        EXPECT_EQ(json::parse(wrong.body).at("status"), 400);
        t.cloud_->accounts().revoke({Kind::Website});
        EXPECT_EQ((co_await t.get(t.image_url(kGarden, "eu1"), headers)).status, 403);
        EXPECT_TRUE(t.cloud_->pictures().given().empty());
    });
}

TEST_F(NestCloud, GoesWrongAsItIsTold) {
    run([](NestCloud& t) -> Task<> {
        const auto headers = t.website();
        t.cloud_->fail_next("get_image", Fault::TooMany, 1, 7s);
        const auto slow = co_await t.get(t.image_url(), headers);
        EXPECT_EQ(slow.status, 429);
        EXPECT_EQ(slow.headers.get("Retry-After"), "7");
        t.cloud_->fail_next("get_image", Fault::Html);
        EXPECT_TRUE((co_await t.get(t.image_url(), headers)).body.starts_with("<!doctype"));
        t.cloud_->fail_next("get_image", Fault::Truncated);
        const auto half = co_await t.get(t.image_url(), headers);
        EXPECT_TRUE(half.body.starts_with("\xFF\xD8") && !half.body.ends_with("\xFF\xD9"));
        t.cloud_->fail_next("get_image", Fault::LostAnswer);
        EXPECT_EQ((co_await t.get(t.image_url(), headers)).status, 0);
        EXPECT_TRUE(t.cloud_->set_outage("nexus-us1", Outage::Unavailable));
        EXPECT_EQ((co_await t.get(t.image_url(), headers)).status, 503);
        EXPECT_EQ((co_await t.get(t.image_url(kGarden, "eu1"), headers)).status, 200);
        EXPECT_FALSE(t.cloud_->set_outage("nexus-ap1", Outage::Silent));
        t.cloud_->heal();
        EXPECT_EQ((co_await t.get(t.image_url(), headers)).status, 200);
        EXPECT_EQ(t.cloud_->requests("get_image"), 7u);
        EXPECT_EQ(t.cloud_->seen().front().status, 429);
        EXPECT_EQ(t.cloud_->seen().front().uuid, kHall);
        // The picture whose answer was lost was given to nobody.
        std::size_t delivered = 0;
        for (const Given& one : t.cloud_->pictures().given()) delivered += one.delivered ? 1 : 0;
        EXPECT_EQ(delivered, 2u);
    });
}

TEST_F(NestCloud, CountsForEachSiteTheMostInAMinuteAndWhoComesTooEarly) {
    run([](NestCloud& t) -> Task<> {
        const auto headers = t.website();
        t.cloud_->fail_next("nexus-eu1/get_image", Fault::TooMany, 1, 7s);
        EXPECT_EQ((co_await t.get(t.image_url(), headers)).status, 200);
        EXPECT_EQ((co_await t.get(t.image_url(kGarden, "eu1"), headers)).status, 429);
        // It was on its way.
        EXPECT_EQ((co_await t.get(t.image_url(kGarden, "eu1"), headers)).status, 200);
        t.clock_.advance(6999ms);
        EXPECT_EQ((co_await t.get(t.image_url(kGarden, "eu1"), headers)).status, 200);
        EXPECT_EQ((co_await t.get(t.image_url(), headers)).status, 200);
        t.clock_.advance(1ms);
        EXPECT_EQ((co_await t.get(t.image_url(kGarden, "eu1"), headers)).status, 200);
        const auto sites = t.cloud_->sites();
        EXPECT_EQ(sites.at("nexus-eu1").too_early, 1u);
        EXPECT_EQ(sites.at("nexus-us1").too_early, 0u);
        EXPECT_EQ(sites.at("nexus-eu1").requests, 4u);
        EXPECT_EQ(sites.at("nexus-eu1").most_in_a_minute, 4u);
        t.clock_.advance(54s);  // a minute after the first two
        EXPECT_EQ((co_await t.get(t.image_url(kGarden, "eu1"), headers)).status, 200);
        EXPECT_EQ(t.cloud_->sites().at("nexus-eu1").most_in_a_minute, 4u);
    });
}

TEST_F(NestCloud, ShowsACameraToItsOwnerAlone) {
    run([](NestCloud& t) -> Task<> {
        t.cloud_->home().set_owner(kGarden, "1000002");
        const auto headers = t.website();
        const auto all = co_await t.get(
            t.cloud_->camera_api_url() + "/api/cameras.get_owned_and_member_of_with_properties",
            headers);
        const json items = json::parse(all.body).at("items");
        EXPECT_EQ(items.size(), t.cloud_->home().cameras().size() - 1);
        EXPECT_EQ(all.body.find(kGarden), std::string::npos);
        EXPECT_EQ((co_await t.get(t.image_url(kGarden, "eu1"), headers)).status, 404);
        t.cloud_->home().set_owner(kGarden, "");
        EXPECT_EQ((co_await t.get(t.image_url(kGarden, "eu1"), headers)).status, 200);
    });
}

TEST_F(NestCloud, TellsWhatHappenedInMilliseconds) {
    run([](NestCloud& t) -> Task<> {
        const auto headers = t.website();
        const std::string id = t.cloud_->home().add_cuepoint(kHall, {"doorbell"}, 0ms, true);
        t.clock_.advance(10s);
        t.cloud_->home().add_cuepoint(kHall, {"motion", "person"}, 8s);
        const auto list = [&](std::string query) -> Task<json> {
            co_return json::parse(
                (co_await t.get(
                     fmt::format("{}/cuepoint/{}/2?{}", t.cloud_->nexus_url("us1"), kHall, query),
                     headers))
                    .body);
        };
        const auto begin = std::chrono::floor<std::chrono::seconds>(fakes::Clock::kBegin)
                               .time_since_epoch()
                               .count();
        const json all = co_await list(fmt::format("start_time={}", begin));
        CO_ASSERT(all.size() == 2);
        EXPECT_EQ(all[0].at("id"), id);
        EXPECT_EQ(all[0].at("start_time"), begin * 1000);
        EXPECT_EQ(all[0].at("in_progress"), true);
        EXPECT_EQ(all[0].at("end_time"), (begin + 10) * 1000);
        EXPECT_EQ(all[1].at("types"), json({"motion", "person"}));
        EXPECT_EQ((co_await list("types=motion")).size(), 1u);
        t.cloud_->home().end_cuepoint(kHall, id);
        EXPECT_EQ((co_await list(fmt::format("start_time={}", begin + 11))).size(), 1u);
        const auto picture =
            co_await t.get(fmt::format("{}/event_snapshot/{}/{}?crop_type=timeline&width=320",
                                       t.cloud_->nexus_url("us1"), kHall, id),
                           headers);
        EXPECT_EQ(picture.headers.get("Content-Type"), "image/jpeg");
        EXPECT_TRUE(picture.body.starts_with("\xFF\xD8"));
        const std::string clip = fmt::format(
            "{}/get_event_clip?uuid={}&format=mp4&cuepoint_id=", t.cloud_->nexus_url("us1"), kHall);
        const auto film = co_await t.get(clip + all[1].at("id").get<std::string>(), headers);
        EXPECT_EQ(film.headers.get("Content-Type"), "video/mp4");
        EXPECT_EQ(pictures_in(film.body), 80u);
        const std::string ringing = t.cloud_->home().add_cuepoint(kHall, {"doorbell"}, 0ms, true);
        EXPECT_EQ((co_await t.get(clip + ringing, headers)).status, 404);
    });
}

}  // namespace
}  // namespace casement::tests
