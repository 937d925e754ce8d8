#include "protocols/rtp/reorder_buffer.hpp"

#include <algorithm>

namespace casement::protocols::rtp {

namespace {

// RFC 3550 A.1: a gap below this is loss, above it the sender has started anew.
constexpr int kMaxDropout = 3000;
// A packet this late or less is a duplicate or came after it was given up; later ones mean a
// restart.
constexpr int kMaxMisorder = 1000;

int distance(std::uint16_t from, std::uint16_t to) {
    return static_cast<std::int16_t>(static_cast<std::uint16_t>(to - from));
}

}  // namespace

std::optional<base::SteadyTime> ReorderBuffer::next_deadline() const {
    if (held_.empty()) return std::nullopt;
    return std::ranges::min(held_, {}, &Held::arrived).arrived + limits_.max_wait;
}

ReorderBuffer::Verdict ReorderBuffer::admit(const Packet& packet, base::SteadyTime now) {
    if (!started_) {
        started_ = true;
        ssrc_ = packet.ssrc;
        expected_ = packet.sequence;
        return Verdict::InOrder;
    }
    if (packet.ssrc != ssrc_) {
        restart(packet);
        return Verdict::InOrder;
    }
    const int ahead = distance(expected_, packet.sequence);
    if (ahead == 0) {
        jump_next_.reset();
        return Verdict::InOrder;
    }
    if (ahead >= kMaxDropout || ahead < -kMaxMisorder) {
        if (!confirms_jump(packet)) {
            ++counters_.late;
            return Verdict::Dropped;
        }
        restart(packet);
        return Verdict::InOrder;
    }
    jump_next_.reset();
    if (ahead < 0) {
        ++counters_.late;
        return Verdict::Dropped;
    }
    if (limits_.max_packets == 0) {
        give_up_to(packet.sequence);
        return Verdict::InOrder;
    }
    return hold(packet, now);
}

ReorderBuffer::Verdict ReorderBuffer::hold(const Packet& packet, base::SteadyTime now) {
    const auto after = std::ranges::find_if(held_, [&](const Held& held) {
        return distance(packet.sequence, held.header.sequence) >= 0;
    });
    if (after != held_.end() && after->header.sequence == packet.sequence) {
        ++counters_.late;
        return Verdict::Dropped;
    }
    Held held{.header = packet, .bytes = {}, .arrived = now};
    if (!spare_.empty()) {
        held.bytes = std::move(spare_.back());
        spare_.pop_back();
    }
    held.bytes.assign(packet.payload.begin(), packet.payload.end());
    held.header.payload = {};
    held.header.extension = {};
    held_.insert(after, std::move(held));
    ++counters_.reordered;
    return Verdict::Held;
}

bool ReorderBuffer::confirms_jump(const Packet& packet) {
    const bool confirmed = jump_next_ == packet.sequence;
    jump_next_ = static_cast<std::uint16_t>(packet.sequence + 1);
    return confirmed;
}

void ReorderBuffer::restart(const Packet& packet) {
    for (Held& held : held_) spare_.push_back(std::move(held.bytes));
    held_.clear();
    jump_next_.reset();
    ssrc_ = packet.ssrc;
    expected_ = packet.sequence;
    lost_before_next_ = true;
    ++counters_.restarts;
}

void ReorderBuffer::give_up_to(std::uint16_t sequence) {
    counters_.lost += static_cast<std::uint64_t>(distance(expected_, sequence));
    lost_before_next_ = true;
    expected_ = sequence;
}

const Packet* ReorderBuffer::take_due(base::SteadyTime now) {
    if (held_.empty()) return nullptr;
    Held& oldest = held_.front();
    if (oldest.header.sequence != expected_) {
        const bool full = held_.size() > limits_.max_packets;
        if (!full && *next_deadline() > now) return nullptr;
        give_up_to(oldest.header.sequence);
    }
    if (current_.bytes.capacity() > 0) spare_.push_back(std::move(current_.bytes));
    current_ = std::move(oldest);
    held_.erase(held_.begin());
    current_.header.payload = current_.bytes;
    return &current_.header;
}

}  // namespace casement::protocols::rtp
