// One camera's connection: which road, what makes it suspect, who is answered.

#include "drivers/nanit/channel.hpp"

#include <gmock/gmock.h>

#include "tests/fakes/co_assert.hpp"
#include "tests/unit/drivers/nanit/nursery.hpp"

namespace casement::drivers::nanit::tests {
namespace {

using base::ErrorKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class ChannelTest : public NurseryTest {
protected:
    Channel& open(Timing timing = quick(), std::string local_address = {}) {
        channel_.emplace(loop_.executor(), *account_, *memory_, clock_,
                         ChannelOptions{.serial = kSerial,
                                        .local_address = std::move(local_address),
                                        .relay = {.base = url("", "ws"), .connect = {}},
                                        .timing = timing},
                         [this](const pb::Message& message) { heard_.push_back(message); });
        listener_ = channel_->listen([this](Road road) { roads_.push_back(road); });
        tasks_.emplace(loop_.executor(), base::Log{});
        tasks_->spawn("channel", [this] { return channel_->run(); });
        return *channel_;
    }
    void close() {
        if (tasks_) loop_.run([this]() -> Task<> { co_await tasks_->stop(); });
        tasks_.reset();
        channel_.reset();
    }
    void TearDown() override {
        close();
        NurseryTest::TearDown();
    }
    Result<pb::Response> ask(int type, Urgency urgency = Urgency::Person,
                             std::chrono::milliseconds within = 4s) {
        pb::Request request;
        request.set_type(type);
        if (type == wire::kGetSettings) request.mutable_get_settings()->set_all(true);
        return loop_.run([&]() -> Task<Result<pb::Response>> {
            co_return co_await channel_->ask(request, urgency, Deadline::in(within));
        });
    }
    ScriptedDevice& device() { return devices_[kSerial]; }
    bool on(Road road) {
        return wait_for([&] { return channel_->road() == road; });
    }

    std::optional<Channel> channel_;
    std::vector<pb::Message> heard_;
    std::vector<Road> roads_;
    std::shared_ptr<const Control::RoadListener> listener_;
    std::optional<async::TaskGroup> tasks_;
};

TEST_F(ChannelTest, AsksOverTheRelayWithIdsThatNoOtherClientHas) {
    open();
    ASSERT_TRUE(on(Road::Cloud));
    device().settings.set_volume(40);
    const auto answer = ask(wire::kGetSettings);
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->settings().volume(), 40);
    EXPECT_GE(device().asked.back().second.id(), 1000);
    EXPECT_THAT(device().opened, ElementsAre("cloud Bearer " + access_));
    // What was asked for is state as well.
    ASSERT_FALSE(heard_.empty());
    EXPECT_EQ(heard_.back().response().settings().volume(), 40);
    EXPECT_TRUE(wait_for([&] { return device().keepalives >= 2; }));
    EXPECT_THAT(roads_, ElementsAre(Road::Cloud));
}

TEST_F(ChannelTest, SaysGoodbyeToTheCamera) {
    open();
    ASSERT_TRUE(on(Road::Cloud));
    ASSERT_TRUE(wait_for([&] { return !device().sockets.empty(); }));
    const auto socket = device().sockets.front().socket;
    close();
    EXPECT_TRUE(wait_for([&] { return device().sockets.empty(); }));
    EXPECT_EQ(socket->close_code(), 1000);
}

TEST_F(ChannelTest, IsNotAnsweredByAnotherClientsAnswer) {
    open();
    ASSERT_TRUE(on(Road::Cloud));
    // The same id with another type, another id with the same type, and then the answer.
    device().answer = [&](const pb::Request& request) -> std::optional<pb::Response> {
        auto other = wire::response_to(request, 500);
        other.mutable_response()->set_request_type(wire::kGetStatus);
        other.mutable_response()->mutable_status()->set_current_version("foreign");
        device().push(other);
        auto stranger = wire::response_to(request, 500);
        stranger.mutable_response()->set_request_id(request.id() + 7);
        device().push(stranger);
        return std::nullopt;
    };
    const auto answer = ask(wire::kGetSettings);
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(heard_.at(0).response().status().current_version(), "foreign");
    EXPECT_EQ(heard_.size(), 3);
}

TEST_F(ChannelTest, SaysWhyACameraRefuses) {
    open();
    ASSERT_TRUE(on(Road::Cloud));
    std::pair<int, std::string> said;
    device().answer = [&](const pb::Request& request) -> std::optional<pb::Response> {
        return wire::response_to(request, said.first, said.second).response();
    };
    const auto refusal = [&](int code, std::string text) {
        said = {code, std::move(text)};
        const auto answer = ask(wire::kPutStreaming, Urgency::Media);
        return answer ? std::pair<ErrorKind, std::string>{}
                      : std::pair{answer.error().kind(), answer.error().reason()};
    };
    using Pair = std::pair<ErrorKind, std::string>;
    EXPECT_EQ(refusal(403,
                      "Forbidden: Number of Mobile App connections above limit, declining "
                      "connection"),
              (Pair{ErrorKind::FailedPrecondition, "slots-full"}));
    EXPECT_EQ(refusal(500, "failed to punch p2p"),
              (Pair{ErrorKind::FailedPrecondition, "p2p-blocked"}));
    EXPECT_EQ(refusal(409, "camera is Sleeping"),
              (Pair{ErrorKind::FailedPrecondition, "sleeping"}));
    EXPECT_EQ(refusal(400, "missed 'getsettings' field"), (Pair{ErrorKind::InvalidArgument, ""}));
    EXPECT_EQ(refusal(399, ""), (Pair{ErrorKind::Unavailable, ""}));
    EXPECT_EQ(refusal(500, "oops"), (Pair{ErrorKind::Unavailable, ""}));
    EXPECT_EQ(refusal(-1, ""), (Pair{ErrorKind::Unavailable, ""}));
    for (const int fine : {0, 200, 204, 299}) {
        said = {fine, ""};
        EXPECT_TRUE(ask(wire::kPutStreaming, Urgency::Media)) << fine;
    }
}

TEST_F(ChannelTest, AsksOnceMoreOverANewConnectionWhenTheRelayIsHalfDead) {
    open();
    ASSERT_TRUE(on(Road::Cloud));
    ASSERT_TRUE(wait_for([&] { return !device().sockets.empty(); }));
    device().sockets.front().is_deaf = true;
    device().settings.set_volume(7);
    const auto answer = ask(wire::kGetSettings);
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->settings().volume(), 7);
    EXPECT_EQ(device().opened.size(), 2);
    EXPECT_THAT(roads_, ElementsAre(Road::Cloud, Road::None, Road::Cloud));
}

TEST_F(ChannelTest, AsksASecondTimeAndNoThird) {
    open();
    ASSERT_TRUE(on(Road::Cloud));
    device().is_off = true;
    const auto answer = ask(wire::kGetSettings);
    ASSERT_FALSE(answer);
    EXPECT_TRUE(answer.error().is(ErrorKind::DeadlineExceeded));
    EXPECT_EQ(device().opened.size(), 2);
}

TEST_F(ChannelTest, NeverSuspectsTheConnectionForABackgroundQuestion) {
    open();
    ASSERT_TRUE(on(Road::Cloud));
    device().is_off = true;
    const auto answer = ask(wire::kGetSensorData, Urgency::Background, 300ms);
    ASSERT_FALSE(answer);
    EXPECT_TRUE(answer.error().is(ErrorKind::DeadlineExceeded));
    pass(50ms);
    EXPECT_EQ(device().opened.size(), 1);
    EXPECT_EQ(channel_->road(), Road::Cloud);
}

TEST_F(ChannelTest, OpensAnewWhenNothingComesAnyMoreThoughItAsks) {
    Timing timing = quick();
    timing.silence = 100ms;
    open(timing);
    ASSERT_TRUE(on(Road::Cloud));
    pass(300ms);  // nothing was asked: silence is fine
    EXPECT_EQ(device().opened.size(), 1);
    device().is_off = true;
    (void)ask(wire::kGetSensorData, Urgency::Background, 20ms);
    EXPECT_TRUE(wait_for([&] { return device().opened.size() >= 2; }));
    // The cloud knows that the camera is off: a new connection would not help.
    channel_->cloud_says(false);
    ASSERT_TRUE(on(Road::Cloud));
    const auto before = device().opened.size();
    (void)ask(wire::kGetSensorData, Urgency::Background, 20ms);
    pass(300ms);
    EXPECT_EQ(device().opened.size(), before);
}

TEST_F(ChannelTest, OpensWithTheNewTokenBeforeTheOldConnectionGoes) {
    open();
    ASSERT_TRUE(on(Road::Cloud));
    const std::string before = access_;
    clock_.advance(3h - 299s);
    (void)loop_.run([&]() -> Task<Result<Secret>> {
        co_return co_await account_->access_token(net::tests::soon());
    });
    ASSERT_EQ(refreshes_, 1);
    ASSERT_TRUE(wait_for([&] { return device().opened.size() == 2; }));
    EXPECT_THAT(device().opened, ElementsAre("cloud Bearer " + before, "cloud Bearer " + access_));
    EXPECT_TRUE(wait_for([&] { return device().open_on("cloud") == 1; }));
    EXPECT_THAT(roads_, ElementsAre(Road::Cloud, Road::Cloud));  // never none
}

TEST_F(ChannelTest, RenewsATokenThatTheRelayRefuses) {
    access_ = "another";  // the stored one is refused, though it has not expired
    open();
    ASSERT_TRUE(on(Road::Cloud));
    EXPECT_EQ(refreshes_, 1);
    EXPECT_THAT(device().opened, ElementsAre("cloud Bearer " + access_));
}

TEST_F(ChannelTest, TriesAgainUntilTheRelayIsBack) {
    relay_is_down_ = true;
    open();
    pass(100ms);
    EXPECT_EQ(channel_->road(), Road::None);
    const auto answer = ask(wire::kGetSettings);
    ASSERT_FALSE(answer);
    EXPECT_TRUE(answer.error().is(ErrorKind::Unavailable));
    EXPECT_THAT(answer.error().message(), Not(HasSubstr(access_)));
    relay_is_down_ = false;
    EXPECT_TRUE(on(Road::Cloud));
}

TEST_F(ChannelTest, HurriesLessTheOftenerARelayHangsUp) {
    Timing timing = quick();
    timing.healthy = 60s;
    timing.retry_first = 40ms, timing.retry_cap = 10s;
    hangs_up_ = true;
    open(timing);
    // 40, 68, 116, 197, 334 ms, each +-20 %: after 400 ms it has connected three times, or four or
    // five.
    pass(400ms);
    EXPECT_GE(device().opened.size(), 3);
    EXPECT_LE(device().opened.size(), 5);
    hangs_up_ = false;
    EXPECT_TRUE(on(Road::Cloud));
}

// The camera's own socket
// --------------------------------------------------------------------------------------------

TEST_F(ChannelTest, PrefersTheCamerasOwnSocket) {
    open(quick(), open_local(certificate()));
    ASSERT_TRUE(on(Road::Local));
    EXPECT_TRUE(ask(wire::kGetSettings));
    EXPECT_EQ(device().asked.back().first, "local");
    EXPECT_THAT(device().opened, ElementsAre("local token " + uc_));
    EXPECT_EQ(memory_->of(kSerial).fingerprint.size(), 64);
}

TEST_F(ChannelTest, RemembersWhichTokenTheCameraTakes) {
    takes_access_ = true;
    const std::string address = open_local(certificate());
    open(quick(), address);
    ASSERT_TRUE(on(Road::Local));
    EXPECT_THAT(local_tokens_, ElementsAre("token " + uc_, "token " + access_));
    close();
    local_tokens_.clear();
    memory_.emplace(*sealed_, disk_, "home");  // another life of the hub
    open(quick(), address);
    ASSERT_TRUE(on(Road::Local));
    EXPECT_THAT(local_tokens_, ElementsAre("token " + access_));
}

TEST_F(ChannelTest, IsLocalWithoutTheCloudOnceItHasATokenForIt) {
    const std::string address = open_local(certificate());
    open(quick(), address);
    ASSERT_TRUE(on(Road::Local));
    close();
    is_down_ = true;
    clock_.advance(48h);  // both tokens are past their time
    memory_.emplace(*sealed_, disk_, "home");
    open(quick(), address);
    EXPECT_TRUE(on(Road::Local));
}

TEST_F(ChannelTest, ShowsNoTokenToAnotherCertificate) {
    const std::string address = open_local(certificate());
    open(quick(), address);
    ASSERT_TRUE(on(Road::Local));
    close();
    const auto port = local_listener_->port();
    close_local();
    local_tokens_.clear();
    std::vector<std::string> warnings;
    base::capture_log([&](base::LogLevel level, std::string_view line) {
        if (level == base::LogLevel::Warn) warnings.emplace_back(line);
    });
    open_local(certificate(), port);
    open(quick(), address);
    EXPECT_TRUE(on(Road::Cloud));
    base::capture_log({});
    EXPECT_THAT(local_tokens_, ElementsAre());
    ASSERT_TRUE(channel_->local_problem());
    EXPECT_EQ(channel_->local_problem()->reason(), "certificate");
    EXPECT_THAT(warnings, ElementsAre(HasSubstr("another certificate")));
    // A person says that this is right.
    loop_.run([this]() -> Task<> { co_await channel_->trust_again(); });
    EXPECT_TRUE(on(Road::Local));
}

TEST_F(ChannelTest, AsksNobodyOutsideTheHouse) {
    open(quick(), "192.0.2.1:442");
    ASSERT_TRUE(on(Road::Cloud));
    ASSERT_TRUE(channel_->local_problem());
    EXPECT_EQ(channel_->local_problem()->reason(), "not-at-home");
    loop_.run([this]() -> Task<> { co_await channel_->learn_address("203.0.113.9"); });
    EXPECT_EQ(memory_->of(kSerial).address, "");
    loop_.run([this]() -> Task<> { co_await channel_->learn_address("not an address"); });
    EXPECT_EQ(memory_->of(kSerial).address, "");
    loop_.run([this]() -> Task<> { co_await channel_->learn_address("192.168.7.9"); });
    EXPECT_EQ(memory_->of(kSerial).address, "192.168.7.9:442");
    EXPECT_EQ(Memory(*sealed_, disk_, "home").of(kSerial).address, "192.168.7.9:442");
}

TEST_F(ChannelTest, WaitsWhenAllPlacesOfTheCameraAreTaken) {
    Timing timing = quick();
    timing.slots_full = 150ms;
    local_status_ = 403;
    open(timing, open_local(certificate()));
    ASSERT_TRUE(on(Road::Cloud));
    EXPECT_EQ(channel_->local_problem()->reason(), "slots-full");
    EXPECT_EQ(local_tokens_.size(), 1);
    EXPECT_EQ(refreshes_, 0);  // it says nothing about the token
    pass(60ms);
    EXPECT_EQ(local_tokens_.size(), 1);
    local_status_ = 0;
    EXPECT_TRUE(on(Road::Local));
    EXPECT_THAT(roads_, ElementsAre(Road::Cloud, Road::Local));  // never none in between
    EXPECT_TRUE(wait_for([&] { return device().open_on("cloud") == 0; }));
    EXPECT_EQ(device().open_on("local"), 1);
}

TEST_F(ChannelTest, GoesToTheRelayAtOnceAndComesBack) {
    Timing timing = quick();
    timing.probe_local = 200ms;
    timing.retry_first = 30s;  // no back-off may be in the way
    open(timing, open_local(certificate()));
    ASSERT_TRUE(on(Road::Local));
    ASSERT_TRUE(wait_for([&] { return device().open_on("local") == 1; }));
    device().sockets.front().socket->abort();
    ASSERT_TRUE(on(Road::Cloud));
    EXPECT_TRUE(on(Road::Local));
    EXPECT_THAT(roads_, ElementsAre(Road::Local, Road::None, Road::Cloud, Road::Local));
    EXPECT_EQ(device().open_on("local"), 1);
}

TEST_F(ChannelTest, HearsWhatNobodyKnowsAndLogsItOnce) {
    std::vector<std::string> lines;
    open();
    ASSERT_TRUE(on(Road::Cloud));
    ASSERT_TRUE(wait_for([&] { return !device().sockets.empty(); }));
    base::capture_log([&](base::LogLevel, std::string_view line) { lines.emplace_back(line); });
    const auto message = wire::parse(std::vector<std::uint8_t>{
        0x08, 0x01, 0x12, 0x0B, 0x08, 0x05, 0x10, 0x63, 0x2A, 0x05, 0xF8, 0x01, 0x01, 0x48, 0x1E});
    ASSERT_TRUE(message);
    for (int i = 0; i < 3; ++i) device().push(*message);
    const auto garbage = std::make_shared<const std::vector<std::uint8_t>>(
        std::vector<std::uint8_t>{0xFF, 0xFF, 0xFF});
    device().sockets.front().socket->post_binary(garbage, *garbage);
    device().sockets.front().socket->post_text("hello");
    EXPECT_TRUE(wait_for([&] { return heard_.size() == 3; }));
    EXPECT_TRUE(ask(wire::kGetSettings));  // it goes on
    base::capture_log({});
    EXPECT_EQ(heard_.front().request().settings().volume(), 30);
    int fields = 0, types = 0;
    for (const std::string& line : lines) {
        fields += line.contains("Settings has a field 31 ");
        types += line.contains("type 99");
    }
    EXPECT_EQ(fields, 1);
    EXPECT_EQ(types, 1);
}

TEST_F(ChannelTest, TellsNoToken) {
    std::vector<std::string> lines;
    base::capture_log([&](base::LogLevel, std::string_view line) { lines.emplace_back(line); });
    local_status_ = 401;
    open(quick(), open_local(certificate()));
    EXPECT_TRUE(on(Road::Cloud));
    EXPECT_THAT(channel_->local_problem()->message(), Not(HasSubstr(uc_)));
    relay_is_down_ = true;
    ASSERT_TRUE(wait_for([&] { return !device().sockets.empty(); }));
    device().sockets.front().socket->abort();
    EXPECT_TRUE(on(Road::None));
    base::capture_log({});
    EXPECT_FALSE(lines.empty());
    for (const std::string& line : lines) {
        EXPECT_THAT(line, Not(HasSubstr(uc_)));
        EXPECT_THAT(line, Not(HasSubstr(access_)));
    }
}

TEST(NanitTurns, GivesThePlaceToTheMoreUrgent) {
    net::tests::Loop loop;
    async::Turns turns(loop.executor(), turn_limits());
    std::vector<std::string> order;
    loop.run([&]() -> Task<> {
        std::vector<async::Turns::Turn> held;
        for (std::size_t i = 0; i < kAtOnce - 1; ++i)
            held.push_back(
                (co_await turns.take(net::tests::soon(), rank_of(Urgency::Person))).value());
        held.push_back(
            (co_await turns.take(net::tests::soon(), rank_of(Urgency::Background))).value());
        const auto wait = [&](Urgency urgency, std::string name) {
            loop.spawn([&, urgency, name]() -> Task<> {
                const auto turn = co_await turns.take(net::tests::soon(), rank_of(urgency));
                order.push_back(name + (turn ? "" : " failed"));
            });
        };
        wait(Urgency::Background, "background");
        wait(Urgency::Person, "person");
        wait(Urgency::Media, "media");
        (void)co_await async::sleep_for(5ms);  // real time: they stand in their queues
        const auto late = co_await turns.take(Deadline::in(5ms), rank_of(Urgency::Media));
        EXPECT_TRUE(!late && late.error().is(ErrorKind::DeadlineExceeded));
        held.erase(held.begin());
        while (order.size() < 2) (void)co_await async::sleep_for(1ms);
        EXPECT_THAT(order, ElementsAre("media", "person"));  // another background has its place
        held.clear();
        while (order.size() < 3) (void)co_await async::sleep_for(1ms);
    });
    EXPECT_THAT(order, ElementsAre("media", "person", "background"));
}

TEST(NanitTurns, TurnsAwayWhoeverIsOneTooMany) {
    net::tests::Loop loop;
    async::Turns turns(loop.executor(), turn_limits());
    loop.run([&]() -> Task<> {
        const auto held = co_await turns.take(net::tests::soon(), rank_of(Urgency::Background));
        std::size_t answered = 0;
        for (std::size_t i = 0; i < kMaxWaiting; ++i)
            loop.spawn([&]() -> Task<> {
                (void)co_await turns.take(Deadline::in(50ms), rank_of(Urgency::Background));
                ++answered;
            });
        (void)co_await async::sleep_for(5ms);  // real time: they stand in their queue
        const auto more = co_await turns.take(net::tests::soon(), rank_of(Urgency::Background));
        EXPECT_TRUE(!more && more.error().is(ErrorKind::ResourceExhausted));
        while (answered < kMaxWaiting) (void)co_await async::sleep_for(1ms);
    });
}

}  // namespace
}  // namespace casement::drivers::nanit::tests
