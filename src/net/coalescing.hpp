#pragma once
// Receive coalescing: many small messages in one wake-up, for connections whose bytes nobody waits
// for at this moment.

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "net/stream.hpp"

namespace casement::net {

/// While `may_wait` says so, the kernel gathers what arrives (SO_RCVLOWAT, socket(7)) until it is
/// worth about kWindow at the rate of the last moments; otherwise bytes are handed out as they
/// come. A connection whose rate falls is back to that within two periods, so nothing is held for
/// longer; the end of the connection is told at once in any case. Only waits change: a read gives
/// what is there.
///
/// Lives on the stream's executor. The stream must outlive it, closed or not. `may_wait` is asked
/// once per period, and never after the destructor, which lets everything flow again.
class Coalescing {
public:
    /// Two pictures of 25 frames a second and the sound beside them.
    static constexpr std::chrono::milliseconds kWindow{80};
    /// How often the rate is measured and `may_wait` is asked.
    static constexpr std::chrono::milliseconds kPeriod{250};

    Coalescing(Stream& stream, std::function<bool()> may_wait,
               std::chrono::milliseconds period = kPeriod);
    ~Coalescing();
    Coalescing(const Coalescing&) = delete;
    Coalescing& operator=(const Coalescing&) = delete;

    /// Bytes that were read.
    void count(std::size_t bytes);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace casement::net
