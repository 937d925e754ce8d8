// A server's bytes behind its handshake. The first byte chooses the size of the pieces, its lowest
// bit the role.
#include "base/byte_reader.hpp"
#include "formats/amf0.hpp"
#include "media/bytes.hpp"
#include "protocols/rtmp/client_session.hpp"

using namespace casement;
using namespace casement::protocols::rtmp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    ClientSession session(data[0] & 1 ? ClientSession::Role::Publish : ClientSession::Role::Play,
                          {.tc_url = "rtmp://h/a", .app = "a", .name = "n"});
    session.start();
    OutBytes bytes(1 + 2 * kHandshakeBytes, 0);
    bytes[0] = 3;
    bytes.insert(bytes.end(), data + 1, data + size);
    base::ByteSpan rest = bytes;
    while (!rest.empty()) {
        base::ByteSpan input = rest.first(std::min<std::size_t>(1 + data[0] * 16u, rest.size()));
        rest = rest.subspan(input.size());
        for (;;) {
            const auto event = session.next(input);
            session.output().clear();
            if (!event) return 0;
            if (!*event) break;
        }
    }
    return 0;
}
