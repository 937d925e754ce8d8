// The first byte chooses: below 128 the rest is a connection's bytes in pieces of that size, and
// whatever their size the frames are the same; else it is the JSON of one message. What was read is
// written, read again and is the same.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "base/byte_reader.hpp"
#include "protocols/arlo/frame.hpp"
#include "protocols/arlo/message.hpp"
#include "protocols/arlo/registers.hpp"

using namespace casement;
using namespace casement::protocols::arlo;

namespace {

void examine(std::string_view json) {
    const auto message = parse_message(json);
    if (!message) {
        if (message.error().message().empty()) std::abort();
        return;
    }
    const std::string written = to_json(*message);
    if (written.size() > kMaxJsonBytes) return;  // \uXXXX takes more room than what it stands for
    const auto again = parse_message(written);
    if (!again || !(*again == *message) || to_json(*again) != written) std::abort();
    if (const auto* set = std::get_if<RegisterSet>(&message->body)) {
        for (const auto& [name, value] : set->values) (void)check_register(name, value);
    }
    if (const auto* response = std::get_if<Response>(&message->body)) {
        (void)response->outcome();
        (void)response->refused_registers();
    }
    if (const auto* status = std::get_if<Status>(&message->body)) {
        (void)battery_volts(*status);
        (void)is_battery_critical(*status);
    }
}

std::string frames_of(base::ByteSpan bytes, std::size_t piece) {
    std::string out;
    FrameReader reader;
    while (!bytes.empty()) {
        reader.feed(bytes.first(std::min(piece, bytes.size())));
        bytes = bytes.subspan(std::min(piece, bytes.size()));
        for (;;) {
            const auto frame = reader.next();
            if (!frame) return out + "!";
            if (!*frame) break;
            const auto written = write_frame(**frame);
            if (!written) std::abort();
            out += *written;
            examine(**frame);
        }
    }
    return out + (reader.end() ? "" : "?");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const base::ByteSpan bytes{data + 1, size - 1};
    if (data[0] >= 128)
        examine(base::as_text(bytes));
    else if (frames_of(bytes, 65'536) != frames_of(bytes, 1 + data[0]))
        std::abort();
    return 0;
}
