#pragma once
// A stretch of a camera's stream into an MP4 file of its own, for clients of the old interface:
// what the recorder keeps is the recorder's.

#include <chrono>
#include <string>

#include "async/blocking_pool.hpp"
#include "async/task_group.hpp"
#include "hub/stream_hub.hpp"

namespace casement::app {

/// Lives on one executor. `disk` and `hub` outlive it.
class Clips {
public:
    Clips(async::Executor executor, hub::StreamHub& hub, async::BlockingPool& disk,
          std::string directory, const base::Clock& clock, base::Log log);

    /// The file that will be there when the time is over, "<directory>/<camera>-<time>-<some
    /// digits>.mp4"; until then it has ".part" behind its name. The stream is opened for it and
    /// counts from its first picture. NotFound without such a stream, ResourceExhausted when kMost
    /// are under way.
    base::Result<std::string> record(const std::string& camera, std::chrono::seconds length);
    async::Task<> stop();

    static constexpr std::size_t kMost = 4;
    static constexpr std::chrono::seconds kLongest{600};

private:
    async::Task<> write(std::shared_ptr<hub::Stream> stream, std::string path,
                        std::chrono::seconds length);
    async::Task<base::Result<>> fill(std::shared_ptr<hub::Stream> stream, std::string part,
                                     std::chrono::seconds length);
    async::Task<base::Result<>> append(std::string path, std::vector<std::uint8_t> bytes);

    const async::Executor executor_;
    hub::StreamHub& hub_;
    async::BlockingPool& disk_;
    const std::string directory_;
    const base::Clock& clock_;
    const base::Log log_;
    async::TaskGroup tasks_;
};

}  // namespace casement::app
