#include "drivers/nanit/logs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/url.hpp"
#include "store/files.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/unit/drivers/nanit/scripted_control.hpp"
#include "tests/unit/net/loop.hpp"

namespace casement::drivers::nanit {
namespace {

using namespace std::chrono_literals;
using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::Result;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// real time: an upload over a socket on loopback.
struct NanitLogs : testing::Test {
    std::vector<std::string> files() const {
        std::vector<std::string> out;
        if (!std::filesystem::exists(folder.path("logs"))) return out;
        for (const auto& entry : std::filesystem::directory_iterator(folder.path("logs")))
            out.push_back(entry.path().filename());
        return out;
    }
    /// Sends `parts` one after the other, each but the first when an answer to the one before has
    /// come; answers all that came. Without an end it closes in the middle.
    std::string send(std::uint16_t port, std::vector<std::string> parts, bool ends = true) {
        return loop.run([&]() -> Task<std::string> {
            auto stream = co_await net::connect("127.0.0.1", port, {}, Deadline::in(5s));
            if (!stream) co_return "no connection";
            std::string out;
            for (const std::string& part : parts) {
                (void)co_await (*stream)->write_all(base::as_bytes(part));
                if (&part == &parts.back()) break;
                co_await read(**stream, out, "\r\n\r\n");
                if (!out.contains("100 Continue")) co_return out;
            }
            if (ends) co_await read(**stream, out, out.contains("100 C") ? "\r\n\r\n" : "\r\n");
            (*stream)->close();
            co_return out;
        });
    }
    static Task<> read(net::Stream& stream, std::string& out, std::string_view until) {
        std::array<std::uint8_t, 4096> buffer;
        const std::size_t from = out.size();
        while (out.find(until, from) == std::string::npos) {
            const auto n = co_await stream.read_some(buffer);
            if (!n) co_return;
            out += base::as_text(std::span(buffer).first(*n));
        }
    }
    static std::string put(const std::string& path, const std::string& body) {
        return fmt::format("PUT {} HTTP/1.1\r\nHost: hub\r\nContent-Length: {}\r\n\r\n{}", path,
                           body.size(), body);
    }

    net::tests::Loop loop;
    fakes::TempDirectory folder;
    async::BlockingPool disk{"disk", 1};
};

struct NanitLogDoor : NanitLogs {
    void open(LogDoorOptions options = {}) {
        options.listen_host = "127.0.0.1";
        options.directory = folder.path("logs");
        options.name = "nursery-1";
        options.beside = "nursery";
        auto opened = LogDoor::open(loop.executor(), options, disk, {});
        ASSERT_TRUE(opened) << opened.error().message();
        door = std::move(*opened);
        path = door->path().reveal();
    }
    Result<LogFile> wait(std::chrono::milliseconds most = 5s) {
        return loop.run(
            [&]() -> Task<Result<LogFile>> { co_return co_await door->wait(Deadline::in(most)); });
    }
    std::string reason() {
        const auto got = wait();
        disk.drain();
        return got ? "stored" : got.error().reason();
    }
    void TearDown() override {
        if (door) loop.run([&]() -> Task<> { co_await door->close(); });
    }
    std::unique_ptr<LogDoor> door;
    std::string path;
};

TEST_F(NanitLogDoor, TakesAChunkedUploadThatWaitsToBeAskedForIt) {
    open();
    EXPECT_EQ(path.size(), 5u + 32u);
    // As curl sends it, with a type that it is not.
    const std::string answer =
        send(door->port(), {"PUT " + path +
                                " HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n"
                                "Content-Type: application/x-www-form-urlencoded\r\n"
                                "Expect: 100-continue\r\n\r\n",
                            "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"});
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 "));
    const auto got = wait();
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->path, folder.path("logs/nursery-1.tar.gz"));
    EXPECT_EQ(got->size_bytes, 11u);
    EXPECT_EQ(door->received_bytes(), 11u);
    EXPECT_EQ(store::read_file(got->path, 100), "hello world");
    EXPECT_THAT(files(), ElementsAre("nursery-1.tar.gz"));
    const auto mode = std::filesystem::status(got->path).permissions();
    EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(NanitLogDoor, AKeyIsGoodOnce) {
    open();
    EXPECT_THAT(send(door->port(), {put(path, "one")}), StartsWith("HTTP/1.1 204 "));
    EXPECT_THAT(send(door->port(), {put(path, "two")}), StartsWith("HTTP/1.1 404 "));
    EXPECT_EQ(store::read_file(wait().value().path, 100), "one");
}

TEST_F(NanitLogDoor, ThereIsNothingElse) {
    open();
    const std::string head = " HTTP/1.1\r\nHost: hub\r\nExpect: 100-continue\r\n";
    for (const std::string& request :
         {put("/log/" + std::string(32, '0'), "x"), put("/log/", "x"), put("/", "x"),
          put(path + "/x", "x"), put(path + "0", "x"), "GET " + path + head + "\r\n",
          "POST " + path + head + "Content-Length: 1\r\n\r\n", "OPTIONS " + path + head + "\r\n",
          "PUT /log/x" + head + "Content-Length: 1\r\n\r\n"}) {
        EXPECT_THAT(send(door->port(), {request}), StartsWith("HTTP/1.1 404 ")) << request;
    }
    EXPECT_THAT(files(), IsEmpty());
    EXPECT_THAT(send(door->port(), {put(path, "x")}), StartsWith("HTTP/1.1 204 "));
}

TEST_F(NanitLogDoor, IsForTheCameraAlone) {
    open({.peer = "192.168.1.20"});
    EXPECT_THAT(send(door->port(), {put(path, "x")}), StartsWith("HTTP/1.1 404 "));
    const auto got = wait(20ms);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().reason(), "logs-late");
}

TEST_F(NanitLogDoor, HasALimitForWhatSaysItsLength) {
    open({.max_bytes = 1000});
    EXPECT_THAT(send(door->port(), {put(path, std::string(1001, 'x'))}),
                StartsWith("HTTP/1.1 413 "));
    EXPECT_EQ(reason(), "logs-too-large");
    EXPECT_THAT(files(), IsEmpty());
}

TEST_F(NanitLogDoor, HasALimitForWhatDoesNot) {
    const std::string head = " HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\n";
    const auto chunked = [](std::size_t size) {
        return fmt::format("{:x}\r\n{}\r\n1\r\nx\r\n0\r\n\r\n", size - 1,
                           std::string(size - 1, 'x'));
    };
    open({.max_bytes = 100'000});
    EXPECT_THAT(send(door->port(), {"PUT " + path + head + chunked(100'000)}),
                StartsWith("HTTP/1.1 204 "));
    EXPECT_EQ(wait().value().size_bytes, 100'000u);
    TearDown();
    std::filesystem::remove_all(folder.path("logs"));
    open({.max_bytes = 100'000});
    EXPECT_THAT(send(door->port(), {"PUT " + path + head + chunked(100'001)}),
                StartsWith("HTTP/1.1 413 "));
    EXPECT_EQ(reason(), "logs-too-large");
    EXPECT_THAT(files(), IsEmpty());
}

TEST_F(NanitLogDoor, TakesSixtyFourMebibytesAndNotAByteMore) {
    constexpr std::size_t kMost = std::size_t{64} << 20;
    open();
    EXPECT_THAT(send(door->port(), {put(path, std::string(kMost, 'x'))}),
                StartsWith("HTTP/1.1 204 "));
    EXPECT_EQ(wait().value().size_bytes, kMost);
    TearDown();
    open();
    EXPECT_THAT(send(door->port(), {fmt::format("PUT {} HTTP/1.1\r\nHost: h\r\nContent-Length: "
                                                "{}\r\nExpect: 100-continue\r\n\r\n",
                                                path, kMost + 1)}),
                StartsWith("HTTP/1.1 413 "));
}

TEST_F(NanitLogDoor, NothingIsLeftOfAnUploadThatStops) {
    open();
    const std::string whole = put(path, std::string(50'000, 'x'));
    (void)send(door->port(), {whole.substr(0, 30'000)}, false);
    EXPECT_EQ(reason(), "logs-cut");
    EXPECT_THAT(files(), IsEmpty());
}

TEST_F(NanitLogDoor, NothingIsLeftOfOneThatDawdles) {
    open({.upload_patience = 50ms});
    const std::string whole = put(path, std::string(50'000, 'x'));
    (void)send(door->port(), {whole.substr(0, 30'000)});
    EXPECT_EQ(reason(), "logs-cut");
    EXPECT_THAT(files(), IsEmpty());
}

TEST_F(NanitLogDoor, NothingIsNoLogs) {
    open();
    EXPECT_THAT(send(door->port(), {put(path, "")}), StartsWith("HTTP/1.1 400 "));
    EXPECT_EQ(reason(), "logs-empty");
    EXPECT_THAT(files(), IsEmpty());
}

TEST_F(NanitLogDoor, SaysThatTheyCannotBeKept) {
    folder.write("logs", "a file where the folder should be");
    open();
    (void)send(door->port(), {put(path, "x")});
    const auto got = wait();
    ASSERT_FALSE(got);
    EXPECT_THAT(got.error().message(), HasSubstr("logs"));
}

struct NanitLogShelf : NanitLogs {
    void put(base::WallTime at, std::size_t bytes, const std::string& camera = "nursery") {
        write(archive_name(camera, at) + ".tar.gz", bytes);
    }
    void write(const std::string& name, std::size_t bytes) {
        std::filesystem::create_directories(folder.path("logs"));
        ASSERT_TRUE(store::replace_file(folder.path("logs/" + name), std::string(bytes, 'x')));
    }
    std::size_t tidy(const LogLimits& limits) {
        const auto removed = tidy_logs(folder.path("logs"), "nursery", limits, now);
        EXPECT_TRUE(removed) << removed.error().message();
        return removed.value_or(99);
    }
    const base::WallTime now = fakes::Clock::kBegin;
};

TEST_F(NanitLogShelf, TheNewestStayUpToACount) {
    EXPECT_EQ(tidy({}), 0u);  // there is no folder
    for (int i = 0; i < 10; ++i) put(now - std::chrono::hours(i), 1);
    EXPECT_EQ(tidy({}), 0u);
    put(now - 10h, 1);
    EXPECT_EQ(tidy({}), 1u);
    EXPECT_EQ(files().size(), 10u);
    EXPECT_THAT(files(), testing::Not(testing::Contains(HasSubstr("T110000"))));  // of 21:00 - 10 h
}

TEST_F(NanitLogShelf, TheNewestStayUpToASizeAndTheLastOneWhateverItIs) {
    for (int i = 0; i < 3; ++i) put(now - std::chrono::hours(i), 50);
    EXPECT_EQ(tidy({.bytes = 150}), 0u);
    EXPECT_EQ(tidy({.bytes = 149}), 1u);
    EXPECT_EQ(tidy({.bytes = 1}), 1u);
    EXPECT_EQ(tidy({.count = 0, .bytes = 1}), 0u);
    EXPECT_THAT(files(), ElementsAre("nursery-20261120T210000.000Z.tar.gz"));
}

TEST_F(NanitLogShelf, TheyStayForAMonth) {
    put(now - 24h * 30, 1);
    put(now - 1h, 1);
    EXPECT_EQ(tidy({}), 0u);
    put(now - 24h * 30 - 1ms, 1);
    EXPECT_EQ(tidy({}), 1u);
    EXPECT_EQ(files().size(), 2u);
}

TEST_F(NanitLogShelf, NothingElseIsTouched) {
    put(now - 24h * 90, 1, "nursery-2");
    put(now - 24h * 90, 1, "nurser1");
    for (const char* const name : {".nursery.part", "nursery.tar.gz", "nursery-notes.txt",
                                   "nursery-20260101T000000.000Z.tar.gz.old"})
        write(name, 1);
    std::filesystem::create_directories(folder.path("logs/nursery-20260101T000000.000Z.tar.gz"));
    put(now, 1);
    EXPECT_EQ(tidy({.count = 0}), 0u);
    EXPECT_EQ(files().size(), 8u);
}

struct NanitLogsAsked : NanitLogs {
    void make(LogOptions options = {}) {
        options.directory = folder.path("logs");
        options.listen_host = options.hub_host = "127.0.0.1";
        options.allow_loopback = true;
        logs = std::make_unique<Logs>(loop.executor(), control, disk, clock, options, base::Log{});
    }
    void wait_for(auto condition) {
        loop.run([&]() -> Task<> {
            const auto until = std::chrono::steady_clock::now() + 10s;
            while (!condition() && std::chrono::steady_clock::now() < until)
                (void)co_await async::sleep_for(1ms);  // real time: the camera's answer
        });
        ASSERT_TRUE(condition());
    }
    std::string end() {
        wait_for([&] {
            return logs->state().word == LogState::Word::Stored ||
                   logs->state().word == LogState::Word::Failed;
        });
        const auto state = logs->state();
        return state.error ? state.error->reason() : "stored";
    }
    void TearDown() override {
        if (logs) loop.run([&]() -> Task<> { co_await logs->stop(); });
    }
    base::SystemClock clock;
    ScriptedControl control;
    std::unique_ptr<Logs> logs;
};

TEST_F(NanitLogsAsked, TheCameraIsToldWhereAndPutsThemThere) {
    make();
    EXPECT_EQ(to_string(logs->state().word), "none");
    ASSERT_TRUE(logs->begin("nursery", ""));
    wait_for([&] { return !control.asked.empty(); });
    EXPECT_EQ(logs->state().word, LogState::Word::Waiting);
    EXPECT_EQ(control.last.type(), protocols::nanit::kGetLogs);
    const auto url = base::Url::parse(control.last.get_logs().url());
    ASSERT_TRUE(url);
    EXPECT_EQ(url->host, "127.0.0.1");
    const auto again = logs->begin("nursery", "");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().reason(), "logs-awaited");

    (void)send(url->port, {put(url->target(), "archive")});
    EXPECT_EQ(end(), "stored");
    const auto state = logs->state();
    EXPECT_EQ(state.received_bytes, 7u);
    EXPECT_THAT(state.file->path, StartsWith(folder.path("logs/nursery-2")));
    // The door is shut.
    EXPECT_EQ(send(url->port, {put(url->target(), "x")}), "no connection");
    // Asked again within the second: the first ones stay.
    control.asked.clear();
    ASSERT_TRUE(logs->begin("nursery", ""));
    wait_for([&] { return !control.asked.empty(); });
    const auto next = base::Url::parse(control.last.get_logs().url());
    EXPECT_NE(next->target(), url->target());
    (void)send(next->port, {put(next->target(), "another")});
    EXPECT_EQ(end(), "stored");
    EXPECT_EQ(files().size(), 2u);
}

TEST_F(NanitLogsAsked, NewOnesTakeThePlaceOfOldOnes) {
    std::filesystem::create_directories(folder.path("logs"));
    for (const char* const day : {"01", "02", "03"})
        ASSERT_TRUE(store::replace_file(
            folder.path(fmt::format("logs/nursery-202011{}T000000.000Z.tar.gz", day)), "old"));
    make({.limits = {.count = 2, .age = std::chrono::hours{24 * 36'500}}});
    ASSERT_TRUE(logs->begin("nursery", ""));
    wait_for([&] { return !control.asked.empty(); });
    const auto url = base::Url::parse(control.last.get_logs().url());
    (void)send(url->port, {put(url->target(), "archive")});
    EXPECT_EQ(end(), "stored");
    wait_for([&] { return files().size() == 2u; });
    EXPECT_THAT(files(), testing::Contains("nursery-20201103T000000.000Z.tar.gz"));
}

TEST_F(NanitLogsAsked, ARefusalIsSaid) {
    make();
    control.answer = [](const ScriptedControl::Asked&) { return "refused"; };
    ASSERT_TRUE(logs->begin("nursery", ""));
    EXPECT_EQ(end(), "refused");
    EXPECT_THAT(logs->state().error->message(), StartsWith("the camera gives no logs: "));
}

TEST_F(NanitLogsAsked, TheyMayNeverCome) {
    make({.patience = 30ms});
    ASSERT_TRUE(logs->begin("nursery", ""));
    EXPECT_EQ(end(), "logs-late");
    EXPECT_THAT(files(), IsEmpty());
}

TEST_F(NanitLogsAsked, StopsInTheMiddle) {
    make();
    ASSERT_TRUE(logs->begin("nursery", ""));
    wait_for([&] { return !control.asked.empty(); });
    const auto url = base::Url::parse(control.last.get_logs().url());
    (void)send(url->port, {put(url->target(), std::string(50'000, 'x')).substr(0, 9'000)}, false);
    loop.run([&]() -> Task<> { co_await logs->stop(); });
    disk.drain();
    EXPECT_EQ(logs->state().word, LogState::Word::Failed);
    EXPECT_THAT(files(), IsEmpty());
}

TEST_F(NanitLogsAsked, AnAddressThatMeansNothingToACameraIsNotTold) {
    for (const char* const host : {"", "0.0.0.0", "::", "127.0.0.1"}) {
        LogOptions options{.directory = folder.path("logs"), .hub_host = host};
        options.listen_host = "127.0.0.1";
        Logs one(loop.executor(), control, disk, clock, options, {});
        const auto begun = one.begin("nursery", "");
        ASSERT_FALSE(begun) << host;
        EXPECT_EQ(begun.error().reason(), "hub-unreachable");
    }
    EXPECT_TRUE(control.asked.empty());
}

}  // namespace
}  // namespace casement::drivers::nanit
