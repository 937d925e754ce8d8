#include "media/h265.hpp"
#include "protocols/rtp/nal_assembler.hpp"
#include "protocols/rtp/payload_depacketizers.hpp"

namespace casement::protocols::rtp {

namespace {

namespace h265 = media::h265;
using h265::NalType;

/// RFC 7798 without decoding order numbers (sprop-max-don-diff 0, as every camera has it). PACI
/// packets count as malformed.
class H265Depacketizer final : public NalAssembler {
public:
    explicit H265Depacketizer(media::CodecParametersPtr parameters)
        : NalAssembler(media::Codec::H265, std::move(parameters)) {}

private:
    bool unpack(ByteSpan payload) override {
        if (payload.size() <= h265::kNalHeaderBytes) return false;
        const NalType type = h265::type_of(payload);
        if (type == NalType::AggregationPacket)
            return add_aggregate(payload.subspan(h265::kNalHeaderBytes));
        if (type == NalType::FragmentationUnit) return unpack_fragment(payload);
        if (type >= NalType::Paci) return false;
        add(payload);
        return true;
    }

    /// RFC 7798 §4.4.3: payload header, FU header, part of the NAL unit without its header.
    bool unpack_fragment(ByteSpan payload) {
        if (payload.size() < 4) return false;
        const bool first = (payload[2] & 0x80) != 0;
        const bool last = (payload[2] & 0x40) != 0;
        if (first) {
            const std::uint8_t header[] = {
                static_cast<std::uint8_t>((payload[0] & 0x81) | (payload[2] & 0x3F) << 1),
                payload[1]};
            begin_fragment(header, payload.subspan(3));
            if (last) continue_fragment({}, true);
        } else {
            continue_fragment(payload.subspan(3), last);
        }
        return true;
    }

    Role role_of(ByteSpan nal) const override {
        const NalType type = h265::type_of(nal);
        Role role;
        role.picture = h265::is_vcl(type);
        role.key = h265::is_key(type);
        role.dropped = h265::is_dropped(type);
        // §7.3.6.1: first_slice_segment_in_pic_flag is the first bit after the header.
        if (role.picture)
            role.begins_picture =
                nal.size() > h265::kNalHeaderBytes && (nal[h265::kNalHeaderBytes] & 0x80) != 0;
        return role;
    }

    bool is_recovery_point(ByteSpan) const override {
        return false;
    }  // CRA pictures have a NAL unit type of their own
};

}  // namespace

std::unique_ptr<Depacketizer> make_h265_depacketizer(media::CodecParametersPtr parameters) {
    return std::make_unique<H265Depacketizer>(std::move(parameters));
}

}  // namespace casement::protocols::rtp
