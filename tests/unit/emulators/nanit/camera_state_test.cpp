#include "emulators/nanit/camera_state.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/clock.hpp"
#include "tests/fakes/media_data.hpp"

namespace casement::emulators::nanit {
namespace {

using namespace std::chrono_literals;

class CameraStateTest : public testing::Test {
protected:
    CameraState::Answer ask(const pb::Request& request, bool relayed = true) {
        auto answer = camera_.answer(request, relayed);
        EXPECT_TRUE(answer);
        return answer ? *answer : CameraState::Answer{};
    }
    static pb::Request request(int type) {
        return *wire::request(1, static_cast<wire::RequestType>(type)).mutable_request();
    }
    pb::Settings settings() {
        pb::Request asked = request(wire::kGetSettings);
        asked.mutable_get_settings()->set_all(true);
        return ask(asked).response.settings();
    }
    pb::Playback playback() { return ask(request(wire::kGetPlayback)).response.playback(); }
    void play(int duration) {
        pb::Request asked = request(wire::kPutPlayback);
        asked.mutable_playback()->set_status(wire::kPlaying);
        if (duration != 0) asked.mutable_playback()->set_duration(duration);
        asked.mutable_playback()->add_track()->set_filename("Waves.wav");
        EXPECT_EQ(ask(asked).response.status_code(), 200);
    }

    fakes::Clock clock_;
    CameraState camera_{clock_, "N301EMU0000001", Firmware{}, 1};
};

TEST_F(CameraStateTest, AnswersAllSensorsAsCameraWasCaptured) {
    pb::Request asked = request(wire::kGetSensorData);
    asked.mutable_get_sensor_data()->set_all(true);
    pb::Message message;
    message.set_type(wire::kResponse);
    *message.mutable_response() = ask(asked).response;
    const auto expected = fakes::hex(
        "08 02 1a 2b 08 01 10 0c 18 c8 01 4a 0a 08 02 18 16 20 00 30 d0 aa 01 4a 0a 08 03 18 2e 20"
        "00 30 d9 ea 02 4a 04 08 04 18 0c 4a 04 08 05 18 01");
    EXPECT_EQ(wire::serialize(message),
              std::vector<std::uint8_t>(expected.begin(), expected.end()));
}

TEST_F(CameraStateTest, AnswersTheSensorsThatWereAskedFor) {
    pb::Request asked = request(wire::kGetSensorData);
    asked.mutable_get_sensor_data()->set_humidity(true);
    const auto response = ask(asked).response;
    ASSERT_EQ(response.sensor_data_size(), 1);
    EXPECT_EQ(response.sensor_data(0).value_milli(), 46'425);
    EXPECT_EQ(response.sensor_data(0).value(), 46);
}

TEST_F(CameraStateTest, RefusesGetSettingsWithoutItsField) {
    const auto response = ask(request(wire::kGetSettings)).response;
    EXPECT_EQ(response.status_code(), 400);
    EXPECT_TRUE(response.status_message().contains("missed 'getsettings' field"));
}

TEST_F(CameraStateTest, OmitsSleepModeWhileItIsFalse) {
    EXPECT_FALSE(settings().has_sleep_mode());
    camera_.firmware.omits_sleep_mode = false;
    EXPECT_TRUE(settings().has_sleep_mode());
    EXPECT_FALSE(settings().sleep_mode());
}

TEST_F(CameraStateTest, MergesSettingsAndPushesWhatChangedAlone) {
    pb::Request asked = request(wire::kPutSettings);
    asked.mutable_settings()->set_volume(70);
    auto* sound = asked.mutable_settings()->add_sensors();
    sound->set_sensor_type(wire::kSound);
    sound->set_high_threshold(3);
    const auto answer = ask(asked);
    EXPECT_FALSE(answer.response.has_settings());  // no echo
    ASSERT_EQ(answer.pushes.size(), 1u);
    EXPECT_EQ(answer.pushes[0].settings().volume(), 70);
    EXPECT_FALSE(answer.pushes[0].settings().has_night_vision());
    EXPECT_EQ(settings().volume(), 70);
    EXPECT_EQ(settings().night_vision(), wire::kNightVisionAuto);
    ASSERT_EQ(settings().sensors_size(), 2);
    EXPECT_EQ(settings().sensors(0).high_threshold(), 3);
    EXPECT_EQ(settings().sensors(0).low_threshold(), 750);
    camera_.firmware.echoes_changes = true;
    EXPECT_EQ(ask(asked).response.settings().volume(), 70);
}

TEST_F(CameraStateTest, RefusesSettingsOutOfTheirRange) {
    for (const int volume : {-1, 101}) {
        pb::Request asked = request(wire::kPutSettings);
        asked.mutable_settings()->set_volume(volume);
        EXPECT_EQ(ask(asked).response.status_code(), 400);
    }
    for (const int volume : {0, 100}) {
        pb::Request asked = request(wire::kPutSettings);
        asked.mutable_settings()->set_volume(volume);
        EXPECT_EQ(ask(asked).response.status_code(), 200);
        EXPECT_EQ(settings().volume(), volume);
    }
}

TEST_F(CameraStateTest, PushesTheNightLightWhenItIsSwitched) {
    pb::Request asked = request(wire::kPutControl);
    asked.mutable_control()->set_night_light(1);
    EXPECT_EQ(ask(asked).pushes.size(), 1u);
    EXPECT_EQ(ask(asked).pushes.size(), 0u);  // it is on already
    pb::Request get = request(wire::kGetControl);
    get.mutable_get_control()->set_night_light(true);
    EXPECT_EQ(ask(get).response.control().night_light(), 1);
    EXPECT_FALSE(ask(get).response.control().has_night_light_timeout());
    get.mutable_get_control()->set_ptz(true);
    EXPECT_EQ(ask(get).response.status_code(), 400);
    EXPECT_EQ(ask(get, false).response.status_code(), 200);
}

TEST_F(CameraStateTest, StopsPlayingAfterItsDuration) {
    play(0);
    clock_.advance(29s);
    EXPECT_EQ(playback().status(), wire::kPlaying);
    EXPECT_EQ(playback().current_track().filename(), "Waves.wav");
    clock_.advance(1s);
    EXPECT_EQ(playback().status(), wire::kSilent);
    EXPECT_FALSE(playback().has_current_track());
    play(28'800);
    clock_.advance(28'799s);
    EXPECT_EQ(playback().status(), wire::kPlaying);
    clock_.advance(1s);
    EXPECT_EQ(playback().status(), wire::kSilent);
    play(-1);
    clock_.advance(48h);
    EXPECT_EQ(playback().status(), wire::kPlaying);
}

TEST_F(CameraStateTest, KnowsFourTracksAndNoOthers) {
    EXPECT_EQ(ask(request(wire::kGetSoundtracks)).response.soundtracks_size(), 4);
    pb::Request asked = request(wire::kPutPlayback);
    asked.mutable_playback()->set_status(wire::kPlaying);
    asked.mutable_playback()->add_track()->set_filename("Rain.wav");
    EXPECT_EQ(ask(asked).response.status_code(), 404);
    EXPECT_EQ(playback().status(), wire::kSilent);
}

TEST_F(CameraStateTest, BeginsToCountBreathsAfterTenSeconds) {
    pb::Request start = request(wire::kPutStingStart);
    EXPECT_EQ(ask(start).response.status_code(), 400);
    start.mutable_sting_start()->mutable_win_location()->set_x(627);
    EXPECT_EQ(ask(start).response.status_code(), 200);
    clock_.advance(9s);
    EXPECT_EQ(camera_.sting_push().sting_status().state(), wire::kStingIniting);
    clock_.advance(1s);
    const auto running = camera_.sting_push().sting_status();
    EXPECT_EQ(running.state(), wire::kStingRunning);
    EXPECT_EQ(running.breaths_per_min(), 38);
    const auto stopped = ask(request(wire::kPutStingStop));
    ASSERT_EQ(stopped.pushes.size(), 1u);
    EXPECT_EQ(stopped.pushes[0].sting_status().state(), wire::kStingCompleted);
    EXPECT_FALSE(camera_.is_sting_running());
}

TEST_F(CameraStateTest, IsSilentToUnknownRequestsWhereToldSo) {
    EXPECT_EQ(ask(request(50)).response.status_code(), 400);
    camera_.firmware.ignores_unknown = true;
    EXPECT_FALSE(camera_.answer(request(50), true));
}

TEST_F(CameraStateTest, PushesUptimeAndWhereNewEnoughTheRealTime) {
    auto push = camera_.sensor_push(wire::kTemperature);
    EXPECT_EQ(push.sensor_data(0).timestamp(), 86'400);
    EXPECT_TRUE(push.sensor_data(0).has_timestamp_real());
    camera_.firmware.tells_real_time = false;
    clock_.advance(5s);
    push = camera_.sensor_push(wire::kTemperature);
    EXPECT_EQ(push.sensor_data(0).timestamp(), 86'405);
    EXPECT_FALSE(push.sensor_data(0).has_timestamp_real());
}

TEST_F(CameraStateTest, SpeaksOfNewThingsWithNewerFirmware) {
    camera_.firmware.is_newer = true;
    pb::Message message;
    *message.mutable_request() = camera_.sensor_push(wire::kTemperature);
    ASSERT_EQ(message.request().sensor_data_size(), 2);
    EXPECT_EQ(message.request().sensor_data(1).sensor_type(), 7);
    EXPECT_EQ(wire::unknown_fields(message).size(), 1u);
}

}  // namespace
}  // namespace casement::emulators::nanit
