#include "notify/mqtt/old_nanit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace casement::notify::mqtt {
namespace {

using camera::Change;
using camera::SensorKind;
using testing::ElementsAre;
using testing::IsEmpty;

camera::Sensor sensor(std::string id, SensorKind kind, camera::SensorValue value) {
    camera::Sensor out;
    out.id = std::move(id);
    out.kind = kind;
    out.value = std::move(value);
    return out;
}

camera::Camera nursery() {
    camera::Camera out;
    out.description.id = "nursery";
    out.description.subject = "a1b2c3d4";
    out.state.word = camera::StateWord::Live;
    camera::Setting light;
    light.id = "night_light";
    light.kind = camera::Light{0, 100, 1};
    light.reported = camera::LightValue{true, 40.0};
    camera::Setting standby;
    standby.id = "privacy";
    standby.kind = camera::Toggle{};
    standby.reported = false;
    camera::Setting volume;  // they have no topic for it
    volume.id = "volume";
    volume.reported = 40.0;
    out.description.settings = {light, standby, volume};
    out.description.sensors = {sensor("temperature", SensorKind::Temperature, 21.84),
                               sensor("humidity", SensorKind::Humidity, 46.0),
                               sensor("night", SensorKind::Night, true),
                               sensor("light", SensorKind::Illuminance, 12.0),
                               sensor("asleep", SensorKind::Flag, {}),
                               sensor("total_sleep", SensorKind::Duration, 2400.0)};
    return out;
}

std::vector<std::string> lines(const std::vector<Message>& messages) {
    std::vector<std::string> out;
    for (const Message& message : messages)
        out.push_back(message.topic + " = " + message.payload + (message.retain ? " kept" : ""));
    return out;
}

const OldNanit kOld("nanit");

TEST(OldNanit, WritesWhatTheOldProgramsDid) {
    EXPECT_THAT(lines(kOld.all(nursery())),
                ElementsAre("nanit/babies/a1b2c3d4/is_stream_alive = true kept",
                            "nanit/babies/a1b2c3d4/night_light = true kept",
                            "nanit/babies/a1b2c3d4/standby = false kept",
                            "nanit/babies/a1b2c3d4/temperature = 21.84 kept",
                            "nanit/babies/a1b2c3d4/humidity = 46 kept",
                            "nanit/babies/a1b2c3d4/is_night = true kept",
                            "nanit/babies/a1b2c3d4/sleep_time_today = 40 kept"));
}

TEST(OldNanit, SaysNothingOfCamerasWithoutABaby) {
    camera::Camera porch = nursery();
    porch.description.subject.clear();
    EXPECT_THAT(kOld.all(porch), IsEmpty());
    events::Event event;
    event.kind = events::kind::kMotion;
    EXPECT_THAT(kOld.of(event, porch), IsEmpty());
    EXPECT_THAT(kOld.of(Change{Change::What::Account, nullptr, "nanit/home"}), IsEmpty());
}

TEST(OldNanit, EventsAreNotRetained) {
    events::Event event;
    event.id = "01J";
    event.kind = "baby-standing";
    event.vendor_id = "900123";
    event.start = base::WallTime{std::chrono::seconds{1767225590}};
    auto messages = kOld.of(event, nursery());
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages[0].topic, "nanit/babies/a1b2c3d4/events/standing");
    EXPECT_FALSE(messages[0].retain);
    const auto body = nlohmann::json::parse(messages[0].payload);
    EXPECT_EQ(body["id"], "900123");
    EXPECT_EQ(body["baby_uid"], "a1b2c3d4");
    EXPECT_EQ(body["unix_timestamp"], 1767225590);
    event.kind = events::kind::kMotion;
    messages = kOld.of(event, nursery());
    ASSERT_EQ(messages.size(), 2u);
    EXPECT_EQ(lines({messages[0]})[0], "nanit/babies/a1b2c3d4/motion_timestamp = 1767225590");
    event.kind = events::kind::kSetting;
    EXPECT_THAT(kOld.of(event, nursery()), IsEmpty());
}

TEST(OldNanit, CommandsNameTheirBaby) {
    const auto command = [](std::string topic, std::string payload, bool retain = false) {
        return kOld.command(
            {.topic = std::move(topic), .payload = std::move(payload), .retain = retain});
    };
    const auto on = command("nanit/babies/a1b2c3d4/night_light/switch", "true");
    ASSERT_TRUE(on);
    EXPECT_EQ(on->baby, "a1b2c3d4");
    EXPECT_EQ(on->setting, "night_light");
    EXPECT_TRUE(on->is_on);
    for (const char* const off : {"false", "True", "1", ""})
        EXPECT_FALSE(command("nanit/babies/x/standby/switch", off)->is_on) << off;
    EXPECT_EQ(command("nanit/babies/x/standby/switch", "true")->setting, "privacy");
    EXPECT_FALSE(command("nanit/babies/x/standby/switch", "true", true)) << "of yesterday";
    for (const char* const other :
         {"nanit/babies/x/standby", "nanit/babies//standby/switch", "other/babies/x/standby/switch",
          "nanit/babies/x/volume/switch", "nanit/babies/x/y/standby/switch", ""})
        EXPECT_FALSE(command(other, "true")) << other;
    for (const std::string& filter : kOld.subscriptions())
        EXPECT_TRUE(matches(filter, "nanit/babies/x/standby/switch") ||
                    matches(filter, "nanit/babies/x/night_light/switch"));
}

}  // namespace
}  // namespace casement::notify::mqtt
