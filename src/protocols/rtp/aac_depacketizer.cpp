#include <algorithm>

#include "media/aac.hpp"
#include "media/bit_reader.hpp"
#include "protocols/rtp/payload_depacketizers.hpp"
#include "protocols/rtp/unit_buffer.hpp"

namespace casement::protocols::rtp {

namespace {

/// ISO/IEC 14496-3 §4.5.1.1: 6144 bits per channel; 8 channels, and some mercy.
constexpr std::size_t kMaxFrameBytes = 16 * 1024;
/// 13 bits of size and 3 of index in a packet of 64 KiB could name thousands; senders bundle some
/// tens.
constexpr std::size_t kMaxFramesPerPacket = 256;

int samples_per_frame(const media::CodecParametersPtr& parameters) {
    if (parameters) {
        if (const auto config = media::aac::parse_config(parameters->config))
            return config->samples_per_frame();
    }
    return 1024;
}

/// Cameras were seen that leave the ADTS header in front of each frame. A raw frame cannot begin
/// with its sync word: 111 is ID_END.
ByteSpan without_adts(ByteSpan frame) {
    if (frame.size() <= media::aac::kAdtsHeaderBytes || frame[0] != 0xFF ||
        (frame[1] & 0xF6) != 0xF0)
        return frame;
    const auto header = media::aac::parse_adts(frame);
    if (!header || header->frame_bytes != frame.size() || header->header_bytes >= frame.size())
        return frame;
    return frame.subspan(header->header_bytes);
}

/// RFC 3640 §3.2.1: AU-headers-length in bits, AU headers, access units; or one fragment of one
/// access unit.
class AacDepacketizer final : public Depacketizer {
public:
    AacDepacketizer(const PayloadFormat& format, media::CodecParametersPtr parameters)
        : Depacketizer(std::move(parameters)),
          size_bits_(static_cast<unsigned>(format.size_length)),
          index_bits_(static_cast<unsigned>(format.index_length)),
          delta_bits_(static_cast<unsigned>(format.index_delta_length)),
          samples_(samples_per_frame(parameters_)),
          fragment_(kMaxFrameBytes) {}

    void push(const Packet& packet, bool lost_before, std::vector<Unit>& out) override {
        if (lost_before) lost_ = true;
        if (fragment_wanted_ > 0 && (lost_before || packet.timestamp != fragment_timestamp_)) {
            ++counters_.damaged;
            lost_ = true;
            fragment_wanted_ = 0;
        }
        if (packet.payload.empty()) return;
        if (!unpack(packet, lost_before, out)) {
            ++counters_.malformed;
            lost_ = true;
        }
    }
    void flush(std::vector<Unit>&) override {}

private:
    bool unpack(const Packet& packet, bool lost_before, std::vector<Unit>& out) {
        const ByteSpan payload = packet.payload;
        if (payload.size() < 2) return false;
        const std::size_t header_bits = static_cast<std::size_t>(payload[0]) << 8 | payload[1];
        const std::size_t header_bytes = (header_bits + 7) / 8;
        if (header_bytes > payload.size() - 2) return false;
        media::BitReader headers(payload.subspan(2, header_bytes));
        ByteSpan data = payload.subspan(2 + header_bytes);

        std::uint32_t timestamp = packet.timestamp;
        std::size_t left = header_bits;
        for (std::size_t n = 0; n < kMaxFramesPerPacket; ++n) {
            const unsigned index_bits = n == 0 ? index_bits_ : delta_bits_;
            if (left < size_bits_ + index_bits) return n > 0;
            left -= size_bits_ + index_bits;
            const auto size = static_cast<std::size_t>(headers.bits(size_bits_));
            const auto index = static_cast<std::uint32_t>(headers.bits(index_bits));
            // §3.2.1.1: AU-Index-delta counts the frames that interleaving left out.
            if (n > 0) timestamp += static_cast<std::uint32_t>(samples_) * (index + 1);
            if (size == 0) continue;
            if (size > data.size())
                return n == 0 && take_fragment(size, data, packet.timestamp, lost_before, out);
            hand_out(timestamp, data.first(size), out);
            data = data.subspan(size);
        }
        return true;
    }

    /// §3.2.3.1: every fragment carries the AU header with the size of the whole.
    bool take_fragment(std::size_t size, ByteSpan part, std::uint32_t timestamp, bool lost_before,
                       std::vector<Unit>& out) {
        if (size > kMaxFrameBytes) {
            ++counters_.oversized;
            return false;
        }
        if (fragment_wanted_ == 0) {
            if (lost_before && timestamp == fragment_timestamp_)
                return false;  // the rest of what has just been dropped
            fragment_.clear();
            fragment_wanted_ = size;
            fragment_timestamp_ = timestamp;
        }
        if (size != fragment_wanted_ || fragment_.size() + part.size() > fragment_wanted_) {
            fragment_wanted_ = 0;
            return false;
        }
        (void)fragment_.append(part);
        if (fragment_.size() == fragment_wanted_) {
            fragment_wanted_ = 0;
            hand_out(timestamp, fragment_.view(), out);
        }
        return true;
    }

    void hand_out(std::uint32_t timestamp, ByteSpan frame, std::vector<Unit>& out) {
        frame = without_adts(frame);
        out.push_back({.rtp_timestamp = timestamp,
                       .key = true,
                       .after_loss = lost_,
                       .data = media::Bytes::copy_of(frame),
                       .parameters = {}});
        lost_ = false;
        ++counters_.units;
    }

    const unsigned size_bits_, index_bits_, delta_bits_;
    const int samples_;
    bool lost_ = false;
    UnitBuffer fragment_;
    std::size_t fragment_wanted_ = 0;  // size of the frame being put together; 0 = none
    std::uint32_t fragment_timestamp_ = 0;
};

}  // namespace

std::unique_ptr<Depacketizer> make_aac_depacketizer(const PayloadFormat& format,
                                                    media::CodecParametersPtr parameters) {
    return std::make_unique<AacDepacketizer>(format, std::move(parameters));
}

}  // namespace casement::protocols::rtp
