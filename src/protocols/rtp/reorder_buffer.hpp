#pragma once
// Puts the packets of one SSRC back in order. What arrives in order passes without a copy; what is
// early waits, bounded in packets and in time; what does not come is reported as a loss with the
// next packet released.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "protocols/rtp/packet.hpp"

namespace casement::protocols::rtp {

struct ReorderLimits {
    /// Early packets held at most. 0: TCP; nothing is held, only gaps are noticed.
    std::size_t max_packets = 0;
    /// How long a gap may hold back what came after it.
    base::Duration max_wait = std::chrono::milliseconds(300);
};

struct ReorderCounters {
    std::uint64_t released = 0;
    std::uint64_t lost = 0;       // sequence numbers given up
    std::uint64_t late = 0;       // arrived after they were given up, or duplicates
    std::uint64_t reordered = 0;  // arrived early and were held
    std::uint64_t restarts = 0;   // new SSRC, or a jump that two packets in a row confirmed
};

/// Not thread-safe.
class ReorderBuffer {
public:
    explicit ReorderBuffer(ReorderLimits limits) : limits_(limits) {}

    /// `sink(const Packet&, bool lost_before)` is called for each packet that is due now, in order.
    /// The packet's bytes are valid only during that call.
    template <typename Sink>
    void push(const Packet& packet, base::SteadyTime now, Sink&& sink) {
        if (admit(packet, now) == Verdict::InOrder) release(packet, sink);
        drain(now, sink);
    }
    /// Releases what has waited long enough; call it at next_deadline().
    template <typename Sink>
    void poll(base::SteadyTime now, Sink&& sink) {
        drain(now, sink);
    }
    /// When poll() will have something to do; nothing while no packet waits.
    std::optional<base::SteadyTime> next_deadline() const;

    const ReorderCounters& counters() const { return counters_; }

private:
    enum class Verdict { InOrder, Held, Dropped };
    struct Held {
        Packet header;  // its payload points into `bytes` once released
        std::vector<std::uint8_t> bytes;
        base::SteadyTime arrived;
    };

    Verdict admit(const Packet& packet, base::SteadyTime now);
    Verdict hold(const Packet& packet, base::SteadyTime now);
    void restart(const Packet& packet);
    bool confirms_jump(const Packet& packet);
    void give_up_to(std::uint16_t sequence);
    /// The next held packet that is due, moved into `current_`; null when none is.
    const Packet* take_due(base::SteadyTime now);

    template <typename Sink>
    void release(const Packet& packet, Sink& sink) {
        const bool lost = lost_before_next_;
        lost_before_next_ = false;
        expected_ = static_cast<std::uint16_t>(packet.sequence + 1);
        ++counters_.released;
        sink(packet, lost);
    }
    template <typename Sink>
    void drain(base::SteadyTime now, Sink& sink) {
        while (const Packet* due = take_due(now)) release(*due, sink);
    }

    ReorderLimits limits_;
    ReorderCounters counters_;
    bool started_ = false;
    std::uint32_t ssrc_ = 0;
    std::uint16_t expected_ = 0;
    bool lost_before_next_ = false;
    std::optional<std::uint16_t> jump_next_;  // RFC 3550 A.1 bad_seq: what would confirm a jump
    std::vector<Held> held_;                  // sorted by sequence, oldest first
    std::vector<std::vector<std::uint8_t>> spare_;  // blocks of released packets, for reuse
    Held current_;
};

}  // namespace casement::protocols::rtp
