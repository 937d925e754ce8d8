#pragma once
// An account's clouds (Nest, its cameras' web API, Google) on loopback, which do what a test's
// script says. Written from what clients of the real ones saw, and on purpose without the emulator.

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "drivers/nest/keeper.hpp"
#include "net/http_server.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/unit/net/loop.hpp"

namespace casement::drivers::nest::tests {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::Result;
using base::Secret;
using net::Request;
using net::Response;
using nlohmann::json;
using namespace std::chrono_literals;

inline const std::string kUuid = "0123456789abcdef0123456789abcdef";
inline const std::string kJpeg = "\xff\xd8\xff\xe0 a picture \xff\xd9";

class CloudTest : public net::tests::Served {
protected:
    void SetUp() override {
        start();
        sealed_ = store::SealedStore::open(dir_.path()).value();
        ApiOptions options;
        options.endpoints = {.home = url("/home"),
                             .camera_api = url("/webapi"),
                             .google_token = url("/google/token"),
                             .google_jwt = url("/google/issue_jwt")};
        options.hosts.follows_answers = true;
        options.budget.burst = 1e6;  // the clock stands still
        options.budget.alone = {.first = 20ms, .cap = 40ms, .jitter = 0};
        options_ = options;
        api_.emplace(loop_.executor(), clock_, options);
        add_camera(kUuid, "Front door");
    }
    void TearDown() override {
        for (const auto& keeper : keepers_) loop_.run([&]() -> Task<> { co_await keeper->stop(); });
        keepers_.clear();
        Served::TearDown();
    }

    /// What `path` answers next, in place of the script below.
    void fail_next(const std::string& path, int status, std::string body = {},
                   net::Headers headers = {}) {
        broken_[path].push_back({.status = status, .headers = std::move(headers), .body = body});
    }

    void add_routes(net::HttpServer& server) override {
        serve(server, "GET", "/home/session", [this](const Request& request) {
            if (!knows(request)) return Response::json(401, "{}");
            return Response::json(200, session_object());
        });
        serve(server, "POST", "/home/session", [this](const Request& request) {
            const json body = json::parse(request.body);
            if (body["password"] != "pw") return Response::json(400, "{}");
            if (second_factor_)
                return Response::json(
                    401,
                    R"({"status":"VERIFICATION_PENDING","2fa_token":"T2","truncated_phone_number":"42"})");
            return Response::json(200, session_object());
        });
        serve(server, "POST", "/home/api/0.1/2fa/verify_pin", [this](const Request& request) {
            const json body = json::parse(request.body);
            if (body["pin"] != "0417" || body["2fa_token"] != "T2")
                return Response::json(401, "{}");
            return Response::json(
                200, json{{"status", "ID_MATCH_POSITIVE"}, {"access_token", token_}}.dump());
        });
        serve(server, "POST", "/webapi/api/v1/login.login_nest", [this](const Request& request) {
            if (!knows(request) || has_no_cameras_)
                return Response::json(
                    200,
                    R"({"status":403,"items":[],"status_description":"unauthorized","status_detail":"Unauthorized."})");
            website2_ = fmt::format("W2-{}", ++logins_);
            return Response::json(
                200, json{{"status", 0}, {"items", {{{"session_token", website2_}}}}}.dump());
        });
        serve(server, "GET", "/google/iframerpc", [this](const Request& request) {
            cookies_.emplace_back(request.headers.get("Cookie"));
            if (is_logged_out_)
                return Response::json(
                    200, R"({"error":"USER_LOGGED_OUT","detail":"No active session found."})");
            auto out = Response::json(
                200,
                json{{"access_token", fmt::format("ya29.{}", ++googles_)}, {"expires_in", 3600}}
                    .dump());
            out.headers.add("Set-Cookie", fmt::format("SIDCC=new{}; Path=/; Secure", googles_));
            out.headers.add("Set-Cookie", "evil=1; Domain=example.org");
            return out;
        });
        serve(server, "POST", "/google/token", [this](const Request& request) {
            if (!request.body.contains("refresh_token=1%2F%2Frt") ||
                !request.body.contains("grant_type=refresh_token"))
                return Response::json(400, R"({"error":"invalid_grant"})");
            return Response::json(200, json{{"access_token", fmt::format("ya29.{}", ++googles_)},
                                            {"expires_in", 3600}}
                                           .dump());
        });
        serve(server, "POST", "/google/issue_jwt", [this](const Request& request) {
            const json body = json::parse(request.body);
            const std::string token = fmt::format("ya29.{}", googles_);
            if (request.headers.get("Authorization") != "Bearer " + token ||
                body["google_oauth_access_token"] != token ||
                body["policy_id"] != "authproxy-oauth-policy")
                return Response::json(401, R"({"error":{"code":401}})");
            token_ = fmt::format("g.0.jwt{}", googles_);
            return Response::json(
                200,
                json{{"jwt", token_},
                     {"claims",
                      {{"subject", {{"nestId", {{"id", "1000001"}}}}},
                       {"expirationTime", base::format_rfc3339(clock_.wall_now() + jwt_life_)}}}}
                    .dump());
        });
        serve(server, "POST", "/home/api/0.1/user/1000001/app_launch",
              [this](const Request& request) {
                  if (!knows(request)) return Response::json(401, "{}");
                  return Response::json(200, launch_answer());
              });
        server.route("POST", "/home/v5/subscribe", [this](Request request) -> Task<Response> {
            ++polls_;
            if (!knows(request)) co_return Response::json(401, "{}");
            for (int i = 0; i < 200 && changes_.empty(); ++i)
                (void)co_await async::sleep_for(5ms);  // real time: a long poll
            if (changes_.empty()) co_return Response::text(200, "");
            std::string body = json{{"objects", {changes_.front()}}}.dump();
            changes_.pop_front();
            co_return Response::json(200, std::move(body));
        });
        serve(server, "GET", "/webapi/api/cameras.get_owned_and_member_of_with_properties",
              [this](const Request& request) {
                  if (!opens_cameras(request)) return Response::json(403, "{}");
                  json items = json::array();
                  for (const auto& [uuid, camera] : web_) items.push_back(camera);
                  return Response::json(200, json{{"status", 0}, {"items", items}}.dump());
              });
        serve(server, "GET", "/webapi/api/cameras.get_with_properties",
              [this](const Request& request) {
                  if (!opens_cameras(request)) return Response::json(403, "{}");
                  json items = json::array({web_[request.query_value("uuid").value_or("")]});
                  return Response::json(200, json{{"status", 0}, {"items", items}}.dump());
              });
        serve(server, "POST", "/webapi/api/dropcams.set_properties",
              [this](const Request& request) {
                  if (!opens_cameras(request)) return Response::json(403, "{}");
                  sets_.push_back(request.body);
                  return Response::json(200, set_answer_);
              });
        serve(server, "GET", "/cuepoint/" + kUuid + "/2", [this](const Request& request) {
            if (!opens_cameras(request)) return Response::json(403, "{}");
            cuepoint_queries_.push_back(request.query);
            return Response::json(200, cuepoints_.dump());
        });
        server.route("GET", "/event_snapshot/{uuid}/{id}",
                     [this](Request request) -> Task<Response> {
                         ++snapshots_;
                         if (!opens_cameras(request)) co_return Response::empty(403);
                         if (has_no_pictures_) co_return Response::empty(404);
                         co_return Response::text(200, kJpeg, "image/jpeg");
                     });
        serve(server, "GET", "/get_image", [this](const Request& request) {
            if (!opens_cameras(request)) return Response::empty(403);
            return Response::text(200, kJpeg, "image/jpeg");
        });
    }

    using Script = std::function<Response(const Request&)>;
    void serve(net::HttpServer& server, const char* method, const std::string& path,
               Script script) {
        server.route(method, path, [this, path, script](Request request) -> Task<Response> {
            ++asked_[path];
            if (is_down_) co_return Response::empty(503);
            if (auto& broken = broken_[path]; !broken.empty()) {
                Response out = std::move(broken.front());
                broken.pop_front();
                co_return out;
            }
            co_return script(request);
        });
    }
    bool knows(const Request& request) const {
        return request.headers.get("Authorization") == "Basic " + token_;
    }
    bool opens_cameras(const Request& request) const {
        return (!website2_.empty() && request.cookie("website_2") == website2_) ||
               (token_.starts_with("g.0.") && knows(request));
    }
    std::string session_object() const {
        return json{{"access_token", token_},
                    {"userid", "1000001"},
                    {"expires_in", "Fri, 01-Jan-2100 00:00:00 GMT"},
                    {"email", "owner@example.test"},
                    {"weave", {{"access_token", "NOT-THIS-ONE"}}},
                    {"urls", {{"transport_url", url("/home")}}}}
            .dump();
    }
    void add_camera(const std::string& uuid, const std::string& where) {
        quartz_[uuid] = {{"description", ""},
                         {"model", "Nest Hello"},
                         {"serial_number", "EMU0000000000001"},
                         {"structure_id", "s-0001"},
                         {"where_id", where},
                         {"streaming_state", "streaming-enabled"},
                         {"capabilities",
                          {"streaming.start-stop", "audio.microphone", "detectors.on_camera",
                           "irled", "statusled", "indoor_chime"}},
                         {"direct_nexustalk_host", "127.0.0.1"},
                         {"nexus_api_http_server_url", url("")}};
        web_[uuid] = {{"uuid", uuid},
                      {"is_online", true},
                      {"is_streaming_enabled", true},
                      {"properties",
                       {{"streaming.enabled", true},
                        {"audio.enabled", true},
                        {"irled.state", "auto_on"},
                        {"statusled.brightness", 0},
                        {"cc2migration.overview_state", "NORMAL"}}}};
    }
    std::string launch_answer() const {
        json keys = json::array(), wheres = json::array(), buckets = json::array();
        const auto bucket = [&](std::string key, json value) {
            buckets.push_back({{"object_key", key},
                               {"object_revision", -12},
                               {"object_timestamp", 1'700'000'000'000},
                               {"value", std::move(value)}});
        };
        for (const auto& [uuid, value] : quartz_) {
            keys.push_back("quartz." + uuid);
            wheres.push_back({{"where_id", value["where_id"]}, {"name", value["where_id"]}});
            bucket("quartz." + uuid, value);
        }
        bucket("buckets.1000001", {{"buckets", keys}});
        bucket("structure.s-0001", {{"name", "Test home"}});
        bucket("where.s-0001", {{"wheres", wheres}});
        return json{{"updated_buckets", buckets}}.dump();
    }
    void change(const std::string& key, json value) {
        changes_.push_back({{"object_key", key},
                            {"object_revision", 5},
                            {"object_timestamp", 1'700'000'000'001},
                            {"value", std::move(value)}});
    }

    void sign_in(SignInKind kind = SignInKind::NestToken) {
        Key key{.kind = kind,
                .token = Secret(kind == SignInKind::GoogleRefresh ? "1//rt" : token_),
                .client_id = "client",
                .issue_token = Secret(url("/google/iframerpc?action=issueToken&ss_domain=x")),
                .cookies = Secret("SID=1; SIDCC=old")};
        ASSERT_TRUE(store_key(*sealed_, "home", key));
    }
    static Timing quick() {
        Timing timing;
        timing.retry_first = 5ms, timing.retry_cap = 20ms, timing.quota = 600ms;
        timing.look_again = 5ms, timing.list = 60s, timing.poll_again = 5ms;
        timing.record_apart = 1ms, timing.events = 10ms, timing.events_cap = 40ms;
        timing.answer = 2s;
        return timing;
    }
    Keeper& open_keeper(store::SealedStore& sealed) {
        keepers_.push_back(std::make_unique<Keeper>(
            loop_.executor(), *api_, sealed, disk_, clock_,
            KeeperOptions{.name = "home", .folder = dir_.path(), .timing = quick()}));
        return *keepers_.back();
    }
    template <typename Condition>
    [[nodiscard]] bool wait_for(Condition condition, std::chrono::milliseconds most = 5s) {
        const auto until = std::chrono::steady_clock::now() + most;
        return loop_.run([&]() -> Task<bool> {
            while (!condition() && std::chrono::steady_clock::now() < until)
                (void)co_await async::sleep_for(1ms);  // real time: sockets on loopback
            co_return condition();
        });
    }
    int asked(const std::string& path) { return asked_[path]; }

    fakes::Clock clock_;
    fakes::TempDirectory dir_;
    async::BlockingPool disk_{"disk", 2};
    std::unique_ptr<store::SealedStore> sealed_;
    ApiOptions options_;
    std::optional<Api> api_;
    std::vector<std::unique_ptr<Keeper>> keepers_;

    std::string token_ = "b.good", website2_;
    std::map<std::string, json> quartz_, web_;
    std::deque<json> changes_;
    json cuepoints_ = json::array();
    std::string set_answer_ = R"({"status":0,"items":[]})";
    std::chrono::seconds jwt_life_ = 3600s;
    bool second_factor_ = false, has_no_cameras_ = false, is_logged_out_ = false, is_down_ = false;
    bool has_no_pictures_ = false;
    std::map<std::string, int> asked_;
    std::map<std::string, std::deque<Response>> broken_;
    int logins_ = 0, googles_ = 0, polls_ = 0, snapshots_ = 0;
    std::vector<std::string> cookies_, sets_, cuepoint_queries_;
};

}  // namespace casement::drivers::nest::tests
