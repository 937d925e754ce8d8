#include "drivers/nanit/happenings.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace casement::drivers::nanit {

namespace {

using nlohmann::json;

struct Word {
    std::string_view theirs, ours;
};
constexpr Word kWords[] = {
    {"motion", events::kind::kMotion},
    {"sound", events::kind::kSound},
    {"camera-cry-detection", events::kind::kCry},
    {"cry", events::kind::kCry},
    {"temperature", events::kind::kTemperature},
    {"humidity", events::kind::kHumidity},
    {"low-battery", events::kind::kBatteryLow},
};

}  // namespace

std::string kind_of(std::string_view type) {
    std::string out = base::lower_case(type);
    std::ranges::replace(out, '_', '-');
    const auto* const word = std::ranges::find(kWords, out, &Word::theirs);
    return word == std::end(kWords) ? out : std::string(word->ours);
}

events::Event event_of(const Message& message, std::string_view camera, base::WallTime now) {
    json data{{"type", message.type}};
    if (!message.event_uid.empty()) data["event"] = message.event_uid;
    events::Event out;
    out.camera = camera;
    out.kind = kind_of(message.type);
    out.start = std::min(message.time, now);
    if (message.value && message.type == "TEMPERATURE") {
        data["celsius"] = *message.value;
        out.text = fmt::format("{:.1f} °C", *message.value);
    }
    out.vendor_id = std::to_string(message.id);
    out.data = data.dump();
    out.evidence = message.raw;
    return out;
}

events::Event event_of(const SleepEvent& line, std::string_view camera, base::WallTime now) {
    events::Event out;
    out.camera = camera;
    out.kind = kind_of(line.key);
    out.start = std::min(line.time, now);
    if (line.end && *line.end <= now) out.end = std::max(*line.end, out.start);
    out.score = line.confidence;
    out.text = line.title;
    out.vendor_id = line.uid;
    out.data = json{{"type", line.key}}.dump();
    out.evidence = line.raw;
    return out;
}

}  // namespace casement::drivers::nanit
