// The driver of a Nanit account against the emulated household. Both were written apart from each
// other; no hardware.

#include "drivers/nanit/driver.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "drivers/nanit/log_archive.hpp"
#include "emulators/nanit/household.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/unit/drivers/host.hpp"
#include "tests/unit/net/loop.hpp"

namespace casement::drivers::nanit {
namespace {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::Result;
using base::Secret;
using camera::LightValue;
using camera::SensorValue;
using camera::StateWord;
using camera::Value;
using emulators::nanit::Household;
using namespace std::chrono_literals;

// real time: two programs over sockets on loopback.
class NanitHousehold : public testing::Test {
protected:
    void furnish(emulators::nanit::HouseholdOptions options = {}) {
        household_ = Household::start(loop_.executor(), pool_, clock_, options, {}).value();
        std::ofstream(ca_file()) << household_->ca_pem();
    }
    std::string ca_file() const { return folder_.path() + "/ca.pem"; }
    ApiOptions api_options() const {
        ApiOptions out{.base = household_->api_url()};
        out.http.connect.tls = net::TlsOptions{.ca_file = ca_file()};
        return out;
    }
    /// As `casement login nanit`.
    void sign_in() {
        Api api(loop_.executor(), clock_, api_options());
        const auto user = household_->options().user;
        const auto outcome = loop_.run([&]() -> Task<Result<LoginOutcome>> {
            co_return co_await api.login({.email = user.email, .password = user.password}, in(5s));
        });
        ASSERT_TRUE(outcome) << outcome.error().message();
        ASSERT_TRUE(store_session(*sealed_, "home",
                                  make_session(std::get<Tokens>(*outcome), clock_.wall_now())));
    }
    void open(bool local, Timing timing = Timing{}.scaled(0.02)) {
        DriverOptions options;
        options.account.name = "home";
        options.account.folder = folder_.path();
        options.account.spacing = {.first = 200ms, .cap = 1s, .factor = 2, .jitter = 0};
        options.api = api_options();
        options.relay.base = household_->relay_url();
        options.relay.connect = options.api.http.connect;
        options.timing = timing;
        options.logs.directory = folder_.path("logs");
        options.logs.listen_host = options.logs.hub_host = "127.0.0.1";
        options.logs.allow_loopback = true;
        for (const Household::Member& member : household_->members()) {
            if (local) options.addresses.emplace(member.camera_uid, member.door_address());
            options.cameras.push_back({.baby = member.baby_uid, .id = member.name, .name = {}});
            options.cameras.back().id = "c" + std::to_string(options.cameras.size());
        }
        driver_.emplace(loop_.executor(), std::move(options), *sealed_, disk_, clock_);
        tasks_.emplace(loop_.executor(), base::Log{});
        tasks_->spawn("driver", [this]() -> Task<> { (void)co_await driver_->run(host_); });
    }
    void close() {
        if (tasks_) loop_.run([this]() -> Task<> { co_await tasks_->stop(); });
        tasks_.reset();
        driver_.reset();
    }
    void TearDown() override {
        close();
        if (household_) loop_.run([this]() -> Task<> { co_await household_->stop(); });
        household_.reset();
    }
    static Deadline in(std::chrono::milliseconds time) { return Deadline::in(time); }
    template <typename Condition>
    [[nodiscard]] bool wait_for(Condition condition, std::chrono::milliseconds most = 10s) {
        const auto until = std::chrono::steady_clock::now() + most;
        return loop_.run([&]() -> Task<bool> {
            while (!condition() && std::chrono::steady_clock::now() < until)
                (void)co_await async::sleep_for(2ms);
            co_return condition();
        });
    }
    [[nodiscard]] bool link_is(std::string_view road, const std::string& camera = "c1") {
        return wait_for([&] {
            const auto* link = host_.sensor(camera, kLinkSensor);
            return link != nullptr && link->value == SensorValue(std::string(road));
        });
    }
    Result<> set(std::string setting, Value value, std::string camera = "c1") {
        return loop_.run([&]() -> Task<Result<>> {
            co_return co_await driver_->set(camera, setting, value, in(10s));
        });
    }

    net::tests::Loop loop_;
    fakes::TempDirectory folder_;
    base::SystemClock clock_;
    async::BlockingPool pool_{"codecs", 1}, disk_{"disk", 1};
    std::unique_ptr<store::SealedStore> sealed_ = store::SealedStore::open(folder_.path()).value();
    std::unique_ptr<Household> household_;
    drivers::tests::Host host_;
    std::optional<Driver> driver_;
    std::optional<async::TaskGroup> tasks_;
};

TEST_F(NanitHousehold, IsKnownSetAndMeasuredOverBothRoads) {
    for (const bool local : {true, false}) {
        furnish();
        sign_in();
        open(local);
        ASSERT_TRUE(link_is(local ? "local" : "cloud"));
        ASSERT_TRUE(wait_for([&] { return host_.word("c1") == StateWord::Live; }));
        ASSERT_TRUE(wait_for([&] { return host_.cameras.at("c1").firmware == "6.58.615"; }));
        EXPECT_TRUE(set("volume", 33.0));
        EXPECT_TRUE(set("night_light", LightValue{true, 20.0}));
        EXPECT_TRUE(set("motion_sensitivity", 20.0));
        EXPECT_TRUE(set("night_vision", std::string("on")));
        EXPECT_EQ(host_.setting("c1", "volume"), Value(33.0));
        EXPECT_EQ(host_.setting("c1", "night_light"), Value(LightValue{true, 20.0}));
        // Past the grace, what the camera itself says.
        (void)wait_for([] { return false; }, 600ms);
        EXPECT_EQ(host_.setting("c1", "volume"), Value(33.0));
        EXPECT_EQ(host_.setting("c1", "night_light"), Value(LightValue{true, 20.0}));
        EXPECT_EQ(host_.setting("c1", "motion_sensitivity"), Value(20.0));
        EXPECT_EQ(host_.setting("c1", "night_vision"), Value(std::string("on")));
        EXPECT_TRUE(set("privacy", true));
        EXPECT_TRUE(wait_for([&] { return host_.word("c1") == StateWord::Privacy; }));
        EXPECT_NE(host_.sensor("c1", "temperature")->value, SensorValue{});
        EXPECT_EQ(household_->camera().counters().malformed, 0);
        close();
        EXPECT_TRUE(wait_for([&] {
            const auto now = household_->camera().counters();
            return now.local == 0 && now.sessions == 0;
        }));
        host_ = {};
        TearDown();
        ASSERT_TRUE(sealed_->remove("nanit/home/camera/N301EMU0000001"));
    }
}

TEST_F(NanitHousehold, HoldsOnePlaceAndGivesWayToPhones) {
    furnish();
    sign_in();
    Timing timing = Timing{}.scaled(0.02);
    timing.probe_local = timing.slots_full = 500ms;
    open(true, timing);
    ASSERT_TRUE(link_is("local"));
    EXPECT_EQ(household_->camera().counters().local, 1);
    household_->camera().faults().other_apps = 2;
    household_->camera().drop_local();
    ASSERT_TRUE(link_is("cloud"));
    EXPECT_TRUE(set("volume", 12.0));
    ASSERT_TRUE(wait_for([&] { return household_->camera().counters().out_of_slots > 0; }));
    EXPECT_TRUE(link_is("cloud"));
    household_->camera().faults().other_apps = 0;
    EXPECT_TRUE(link_is("local"));
    EXPECT_EQ(household_->camera().counters().local, 1);
}

TEST_F(NanitHousehold, GivesItsLogsOverBothRoads) {
    for (const bool local : {true, false}) {
        furnish({.time_scale = 0.01});
        sign_in();
        open(local);
        ASSERT_TRUE(link_is(local ? "local" : "cloud"));
        const auto asked =
            loop_.run([&]() -> Task<Result<>> { co_return driver_->ask_for_logs("c1"); });
        ASSERT_TRUE(asked) << asked.error().message();
        ASSERT_TRUE(wait_for([&] {
            const auto word = driver_->logs("c1")->word;
            return word == LogState::Word::Stored || word == LogState::Word::Failed;
        }));
        const auto logs = *driver_->logs("c1");
        ASSERT_TRUE(logs.file) << logs.error->message();
        const auto list = list_logs(logs.file->path);
        ASSERT_TRUE(list) << list.error().message();
        std::string journal;
        const auto read =
            read_log(logs.file->path, kJournal, [&](std::string_view piece) -> Result<> {
                journal += piece;
                return {};
            });
        EXPECT_TRUE(read) << read.error().message();
        EXPECT_FALSE(journal.empty());
        host_ = {};
        TearDown();
        ASSERT_TRUE(sealed_->remove("nanit/home/camera/N301EMU0000001"));
    }
}

TEST_F(NanitHousehold, StaysInTheHouseWithoutInternet) {
    furnish();
    sign_in();
    open(true);
    ASSERT_TRUE(link_is("local"));
    ASSERT_TRUE(household_->set_internet(emulators::nanit::Outage::Refused));
    EXPECT_TRUE(set("volume", 9.0));
    close();
    host_ = {};
    open(true);  // another life of the hub
    ASSERT_TRUE(link_is("local"));
    EXPECT_TRUE(set("volume", 10.0));
}

/// The relay turns deaf with the token that a connection was opened with: nobody notices.
TEST_F(NanitHousehold, OutlivesItsTokens) {
    emulators::nanit::HouseholdOptions options;
    options.access_ttl = 4s;
    furnish(options);
    sign_in();
    open(false);
    ASSERT_TRUE(link_is("cloud"));
    const auto until = std::chrono::steady_clock::now() + 9s;
    int asked = 0;
    while (std::chrono::steady_clock::now() < until) {
        const auto began = std::chrono::steady_clock::now();
        ASSERT_TRUE(set("volume", static_cast<double>(asked++ % 100)));
        EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
        (void)wait_for([] { return false; }, 100ms);
    }
    EXPECT_GT(asked, 30);
    EXPECT_EQ(host_.states["c1"].size(), 1);  // live, and nothing since
}

/// With the waits as they are for everybody.
TEST_F(NanitHousehold, LeavesADeafRelayWithinFifteenSeconds) {
    emulators::nanit::HouseholdOptions options;
    options.access_ttl = 3s;
    furnish(options);
    sign_in();
    open(false, Timing{});
    ASSERT_TRUE(link_is("cloud"));
    ASSERT_TRUE(wait_for([&] { return host_.word("c1") == StateWord::Live; }));
    (void)wait_for([] { return false; }, 3s);
    const auto& relay = household_->cloud().relay("N301EMU0000001");
    const auto dropped = relay.counters().dropped;
    const auto began = std::chrono::steady_clock::now();
    const auto answer = loop_.run([&]() -> Task<Result<>> {
        co_return co_await driver_->set("c1", "volume", 44.0, in(20s));
    });
    EXPECT_TRUE(answer) << answer.error().message();
    EXPECT_LT(std::chrono::steady_clock::now() - began, 15s);
    EXPECT_GT(relay.counters().dropped, dropped);
    EXPECT_EQ(host_.setting("c1", "volume"), Value(44.0));
}

TEST_F(NanitHousehold, ComesBackAfterThePowerDoes) {
    furnish();
    sign_in();
    open(true);
    ASSERT_TRUE(link_is("local"));
    ASSERT_TRUE(wait_for([&] { return host_.word("c1") == StateWord::Live; }));
    loop_.run([this]() -> Task<> {
        household_->camera().power_off();
        co_return;
    });
    ASSERT_TRUE(wait_for([&] { return host_.word("c1") == StateWord::Offline; }));
    EXPECT_FALSE(set("volume", 50.0));
    ASSERT_TRUE(household_->camera().power_on());
    ASSERT_TRUE(wait_for([&] { return host_.word("c1") == StateWord::Live; }, 20s));
    EXPECT_TRUE(set("volume", 50.0));
}

TEST_F(NanitHousehold, KeepsThreeCamerasApart) {
    emulators::nanit::HouseholdOptions options;
    options.cameras = 3;
    furnish(options);
    sign_in();
    open(true);
    for (const char* id : {"c1", "c2", "c3"}) ASSERT_TRUE(link_is("local", id));
    EXPECT_TRUE(set("volume", 1.0, "c1"));
    EXPECT_TRUE(set("volume", 2.0, "c2"));
    EXPECT_TRUE(set("volume", 3.0, "c3"));
    (void)wait_for([] { return false; }, 600ms);  // past the grace: what they say themselves
    EXPECT_EQ(host_.setting("c1", "volume"), Value(1.0));
    EXPECT_EQ(host_.setting("c2", "volume"), Value(2.0));
    EXPECT_EQ(host_.setting("c3", "volume"), Value(3.0));
}

}  // namespace
}  // namespace casement::drivers::nanit
