#include "protocols/nanit/message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/media_data.hpp"

namespace casement::protocols::nanit {
namespace {

using fakes::hex;
using testing::ElementsAre;

std::vector<std::uint8_t> bytes(std::string_view text) {
    const auto data = hex(text);
    return {data.begin(), data.end()};
}

pb::Message parsed(std::string_view text) {
    const auto message = parse(hex(text));
    EXPECT_TRUE(message) << message.error().message();
    return message ? *message : pb::Message{};
}

TEST(NanitMessage, KeepaliveIsTwoBytes) { EXPECT_EQ(serialize(keepalive()), bytes("08 00")); }

TEST(NanitMessage, AsksForAllSensors) {
    auto message = request(1, kGetSensorData);
    message.mutable_request()->mutable_get_sensor_data()->set_all(true);
    EXPECT_EQ(serialize(message), bytes("08 01 12 08 08 01 10 0c 62 02 08 01"));
}

TEST(NanitMessage, ReadsWhatTheSensorsAnswer) {
    const auto message = parsed(
        "08 02 1a 2b 08 01 10 0c 18 c8 01 4a 0a 08 02 18 16 20 00 30 d0 aa 01 4a 0a 08 03 18 2e 20"
        "00 30 d9 ea 02 4a 04 08 04 18 0c 4a 04 08 05 18 01");
    ASSERT_EQ(message.type(), kResponse);
    const auto& response = message.response();
    EXPECT_EQ(response.request_id(), 1);
    EXPECT_EQ(response.request_type(), kGetSensorData);
    EXPECT_EQ(response.status_code(), 200);
    ASSERT_EQ(response.sensor_data_size(), 4);
    EXPECT_EQ(response.sensor_data(0).sensor_type(), kTemperature);
    EXPECT_EQ(response.sensor_data(0).value_milli(), 21'840);
    EXPECT_EQ(response.sensor_data(1).value_milli(), 46'425);
    EXPECT_EQ(response.sensor_data(2).value(), 12);
    EXPECT_FALSE(response.sensor_data(2).has_value_milli());
    EXPECT_EQ(response.sensor_data(3).sensor_type(), kNight);
    EXPECT_EQ(response.sensor_data(3).value(), 1);
}

TEST(NanitMessage, ReadsAPushedTemperatureWithBothClocks) {
    const auto message = parsed(
        "08 01 12 1c 08 89 27 10 0b 6a 15 08 02 18 16 20 00 28 80 a3 05 30 d0 aa 01 38 80 d0 ea b6"
        "b7 33");
    const auto& request = message.request();
    EXPECT_EQ(request.id(), 5001);
    EXPECT_EQ(request.type(), kPutSensorData);
    ASSERT_EQ(request.sensor_data_size(), 1);
    EXPECT_EQ(request.sensor_data(0).value_milli(), 21'840);
    EXPECT_EQ(request.sensor_data(0).timestamp(), 86'400);
    EXPECT_EQ(request.sensor_data(0).timestamp_real(), 1'767'225'600'000u);
}

TEST(NanitMessage, WritesSettingsAndControls) {
    auto settings = request(2, kGetSettings);
    settings.mutable_request()->mutable_get_settings()->set_all(true);
    EXPECT_EQ(serialize(settings), bytes("08 01 12 08 08 02 10 04 32 02 08 01"));

    auto light = request(3, kPutControl);
    light.mutable_request()->mutable_control()->set_night_light(1);
    EXPECT_EQ(serialize(light), bytes("08 01 12 08 08 03 10 07 7a 02 18 01"));

    auto transfer = request(4, kPutControl);
    auto& all = *transfer.mutable_request()->mutable_control()->mutable_sensor_data_transfer();
    all.set_sound(true);
    all.set_motion(true);
    all.set_temperature(true);
    all.set_humidity(true);
    all.set_light(true);
    all.set_night(true);
    EXPECT_EQ(serialize(transfer),
              bytes("08 01 12 14 08 04 10 07 7a 0e 22 0c 08 01 10 01 18 01 20 01 28 01 30 01"));

    auto sleep = request(5, kPutSettings);
    sleep.mutable_request()->mutable_settings()->set_sleep_mode(true);
    EXPECT_EQ(serialize(sleep), bytes("08 01 12 08 08 05 10 05 2a 02 58 01"));

    auto brightness = request(6, kPutSettings);
    brightness.mutable_request()->mutable_settings()->set_night_light_brightness(40);
    EXPECT_EQ(serialize(brightness), bytes("08 01 12 09 08 06 10 05 2a 03 c0 01 28"));
}

TEST(NanitMessage, AsksForAStreamAndReadsTheRefusal) {
    auto message = request(7, kPutStreaming);
    auto& streaming = *message.mutable_request()->mutable_streaming();
    streaming.set_id(kMobile);
    streaming.set_status(kStarted);
    streaming.set_rtmp_url("rtmp://192.0.2.10:1935/local/a1b2c3d4");
    streaming.set_attempts(1);
    EXPECT_EQ(serialize(message),
              bytes("08 01 12 33 08 07 10 02 22 2d 08 02 10 00 1a 25 72 74 6d 70 3a 2f 2f 31 39 32"
                    "2e 30 2e 32 2e 31 30 3a 31 39 33 35 2f 6c 6f 63 61 6c 2f 61 31 62 32 63 33 64"
                    "34 20 01"));
    EXPECT_EQ(serialize(response_to(message.request(), 200)),
              bytes("08 02 1a 07 08 07 10 02 18 c8 01"));
    constexpr std::string_view kFull =
        "Forbidden: Number of Mobile App connections above limit, declining connection";
    const auto refusal = serialize(response_to(message.request(), 403, kFull));
    const auto head = bytes("08 02 1a 56 08 07 10 02 18 93 03 22 4d");
    ASSERT_EQ(refusal.size(), head.size() + kFull.size());
    EXPECT_TRUE(std::equal(head.begin(), head.end(), refusal.begin()));
}

TEST(NanitMessage, WritesPlaybackWithATimerThatNeverEnds) {
    auto message = request(8, kPutPlayback);
    auto& playback = *message.mutable_request()->mutable_playback();
    playback.set_status(kPlaying);
    playback.set_duration(86'400);
    playback.add_track()->set_type(0);
    playback.mutable_track(0)->set_filename("White Noise.wav");
    EXPECT_EQ(serialize(message),
              bytes("08 01 12 22 08 08 10 14 82 01 1b 08 00 10 80 a3 05 1a 13 08 00 12 0f 57 68 69"
                    "74 65 20 4e 6f 69 73 65 2e 77 61 76"));
    pb::Playback timer;
    timer.set_duration(-1);  // ten bytes, as any negative int32
    const std::string written = timer.SerializeAsString();
    const auto expected = bytes("10 ff ff ff ff ff ff ff ff ff 01");
    EXPECT_TRUE(std::ranges::equal(base::as_bytes(written), expected));
}

TEST(NanitMessage, ReadsBreathing) {
    const auto message = parsed(
        "08 01 12 69 08 f1 2e 10 20 ba 01 61 08 02 10 01 18 01 20 01 2a 06 08 80 05 10 e0 03 32 06"
        "08 80 05 10 e0 03 40 80 f2 d6 ca 06 4a 19 4e 33 30 31 45 4d 55 30 30 30 30 30 30 31 5f 31"
        "37 36 37 32 32 35 35 30 30 50 26 58 00 62 0a 41 62 43 64 45 66 30 31 32 33 68 86 04 70 9c"
        "f1 d6 ca 06 88 01 00 95 01 00 00 20 40 9d 01 00 00 70 40");
    const auto& sting = message.request().sting_status();
    EXPECT_EQ(message.request().type(), kPutStingStatus);
    EXPECT_EQ(sting.state(), kStingRunning);
    EXPECT_EQ(sting.breathing(), kNormal);
    EXPECT_EQ(sting.breaths_per_min(), 38);
    EXPECT_EQ(sting.mode(), kGreen);
    EXPECT_EQ(sting.sting_version(), 518u);
    EXPECT_THAT(unknown_fields(message), ElementsAre());
}

TEST(NanitMessage, KeepsNumbersAndFieldsOfANewerFirmware) {
    // Named by newer apps alone: a sensor of type 7, a request of type 50.
    const auto known = parsed("08 01 12 0a 08 01 10 32 6a 04 08 07 20 01");
    EXPECT_EQ(known.request().type(), 50);
    EXPECT_EQ(known.request().sensor_data(0).sensor_type(), 7);
    EXPECT_TRUE(known.request().sensor_data(0).is_alert());
    // A sensor of type 99, a request of type 900, and field 40 of the request.
    const auto text = bytes("08 01 12 0f 08 01 10 84 07 6a 04 08 63 18 01 c2 02 01 78");
    const auto message = parse(text);
    ASSERT_TRUE(message) << message.error().message();
    EXPECT_EQ(message->request().type(), 900);
    EXPECT_EQ(name_of(message->request().type()), "");
    EXPECT_EQ(message->request().sensor_data(0).sensor_type(), 99);
    EXPECT_THAT(unknown_fields(*message), ElementsAre(UnknownField{"Request", 40}));
    EXPECT_EQ(serialize(*message), text);  // nothing is lost
}

TEST(NanitMessage, RefusesWhatIsNone) {
    EXPECT_FALSE(parse(hex("ff ff ff")));
    EXPECT_FALSE(parse(hex("12 05 08")));  // says five bytes, has one
    const std::vector<std::uint8_t> longest(kMaxMessageBytes + 1);
    const auto refused = parse(longest);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), testing::HasSubstr("1048577 bytes"));
}

TEST(NanitMessage, MessageCutAnywhereIsRefusedOrShorter) {
    const auto whole =
        hex("08 02 1a 2b 08 01 10 0c 18 c8 01 4a 0a 08 02 18 16 20 00 30 d0 aa 01 4a 0a 08 03 18 2e"
            "20 00 30 d9 ea 02 4a 04 08 04 18 0c 4a 04 08 05 18 01");
    fakes::for_each_prefix(whole, [](base::ByteSpan part) {
        const auto message = parse(part);
        if (message) {
            EXPECT_FALSE(message->has_response());
        }
    });
}

TEST(NanitMessage, NamesOfRequests) {
    EXPECT_EQ(name_of(kPutStreaming), "PUT_STREAMING");
    EXPECT_EQ(name_of(kGetSoundtracks), "GET_SOUNDTRACKS");
    EXPECT_EQ(name_of(kGetStingStatus), "GET_STING_STATUS");
    EXPECT_EQ(name_of(33), "");
}

}  // namespace
}  // namespace casement::protocols::nanit
