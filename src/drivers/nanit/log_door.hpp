#pragma once
// Where one camera puts its logs: plain HTTP, PUT to a path that nobody guesses, open for one
// upload.

#include <memory>
#include <string>

#include "async/blocking_pool.hpp"
#include "async/deadline.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"

namespace casement::drivers::nanit {

struct LogDoorOptions {
    std::string listen_host = "0.0.0.0";
    std::uint16_t port = 0;  // 0 = any free one
    /// Of the file: "<directory>/<name>.tar.gz". The folder is made where it is missing.
    std::string directory{}, name{};
    /// While it is written, hidden beside it; one at a time has this name.
    std::string beside{};
    /// Only from there. Empty = from anybody who knows the path.
    std::string peer{};
    std::uint64_t max_bytes = std::uint64_t{64} << 20;
    std::chrono::milliseconds upload_patience{30'000};  // without a byte
};

struct LogFile {
    std::string path;
    std::uint64_t size_bytes = 0;
};

/// Lives on one executor. The pool outlives it and its connections. Await close() before it goes.
class LogDoor {
public:
    /// The errors of net::Listener::listen().
    static base::Result<std::unique_ptr<LogDoor>> open(async::Executor executor,
                                                       LogDoorOptions options,
                                                       async::BlockingPool& disk, base::Log log);
    ~LogDoor();

    std::uint16_t port() const;
    /// "/log/0123456789abcdef0123456789abcdef": who knows it may upload, once.
    const base::Secret& path() const;
    std::uint64_t received_bytes() const;

    /// The file, whole and on the disk. DeadlineExceeded "logs-late"; ResourceExhausted
    /// "logs-too-large" or "disk-full"; Unavailable "logs-cut" when the upload ended before its
    /// end; InvalidArgument "logs-empty"; Cancelled. After any of them nothing of it is there.
    async::Task<base::Result<LogFile>> wait(async::Deadline deadline);
    /// No more connections; an answer under way is sent.
    async::Task<> close();

private:
    class Upload;
    struct State;
    struct Listening;
    explicit LogDoor(std::shared_ptr<State> state, std::unique_ptr<Listening> listening);
    const std::shared_ptr<State> state_;
    const std::unique_ptr<Listening> listening_;
};

}  // namespace casement::drivers::nanit
