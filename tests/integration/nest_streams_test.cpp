// Live pictures of a Nest camera through driver, way in and stream, against the emulated hosts with
// all their faults. Both sides were written apart from each other; no hardware.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "drivers/nest/driver.hpp"
#include "emulators/nest/cloud.hpp"
#include "hub/supervisor.hpp"
#include "media/nal.hpp"
#include "sources/open_source.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/unit/drivers/host.hpp"
#include "tests/unit/ffmpeg/bursts.hpp"
#include "tests/unit/ffmpeg/pictures.hpp"
#include "tests/unit/net/loop.hpp"

namespace casement::drivers::nest {
namespace {

using async::Deadline;
using async::Task;
using emulators::nest::Cloud;
using emulators::nest::LiveHost;
using emulators::nest::Messages;
using protocols::nest::EndReason;
using protocols::nest::ErrorCode;
using namespace std::chrono_literals;

constexpr const char* kDoor = "0123456789abcdef0123456789abcdef";
constexpr const char* kUser = "1000002";
constexpr int kFps = 24;
constexpr double kFrame = 1.0 / kFps;

struct Shown {
    std::int64_t counter = 0;
    double at = 0;  // seconds, of the stream's time
    int width = 0;
    std::size_t bytes = 0;
};

// real time: two programs over sockets on loopback.
class NestStreams : public testing::Test {
protected:
    void SetUp() override {
        emulators::nest::CloudOptions options;
        options.certificate = certificate_;
        options.regions = {"us1", "eu1"};
        options.live_picture = {.width = 320, .height = 180, .fps = kFps, .key_interval_s = 1};
        cloud_ = Cloud::start(loop_.executor(), pool_, clock_, options, {}).value();
        cloud_->accounts().add({.email = "owner@example.test", .userid = kUser});
        ASSERT_TRUE(cloud_->add({.uuid = kDoor, .model = emulators::nest::kHello}));
        std::ofstream(folder_.path("ca.pem")) << certificate_.certificate_pem;
        ASSERT_TRUE(store_key(*sealed_, "home",
                              {.kind = SignInKind::GoogleRefresh,
                               .token = cloud_->accounts().google_refresh_token(kUser),
                               .client_id = "7.apps.googleusercontent.com"}));
    }
    void TearDown() override {
        loop_.run([this]() -> Task<> {
            if (supervisor_) co_await supervisor_->stop();
            if (tasks_) co_await tasks_->stop();
            co_await cloud_->stop();
        });
        supervisor_.reset();
        reader_.reset();
        driver_.reset();
    }

    /// Somebody watches the doorbell. Waits of an account are a hundredth of a house's, and `again`
    /// is that between two tries of a way.
    void watch(WishedWay way = WishedWay::Nexustalk, std::chrono::milliseconds again = 200ms) {
        constexpr double kPace = 0.01;
        DriverOptions options;
        options.account = {
            .name = "home", .folder = folder_.path(), .timing = Timing{}.scaled(kPace)};
        options.api.endpoints = {.home = cloud_->home_url(),
                                 .camera_api = cloud_->camera_api_url(),
                                 .google_token = cloud_->google_url() + "/token",
                                 .google_jwt = cloud_->google_url() + "/v1/issue_jwt"};
        options.api.hosts = {.configured = {"127.0.0.1"}, .follows_answers = true};
        options.api.connect.tls = net::TlsOptions{.ca_file = folder_.path("ca.pem")};
        options.api.budget = options.api.budget.scaled(kPace);
        options.data = folder_.path();
        options.cameras.push_back({.uuid = kDoor, .id = "door", .name = "Door", .way = way});
        driver_.emplace(loop_.executor(), std::move(options), *sealed_, disk_, clock_);
        tasks_.emplace(loop_.executor(), base::Log{});
        tasks_->spawn("driver", [this]() -> Task<> { (void)co_await driver_->run(host_); });
        ASSERT_TRUE(wait_for([this] { return driver_->camera("door").has_value(); }));
        hub::SupervisorOptions how;
        how.backoff = {.first = 100ms, .cap = 200ms, .jitter = 0};
        supervisor_.emplace(
            loop_.executor(), stream_,
            [this, again]() -> Task<base::Result<std::unique_ptr<hub::Source>>> {
                CASEMENT_CO_TRY(
                    auto endpoint,
                    co_await driver_->endpoint("door", camera::Quality::Main, Deadline::in(5s)));
                std::get<camera::BestOf>(endpoint.way).again = again;
                co_return sources::open_source("door", endpoint,
                                               {{pool_, clock_, base::Log{}}, push_door_});
            },
            how);
        reader_.emplace(stream_->subscribe(loop_.executor(), {}));
        tasks_->spawn("viewer", [this] { return read(); });
        supervisor_->start();
    }
    Task<> read() {
        for (;;) {
            const auto item = co_await reader_->next();
            if (!item) co_return;
            gaps_ += std::holds_alternative<hub::Gap>(*item);
            if (const auto* changed = std::get_if<hub::ParametersChanged>(&*item))
                tracks_ = changed->tracks;
            if (const auto* unit = std::get_if<media::AccessUnitPtr>(&*item);
                unit && !(*unit)->slate)
                ((*unit)->track == 0 ? video_ : audio_).push_back({*unit, tracks_});
        }
    }
    template <typename Condition>
    [[nodiscard]] bool wait_for(Condition condition, std::chrono::milliseconds most = 15s) {
        const auto until = std::chrono::steady_clock::now() + most;
        return loop_.run([&]() -> Task<bool> {
            while (!condition() && std::chrono::steady_clock::now() < until)
                (void)co_await async::sleep_for(2ms);
            co_return condition();
        });
    }
    void pass(std::chrono::milliseconds time) {
        (void)wait_for([] { return false; }, time);
    }
    /// So many more pictures.
    [[nodiscard]] bool flows(std::size_t pictures = 30, std::chrono::milliseconds most = 15s) {
        return wait_for(
            [this, enough = video_.size() + pictures] { return video_.size() >= enough; }, most);
    }

    LiveHost& live() { return cloud_->live("us1"); }
    auto& faults() { return live().faults; }
    emulators::nest::LiveCounters counters() { return live().counters(); }

    /// Every picture from the nth on, decoded and read. Each of them has to be readable.
    std::vector<Shown> pictures(std::size_t from = 0) const {
        std::vector<Shown> out;
        for (std::size_t i = 0; i < video_.size();) {
            const auto& parameters = *(*video_[i].tracks)[0].parameters;
            std::vector<media::AccessUnit> alike;
            for (; i < video_.size() && *(*video_[i].tracks)[0].parameters == parameters; ++i)
                alike.push_back(*video_[i].unit);
            const auto decoded = ffmpeg::test::decode_all(parameters, alike);
            EXPECT_EQ(decoded.size(), alike.size());
            for (std::size_t n = 0; n < std::min(decoded.size(), alike.size()); ++n) {
                const auto reading = ffmpeg::read_test_picture(decoded[n]);
                EXPECT_TRUE(reading);
                out.push_back({reading ? reading->frame : -1,
                               static_cast<double>(alike[n].pts) / 90'000.0, parameters.width,
                               alike[n].data.size()});
            }
        }
        // What comes before decodes what follows.
        out.erase(out.begin(),
                  out.begin() + static_cast<std::ptrdiff_t>(std::min(from, out.size())));
        return out;
    }
    /// Nothing is missing from the nth picture on, and each is where it belongs.
    void expect_no_hole(std::size_t from = 0) const {
        const auto all = pictures(from);
        ASSERT_GT(all.size(), 1U);
        for (std::size_t i = 1; i < all.size(); ++i) {
            EXPECT_EQ(all[i].counter, all[i - 1].counter + 1);
            EXPECT_NEAR(all[i].at - all[i - 1].at, kFrame, 0.001);
        }
        EXPECT_EQ(stream_->status().counters.lost_in, 0U);
        EXPECT_EQ(gaps_, 0);
    }
    /// How far a flash is from the beep that it belongs to, at most; of those in the midst of a
    /// playback, for at its ends one may be there without the other.
    double sound_offset() const {
        std::vector<media::AccessUnit> sound;
        for (const auto& one : audio_) sound.push_back(*one.unit);
        const auto beeps = ffmpeg::test::onsets((*audio_.at(0).tracks)[1], sound);
        const auto all = pictures();
        double most = 0;
        int flashes = 0;
        for (const Shown& flash : all) {
            const bool is_amidst =
                all.front().at < flash.at - 0.6 && flash.at + 0.6 < all.back().at &&
                std::ranges::all_of(
                    all,
                    [&flash](const Shown& other) {
                        const double away = other.at - flash.at;
                        const auto pictures = other.counter - flash.counter;
                        return std::abs(away) > 0.6 ||
                               std::abs(away - kFrame * static_cast<double>(pictures)) < 0.002;
                    });
            if (flash.counter % kFps != 0 || !is_amidst) continue;
            ++flashes;
            double nearest = 1;
            for (const double beep : beeps) nearest = std::min(nearest, std::abs(beep - flash.at));
            most = std::max(most, nearest);
        }
        EXPECT_GT(flashes, 2);
        return most;
    }
    double longest_hole(std::size_t from = 0) const {
        double most = 0;
        for (std::size_t i = std::max<std::size_t>(from, 1); i < video_.size(); ++i)
            most =
                std::max(most, static_cast<double>(video_[i].unit->pts - video_[i - 1].unit->pts) /
                                   90'000.0);
        return most;
    }

    struct Read {
        media::AccessUnitPtr unit;
        hub::TracksPtr tracks;
    };
    const net::Certificate certificate_ =
        net::make_self_signed("emulated Nest", {"127.0.0.1"}, std::chrono::days(1)).value();
    net::tests::Loop loop_;
    fakes::TempDirectory folder_;
    base::SystemClock clock_;
    async::BlockingPool pool_{"pictures", 1}, disk_{"disk", 1};
    std::unique_ptr<store::SealedStore> sealed_ = store::SealedStore::open(folder_.path()).value();
    std::unique_ptr<Cloud> cloud_;
    drivers::tests::Host host_;
    std::optional<Driver> driver_;
    hub::PushDoor push_door_;
    std::shared_ptr<hub::Stream> stream_ =
        std::make_shared<hub::Stream>("door", hub::GopLogLimits{}, clock_, base::Log{});
    std::optional<hub::Reader> reader_;
    std::optional<hub::Supervisor> supervisor_;
    std::optional<async::TaskGroup> tasks_;
    hub::TracksPtr tracks_;
    std::vector<Read> video_, audio_;
    int gaps_ = 0;
};

TEST_F(NestStreams, ComeWholeHoweverTheServerDealsThemOut) {
    faults().swaps_channels = faults().adds_unknown = true;
    for (const bool is_blocked : {false, true}) {
        faults().is_blocked = is_blocked;
        for (const Messages how : {Messages::Whole, Messages::Several, Messages::EveryByte}) {
            faults().messages = how;
            // A byte at a time, 300 kB take longer than their second.
            faults().key_bytes = how == Messages::EveryByte ? 0 : 300'000;
            if (!driver_) watch();
            const auto sound_before = audio_.size();
            live().reset_all();
            ASSERT_TRUE(flows(5));
            const auto from = video_.size();
            ASSERT_TRUE(flows(2 * kFps));
            expect_no_hole(from);
            EXPECT_GT(audio_.size(), sound_before + 60);
            if (how == Messages::EveryByte) continue;
            std::size_t biggest = 0;
            for (const Shown& picture : pictures(from)) biggest = std::max(biggest, picture.bytes);
            EXPECT_GE(biggest, 300'000U);
        }
    }
    EXPECT_EQ(counters().illegal, 0U);
    EXPECT_LT(sound_offset(), 0.05);
}

TEST_F(NestStreams, KeepTheirTimeInDimLightAndTakeAnotherSize) {
    watch();
    ASSERT_TRUE(flows());
    const auto feed = live().feed(kDoor);
    feed->set_sparse(6);
    ASSERT_TRUE(flows(12));
    feed->set_sparse(1);
    ASSERT_TRUE(flows());
    feed->resize(480, 270);
    ASSERT_TRUE(flows(2 * kFps));
    const auto all = pictures();
    EXPECT_EQ(all.front().width, 320);
    EXPECT_EQ(all.back().width, 480);
    int slow = 0;
    for (std::size_t i = 1; i < all.size(); ++i) {
        const auto pictures_between = static_cast<double>(all[i].counter - all[0].counter);
        EXPECT_NEAR(all[i].at - all[0].at, pictures_between * kFrame, 0.001);
        slow += all[i].counter - all[i - 1].counter == 6 ? 1 : 0;
    }
    EXPECT_GE(slow, 10);
    EXPECT_EQ(counters().connections, 1U);
    EXPECT_LT(sound_offset(), 0.05);
}

TEST_F(NestStreams, DoWithoutSoundWhereTheMicrophoneIsOff) {
    ASSERT_TRUE(cloud_->home().set_properties(kDoor, {{"audio.enabled", "false"}}));
    watch();
    ASSERT_TRUE(flows());
    EXPECT_EQ(tracks_->size(), 1U);
    expect_no_hole();
}

TEST_F(NestStreams, ComeBackAfterEveryEnd) {
    watch();
    ASSERT_TRUE(flows());
    const std::pair<const char*, std::function<void()>> ends[] = {
        {"time", [this] { live().end_playbacks(kDoor, EndReason::TimeNotAvailable); }},
        {"profile", [this] { live().end_playbacks(kDoor, EndReason::ProfileNotAvailable); }},
        {"transcode", [this] { live().end_playbacks(kDoor, EndReason::TranscodeNotAvailable); }},
        {"complete", [this] { live().end_playbacks(kDoor, EndReason::SessionComplete); }},
        {"no transcoder", [this] { live().fail_all(ErrorCode::NoTranscoderAvailable); }},
        {"internal", [this] { live().fail_all(ErrorCode::Internal); }},
        {"reset in the middle of a packet", [this] { live().reset_all(); }},
    };
    for (const auto& [what, happen] : ends) {
        const auto from = video_.size();
        const auto before = counters().playbacks;
        happen();
        ASSERT_TRUE(wait_for([&] { return counters().playbacks > before; })) << what;
        ASSERT_TRUE(flows(10)) << what;
        EXPECT_LT(longest_hole(from), 3) << what;
        pass(300ms);  // the same way may be tried again
    }
    for (std::size_t i = 1; i < video_.size(); ++i)
        EXPECT_GT(video_[i].unit->dts, video_[i - 1].unit->dts);
    EXPECT_EQ(counters().illegal, 0U);
}

TEST_F(NestStreams, AreAskedForElsewhereFiveTimesInARow) {
    faults().redirects = 1'000'000;
    watch(WishedWay::Nexustalk, 60s);
    // Each of the two ways goes where it is sent five times, and then says what is the matter.
    ASSERT_TRUE(wait_for([this] { return counters().redirects >= 12; }));
    ASSERT_TRUE(wait_for([this] { return stream_->status().error.has_value(); }));
    pass(2s);
    EXPECT_EQ(counters().redirects, 12U);
    const camera::Reason reason = camera::make_reason(*stream_->status().error);
    EXPECT_EQ(reason.code, "vendor-down");
    EXPECT_FALSE(reason.text.empty());
    EXPECT_NE(reason.action, camera::Action::None);
}

TEST_F(NestStreams, ComeBackWithinFifteenSecondsFromASilence) {
    watch();
    ASSERT_TRUE(flows());
    const auto before = counters();
    faults().is_silent = true;
    const auto since = std::chrono::steady_clock::now();
    ASSERT_TRUE(wait_for([&] { return counters().connections > before.connections; }, 20s));
    EXPECT_LT(std::chrono::steady_clock::now() - since, 15s);
    faults().is_silent = false;
    EXPECT_TRUE(flows());
}

TEST_F(NestStreams, GoOnWhateverTheVendorsClockSays) {
    cloud_->accounts().lives.jwt = cloud_->accounts().lives.google = 2s;
    for (const auto skew : {std::chrono::milliseconds(-2h), std::chrono::milliseconds(2h)}) {
        cloud_->accounts().clock_skew = faults().clock_skew = skew;
        if (!driver_) watch();
        live().reset_all();  // from here on by that clock
        ASSERT_TRUE(flows(5));
        const auto from = video_.size();
        const auto before = counters();
        pass(5s);
        EXPECT_GE(counters().renewals, before.renewals + 2);
        EXPECT_EQ(counters().unauthorized, before.unauthorized);
        expect_no_hole(from);
    }
    EXPECT_LT(sound_offset(), 0.05);
}

TEST_F(NestStreams, AreNotAskedForWhileTheVendorDoesNotReachTheCamera) {
    watch();
    ASSERT_TRUE(flows());
    live().end_playbacks(kDoor, EndReason::CameraUnreachable);
    ASSERT_TRUE(wait_for([this] { return counters().playing == 0; }));
    const auto before = counters().connections;
    pass(3s);  // its record says all the time that it is online
    EXPECT_EQ(counters().connections, before);
    EXPECT_EQ(stream_->status().error->reason(), "no-route");
    cloud_->home().set_online(kDoor, false);
    pass(2s);
    EXPECT_EQ(counters().connections, before);
    cloud_->home().set_online(kDoor, true);
    EXPECT_TRUE(flows(30, 5s));
    EXPECT_EQ(counters().connections, before + 1);
    // The same from the beginning: the vendor knows that it is away.
    cloud_->home().set_online(kDoor, false);
    ASSERT_TRUE(wait_for([this] { return counters().playing == 0; }));
    pass(2s);
    EXPECT_EQ(counters().connections, before + 1);
    cloud_->home().set_online(kDoor, true);
    EXPECT_TRUE(flows(30, 5s));
}

TEST_F(NestStreams, FollowACameraThatIsServedElsewhereNow) {
    watch();
    ASSERT_TRUE(flows());
    ASSERT_TRUE(cloud_->move(kDoor, "eu1"));
    faults().is_down = true;
    EXPECT_TRUE(wait_for([this] { return cloud_->live("eu1").counters().playbacks > 0; }));
    EXPECT_TRUE(flows());
}

}  // namespace
}  // namespace casement::drivers::nest
