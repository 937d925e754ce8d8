#pragma once
// SIGHUP: read, check the whole, compare, touch only what changed. A file with an error changes
// nothing.

#include <functional>

#include "app/config/diff.hpp"
#include "app/config/load.hpp"
#include "async/bell.hpp"
#include "base/log.hpp"

namespace casement::app {

/// Lives on one executor.
class Reload {
public:
    /// Reads the configuration anew: config::load of the file that the hub was started with.
    /// Errors: the file is gone.
    using Read = std::function<base::Result<config::Loaded>()>;
    /// Brings the running hub from one to the other; called for every good file, also when nothing
    /// in it changed. Reports its own failures; the new configuration is then the current one.
    using Apply =
        std::function<async::Task<>(const config::Config& config, const config::Changes& changes)>;

    Reload(const async::Executor& executor, base::Log log, config::Config current, Read read,
           Apply apply);

    /// Asks for a reload soon. Requests during a reload are one more reload after it.
    void request() { bell_.ring(); }
    /// Reloads on request until cancelled.
    async::Task<> run();
    /// One reload now. False when the file has errors and nothing was touched.
    async::Task<bool> once();

    const config::Config& current() const { return current_; }

private:
    base::Log log_;
    config::Config current_;
    Read read_;
    Apply apply_;
    async::Bell bell_;
};

/// A line per problem: errors as errors, warnings as warnings.
void log_problems(const base::Log& log, const config::Problems& problems);

}  // namespace casement::app
