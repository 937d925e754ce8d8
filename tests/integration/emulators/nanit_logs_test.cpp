// What an emulated Nanit camera uploads when it is asked for its logs, at a receiver of real
// sockets.

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "emulators/nanit/camera.hpp"
#include "net/http_server.hpp"
#include "net/listener.hpp"
#include "tests/fakes/co_assert.hpp"
#include "tests/fakes/coroutine.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/integration/emulators/nanit_client.hpp"

namespace casement::tests {
namespace {

using namespace emulators::nanit;
using namespace nanit_client;
using namespace std::chrono_literals;

class NanitLogs : public testing::Test {
public:  // for the coroutines of the tests
    void SetUp() override {
        CameraOptions options;
        options.lets_in = [](std::string_view token) { return token == "t"; };
        options.time_scale = 0.01;
        options.uploads_after = 30s;
        camera_ = Camera::start(io_.get_executor(), pool_, clock_, options, {}).value();
        hub_.route("PUT", "/logs/{key}",
                   [this](net::Request request) -> Task<net::Response> {
                       got_.push_back(std::move(request));
                       co_return net::Response::empty(204);
                   },
                   {.max_body_bytes = 256 * 1024, .access = {}, .websocket = {}});
        listener_ =
            net::Listener::listen(io_.get_executor(), {.name = "logs", .address = "127.0.0.1:0"})
                .value();
        tasks_.spawn("logs",
                     [this] { return listener_->run({io_.get_executor()}, hub_.acceptor()); });
    }
    void TearDown() override {
        fakes::run(io_, [](NanitLogs& t) -> Task<> {
            t.listener_->close();
            co_await t.hub_.stop(0ms);
            co_await t.tasks_.stop();
            co_await t.camera_->stop();
        }(*this));
        camera_.reset();
    }
    void run(Task<> (*test)(NanitLogs&)) { fakes::run(io_, test(*this)); }

    /// The status of its last answer.
    Task<int> ask_for_logs(std::string url, int times = 1) {
        const auto socket = co_await connect(camera_->door_url(), "token t");
        if (!socket) co_return 0;
        auto request = wire::request(1, wire::kGetLogs);
        request.mutable_request()->mutable_get_logs()->set_url(std::move(url));
        int status = 0;
        while (times-- > 0) status = (co_await ask(*socket, request)).status_code();
        co_await (*socket)->close();
        co_return status;
    }
    std::string url() const {
        return fmt::format("http://{}/logs/k", net::to_text(listener_->endpoint()));
    }
    /// What tar lists of what came last.
    std::string listed() const {
        folder_.write("logs.tar.gz", got_.back().body);
        const std::string command = "tar -tzf " + folder_.path("logs.tar.gz") + " 2>&1";
        std::string out;
        FILE* pipe = ::popen(command.c_str(), "r");
        char buffer[256];
        while (pipe != nullptr && std::fgets(buffer, sizeof buffer, pipe) != nullptr) out += buffer;
        if (pipe != nullptr) ::pclose(pipe);
        return out;
    }

    fakes::TempDirectory folder_;
    asio::io_context io_{1};
    base::SystemClock clock_;
    async::BlockingPool pool_{"camera", 1};
    std::unique_ptr<Camera> camera_;
    net::HttpServer hub_{{.name = "logs"}};
    std::unique_ptr<net::Listener> listener_;
    std::vector<net::Request> got_;
    async::TaskGroup tasks_{io_.get_executor(), {}};
};

TEST_F(NanitLogs, ComeAsCurlSendsThemWithLengthOrInChunks) {
    run([](NanitLogs& t) -> Task<> {
        for (const bool chunked : {false, true}) {
            t.camera_->faults().chunks_logs = chunked;
            EXPECT_EQ(co_await t.ask_for_logs(t.url()), 200);
            const std::size_t wanted = t.got_.size() + 1;
            EXPECT_TRUE(co_await comes([&] { return t.camera_->counters().uploads == wanted; }));
            CO_ASSERT(t.got_.size() == wanted);
            const net::Headers& headers = t.got_.back().headers;
            EXPECT_EQ(headers.get("Expect"), "100-continue");
            EXPECT_EQ(headers.get("Content-Type"), "application/x-www-form-urlencoded");
            EXPECT_EQ(headers.has("Content-Length"), !chunked);
            EXPECT_EQ(t.listed(), "journalctl.log\nversion.txt\n");
        }
        EXPECT_EQ(t.camera_->counters().last_upload_status, 204);
    });
}

TEST_F(NanitLogs, AreBadInEveryWayThatIsAskedFor) {
    run([](NanitLogs& t) -> Task<> {
        const auto upload = [&t](LogFault fault) -> Task<> {
            t.camera_->faults().log = fault;
            const std::size_t before = t.camera_->counters().uploads;
            EXPECT_EQ(co_await t.ask_for_logs(t.url()), 200);
            EXPECT_TRUE(co_await comes([&] { return t.camera_->counters().uploads > before; }));
        };
        co_await upload(LogFault::Truncated);
        EXPECT_TRUE(t.listed().contains("nexpected end of file")) << t.listed();
        co_await upload(LogFault::Traversal);
        EXPECT_TRUE(t.listed().contains("../../etc/passwd\n")) << t.listed();
        co_await upload(LogFault::HugeMember);
        EXPECT_FALSE(t.listed().contains("version.txt")) << t.listed();
        const std::size_t came = t.got_.size();
        co_await upload(LogFault::HugeLength);  // the receiver refuses what it is promised
        EXPECT_EQ(t.camera_->counters().last_upload_status, 413);
        t.camera_->faults().log = LogFault::LiesInLength;  // it never learns that this was all
        EXPECT_EQ(co_await t.ask_for_logs(t.url()), 200);
        (void)co_await async::sleep_for(700ms);  // real time: its half minute, and the upload
        EXPECT_EQ(t.got_.size(), came);
    });
}

TEST_F(NanitLogs, AreNotSentToWhatIsNoAddressOrWhenTheyAreToNeverCome) {
    run([](NanitLogs& t) -> Task<> {
        for (const char* url : {"", "logs", "file:///etc/passwd", "ftp://127.0.0.1/x"})
            EXPECT_EQ(co_await t.ask_for_logs(url), 400) << url;
        EXPECT_EQ(co_await t.ask_for_logs("http://127.0.0.1/" + std::string(4096, 'a')), 400);
        t.camera_->faults().log = LogFault::Never;
        EXPECT_EQ(co_await t.ask_for_logs(t.url(), 4), 200);
        EXPECT_TRUE(co_await comes([&] { return t.camera_->counters().uploading == 0; }));
        EXPECT_EQ(co_await t.ask_for_logs(t.url(), 5), 503);
        EXPECT_TRUE(co_await comes([&] { return t.camera_->counters().uploading == 0; }));
        EXPECT_TRUE(t.got_.empty());
        EXPECT_EQ(co_await t.ask_for_logs(t.url()), 200);
    });
}

}  // namespace
}  // namespace casement::tests
