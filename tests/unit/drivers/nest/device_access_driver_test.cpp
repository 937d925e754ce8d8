// An account of Device Access as the hub sees it.

#include "tests/unit/drivers/nest/device_access.hpp"

namespace casement::drivers::nest::device_access {
namespace {

using namespace tests;
using testing::ElementsAre;
using testing::SizeIs;

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
