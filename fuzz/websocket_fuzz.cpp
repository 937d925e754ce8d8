// WebSocket frames in both roles; the first byte says how the rest is cut into reads.

#include "net/websocket_frames.hpp"

using namespace casement::net;

namespace {

void parse(WsParser::Role role, casement::base::ByteSpan bytes, std::size_t step) {
    WsParser parser(role, 4096);
    while (!bytes.empty()) {
        const std::size_t n = std::min(step, bytes.size());
        parser.push(bytes.first(n));
        bytes = bytes.subspan(n);
        for (;;) {
            const auto message = parser.next();
            if (!message) return;
            if (!*message) break;
            if ((*message)->data.size() > 4096) __builtin_trap();
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::size_t step = 1 + data[0] % 64;
    parse(WsParser::Role::Server, {data + 1, size - 1}, step);
    parse(WsParser::Role::Client, {data + 1, size - 1}, step);
    return 0;
}
