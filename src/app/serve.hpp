#pragma once
// The life of the hub's process: log, lock, threads, the hub itself, signals, reload, the end in
// stages.

#include <functional>
#include <memory>
#include <string>

#include "app/config/diff.hpp"
#include "app/io_threads.hpp"
#include "app/run.hpp"
#include "app/shutdown.hpp"

namespace casement::app {

/// The hub while it runs, as its process drives it. Every member is called on the first io thread.
class RunningHub {
public:
    virtual ~RunningHub() = default;

    /// Brings what runs over to `config`; touches only what `changes` names. Reports its own
    /// failures.
    virtual async::Task<> apply(const config::Config& config, const config::Changes& changes) = 0;
    /// Adds its stages: listeners to close, sources and viewers to end, what to cut off.
    virtual void add_stages(Shutdown& shutdown) = 0;
    /// Returns when no blocking call of the hub runs any more. Called after the io threads have
    /// ended.
    virtual void finish_blocking_calls() = 0;
};

/// Builds the hub and starts it. An error is a reason not to run at all: the data directory is not
/// usable. A taken port is none.
using MakeHub = std::function<async::Task<base::Result<std::unique_ptr<RunningHub>>>(
    const Start& start, IoThreads& threads)>;

struct ServeOptions {
    std::chrono::milliseconds patience = Shutdown::kPatience;
    /// Called on the first io thread once the hub runs; for tests.
    std::function<void(Shutdown& shutdown)> on_running;
};

/// Runs until SIGINT or SIGTERM; the exit status. The data directory is made where it is missing
/// and locked while the hub runs.
int serve(const Start& start, const MakeHub& make_hub, std::ostream& err,
          const ServeOptions& options = {});

/// Level, format and components as the configuration says; again at a reload.
void set_up_logging(const config::Logging& logging, const config::Environment& environment);

}  // namespace casement::app
