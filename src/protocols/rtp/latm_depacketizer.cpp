#include "media/aac.hpp"
#include "protocols/rtp/payload_depacketizers.hpp"
#include "protocols/rtp/unit_buffer.hpp"

namespace casement::protocols::rtp {

namespace {

constexpr std::size_t kMaxElementBytes = 64 * 1024;

/// RFC 6416 §6: audioMuxElement(0) of ISO/IEC 14496-3 §1.7.3 with its StreamMuxConfig in the SDP
/// (cpresent=0), one program, one layer.
class LatmDepacketizer final : public Depacketizer {
public:
    explicit LatmDepacketizer(media::CodecParametersPtr parameters)
        : Depacketizer(std::move(parameters)), element_(kMaxElementBytes) {
        if (!parameters_) return;
        if (const auto config = media::aac::parse_config(parameters_->config))
            samples_ = static_cast<std::uint32_t>(config->samples_per_frame());
    }

    void push(const Packet& packet, bool lost_before, std::vector<Unit>& out) override {
        if (lost_before) {
            lost_ = true;
            damaged_ = damaged_ || !element_.empty();
            in_doubt_ = true;
        }
        if (!element_.empty() && packet.timestamp != timestamp_) finish(out);  // marker missing
        timestamp_ = packet.timestamp;
        if (!element_.append(packet.payload)) {
            ++counters_.oversized;
            damaged_ = true;
        }
        if (packet.marker) finish(out);
    }
    void flush(std::vector<Unit>& out) override {
        if (!element_.empty()) finish(out);
    }

private:
    void finish(std::vector<Unit>& out) {
        // After a gap the element's beginning may be missing; the lengths inside tell.
        if (damaged_ || !split(out)) {
            ++(damaged_ || in_doubt_ ? counters_.damaged : counters_.malformed);
            lost_ = true;
        }
        element_.clear();
        damaged_ = in_doubt_ = false;
    }

    bool split(std::vector<Unit>& out) {
        // §1.7.3.1 PayloadLengthInfo: bytes of 255 and one below, added up. Checked as a whole
        // before anything is handed out.
        for (const bool check_only : {true, false}) {
            ByteSpan rest = element_.view();
            std::uint32_t timestamp = timestamp_;
            while (!rest.empty()) {
                std::size_t size = 0, at = 0;
                while (at < rest.size() && rest[at] == 255) size += rest[at++];
                if (at == rest.size()) return false;
                size += rest[at++];
                if (size > rest.size() - at) return false;
                if (!check_only && size > 0) hand_out(timestamp, rest.subspan(at, size), out);
                timestamp += samples_;
                rest = rest.subspan(at + size);
            }
        }
        return true;
    }

    void hand_out(std::uint32_t timestamp, ByteSpan frame, std::vector<Unit>& out) {
        out.push_back({.rtp_timestamp = timestamp,
                       .key = true,
                       .after_loss = lost_,
                       .data = media::Bytes::copy_of(frame),
                       .parameters = {}});
        lost_ = false;
        ++counters_.units;
    }

    UnitBuffer element_;
    std::uint32_t timestamp_ = 0;
    std::uint32_t samples_ = 1024;
    bool lost_ = false, damaged_ = false, in_doubt_ = false;
};

}  // namespace

std::unique_ptr<Depacketizer> make_latm_depacketizer(const PayloadFormat&,
                                                     media::CodecParametersPtr parameters) {
    return std::make_unique<LatmDepacketizer>(std::move(parameters));
}

}  // namespace casement::protocols::rtp
