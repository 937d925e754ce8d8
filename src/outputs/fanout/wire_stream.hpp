#pragma once
// One stream in one wire format: a single hub::Reader that packs every unit once and hands it to
// the viewers' threads.

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "async/task_group.hpp"
#include "base/mutex.hpp"
#include "hub/reader.hpp"
#include "hub/stream.hpp"
#include "outputs/fanout/shard.hpp"
#include "outputs/fanout/unit_log.hpp"
#include "outputs/fanout/wire_unit.hpp"

namespace casement::outputs::fanout {

struct WireFormat {
    /// Names the bytes: "rtsp-tcp/3", "rtmp". Two viewers with the same name get the same bytes.
    std::string name;
    std::function<std::unique_ptr<Packer>()> make_packer;
    /// Audio may wait this long for a video unit that is due within that time, so that both leave
    /// in one send; zero switches it off. The number of sends is what fan-out costs; 20 ms is one
    /// audio frame.
    std::chrono::milliseconds ride{20};
};

/// Lives on `home`; attach() may be called from any thread. Ends when the last shard is gone.
class WireStream : public std::enable_shared_from_this<WireStream> {
public:
    WireStream(std::shared_ptr<hub::Stream> stream, WireFormat format, async::Executor home);
    ~WireStream();

    /// The shard of a thread, made by `make` if there is none; it gets the newest units soon, at
    /// once when called on the home thread.
    template <typename ShardType>
    std::shared_ptr<ShardType> attach(const async::Executor& executor) {
        const std::function<std::shared_ptr<Shard>()> make = [&] {
            return std::make_shared<ShardType>(executor, shared_from_this());
        };
        return std::static_pointer_cast<ShardType>(attach(executor, make));
    }

    hub::Stream& stream() const { return *stream_; }
    const std::string& format_name() const { return format_.name; }
    /// It has failed its viewers; who comes now needs another.
    bool is_over() const { return *over_; }

private:
    struct Lane {
        async::Executor executor;
        std::weak_ptr<Shard> shard;
    };
    struct Loop;

    std::shared_ptr<Shard> attach(const async::Executor& executor,
                                  const std::function<std::shared_ptr<Shard>()>& make);

    const std::shared_ptr<hub::Stream> stream_;
    const WireFormat format_;
    const async::Executor home_;
    base::Mutex mutex_;
    std::vector<Lane> lanes_ CASEMENT_GUARDED_BY(mutex_);
    const std::shared_ptr<std::atomic<bool>> over_ = std::make_shared<std::atomic<bool>>(false);
    std::shared_ptr<Loop> loop_;  // on the home executor; its task keeps it alive
};

/// The wire streams in use. Thread-safe.
class FanOut {
public:
    /// The wire stream of (stream, format), made on `home` if nobody uses it yet.
    std::shared_ptr<WireStream> open(const std::shared_ptr<hub::Stream>& stream,
                                     const WireFormat& format, const async::Executor& home);

private:
    base::Mutex mutex_;
    std::map<std::pair<const hub::Stream*, std::string>, std::weak_ptr<WireStream>> open_
        CASEMENT_GUARDED_BY(mutex_);
};

}  // namespace casement::outputs::fanout
