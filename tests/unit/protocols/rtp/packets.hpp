#pragma once
// Short ways to say packets and units in the tests of this folder.

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "media/access_unit.hpp"
#include "media/nal.hpp"
#include "media/track.hpp"
#include "protocols/rtp/depacketizer.hpp"
#include "protocols/rtp/packet.hpp"

namespace casement::protocols::rtp::testing {

using Octets = std::vector<std::uint8_t>;

inline Octets hex(std::string_view text) {
    Octets out;
    int high = -1;
    for (const char c : text) {
        const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0) continue;
        if (high < 0) {
            high = digit;
        } else {
            out.push_back(static_cast<std::uint8_t>(high << 4 | digit));
            high = -1;
        }
    }
    return out;
}

inline Octets operator+(Octets a, const Octets& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

inline Octets filled(std::size_t count, std::uint8_t value = 0xAB) { return Octets(count, value); }

/// A NAL unit of `size` bytes whose content depends on its position, so that misplaced fragments
/// show.
inline Octets nal(std::uint8_t first, std::size_t size) {
    Octets out(size);
    for (std::size_t i = 0; i < size; ++i)
        out[i] = static_cast<std::uint8_t>(0x80 | (i * 7 & 0x7F));
    out[0] = first;
    return out;
}

inline Octets with_length(const Octets& nal_unit) {
    const std::size_t n = nal_unit.size();
    return Octets{static_cast<std::uint8_t>(n >> 24), static_cast<std::uint8_t>(n >> 16),
                  static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)} +
           nal_unit;
}

inline Octets joined(std::initializer_list<Octets> nals) {
    Octets out;
    for (const Octets& one : nals) out = out + with_length(one);
    return out;
}

inline Octets octets_of(const media::Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

/// Feeds payloads with running sequence numbers.
class Feed {
public:
    explicit Feed(std::unique_ptr<Depacketizer> depacketizer)
        : depacketizer_(std::move(depacketizer)) {}

    Feed& packet(std::uint32_t timestamp, const Octets& payload, bool marker = false) {
        Packet packet;
        packet.timestamp = timestamp;
        packet.marker = marker;
        packet.sequence = sequence_++;
        // An exact heap block, so that ASan sees any read beyond it.
        const auto block = std::make_unique<std::uint8_t[]>(payload.size());
        std::copy(payload.begin(), payload.end(), block.get());
        packet.payload = {block.get(), payload.size()};
        depacketizer_->push(packet, std::exchange(lost_, false), units);
        return *this;
    }
    Feed& lose() {
        lost_ = true;
        ++sequence_;
        return *this;
    }
    Feed& flush() {
        depacketizer_->flush(units);
        return *this;
    }
    const Depacketizer& depacketizer() const { return *depacketizer_; }
    const DepacketizerCounters& counters() const { return depacketizer_->counters(); }

    std::vector<Unit> units;

private:
    std::unique_ptr<Depacketizer> depacketizer_;
    std::uint16_t sequence_ = 65'530;
    bool lost_ = false;
};

inline media::AccessUnit unit_of(const Octets& data, bool key = false, std::int64_t pts = 0) {
    media::AccessUnit unit;
    unit.key = key;
    unit.pts = unit.dts = pts;
    unit.data = media::Bytes::copy_of(data);
    return unit;
}

}  // namespace casement::protocols::rtp::testing
