#pragma once
// A camera's logs: it is asked for them, takes its time, and puts them to a door that is open
// meanwhile.

#include <optional>
#include <string>

#include "async/blocking_pool.hpp"
#include "async/task_group.hpp"
#include "base/clock.hpp"
#include "drivers/nanit/control.hpp"
#include "drivers/nanit/log_door.hpp"
#include "drivers/nanit/log_shelf.hpp"

namespace casement::drivers::nanit {

struct LogOptions {
    std::string directory{};              // "data/logs"
    std::string listen_host = "0.0.0.0";  // of the door
    /// This hub as the camera sees it: an address of the house, no name.
    std::string hub_host{};
    bool allow_loopback = false;  // tests, the demo
    // Real cameras were seen to take minutes.
    std::chrono::milliseconds patience{600'000};
    std::chrono::milliseconds answer{10'000};  // to the question; never scaled
    LogLimits limits{};
};

/// How far the last question for logs came.
struct LogState {
    enum class Word : std::uint8_t { None, Waiting, Receiving, Stored, Failed };
    Word word = Word::None;
    std::uint64_t received_bytes = 0;
    std::optional<LogFile> file;       // Stored
    std::optional<base::Error> error;  // Failed
};

/// "none", "waiting", "receiving", "stored", "failed".
std::string_view to_string(LogState::Word word);

/// Lives on the executor of its camera. Control, pool and clock outlive it. Await stop() before it
/// goes.
class Logs {
public:
    Logs(async::Executor executor, Control& control, async::BlockingPool& disk,
         const base::Clock& clock, LogOptions options, base::Log log);

    /// Asks camera `id` and returns; state() tells the rest. `peer`: the camera's address where it
    /// is certain. FailedPrecondition "logs-awaited" while they are on their way, InvalidArgument
    /// "hub-unreachable" when the camera cannot be told where this hub is, those of listening.
    base::Result<> begin(const std::string& id, std::string peer);
    LogState state() const;
    /// Removes archives of camera `id` that are too many or too old; done after each new one too.
    async::Task<> tidy(std::string id);
    async::Task<> stop();

private:
    async::Task<> run(std::string id);
    async::Task<base::Result<LogFile>> fetch();
    base::Secret url() const;

    const async::Executor executor_;
    Control& control_;
    async::BlockingPool& disk_;
    const base::Clock& clock_;
    const LogOptions options_;
    const base::Log log_;
    LogState state_;
    std::unique_ptr<LogDoor> door_;  // while they are awaited
    async::TaskGroup tasks_;
};

}  // namespace casement::drivers::nanit
