// The cloud's feeds of events, from a cloud on loopback that answers by script into a host that
// writes down.

#include "drivers/nanit/events.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include <nlohmann/json.hpp>

#include "drivers/nanit/happenings.hpp"
#include "store/files.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/fakes/test_data.hpp"
#include "tests/unit/net/loop.hpp"

namespace casement::drivers::nanit {
namespace {

using async::Task;
using base::ErrorKind;
using base::Result;
using base::Secret;
using camera::SensorValue;
using net::Request;
using net::Response;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using namespace std::chrono_literals;

std::int64_t seconds(base::WallTime time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

/// Writes down; knows what it has by vendor_id, as the log does.
class FakeHost : public camera::DriverHost {
public:
    void camera_found(camera::Description) override {}
    void camera_gone(std::string) override {}
    void state_changed(std::string, camera::CameraState) override {}
    void setting_reported(std::string, std::string, camera::Value) override {}
    void sensor_measured(std::string camera, std::string sensor, SensorValue value,
                         base::WallTime) override {
        sensors[camera + "/" + sensor] = std::move(value);
    }
    void account_changed(camera::AccountState) override {}
    void awake_changed(std::string, std::vector<camera::Awake>) override {}
    camera::Wishes wishes(std::string_view) const override { return {}; }
    Task<Result<events::EventPtr>> event(events::Event event) override {
        if (broken) co_return std::unexpected(*broken);
        event.id = "event-" + std::to_string(told.size());
        told.push_back(event);
        co_return std::make_shared<const events::Event>(event);
    }
    Task<Result<events::EventPtr>> event_ended(std::string id, base::WallTime end) override {
        ended.emplace_back(id, end);
        co_return std::make_shared<const events::Event>();
    }
    std::vector<std::string> ids() const {
        std::vector<std::string> out;
        for (const auto& event : told) out.push_back(event.camera + ":" + event.vendor_id);
        return out;
    }

    std::vector<events::Event> told;
    std::vector<std::pair<std::string, base::WallTime>> ended;
    std::map<std::string, SensorValue> sensors;
    std::optional<base::Error> broken;
};

class EventPollTest : public net::tests::Served {
protected:
    void add_routes(net::HttpServer& server) override {
        for (const std::string baby : {"anna", "ben"}) {
            server.route(
                "GET", "/babies/" + baby + "/messages", [this, baby](Request) -> Task<Response> {
                    ++asked_[baby + "/messages"];
                    asked_at_.push_back(clock_.steady_now());
                    if (status_ != 200) co_return Response::empty(status_);
                    co_return Response::json(200, json{{"messages", messages_[baby]}}.dump());
                });
            server.route("GET", "/babies/" + baby + "/events",
                         [this, baby](Request) -> Task<Response> {
                             ++asked_[baby + "/events"];
                             if (status_ != 200) co_return Response::empty(status_);
                             co_return Response::json(200, json{{"events", lines_[baby]}}.dump());
                         });
            server.route("GET", "/babies/" + baby + "/stats/latest",
                         [this, baby](Request) -> Task<Response> {
                             ++asked_[baby + "/stats"];
                             co_return Response::json(200, stats_.dump());
                         });
        }
        server.route("GET", "/films/{name}", [this](Request request) -> Task<Response> {
            ++asked_["film"];
            authorizations_ += request.headers.get("Authorization");
            if (film_.empty()) co_return Response::empty(403);
            co_return Response::text(200, film_);
        });
        server.route("POST", "/tokens/refresh",
                     [](Request) -> Task<Response> { co_return Response::empty(404); });
    }
    void SetUp() override {
        start();
        for (const char* const baby : {"anna", "ben"})
            messages_[baby] = lines_[baby] = json::array();
        sealed_ = store::SealedStore::open(dir_.path()).value();
        api_.emplace(loop_.executor(), clock_, ApiOptions{.base = url("")});
        sign_in(clock_.wall_now() + 100h);
        store_ = store::Store::open(dir_.path("casement.db")).value();
        memory_ = PollMemory::open(*store_).value();
        options_.look_again = 1ms;
        options_.jitter = 0;
    }
    void TearDown() override {
        end();
        loop_.run([&]() -> Task<> { co_await account_->stop(); });
        Served::TearDown();
    }
    void sign_in(base::WallTime expires) {
        ASSERT_TRUE(store_session(*sealed_, "home",
                                  {.access = Secret("access"),
                                   .refresh = Secret("refresh"),
                                   .received = clock_.wall_now(),
                                   .expires = expires}));
        account_ = std::make_unique<Account>(
            loop_.executor(), *api_, *sealed_, disk_, clock_,
            AccountOptions{.name = "home", .folder = dir_.path(), .patience = 500ms});
    }
    /// One life of the poll. A second one is a restart.
    void begin(std::vector<WatchedBaby> babies = {{"anna", "nursery"}}) {
        end();
        tasks_.emplace(loop_.executor(), base::Log());
        poll_ = std::make_unique<EventPoll>(
            *account_, host_, *memory_, clock_, [this] { return unit_; }, options_, pictures());
        poll_->set_babies(std::move(babies));
        tasks_->spawn("poll", [this]() -> Task<> { return poll_->run(); });
        settle();
    }
    ClipPictures* pictures() {
        if (clips_.data.empty()) return nullptr;
        return &films_.emplace(loop_.executor(), disk_, clips_, base::Log());
    }
    Result<std::string> fetch(const std::string& event, const std::string& address) {
        return loop_.run([&]() -> Task<Result<std::string>> {
            co_return co_await pictures()->fetch("nursery", event, Secret(address),
                                                 async::Deadline::in(5s));
        });
    }
    std::vector<std::string> kept() const {
        std::vector<std::string> out;
        std::error_code none;
        for (const auto& entry : std::filesystem::directory_iterator(dir_.path("events"), none))
            out.push_back(entry.path().filename());
        std::ranges::sort(out);
        return out;
    }
    static std::string a_film() {
        return store::read_file(fakes::test_data() + "/media/ffmpeg_h264_aac.mp4", 1 << 24).value();
    }
    void end() {
        if (!tasks_) return;
        loop_.run([&]() -> Task<> { co_await tasks_->stop(); });
        tasks_.reset();
        poll_.reset();
    }
    /// Until all that is due has been asked for. Real time: the cloud is a socket, the store a
    /// thread.
    void settle() {
        for (int quiet = 0; quiet < 15;) {
            const auto before = std::tuple(asked_, host_.told.size(), host_.ended.size());
            loop_.run([&]() -> Task<> {
                (void)co_await async::sleep_for(2ms);
            });  // real time: the cloud is a socket
            quiet =
                before == std::tuple(asked_, host_.told.size(), host_.ended.size()) ? quiet + 1 : 0;
        }
    }
    void pass(std::chrono::seconds time) {
        clock_.advance(time);
        settle();
    }
    json message(int id, std::string type, base::WallTime at, std::string event = "") {
        json out{{"id", id}, {"type", type}, {"time", seconds(at)}, {"data", nullptr}};
        if (!event.empty()) out["data"] = {{"event", {{"uid", event}}}};
        return out;
    }
    json line(std::string uid, std::string key, base::WallTime at) {
        return {{"uid", uid}, {"key", key}, {"time", static_cast<double>(seconds(at))}};
    }

    fakes::Clock clock_;
    fakes::TempDirectory dir_;
    async::BlockingPool disk_{"disk", 2};
    std::unique_ptr<store::SealedStore> sealed_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<PollMemory> memory_;
    std::optional<Api> api_;
    std::unique_ptr<Account> account_;
    FakeHost host_;
    PollOptions options_;
    double unit_ = 0.5;
    std::unique_ptr<EventPoll> poll_;
    std::optional<async::TaskGroup> tasks_;

    ClipOptions clips_;  // without data: no pictures
    std::optional<ClipPictures> films_;
    std::string film_, authorizations_;
    std::map<std::string, int> asked_;
    std::vector<base::SteadyTime> asked_at_;
    std::map<std::string, json> messages_, lines_;
    json stats_ = {{"exists", false}};
    int status_ = 200;
};

TEST_F(EventPollTest, WhatWasBeforeTheFirstAnswerIsNoNews) {
    messages_["anna"] = json::array({message(7, "MOTION", clock_.wall_now() - 5s)});
    lines_["anna"] = json::array({line("e1", "FELL_ASLEEP", clock_.wall_now() - 5s)});
    begin();
    EXPECT_THAT(host_.told, IsEmpty());
    messages_["anna"].push_back(message(8, "SOUND", clock_.wall_now()));
    pass(15s);
    EXPECT_THAT(host_.ids(), ElementsAre("nursery:8"));
    EXPECT_EQ(host_.told[0].kind, "sound");
    lines_["anna"].push_back(line("e2", "WOKE_UP", clock_.wall_now()));
    pass(15s);
    EXPECT_THAT(host_.ids(), ElementsAre("nursery:8", "nursery:e2"));
    EXPECT_EQ(host_.told[1].kind, "woke-up");
}

TEST_F(EventPollTest, NothingIsToldTwiceAndEachBabyHasItsOwn) {
    begin({{"anna", "nursery"}, {"ben", "attic"}});
    // The same second, the same time for both: a mark in time alone loses one of them.
    messages_["anna"] = json::array(
        {message(11, "MOTION", clock_.wall_now()), message(10, "SOUND", clock_.wall_now())});
    messages_["ben"] = json::array(
        {message(12, "MOTION", clock_.wall_now() - 100s), message(9, "MOTION", clock_.wall_now())});
    pass(15s);
    pass(15s);
    pass(30s);
    EXPECT_THAT(host_.ids(), ElementsAre("nursery:10", "nursery:11", "attic:12", "attic:9"));
}

TEST_F(EventPollTest, AfterARestartTheLastMinutesAreTold) {
    messages_["anna"] = json::array({message(7, "MOTION", clock_.wall_now() - 5s)});
    begin();
    end();
    clock_.advance(1h);
    const auto now = clock_.wall_now();
    messages_["anna"] =
        json::array({message(7, "MOTION", now - 5s), message(8, "MOTION", now - 300s),
                     message(9, "MOTION", now - 299s)});
    lines_["anna"] = json::array({line("e1", "VISIT", now - 301s), line("e2", "VISIT", now - 10s)});
    begin();
    EXPECT_THAT(host_.ids(), ElementsAre("nursery:9", "nursery:e2"));
    begin();
    EXPECT_EQ(host_.told.size(), 2U);
}

TEST_F(EventPollTest, TimesToComeAreNow) {
    begin();
    const auto now = clock_.wall_now();
    messages_["anna"] = json::array(
        {message(5, "MOTION", now + 1h), message(4, "SOUND", now + 2h), message(6, "MOTION", now)});
    pass(15s);
    EXPECT_THAT(host_.ids(), ElementsAre("nursery:6", "nursery:4", "nursery:5"));
    EXPECT_EQ(host_.told[1].start, clock_.wall_now());
}

TEST_F(EventPollTest, AnEventEndsByItself) {
    begin();
    const auto at = clock_.wall_now();
    messages_["anna"] = json::array({message(1, "MOTION", at)});
    pass(15s);
    ASSERT_EQ(host_.told.size(), 1U);
    EXPECT_FALSE(host_.told[0].end);
    pass(29s);
    EXPECT_THAT(host_.ended, IsEmpty());
    pass(1s);
    EXPECT_THAT(host_.ended, ElementsAre(std::pair(std::string("event-0"), at + 30s)));
    pass(60s);
    EXPECT_EQ(host_.ended.size(), 1U);
}

TEST_F(EventPollTest, ARestartEndsWhatWasOpen) {
    begin();
    const auto at = clock_.wall_now();
    messages_["anna"] = json::array({message(1, "MOTION", at)});
    pass(15s);
    end();
    begin();
    EXPECT_THAT(host_.ended, ElementsAre(std::pair(std::string("event-0"), at + 30s)));
    begin();
    EXPECT_EQ(host_.ended.size(), 1U);
}

TEST_F(EventPollTest, WhatComesFiveMinutesLateIsOver) {
    begin();
    const auto at = clock_.wall_now();
    pass(400s);
    messages_["anna"] = json::array({message(1, "MOTION", at)});
    pass(15s);
    ASSERT_EQ(host_.told.size(), 1U);
    EXPECT_EQ(host_.told[0].start, at);
    EXPECT_EQ(host_.told[0].end, at + 30s);
}

TEST_F(EventPollTest, TheSameAlertInBothFeedsIsOneEvent) {
    begin();
    // The analysis is seen first: the alert is asked for before it is told.
    lines_["anna"] = json::array({line("ev1", "SOUND", clock_.wall_now())});
    pass(15s);
    messages_["anna"] = json::array({message(5, "SOUND", clock_.wall_now(), "ev1")});
    pass(15s);
    EXPECT_THAT(host_.ids(), ElementsAre("nursery:5"));
    lines_["anna"].push_back(line("ev2", "MOTION", clock_.wall_now()));  // only there
    pass(30s);
    EXPECT_THAT(host_.ids(), ElementsAre("nursery:5", "nursery:ev2"));
}

struct EventPictureTest : EventPollTest {
    void SetUp() override {
        EventPollTest::SetUp();
        clips_ = {.data = dir_.path(), .allow_plain = true};
        film_ = a_film();
    }
    void motion(const std::string& uid, bool has_film = true) {
        json found = line(uid, "MOTION", clock_.wall_now());
        if (has_film) add_film(found);
        lines_["anna"].push_back(found);
        messages_["anna"].push_back(message(++last_message_, "MOTION", clock_.wall_now(), uid));
    }
    void add_film(json& found) {
        found["clip"] = true;
        found["playlist"] = {
            {"media_segments", {{{"video_url", url("/films/f.mp4?signature=s")}}}}};
    }
    int last_message_ = 100;
};

TEST_F(EventPictureTest, AnEventHasThePictureOfItsFilmAsSoonAsThatIsThere) {
    begin();
    motion("ev:1.2", false);
    pass(30s);
    ASSERT_THAT(host_.ids(), ElementsAre("nursery:101"));
    EXPECT_EQ(host_.told[0].media, "");
    add_film(lines_["anna"][0]);
    pass(30s);
    for (int i = 0; i < 100 && host_.told.size() < 2; ++i) settle();  // real time: it is decoded
    ASSERT_THAT(host_.ids(), ElementsAre("nursery:101", "nursery:101"));
    EXPECT_EQ(host_.told[1].kind, "motion");
    EXPECT_EQ(host_.told[1].media, "events/nanit-nursery-ev_1_2.jpg");
    EXPECT_THAT(kept(), ElementsAre("nanit-nursery-ev_1_2.jpg"));
    const auto jpeg = store::read_file(dir_.path(host_.told[1].media), 1 << 24).value();
    EXPECT_THAT(jpeg, testing::StartsWith("\xff\xd8\xff"));
    EXPECT_EQ(authorizations_, "") << "the vendor's store sees no token of ours";
    pass(120s);
    EXPECT_EQ(asked_["film"], 1);
}

TEST_F(EventPictureTest, AFilmThatIsNoneIsAskedForThreeTimesAndCostsOnlyThePicture) {
    begin();
    film_ = "this is no film";
    motion("ev1");
    pass(300s);
    pass(300s);
    for (int i = 0; i < 20; ++i) pass(30s);
    EXPECT_EQ(asked_["film"], 3);
    EXPECT_THAT(host_.ids(), ElementsAre("nursery:101"));
    EXPECT_THAT(kept(), IsEmpty());
}

TEST_F(EventPictureTest, WithoutAFolderNoFilmIsAskedFor) {
    clips_.data.clear();
    begin();
    motion("ev1");
    pass(60s);
    EXPECT_EQ(asked_["film"], 0);
    EXPECT_EQ(host_.told.size(), 1u);
}

TEST_F(EventPictureTest, AFilmHasALimit) {
    clips_.max_clip_bytes = film_.size();
    EXPECT_TRUE(fetch("ev1", url("/films/f.mp4")));
    clips_.max_clip_bytes = film_.size() - 1;
    const auto refused = fetch("ev2", url("/films/f.mp4"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), ErrorKind::ResourceExhausted);
    EXPECT_THAT(kept(), ElementsAre("nanit-nursery-ev1.jpg"));
}

TEST_F(EventPictureTest, AFilmThatIsCutShortHasItsFirstPictureOrNone) {
    for (std::size_t length = 0; length < film_.size(); length += film_.size() / 16) {
        const std::string whole = std::exchange(film_, film_.substr(0, length) + " ");
        (void)fetch("ev1", url("/films/f.mp4"));
        film_ = whole;
        EXPECT_THAT(kept(), testing::Each(testing::EndsWith(".jpg")));
    }
}

TEST_F(EventPictureTest, NobodyIsAskedWithoutTlsOrWithAPassword) {
    for (const char* const address : {"", "films", "ftp://films.example/f", "http://192.0.2.1/f",
                                      "https://a:b@films.example/f", "file:///etc/passwd"}) {
        const auto refused = fetch("ev1", address);
        ASSERT_FALSE(refused) << address;
        EXPECT_EQ(refused.error().kind(), ErrorKind::InvalidArgument) << address;
    }
    clips_.allow_plain = false;
    EXPECT_FALSE(fetch("ev1", url("/films/f.mp4")));
    EXPECT_EQ(asked_["film"], 0);
}

TEST_F(EventPictureTest, TheOldestPicturesGo) {
    clips_.most = 2;
    std::filesystem::create_directories(dir_.path("events"));
    ASSERT_TRUE(store::replace_file(dir_.path("events/of-another.jpg"), "x"));
    for (const char* const event : {"../../ev1", "ev2", "ev3"}) {
        ASSERT_TRUE(fetch(event, url("/films/f.mp4")));
        for (const std::string& name : kept()) {  // as if an hour had passed
            const auto file = dir_.path("events/" + name);
            std::filesystem::last_write_time(file, std::filesystem::last_write_time(file) - 1h);
        }
    }
    EXPECT_THAT(kept(),
                ElementsAre("nanit-nursery-ev2.jpg", "nanit-nursery-ev3.jpg", "of-another.jpg"));
}

TEST_F(EventPollTest, TroubleIsWaitedForLongerAndLonger) {
    status_ = 503;
    begin();
    const auto waits = [&] {
        std::vector<int> out;
        for (std::size_t i = 1; i < asked_at_.size(); ++i)
            out.push_back(static_cast<int>((asked_at_[i] - asked_at_[i - 1]) / 1s));
        return out;
    };
    for (int i = 0; i < 300; ++i) {
        clock_.advance(5s);
        loop_.run([&]() -> Task<> {
            (void)co_await async::sleep_for(3ms);
        });  // real time: the cloud is a socket
    }
    EXPECT_THAT(waits(), ElementsAre(30, 60, 120, 240, 300, 300, 300));
    status_ = 200;
    pass(300s);
    asked_at_.clear();
    pass(15s);
    pass(15s);
    EXPECT_THAT(waits(), ElementsAre(15));
}

TEST_F(EventPollTest, WaitsAreJittered) {
    options_.jitter = 0.2;
    unit_ = 0;  // 12 s
    begin();
    EXPECT_EQ(asked_["anna/messages"], 1);
    pass(11s);
    EXPECT_EQ(asked_["anna/messages"], 1);
    unit_ = 0.999;  // 18 s
    pass(1s);
    EXPECT_EQ(asked_["anna/messages"], 2);
    pass(17s);
    EXPECT_EQ(asked_["anna/messages"], 2);
    pass(1s);
    EXPECT_EQ(asked_["anna/messages"], 3);
}

TEST_F(EventPollTest, ManyBabiesAskNoOftenerThanOneRequestInFiveSeconds) {
    begin({{"anna", "a"}, {"ben", "b"}, {"c", "c"}, {"d", "d"}});
    pass(29s);
    EXPECT_EQ(asked_["anna/messages"], 1);
    pass(1s);
    EXPECT_EQ(asked_["anna/messages"], 2);
    EXPECT_EQ(asked_["anna/events"], 1);
}

TEST_F(EventPollTest, NothingIsAskedWhileThePersonIsNeeded) {
    begin();
    const auto before = asked_;
    account_->on_change([](const auto&) {});
    clock_.advance(100h);  // the token is due, and the cloud does not renew it
    settle();
    EXPECT_EQ(account_->state().word, camera::AccountState::Word::NeedsPerson);
    const auto then = asked_;
    pass(1h);
    EXPECT_EQ(asked_, then);
}

TEST_F(EventPollTest, WhatTheLogCannotStoreNowIsToldLater) {
    begin();
    host_.broken = base::Error(ErrorKind::ResourceExhausted, "disk-full", "full");
    messages_["anna"] = json::array({message(1, "MOTION", clock_.wall_now())});
    pass(15s);
    host_.broken.reset();
    pass(30s);
    EXPECT_THAT(host_.ids(), ElementsAre("nursery:1"));
    host_.broken = base::Error(ErrorKind::InvalidArgument, "", "never");
    messages_["anna"].push_back(message(2, "MOTION", clock_.wall_now()));
    pass(30s);
    host_.broken.reset();
    pass(30s);
    EXPECT_EQ(host_.told.size(), 1U);
}

TEST_F(EventPollTest, SleepIsMeasuredOnlyWhenAskedFor) {
    begin();
    pass(400s);
    EXPECT_EQ(asked_["anna/stats"], 0);
    EXPECT_THAT(host_.sensors, IsEmpty());
}

TEST_F(EventPollTest, SleepIsTypedAndUnknownIsNoZero) {
    options_.sleep = true;
    lines_["anna"] = json::array({line("e1", "FELL_ASLEEP", clock_.wall_now() - 1h)});
    begin();
    EXPECT_EQ(host_.sensors.at("nursery/asleep"), SensorValue(true));
    EXPECT_EQ(host_.sensors.at("nursery/times_woke_up"), SensorValue());
    stats_ = {
        {"exists", true},
        {"latest",
         {{"valid", true}, {"total_sleep_time", 2400}, {"times_woke_up", 0}, {"kind", "nap"}}}};
    lines_["anna"].push_back(line("e2", "REMOVED", clock_.wall_now()));
    pass(300s);
    EXPECT_EQ(host_.sensors.at("nursery/times_woke_up"), SensorValue(0.0));
    EXPECT_EQ(host_.sensors.at("nursery/total_sleep"), SensorValue(2400.0));
    EXPECT_EQ(host_.sensors.at("nursery/longest_sleep"), SensorValue());
    EXPECT_EQ(host_.sensors.at("nursery/in_bed"), SensorValue(false));
    EXPECT_EQ(host_.sensors.at("nursery/asleep"), SensorValue());
    // All that is measured is declared.
    std::set<std::string> declared;
    for (const camera::Sensor& sensor : sleep_sensors()) declared.insert("nursery/" + sensor.id);
    for (const auto& [id, value] : host_.sensors) EXPECT_TRUE(declared.contains(id)) << id;
    EXPECT_EQ(host_.sensors.size(), declared.size());
}

// Pure parts
// --------------------------------------------------------------------------------------------

TEST(NanitHappenings, TypesAreWordsAndUnknownOnesAreKept) {
    EXPECT_EQ(kind_of("MOTION"), events::kind::kMotion);
    EXPECT_EQ(kind_of("Sound"), events::kind::kSound);
    EXPECT_EQ(kind_of("CAMERA_CRY_DETECTION"), events::kind::kCry);
    EXPECT_EQ(kind_of("LOW_BATTERY"), events::kind::kBatteryLow);
    EXPECT_EQ(kind_of("BABY_STANDING"), "baby-standing");
    EXPECT_EQ(kind_of("SOMETHING_NEW"), "something-new");
}

TEST(NanitHappenings, TheRawPayloadIsEvidenceWithoutItsKeys) {
    const auto lines = parse_events(
        R"({"events":[{"uid":"e1","key":"MOTION","time":1767225300.5,"end_ts":1767225310,"confidence":0.9,
            "playlist":{"media_segments":[{"video_url":"https://x.test/clip.mp4?sig=geheim"}]}}]})");
    ASSERT_TRUE(lines);
    const events::Event event =
        event_of(lines->at(0), "nursery", base::WallTime{std::chrono::seconds{1767225400}});
    EXPECT_EQ(event.vendor_id, "e1");
    EXPECT_EQ(event.score, 0.9);
    EXPECT_EQ(event.end, base::WallTime{std::chrono::seconds{1767225310}});
    EXPECT_THAT(event.evidence, HasSubstr("https://x.test/clip.mp4"));
    EXPECT_THAT(event.evidence, Not(HasSubstr("geheim")));
}

TEST(NanitSeen, ForgetsTheOldestBeyondItsLimit) {
    Seen seen(3);
    for (const char* const id : {"a", "b", "c", "a", "d"}) seen.add(id);
    EXPECT_EQ(seen.size(), 3U);
    EXPECT_TRUE(seen.contains("a"));  // met again
    EXPECT_FALSE(seen.contains("b"));
}

TEST(NanitSleep, StatsMayHoldAnything) {
    EXPECT_FALSE(parse_sleep_stats("[]"));
    EXPECT_FALSE(parse_sleep_stats("<html>"));
    EXPECT_FALSE(parse_sleep_stats(R"({"latest":7})"));
    EXPECT_EQ(parse_sleep_stats(R"({"exists":false})").value(), std::nullopt);
    EXPECT_EQ(parse_sleep_stats(R"({"exists":true,"latest":{"valid":false}})").value(),
              std::nullopt);
    const SleepStats odd =
        parse_sleep_stats(
            R"({"latest":{"times_woke_up":-1,"total_sleep_time":1e300,"sleep_sessions":1.5,"longest_sleep":604800,
                "total_awake_time":604801,"times_out_of_crib":10000,"soothing_events":10001,"states":[7],"kind":null}})")
            .value()
            .value();
    EXPECT_EQ(odd.times_woke_up, std::nullopt);
    EXPECT_EQ(odd.total_sleep_s, std::nullopt);
    EXPECT_EQ(odd.sleep_sessions, std::nullopt);
    EXPECT_EQ(odd.longest_sleep_s, 604800);
    EXPECT_EQ(odd.total_awake_s, std::nullopt);
    EXPECT_EQ(odd.times_out_of_crib, 10000);
    EXPECT_EQ(odd.soothing_events, std::nullopt);
}

TEST(NanitSleep, TheStateOfTheNightCountsWhileItGoesOn) {
    const base::WallTime now = fakes::Clock::kBegin;
    const auto stats = [&](bool ongoing, const char* title, base::WallTime since) {
        return parse_sleep_stats(
                   json{{"exists", true},
                        {"latest",
                         {{"ongoing", ongoing},
                          {"states", {{{"title", title}, {"begin_ts", seconds(since)}}}}}}}
                       .dump())
            .value()
            .value();
    };
    SleepState state;
    state.apply(stats(false, "ASLEEP", now - 10s), now);
    EXPECT_EQ(state.measured()[0].second, SensorValue());
    state.apply(stats(true, "ASLEEP", now - 10s), now);
    EXPECT_EQ(state.measured()[0].second, SensorValue(true));
    state.apply(stats(true, "ABSENT", now - 20s), now);  // older
    EXPECT_EQ(state.measured()[1].second, SensorValue(true));
    state.apply(stats(true, "ABSENT", now - 5s), now);
    EXPECT_EQ(state.measured()[1].second, SensorValue(false));
    SleepState old;
    old.apply(stats(true, "ASLEEP", now - 17h), now);
    EXPECT_EQ(old.measured()[0].second, SensorValue());
}

TEST(NanitPollMemory, SchemaIsTheDocumentedOne) {
    auto db = store::Database::open(":memory:").value();
    ASSERT_TRUE(store::migrate(*db, kNanitSchema));
    const std::string documented =
        store::read_file(fakes::test_data() + "/../../docs/ref/schema/nanit.sql", 1 << 20).value();
    EXPECT_THAT(documented, HasSubstr(store::describe(*db).value()));
}

}  // namespace
}  // namespace casement::drivers::nanit
