#include "drivers/nanit/log_door.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "async/bell.hpp"
#include "async/task_group.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "net/http_server.hpp"
#include "store/files.hpp"

namespace casement::drivers::nanit {

namespace {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::fail_because;
using base::Result;

/// One camera, and whoever tries the port meanwhile.
constexpr std::size_t kMaxConnections = 8, kMaxPerAddress = 4;
constexpr std::size_t kKeyBytes = 16;
/// For the answer to the upload.
constexpr std::chrono::milliseconds kGoodbye{1'000};

net::Response nothing_here() { return net::Response::text(404, "There is nothing here.\n"); }

std::unexpected<base::Error> too_large(std::uint64_t max_bytes) {
    return fail_because("logs-too-large", ErrorKind::ResourceExhausted,
                        "the camera's logs are longer than {} MiB, and none of it was kept",
                        max_bytes >> 20);
}

/// Blocks.
Result<> write_all(int descriptor, std::string_view bytes, const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(descriptor, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return std::unexpected(store::file_error(errno, "write " + path));
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

/// Blocks. Without it a rename may be lost at a power cut.
Result<> sync_folder(const std::string& path) {
    const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool is_synced = folder >= 0 && ::fsync(folder) == 0;
    const int why = errno;
    if (folder >= 0) ::close(folder);
    if (!is_synced) return std::unexpected(store::file_error(why, "sync " + path));
    return {};
}

}  // namespace

struct LogDoor::State {
    State(const async::Executor& executor, LogDoorOptions o, async::BlockingPool& d, base::Log l)
        : options(std::move(o)), disk(d), log(std::move(l)), bell(executor) {}

    void end(Result<LogFile> with) {
        if (outcome) return;
        outcome = std::move(with);
        bell.ring();
    }

    const LogDoorOptions options;
    async::BlockingPool& disk;
    const base::Log log;
    const base::Secret path{"/log/" + base::random_hex(kKeyBytes)};
    bool is_used = false;
    std::uint64_t received_bytes = 0;
    std::optional<Result<LogFile>> outcome;
    async::Bell bell;
};

/// The one upload. It goes with its request: what has no end by then is removed.
class LogDoor::Upload final : public net::BodySink {
public:
    explicit Upload(std::shared_ptr<State> state) : state_(std::move(state)) {}
    ~Upload() override {
        state_->end(fail_because("logs-cut", ErrorKind::Unavailable,
                                 "the camera stopped in the middle of its logs"));
        if (descriptor_ < 0) return;
        state_->disk.post([descriptor = descriptor_, path = beside_] {
            ::close(descriptor);
            ::unlink(path.c_str());
        });
    }

    Task<Result<>> write(std::string piece) override {
        state_->received_bytes += piece.size();
        if (state_->received_bytes > state_->options.max_bytes)
            co_return failed(too_large(state_->options.max_bytes).error());
        const auto written = co_await state_->disk.run([this, &piece]() -> Result<> {
            CASEMENT_TRY(open());
            return write_all(descriptor_, piece, beside_);
        });
        if (!written) co_return failed(written.error());
        co_return Result<>{};
    }

    /// The whole body has come. The request holds the upload meanwhile.
    static Task<net::Response> finish(net::Request request) {
        co_return co_await static_cast<Upload&>(*request.sink).finish();
    }

private:
    Task<net::Response> finish() {
        if (descriptor_ < 0) {
            (void)failed(
                {ErrorKind::InvalidArgument, "logs-empty", "the camera sent logs without content"});
            co_return net::Response::text(400, "There is nothing in it.\n");
        }
        const auto stored = co_await state_->disk.run([this] { return store(); });
        if (!stored) {
            (void)failed(stored.error());
            co_return net::Response::text(500, "The logs could not be stored.\n");
        }
        state_->end(LogFile{final_path(), state_->received_bytes});
        co_return net::Response::empty(204);
    }

    std::string final_path() const {
        return fmt::format("{}/{}.tar.gz", state_->options.directory, state_->options.name);
    }
    std::unexpected<base::Error> failed(base::Error error) {
        state_->end(std::unexpected(error));
        return std::unexpected(std::move(error));
    }

    // Both block.
    Result<> open() {
        if (descriptor_ >= 0) return {};
        const std::string& folder = state_->options.directory;
        if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
            return std::unexpected(store::file_error(errno, "make " + folder));
        beside_ = fmt::format("{}/.{}.part", folder, state_->options.beside);
        descriptor_ =
            ::open(beside_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (descriptor_ < 0) return std::unexpected(store::file_error(errno, "create " + beside_));
        return {};
    }
    Result<> store() {
        if (::fsync(descriptor_) != 0)
            return std::unexpected(store::file_error(errno, "sync " + beside_));
        if (::rename(beside_.c_str(), final_path().c_str()) != 0)
            return std::unexpected(store::file_error(errno, "rename to " + final_path()));
        ::close(std::exchange(descriptor_, -1));
        return sync_folder(state_->options.directory);
    }

    const std::shared_ptr<State> state_;
    std::string beside_;
    int descriptor_ = -1;
};

struct LogDoor::Listening {
    net::HttpServer server;
    std::unique_ptr<net::Listener> listener;
    async::TaskGroup tasks;
};

LogDoor::LogDoor(std::shared_ptr<State> state, std::unique_ptr<Listening> listening)
    : state_(std::move(state)), listening_(std::move(listening)) {}

LogDoor::~LogDoor() = default;

Result<std::unique_ptr<LogDoor>> LogDoor::open(async::Executor executor, LogDoorOptions options,
                                               async::BlockingPool& disk, base::Log log) {
    const bool is_v6 = options.listen_host.contains(':');
    const std::string address = fmt::format("{}{}{}:{}", is_v6 ? "[" : "", options.listen_host,
                                            is_v6 ? "]" : "", options.port);
    CASEMENT_TRY(auto listener, net::Listener::listen(executor, {.name = "Nanit logs",
                                                                 .address = address,
                                                                 .max_connections = kMaxConnections,
                                                                 .max_per_address = kMaxPerAddress,
                                                                 .cap_loopback = true}));
    net::HttpServerOptions http;
    http.name = "Nanit logs";
    http.body_patience = options.upload_patience;
    http.security_headers = false;  // no page comes from here
    auto state = std::make_shared<State>(executor, std::move(options), disk, log);
    std::unique_ptr<Listening> listening(
        new Listening{net::HttpServer(http, log), std::move(listener), {executor, log}});

    const auto take = [state](const net::Request& request)
        -> std::expected<std::shared_ptr<net::BodySink>, net::Response> {
        const bool is_key = base::equal_in_constant_time(request.path, state->path.reveal());
        const bool is_camera =
            state->options.peer.empty() || request.remote_address == state->options.peer;
        if (!is_key || state->is_used || !is_camera) {
            state->log.debug("{} asked for what is not for it", request.remote_address);
            return std::unexpected(nothing_here());
        }
        state->is_used = true;
        const auto length =
            base::parse_number<std::uint64_t>(request.headers.get("Content-Length"));
        if (length.value_or(0) > state->options.max_bytes) {
            state->end(too_large(state->options.max_bytes));
            return std::unexpected(net::Response::text(413, "That is too long.\n"));
        }
        return std::make_shared<Upload>(state);
    };
    // The sink counts by itself: only so does whoever waits hear why.
    const auto room = static_cast<std::size_t>(state->options.max_bytes) + (std::size_t{1} << 20);
    listening->server.route("PUT", "/log/{key}",
                            [](net::Request request) { return Upload::finish(std::move(request)); },
                            {.max_body_bytes = room, .access = {}, .websocket = {}, .sinks = take});
    // 404 whatever the method: nobody learns that there is a path of this form.
    listening->server.set_guard(
        [](net::Request& request,
           const net::RouteOptions& route) -> Task<std::optional<net::Response>> {
            if (request.method == "PUT" && route.sinks) co_return std::nullopt;
            co_return nothing_here();
        });
    listening->tasks.spawn("nanit logs", [executor, raw = listening->listener.get(),
                                          handler = listening->server.acceptor()] {
        return raw->run({executor}, handler);
    });
    return std::unique_ptr<LogDoor>(new LogDoor(std::move(state), std::move(listening)));
}

std::uint16_t LogDoor::port() const { return listening_->listener->port(); }
const base::Secret& LogDoor::path() const { return state_->path; }
std::uint64_t LogDoor::received_bytes() const { return state_->received_bytes; }

Task<Result<LogFile>> LogDoor::wait(Deadline deadline) {
    while (!state_->outcome) {
        CASEMENT_CO_TRY(const bool rang, co_await state_->bell.wait_until(deadline.time()));
        if (rang) continue;
        state_->is_used = true;
        state_->end(fail_because("logs-late", ErrorKind::DeadlineExceeded,
                                 "the camera agreed and sent no logs in time"));
    }
    co_return *state_->outcome;
}

Task<> LogDoor::close() {
    listening_->listener->close();
    co_await listening_->server.stop(kGoodbye);
    co_await listening_->tasks.stop();
}

}  // namespace casement::drivers::nanit
