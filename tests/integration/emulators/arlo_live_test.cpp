// The emulated Arlo devices as a viewer sees and a caller hears them; and how they sleep.

#include <gtest/gtest.h>

#include "emulators/arlo/sound.hpp"
#include "tests/integration/emulators/arlo_fixture.hpp"

namespace casement::tests {
namespace {

/// Plays the first track over UDP and waits for media.
Task<bool> watch(ArloDevices& t, Device& device, Watcher& watcher) {
    if (!co_await watcher.connect(device.address(), device.ports().rtsp)) co_return false;
    if (co_await watcher.play_udp() != 200) co_return false;
    int packets = 0;
    co_return co_await t.until([&] { return (packets += watcher.drain()) > 0; });
}

TEST_F(ArloDevices, StreamToOneClientWithReportsUntilTeardown) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Pro2);
        Watcher watcher(t.io_.get_executor());
        EXPECT_TRUE(co_await watcher.connect(kHome, device.ports().rtsp));
        const auto described = co_await watcher.ask("DESCRIBE");
        EXPECT_EQ(described.status, 200);
        EXPECT_NE(described.body.find("H264/90000"), std::string::npos) << described.body;
        EXPECT_NE(described.body.find("opus/48000/2"), std::string::npos) << described.body;
        EXPECT_NE(described.body.find("a=control:track1"), std::string::npos) << described.body;
        EXPECT_EQ(co_await watcher.play_udp(), 200);
        EXPECT_FALSE(device.listens_for_viewers());
        Watcher second(t.io_.get_executor());
        const auto refused = co_await second.connect(kHome, device.ports().rtsp);
        CO_ASSERT(!refused);
        EXPECT_EQ(refused.error().reason(), "refused");
        // Three times the watchdog's patience.
        for (int i = 0; i < 45; ++i) {
            watcher.report();
            (void)co_await async::sleep_for(20ms);
        }
        EXPECT_TRUE(device.is_streaming());
        EXPECT_EQ(device.counters().watchdog_trips, 0u);
        EXPECT_GT(device.counters().reports, 10u);
        EXPECT_GT(device.counters().longest_report_gap, 10ms);
        EXPECT_EQ((co_await watcher.ask("TEARDOWN")).status, 200);
        EXPECT_FALSE(device.is_busy());
        EXPECT_TRUE(co_await t.until([&] { return device.listens_for_viewers(); }));
        EXPECT_TRUE(co_await second.connect(kHome, device.ports().rtsp));
        EXPECT_EQ(device.counters().sessions, 1u);
        EXPECT_EQ(device.counters().teardowns, 1u);
        EXPECT_EQ(device.counters().lost_sessions, 0u);
    });
}

TEST_F(ArloDevices, CutAStreamWhoseReportsEndAndLeaveTheWifi) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Pro2);
        co_await t.settled(device);
        Watcher watcher(t.io_.get_executor());
        EXPECT_TRUE(co_await watch(t, device, watcher));
        EXPECT_TRUE(co_await t.until([&] { return watcher.report(); }));
        const auto before = std::chrono::steady_clock::now();
        EXPECT_TRUE(co_await t.until([&] {
            watcher.punch();  // opens the way, and reports nothing
            return device.counters().watchdog_trips == 1;
        }));
        EXPECT_GE(std::chrono::steady_clock::now() - before, 200ms);
        EXPECT_TRUE(co_await t.until([&] { return !device.is_online(); }));
        EXPECT_TRUE(co_await watcher.is_cut());
        EXPECT_TRUE(co_await t.until([&] { return device.counters().registrations == 2; }));
        device.report_status();
        EXPECT_TRUE(co_await t.until([&] { return t.station_.count<wire::Status>() == 1; }));
        EXPECT_EQ(t.station_.all<wire::Status>()[0].rtcp_disconnects, 1);
    });
}

TEST_F(ArloDevices, TheSternerOnesCutAStreamThatNeverReports) {
    run([](ArloDevices& t) -> Task<> {
        DeviceOptions options = t.options(Model::Pro2);
        options.arming = Arming::Play;
        Device& device = t.start(options);
        Watcher watcher(t.io_.get_executor());
        EXPECT_TRUE(co_await watch(t, device, watcher));
        EXPECT_TRUE(co_await t.until([&] { return device.counters().watchdog_trips == 1; }));
    });
}

TEST_F(ArloDevices, RunAwayFromAClientThatNeverReportedAndLeft) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Pro2);
        co_await t.settled(device);
        Watcher watcher(t.io_.get_executor());
        EXPECT_TRUE(co_await watch(t, device, watcher));
        watcher.hang_up();
        EXPECT_TRUE(co_await t.until([&] { return device.counters().runaways == 1; }));
        // Twice the watchdog's patience: it still sends, and lets nobody in.
        (void)co_await async::sleep_for(600ms);
        watcher.drain();
        int packets = 0;
        EXPECT_TRUE(co_await t.until([&] { return (packets += watcher.drain()) > 0; }));
        EXPECT_TRUE(device.is_streaming());
        Watcher second(t.io_.get_executor());
        EXPECT_FALSE(co_await second.connect(kHome, device.ports().rtsp));
        device.reboot();
        EXPECT_FALSE(device.is_streaming());
        EXPECT_TRUE(co_await t.until([&] { return device.listens_for_viewers(); }));
        EXPECT_EQ(device.counters().lost_sessions, 1u);
        EXPECT_EQ(device.counters().teardowns, 0u);
    });
}

TEST_F(ArloDevices, MayLoseTheirWatchdog) {
    run([](ArloDevices& t) -> Task<> {
        DeviceOptions options = t.options(Model::Pro2);
        options.faults.runs_away = true;
        Device& device = t.start(options);
        Watcher watcher(t.io_.get_executor());
        EXPECT_TRUE(co_await watch(t, device, watcher));
        EXPECT_TRUE(co_await t.until([&] { return watcher.report(); }));
        EXPECT_TRUE(co_await t.until([&] { return device.counters().reports > 0; }));
        watcher.hang_up();
        EXPECT_TRUE(co_await t.until([&] { return device.counters().runaways == 1; }));
        (void)co_await async::sleep_for(500ms);
        EXPECT_TRUE(device.is_streaming());
        EXPECT_EQ(device.counters().watchdog_trips, 0u);
    });
}

TEST_F(ArloDevices, ListenWhileBusyOnRequestAndTakeTheTeardownOfAnother) {
    run([](ArloDevices& t) -> Task<> {
        DeviceOptions options = t.options(Model::Pro2);
        options.listens_while_busy = true;
        Device& device = t.start(options);
        Watcher watcher(t.io_.get_executor());
        EXPECT_TRUE(co_await watch(t, device, watcher));
        watcher.hang_up();
        Watcher second(t.io_.get_executor());
        EXPECT_TRUE(co_await second.connect(kHome, device.ports().rtsp));
        EXPECT_EQ(co_await second.play_udp(), 453);
        second.session = watcher.session;
        EXPECT_EQ((co_await second.ask("TEARDOWN")).status, 200);
        EXPECT_FALSE(device.is_busy());
        EXPECT_EQ(device.counters().rtsp_busy, 1u);
        EXPECT_EQ(device.counters().teardowns, 1u);
    });
}

TEST_F(ArloDevices, SpeakTcpOnlyWhereTheModelDoes) {
    run([](ArloDevices& t) -> Task<> {
        Device& old = t.start(Model::Pro2);
        Watcher refused(t.io_.get_executor());
        EXPECT_TRUE(co_await refused.connect(kHome, old.ports().rtsp));
        EXPECT_EQ(co_await refused.play_tcp(), 461);
        co_await old.stop();

        Device& device = t.start(Model::Pro5);
        Watcher watcher(t.io_.get_executor());
        EXPECT_TRUE(co_await watcher.connect(kHome, device.ports().rtsp));
        EXPECT_EQ(co_await watcher.play_tcp(), 200);
        EXPECT_TRUE(co_await watcher.read_frames(100ms));
        EXPECT_TRUE(co_await watcher.report_tcp());
        EXPECT_TRUE(co_await t.until([&] { return device.counters().reports == 1; }));
        watcher.hang_up();
        EXPECT_TRUE(co_await t.until([&] { return device.listens_for_viewers(); }));
        EXPECT_EQ(device.counters().lost_sessions, 1u);
        EXPECT_EQ(device.counters().runaways, 0u);
        EXPECT_GT(watcher.frames[0], 0);
        EXPECT_GT(watcher.frames[1], 0);
    });
}

TEST_F(ArloDevices, EndAStreamAtItsTimeLimitWithBye) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Pro2);
        co_await t.set(device, {{"MaxUserStreamTimeLimit", std::int64_t{10}}});
        Watcher watcher(t.io_.get_executor());
        EXPECT_TRUE(co_await watch(t, device, watcher));
        EXPECT_TRUE(co_await t.until([&] {
            watcher.report();
            return device.counters().time_limits == 1;
        }));
        EXPECT_TRUE(co_await watcher.is_cut());
        watcher.drain();
        EXPECT_EQ(watcher.byes, 1);
        EXPECT_TRUE(co_await t.until([&] { return device.listens_for_viewers(); }));
    });
}

TEST_F(ArloDevices, TheVideoDoorbellShowsItsGatewayOnly) {
    run([](ArloDevices& t) -> Task<> {
        Device& bell = t.start(Model::VideoBell);
        Watcher foreigner(t.io_.get_executor(), "127.0.78.99");
        EXPECT_TRUE(co_await foreigner.connect(kHome, bell.ports().rtsp));
        EXPECT_TRUE(co_await foreigner.is_cut());
        EXPECT_EQ(bell.counters().rtsp_foreigners, 1u);
        Watcher gateway(t.io_.get_executor(), "127.0.0.1");
        EXPECT_TRUE(co_await watch(t, bell, gateway));
        EXPECT_EQ((co_await gateway.ask("TEARDOWN")).status, 200);
    });
}

TEST_F(ArloDevices, TheUltraShowsHevcOnItsOtherPortAndHasOneClientInAll) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Ultra);
        Watcher watcher(t.io_.get_executor());
        EXPECT_TRUE(co_await watcher.connect(kHome, device.ports().rtsp_hevc));
        const auto described = co_await watcher.ask("DESCRIBE");
        EXPECT_NE(described.body.find("H265/90000"), std::string::npos) << described.body;
        EXPECT_NE(described.body.find("MPEG4-GENERIC"), std::string::npos) << described.body;
        EXPECT_EQ(co_await watcher.play_udp(), 200);
        Watcher second(t.io_.get_executor());
        EXPECT_FALSE(co_await second.connect(kHome, device.ports().rtsp));
        EXPECT_EQ((co_await watcher.ask("TEARDOWN")).status, 200);
    });
}

TEST_F(ArloDevices, HideTheirPortsOnRequest) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Pro2);
        for (const ServerPort habit :
             {ServerPort::Told, ServerPort::Zero, ServerPort::Missing, ServerPort::Third}) {
            device.faults().server_port = habit;
            EXPECT_TRUE(co_await t.until([&] { return device.listens_for_viewers(); }));
            Watcher watcher(t.io_.get_executor());
            EXPECT_TRUE(co_await watch(t, device, watcher));
            const std::string& said = watcher.last_transport;
            EXPECT_EQ(said.find("server_port=0-0") != std::string::npos, habit == ServerPort::Zero);
            EXPECT_EQ(said.find("server_port") == std::string::npos, habit == ServerPort::Missing);
            const bool told =
                said.find(fmt::format("server_port={}-", watcher.source_ports.at(0))) !=
                std::string::npos;
            EXPECT_EQ(told, habit == ServerPort::Told) << said;
            EXPECT_EQ((co_await watcher.ask("TEARDOWN")).status, 200);
        }
    });
}

TEST_F(ArloDevices, LoseReorderAndWrapOnRequest) {
    run([](ArloDevices& t) -> Task<> {
        DeviceOptions options = t.options(Model::Pro2);
        options.faults.lost_percent = 20;
        options.faults.reordered = true;
        options.faults.sequence_wraps = true;
        options.frames_per_second = 30;
        Device& device = t.start(options);
        Watcher watcher(t.io_.get_executor());
        EXPECT_TRUE(co_await watch(t, device, watcher));
        EXPECT_TRUE(co_await t.until([&] {
            watcher.drain();
            watcher.report();
            return watcher.sequences.size() >= 120;
        }));
        const auto& got = watcher.sequences;
        const auto last = static_cast<std::uint16_t>(got.back() - got.front());
        EXPECT_LT(got.size(), last * 0.9) << "nothing was lost";
        EXPECT_GT(got.size(), last * 0.7);
        int back = 0;
        bool wrapped = false;
        for (std::size_t i = 1; i < got.size(); ++i) {
            back += protocols::rtp::is_newer(got[i - 1], got[i]);
            wrapped |= got[i] < 1000 && got[0] > 60'000;
        }
        EXPECT_GT(back, 3);
        EXPECT_TRUE(wrapped);
    });
}

TEST_F(ArloDevices, StallAndHalfOpenOnRequest) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Pro2);
        Watcher watcher(t.io_.get_executor());
        EXPECT_TRUE(co_await watch(t, device, watcher));
        device.faults().stalled = true;
        (void)co_await async::sleep_for(50ms);
        watcher.drain();
        (void)co_await async::sleep_for(300ms);
        EXPECT_EQ(watcher.drain(), 0);
        EXPECT_TRUE(device.is_streaming());
        device.faults().stalled = false;
        int packets = 0;
        EXPECT_TRUE(co_await t.until([&] { return (packets += watcher.drain()) > 0; }));
        device.faults().half_open = true;
        // The request that is being waited for may still be taken, its answer never comes.
        const auto silent = co_await async::with_deadline(
            Deadline::in(300ms), "silence", [](Watcher& w) -> Task<Result<int>> {
                co_return (co_await w.ask("OPTIONS")).status;
            }(watcher));
        EXPECT_FALSE(silent);
        EXPECT_TRUE(device.is_busy());
    });
}

TEST_F(ArloDevices, PutBareReportsIntoTheConnectionOnRequest) {
    run([](ArloDevices& t) -> Task<> {
        DeviceOptions options = t.options(Model::Pro5);
        options.faults.bare_reports = true;
        Device& device = t.start(options);
        Watcher watcher(t.io_.get_executor());
        EXPECT_TRUE(co_await watcher.connect(kHome, device.ports().rtsp));
        EXPECT_EQ(co_await watcher.play_tcp(), 200);
        (void)co_await watcher.read_frames(200ms);
        EXPECT_EQ(watcher.frames[1], 0);
    });
}

TEST_F(ArloDevices, ForgetTheSessionInKeepAlivesOnRequest) {
    run([](ArloDevices& t) -> Task<> {
        DeviceOptions options = t.options(Model::Pro2);
        options.faults.keep_alive_unknown = true;
        options.faults.no_content_base = true;
        options.faults.absolute_controls = true;
        options.faults.no_parameters_in_band = true;
        Device& device = t.start(options);
        Watcher watcher(t.io_.get_executor());
        EXPECT_TRUE(co_await watcher.connect(kHome, device.ports().rtsp));
        const auto described = co_await watcher.ask("DESCRIBE");
        EXPECT_FALSE(described.headers.find("Content-Base"));
        EXPECT_NE(described.body.find("a=control:rtsp://"), std::string::npos);
        EXPECT_EQ(co_await watcher.play_udp(), 200);
        EXPECT_EQ((co_await watcher.ask("GET_PARAMETER")).status, 454);
        EXPECT_EQ((co_await watcher.ask("TEARDOWN")).status, 200);
    });
}

// ---- sound towards them ----

std::vector<std::uint8_t> talk_packet(std::uint16_t sequence, std::uint8_t type) {
    protocols::rtp::Packet header;
    header.payload_type = type;
    header.sequence = sequence;
    std::vector<std::uint8_t> out(protocols::rtp::kHeaderBytes + wire::kTalkPacketBytes, 0x55);
    protocols::rtp::write_header(out.data(), header);
    return out;
}

TEST_F(ArloDevices, HearWhatIsSaidToThem) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Pro2);
        auto socket = net::UdpSocket::bind(t.io_.get_executor(), address_of("127.0.0.1"), 0);
        CO_ASSERT(socket.has_value());
        const net::ip::udp::endpoint to{address_of(kHome), device.ports().talk};
        for (const int sequence : {65'534, 65'535, 0, 3}) {
            const auto packet = talk_packet(static_cast<std::uint16_t>(sequence), 0);
            EXPECT_TRUE((*socket)->try_send(to, base::ByteSpan(packet)));
        }
        const auto other = talk_packet(9, 8);
        EXPECT_TRUE((*socket)->try_send(to, base::ByteSpan(other)));
        EXPECT_TRUE(co_await t.until([&] { return device.counters().talk_others == 1; }));
        EXPECT_EQ(device.counters().talk_packets, 4u);
        EXPECT_EQ(device.counters().talk_bytes, 640u);
        EXPECT_EQ(device.counters().talk_missing, 2u);
        EXPECT_EQ(device.heard().size(), 640u);
        EXPECT_EQ(device.heard()[0], 0x55);
        const auto wav = to_wav(device.heard());
        EXPECT_EQ(base::as_text(base::ByteSpan(wav).first(4)), "RIFF");
        EXPECT_EQ(wav.size(), 640u + 46);
    });
}

TEST_F(ArloDevices, TheAudioDoorbellTakesCalls) {
    run([](ArloDevices& t) -> Task<> {
        Device& bell = t.start(Model::AudioBell);
        auto socket = net::UdpSocket::bind(t.io_.get_executor(), address_of("127.0.0.1"), 0);
        CO_ASSERT(socket.has_value());
        wire::RtpInvite invite;
        invite.stream.id = 2;
        invite.stream.codec = "OPUS";
        const auto invited = co_await t.command(bell, invite, Door::Doorbell);
        EXPECT_EQ(invited.outcome(), wire::Outcome::Ack);
        EXPECT_EQ(invited.serial, "CSM0000A1B2C");
        CO_ASSERT(invited.audio_stream.has_value());
        const auto packet = talk_packet(1, wire::kCallPayloadType);
        const auto port = static_cast<std::uint16_t>(*invited.audio_stream->port);
        EXPECT_TRUE((*socket)->try_send({address_of(kHome), port}, base::ByteSpan(packet)));
        EXPECT_TRUE(co_await t.until([&] { return bell.counters().call_packets == 1; }));

        wire::RtpRequest request;
        request.stream.id = 3;
        request.stream.port = (*socket)->port();
        EXPECT_EQ((co_await t.command(bell, request, Door::Doorbell)).audio_stream->id, 3);
        std::array<std::uint8_t, 200> bytes{};
        const auto got = co_await async::with_deadline(Deadline::in(kPatience), "opus",
                                                       (*socket)->receive(bytes));
        CO_ASSERT(got.has_value());
        const auto opus = protocols::rtp::Packet::parse(base::ByteSpan(bytes).first(got->size));
        CO_ASSERT(opus.has_value());
        EXPECT_EQ(opus->payload_type, wire::kCallPayloadType);

        wire::RtpBye bye;
        bye.streams = {3};
        bye.end_of_call = false;
        co_await t.command(bell, bye, Door::Doorbell);
        EXPECT_TRUE(bell.is_calling());
        bye.streams = {2};
        bye.end_of_call = true;
        co_await t.command(bell, bye, Door::Doorbell);
        EXPECT_FALSE(bell.is_calling());
    });
}

// ---- sleep ----

TEST_F(ArloDevices, DozeUntilSomebodyTriesForAWhile) {
    run([](ArloDevices& t) -> Task<> {
        DeviceOptions options = t.options(Model::Pro2);
        options.sleep = Sleep::Dozes;
        options.times.falls_asleep = 1500ms;  // longer than the wait for a second SYN
        options.times.wakes = 500ms;
        Device& device = t.start(options);
        co_await t.settled(device);
        EXPECT_TRUE(co_await t.until([&] { return device.is_asleep(); }));
        (void)co_await async::sleep_for(50ms);
        // Not refused: nobody answers.
        const auto tried =
            co_await net::connect(kHome, device.ports().camera, {}, Deadline::in(200ms));
        CO_ASSERT(!tried);
        EXPECT_TRUE(tried.error().is(base::ErrorKind::DeadlineExceeded)) << tried.error().message();
        const auto later =
            co_await net::connect(kHome, device.ports().camera, {}, Deadline::in(kPatience));
        EXPECT_TRUE(later.has_value());
        EXPECT_EQ(device.counters().naps, 1u);
    });
}

TEST_F(ArloDevices, HibernateUntilAnEventOfTheirOwn) {
    run([](ArloDevices& t) -> Task<> {
        DeviceOptions options = t.options(Model::AudioBell);
        options.sleep = Sleep::Hibernates;
        options.times.falls_asleep = 1s;
        Device& bell = t.start(options);
        co_await t.settled(bell);
        EXPECT_TRUE(co_await t.until([&] { return bell.is_asleep(); }));
        (void)co_await async::sleep_for(50ms);
        const auto tried =
            co_await net::connect(kHome, bell.ports().doorbell, {}, Deadline::in(600ms));
        EXPECT_FALSE(tried);
        EXPECT_TRUE(bell.is_asleep());
        bell.press_button();
        EXPECT_FALSE(bell.is_asleep());
        EXPECT_TRUE(
            co_await t.until([&] { return t.station_.alerts(wire::AlertKind::ButtonPress) == 1; }));
        EXPECT_EQ((co_await t.set(bell, {{"SilentMode", true}}, Door::Doorbell)).outcome(),
                  wire::Outcome::Ack);
    });
}

}  // namespace
}  // namespace casement::tests
