#pragma once
// Where a stream that is open takes sound for its camera.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "async/task.hpp"
#include "base/mutex.hpp"

namespace casement::camera {

/// Between a stream, which opens and shuts it, and a talk. Thread-safe.
class BackChannel {
public:
    /// Takes sound as the vendor wants it; none ends the talk. False when the stream is gone.
    using Send = std::function<bool(std::vector<std::uint8_t> sound)>;

    /// `send` is called on `there`.
    void open(async::Executor there, Send send);
    void shut();
    bool is_open() const;

    /// Unavailable while no stream is open.
    async::Task<base::Result<>> send(std::vector<std::uint8_t> sound);
    /// The same, without waiting for how it went.
    void post(std::vector<std::uint8_t> sound);

private:
    struct Way {
        async::Executor there;
        Send send;
    };
    mutable base::Mutex mutex_;
    std::optional<Way> way_ CASEMENT_GUARDED_BY(mutex_);
};

}  // namespace casement::camera
