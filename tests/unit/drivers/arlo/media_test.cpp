// How devices stream, what that costs their batteries, and how they are talked through.

#include <array>

#include "net/udp.hpp"
#include "tests/unit/drivers/arlo/driver_fixture.hpp"

namespace casement::drivers::arlo {
namespace {

using namespace std::chrono_literals;
using async::Deadline;
using base::ErrorKind;
using camera::Capability;
using camera::StateWord;
using camera::Value;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using tests::ArloDriver;
using tests::ScriptedDevice;
namespace registers = protocols::arlo::registers;

struct ArloStreams : ArloDriver {
    using News = camera::StreamNews;
    using Transport = camera::PullRtsp::Transport;

    base::Result<camera::StreamEndpoint> endpoint(camera::Quality quality = camera::Quality::Main) {
        auto out = fakes::run(hub->io, hub->router.endpoint(porch, quality, Deadline::in(200ms)));
        hub->idle();
        return out;
    }
    void tell(const camera::StreamEndpoint& of, News::What what,
              std::optional<base::Error> error = std::nullopt,
              Transport transport = Transport::Udp) {
        of.tell({what, transport, std::move(error)});
        hub->idle();
    }
    /// Watches for so long.
    void stream(std::chrono::seconds time) {
        const auto open = endpoint();
        ASSERT_TRUE(open) << open.error().message();
        tell(*open, News::What::Began);
        clock.advance(time);
        tell(*open, News::What::Ended);
    }
    static const camera::PullRtsp& pull(const camera::StreamEndpoint& of) {
        return std::get<camera::PullRtsp>(of.way);
    }
    std::uint16_t port_of(const camera::StreamEndpoint& of) {
        return pull(of).url.port_or_default();
    }
    static base::Error refused() {
        return {ErrorKind::Unavailable, "refused", "connection refused"};
    }
};

TEST_F(ArloStreams, ABatteryHasItsMinutesADayAndThenSleepsWithTheReason) {
    register_device(device, home);
    const auto first = endpoint();
    ASSERT_TRUE(first);
    ASSERT_TRUE(first->allowance);
    EXPECT_EQ(first->allowance->at_most, 3min);  // of one view
    EXPECT_EQ(first->allowance->then.reason(), "resting");
    stream(2min);
    const auto second = endpoint();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->allowance->at_most, 3min);
    stream(2min);
    const auto third = endpoint();
    ASSERT_TRUE(third);
    EXPECT_EQ(third->allowance->at_most, 1min);
    EXPECT_EQ(third->allowance->then.reason(), "battery-budget");
    stream(1min);
    const int asked = device.status_requests;
    const auto none = endpoint();
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().reason(), "battery-budget");
    EXPECT_EQ(device.status_requests, asked) << "nobody is woken for a refusal";
    const auto state = hub->registry.camera(porch)->state;
    EXPECT_EQ(state.word, StateWord::Asleep);
    ASSERT_TRUE(state.reason);
    EXPECT_THAT(state.reason->text, HasSubstr("5 minutes"));

    start();  // a restart forgets nothing
    EXPECT_EQ(endpoint().error().reason(), "battery-budget");
    clock.advance(24h);
    EXPECT_TRUE(endpoint());
    EXPECT_EQ(hub->registry.camera(porch)->state.word, StateWord::Live);
}

TEST_F(ArloStreams, TheOwnerSetsTheMinutes) {
    register_device(device, home);
    EXPECT_EQ(hub->setting(porch, "daily_minutes").reported, Value(5.0));
    ASSERT_TRUE(hub->set(porch, "daily_minutes", 0.0));
    ASSERT_TRUE(hub->set(porch, "session_minutes", 0.0));
    EXPECT_FALSE(hub->setting(porch, "daily_minutes").is_pending());
    EXPECT_FALSE(endpoint()->allowance);
    ASSERT_TRUE(hub->set(porch, "daily_minutes", 90.0));
    EXPECT_EQ(endpoint()->allowance->at_most, 90min);
    device.boot();
    register_device(device, home);
    EXPECT_EQ(hub->setting(porch, "daily_minutes").reported, Value(90.0));
    EXPECT_FALSE(hub->setting(porch, "daily_minutes").is_pending());
}

TEST_F(ArloStreams, WhoWantsItRecordedAlwaysGetsThat) {
    options.cameras[0].always = true;
    start();
    register_device(device, home);
    EXPECT_EQ(hub->setting(porch, "daily_minutes").reported, Value(0.0));
    EXPECT_FALSE(endpoint()->allowance);
    ASSERT_TRUE(hub->set(porch, "daily_minutes", 7.0));
    EXPECT_EQ(endpoint()->allowance->at_most, 7min);
}

TEST_F(ArloStreams, OnMainsNothingIsCounted) {
    options.cameras[0].battery = false;
    start();
    register_device(device, home);
    stream(3h);
    EXPECT_FALSE(endpoint()->allowance);
    EXPECT_EQ(hub->registry.camera(porch)->sensor("awake_today"), nullptr);
    EXPECT_THAT(hub->registry.camera(porch)->awake, IsEmpty());
}

TEST_F(ArloStreams, AnEventIsRecordedWhateverTheDayHasCost) {
    register_device(device, home);
    stream(10min);
    ASSERT_FALSE(endpoint());
    ASSERT_TRUE(hub->call(home, device.motion()));
    hub->idle();
    const auto share = endpoint();
    ASSERT_TRUE(share);
    EXPECT_EQ(share->allowance->at_most, kEventShare);
    tell(*share, News::What::Began);
    clock.advance(kEventShare);
    tell(*share, News::What::Ended, share->allowance->then);
    EXPECT_FALSE(endpoint()) << "once for each event";
    ASSERT_TRUE(hub->call(home, device.motion_over(12)));
    ASSERT_TRUE(hub->call(home, device.motion()));
    hub->idle();
    EXPECT_TRUE(endpoint());
}

TEST_F(ArloStreams, AViewThatCameToItsLimitRestsAWhile) {
    register_device(device, home);
    const auto open = endpoint();
    tell(*open, News::What::Began);
    clock.advance(3min);
    tell(*open, News::What::Ended, open->allowance->then);
    EXPECT_EQ(endpoint().error().reason(), "resting");
    clock.advance(kRest + 1s);
    EXPECT_TRUE(endpoint());
}

TEST_F(ArloStreams, WhyItWasAwakeIsLogged) {
    register_device(device, home);
    clock.advance(10min);
    stream(60s);
    clock.advance(10min);
    ASSERT_TRUE(fakes::run(hub->io, hub->router.execute({.camera = porch,
                                                         .arguments = camera::WakeUp{1s},
                                                         .deadline = Deadline::in(1s),
                                                         .caller = "ana"})));
    clock.advance(10min);
    ASSERT_TRUE(hub->set(porch, "flip", true));
    clock.advance(10min);
    ASSERT_TRUE(hub->call(home, device.motion()));
    hub->idle();
    using enum camera::WakeCause;
    const auto causes = [&] {
        std::vector<camera::WakeCause> out;
        for (const camera::Awake& one : hub->registry.camera(porch)->awake)
            out.push_back(one.cause);
        return out;
    };
    EXPECT_THAT(causes(), ElementsAre(Settings, Viewer, Command, Settings, Event));
    const auto viewed = hub->registry.camera(porch)->awake[1];
    EXPECT_EQ(viewed.to - viewed.from, 60s);
    EXPECT_EQ(hub->registry.camera(porch)->sensor("awake_today")->value, camera::SensorValue(1.0));
    hub->idle();
    start();
    EXPECT_THAT(causes(), ElementsAre(Settings, Viewer, Command, Settings, Event));
    EXPECT_EQ(hub->registry.camera(porch)->sensor("awake_today")->value, camera::SensorValue(1.0));
}

TEST_F(ArloStreams, ALongStreamIsCountedWhileItGoesOn) {
    register_device(device, home);
    const auto open = endpoint();
    tell(*open, News::What::Began);
    clock.advance(90s);
    hub->until([&] {
        const auto seen = hub->registry.camera(porch)->sensor("awake_today")->value;
        return seen == camera::SensorValue(1.0);
    });
    hub->idle();
    start();  // as after a crash: nobody said that it ended
    const auto after = endpoint();
    ASSERT_TRUE(after);
    stream(2min);
    EXPECT_EQ(endpoint()->allowance->at_most, 90s);
}

TEST_F(ArloStreams, TheTransportThatWorkedIsRemembered) {
    register_device(device, home);
    auto open = endpoint();
    EXPECT_EQ(pull(*open).transport, Transport::UdpFirst);
    tell(*open, News::What::Silent, std::nullopt, Transport::Udp);
    EXPECT_EQ(pull(*endpoint()).transport, Transport::Auto) << "TCP first";
    tell(*open, News::What::Began, std::nullopt, Transport::Tcp);
    tell(*open, News::What::Ended);
    EXPECT_EQ(pull(*endpoint()).transport, Transport::Auto);
    start();
    EXPECT_EQ(pull(*endpoint()).transport, Transport::Auto);
    open = endpoint();
    tell(*open, News::What::Began, std::nullopt, Transport::Udp);
    tell(*open, News::What::Ended);
    start();
    EXPECT_EQ(pull(*endpoint()).transport, Transport::UdpFirst);
}

TEST_F(ArloStreams, WhereNothingListensTheOtherPortIsTriedAndRemembered) {
    device.model = "VMC5040";
    register_device(device, home);
    auto open = endpoint();
    EXPECT_EQ(port_of(*open), 555);
    tell(*open, News::What::Ended, refused());
    open = endpoint();
    EXPECT_EQ(port_of(*open), 554);
    tell(*open, News::What::Began);
    tell(*open, News::What::Ended);
    EXPECT_EQ(port_of(*endpoint()), 554);
    start();
    EXPECT_EQ(port_of(*endpoint()), 554);
    EXPECT_EQ(port_of(*endpoint(camera::Quality::Small)), 554);
}

TEST_F(ArloStreams, OneThatLetsNobodyInIsAskedToStopAndThenIsForAPerson) {
    device.model = "VMC4060B";
    register_device(device, home);
    auto open = endpoint();
    EXPECT_FALSE(pull(*open).when_refused) << "the other port may be the right one";
    tell(*open, News::What::Ended, refused());
    open = endpoint();
    ASSERT_TRUE(pull(*open).when_refused);
    EXPECT_EQ(pull(*open).when_refused->reason(), "busy");
    EXPECT_FALSE(device.registers.contains("UserStreamActive"));
    tell(*open, News::What::Ended, refused());
    open = endpoint();
    EXPECT_EQ(device.registers.get(registers::kUserStreamActive), 0);
    EXPECT_EQ(pull(*open).when_refused->reason(), "busy");
    tell(*open, News::What::Ended, refused());
    clock.advance(2min);
    open = endpoint();
    ASSERT_TRUE(open);
    EXPECT_EQ(pull(*open).when_refused->reason(), "stuck");
    EXPECT_THAT(pull(*open).when_refused->message(), HasSubstr("battery out"));
    EXPECT_FALSE(device.registers.contains("Reboot")) << "nobody allowed it";
    tell(*open, News::What::Began);
    EXPECT_FALSE(pull(*endpoint()).when_refused);
}

TEST_F(ArloStreams, AStuckOneIsRestartedOnceWhereTheOwnerAllowsIt) {
    device.model = "VMC4060B";
    register_device(device, home);
    EXPECT_EQ(hub->setting(porch, "may_restart").reported, Value(false));
    ASSERT_TRUE(hub->set(porch, "may_restart", true));
    for (int i = 0; i < 2; ++i) {
        const auto open = endpoint();
        tell(*open, News::What::Ended, refused());
    }
    ASSERT_TRUE(endpoint());
    EXPECT_FALSE(device.registers.contains("Reboot")) << "its own watchdog comes first";
    clock.advance(21s);
    const auto restarting = endpoint();
    ASSERT_FALSE(restarting);
    EXPECT_EQ(restarting.error().reason(), "restarting");
    EXPECT_EQ(device.registers.get(registers::kReboot), 1);
    EXPECT_TRUE(endpoint()) << "once is enough";
}

TEST_F(ArloStreams, MinutesThatNobodyHereWatchedAreARunawayStream) {
    register_device(device, home);
    const auto status = [&](int user_streamed_s) {
        std::string json = device.status();
        json.insert(json.size() - 1, fmt::format(R"(,"UserStreamed":{})", user_streamed_s));
        ASSERT_TRUE(hub->call(home, json));
        hub->idle();
    };
    const auto reason = [&] { return hub->registry.camera(porch)->state.reason; };
    status(100);
    status(102);
    EXPECT_FALSE(reason());
    const auto open = endpoint();  // what we watch is ours, up to the status after it
    tell(*open, News::What::Began);
    status(160);
    tell(*open, News::What::Ended);
    status(170);
    EXPECT_FALSE(reason());
    status(230);
    ASSERT_TRUE(reason());
    EXPECT_EQ(reason()->code, "runaway");
    hub->until([&] { return device.registers.contains("UserStreamActive"); });
    EXPECT_EQ(pull(*endpoint()).when_refused->reason(), "stuck");
    EXPECT_THAT(lines, Contains(HasSubstr("streams although nobody here watches")));
    status(230);
    EXPECT_FALSE(reason());
}

TEST_F(ArloStreams, ASleepingDeviceIsPingedAndOneOnMainsIsNot) {
    register_device(device, home);
    pinged.clear();
    ASSERT_TRUE(endpoint());
    EXPECT_THAT(pinged, ElementsAre(home));
    options.cameras[0].battery = false;
    start();
    pinged.clear();
    ASSERT_TRUE(hub->set(porch, "flip", true));
    EXPECT_THAT(pinged, IsEmpty());
}

// Talk-back
// --------------------------------------------------------------------------------------------

struct ArloTalk : ArloStreams {
    base::Result<std::unique_ptr<camera::TalkSink>> talk(std::chrono::milliseconds wait = 200ms) {
        return fakes::run(hub->io, hub->router.talk(porch, "ana", Deadline::in(wait)));
    }
};

TEST_F(ArloTalk, IsDeclaredWhereThereIsALoudspeaker) {
    register_device(device, home);
    EXPECT_TRUE(hub->registry.camera(porch)->description.capabilities.has(Capability::TwoWayAudio));
    EXPECT_EQ(hub->registry.camera(porch)->description.talk, camera::Duplex::Half);
    device.model = "VMC3030";
    register_device(device, home);
    EXPECT_FALSE(hub->registry.camera(porch)->description.talk);
    EXPECT_EQ(talk().error().kind(), ErrorKind::Unsupported);
}

TEST_F(ArloTalk, OnePersonAtATime) {
    register_device(device, home);
    auto first = talk();
    ASSERT_TRUE(first) << first.error().message();
    EXPECT_EQ((*first)->duplex(), camera::Duplex::Half);
    const auto second = talk();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind(), ErrorKind::FailedPrecondition);
    EXPECT_EQ(second.error().reason(), "talking");
    ASSERT_TRUE(fakes::run(hub->io, (*first)->close()));
    auto third = talk();
    ASSERT_TRUE(third);
    third->reset();
    EXPECT_TRUE(talk());
}

TEST_F(ArloTalk, WhoSleepsTooDeepHearsNothingAndBlocksNobody) {
    register_device(device, home);
    device.asleep = true;
    EXPECT_FALSE(talk(20ms));
    device.asleep = false;
    EXPECT_TRUE(talk());
}

TEST_F(ArloTalk, GoesToThePortThatADoorbellNamed) {
    ScriptedDevice bell;
    bell.serial = "BELL";
    bell.model = "AAD1001";
    const net::ip::address own = net::ip::make_address("127.0.0.1");
    auto socket = net::UdpSocket::bind(hub->io.get_executor(), own, 0).value();
    network.at["127.0.0.1"] = &bell;
    std::string json = bell.registration();
    json.insert(json.size() - 1, fmt::format(R"(,"RtpPort":{})", socket->port()));
    ASSERT_TRUE(hub->call("127.0.0.1", json, Port::Doorbell));
    hub->idle();
    auto sink = fakes::run(hub->io, hub->router.talk("arlo-bell", "ana", Deadline::in(200ms)));
    ASSERT_TRUE(sink) << sink.error().message();
    media::AccessUnit unit;
    unit.data = media::Bytes::from(std::vector<std::uint8_t>(160, 0x55));
    ASSERT_TRUE(
        fakes::run(hub->io, (*sink)->write(std::make_shared<const media::AccessUnit>(unit), 0)));
    std::array<std::uint8_t, 512> packet{};
    const auto got = socket->try_receive(packet);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->size, 172u);
}

}  // namespace
}  // namespace casement::drivers::arlo
