// The emulated household as a hub has it: over TLS that it verifies, and through what goes wrong
// between a home and a cloud.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include <nlohmann/json.hpp>

#include "emulators/nanit/household.hpp"
#include "emulators/nanit/script.hpp"
#include "net/http_client.hpp"
#include "tests/fakes/co_assert.hpp"
#include "tests/fakes/coroutine.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/integration/emulators/nanit_client.hpp"

namespace casement::tests {
namespace {

using namespace emulators::nanit;
using namespace nanit_client;
using namespace std::chrono_literals;
using nlohmann::json;

class NanitHousehold : public testing::Test {
public:  // for the coroutines of the tests
    void SetUp() override { begin({.cameras = 2}); }
    void begin(HouseholdOptions options) {
        options.time_scale = 0.02;
        options.camera.picture.width = 320;
        options.camera.picture.height = 180;
        options.tell = [this](std::string_view what, const json& details) {
            told_.push_back(details);
            told_.back()["what"] = what;
        };
        home_ = Household::start(io_.get_executor(), pool_, clock_, options, {}).value();
        MediaPointOptions lan;
        lan.allows = [this](std::string_view, std::string_view) { return clock_.wall_now() + 1h; };
        lan_ = MediaPoint::start(io_.get_executor(), clock_, lan, {}).value();
        folder_.write("ca.pem", home_->ca_pem());
        tokens_ = home_->cloud().accounts().issue("parent@example.org").value();
        run([](NanitHousehold& t) -> Task<> {
            EXPECT_TRUE(co_await comes([&] { return t.is_linked(); }));
        });
    }
    void TearDown() override {
        run([](NanitHousehold& t) -> Task<> {
            co_await t.home_->stop();
            co_await t.lan_->stop();
        });
        home_.reset();
    }
    void run(Task<> (*test)(NanitHousehold&)) { fakes::run(io_, test(*this)); }

    std::string ca_file() const { return folder_.path("ca.pem"); }
    std::string token() const { return tokens_.access.reveal(); }
    bool is_linked() { return home_->camera().counters().is_linked; }
    bool is_connected() { return home_->cloud().nursery().find("a1b2c3d4")->connected; }

    /// The status; 0 for no answer.
    Task<int> get(std::string target, std::chrono::milliseconds patience = 5s) {
        net::HttpClientOptions options;
        options.connect.tls.emplace().ca_file = ca_file();
        net::HttpClient client(io_.get_executor(), options);
        net::ClientRequest request;
        request.url = home_->api_url() + target;
        request.headers.add("Authorization", "Bearer " + token());
        auto answer = co_await client.send(std::move(request), Deadline::in(patience));
        if (!answer) co_return 0;
        body_ = std::move(answer->body);
        co_return answer->status;
    }
    Task<base::Result<Socket>> over_relay() {
        co_return co_await connect(
            home_->relay_url() + "/focus/cameras/N301EMU0000001/user_connect", "Bearer " + token(),
            ca_file());
    }
    Task<base::Result<Socket>> at_door() {
        co_return co_await connect(home_->camera().door_url(), "token " + token());
    }
    std::string lan_url() const { return lan_->url() + "/s3cr3t/a1b2c3d4"; }
    MediaSeen lan() const { return lan_->seen("s3cr3t/a1b2c3d4"); }
    std::string cloud_key() const { return "a1b2c3d4." + token(); }
    MediaSeen seen() { return home_->media().seen("nanit/" + cloud_key()); }

    fakes::TempDirectory folder_;
    asio::io_context io_{1};
    base::SystemClock clock_;
    async::BlockingPool pool_{"camera", 1};
    std::unique_ptr<Household> home_;
    std::unique_ptr<MediaPoint> lan_;  // the hub's own
    Accounts::Tokens tokens_;
    std::string body_;
    std::vector<json> told_;
};

TEST_F(NanitHousehold, IsReachedOverTlsThatAClientCanVerify) {
    run([](NanitHousehold& t) -> Task<> {
        EXPECT_EQ(co_await t.get("/babies"), 200);
        const json babies = json::parse(t.body_).at("babies");
        CO_ASSERT(babies.size() == 3);
        EXPECT_EQ(babies[0].at("camera").at("stream_url"), t.home_->media_url());
        EXPECT_EQ(babies[0].at("camera").at("connected"), true);
        EXPECT_EQ(babies[1].at("camera_uid"), "N301EMU0000002");
        EXPECT_TRUE(babies[2].at("camera_uid").is_null());
        EXPECT_TRUE(babies[2].at("name").is_null());
        EXPECT_EQ(co_await t.get("/user"), 200);
        EXPECT_EQ(json::parse(t.body_).at("user").at("email"), "parent@example.org");
        EXPECT_EQ(co_await t.get("/babies/a1b2c3d4/stats/latest"), 200);
        EXPECT_TRUE(json::parse(t.body_).at("exists"));
        net::HttpClient stranger(t.io_.get_executor());
        EXPECT_FALSE(co_await stranger.get(t.home_->api_url() + "/babies", Deadline::in(5s)));
    });
}

TEST_F(NanitHousehold, CarriesRequestsToTheCameraAndItsAnswersBack) {
    run([](NanitHousehold& t) -> Task<> {
        const auto one = co_await t.over_relay(), two = co_await t.over_relay();
        CO_ASSERT(one && two);
        auto status = wire::request(7, wire::kGetStatus);
        status.mutable_request()->mutable_get_status()->set_all(true);
        const auto answer = co_await ask(*one, status);
        EXPECT_EQ(answer.request_id(), 7);
        EXPECT_EQ(answer.status().connection_to_server(), 1);
        // The relay shows it to the other as well.
        EXPECT_EQ((co_await next(*two, wire::kResponse)).response().request_id(), 7);
        t.home_->cloud().relay("N301EMU0000001").shows_answers_to_all = false;
        EXPECT_EQ((co_await ask(*two, status)).request_id(), 7);
        EXPECT_EQ(t.home_->camera().counters().sessions, 2u);
        co_await (*two)->close();
        EXPECT_TRUE(co_await comes([&] { return t.home_->camera().counters().sessions == 1; }));
        EXPECT_EQ(t.home_->camera(1).counters().sessions, 0u);
    });
}

TEST_F(NanitHousehold, PublishesToTheCloudOverTlsWhereViewersPlay) {
    run([](NanitHousehold& t) -> Task<> {
        const auto socket = co_await t.over_relay();
        CO_ASSERT(socket);
        const std::string url = t.home_->media_url() + "/nanit/" + t.cloud_key();
        EXPECT_EQ((co_await ask(*socket, streaming(1, wire::kStarted, url))).status_code(), 200);
        EXPECT_TRUE(co_await comes([&] { return t.seen().video > 2; }));
        std::string output;
        std::atomic<bool> is_over = false;
        // real time: a viewer needs a key frame, and some of what follows
        const std::jthread viewer([&] {
            const std::string command =
                "ffprobe -v error -rw_timeout 10000000 -show_entries "
                "stream=codec_name,width -of csv=p=0 " +
                url + " 2>&1";
            FILE* pipe = ::popen(command.c_str(), "r");
            char buffer[256];
            while (pipe != nullptr && std::fgets(buffer, sizeof buffer, pipe) != nullptr)
                output += buffer;
            if (pipe != nullptr) ::pclose(pipe);
            is_over = true;
        });
        EXPECT_TRUE(co_await comes([&] { return is_over.load(); }, 20s));
        EXPECT_TRUE(output.contains("h264,320")) << output;
        EXPECT_TRUE(output.contains("aac")) << output;
        EXPECT_EQ(t.seen().plays, 1u);
    });
}

// ---- what goes wrong ----

TEST_F(NanitHousehold, LosesItsInternetWhileTheHomeGoesOn) {
    run([](NanitHousehold& t) -> Task<> {
        const auto relay = co_await t.over_relay(), door = co_await t.at_door();
        CO_ASSERT(relay && door);
        EXPECT_EQ((co_await ask(*relay, streaming(1, wire::kStarted, t.lan_url()))).status_code(),
                  200);
        EXPECT_TRUE(co_await comes([&] { return t.lan().video > 2; }));
        CO_ASSERT(t.home_->set_internet(Outage::Refused));
        EXPECT_FALSE(co_await (*relay)->receive());
        EXPECT_EQ(co_await t.get("/babies"), 0);
        EXPECT_TRUE(co_await comes([&] { return !t.is_linked() && !t.is_connected(); }));
        // At home everything is as it was.
        auto status = wire::request(2, wire::kGetStatus);
        status.mutable_request()->mutable_get_status()->set_all(true);
        EXPECT_EQ((co_await ask(*door, status)).status().connection_to_server(), 0);
        const auto before = t.lan().video;
        EXPECT_TRUE(co_await comes([&] { return t.lan().video > before + 5; }));
        CO_ASSERT(t.home_->set_internet(Outage::None));
        EXPECT_TRUE(co_await comes([&] { return t.is_linked() && t.is_connected(); }));
        EXPECT_EQ(co_await t.get("/babies"), 200);
        const auto again = co_await t.over_relay();
        CO_ASSERT(again);
        EXPECT_EQ((co_await ask(*again, status)).status().connection_to_server(), 1);
        EXPECT_EQ(t.lan().publications, 1u);
    });
}

TEST_F(NanitHousehold, HasAnInternetThatSwallowsAndThenDelivers) {
    run([](NanitHousehold& t) -> Task<> {
        CO_ASSERT(t.home_->set_internet(Outage::Swallowed));
        EXPECT_EQ(co_await t.get("/babies", 300ms), 0);
        // Its pings find out: three seconds here.
        EXPECT_TRUE(co_await comes([&] { return !t.is_linked(); }, 10s));
        CO_ASSERT(t.home_->set_internet(Outage::None));
        EXPECT_TRUE(co_await comes([&] { return t.is_linked() && t.is_connected(); }));
        EXPECT_EQ(co_await t.get("/babies"), 200);
        CO_ASSERT(t.home_->internet_outage(Outage::Swallowed, 100ms));
        EXPECT_EQ(co_await t.get("/babies"), 200);
    });
}

TEST_F(NanitHousehold, LosesThePowerOfACameraAndForgetsWhatRan) {
    run([](NanitHousehold& t) -> Task<> {
        const auto relay = co_await t.over_relay(), door = co_await t.at_door();
        CO_ASSERT(relay && door);
        auto loud = wire::request(1, wire::kPutSettings);
        loud.mutable_request()->mutable_settings()->set_volume(77);
        EXPECT_EQ((co_await ask(*door, loud)).status_code(), 200);
        (void)co_await ask(*door, streaming(2, wire::kStarted, t.lan_url()));
        EXPECT_TRUE(co_await comes([&] { return t.lan().video > 2; }));
        Camera& camera = t.home_->camera();
        CO_ASSERT(obey(*t.home_, "power-cut 1"));
        EXPECT_EQ((co_await next(*door, wire::kResponse)).response().request_id(), 0);
        EXPECT_TRUE(co_await comes([&] { return !t.lan().is_published && !t.is_connected(); }));
        EXPECT_FALSE(co_await t.at_door());
        EXPECT_TRUE((*relay)->is_open());  // the relay says nothing of it
        EXPECT_TRUE(co_await comes([&] { return camera.counters().is_on && t.is_linked(); }));
        const auto back = co_await t.at_door();
        CO_ASSERT(back);
        EXPECT_EQ(camera.streams().counters().active, 0u);
        EXPECT_EQ(camera.state().settings().volume(), 77);
        EXPECT_EQ(camera.state().sensor_push(wire::kTemperature).sensor_data(0).timestamp(), 0);
        EXPECT_EQ((co_await ask(*relay, wire::request(3, wire::kGetPlayback))).status_code(), 200);
    });
}

TEST_F(NanitHousehold, DoesWhatItIsTold) {
    run([](NanitHousehold& t) -> Task<> {
        EXPECT_TRUE(obey(*t.home_, "2 motion"));
        EXPECT_TRUE(obey(*t.home_, "message TEMPERATURE 18.5"));
        EXPECT_TRUE(obey(*t.home_, "  event FELL_ASLEEP "));
        EXPECT_EQ(co_await t.get("/babies/b2c3d4e5/messages"), 200);
        EXPECT_EQ(json::parse(t.body_).at("messages")[0].at("type"), "MOTION");
        EXPECT_EQ(co_await t.get("/babies/a1b2c3d4/messages"), 200);
        EXPECT_EQ(json::parse(t.body_).at("messages")[0].at("data").at("value"), 18.5);
        EXPECT_EQ(co_await t.get("/babies/a1b2c3d4/events/last"), 200);
        EXPECT_TRUE(obey(*t.home_, "phones 2"));
        EXPECT_FALSE(co_await t.at_door());
        EXPECT_TRUE(obey(*t.home_, "phones 0"));
        EXPECT_TRUE(co_await t.at_door());
        EXPECT_TRUE(obey(*t.home_, "fail babies 429 2"));
        EXPECT_EQ(co_await t.get("/babies"), 429);
        EXPECT_TRUE(obey(*t.home_, "fail nothing"));
        EXPECT_EQ(co_await t.get("/babies"), 200);
        EXPECT_TRUE(obey(*t.home_, "half-dead"));
        EXPECT_TRUE(t.home_->cloud().relay("N301EMU0000001").is_deaf);
        EXPECT_TRUE(obey(*t.home_, "2 knob newer-firmware"));
        EXPECT_TRUE(t.home_->camera(1).state().firmware.is_newer);
        EXPECT_FALSE(t.home_->camera(0).state().firmware.is_newer);
        EXPECT_TRUE(obey(*t.home_, "measure temperature 19.5"));
        EXPECT_EQ(t.home_->camera().state().readings.temperature_milli, 19'500);
        EXPECT_TRUE(obey(*t.home_, "logs traversal chunked"));
        EXPECT_EQ(t.home_->camera().faults().log, LogFault::Traversal);
        EXPECT_TRUE(obey(*t.home_, "status"));
        EXPECT_EQ(t.told_.back().at("cameras")[0].at("out_of_slots"), 1);
        EXPECT_TRUE(obey(*t.home_, "revoke"));
        EXPECT_EQ(co_await t.get("/babies"), 401);
        EXPECT_TRUE(obey(*t.home_, ""));
        for (const char* wrong :
             {"dance", "3 motion", "0 motion", "phones 3", "phones", "power-cut soon", "internet",
              "internet of", "fail babies 500", "fail babies 429 0", "event",
              "measure temperature nan", "measure heat 1", "knob none", "half-dead maybe",
              "refuse-connects -1", "logs", "logs bad", "logs good twice"}) {
            EXPECT_FALSE(obey(*t.home_, wrong)) << wrong;
        }
    });
    for (const json& told : told_) EXPECT_FALSE(told.dump().contains(token()));
}

TEST_F(NanitHousehold, IsTheSameAtItsNextStartWhereItsCertificatesAreKept) {
    const auto start_again = [this](std::string folder) {
        TearDown();
        HouseholdOptions options;
        options.folder = std::move(folder);
        begin(std::move(options));
        return home_->ca_pem();
    };
    const std::string one = start_again(folder_.path("kept")), two = start_again("");
    EXPECT_NE(one, two);
    EXPECT_EQ(start_again(folder_.path("kept")), one);
    EXPECT_FALSE(one.contains("KEY"));
    EXPECT_TRUE(folder_.read("kept/N301EMU0000001.pem").contains("BEGIN CERTIFICATE"));
    run([](NanitHousehold& t) -> Task<> {
        EXPECT_EQ(co_await t.get("/babies"), 200);
        EXPECT_TRUE(co_await t.at_door());
    });
}

TEST(NanitHouseholdOptions, AreRefusedWhereTheyMakeNoHousehold) {
    asio::io_context io;
    const base::SystemClock clock;
    async::BlockingPool pool{"camera", 1};
    const auto kind = [&](HouseholdOptions options) {
        const auto started = Household::start(io.get_executor(), pool, clock, options, {});
        return started ? base::ErrorKind::Internal : started.error().kind();
    };
    EXPECT_EQ(kind({.cameras = 0}), base::ErrorKind::InvalidArgument);
    EXPECT_EQ(kind({.cameras = 4}), base::ErrorKind::InvalidArgument);
    EXPECT_EQ(kind({.address = "0.0.0.0"}), base::ErrorKind::InvalidArgument);
    EXPECT_EQ(kind({.address = "nursery"}), base::ErrorKind::InvalidArgument);
}

}  // namespace
}  // namespace casement::tests
