// Where devices call, and how they are called: real sockets on loopback.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.hpp"
#include "drivers/arlo/door.hpp"
#include "net/connect.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/coroutine.hpp"

namespace casement::drivers::arlo {
namespace {

using namespace std::chrono_literals;
using async::Deadline;
using base::ErrorKind;
using base::Result;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string frame(const std::string& json) { return protocols::arlo::write_frame(json).value(); }
const std::string kStatus = R"({"Type":"status","ID":12,"SystemSerialNumber":"A0B1"})";
const std::string kAck = R"(L:44 {"Type":"response","ID":12,"Response":"Ack"})";

struct ArloDoor : testing::Test {
    asio::io_context io{1};
    fakes::Clock clock;
    DoorOptions options;
    std::unique_ptr<Door> door;
    std::optional<async::TaskGroup> tasks;
    std::vector<Call> calls;
    std::optional<base::Error> answer;  // of the handler, in place of success
    std::vector<std::string> lines;

    void SetUp() override {
        base::capture_log([this](base::LogLevel level, std::string_view line) {
            if (level >= base::LogLevel::Warn) lines.emplace_back(line);
        });
        options.address = "127.0.0.1";
        options.ports = {0, 0};
    }
    void open() {
        door = Door::open(io.get_executor(), options, clock, {}).value();
        tasks.emplace(io.get_executor(), base::Log{});
        tasks->spawn("door", [this] {
            return door->run([this](Call call) -> async::Task<Result<>> {
                calls.push_back(std::move(call));
                if (answer) co_return std::unexpected(*answer);
                co_return Result<>{};
            });
        });
        fakes::settle(io);
    }
    void TearDown() override {
        if (tasks) fakes::run(io, tasks->stop());
        fakes::settle(io);
        base::capture_log({});
    }

    async::Task<std::string> say(std::vector<std::string> parts, std::string from,
                                 bool hangs_up = false) {
        auto stream = co_await net::connect(
            "127.0.0.1", door->port(Port::Camera),
            {.tls = {}, .tls_context = {}, .resolve = {}, .bind_address = from}, Deadline::in(5s));
        if (!stream) co_return "no connection";
        for (const std::string& part : parts) {
            (void)co_await (*stream)->write_all(base::as_bytes(part));
            // Others, and the door, have their turn between two parts.
            for (int i = 0; i < 3; ++i) co_await asio::post(io, asio::use_awaitable);
        }
        if (hangs_up) co_return "";
        std::string heard;
        std::array<std::uint8_t, 512> buffer;
        for (;;) {
            const auto size = co_await async::with_deadline(Deadline::in(5s), "answer",
                                                            (*stream)->read_some(buffer));
            if (!size) co_return heard;
            heard += base::as_text(std::span(buffer).first(*size));
        }
    }
    std::string talk(std::vector<std::string> parts, std::string from = "127.0.0.1") {
        return fakes::run(io, say(std::move(parts), std::move(from)));
    }
};

TEST_F(ArloDoor, AcknowledgesAndClosesAndKnowsThePeer) {
    open();
    EXPECT_EQ(talk({frame(kStatus)}, "127.0.0.7"), kAck);
    ASSERT_EQ(calls.size(), 1u);
    EXPECT_EQ(calls[0].address, "127.0.0.7");
    EXPECT_EQ(calls[0].port, Port::Camera);
    EXPECT_EQ(calls[0].json, kStatus);
    EXPECT_NE(door->port(Port::Doorbell), 0);
    EXPECT_THAT(lines, IsEmpty());
}

TEST_F(ArloDoor, TakesAFrameHoweverItIsCut) {
    open();
    const std::string whole = frame(kStatus);
    for (std::size_t cut = 1; cut < whole.size(); ++cut)
        EXPECT_EQ(talk({whole.substr(0, cut), whole.substr(cut)}), kAck) << cut;
    std::vector<std::string> bytes;
    for (const char c : whole) bytes.emplace_back(1, c);
    EXPECT_EQ(talk(bytes), kAck);
}

TEST_F(ArloDoor, TakesWhatLiesBehindAFrame) {
    open();
    EXPECT_EQ(talk({frame(kStatus) + frame(kStatus)}), kAck + kAck);
    EXPECT_EQ(calls.size(), 2u);
    // More than that is no device.
    std::string many;
    for (int i = 0; i < 6; ++i) many += frame(kStatus);
    talk({many});
    EXPECT_EQ(calls.size(), 6u);
    EXPECT_THAT(lines, Contains(HasSubstr("more than 4 messages")));
}

TEST_F(ArloDoor, ClosesOnWhatIsNoMessageAndSaysWhy) {
    open();
    const std::vector<std::pair<std::string, std::string>> bad{
        {"GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1"},
        {"L:0 {}", "L:0"},
        {"L:262145 {", "262145"},
        {"L:9999999999 {}", "L:9999999999"},
        {"L:-5 {}", "L:-5"},
        {"L:5 nojso", "nojso"},
        {"L:2 []", "[]"},
        {"L:2 {}", "Type"},
        {R"(L:17 {"Type":"status"}extra)", R"(begin with)"},
        {"L:20 {\"Type\":\"status\",\"ID\":\"x\"}", "begin with"},
    };
    for (const auto& [bytes, reason] : bad) {
        lines.clear();
        clock.advance(2s);
        EXPECT_EQ(talk({bytes}), "") << bytes;
        EXPECT_THAT(lines, ElementsAre(HasSubstr(reason))) << bytes;
        EXPECT_THAT(lines, Each(HasSubstr("127.0.0.1")));
    }
    EXPECT_THAT(calls, IsEmpty());
    EXPECT_EQ(door->stats().refused, bad.size());
    EXPECT_EQ(talk({frame(kStatus)}), kAck);  // nobody else is disturbed
}

TEST_F(ArloDoor, AFloodOfNonsenseIsOneLineASecond) {
    open();
    for (int i = 0; i < 5; ++i) talk({"nonsense"});
    EXPECT_THAT(lines, SizeIs(1));
    clock.advance(1s);
    talk({"nonsense"});
    EXPECT_THAT(lines, SizeIs(2));
    EXPECT_THAT(lines[1], HasSubstr("and_as_many_before=4"));
}

TEST_F(ArloDoor, AFrameThatEndsTooSoonIsNotTaken) {
    open();
    fakes::run(io, say({"L:100 {\"Type\":"}, "127.0.0.1", true));
    for (int i = 0; i < 1000 && door->stats().refused == 0; ++i) io.restart(), io.run_one_for(1ms);
    EXPECT_THAT(calls, IsEmpty());
    EXPECT_THAT(lines, SizeIs(1));
}

TEST_F(ArloDoor, AConnectionWithoutAWordIsNoError) {
    open();
    fakes::run(io, say({}, "127.0.0.1", true));
    for (int i = 0; i < 1000 && door->stats().silent == 0; ++i) io.restart(), io.run_one_for(1ms);
    EXPECT_EQ(door->stats().silent, 1u);
    EXPECT_THAT(lines, IsEmpty());
}

TEST_F(ArloDoor, WhoDripsIsSentAwayInTime) {
    options.message_within = 20ms;
    open();
    EXPECT_EQ(talk({"L:100 {\"Ty"}), "");
    EXPECT_THAT(lines, ElementsAre(HasSubstr("the rest of a message")));
    EXPECT_THAT(calls, IsEmpty());
}

TEST_F(ArloDoor, WhatTheHandlerRefusesIsNotAcknowledged) {
    open();
    answer = base::Error(ErrorKind::InvalidArgument, "no device of ours");
    EXPECT_EQ(talk({frame(kStatus)}), "");
    EXPECT_THAT(lines, ElementsAre(HasSubstr("no device of ours")));
    answer.reset();
    EXPECT_EQ(talk({frame(kStatus)}), kAck);
}

TEST_F(ArloDoor, AnAddressHasAFewConnectionsAndOthersAreNotDisturbed) {
    options.max_per_address = 2;
    open();
    std::vector<std::unique_ptr<net::Stream>> held;
    for (int i = 0; i < 4; ++i) {
        auto stream = fakes::run(
            io,
            net::connect("127.0.0.1", door->port(Port::Camera),
                         {.tls = {}, .tls_context = {}, .resolve = {}, .bind_address = "127.0.0.9"},
                         Deadline::in(5s)));
        if (stream) held.push_back(std::move(*stream));
    }
    EXPECT_EQ(talk({frame(kStatus)}, "127.0.0.9"), "");
    EXPECT_EQ(talk({frame(kStatus)}, "127.0.0.8"), kAck);
}

TEST_F(ArloDoor, FiftyDevicesAtOnceAreAllAcknowledged) {
    open();
    std::vector<std::string> answers;
    for (int i = 0; i < 50; ++i) {
        asio::co_spawn(io, say({frame(kStatus)}, fmt::format("127.0.1.{}", i + 1)),
                       [&](std::exception_ptr, std::string heard) { answers.push_back(heard); });
    }
    const auto give_up = std::chrono::steady_clock::now() + 20s;
    while (answers.size() < 50 && std::chrono::steady_clock::now() < give_up) {
        io.restart();
        io.run_one_for(10ms);
    }
    EXPECT_THAT(answers, SizeIs(50));
    EXPECT_THAT(answers, Each(kAck));
    EXPECT_EQ(calls.size(), 50u);
}

TEST_F(ArloDoor, ATakenPortIsToldWithItsOwner) {
    open();
    DoorOptions same = options;
    same.ports = {door->port(Port::Camera)};
    const auto second = Door::open(io.get_executor(), same, clock, {});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().reason(), "port-taken");
}

// The other direction
// --------------------------------------------------------------------------------------------

/// A device that answers one connection with what the test says.
struct ArloLink : testing::Test {
    asio::io_context io{1};
    asio::ip::tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
    std::string heard, peer;

    async::Task<> serve(std::string answer, bool holds) {
        auto socket = co_await acceptor.async_accept(asio::use_awaitable);
        peer = socket.remote_endpoint().address().to_string();
        net::PlainStream stream(std::move(socket));
        protocols::arlo::FrameReader frames;
        const auto json = co_await read_frame(stream, frames, Deadline::in(5s));
        if (json && *json) heard = **json;
        if (!answer.empty()) (void)co_await stream.write_all(base::as_bytes(answer));
        if (holds) (void)co_await read_frame(stream, frames, Deadline::in(5s));
    }
    Result<protocols::arlo::Response> ask(std::string answer, bool holds = false) {
        asio::co_spawn(io, serve(std::move(answer), holds), [](std::exception_ptr) {});
        TcpLink link({.bind_address = "127.0.0.1",
                      .camera_port = acceptor.local_endpoint().port(),
                      .doorbell_port = 1,
                      .connect_within = 2s,
                      .answer_within = 50ms});
        return fakes::run(
            io, link.exchange("127.0.0.1", Port::Camera, {7, protocols::arlo::StatusRequest{}}));
    }
};

TEST_F(ArloLink, SaysOneThingAndHearsTheAnswer) {
    const auto answer = ask(frame(R"({"Type":"response","ID":7,"Response":"Ack"})"));
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->outcome(), protocols::arlo::Outcome::Ack);
    EXPECT_EQ(heard, R"({"Type":"statusRequest","ID":7})");
    EXPECT_EQ(peer, "127.0.0.1");
    EXPECT_EQ(ask(frame(R"({"Type":"response","ID":7})"))->outcome(),
              protocols::arlo::Outcome::Missing);
}

TEST_F(ArloLink, AnAnswerThatMakesNoSenseIsAFailedTry) {
    const std::vector<std::pair<std::string, std::string>> bad{
        {frame(R"({"Type":"response","ID":8,"Response":"Ack"})"), "answered message 8"},
        {frame(R"({"Type":"status","ID":7,"SystemSerialNumber":"A"})"), "status"},
        {frame("nonsense"), "its answer"},
        {"HTTP/1.1 400 Bad Request\r\n\r\n", "its answer"},
        {"L:50 {\"Type\"", "its answer"},
        {"", "without an answer"},
    };
    for (const auto& [bytes, reason] : bad) {
        const auto answer = ask(bytes);
        ASSERT_FALSE(answer) << bytes;
        EXPECT_EQ(answer.error().kind(), ErrorKind::Unavailable) << answer.error().message();
        EXPECT_THAT(answer.error().message(), HasSubstr(reason));
    }
}

TEST_F(ArloLink, SilenceEndsAtTheDeadline) {
    EXPECT_EQ(ask("", true).error().kind(), ErrorKind::DeadlineExceeded);
}

TEST_F(ArloLink, NobodyThereIsAFailedTry) {
    TcpLink link({.bind_address = {},
                  .camera_port = 1,
                  .doorbell_port = 1,
                  .connect_within = 2s,
                  .answer_within = 2s});
    const auto answer = fakes::run(
        io, link.exchange("127.0.0.1", Port::Camera, {7, protocols::arlo::StatusRequest{}}));
    EXPECT_EQ(answer.error().kind(), ErrorKind::Unavailable);
}

}  // namespace
}  // namespace casement::drivers::arlo
