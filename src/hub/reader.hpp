#pragma once
// A cursor in a stream's log.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "async/deadline.hpp"
#include "async/task.hpp"
#include "base/error.hpp"
#include "hub/gop_log.hpp"

namespace casement::hub {

class Stream;

/// The reader fell off the log, or the hub dropped units: what follows starts at a key frame with
/// current parameters.
struct Gap {
    std::uint64_t lost = 0;  // units
};
/// What follows decodes with these tracks. Always the first item of a reader.
struct ParametersChanged {
    TracksPtr tracks;
};
using Item = std::variant<media::AccessUnitPtr, Gap, ParametersChanged>;

struct ReaderOptions {
    /// "rtsp", "mse", "recorder"...: shown in status lists.
    std::string kind = "internal";
    /// Address of the viewer, or empty.
    std::string remote;
    /// Counts as a viewer (and keeps an on-demand stream running). False: only looks on while the
    /// stream runs anyway.
    bool viewer = true;
    bool demand = true;
    /// Start this far back where the log reaches; zero = newest key frame.
    std::chrono::milliseconds pre_roll{0};
};

/// Lives on one executor, given to Stream::subscribe: next() is called there, one at a time.
/// Destroying it leaves the stream. A slow reader never holds up the publisher: it loses units and
/// is told so.
class Reader {
public:
    Reader(Reader&&) noexcept;
    Reader& operator=(Reader&&) noexcept;
    ~Reader();

    /// The next item; waits for it. Errors: Cancelled; NotFound when the stream was removed.
    async::Task<base::Result<Item>> next();
    /// The next item if there is one now.
    std::optional<Item> try_next();
    /// Waits until try_next() gives something. Errors as next().
    async::Task<base::Result<>> wait();
    /// The same, at most until `time`: false when it came first.
    async::Task<base::Result<bool>> wait_until(std::chrono::steady_clock::time_point time);

    const std::shared_ptr<Stream>& stream() const;

private:
    friend class Stream;
    struct State;
    explicit Reader(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

}  // namespace casement::hub
