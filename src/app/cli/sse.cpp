#include "app/cli/sse.hpp"

#include <utility>

namespace casement::app::cli {

base::Result<> SseReader::feed(std::string_view bytes) {
    for (const char c : bytes) {
        // Lines end in LF, CR or CR LF.
        const bool was_cr = std::exchange(after_cr_, c == '\r');
        if (was_cr && c == '\n') continue;
        if (c != '\n' && c != '\r') {
            line_ += c;
            if (line_.size() + event_.data.size() > kMaxEventBytes) {
                return base::fail(base::ErrorKind::ResourceExhausted,
                                  "the hub sent an event over {} bytes", kMaxEventBytes);
            }
            continue;
        }
        const std::string line = std::exchange(line_, {});
        CASEMENT_TRY(take_line(line));
    }
    return {};
}

base::Result<> SseReader::take_line(std::string_view line) {
    if (line.empty()) {
        ServerSentEvent done = std::exchange(event_, {});
        event_.id = done.id;  // an id holds until the next one
        if (!std::exchange(has_data_, false)) return {};
        return handler_(done);
    }
    const std::size_t colon = line.find(':');
    if (colon == 0) return {};  // a comment
    const std::string_view field = line.substr(0, colon);
    std::string_view value =
        colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (field == "event") {
        event_.event = value;
    } else if (field == "id") {
        event_.id = value;
    } else if (field == "data") {
        if (has_data_) event_.data += '\n';
        event_.data += value;
        has_data_ = true;
    }
    return {};
}

}  // namespace casement::app::cli
