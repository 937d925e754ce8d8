// A client's bytes behind its handshake. The first byte chooses the size of the pieces, its lowest
// bit whether requests are accepted.
#include "base/byte_reader.hpp"
#include "formats/amf0.hpp"
#include "media/bytes.hpp"
#include "protocols/rtmp/server_session.hpp"

using namespace casement;
using namespace casement::protocols::rtmp;

namespace {

void feed(ServerSession& session, base::ByteSpan bytes, std::size_t piece, bool accept,
          bool& alive) {
    while (alive && !bytes.empty()) {
        base::ByteSpan input = bytes.first(std::min(piece, bytes.size()));
        bytes = bytes.subspan(input.size());
        for (;;) {
            const auto event = session.next(input);
            alive = event.has_value();
            session.output().clear();
            if (!event || !*event) break;
            if (session.has_request())
                accept ? session.accept() : session.reject(Refusal::BadName, "no");
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    ServerSession session;
    bool alive = true;
    OutBytes hello(1 + 2 * kHandshakeBytes, 0);
    hello[0] = 3;
    feed(session, hello, hello.size(), true, alive);
    feed(session, {data + 1, size - 1}, 1 + data[0] / 2u, data[0] & 1, alive);
    return 0;
}
