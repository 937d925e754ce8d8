#include "protocols/rtp/receiver_stats.hpp"

#include <algorithm>
#include <chrono>

namespace casement::protocols::rtp {

namespace {

// RFC 3550 A.1.
constexpr std::uint16_t kMaxDropout = 3000;
constexpr std::uint16_t kMaxMisorder = 100;
constexpr std::uint32_t kSequenceModulus = 1u << 16;
constexpr std::uint32_t kNoBadSequence = kSequenceModulus + 1;  // equals no sequence number

// RFC 3550 §6.4.1: 24 bits, signed.
constexpr std::int64_t kMaxCumulativeLost = 0x7FFFFF;
constexpr std::int64_t kMinCumulativeLost = -0x800000;

std::int64_t since_epoch_ticks(base::SteadyTime time, std::uint32_t clock_rate) {
    using namespace std::chrono;
    const auto us = duration_cast<microseconds>(time.time_since_epoch()).count();
    return us / 1'000'000 * clock_rate + us % 1'000'000 * clock_rate / 1'000'000;
}

}  // namespace

void ReceiverStats::restart(const Packet& packet) {
    heard_ = true;
    ssrc_ = packet.ssrc;
    cycles_ = 0;
    highest_ = packet.sequence;
    base_sequence_ = packet.sequence;
    bad_sequence_ = kNoBadSequence;
    received_ = received_prior_ = 0;
    expected_prior_ = 0;
    has_transit_ = false;
}

void ReceiverStats::on_packet(const Packet& packet, base::SteadyTime arrived) {
    if (!heard_ || packet.ssrc != ssrc_) {
        if (heard_) last_report_ntp_ = 0;  // that was another sender's
        restart(packet);
        jitter_q4_ = 0;
    } else {
        const auto ahead = static_cast<std::uint16_t>(packet.sequence - highest_);
        if (ahead < kMaxDropout) {
            if (packet.sequence < highest_) cycles_ += kSequenceModulus;
            highest_ = packet.sequence;
        } else if (ahead <= kSequenceModulus - kMaxMisorder) {
            if (packet.sequence != bad_sequence_) {
                bad_sequence_ = (packet.sequence + 1u) & (kSequenceModulus - 1);
                return;
            }
            restart(packet);  // two in a row: the sender started anew
        }
    }
    ++received_;

    // RFC 3550 §6.4.1 and A.8. Arithmetic modulo 2^32, as the timestamps are.
    const auto transit =
        static_cast<std::uint32_t>(since_epoch_ticks(arrived, clock_rate_)) - packet.timestamp;
    if (has_transit_) {
        const auto step = static_cast<std::int32_t>(transit - transit_);
        const std::int64_t magnitude = step < 0 ? -static_cast<std::int64_t>(step) : step;
        jitter_q4_ += magnitude - ((jitter_q4_ + 8) >> 4);
    }
    transit_ = transit;
    has_transit_ = true;
}

void ReceiverStats::on_sender_report(const rtcp::SenderReport& report, base::SteadyTime arrived) {
    if (!heard_) ssrc_ = report.ssrc;
    if (report.ssrc != ssrc_) return;
    last_report_ntp_ = static_cast<std::uint32_t>(report.ntp >> 16);
    last_report_at_ = arrived;
}

std::int64_t ReceiverStats::lost() const {
    if (!heard_) return 0;
    const std::int64_t expected =
        static_cast<std::int64_t>(extended_highest()) - base_sequence_ + 1;
    return expected - static_cast<std::int64_t>(received_);
}

rtcp::ReportBlock ReceiverStats::next_report(base::SteadyTime now) {
    using namespace std::chrono;
    rtcp::ReportBlock block;
    block.ssrc = ssrc_;
    if (heard_) {
        block.highest_sequence = extended_highest();
        block.cumulative_lost =
            static_cast<std::int32_t>(std::clamp(lost(), kMinCumulativeLost, kMaxCumulativeLost));
        block.jitter = jitter();
        // RFC 3550 A.3.
        const std::uint32_t expected = extended_highest() - base_sequence_ + 1;
        const std::int64_t expected_now = static_cast<std::int64_t>(expected) - expected_prior_;
        const std::int64_t received_now = static_cast<std::int64_t>(received_ - received_prior_);
        const std::int64_t lost_now = expected_now - received_now;
        if (expected_now > 0 && lost_now > 0)
            block.fraction_lost = static_cast<std::uint8_t>(
                std::min<std::int64_t>(255, lost_now * 256 / expected_now));
        expected_prior_ = expected;
        received_prior_ = received_;
    }
    if (last_report_ntp_ != 0) {
        block.last_sr = last_report_ntp_;
        const auto us = duration_cast<microseconds>(now - last_report_at_).count();
        block.delay_since_last_sr = static_cast<std::uint32_t>(
            std::clamp<std::int64_t>(us, 0, 3'600'000'000) * 65'536 / 1'000'000);
    }
    return block;
}

}  // namespace casement::protocols::rtp
