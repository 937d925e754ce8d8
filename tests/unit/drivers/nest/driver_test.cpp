// An account with its cameras, against clouds on loopback that answer by
// script.

#include "drivers/nest/driver.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/drivers/host.hpp"
#include "tests/unit/drivers/nest/cloud.hpp"

namespace casement::drivers::nest::tests {
namespace {

using camera::StateWord;
using testing::Contains;
using testing::HasSubstr;
using testing::SizeIs;

const std::string kId = "nest-" + kUuid;
const std::string kOther = "fedcba9876543210fedcba9876543210";

/// Keeps events as the log does: one per id of the vendor's.
class Hub final : public drivers::tests::Host {
public:
    Task<Result<events::EventPtr>> event(events::Event event) override {
        auto& known = events[event.vendor_id];
        ++reports;
        if (known.id.empty()) {
            known = std::move(event);
            known.id = fmt::format("E{}", events.size());
        } else {
            if (event.end) known.end = event.end;
            if (!event.media.empty()) known.media = event.media;
        }
        co_return std::make_shared<const events::Event>(known);
    }
    std::map<std::string, events::Event> events;
    int reports = 0;
};

class NestDriver : public CloudTest {
protected:
    void TearDown() override {
        stop();
        CloudTest::TearDown();
    }
    void run(std::vector<CameraConfig> cameras = {}) {
        driver_ = std::make_unique<Driver>(
            loop_.executor(),
            DriverOptions{.account = {.name = "home", .folder = dir_.path(), .timing = quick()},
                          .api = options_,
                          .data = dir_.path(),
                          .every = {},
                          .cameras = std::move(cameras)},
            *sealed_, disk_, clock_);
        tasks_.emplace(loop_.executor(), base::Log());
        tasks_->spawn("driver", [this]() -> Task<> { (void)co_await driver_->run(hub_); });
    }
    void stop() {
        if (!driver_) return;
        loop_.run([this]() -> Task<> { co_await tasks_->stop(); });
        driver_.reset();
    }
    Result<> set(const std::string& setting, camera::Value value) {
        return loop_.run([&]() -> Task<Result<>> {
            co_return co_await driver_->set(kId, setting, value, net::tests::soon());
        });
    }
    Result<camera::StreamEndpoint> endpoint(const std::string& id) {
        return loop_.run([&]() -> Task<Result<camera::StreamEndpoint>> {
            co_return co_await driver_->endpoint(id, camera::Quality::Main, net::tests::soon());
        });
    }
    json cuepoint(const std::string& id, std::vector<std::string> types, bool is_going_on) {
        const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(
                                (clock_.wall_now() - 5s).time_since_epoch())
                                .count();
        return {{"id", id},
                {"camera_uuid", kUuid},
                {"start_time", millis},
                {"end_time", millis + 2000},
                {"in_progress", is_going_on},
                {"types", types},
                {"zone_ids", json::array({1})},
                {"is_important", false}};
    }

    Hub hub_;
    std::unique_ptr<Driver> driver_;
    std::optional<async::TaskGroup> tasks_;
};

TEST_F(NestDriver, FindsCamerasWithTheirNames) {
    add_camera(kOther, "Hall");
    quartz_[kOther]["description"] = "The <b>hall</b>";
    sign_in();
    run({{.uuid = "01234567", .id = "door", .name = ""}});
    ASSERT_TRUE(wait_for([&] { return hub_.cameras.size() == 2; }));
    const auto& door = hub_.cameras.at("door");
    EXPECT_EQ(door.name, "Front door") << "the place, where nobody gave it a name";
    EXPECT_EQ(door.unique_id, "nest:" + kUuid);
    EXPECT_EQ(door.model, "Nest Hello");
    EXPECT_EQ(hub_.cameras.at("nest-" + kOther).name, "The hall");
    EXPECT_EQ(hub_.word("door"), StateWord::Live);
    ASSERT_NE(hub_.sensor("door", "sign_in_renews"), nullptr);
    EXPECT_TRUE(camera::is_known(camera::Value(true)));
    EXPECT_TRUE(wait_for([&] {
        const auto* history = hub_.sensor("door", "sign_in_history");
        const auto* text = history ? std::get_if<std::string>(&history->value) : nullptr;
        return text != nullptr && text->contains("renewed");
    }));
}

TEST_F(NestDriver, CamerasComeAndGoAsTheVendorSays) {
    sign_in();
    run();
    ASSERT_TRUE(wait_for([&] { return hub_.cameras.size() == 1 && polls_ > 0; }));
    add_camera(kOther, "Hall");
    change("buckets.1000001", {{"buckets", {"quartz." + kUuid, "quartz." + kOther}}});
    EXPECT_TRUE(wait_for([&] { return hub_.cameras.size() == 2; }));
    quartz_.erase(kUuid);
    change("buckets.1000001", {{"buckets", {"quartz." + kOther}}});
    EXPECT_TRUE(wait_for([&] { return hub_.cameras.size() == 1; }));
    EXPECT_THAT(hub_.gone, Contains(kId));
}

TEST_F(NestDriver, WhatChangesIsTold) {
    sign_in();
    run();
    ASSERT_TRUE(wait_for([&] { return hub_.cameras.size() == 1 && polls_ > 0; }));
    web_[kUuid]["properties"]["streaming.enabled"] = false;
    web_[kUuid]["is_streaming_enabled"] = false;
    change("quartz." + kUuid, {{"streaming_state", "streaming-disabled"}});
    EXPECT_TRUE(wait_for([&] { return hub_.word(kId) == StateWord::Privacy; }));
    EXPECT_EQ(endpoint(kId).error().reason(), "off");
    web_[kUuid]["is_online"] = false;
    change("quartz." + kUuid, {{"streaming_state", "offline"}});
    EXPECT_TRUE(wait_for([&] { return hub_.word(kId) == StateWord::Offline; }));
    web_[kUuid]["properties"]["cc2migration.overview_state"] = "MIGRATED";
    change("quartz." + kUuid, {{"x", 1}});
    EXPECT_TRUE(wait_for([&] {
        const auto& reason = hub_.states[kId].back().reason;
        return reason && reason->code == "migrated";
    }));
}

TEST_F(NestDriver, AMirroredSettingGoesThereAndComesBack) {
    sign_in();
    run();
    ASSERT_TRUE(wait_for([&] { return hub_.cameras.contains(kId); }));
    EXPECT_EQ(hub_.setting(kId, "night_vision"), camera::Value(std::string("auto")));
    EXPECT_EQ(hub_.setting(kId, "status_light"), camera::Value(std::string("auto")));
    EXPECT_TRUE(set("night_vision", std::string("off")));
    EXPECT_TRUE(set("streaming", false));
    EXPECT_THAT(sets_, testing::ElementsAre("irled.state=always_off&uuid=" + kUuid,
                                            "streaming.enabled=false&uuid=" + kUuid));
    EXPECT_EQ(hub_.setting(kId, "night_vision"), camera::Value(std::string("off")));
    EXPECT_EQ(hub_.word(kId), StateWord::Privacy);

    set_answer_ = R"({"status":400,"status_detail":"Invalid Request"})";
    const auto refused = set("status_light", std::string("on"));
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(ErrorKind::InvalidArgument));
    EXPECT_THAT(refused.error().message(), HasSubstr("Invalid Request"));
    set_answer_ = R"({"status":503})";
    EXPECT_TRUE(set("status_light", std::string("on")).error().is(ErrorKind::Unavailable));
    EXPECT_TRUE(set("nothing", true).error().is(ErrorKind::Unsupported));
}

TEST_F(NestDriver, AnEventIsToldOnceWithItsEndAndItsPicture) {
    sign_in();
    has_no_pictures_ = true;
    cuepoints_ = json::array({cuepoint("1-labs", {"motion"}, true)});
    run();
    ASSERT_TRUE(wait_for([&] { return hub_.events.size() == 1 && snapshots_ > 0; }));
    EXPECT_EQ(hub_.events["1-labs"].kind, "motion");
    EXPECT_FALSE(hub_.events["1-labs"].end);
    EXPECT_TRUE(wait_for([&] {
        const auto* motion = hub_.sensor(kId, "motion");
        return motion && motion->value == camera::SensorValue(true);
    }));
    has_no_pictures_ = false;
    cuepoints_ = json::array(
        {cuepoint("1-labs", {"motion"}, false), cuepoint("2-labs", {"motion", "doorbell"}, false)});
    EXPECT_TRUE(wait_for([&] {
        return hub_.events.size() == 2 && hub_.events["1-labs"].end &&
               !hub_.events["1-labs"].media.empty() && !hub_.events["2-labs"].media.empty();
    }));
    EXPECT_EQ(hub_.events["2-labs"].kind, "button");
    EXPECT_TRUE(std::filesystem::exists(dir_.path() + "/" + hub_.events["1-labs"].media));
    EXPECT_EQ(json::parse(hub_.events["2-labs"].data)["important"], false) << "kept all the same";
    EXPECT_EQ(hub_.sensor(kId, "motion")->value, camera::SensorValue(false));
    // Nothing is told again.
    const int reports = hub_.reports;
    const auto polls = cuepoint_queries_.size();
    EXPECT_TRUE(wait_for([&] { return cuepoint_queries_.size() > polls + 3; }));
    EXPECT_EQ(hub_.reports, reports);
}

TEST_F(NestDriver, EventsOfAnOutageAreAskedForAfterwards) {
    sign_in();
    run();
    ASSERT_TRUE(wait_for([&] { return !cuepoint_queries_.empty(); }));
    const auto before = clock_.wall_now();
    is_down_ = true;
    const auto asked_before = cuepoint_queries_.size();
    clock_.advance(30min);
    (void)wait_for([] { return false; }, 50ms);
    EXPECT_EQ(cuepoint_queries_.size(), asked_before);
    is_down_ = false;
    EXPECT_TRUE(wait_for([&] {
        clock_.advance(1s);
        return cuepoint_queries_.size() > asked_before;
    }));
    const auto since =
        std::stoll(cuepoint_queries_[asked_before].substr(std::string("start_time=").size()));
    EXPECT_LE(since,
              std::chrono::duration_cast<std::chrono::seconds>((before - 59s).time_since_epoch())
                  .count());
}

TEST_F(NestDriver, WithoutAKeyAPersonIsAskedForAndTheKeyIsUsedAtOnce) {
    run();
    ASSERT_TRUE(wait_for([&] {
        return hub_.account && hub_.account->word == camera::AccountState::Word::NeedsPerson;
    }));
    EXPECT_THAT(hub_.account->reason->text, HasSubstr("casement login nest --account home"));
    EXPECT_EQ(asked("/home/session"), 0);
    const auto other = store::SealedStore::open(dir_.path()).value();
    ASSERT_TRUE(
        store_key(*other, "home", {.kind = SignInKind::NestToken, .token = Secret(token_)}));
    EXPECT_TRUE(wait_for([&] { return hub_.cameras.size() == 1; }));
    EXPECT_EQ(hub_.account->word, camera::AccountState::Word::SignedIn);
}

TEST_F(NestDriver, APictureIsTaken) {
    sign_in(SignInKind::GoogleRefresh);
    run();
    ASSERT_TRUE(wait_for([&] { return hub_.cameras.contains(kId); }));
    const auto outcome = loop_.run([&]() -> Task<Result<camera::CommandOutcome>> {
        co_return co_await driver_->execute(
            camera::Command{kId, camera::TakeSnapshot{.width = 640}, net::tests::soon(), "test"});
    });
    ASSERT_TRUE(outcome) << outcome.error().message();
    EXPECT_EQ(base::as_text(outcome->body), kJpeg);
    EXPECT_TRUE(endpoint("stranger").error().is(ErrorKind::NotFound));
}

TEST_F(NestDriver, ThePicturesHaveSeveralWaysAndEachAsksForACredential) {
    sign_in();
    run();
    ASSERT_TRUE(wait_for([&] { return hub_.cameras.contains(kId); }));
    const auto found = endpoint(kId);
    ASSERT_TRUE(found) << found.error().message();
    const auto* best = std::get_if<camera::BestOf>(&found->way);
    ASSERT_NE(best, nullptr);
    ASSERT_THAT(best->choices, SizeIs(3));
    EXPECT_EQ(best->choices[0].name, "nexustalk");
    const auto open = [&](std::size_t i) {
        return loop_.run([&]() -> Task<Result<camera::StreamEndpoint>> {
            co_return co_await best->choices[i].open(net::tests::soon());
        });
    };
    const auto live = open(0), pictures = open(2);
    ASSERT_TRUE(live && pictures);
    const auto& talk = std::get<camera::PullNexustalk>(live->way);
    EXPECT_EQ(talk.camera, kUuid);
    EXPECT_EQ(talk.host, "127.0.0.1");
    EXPECT_TRUE(talk.without_tls) << "its endpoints are";
    EXPECT_EQ(talk.follow("127.0.0.2:99", 1443).value().port, 99);
    const auto pass = loop_.run([&]() -> Task<Result<camera::PullNexustalk::Pass>> {
        co_return co_await talk.proof(false, net::tests::soon());
    });
    ASSERT_TRUE(pass) << pass.error().message();
    EXPECT_EQ(pass->token.reveal(), "W2-1");
    EXPECT_FALSE(pass->is_google);
    const auto& ask = std::get<camera::AskPictures>(pictures->way);
    const auto fields = [&](bool is_refused) {
        return loop_.run([&]() -> Task<Result<camera::AskPictures::Fields>> {
            co_return co_await ask.proof(is_refused, net::tests::soon());
        });
    };
    EXPECT_EQ(fields(false)->at(0).second.reveal(), "website_2=W2-1");
    clock_.advance(1min);
    EXPECT_EQ(fields(true)->at(0).second.reveal(), "website_2=W2-2") << "another one";

    best->tell(2, base::Error{ErrorKind::Unavailable, "refused", "nobody listens"});
    EXPECT_TRUE(wait_for([&] { return hub_.word(kId) == StateWord::Snapshot; }));
    EXPECT_EQ(hub_.cameras.at(kId).way, "snapshots");
    EXPECT_EQ(hub_.cameras.at(kId).picture_every, 1s) << "the page asks for a new one so often";
    best->tell(0, std::nullopt);
    EXPECT_TRUE(wait_for([&] { return hub_.word(kId) == StateWord::Live; }));
    const auto late = found;
    stop();
    EXPECT_FALSE(fields(false)) << "the driver is gone";
}

TEST_F(NestDriver, WhatAPictureWasRefusedCountsForAllQuestionsToItsHost) {
    sign_in();
    run({{.uuid = kUuid, .id = "door", .name = {}, .way = WishedWay::Snapshots}});
    ASSERT_TRUE(wait_for([&] { return hub_.cameras.contains("door"); }));
    const auto found = endpoint("door");
    ASSERT_TRUE(found);
    const auto opened = loop_.run([&]() -> Task<Result<camera::StreamEndpoint>> {
        co_return co_await std::get<camera::BestOf>(found->way)
            .choices.at(0)
            .open(net::tests::soon());
    });
    const auto& ask = std::get<camera::AskPictures>(opened.value().way);
    const auto turn = [&] {
        return loop_
            .run([&]() -> Task<Result<camera::AskPictures::Turn>> {
                co_return co_await ask.turn(net::tests::soon());
            })
            .value();
    };
    const auto comes_to = [&](auto condition) {
        for (int i = 0; i < 500; ++i) {
            if (condition(turn().why)) return true;
            (void)wait_for([] { return false; }, 2ms);  // real time: what was told is posted
        }
        return false;
    };
    const auto is_refused = [](const auto& why) { return why.has_value(); };
    const auto is_given = [](const auto& why) { return !why.has_value(); };
    EXPECT_EQ(turn().wait, 0ms);
    EXPECT_FALSE(turn().why);
    EXPECT_EQ(turn().url->without_credentials(), ask.url.without_credentials());

    ASSERT_TRUE(wait_for([&] { return asked("/cuepoint/" + kUuid + "/2") > 0; }));
    ask.answered(ask.url, 429, "30");
    ASSERT_TRUE(comes_to(is_refused));
    EXPECT_EQ(turn().why->reason(), "quota");
    EXPECT_GT(turn().wait, 29s);
    EXPECT_LE(turn().wait, 30s);
    // All of this test's hosts are one.
    const auto outcome = loop_.run([&]() -> Task<Result<camera::CommandOutcome>> {
        co_return co_await driver_->execute(
            camera::Command{"door", camera::TakeSnapshot{}, net::tests::soon(), "test"});
    });
    EXPECT_EQ(outcome.error().reason(), "quota");
    EXPECT_EQ(asked("/get_image"), 0);
    clock_.advance(30s);
    EXPECT_TRUE(comes_to(is_given));

    for (int i = 0; i < options_.budget.failures; ++i) ask.answered(ask.url, i % 2 * 500, {});
    ASSERT_TRUE(comes_to(is_refused));
    EXPECT_EQ(turn().why->reason(), "vendor-down");
    ask.answered(ask.url, 404, {});  // the camera is off, and its host is well
    EXPECT_TRUE(comes_to(is_given));
}

TEST_F(NestDriver, ASettingThatWasChangedElsewhereIsReportedAndTheCameraNotFoundAnew) {
    sign_in();
    run();
    ASSERT_TRUE(wait_for([&] { return hub_.cameras.contains(kId) && polls_ > 0; }));
    const int found = hub_.found;
    web_[kUuid]["properties"]["irled.state"] = "always_off";
    change("quartz." + kUuid, quartz_[kUuid]);
    const auto& told = static_cast<drivers::tests::Host&>(hub_).reports;
    ASSERT_TRUE(wait_for([&] { return !told.empty(); }));
    ASSERT_THAT(told, SizeIs(1));
    EXPECT_EQ(std::get<1>(told[0]), "night_vision");
    EXPECT_EQ(std::get<2>(told[0]), camera::Value(std::string("off")));
    EXPECT_EQ(hub_.found, found) << "it would be set to what its owner wished before";

    EXPECT_TRUE(set("night_vision", std::string("auto")));
    ASSERT_THAT(told, SizeIs(2));
    change("quartz." + kUuid, quartz_[kUuid]);  // it says "always_off" still
    ASSERT_TRUE(wait_for([&] { return told.size() == 3; }));
    EXPECT_EQ(std::get<2>(told[2]), camera::Value(std::string("off")));
}

TEST_F(NestDriver, ACookieThatWasLostIsReplacedWhereverThatIsSaid) {
    sign_in();
    run();
    ASSERT_TRUE(wait_for([&] { return hub_.cameras.contains(kId) && logins_ == 1; }));
    // As that interface says it: status 200, and what is wrong inside.
    fail_next("/webapi/api/cameras.get_with_properties", 200,
              R"({"status":403,"items":[],"status_description":"unauthorized"})");
    clock_.advance(1min);
    web_[kUuid]["properties"]["irled.state"] = "always_off";
    change("quartz." + kUuid, quartz_[kUuid]);
    EXPECT_TRUE(wait_for([&] { return logins_ == 2; }));
    EXPECT_TRUE(wait_for(
        [&] { return hub_.setting(kId, "night_vision") == camera::Value(std::string("off")); }));
    EXPECT_EQ(asked("/webapi/api/cameras.get_with_properties"), 2);
}

TEST(NestBuckets, HostsOfStrangersAreLeftOut) {
    Buckets buckets;
    const json quartz{{"nexus_api_http_server_url", "https://evil.test"},
                      {"direct_nexustalk_host", "evil.test"},
                      {"websocket_nexustalk_host", "oculus1-us1.dropcam.com:80"}};
    ASSERT_TRUE(buckets.take_all(json{
        {"updated_buckets",
         {{{"object_key", "quartz." + kUuid}, {"value", quartz}},
          {{"object_key", "quartz.short"}, {"value", quartz}},
          {{"object_key", 5}, {"value", quartz}},
          nullptr}}}.dump()));
    const auto cameras = buckets.cameras(Hosts{});
    ASSERT_THAT(cameras, SizeIs(1));
    EXPECT_EQ(cameras[0].nexus_api, "");
    EXPECT_EQ(cameras[0].direct_host, "");
    EXPECT_EQ(cameras[0].websocket_host, "oculus1-us1.dropcam.com:80");
    EXPECT_EQ(cameras[0].name, "Nest camera cdef");
    EXPECT_FALSE(buckets.take_all("<html>"));
    EXPECT_FALSE(buckets.take_all(R"({"error":"x"})"));
}

TEST(NestBuckets, GiveEachCameraTheHostsOfItsRegionAndTheBestNameThereIs) {
    const auto quartz = [](std::string region, std::string description, std::string where) {
        return json{{"nexus_api_http_server_url", "https://nexusapi-" + region + ".dropcam.com"},
                    {"direct_nexustalk_host", "oculus1-" + region + ".dropcam.com"},
                    {"structure_id", "s1"},
                    {"where_id", where},
                    {"description", description},
                    {"model", "Nest Cam Indoor"},
                    {"serial_number", "06AA01AC1234ABCD"}};
    };
    Buckets buckets;
    ASSERT_TRUE(buckets.take_all(json{
        {"updated_buckets",
         {{{"object_key", fmt::format("quartz.{:032x}", 1)}, {"value", quartz("us1", "Cot", "w1")}},
          {{"object_key", fmt::format("quartz.{:032x}", 2)}, {"value", quartz("eu1", "", "w1")}},
          {{"object_key", fmt::format("quartz.{:032x}", 3)}, {"value", quartz("eu1", "", "w2")}},
          {{"object_key", "where.s1"},
           {"value", {{"wheres", {{{"where_id", "w1"}, {"name", "Hallway"}}}}}}}}}}
                                     .dump()));
    const auto cameras = buckets.cameras(Hosts{});
    ASSERT_THAT(cameras, SizeIs(3));
    EXPECT_EQ(cameras[0].nexus_api, "https://nexusapi-us1.dropcam.com");
    EXPECT_EQ(cameras[1].nexus_api, "https://nexusapi-eu1.dropcam.com");
    EXPECT_EQ(cameras[0].direct_host, "oculus1-us1.dropcam.com");
    EXPECT_EQ(cameras[1].direct_host, "oculus1-eu1.dropcam.com");
    EXPECT_EQ(cameras[0].name, "Cot");
    EXPECT_EQ(cameras[1].name, "Hallway");
    EXPECT_EQ(cameras[2].name, "Nest Cam Indoor ABCD");
}

TEST(NestBuckets, TakeAsManyCamerasAsTheirLimit) {
    json list = json::array();
    for (std::size_t i = 0; i < Buckets::kMaxCameras + 5; ++i)
        list.push_back(
            {{"object_key", fmt::format("quartz.{:032x}", i)}, {"value", json::object()}});
    Buckets buckets;
    ASSERT_TRUE(buckets.take_all(json{{"updated_buckets", list}}.dump()));
    EXPECT_THAT(buckets.cameras(Hosts{}), SizeIs(Buckets::kMaxCameras));
}

TEST(NestCuepoints, WhatIsBrokenIsLeftOut) {
    EXPECT_FALSE(parse_cuepoints("<html>"));
    EXPECT_FALSE(parse_cuepoints(R"({"status":503})"));
    const auto taken = parse_cuepoints(
        R"([{"id":"a","start_time":1700000100250},{"id":"b"},{"start_time":1},null,
            {"id":"c d","start_time":1700000100250},{"id":"e","start_time":1700000100,"end_time":-1}])");
    ASSERT_TRUE(taken);
    ASSERT_THAT(*taken, SizeIs(2));
    EXPECT_EQ((*taken)[0].id, "e") << "seconds are no milliseconds";
    EXPECT_EQ((*taken)[0].end, (*taken)[0].start);
    json many = json::array();
    for (std::size_t i = 0; i < kMaxCuepoints + 1; ++i)
        many.push_back({{"id", fmt::format("{}", i)}, {"start_time", 1'700'000'000'000 + i}});
    EXPECT_EQ(parse_cuepoints(many.dump())->front().id, "1");
    const auto unknown =
        event_of({.id = "x", .types = {"glass-break"}, .raw = "{}"}, "door", fakes::Clock::kBegin);
    EXPECT_EQ(unknown.text, "glass-break");
}

TEST(NestAnswers, AreExplainedWhenTheyAreNone) {
    EXPECT_THAT(parse_session("<html>").error().message(), HasSubstr("web page"));
    EXPECT_TRUE(parse_session(R"({"error":"x"})").error().is(ErrorKind::Unavailable));
    EXPECT_TRUE(check_envelope("it", R"({"status":403})").error().is(ErrorKind::Unauthenticated));
    EXPECT_TRUE(check_envelope("it", R"({"status":503})").error().is(ErrorKind::Unavailable));
    EXPECT_TRUE(check_envelope("it", "[]").error().is(ErrorKind::Unavailable));
    EXPECT_FALSE(parse_session_token(R"({"status":0,"items":[{"session_token":"a;b=1"}]})"));
    EXPECT_EQ(parse_google_token(R"({"error":"USER_LOGGED_OUT"})").error().reason(),
              "session-ended");
    EXPECT_EQ(parse_google_token(R"({"error":"invalid_grant"})").error().reason(), "session-ended");
    EXPECT_TRUE(parse_expiry("Wed, 09-Mar-2022 19:10:35 GMT"));
    EXPECT_FALSE(parse_expiry("soon"));
}

}  // namespace
}  // namespace casement::drivers::nest::tests
