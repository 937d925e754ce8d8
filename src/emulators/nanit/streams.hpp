#pragma once
// What a camera publishes: one RTMP publication for each URL that it was told, until it is told
// otherwise or forgotten.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "async/blocking_pool.hpp"
#include "async/task_group.hpp"
#include "emulators/nanit/control_session.hpp"
#include "emulators/testcam/rtmp_publisher.hpp"

namespace casement::emulators::nanit {

struct StreamTimes {
    std::chrono::milliseconds connects_after{1500};  // its answer; 1 to 3 s
    std::chrono::milliseconds tries_again_after{1000};
    /// After the last PUT_STREAMING: clients saw their pictures end after twenty minutes.
    std::chrono::milliseconds lapse = std::chrono::minutes(20);
    std::chrono::milliseconds connect_patience{10'000};  // not scaled
};

struct StreamCounters {
    std::uint64_t ended = 0;      // publications that a server had accepted
    std::uint64_t failed = 0;     // URLs given up: refused, unreachable
    std::uint64_t lapsed = 0;     // ended because nobody asked again
    std::uint64_t refreshed = 0;  // STARTED for a URL that was active
    std::size_t active = 0;       // URLs, now
    std::size_t publishing = 0;   // of them, accepted by a server
};

/// Lives on one executor; pool and clock outlive it.
class Streams : public std::enable_shared_from_this<Streams> {
public:
    /// `times` are those that really pass.
    Streams(async::Executor executor, async::BlockingPool& pool, const base::Clock& clock,
            ffmpeg::TestPictureOptions picture, StreamTimes times, const base::Log& log);

    using Owner = std::shared_ptr<ControlSession>;
    bool has(const std::string& url) const { return streams_.contains(url); }
    /// Begins, or is the refresh of one that is active.
    void start(const std::string& url, int attempts, const Owner& owner);
    void stop(const std::string& url);
    void stop_those_of(const Owner& owner);
    void stop_all();
    /// Of a client that is there, and of those that have gone.
    std::size_t count_of(const Owner& owner) const;
    std::size_t count_of_gone() const;

    // Faults.
    int refused_connects = 0;  // this many connections fail before they begin
    void freeze(bool frozen);  // pictures and sound stop, the connection stays
    void reset();              // every publication is cut, as on a bad network
    void cut();                // and forgotten, as when the power fails

    StreamCounters counters() const;
    /// Awaited before the destructor.
    async::Task<> end();

private:
    struct Stream;
    using StreamPtr = std::shared_ptr<Stream>;
    static async::Task<> publish(std::shared_ptr<Streams> self, StreamPtr stream);
    static async::Task<base::Result<>> publish_once(std::shared_ptr<Streams> self,
                                                    StreamPtr stream);
    static async::Task<> supervise(std::shared_ptr<Streams> self, StreamPtr stream);
    static async::Task<base::Result<>> open_feed(std::shared_ptr<Streams> self);
    void ask_to_end(Stream& stream);

    const async::Executor executor_;
    async::BlockingPool& pool_;
    const base::Clock& clock_;
    const ffmpeg::TestPictureOptions picture_;
    const StreamTimes times_;
    const base::Log log_;
    std::shared_ptr<testcam::Feed> feed_;
    bool frozen_ = false;
    std::map<std::string, StreamPtr> streams_;  // by URL
    StreamCounters counters_;
    async::TaskGroup tasks_;
};

}  // namespace casement::emulators::nanit
