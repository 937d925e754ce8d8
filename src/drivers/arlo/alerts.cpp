#include "drivers/arlo/alerts.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "protocols/arlo/fields.hpp"

namespace casement::drivers::arlo {

namespace {

using protocols::arlo::Alert;
using protocols::arlo::AlertKind;
using protocols::arlo::Fields;
using protocols::arlo::RawJson;
namespace kind = events::kind;

/// The log takes no more evidence than this; no captured alert has a hundredth of it.
constexpr std::size_t kMaxEvidence = std::size_t{16} * 1024;
/// A camera takes three zones.
constexpr std::size_t kMaxZonesTold = 8;

std::optional<std::chrono::milliseconds> lasted(const Alert& alert) {
    constexpr double kDay = 86400;
    if (!alert.duration_s || !(*alert.duration_s >= 0) || *alert.duration_s > kDay)
        return std::nullopt;
    return std::chrono::milliseconds{std::llround(*alert.duration_s * 1000)};
}

/// ["a","b"], with the library's own quoting.
RawJson list_of(const std::vector<std::string>& texts) {
    std::string out = "[";
    for (const std::string& text : texts) {
        const std::string one = to_json(Fields{{"t", text.substr(0, 64)}});  // {"t":"..."}
        if (out.size() > 1) out += ',';
        out += one.substr(5, one.size() - 6);
    }
    return {out + "]"};
}

std::string data_of(const Alert& alert) {
    Fields data;
    if (alert.motion) {
        const auto level = alert.motion->trigger_level;
        if (level) data.set("level", *level);
        // A level of 0: seen in the picture.
        if (level) data.set("sensor", std::string(*level == 0 ? "picture" : "infrared"));
        if (auto zones = alert.motion->zones; zones && !zones->empty()) {
            zones->resize(std::min(zones->size(), kMaxZonesTold));
            data.set("zones", list_of(*zones));
        }
    }
    if (alert.audio && alert.audio->trigger_level) data.set("level", *alert.audio->trigger_level);
    return to_json(data);
}

std::string text_of(std::string_view word) {
    if (word == kind::kMotion) return "Motion";
    if (word == kind::kSound) return "Sound";
    if (word == kind::kSpotlight) return "Spotlight on";
    return "Somebody rang";
}

}  // namespace

std::string_view kind_of(Happening happening) {
    switch (happening) {
        case Happening::Motion:
            return kind::kMotion;
        case Happening::Sound:
            return kind::kSound;
        case Happening::Spotlight:
            return kind::kSpotlight;
    }
    return {};
}

std::optional<Happening> happening_of(std::string_view word) {
    for (const Happening each : {Happening::Motion, Happening::Sound, Happening::Spotlight}) {
        if (kind_of(each) == word) return each;
    }
    return std::nullopt;
}

Meaning meaning_of(const Alert& alert) {
    switch (alert.kind()) {
        case AlertKind::PirMotion:
            // No capture has "Triggered": false; it would be the end.
            if (alert.motion && alert.motion->triggered == false)
                return Ends{Happening::Motion, std::nullopt};
            return Begins{Happening::Motion};
        case AlertKind::MotionTimeout:
            return Ends{Happening::Motion, lasted(alert)};
        case AlertKind::Audio:
            if (alert.audio && alert.audio->triggered == false)
                return Ends{Happening::Sound, std::nullopt};
            return Begins{Happening::Sound};
        case AlertKind::AudioTimeout:
            return Ends{Happening::Sound, lasted(alert)};
        case AlertKind::ButtonPress:
            if (alert.button && alert.button->triggered == false) return SaysNothing{};
            return Rings{};
        case AlertKind::Spotlight:
            if (!alert.spotlight || !alert.spotlight->on) return SaysNothing{};
            if (*alert.spotlight->on) return Begins{Happening::Spotlight};
            return Ends{Happening::Spotlight, std::nullopt};
        case AlertKind::Unknown:
            break;
    }
    return SaysNothing{};
}

events::Event event_of(const Received& received, std::string_view camera, std::string_view word,
                       base::WallTime from, std::optional<base::WallTime> to) {
    events::Event event;
    event.camera = camera;
    event.kind = word;
    event.start = from;
    event.end = to;
    event.text = text_of(word);
    event.vendor_id = fmt::format("{}@{}", received.id, base::format_rfc3339(received.at));
    event.data = data_of(received.alert);
    if (received.json.size() <= kMaxEvidence) event.evidence = received.json;
    return event;
}

const Ongoing::Open* Ongoing::find(Happening what) const {
    const auto found = open_.find(what);
    return found == open_.end() ? nullptr : &found->second;
}

void Ongoing::begin(Happening what, std::string event, base::SteadyTime ends_at) {
    open_.insert_or_assign(what, Open{std::move(event), ends_at});
}

std::optional<Ongoing::Open> Ongoing::end(Happening what) {
    const auto node = open_.extract(what);
    if (node.empty()) return std::nullopt;
    return node.mapped();
}

std::vector<Happening> Ongoing::overdue(base::SteadyTime now) const {
    std::vector<Happening> out;
    for (const auto& [what, open] : open_) {
        if (open.ends_at <= now) out.push_back(what);
    }
    return out;
}

std::chrono::seconds patience_for(Happening what, bool is_doorbell,
                                  std::optional<std::int64_t> longest_stream_s) {
    using std::chrono::seconds;
    // What clients of the field take for the length of a motion that nobody ended.
    if (is_doorbell) return seconds{10};
    // A lamp goes out by itself after SpotlightDurationManual, 300 s in all captures.
    if (what == Happening::Spotlight) return seconds{330};
    // The end comes with the end of the motion stream, which has a limit, and 30 s on the way.
    return seconds{std::clamp<std::int64_t>(longest_stream_s.value_or(300), 10, 3600) + 30};
}

}  // namespace casement::drivers::arlo
