#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/temp_directory.hpp"
#include "tests/unit/app/cli/fake_hub.hpp"

namespace casement::app::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class CliCameras : public testing::Test, protected Session {
protected:
    CliCameras() { add_cameras(hub); }
};

TEST_F(CliCameras, AreListedAsATable) {
    EXPECT_EQ(list_cameras(hub, console), kOk);
    EXPECT_EQ(out.str(),
              "CAMERA  NAME         STATE                                        RECORDING        "
              "STREAM                              VIEWERS\n"
              "hall    Hall         offline: It does not answer on the network.  off               "
              "                                   0\n"
              "porch   Front porch  live                                         always, writing  "
              "h264 1920x1080 + aac 48000 Hz mono  2\n");
}

TEST_F(CliCameras, AreGivenAsTheHubHasThemInJson) {
    console.json = true;
    EXPECT_EQ(list_cameras(hub, console), kOk);
    EXPECT_EQ(nlohmann::json::parse(out.str())["cameras"].size(), 2u);
}

TEST_F(CliCameras, ShowOneWithItsSettingsAndSensors) {
    EXPECT_EQ(show_camera(hub, console, {"porch"}), kOk);
    for (const std::string_view line :
         {"night_light  on, level 40 (asked: on, level 60)", "volume       40 %\n",
          "night_mode   not known", "temperature  21.4 °C", "bit rate     1.8 Mbit/s"}) {
        EXPECT_THAT(out.str(), HasSubstr(std::string(line)));
    }
}

TEST_F(CliCameras, SaysOnceThatWhatIsToldOfABabyIsNoMedicalDevice) {
    EXPECT_EQ(show_camera(hub, console, {"porch"}), kOk);
    EXPECT_THAT(out.str(), Not(HasSubstr("notice")));
    const nlohmann::json told{
        {"id", "asleep"}, {"value", true}, {"notice", "Not a medical device."}};
    hub.answer("GET /api/v1/cameras/hall", {{"id", "hall"}, {"sensors", {told, told}}});
    EXPECT_EQ(show_camera(hub, console, {"hall"}), kOk);
    EXPECT_THAT(out.str(), testing::EndsWith("\nnotice       Not a medical device.\n"));
    EXPECT_EQ(out.str().find("notice"), out.str().rfind("notice"));
}

TEST_F(CliCameras, SaysHowToLearnWhereACameraPushesTo) {
    hub.answer("GET /api/v1/cameras/hall", {{"id", "hall"}, {"way", "push"}});
    EXPECT_EQ(show_camera(hub, console, {"hall"}), kOk);
    EXPECT_THAT(out.str(),
                HasSubstr("sends to     casement camera hall --push-address shows it\n"));
}

TEST_F(CliCameras, SaysWhatCameDamagedOrNotAtAll) {
    EXPECT_EQ(show_camera(hub, console, {"porch"}), kOk);
    EXPECT_THAT(out.str(), Not(HasSubstr("lost")));
    hub.answer("GET /api/v1/cameras/hall", {{"id", "hall"}, {"since_start", {{"lost", 3}}}});
    EXPECT_EQ(show_camera(hub, console, {"hall"}), kOk);
    EXPECT_THAT(
        out.str(),
        HasSubstr("lost         3 frames came damaged or not at all since the hub started\n"));
}

TEST_F(CliCameras, ANameThatIsWrongIsMetWithTheOneThatWasMeant) {
    EXPECT_EQ(show_camera(hub, console, {"prch"}), kFailed);
    EXPECT_EQ(err.str(), "casement: there is no camera \"prch\"; did you mean \"porch\"?\n");
}

TEST_F(CliCameras, ANameThatIsNearNoneIsMetWithAllOfThem) {
    EXPECT_EQ(show_camera(hub, console, {"garage"}), kFailed);
    EXPECT_EQ(err.str(), "casement: there is no camera \"garage\"; there are hall, porch\n");
}

TEST_F(CliCameras, NamesAreEncodedInThePath) {
    show_camera(hub, console, {"../tokens"});
    EXPECT_EQ(hub.asked.front(), "GET /api/v1/cameras/..%2Ftokens");
}

TEST_F(CliCameras, SetTurnsWordsIntoWhatTheSettingTakes) {
    const auto body_of = [&](const std::string& setting, const std::string& value) {
        hub.answer("PUT /api/v1/cameras/porch/settings/" + setting,
                   {{"id", setting}, {"reported", true}});
        EXPECT_EQ(set_setting(hub, console, {"porch", setting, value}), kOk) << err.str();
        const std::string asked = hub.asked.back();
        return asked.substr(asked.rfind('{') == std::string::npos ? 0 : asked.find('{'));
    };
    EXPECT_EQ(body_of("status_led", "off"), R"({"value":false})");
    EXPECT_EQ(body_of("volume", "55"), R"({"value":55})");
    EXPECT_EQ(body_of("night_mode", "off"), R"({"value":"off"})");
    EXPECT_EQ(body_of("night_light", R"({"on":true,"level":5})"),
              R"({"value":{"level":5,"on":true}})");
}

TEST_F(CliCameras, SetSaysWhatIsAndWhatWasAsked) {
    hub.answer("PUT /api/v1/cameras/porch/settings/volume",
               {{"id", "volume"}, {"reported", 40}, {"desired", 60}, {"unit", "%"}});
    EXPECT_EQ(set_setting(hub, console, {"porch", "volume", "60"}), kOk);
    EXPECT_EQ(out.str(), "volume: 40 % (asked: 60 %)\n");
}

TEST_F(CliCameras, SetFailsWhenTheCameraRefuses) {
    hub.answer("PUT /api/v1/cameras/porch/settings/volume",
               {{"id", "volume"},
                {"reported", 40},
                {"desired", 60},
                {"refused", "not while it is recording"}});
    EXPECT_EQ(set_setting(hub, console, {"porch", "volume", "60"}), kFailed);
    EXPECT_THAT(out.str(), HasSubstr("(refused: not while it is recording)"));
}

TEST_F(CliCameras, SetSuggestsASetting) {
    EXPECT_EQ(set_setting(hub, console, {"porch", "volme", "60"}), kFailed);
    EXPECT_EQ(err.str(), "casement: porch has no setting \"volme\"; did you mean \"volume\"?\n");
    EXPECT_EQ(set_setting(hub, console, {"hall", "volume", "60"}), kFailed);
    EXPECT_THAT(err.str(), HasSubstr("hall has no setting \"volume\"; it has none"));
}

TEST_F(CliCameras, CommandsTakeArgumentsByName) {
    hub.answer("POST /api/v1/cameras/porch/commands/siren", {{"text", "It sounds for 5 s."}});
    EXPECT_EQ(run_command(hub, console, {"porch", "siren", {"on=on", "seconds=5", "note=a=b"}}),
              kOk)
        << err.str();
    EXPECT_EQ(hub.asked.back(),
              R"(POST /api/v1/cameras/porch/commands/siren {"note":"a=b","on":true,"seconds":5})");
    EXPECT_EQ(out.str(), "It sounds for 5 s.\n");
}

TEST_F(CliCameras, CommandsThatTheCameraDoesNotKnowAreNotSent) {
    EXPECT_EQ(run_command(hub, console, {"porch", "sirn", {}}), kFailed);
    EXPECT_EQ(err.str(), "casement: porch has no command \"sirn\"; did you mean \"siren\"?\n");
    EXPECT_EQ(run_command(hub, console, {"porch", "siren", {"loud"}}), kUsage);
    EXPECT_THAT(hub.asked, Not(testing::Contains(testing::StartsWith("POST"))));
}

TEST_F(CliCameras, CommandsTakeADurationAsPeopleWriteIt) {
    hub.answer("POST /api/v1/cameras/porch/commands/siren", {});
    const RunCommand siren{
        .camera = "porch", .command = "siren", .arguments = {}, .duration = "1m"};
    EXPECT_EQ(run_command(hub, console, siren), kOk) << err.str();
    EXPECT_EQ(hub.asked.back(), R"(POST /api/v1/cameras/porch/commands/siren {"duration_s":60})");
    EXPECT_EQ(
        run_command(hub, console,
                    {.camera = "porch", .command = "siren", .arguments = {}, .duration = "x"}),
        kUsage);
    EXPECT_EQ(
        run_command(hub, console,
                    {.camera = "porch", .command = "reboot", .arguments = {}, .duration = "1m"}),
        kUsage);
    EXPECT_THAT(err.str(), HasSubstr("reboot takes no --duration"));
}

TEST_F(CliCameras, TalkSendsTheFileAsItIs) {
    const fakes::TempDirectory dir;
    dir.write("hello.wav", "RIFF not really");
    hub.answer("POST /api/v1/cameras/porch/talk", {{"text", "Played 2.0 s."}});
    const RunCommand talk{
        .camera = "porch", .command = "talk", .arguments = {}, .file = dir.path("hello.wav")};
    EXPECT_EQ(run_command(hub, console, talk), kOk) << err.str();
    EXPECT_EQ(hub.asked.back(), "POST /api/v1/cameras/porch/talk RIFF not really");
    EXPECT_EQ(out.str(), "Played 2.0 s.\n");
    hub.problem("POST /api/v1/cameras/porch/talk", 409, "Somebody talks already.", "talking");
    EXPECT_EQ(run_command(hub, console, talk), kFailed);
    EXPECT_THAT(err.str(), HasSubstr("Somebody talks already."));
}

TEST_F(CliCameras, TalkNeedsAFileThatIsThere) {
    EXPECT_EQ(run_command(hub, console, {.camera = "porch", .command = "talk", .arguments = {}}),
              kUsage);
    EXPECT_THAT(err.str(), HasSubstr("talk --file"));
    EXPECT_EQ(
        run_command(
            hub, console,
            {.camera = "porch", .command = "talk", .arguments = {}, .file = "/nowhere/at/all.wav"}),
        kFailed);
    EXPECT_EQ(
        run_command(hub, console,
                    {.camera = "porch", .command = "siren", .arguments = {}, .file = "hello.wav"}),
        kUsage);
    EXPECT_THAT(hub.asked, IsEmpty());
}

TEST_F(CliCameras, ShowWhyABatteryCameraWasAwake) {
    nlohmann::json awake = nlohmann::json::array();
    for (int i = 0; i < 12; ++i)
        awake.push_back({{"from", fmt::format("2026-11-20T21:{:02}:00.000Z", i)},
                         {"seconds", i},
                         {"cause", "viewer"}});
    hub.answer("GET /api/v1/cameras/porch",
               {{"id", "porch"}, {"awake", awake}, {"talk", {{"duplex", "half"}}}});
    EXPECT_EQ(show_camera(hub, console, {"porch"}), kOk);
    EXPECT_THAT(out.str(), HasSubstr(", 11 s: viewer\n"));
    EXPECT_THAT(out.str(), HasSubstr(", 2 s: viewer\n"));
    EXPECT_THAT(out.str(), Not(HasSubstr(", 1 s: viewer\n"))) << "the newest ten";
    EXPECT_THAT(out.str(), HasSubstr("casement command porch talk --file FILE"));
}

TEST_F(CliCameras, TheHubsOwnSentenceIsPassedOn) {
    hub.problem("PUT /api/v1/cameras/porch/settings/volume", 400, "volume goes from 0 to 100");
    EXPECT_EQ(set_setting(hub, console, {"porch", "volume", "600"}), kFailed);
    EXPECT_EQ(err.str(), "casement: volume goes from 0 to 100\n");
}

TEST_F(CliCameras, NothingFromACameraSteersTheTerminal) {
    hub.answer("GET /api/v1/cameras", {{"cameras", {{{"id", "evil"}, {"name", "a\x1b[2J\nb"}}}}});
    EXPECT_EQ(list_cameras(hub, console), kOk);
    EXPECT_EQ(out.str().find('\x1b'), std::string::npos);
    EXPECT_EQ(std::ranges::count(out.str(), '\n'), 2);
}

TEST_F(CliCameras, ANewHubSaysWhereCamerasGo) {
    hub.answer("GET /api/v1/cameras", {{"cameras", nlohmann::json::array()}});
    EXPECT_EQ(list_cameras(hub, console), kOk);
    EXPECT_THAT(out.str(), HasSubstr("No cameras yet"));
}

TEST(CliTokens, CreatePrintsTheTokenAloneOnStandardOutput) {
    Session s;
    s.hub.answer("POST /api/v1/tokens", {{"id", "1"}, {"name", "frigate"}, {"token", "ct_abc"}},
                 201);
    EXPECT_EQ(create_token(s.hub, s.console, {"frigate"}), kOk);
    EXPECT_EQ(s.out.str(), "ct_abc\n");
    EXPECT_THAT(s.hub.asked, ElementsAre(R"(POST /api/v1/tokens {"name":"frigate"})"));
}

TEST(CliTokens, RevokeTakesANameOrAnId) {
    Session s;
    s.hub.answer("GET /api/v1/tokens",
                 {{"tokens",
                   {{{"id", "t1"}, {"name", "frigate"}, {"created", "2026-11-20T21:14:05.120Z"}},
                    {{"id", "t2"}, {"name", "ha"}},
                    {{"id", "t3"}, {"name", "ha"}}}}});
    s.hub.answers["DELETE /api/v1/tokens/t1"] = {
        .status = 204, .body = {}, .start = {}, .taken_at = {}};
    s.hub.answers["DELETE /api/v1/tokens/t3"] = {
        .status = 204, .body = {}, .start = {}, .taken_at = {}};
    EXPECT_EQ(revoke_token(s.hub, s.console, {"frigate"}), kOk) << s.err.str();
    EXPECT_EQ(s.hub.asked.back(), "DELETE /api/v1/tokens/t1");
    EXPECT_EQ(revoke_token(s.hub, s.console, {"t3"}), kOk) << s.err.str();
    EXPECT_EQ(revoke_token(s.hub, s.console, {"ha"}), kFailed);
    EXPECT_THAT(s.err.str(),
                HasSubstr("2 tokens have the name \"ha\"; name one by its id: t2, t3"));
    EXPECT_EQ(revoke_token(s.hub, s.console, {"frigte"}), kFailed);
    EXPECT_THAT(s.err.str(), HasSubstr("did you mean \"frigate\"?"));
    EXPECT_EQ(list_tokens(s.hub, s.console), kOk);
    EXPECT_THAT(s.out.str(), HasSubstr("frigate  t1"));
}

}  // namespace
}  // namespace casement::app::cli
