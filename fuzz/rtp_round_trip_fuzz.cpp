// Whatever an access unit holds, packing it and taking it apart again gives the same unit, or
// nothing.
#include <cstdlib>

#include "base/byte_reader.hpp"
#include "media/access_unit.hpp"
#include "media/nal.hpp"
#include "protocols/rtp/depacketizer.hpp"
#include "protocols/rtp/packetizer.hpp"

using namespace casement;
using namespace casement::protocols::rtp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    PacketizerSetup setup;
    setup.format.codec = static_cast<media::Codec>(data[0] % 7);
    setup.max_packet_bytes = kMinMaxPacketBytes + data[1];
    Packetizer packetizer(setup);
    media::AccessUnit unit;
    unit.data = media::Bytes::copy_of({data + 2, size - 2});
    std::vector<std::uint8_t> block;
    std::vector<PacketRange> ranges;
    if (!packetizer.pack(unit, nullptr, block, ranges)) return 0;
    const auto depacketizer = make_depacketizer(setup.format, nullptr);
    std::vector<Unit> units;
    for (const PacketRange& range : ranges) {
        const auto packet = Packet::parse(base::ByteSpan(block).subspan(range.offset, range.size));
        if (!packet) std::abort();
        depacketizer->push(*packet, false, units);
    }
    depacketizer->flush(units);
    const bool one_to_one = setup.format.codec == media::Codec::Opus;
    if (one_to_one && (units.size() != 1 || !(units[0].data == unit.data))) std::abort();
    return 0;
}
