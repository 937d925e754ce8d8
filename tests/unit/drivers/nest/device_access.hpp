#pragma once
// A vendor of Device Access on loopback that answers by script and counts. Written from what its
// documentation says, and on purpose without the emulator.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/base64.hpp"
#include "drivers/nest/device_access/driver.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/unit/drivers/host.hpp"
#include "tests/unit/net/loop.hpp"

namespace casement::drivers::nest::device_access::tests {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::Result;
using base::Secret;
using net::Request;
using net::Response;
using nlohmann::json;
using namespace std::chrono_literals;

inline const std::string kDevice = "enterprises/emu-project/devices/cam";

/// Keeps events too.
class Host final : public drivers::tests::Host {
public:
    Task<Result<events::EventPtr>> event(events::Event event) override {
        if (refuses_events) co_return base::fail(ErrorKind::Unavailable, "the disk is full");
        event.id = "event-" + event.vendor_id;
        told.push_back(event);
        co_return std::make_shared<const events::Event>(std::move(event));
    }
    Task<Result<events::EventPtr>> event_ended(std::string id, base::WallTime) override {
        ended.push_back(id);
        co_return std::make_shared<const events::Event>();
    }

    std::vector<events::Event> told;
    std::vector<std::string> ended;
    bool refuses_events = false;
};

class DeviceAccess : public net::tests::Served {
protected:
    void SetUp() override { start(); }

    void add_routes(net::HttpServer& server) override {
        server.route("GET", "/v1/enterprises/emu-project/devices", [this](Request request) {
            return answer(request, [this] { return std::pair(200, devices_); });
        });
        server.route("POST", "/v1/{what...}", [this](Request request) {
            return answer(request, [this, request] { return command(json::parse(request.body)); });
        });
        server.route("GET", "/picture", [this](Request request) -> Task<Response> {
            picture_proofs_.push_back(std::string(request.headers.get("authorization")));
            co_return Response::text(200, "JPEG");
        });
        server.route("GET", "/clip", [this](Request request) {
            return answer(request, [] { return std::pair(200, std::string("MP4")); });
        });
        server.route("POST", "/pubsub/{what...}", [this](Request request) -> Task<Response> {
            const json body = json::parse(request.body);
            if (body.contains("ackIds")) {
                for (const json& id : body["ackIds"]) acknowledged_.push_back(id);
                co_return Response::json(200, "{}");
            }
            if (published_.empty()) {
                (void)co_await async::sleep_for(20ms);  // real time: a pull is held
                co_return Response::json(200, "{}");
            }
            json out{{"receivedMessages", json::array()}};
            const std::string data = published_.front();
            const std::vector<std::uint8_t> bytes(data.begin(), data.end());
            out["receivedMessages"].push_back(
                {{"ackId", "ack-" + std::to_string(++pulled_)},
                 {"message", {{"data", base::base64_encoded(bytes)}}}});
            published_.pop_front();
            co_return Response::json(200, out.dump());
        });
    }

    template <typename Body>
    Task<Response> answer(Request request, Body body) {
        const std::string proof(request.headers.get("authorization"));
        if (proof != "Bearer " + good_) co_return refused(401, "UNAUTHENTICATED");
        if (!refusals_.empty()) {
            const auto [http, status] = refusals_.front();
            refusals_.pop_front();
            co_return refused(http, status);
        }
        auto [status, text] = body();
        if (status != 200) co_return refused(status, text);
        co_return Response::json(200, std::move(text));
    }
    static Response refused(int http, const std::string& status) {
        return Response::json(http, json{{"error", {{"status", status}}}}.dump());
    }

    std::pair<int, std::string> command(const json& body) {
        const std::string name = body["command"].get<std::string>().substr(21);
        commands_.push_back(name);
        const std::string given = body["params"].value("streamExtensionToken", "");
        if (name == "CameraLiveStream.StopRtspStream") {
            stopped_.push_back(given);
            return {200, "{}"};
        }
        if (name == "CameraEventImage.GenerateImage")
            return {200,
                    json{{"results", {{"url", url("/picture")}, {"token", "g.0.img"}}}}.dump()};
        if (name == "CameraLiveStream.ExtendRtspStream" && given != extension_)
            return {404, "NOT_FOUND"};
        ++lease_;
        extension_ = "EXT-" + std::to_string(lease_);
        if (moves_) expires_at_ = clock_.wall_now() + 5min;
        json results{{"streamExtensionToken", extension_},
                     {"streamToken", "g.0.t" + std::to_string(lease_)},
                     {"expiresAt", base::format_rfc3339(expires_at_)}};
        if (name == "CameraLiveStream.GenerateRtspStream")
            results["streamUrls"]["rtspUrl"] = rtsp_ + "?auth=g.0.t" + std::to_string(lease_);
        return {200, json{{"results", results}}.dump()};
    }

    AskPass pass() {
        return [this](bool is_refused, Deadline) -> Task<Result<Pass>> {
            if (is_refused && can_renew_) good_ = "ya29.2", mine_ = good_;
            if (is_refused && !can_renew_)
                co_return base::fail_because("session-ended", ErrorKind::Unauthenticated, "gone");
            co_return Pass{.token = Secret(mine_),
                           .project = "emu-project",
                           .subscription = "projects/p/subscriptions/s"};
        };
    }
    ApiOptions api_options() const {
        return {.base = url("/v1"), .pubsub = url("/pubsub"), .hosts = {.follows_answers = true}};
    }
    std::shared_ptr<Streams> streams() {
        auto api = std::make_shared<Api>(loop_.executor(), clock_, api_options(), pass());
        return std::make_shared<Streams>(loop_.executor(), api, clock_,
                                         Hosts{.follows_answers = true}, camera::Connection{},
                                         rules_);
    }
    Result<camera::StreamEndpoint> open(Streams& streams) {
        return loop_.run([&]() -> Task<Result<camera::StreamEndpoint>> {
            co_return co_await streams.open(kDevice, net::tests::soon());
        });
    }
    template <typename Ask>
    auto ask(const Ask& question) {
        return loop_.run([&] { return question(net::tests::soon()); });
    }
    static std::string address(const Result<camera::StreamEndpoint>& endpoint) {
        const auto& url = std::get<camera::PullRtsp>(endpoint.value().way).url;
        return url.without_credentials();
    }
    /// Runs the loop until it is so.
    template <typename Condition>
    void until(Condition condition) {
        loop_.run([&]() -> Task<> {
            for (int i = 0; i < 500 && !condition(); ++i)
                (void)co_await async::sleep_for(10ms);  // real time: sockets
        });
        EXPECT_TRUE(condition());
    }

    fakes::Clock clock_;
    StreamRules rules_;
    std::string good_ = "ya29.1", mine_ = "ya29.1";
    bool can_renew_ = true, moves_ = true;
    std::deque<std::pair<int, std::string>> refusals_;
    std::string devices_ = R"({"devices":[]})";
    std::string rtsp_ = "rtsps://127.0.0.1:8554/sdm_live_stream/P";
    int lease_ = 0, pulled_ = 0;
    std::string extension_;
    base::WallTime expires_at_ = fakes::Clock::kBegin + 5min;
    std::vector<std::string> commands_, stopped_, acknowledged_, picture_proofs_;
    std::deque<std::string> published_;
};

}  // namespace casement::drivers::nest::device_access::tests
