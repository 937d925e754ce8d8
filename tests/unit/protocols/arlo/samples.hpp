#pragma once
// The messages and the conversation of tests/data/arlo.

#include <string>
#include <string_view>
#include <vector>

#include "base/byte_reader.hpp"
#include "base/text.hpp"
#include "tests/fakes/media_data.hpp"

namespace casement::protocols::arlo {

inline std::vector<std::string> lines_of(const std::string& file) {
    const media::Bytes bytes = fakes::data_file(file);
    std::string_view rest = base::as_text(bytes);
    std::vector<std::string> out;
    while (!rest.empty()) out.emplace_back(base::take_until(rest, '\n'));
    EXPECT_FALSE(out.empty()) << file;
    return out;
}

/// JSON of every message whose sample we have.
inline std::vector<std::string> sample_messages() { return lines_of("arlo/messages.jsonl"); }

/// Frames of the conversation.
inline std::vector<std::string> sample_frames() {
    std::vector<std::string> out = lines_of("arlo/exchange.txt");
    for (std::string& line : out) line.erase(0, 3);  // "C: ", "B: "
    return out;
}

}  // namespace casement::protocols::arlo
