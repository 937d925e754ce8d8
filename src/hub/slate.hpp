#pragma once
// What viewers see while the camera is away: its own last key frame again and again, and silence,
// on a running clock. The decoder set-up is the camera's by construction, so nobody has to
// renegotiate.

#include <chrono>
#include <memory>
#include <vector>

#include "hub/stream.hpp"
#include "hub/stream_writer.hpp"

namespace casement::hub {

/// Lives on the stream's executor, between two runs.
class Slate {
public:
    /// Nothing when the stream has never shown a picture.
    static std::unique_ptr<Slate> make(const std::shared_ptr<Stream>& stream);

    /// Writes everything due by `now`; answers when to be called again.
    base::SteadyTime write_until(base::SteadyTime now);

private:
    struct Lane {
        media::Track track;
        media::Bytes data;
        std::chrono::nanoseconds period{};
        std::int64_t step_ticks = 0;
        std::int64_t next_dts = 0;
        base::SteadyTime next_at{};
    };
    explicit Slate(const std::shared_ptr<Stream>& stream);

    StreamWriter writer_;
    std::vector<Lane> lanes_;
};

}  // namespace casement::hub
