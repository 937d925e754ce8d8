#pragma once
// The registry of streams.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "hub/push_door.hpp"
#include "hub/stream.hpp"
#include "hub/supervisor.hpp"

namespace casement::hub {

struct StreamOptions {
    GopLogLimits log;
    SupervisorOptions supervisor;
    /// After each change of phase, on the thread that caused it.
    std::function<void()> on_status_changed;
};

/// Thread-safe for find() and list(). add(), remove() and stop() are called from one coroutine at a
/// time (the application's).
class StreamHub {
public:
    /// `executors`: one per io thread; streams are spread over them.
    StreamHub(std::vector<async::Executor> executors, const base::Clock& clock, base::Log log);
    ~StreamHub();

    /// Makes and starts a stream. FailedPrecondition when the name is taken.
    base::Result<std::shared_ptr<Stream>> add(std::string name, SourceFactory factory,
                                              StreamOptions options);
    /// The executor on which the sources of the next added stream will live, for factories that
    /// need it beforehand.
    async::Executor next_executor() const;
    /// Ends the camera's session, then the readers. NotFound when there is none.
    async::Task<base::Result<>> remove(std::string name);
    /// All of them at once; awaits every polite end.
    async::Task<> stop();

    /// By its name, or by another one that it was given.
    std::shared_ptr<Stream> find(std::string_view name) const;
    /// Another name for viewers of this stream, whenever there is one: what programs that were set
    /// up for somebody else's server ask for. A stream's own name goes before it.
    void add_alias(std::string alias, std::string name);
    std::vector<std::shared_ptr<Stream>> list() const;
    void retry_now(std::string_view name);
    /// Supervisor::restart of this stream, if there is one.
    void restart(std::string_view name);
    /// Supervisor::set_demand of this stream, if there is one.
    void set_demand(std::string_view name, bool always, std::chrono::milliseconds linger);

    PushDoor& push_door() { return push_door_; }
    const std::vector<async::Executor>& executors() const { return executors_; }

private:
    struct Entry {
        std::shared_ptr<Stream> stream;
        std::shared_ptr<Supervisor> supervisor;
    };

    std::shared_ptr<Supervisor> supervisor(std::string_view name) const;

    const std::vector<async::Executor> executors_;
    const base::Clock& clock_;
    const base::Log log_;
    PushDoor push_door_;
    mutable base::Mutex mutex_;
    std::map<std::string, Entry, std::less<>> entries_ CASEMENT_GUARDED_BY(mutex_);
    std::map<std::string, std::string, std::less<>> aliases_ CASEMENT_GUARDED_BY(mutex_);
    std::size_t next_ CASEMENT_GUARDED_BY(mutex_) = 0;
};

}  // namespace casement::hub
