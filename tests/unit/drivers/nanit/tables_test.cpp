// What a camera's numbers are for a person, and back; what is kept of what it says.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/nanit/sensors.hpp"
#include "drivers/nanit/settings.hpp"

namespace casement::drivers::nanit {
namespace {

using base::ErrorKind;
using camera::LightValue;
using camera::SensorValue;
using camera::Value;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
namespace wire = protocols::nanit;

/// As the camera has it after it took the requests.
void give(Held& held, const std::vector<pb::Request>& requests) {
    for (const pb::Request& request : requests) {
        held.take(request.settings());
        held.take(request.control());
        held.take(request.playback());
    }
}

TEST(NanitSettings, AreUnknownUntilTheCameraHasSaidThem) {
    for (const camera::Setting& setting : settings_of(Held{})) {
        EXPECT_EQ(setting.reported, Value{}) << setting.id;
        EXPECT_EQ(value_of(setting.id, Held{}), Value{}) << setting.id;
    }
}

/// Every value that a setting can have comes back as it was given, and no other setting with it.
TEST(NanitSettings, ComeBackAsTheyWereGiven) {
    for (const camera::Setting& setting : settings_of(Held{})) {
        if (!setting.writable) continue;
        std::vector<Value> values;
        if (std::holds_alternative<camera::Toggle>(setting.kind)) values = {true, false};
        if (const auto* range = std::get_if<camera::Range>(&setting.kind)) {
            for (double v = range->min; v <= range->max; v += range->step) values.emplace_back(v);
        }
        if (const auto* choice = std::get_if<camera::Choice>(&setting.kind)) {
            for (const auto& option : choice->options) values.emplace_back(option.value);
        }
        if (std::holds_alternative<camera::Light>(setting.kind))
            values = {LightValue{true, 0.0}, LightValue{false, 100.0}, LightValue{true, 55.0}};
        ASSERT_FALSE(values.empty()) << setting.id;
        for (const Value& value : values) {
            ASSERT_TRUE(camera::validate(setting, value)) << setting.id;
            Held held;
            if (setting.id == kTrackSetting) held.playback.set_status(wire::kPlaying);
            const auto requests = requests_for(setting.id, value, held);
            ASSERT_TRUE(requests) << setting.id;
            give(held, *requests);
            EXPECT_EQ(value_of(setting.id, held), value) << setting.id;
            for (const camera::Setting& other : settings_of(held)) {
                const bool is_sound = setting.id == kSoundSetting || setting.id == kTrackSetting;
                if (other.id != setting.id && !is_sound)
                    EXPECT_EQ(other.reported, Value{}) << other.id << " after " << setting.id;
            }
        }
    }
}

TEST(NanitSettings, AreTheNumbersThatWereSeenOnCameras) {
    const auto sensor = [](std::string_view id, double value) {
        return requests_for(id, value, {}).value().at(0).settings().sensors(0);
    };
    EXPECT_EQ(sensor("sound_sensitivity", 5).high_threshold(), 5);
    EXPECT_EQ(sensor("sound_sensitivity", 8).high_threshold(), 2);
    EXPECT_EQ(sensor("sound_sensitivity", 5).low_threshold(), 750);
    EXPECT_EQ(sensor("motion_sensitivity", 13).high_threshold(), 130'000);
    EXPECT_EQ(sensor("motion_sensitivity", 1).high_threshold(), 250'000);
    EXPECT_EQ(sensor("motion_sensitivity", 25).high_threshold(), 10'000);
    EXPECT_EQ(sensor("motion_sensitivity", 25).low_threshold(), 2'000);
    EXPECT_TRUE(sensor("motion_sensitivity", 25).use_low_threshold());
    EXPECT_EQ(sensor("motion_sensitivity", 25).sample_interval_sec(), 1);
    const auto light = requests_for("night_light", LightValue{true, 40.0}, {}).value();
    ASSERT_THAT(light, SizeIs(2));
    EXPECT_EQ(wire::serialize([&] {
                  auto message = wire::request(6, wire::kPutSettings);
                  *message.mutable_request()->mutable_settings() = light[0].settings();
                  return message;
              }()),
              (std::vector<std::uint8_t>{0x08, 0x01, 0x12, 0x09, 0x08, 0x06, 0x10, 0x05, 0x2a, 0x03,
                                         0xc0, 0x01, 0x28}));
    EXPECT_THAT(requests_for("night_light", LightValue{false, {}}, {}).value(), SizeIs(1));
    EXPECT_EQ(requests_for("privacy", true, {}).value().at(0).settings().sleep_mode(), true);
}

TEST(NanitSettings, RefuseWhatTheyCannotBe) {
    const auto kind = [](std::string_view id, const Value& value) {
        const auto out = requests_for(id, value, {});
        return out ? ErrorKind::Internal : out.error().kind();
    };
    EXPECT_EQ(kind("volume", true), ErrorKind::InvalidArgument);
    EXPECT_EQ(kind("volume", -1.0), ErrorKind::InvalidArgument);
    EXPECT_EQ(kind("volume", 101.0), ErrorKind::InvalidArgument);
    EXPECT_EQ(kind("volume", std::numeric_limits<double>::quiet_NaN()), ErrorKind::InvalidArgument);
    EXPECT_EQ(kind("motion_sensitivity", 26.0), ErrorKind::InvalidArgument);
    EXPECT_EQ(kind("motion_sensitivity", 0.0), ErrorKind::InvalidArgument);
    EXPECT_EQ(kind("night_light", LightValue{true, 101.0}), ErrorKind::InvalidArgument);
    EXPECT_EQ(kind("night_vision", std::string("maybe")), ErrorKind::InvalidArgument);
    EXPECT_EQ(kind("sound_track", std::string("../passwd")), ErrorKind::InvalidArgument);
    EXPECT_EQ(kind("mounting", std::string("stand")), ErrorKind::FailedPrecondition);
    EXPECT_EQ(kind("", true), ErrorKind::NotFound);
}

TEST(NanitSettings, TakeNumbersOfNewerFirmwareForNothing) {
    Held held;
    pb::Settings said;
    said.set_volume(101);
    said.set_night_vision(9);
    said.set_wifi_band(-1);
    said.set_mounting_mode(77);
    said.set_night_light_brightness(255);
    auto& sensor = *said.add_sensors();
    sensor.set_sensor_type(wire::kMotion);
    sensor.set_high_threshold(250'001);
    held.take(said);
    pb::Control control;
    control.set_night_light(2);
    control.set_night_light_timeout(-1);
    held.take(control);
    for (const camera::Setting& setting : settings_of(held))
        EXPECT_EQ(setting.reported, Value{}) << setting.id;
    control.set_night_light(1);
    held.take(control);
    EXPECT_EQ(value_of("night_light", held), Value(LightValue{true, {}}));
}

TEST(NanitHeld, IsBoundedWhateverComes) {
    Held held;
    for (int i = 0; i < 1'000; ++i) {
        pb::Settings said;
        for (int type = 0; type < 50; ++type) said.add_sensors()->set_sensor_type(type + i);
        said.add_streams()->set_bitrate(i);
        said.mutable_unknown_fields()->AddVarint(99, static_cast<std::uint64_t>(i));
        held.take(said);
        pb::Control control;
        control.mutable_unknown_fields()->AddLengthDelimited(9, std::string(100, 'x'));
        held.take(control);
    }
    EXPECT_LT(held.settings.ByteSizeLong(), 500);
    EXPECT_EQ(held.settings.sensors_size(), 16);
    EXPECT_EQ(held.settings.streams_size(), 0);
    EXPECT_EQ(held.control.ByteSizeLong(), 0);
}

TEST(NanitHeld, TakesTracksThatAreFileNames) {
    Held held;
    pb::Response said;
    for (const char* name : {"White Noise.wav", "White Noise.wav", "", "a/b.wav", ".hidden",
                             "caf\xC3\xA9.wav", "Rain (soft)_1-2.wav"})
        said.add_soundtracks()->set_filename(name);
    said.add_soundtracks()->set_filename(std::string(Held::kMaxTrackBytes, 'a'));
    said.add_soundtracks()->set_filename(std::string(Held::kMaxTrackBytes + 1, 'b'));
    held.take_tracks(said);
    EXPECT_THAT(held.tracks, ElementsAre("White Noise.wav", "Rain (soft)_1-2.wav",
                                         std::string(Held::kMaxTrackBytes, 'a')));
    held.take_tracks({});  // an answer to something else
    EXPECT_THAT(held.tracks, SizeIs(3));
    pb::Response many;
    for (std::size_t i = 0; i < Held::kMaxTracks + 1; ++i)
        many.add_soundtracks()->set_filename(std::to_string(i) + ".wav");
    held.take_tracks(many);
    EXPECT_THAT(held.tracks, SizeIs(Held::kMaxTracks));
}

TEST(NanitSensors, TakeThousandthsByPresence) {
    pb::SensorData data;
    EXPECT_FALSE(measured(data));
    data.set_sensor_type(wire::kTemperature);
    EXPECT_FALSE(measured(data));  // said nothing
    data.set_value(21);
    EXPECT_EQ(measured(data)->second, SensorValue(21.0));
    data.set_value_milli(0);
    EXPECT_EQ(measured(data)->second, SensorValue(0.0));
    data.set_value_milli(-1'500);
    EXPECT_EQ(measured(data)->second, SensorValue(-1.5));
    data.set_sensor_type(6);
    EXPECT_FALSE(measured(data));
    data.set_sensor_type(wire::kNight);
    data.set_value(2);
    EXPECT_FALSE(measured(data));
    data.set_value(0);
    EXPECT_EQ(measured(data)->second, SensorValue(false));
    data.set_sensor_type(wire::kCry);
    EXPECT_FALSE(measured(data));
    data.set_is_alert(true);
    EXPECT_EQ(*measured(data), (std::pair<std::string, SensorValue>("cry", true)));
}

TEST(NanitSensors, BelieveTheCamerasClockWhereItMakesSense) {
    const base::WallTime now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}};
    const auto said = [&](std::chrono::milliseconds before) {
        pb::SensorData data;
        data.set_timestamp(86'400);
        data.set_timestamp_real(static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>((now - before).time_since_epoch())
                .count()));
        return time_of(data, now);
    };
    using std::chrono::hours;
    using std::chrono::milliseconds;
    EXPECT_EQ(said(milliseconds{1}), now - milliseconds{1});
    EXPECT_EQ(said(hours{24}), now - hours{24});
    EXPECT_EQ(said(hours{24} + milliseconds{1}), now);
    EXPECT_EQ(said(-milliseconds{1}), now);
    pb::SensorData data;
    data.set_timestamp(86'400);  // since it was switched on
    EXPECT_EQ(time_of(data, now), now);
    data.set_timestamp_real(~std::uint64_t{0});
    EXPECT_EQ(time_of(data, now), now);
}

TEST(NanitSensors, SayOfBreathingWhatTheyAre) {
    EXPECT_THAT(measured(pb::StingStatus{}), IsEmpty());
    pb::StingStatus status;
    status.set_state(2);
    status.set_breathing(1);
    status.set_mode(0);
    status.set_breaths_per_min(38);
    EXPECT_THAT(measured(status),
                ElementsAre(std::pair<std::string, SensorValue>("breathing_state", "running"),
                            std::pair<std::string, SensorValue>("breathing", "normal"),
                            std::pair<std::string, SensorValue>("breathing_level", "green"),
                            std::pair<std::string, SensorValue>("breathing_rate", 38.0)));
    status.set_state(11);
    status.set_breathing(-1);
    status.set_mode(3);
    status.set_breaths_per_min(0);
    EXPECT_THAT(measured(status),
                ElementsAre(std::pair<std::string, SensorValue>("breathing_rate", SensorValue{})));
    int marked = 0;
    for (const camera::Sensor& sensor : sensors_of(true)) marked += sensor.baby_data;
    EXPECT_EQ(marked, 4);
    for (const camera::Sensor& sensor : sensors_of(false)) EXPECT_FALSE(sensor.baby_data);
}

}  // namespace
}  // namespace casement::drivers::nanit
