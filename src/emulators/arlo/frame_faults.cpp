#include "emulators/arlo/frame_faults.hpp"

#include <fmt/format.h>

#include "protocols/arlo/frame.hpp"

namespace casement::emulators::arlo {

namespace {

// The reference reader's single read is 1 KiB and 64 KiB is where a 16-bit length would end.
constexpr std::size_t kLongPadding = 70'000;
constexpr std::size_t kWrongBy = 5;

/// One more member at the end of an object, spelt as given.
std::string with_member(std::string json, std::string_view member) {
    json.insert(json.size() - 1, fmt::format(",{}", member));
    return json;
}

std::string frame_of(std::size_t length, std::string_view json) {
    return fmt::format("L:{} {}", length, json);
}

std::vector<std::string> cut_at(const std::string& frame, std::size_t at) {
    return {frame.substr(0, at), frame.substr(at)};
}

}  // namespace

base::Result<std::vector<std::string>> cut_frame(FrameFault fault, const wire::Message& message) {
    const std::string json = wire::to_json(message);
    CASEMENT_TRY(const std::string frame, wire::write_frame(json));
    const std::size_t blank = frame.find(' ');
    using Pieces = std::vector<std::string>;
    switch (fault) {
        case FrameFault::None:
            break;
        case FrameFault::SplitAfterL:
            return cut_at(frame, 1);
        case FrameFault::SplitAfterLength:
            return cut_at(frame, blank);
        case FrameFault::SplitAfterBlank:
            return cut_at(frame, blank + 1);
        case FrameFault::SingleBytes: {
            Pieces out;
            for (const char byte : frame) out.emplace_back(1, byte);
            return out;
        }
        case FrameFault::TwoInOne: {
            wire::LogMessage second;
            second.text = "a second frame in the same segment";
            CASEMENT_TRY(const std::string more, wire::to_frame({message.id + 1, second}));
            return Pieces{frame + more};
        }
        case FrameFault::Long: {
            const std::string padded =
                with_member(json, fmt::format(R"("Padding":"{}")", std::string(kLongPadding, 'x')));
            return Pieces{frame_of(padded.size(), padded)};
        }
        case FrameFault::TooLong:
            return Pieces{frame_of(wire::kMaxJsonBytes + 1, json)};
        case FrameFault::LengthTooSmall:
            return Pieces{frame_of(json.size() - kWrongBy, json)};
        case FrameFault::LengthTooLarge:
            return Pieces{frame_of(json.size() + kWrongBy, json)};
        case FrameFault::NotJson:
            return Pieces{frame_of(json.size(), std::string(json.size(), '#'))};
        case FrameFault::NotFramed:
            return Pieces{json};
        case FrameFault::OtherLetters: {
            const std::string named = with_member(json, "\"FriendlyName\":\"K\u00fcche \u9580\"");
            return Pieces{frame_of(named.size(), named)};
        }
        case FrameFault::ConnectAndClose:
            return Pieces{};
    }
    return Pieces{frame};
}

}  // namespace casement::emulators::arlo
