// The interface of arlo-cam-api: what its clients ask, and what becomes of it at the devices.

#include "tests/integration/arlo_rest_fixture.hpp"

namespace casement::app {
namespace {

using namespace tests;

/// What the Scrypted plugin asks, in its order.
TEST_F(ArloRest, ThePluginFindsWhatItKnows) {
    hook(config_.webhooks.motion, "/motionDetected", config::HookSpelling::Json);
    hook(config_.webhooks.registration, "/registered", config::HookSpelling::Json);
    hook(config_.webhooks.status, "/statusUpdated", config::HookSpelling::Json);
    hook(config_.webhooks.button, "/buttonPressed", config::HookSpelling::Json);
    open();
    emu::Device& device = start(emu::Model::Pro2);
    start(options(emu::Model::VideoBell, kSecondSerial, 11));

    // Discovery.
    const Answer list = get("/device");
    EXPECT_EQ(list.status, 200);
    EXPECT_EQ(list.type, "application/json");
    const json devices = list.parsed();
    ASSERT_TRUE(devices.is_array());
    ASSERT_THAT(devices, SizeIs(2));
    EXPECT_EQ(list.body,
              fmt::format(R"([{{"friendly_name":"{0}","hostname":"VMC4030P-A1B2C","ip":"{1}",)"
                          R"("serial_number":"{0}"}},{{"friendly_name":"{2}",)"
                          R"("hostname":"AVD1001-D4E5F","ip":"{3}","serial_number":"{2}"}}])",
                          kSerial, own_address(10), kSecondSerial, own_address(11)));
    const std::uint64_t asked = device.counters().commands;
    for (const json& one : devices) {
        const std::string serial = one["serial_number"];
        const json registration = get("/device/" + serial + "/registration").parsed();
        EXPECT_EQ(registration["Type"], "registration");
        EXPECT_TRUE(registration["Capabilities"].is_array());
        EXPECT_TRUE(registration.contains("SystemModelNumber"));
        const json status = get("/device/" + serial).parsed();
        EXPECT_TRUE(status.contains("SystemFirmwareVersion"));
        // This is how it tells a doorbell.
        EXPECT_EQ(status.contains("ButtonEvents"), serial == kSecondSerial);
    }
    EXPECT_EQ(device.counters().commands, asked) << "discovery wakes nobody";

    // A stream begins and ends.
    EXPECT_TRUE(succeeds("/userstreamactive", R"({"active":1})"));
    EXPECT_TRUE(succeeds("/userstreamactive", R"({"active":0})"));

    // A picture.
    const std::string url = fmt::format(R"({{"url":"http://127.0.0.1:{}/snapshot/{}/{}.jpg"}})",
                                        doors_->rest_port(), kSerial, kSerial);
    EXPECT_EQ(get("/snapshot/" + kSerial).status, 400);
    EXPECT_TRUE(succeeds("/snapshot", url));
    Answer picture;
    until([&] {
        picture = get("/snapshot/" + kSerial);
        return picture.status == 200;
    });
    EXPECT_EQ(picture.type, "image/jpeg");
    EXPECT_TRUE(media::jpeg::parse(base::as_bytes(picture.body)));
    EXPECT_EQ(get("/snapshot/" + kSerial).status, 400) << "once";

    // Webhooks, as it reads them: objects and flags are texts.
    at_home([&] { device.see_motion(); });
    at_home([&] { devices_.back()->press_button(); });
    until([&] { return !heard_["/motionDetected"].empty() && !heard_["/buttonPressed"].empty(); });
    const json motion = json::parse(heard_["/motionDetected"][0].body);
    EXPECT_EQ(motion["serial_number"], kSerial);
    EXPECT_EQ(motion["ip"], own_address(10));
    EXPECT_EQ(motion["zone"], json::array());
    EXPECT_EQ(motion["file_name"], "");
    EXPECT_TRUE(motion["time"].is_number_float());
    const json pressed = json::parse(heard_["/buttonPressed"][0].body);
    EXPECT_EQ(pressed["serial_number"], kSecondSerial);
    EXPECT_EQ(pressed["triggered"], "true");
    const json registered = json::parse(heard_["/registered"][0].body);
    ASSERT_TRUE(registered["registration"].is_string());
    EXPECT_EQ(json::parse(registered["registration"].get<std::string>())["Type"], "registration");
    const json status = json::parse(heard_["/statusUpdated"][0].body);
    ASSERT_TRUE(status["status"].is_string());
    EXPECT_EQ(json::parse(status["status"].get<std::string>())["Type"], "status");
}

TEST_F(ArloRest, PingsAndLists) {
    open();
    EXPECT_EQ(get("/").body, "PING");
    EXPECT_EQ(get("/device").body, "[]");
    start(emu::Model::Pro2);
    EXPECT_EQ(get("/camera").body, get("/device").body);
    EXPECT_EQ(get("/camera/" + kSerial).body, get(device_path()).body);
    EXPECT_EQ(get(device_path()).body, driver_->device(kSerial)->record().status) << "verbatim";
    EXPECT_EQ(get(device_path("/registration")).body,
              driver_->device(kSerial)->record().registration);
    EXPECT_EQ(get("/health").parsed()["devices"], 1);
    EXPECT_EQ(get("/devices/status").parsed()[0]["online"], true);
    EXPECT_EQ(get("/streams").parsed()[kSerial]["url"], "rtsp://hub:8554/" + camera());
}

TEST_F(ArloRest, SaysWhatIsWrongWithARequest) {
    open();
    start(emu::Model::Pro2);
    const Answer nobody = get("/device/NOBODY");
    EXPECT_EQ(nobody.status, 404);
    EXPECT_TRUE(nobody.parsed()["error"].is_string());
    EXPECT_EQ(post("/device/NOBODY/arm", R"({"PIRTargetState":"Armed"})").status, 404);
    const auto status = [&](const std::string& path, const std::string& body,
                            const std::string& type = "application/json") {
        return ask("POST", device_path(path), body, {{"Content-Type", type}}).status;
    };
    EXPECT_EQ(status("/quality", R"({"quality":"low"})", "text/plain"), 415);
    EXPECT_EQ(status("/quality", "{"), 400);
    EXPECT_EQ(status("/quality", "null"), 400);
    EXPECT_EQ(status("/quality", "[1]"), 400);
    EXPECT_EQ(status("/quality", "{}"), 400);
    EXPECT_EQ(status("/quality", R"({"quality":null})"), 400);
    EXPECT_EQ(status("/arm", "{}"), 400);
    EXPECT_EQ(status("/arm", R"({"PIRTargetState":"armed"})"), 400);
    EXPECT_EQ(status("/arm", R"({"PIRTargetState":"Armed","PIRStartSensitivity":101})"), 400);
    EXPECT_EQ(status("/arm", R"({"PIRTargetState":"Armed","PIRStartSensitivity":-1})"), 400);
    EXPECT_EQ(status("/pirled", R"({"enabled":true})"), 400);
    EXPECT_EQ(status("/snapshot", R"({"url":null})"), 400);
    EXPECT_EQ(status("/snapshot", R"({"url":"ftp://x/y"})"), 400);
    EXPECT_EQ(status("/registerset", R"({"VideoFlip":[1]})"), 400);
    EXPECT_EQ(status("/registerset", "{}"), 400);
    EXPECT_EQ(status("/friendlyname", R"({"name":""})"), 400);
    EXPECT_EQ(status("/userstreamactive", R"({"active":"yes"})"), 400);
    EXPECT_EQ(status("/activityzones", "{}"), 400);
    EXPECT_EQ(status("/message", R"({"no":"type"})"), 400);
    EXPECT_EQ(status("/message", std::string(R"({"Type":"x","a":)") + std::string(20, '[') +
                                     std::string(20, ']') + "}"),
              400);
    EXPECT_EQ(ask("GET", device_path("/arm")).status, 405);
    EXPECT_EQ(get("/nothing/here").status, 404);
    EXPECT_EQ(status("/registerset", std::string(64 * 1024 + 1, ' ')), 413);
}

TEST_F(ArloRest, WebPagesAreTurnedAway) {
    open();
    start(emu::Model::Pro2);
    const auto status = [&](net::Headers headers) {
        return ask("POST", device_path("/arm"), R"({"PIRTargetState":"Disarmed"})",
                   std::move(headers))
            .status;
    };
    EXPECT_EQ(status({{"Origin", "http://evil.example"}}), 403);
    EXPECT_EQ(status({{"Origin", "null"}}), 403);
    EXPECT_EQ(status({{"Host", "evil.example:5000"}}), 403);
    EXPECT_EQ(status({{"Sec-Fetch-Site", "cross-site"}}), 403);
    EXPECT_EQ(ask("GET", "/device", {}, {{"Host", "evil.example"}}).status, 403);
    EXPECT_FALSE(desired_->wish(camera(), "motion_alerts"));
    for (const char* const host : {"localhost", "127.0.0.1:5000", "[::1]:5000", "hub.local",
                                   "HUB.local:5000", "192.168.1.100"})
        EXPECT_EQ(ask("GET", "/device", {}, {{"Host", host}}).status, 200) << host;
    const Answer refused = ask("GET", "/device", {}, {{"Origin", "http://x"}});
    EXPECT_THAT(refused.parsed()["error"].get<std::string>(), HasSubstr("web pages"));
}

TEST_F(ArloRest, ArmsAsItAlwaysDidAndKeepsWhatPeopleWish) {
    open();
    emu::Device& device = start(emu::Model::Pro2);
    EXPECT_TRUE(succeeds("/arm", R"({"PIRTargetState":"Disarmed"})"));
    EXPECT_EQ(device.registers().get(reg::kPirTargetState), wire::ArmState::Disarmed);
    EXPECT_EQ(device.registers().get(reg::kPirStartSensitivity), 80);
    EXPECT_EQ(desired_->wish(camera(), "motion_alerts")->value, camera::Value(false));
    EXPECT_FALSE(desired_->wish(camera(), "motion_sensitivity")) << "nobody named it";
    EXPECT_EQ(registry_->camera(camera())->setting("motion_alerts")->desired, camera::Value(false));
    EXPECT_TRUE(succeeds("/arm", R"({"PIRTargetState":"Armed","PIRStartSensitivity":33,)"
                                 R"("PIRAction":"","VideoMotionEstimationEnable":0})"));
    EXPECT_EQ(device.registers().get(reg::kPirStartSensitivity), 33);
    EXPECT_TRUE(succeeds("/arm", R"({"PIRTargetState":"Disarmed"})"));
    EXPECT_EQ(device.registers().get(reg::kPirStartSensitivity), 33) << "a wish stays";
    for (int i = 0; i < 3; ++i) {
        reboot(device);
        EXPECT_EQ(device.registers().get(reg::kPirTargetState), wire::ArmState::Disarmed);
        EXPECT_EQ(device.registers().get(reg::kPirStartSensitivity), 33);
    }
}

TEST_F(ArloRest, WhatIsSetByRegisterSurvivesRebootsOfBoth) {
    open();
    emu::Device& device = start(emu::Model::Pro2);
    EXPECT_TRUE(succeeds("/registerset",
                         R"({"VideoFlip":true,"VideoWindowEndX":1274,"AudioMicVolume":3})"));
    EXPECT_TRUE(succeeds("/videomirror", R"({"enabled":true})"));
    EXPECT_TRUE(succeeds("/quality", R"({"quality":"LOW"})"));
    EXPECT_EQ(post(device_path("/quality"), R"({"quality":"best"})").body, R"({"result":false})");
    EXPECT_EQ(desired_->wish(camera(), "flip")->value, camera::Value(true));
    EXPECT_TRUE(desired_->wish(camera(), "register:VideoWindowEndX"));
    const auto check = [&] {
        EXPECT_EQ(device.registers().get(reg::kVideoFlip), true);
        EXPECT_EQ(device.registers().get(reg::kVideoMirror), true);
        EXPECT_EQ(device.registers().get(reg::kVideoWindowEndX), 1274);
        EXPECT_EQ(device.registers().get(reg::kVideoOutputResolution), "720p");
    };
    check();
    reboot(device);
    check();
    const std::string before = camera();
    close();
    open();
    // It finds the new base when it calls the port that this one has; here a new device would.
    stop_devices();
    emu::Device& again = start(options(emu::Model::Pro2));
    EXPECT_EQ(camera(), before);
    EXPECT_EQ(again.registers().get(reg::kVideoFlip), true);
    EXPECT_EQ(again.registers().get(reg::kVideoWindowEndX), 1274);
    const json desired = get(device_path("/desired")).parsed();
    EXPECT_EQ(desired["quality_preset"], "low");
    EXPECT_EQ(desired["register_set_values"]["VideoWindowEndX"], 1274);
    EXPECT_EQ(desired["register_set_values"]["VideoFlip"], true);
    EXPECT_FALSE(desired["register_set_values"].contains("NightVisionMode"));
}

TEST_F(ArloRest, WhatACameraRefusesIsNoWish) {
    open();
    start(emu::Model::Wirefree);
    EXPECT_EQ(post(device_path("/registerset"), R"({"VideoFlip":true,"HdrControl":"off"})").body,
              R"({"result":false})");
    EXPECT_EQ(desired_->wish(camera(), "flip")->value, camera::Value(true));
    EXPECT_FALSE(desired_->wish(camera(), "register:HdrControl"));
    EXPECT_EQ(post(device_path("/userstreamactive"), R"({"active":1})").body, R"({"result":true})")
        << "it takes no such register, and is woken all the same";
}

TEST_F(ArloRest, WhatASleepingCameraIsToldIsToldWhenItCalls) {
    open();
    auto made = options(emu::Model::Pro2);
    emu::Device& device = start(std::move(made));
    fakes::run(io_, device.stop());
    EXPECT_EQ(post(device_path("/videoflip"), R"({"enabled":true})").body, R"({"result":false})");
    EXPECT_EQ(desired_->wish(camera(), "flip")->value, camera::Value(true));
    EXPECT_TRUE(succeeds("/userstreamactive", R"({"active":1})")) << "queued";
    stop_devices();
    emu::Device& again = start(options(emu::Model::Pro2));
    EXPECT_EQ(again.registers().get(reg::kVideoFlip), true);
}

TEST_F(ArloRest, ZonesAreTheCallersAndSurvive) {
    open();
    emu::Device& device = start(emu::Model::Pro2);
    const std::string corners =
        R"([{"x":0.1,"y":0.2},{"x":0.9,"y":0.2},{"x":0.9,"y":0.8},{"x":0.1,"y":0.8}])";
    EXPECT_TRUE(succeeds(
        "/activityzones",
        fmt::format(R"({{"intrZone":[{{"name":"Gate","id":"a-b","coords":{}}}]}})", corners)));
    ASSERT_EQ(device.zones().size(), 1u);
    EXPECT_EQ(device.zones()[0].name, "Gate");
    EXPECT_EQ(device.zones()[0].corners->at(2).x, 0.9);
    reboot(device);
    ASSERT_EQ(device.zones().size(), 1u);
    EXPECT_EQ(device.zones()[0].id, "a-b");
    const std::string one = fmt::format(R"({{"coords":{}}})", corners);
    EXPECT_TRUE(succeeds("/activityzones", fmt::format("[{0},{0},{0}]", one)));
    EXPECT_EQ(device.zones().size(), 3u);
    EXPECT_NE(device.zones()[0].id, device.zones()[1].id);
    EXPECT_EQ(post(device_path("/activityzones"), fmt::format("[{0},{0},{0},{0}]", one)).status,
              400);
    EXPECT_EQ(post(device_path("/activityzones"), R"([{"coords":[{"x":2,"y":0}]}])").status, 400);
    const Answer removed = ask("DELETE", device_path("/activityzones"));
    EXPECT_EQ(removed.body, R"({"result":true})");
    EXPECT_THAT(device.zones(), IsEmpty());
    reboot(device);
    EXPECT_THAT(device.zones(), IsEmpty());
}

TEST_F(ArloRest, NamesMayRepeatAndStay) {
    open();
    start(emu::Model::Pro2);
    start(options(emu::Model::Pro2, kSecondSerial, 11));
    EXPECT_TRUE(succeeds("/friendlyname", R"({"name":"Front"})"));
    EXPECT_EQ(post("/device/" + kSecondSerial + "/friendlyname", R"({"name":"Front"})").body,
              R"({"result":true})");
    EXPECT_THAT(get("/device").parsed(), SizeIs(2));
    EXPECT_EQ(registry_->camera(camera())->description.name, "Front");
    close();
    open();
    EXPECT_EQ(get("/device").parsed()[0]["friendly_name"], "Front");
}

TEST_F(ArloRest, AForgottenDeviceIsGoneUntilItRegisters) {
    open();
    emu::Device& device = start(emu::Model::Pro2);
    EXPECT_TRUE(succeeds("/videoflip", R"({"enabled":true})"));
    const std::string id = camera();
    EXPECT_EQ(ask("DELETE", device_path()).body, R"({"result":true})");
    EXPECT_EQ(get(device_path()).status, 404);
    EXPECT_EQ(get("/device").body, "[]");
    EXPECT_EQ(ask("DELETE", device_path()).status, 404);
    EXPECT_FALSE(registry_->camera(id)->present);
    reboot(device);
    EXPECT_TRUE(registry_->camera(id)->present);
    EXPECT_EQ(device.registers().get(reg::kVideoFlip), false);
}

TEST_F(ArloRest, PassesMessagesOnAndReadsRegisters) {
    open();
    emu::Device& device = start(emu::Model::Pro5);
    const auto before = device.counters().statuses;
    EXPECT_TRUE(succeeds("/statusrequest", ""));
    until([&] { return device.counters().statuses > before; });
    EXPECT_TRUE(
        succeeds("/message", R"({"Type":"registerSet","ID":77,"SetValues":{"VideoFlip":true}})"));
    EXPECT_EQ(device.registers().get(reg::kVideoFlip), true);
    EXPECT_FALSE(desired_->wish(camera(), "flip")) << "a message is no wish";
    EXPECT_EQ(post(device_path("/message"), R"({"Type":"fooBar"})").body, R"({"result":false})");
    const json read =
        post(device_path("/registerget"), R"({"names":["VideoFlip","NoSuch"]})").parsed();
    EXPECT_EQ(read.dump(), R"({"result":true,"values":{"VideoFlip":true}})");
    EXPECT_EQ(get(device_path("/settings")).parsed()["values"]["VideoFlip"], true);
    EXPECT_EQ(post(device_path("/settings"), R"({"VideoFlip":false,"NoSuch":1})").body,
              R"({"result":false,"unknown":["NoSuch"]})");
    EXPECT_TRUE(succeeds("/settings", R"({"settings":{"VideoFlip":false}})"));
    EXPECT_TRUE(succeeds("/settings", R"({"VideoMirror":true})"));
    EXPECT_EQ(device.registers().get(reg::kVideoMirror), true);
    const json siren = post(device_path("/siren"), R"({"state":"on","duration":5})").parsed();
    EXPECT_EQ(siren["result"], true);
    EXPECT_EQ(siren["response"]["Response"], "Ack");
    EXPECT_TRUE(device.siren_is_on());
    const auto boots = device.counters().boots;
    EXPECT_TRUE(succeeds("/reboot", ""));
    until([&] { return device.counters().boots > boots; });
}

TEST_F(ArloRest, ShortCutsOfTheForks) {
    open();
    emu::Device& device = start(emu::Model::Flood);
    EXPECT_TRUE(succeeds("/nightmodeligthsourcealert", R"({"enabled":1})"));
    EXPECT_EQ(device.registers().get(reg::kNightModeLightSourceAlert), 1);
    EXPECT_TRUE(
        succeeds("/spotlight", R"({"on":true,"intensity":50,"mode":"flash","duration":20})"));
    EXPECT_EQ(device.registers().get(reg::kSpotlightIntensityManual), 12850);
    EXPECT_EQ(device.registers().get(reg::kSpotlightModeManual), wire::SpotlightMode::Flash);
    EXPECT_TRUE(device.lamp_is_on());
    EXPECT_FALSE(desired_->wish(camera(), "spotlight")) << "it goes out by itself";
    EXPECT_TRUE(succeeds("/audiospeaker", R"({"enabled":false})"));
    EXPECT_EQ(device.registers().get(reg::kAudioSpkrEnable), false);
    EXPECT_EQ(ask("PUT", device_path("/power"), R"({"mode":"external"})").body,
              R"({"result":true})");
    EXPECT_EQ(get(device_path("/desired")).parsed()["power_mode"], "external");
    EXPECT_EQ(ask("PUT", device_path("/power"), R"({"mode":"solar"})").status, 400);
}

TEST_F(ArloRest, RecordsAsTheFirstVersionDid) {
    open();
    start(emu::Model::Pro2);
    EXPECT_EQ(post("/camera/" + kSerial + "/record", R"({"duration":10,"is4k":false})").parsed(),
              json({{"result", dir_.path("clip.mp4")}}));
    EXPECT_EQ(recorded_, camera() + " 10");
    EXPECT_EQ(post(device_path("/record"), R"({"duration":601})").status, 400);
}

TEST_F(ArloRest, ALeaseKeepsTheHubsStreamWanted) {
    open();
    start(emu::Model::Pro2);
    hub::StreamOptions stream;
    stream.supervisor.always = false;
    const auto added = hub_.add(
        camera(),
        []() -> Task<base::Result<std::unique_ptr<hub::Source>>> {
            co_return base::fail(base::ErrorKind::Unavailable, "not in this test");
        },
        stream);
    ASSERT_TRUE(added);
    EXPECT_FALSE((*added)->wanted());
    const json lease =
        post(device_path("/stream/leases"), R"({"owner":"x","ttl_seconds":180})").parsed();
    EXPECT_EQ(lease["lease_count"], 1);
    EXPECT_TRUE((*added)->wanted());
    EXPECT_EQ(post(device_path("/streamrefresh"), "").parsed()["streaming"], false);
    for (int i = 0; i < 7; ++i)
        EXPECT_EQ(post(device_path("/stream/leases"), R"({"owner":"x","ttl_seconds":1})").status,
                  200);
    EXPECT_EQ(post(device_path("/stream/leases"), R"({"owner":"x","ttl_seconds":1})").status, 429);
    const std::string id = lease["lease_id"];
    EXPECT_EQ(ask("DELETE", device_path("/stream/leases/" + id)).body, R"({"result":true})");
    EXPECT_EQ(ask("DELETE", device_path("/stream/leases/" + id)).status, 404);
    until([&] { return !(*added)->wanted(); });
    fakes::run(io_, [this]() -> Task<> { co_await hub_.stop(); }());
}

}  // namespace
}  // namespace casement::app
