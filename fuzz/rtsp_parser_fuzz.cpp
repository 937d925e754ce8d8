// A byte stream in pieces: whatever their size, the messages are the same.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "base/byte_reader.hpp"
#include "protocols/rtsp/auth.hpp"
#include "protocols/rtsp/message.hpp"
#include "protocols/rtsp/transport.hpp"

using namespace casement;
using namespace casement::protocols::rtsp;

namespace {

std::string meaning(base::ByteSpan bytes, std::size_t piece) {
    std::string out;
    Parser parser;
    while (!bytes.empty()) {
        parser.feed(bytes.first(std::min(piece, bytes.size())));
        bytes = bytes.subspan(std::min(piece, bytes.size()));
        for (;;) {
            auto message = parser.next();
            if (!message) return out + "!";
            if (!*message) break;
            if (const auto* frame = std::get_if<InterleavedFrame>(&**message))
                out += "$" + std::to_string(frame->channel) +
                       std::string(base::as_text(frame->payload));
            if (const auto* request = std::get_if<Request>(&**message)) {
                out += request->to_bytes();
                if (const auto header = request->headers.find("Authorization"))
                    (void)auth::parse_credentials(*header, request->method);
                if (const auto header = request->headers.find("Transport"))
                    (void)parse_transports(*header);
            }
            if (const auto* response = std::get_if<Response>(&**message)) {
                out += response->to_bytes();
                (void)auth::parse_challenges(response->headers.find_all("WWW-Authenticate"));
            }
        }
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const base::ByteSpan bytes{data + 1, size - 1};
    if (meaning(bytes, 65'536) != meaning(bytes, 1 + data[0])) std::abort();
    return 0;
}
