// The Device Access driver against a vendor on loopback that answers by script and counts.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>

#include <nlohmann/json.hpp>

#include "base/base64.hpp"
#include "drivers/nest/device_access/driver.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/unit/drivers/host.hpp"
#include "tests/unit/net/loop.hpp"

namespace casement::drivers::nest::device_access {
namespace {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::Result;
using base::Secret;
using net::Request;
using net::Response;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using namespace std::chrono_literals;

const std::string kDevice = "enterprises/emu-project/devices/cam";

/// Keeps events too.
class Host final : public tests::Host {
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

TEST_F(DeviceAccess, TwentyLeasesAreCrossedWithOneStart) {
    const auto all = streams();
    const auto endpoint = open(*all);
    ASSERT_TRUE(endpoint) << endpoint.error().message();
    EXPECT_THAT(address(endpoint), HasSubstr("auth=g.0.t1"));
    camera::Lease lease = *endpoint->lease;
    for (int i = 0; i < 20; ++i) {
        clock_.advance(4min);
        ASSERT_GE(clock_.wall_now() + lease.margin, lease.expires_at) << "it is due";
        auto longer = ask(lease.extend);
        ASSERT_TRUE(longer) << longer.error().message();
        EXPECT_EQ(longer->expires_at, clock_.wall_now() + 5min);
        lease = std::move(*longer);
    }
    EXPECT_EQ(std::ranges::count(commands_, "CameraLiveStream.GenerateRtspStream"), 1);
    EXPECT_THAT(commands_, SizeIs(21));
    ASSERT_TRUE(ask(lease.release));
    EXPECT_THAT(stopped_, ElementsAre("EXT-21"));
}

TEST_F(DeviceAccess, AStreamThatWasLostIsComeBackToWithTheTokenOfNow) {
    const auto all = streams();
    const auto first = open(*all);
    ASSERT_TRUE(first);
    clock_.advance(4min);
    ASSERT_TRUE(ask(first->lease->extend));
    first->tell({.what = camera::StreamNews::What::Began});
    first->tell({.what = camera::StreamNews::What::Ended,
                 .error = base::Error(ErrorKind::Unavailable, "the connection was lost")});
    ASSERT_TRUE(ask(first->lease->release));
    const auto second = open(*all);
    ASSERT_TRUE(second);
    EXPECT_THAT(address(second), HasSubstr("auth=g.0.t2"));
    EXPECT_THAT(stopped_, SizeIs(0));

    // Nothing came of it this time: it is not worth a third try.
    second->tell({.what = camera::StreamNews::What::Ended,
                  .error = base::Error(ErrorKind::NotFound, "404")});
    ASSERT_TRUE(ask(second->lease->release));
    EXPECT_THAT(stopped_, ElementsAre("EXT-2"));
    const auto third = open(*all);
    ASSERT_TRUE(third);
    EXPECT_THAT(address(third), HasSubstr("auth=g.0.t3"));
}

TEST_F(DeviceAccess, AnAddressIsForOneClientAndEachStreamIsGivenBack) {
    const auto all = streams();
    const auto first = open(*all), second = open(*all);
    ASSERT_TRUE(first && second);
    EXPECT_NE(address(first), address(second)) << "the first is watched";
    extension_ = "EXT-1";
    loop_.run([&]() -> Task<> { co_await all->end(net::tests::soon()); });
    EXPECT_THAT(stopped_, testing::UnorderedElementsAre("EXT-1", "EXT-2"));
    ASSERT_TRUE(ask(first->lease->release));
    EXPECT_THAT(stopped_, SizeIs(2)) << "and once";
}

TEST_F(DeviceAccess, AStreamThatNobodyComesBackToIsGivenBack) {
    rules_.lost_for = 30ms;
    const auto all = streams();
    const auto first = open(*all);
    ASSERT_TRUE(first);
    first->tell({.what = camera::StreamNews::What::Began});
    first->tell({.what = camera::StreamNews::What::Ended,
                 .error = base::Error(ErrorKind::Unavailable, "lost")});
    ASSERT_TRUE(ask(first->lease->release));
    until([&] { return stopped_.size() == 1; });
}

TEST_F(DeviceAccess, ABatteryCameraThatGivesNoMoreTimeIsNotAskedForever) {
    const auto all = streams();
    const auto refused = open(*all);
    ASSERT_TRUE(refused);
    refusals_.emplace_back(400, "FAILED_PRECONDITION");
    const auto lease = ask(refused->lease->extend);
    ASSERT_TRUE(lease);
    EXPECT_FALSE(lease->extend) << "it ends for good";
    EXPECT_EQ(lease->expires_at, refused->lease->expires_at);

    const auto other = open(*all);
    ASSERT_TRUE(other);
    EXPECT_THAT(address(other), HasSubstr("auth=g.0.t2")) << "a stream of its own";
    EXPECT_FALSE(other->lease->extend) << "it has said so";
}

TEST_F(DeviceAccess, AYesThatMovesNothingIsANo) {
    const auto all = streams();
    const auto one = open(*all);
    ASSERT_TRUE(one);
    clock_.advance(4min);
    ASSERT_TRUE(ask(one->lease->extend)->extend);
    moves_ = false;
    const auto still = ask(one->lease->extend);
    ASSERT_TRUE(still);
    EXPECT_FALSE(still->extend);
    EXPECT_TRUE(open(*all)->lease->extend) << "the next one may be extended, as this one was";
}

TEST_F(DeviceAccess, AfterBusyTheVendorIsLeftAloneForHalfAMinute) {
    const auto all = streams();
    refusals_.emplace_back(409, "ABORTED");
    EXPECT_EQ(open(*all).error().reason(), "busy");
    EXPECT_EQ(open(*all).error().reason(), "busy");
    EXPECT_THAT(commands_, SizeIs(0));
    clock_.advance(31s);
    EXPECT_TRUE(open(*all));
    EXPECT_THAT(commands_, SizeIs(1));
}

TEST_F(DeviceAccess, ATokenThatWasRefusedIsRenewedOnce) {
    const auto all = streams();
    good_ = "ya29.other";
    EXPECT_TRUE(open(*all));
    EXPECT_EQ(mine_, "ya29.2");
    good_ = "ya29.third", can_renew_ = false;
    const auto other = streams();
    EXPECT_TRUE(open(*other).error().is(ErrorKind::Unauthenticated));
}

TEST_F(DeviceAccess, TheAccessTokenIsRenewedUnderAStreamThatGoesOn) {
    const auto all = streams();
    const auto first = open(*all);
    ASSERT_TRUE(first);
    for (int i = 2; i < 5; ++i) {
        clock_.advance(4min);
        if (i == 3) good_ = "ya29.other";  // the hour is over
        const auto longer = ask(first->lease->extend);
        ASSERT_TRUE(longer) << longer.error().message();
        EXPECT_EQ(extension_, "EXT-" + std::to_string(i)) << "with the newest token of the stream";
    }
    EXPECT_EQ(mine_, "ya29.2");
    EXPECT_EQ(std::ranges::count(commands_, "CameraLiveStream.GenerateRtspStream"), 1);
}

TEST_F(DeviceAccess, TheSecondTryWithARenewedTokenIsCountedToo) {
    Api api(loop_.executor(), clock_, api_options(), pass());
    const auto start = [&] {
        return loop_.run([&]() -> Task<Result<RtspStream>> {
            co_return co_await api.start_rtsp(kDevice, Limits::Rank::Other, Deadline::in(5s));
        });
    };
    good_ = "ya29.other";
    EXPECT_TRUE(start());
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(start());
    EXPECT_EQ(start().error().reason(), "quota") << "five of one kind for one device";
    EXPECT_THAT(commands_, SizeIs(4));
}

TEST_F(DeviceAccess, AfterTooOftenNothingIsAskedForAMinute) {
    const auto all = streams();
    refusals_.emplace_back(429, "RESOURCE_EXHAUSTED");
    EXPECT_EQ(open(*all).error().reason(), "quota");
    EXPECT_EQ(open(*all).error().reason(), "quota");
    EXPECT_THAT(commands_, SizeIs(0));
    clock_.advance(61s);
    EXPECT_TRUE(open(*all));
}

TEST_F(DeviceAccess, TheTokenGoesToNoStranger) {
    auto api = std::make_shared<Api>(loop_.executor(), clock_, api_options(), pass());
    const auto strict = std::make_shared<Streams>(loop_.executor(), api, clock_, Hosts{},
                                                  camera::Connection{}, rules_);
    rtsp_ = "rtsps://stream.example.org:443/x";
    EXPECT_TRUE(open(*strict).error().is(ErrorKind::PermissionDenied));
    EXPECT_THAT(stopped_, ElementsAre("EXT-1")) << "what was begun is given back";
    rtsp_ = "rtsp://stream.dropcam.com/x";
    EXPECT_TRUE(open(*strict).error().is(ErrorKind::PermissionDenied)) << "without TLS";
}

class DeviceAccessDriver : public DeviceAccess {
protected:
    void SetUp() override {
        DeviceAccess::SetUp();
        devices_ =
            json{{"devices",
                  json::array({device("cam", "Yard", "RTSP"), device("bell", "Door", "WEB_RTC")})}}
                .dump();
        KeepMedia keep = [this](std::string name, std::string extension,
                                std::string bytes) -> Task<Result<std::string>> {
            kept_.push_back(name + "." + extension + ":" + bytes);
            co_return "events/" + name + "." + extension;
        };
        DriverOptions options{.account = "home", .api = api_options()};
        options.list = list_;
        options.look_again = 20ms;
        options.retry_first = 10ms;
        driver_ = std::make_unique<Driver>(loop_.executor(), options, pass(), keep, clock_);
        tasks_ = std::make_unique<async::TaskGroup>(loop_.executor(), base::Log());
        tasks_->spawn("driver", [this]() -> Task<> { (void)co_await driver_->run(host_); });
    }
    void TearDown() override {
        loop_.run([this]() -> Task<> { co_await tasks_->stop(); });
        DeviceAccess::TearDown();
    }
    static json device(const std::string& id, const std::string& name,
                       const std::string& protocol) {
        return {{"name", "enterprises/emu-project/devices/" + id},
                {"type", "sdm.devices.types.CAMERA"},
                {"traits",
                 {{"sdm.devices.traits.Info", {{"customName", name}}},
                  {"sdm.devices.traits.CameraEventImage", json::object()},
                  {"sdm.devices.traits.CameraLiveStream",
                   {{"supportedProtocols", json::array({protocol})}}}}}};
    }
    void publish(const std::string& happenings, const std::string& state = "STARTED") {
        published_.push_back(fmt::format(
            R"({{"eventId":"e","timestamp":"{}","resourceUpdate":{{"name":"{}","events":{{{}}}}},"eventThreadState":"{}"}})",
            base::format_rfc3339(clock_.wall_now()), kDevice, happenings, state));
    }

    std::chrono::milliseconds list_ = 50ms;
    Host host_;
    std::unique_ptr<Driver> driver_;
    std::unique_ptr<async::TaskGroup> tasks_;
    std::vector<std::string> kept_;
};

TEST_F(DeviceAccessDriver, CamerasAppearAndVanish) {
    until([&] { return host_.cameras.size() == 2 && host_.states.size() == 2; });
    EXPECT_EQ(host_.account->word, camera::AccountState::Word::SignedIn);
    const auto bell =
        std::ranges::find(host_.cameras, "Door", [](const auto& one) { return one.second.name; });
    ASSERT_NE(bell, host_.cameras.end());
    EXPECT_EQ(host_.states[bell->first].back().reason->code, "webrtc-only");
    const std::string bell_id = bell->first;
    const auto refused = loop_.run([&]() -> Task<Result<camera::StreamEndpoint>> {
        co_return co_await driver_->endpoint(bell_id, camera::Quality::Main, net::tests::soon());
    });
    EXPECT_EQ(refused.error().reason(), "webrtc-only");
    devices_ = json{{"devices", json::array({device("cam", "Yard", "RTSP")})}}.dump();
    until([&] { return host_.gone.size() == 1; });
    EXPECT_THAT(host_.gone, ElementsAre(bell_id));
}

/// Nothing but the vendor's word makes it look again.
class DeviceAccessDriverThatSeldomLooks : public DeviceAccessDriver {
protected:
    DeviceAccessDriverThatSeldomLooks() { list_ = 1h; }
};

TEST_F(DeviceAccessDriverThatSeldomLooks, ACameraThatHasLeftRtspIsReadAnewAndAskedNoMore) {
    until([&] { return host_.cameras.size() == 2; });
    const auto yard =
        std::ranges::find(host_.cameras, "Yard", [](const auto& one) { return one.second.name; });
    const std::string id = yard->first;
    const auto endpoint = loop_.run([&]() -> Task<Result<camera::StreamEndpoint>> {
        co_return co_await driver_->endpoint(id, camera::Quality::Main, net::tests::soon());
    });
    ASSERT_TRUE(endpoint);
    const auto open = std::get<camera::BestOf>(endpoint->way).choices.at(0).open;
    devices_ = json{{"devices", json::array({device("cam", "Yard", "WEB_RTC")})}}.dump();
    refusals_.emplace_back(400, "INVALID_ARGUMENT");
    EXPECT_EQ(ask(open).error().reason(), "wrong-protocol");
    until([&] { return host_.states[id].back().reason.has_value(); });
    EXPECT_EQ(host_.states[id].back().reason->code, "webrtc-only");
    const auto before = commands_.size();
    EXPECT_EQ(ask(open).error().reason(), "webrtc-only");
    EXPECT_EQ(commands_.size(), before);
}

TEST_F(DeviceAccessDriver, ABellIsToldAtOnceAndItsPictureFollows) {
    until([&] { return host_.cameras.size() == 2; });
    publish(R"("sdm.devices.events.DoorbellChime.Chime":{"eventSessionId":"S","eventId":"n:1"})");
    until([&] { return host_.told.size() == 2; });
    EXPECT_EQ(host_.told[0].kind, "button");
    EXPECT_EQ(host_.told[0].media, "");
    EXPECT_EQ(host_.told[1].vendor_id, host_.told[0].vendor_id);
    EXPECT_EQ(host_.told[1].media, "events/S-button.jpg");
    EXPECT_THAT(kept_, ElementsAre("S-button.jpg:JPEG"));
    EXPECT_THAT(picture_proofs_, ElementsAre("Basic g.0.img")) << "not Bearer";
    publish(R"("sdm.devices.events.DoorbellChime.Chime":{"eventSessionId":"S","eventId":"n:1"},
        "sdm.devices.events.CameraClipPreview.ClipPreview":{"eventSessionId":"S","previewUrl":")" +
                url("/clip") + "\"}",
            "ENDED");
    until(
        [&] { return host_.ended.size() == 1 && acknowledged_.size() == 2 && kept_.size() == 2; });
    EXPECT_THAT(host_.ended, ElementsAre("event-S/button"));
    EXPECT_EQ(kept_.back(), "S-button.mp4:MP4");
}

TEST_F(DeviceAccessDriver, WhatHappensNextDoesNotWaitForAPicturesPlace) {
    until([&] { return host_.cameras.size() == 2; });
    // Five pictures of a camera a minute: the sixth has to wait for most of one.
    for (int i = 0; i < 6; ++i)
        publish(fmt::format(
            R"("sdm.devices.events.CameraMotion.Motion":{{"eventSessionId":"S{0}","eventId":"n:{0}"}})",
            i));
    publish(R"("sdm.devices.events.DoorbellChime.Chime":{"eventSessionId":"R","eventId":"n:r"})");
    until([&] {
        return std::ranges::find(host_.told, "R/button", &events::Event::vendor_id) !=
               host_.told.end();
    });
    until([&] { return acknowledged_.size() == 7; });
    EXPECT_THAT(kept_, SizeIs(testing::Le(5U)));
}

TEST_F(DeviceAccessDriver, AnEventThatCouldNotBeStoredIsNotAcknowledged) {
    until([&] { return host_.cameras.size() == 2; });
    host_.refuses_events = true;
    publish(R"("sdm.devices.events.CameraMotion.Motion":{"eventSessionId":"S","eventId":"n:1"})");
    until([&] { return pulled_ == 1; });
    loop_.run([]() -> Task<> { (void)co_await async::sleep_for(50ms); });  // real time: sockets
    EXPECT_THAT(acknowledged_, SizeIs(0));
    // The vendor delivers it again.
    host_.refuses_events = false;
    publish(R"("sdm.devices.events.CameraMotion.Motion":{"eventSessionId":"S","eventId":"n:1"})");
    until([&] { return acknowledged_.size() == 1; });
    EXPECT_EQ(host_.told.at(0).kind, "motion");
}

TEST_F(DeviceAccessDriver, TheEndOfTheAccountGivesItsStreamsBack) {
    until([&] { return host_.cameras.size() == 2; });
    const auto yard =
        std::ranges::find(host_.cameras, "Yard", [](const auto& one) { return one.second.name; });
    const auto endpoint = loop_.run([&]() -> Task<Result<camera::StreamEndpoint>> {
        co_return co_await driver_->endpoint(yard->first, camera::Quality::Main,
                                             net::tests::soon());
    });
    ASSERT_TRUE(endpoint) << endpoint.error().message();
    const auto open = std::get<camera::BestOf>(endpoint->way).choices.at(0).open;
    ASSERT_TRUE(ask(open));
    loop_.run([this]() -> Task<> { co_await tasks_->stop(); });
    EXPECT_THAT(stopped_, ElementsAre("EXT-1"));
    EXPECT_TRUE(ask(open).error().is(ErrorKind::Cancelled)) << "and none is lent any more";
}

}  // namespace
}  // namespace casement::drivers::nest::device_access
