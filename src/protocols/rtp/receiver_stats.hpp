#pragma once
// What a receiver knows of one SSRC, for its report blocks (RFC 3550 §6.4.1, A.1, A.3, A.8).

#include <cstdint>

#include "base/clock.hpp"
#include "protocols/rtcp/rtcp.hpp"
#include "protocols/rtp/packet.hpp"

namespace casement::protocols::rtp {

/// Not thread-safe.
class ReceiverStats {
public:
    explicit ReceiverStats(std::uint32_t clock_rate) : clock_rate_(clock_rate) {}

    void on_packet(const Packet& packet, base::SteadyTime arrived);
    void on_sender_report(const rtcp::SenderReport& report, base::SteadyTime arrived);

    bool heard() const { return heard_; }
    /// Sender of the stream; 0 before the first packet and sender report.
    std::uint32_t ssrc() const { return ssrc_; }
    std::uint64_t received() const { return received_; }
    std::int64_t lost() const;
    /// In ticks of the RTP clock.
    std::uint32_t jitter() const { return static_cast<std::uint32_t>(jitter_q4_ >> 4); }

    /// The block of the next report; starts a new interval for the fraction lost. Zeroes before any
    /// packet.
    rtcp::ReportBlock next_report(base::SteadyTime now);

private:
    void restart(const Packet& packet);
    std::uint32_t extended_highest() const { return cycles_ + highest_; }

    std::uint32_t clock_rate_;
    bool heard_ = false;
    std::uint32_t ssrc_ = 0;
    std::uint32_t cycles_ = 0;
    std::uint16_t highest_ = 0;
    std::uint32_t base_sequence_ = 0;
    std::uint32_t bad_sequence_ = 0;
    std::uint64_t received_ = 0;
    std::uint32_t expected_prior_ = 0;
    std::uint64_t received_prior_ = 0;
    std::int64_t jitter_q4_ = 0;  // scaled by 16 as in RFC 3550 A.8
    bool has_transit_ = false;
    std::uint32_t transit_ = 0;
    std::uint32_t last_report_ntp_ = 0;  // middle 32 bits
    base::SteadyTime last_report_at_{};
};

}  // namespace casement::protocols::rtp
