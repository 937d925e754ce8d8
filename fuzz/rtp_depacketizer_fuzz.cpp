// The first byte chooses the payload format, then records: flags (marker, loss, new timestamp),
// length, payload.
#include "base/byte_reader.hpp"
#include "media/track.hpp"
#include "protocols/rtp/depacketizer.hpp"

using namespace casement;
using namespace casement::protocols::rtp;

namespace {

PayloadFormat format_of(std::uint8_t choice) {
    PayloadFormat format;
    format.codec = static_cast<media::Codec>(choice % 7);
    format.latm = choice & 0x80;
    if (choice & 0x40)
        format.size_length = choice & 0x1F, format.index_length = choice >> 3 & 3,
        format.index_delta_length = choice & 7;
    if (format.size_length == 0) format.size_length = 1;
    return format;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    base::ByteReader in({data, size});
    const auto depacketizer = make_depacketizer(format_of(in.u8()), nullptr);
    std::vector<Unit> units;
    Packet packet;
    while (!in.at_end() && !in.failed()) {
        const std::uint8_t flags = in.u8();
        const std::size_t length = flags & 8 ? in.u16() : in.u8();
        packet.marker = flags & 1;
        if (flags & 4) packet.timestamp += 3000;
        ++packet.sequence;
        packet.payload = in.take(std::min(length, in.left()));
        depacketizer->push(packet, flags & 2, units);
        if (units.size() > 64) units.clear();
    }
    depacketizer->flush(units);
    return 0;
}
