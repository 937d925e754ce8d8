#include "protocols/rtp/payload_depacketizers.hpp"

namespace casement::protocols::rtp {

namespace {

/// RFC 7587 §4.2: exactly one Opus packet. RFC 3551 §4.5.14: any number of G.711 samples.
class PlainDepacketizer final : public Depacketizer {
public:
    explicit PlainDepacketizer(media::CodecParametersPtr parameters)
        : Depacketizer(std::move(parameters)) {}

    void push(const Packet& packet, bool lost_before, std::vector<Unit>& out) override {
        lost_ = lost_ || lost_before;
        if (packet.payload.empty()) return;
        out.push_back({.rtp_timestamp = packet.timestamp,
                       .key = true,
                       .after_loss = lost_,
                       .data = media::Bytes::copy_of(packet.payload),
                       .parameters = {}});
        lost_ = false;
        ++counters_.units;
    }
    void flush(std::vector<Unit>&) override {}

private:
    bool lost_ = false;
};

}  // namespace

std::unique_ptr<Depacketizer> make_plain_depacketizer(media::CodecParametersPtr parameters) {
    return std::make_unique<PlainDepacketizer>(std::move(parameters));
}

}  // namespace casement::protocols::rtp
