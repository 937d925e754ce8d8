#include "media/h264.hpp"
#include "protocols/rtp/nal_assembler.hpp"
#include "protocols/rtp/payload_depacketizers.hpp"

namespace casement::protocols::rtp {

namespace {

namespace h264 = media::h264;
using h264::NalType;

/// RFC 6184, packetization modes 0 and 1. Mode 2 (interleaved) is in no camera we know; its types
/// count as malformed.
class H264Depacketizer final : public NalAssembler {
public:
    explicit H264Depacketizer(media::CodecParametersPtr parameters)
        : NalAssembler(media::Codec::H264, std::move(parameters)) {}

private:
    bool unpack(ByteSpan payload) override {
        const NalType type = h264::type_of(payload);
        if (type == NalType::StapA) return add_aggregate(payload.subspan(1));
        if (type == NalType::FuA) return unpack_fragment(payload);
        if (type == static_cast<NalType>(0) || type >= NalType::StapB) return false;
        add(payload);
        return true;
    }

    /// RFC 6184 §5.8: indicator, header, part of the NAL unit without its first byte.
    bool unpack_fragment(ByteSpan payload) {
        if (payload.size() < 2) return false;
        const bool first = (payload[1] & 0x80) != 0;
        const bool last = (payload[1] & 0x40) != 0;
        if (first) {
            const std::uint8_t header[] = {
                static_cast<std::uint8_t>((payload[0] & 0xE0) | (payload[1] & 0x1F))};
            begin_fragment(header, payload.subspan(2));
            if (last) continue_fragment({}, true);  // forbidden, and sent all the same
        } else {
            continue_fragment(payload.subspan(2), last);
        }
        return true;
    }

    Role role_of(ByteSpan nal) const override {
        const NalType type = h264::type_of(nal);
        Role role;
        role.picture = h264::is_vcl(type);
        role.key = h264::is_key(type);
        role.dropped = h264::is_dropped(type);
        role.message = type == NalType::Sei;
        // §7.3.3: first_mb_in_slice is ue(v); zero is a single set bit.
        const bool has_slice_header =
            type == NalType::Slice || type == NalType::PartitionA || type == NalType::Idr;
        if (role.picture)
            role.begins_picture = has_slice_header && nal.size() > 1 && (nal[1] & 0x80) != 0;
        return role;
    }

    bool is_recovery_point(ByteSpan unit) const override { return h264::is_key(unit); }
};

}  // namespace

std::unique_ptr<Depacketizer> make_h264_depacketizer(media::CodecParametersPtr parameters) {
    return std::make_unique<H264Depacketizer>(std::move(parameters));
}

}  // namespace casement::protocols::rtp
