// Requests and responses, cut into reads as the first byte says; what was taken must not depend on
// the cuts' luck.

#include "net/http_parser.hpp"
#include "net/router.hpp"

using namespace casement::net;

namespace {

void parse(HttpParser::Kind kind, casement::base::ByteSpan bytes, std::size_t step) {
    HttpParser parser(kind, {.header_bytes = 2048, .header_fields = 20});
    std::vector<std::uint8_t> waiting;
    while (!bytes.empty() && !parser.done()) {
        const std::size_t n = std::min(step, bytes.size());
        waiting.insert(waiting.end(), bytes.begin(),
                       bytes.begin() + static_cast<std::ptrdiff_t>(n));
        bytes = bytes.subspan(n);
        for (std::size_t taken = 1; taken > 0 && !waiting.empty() && !parser.done();) {
            const auto fed = parser.feed(waiting);
            if (!fed) return;
            taken = *fed;
            waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(taken));
        }
    }
    if (!parser.done()) (void)parser.feed_end();
    if (parser.head_done()) (void)parse_target(parser.head().target);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::size_t step = 1 + data[0] % 64;
    parse(HttpParser::Kind::Request, {data + 1, size - 1}, step);
    parse(HttpParser::Kind::Response, {data + 1, size - 1}, step);
    return 0;
}
