#include "drivers/nest/cuepoints.hpp"

#include <algorithm>
#include <array>

#include "drivers/json.hpp"
#include "drivers/nest/answers.hpp"
#include "drivers/words.hpp"

namespace casement::drivers::nest {

namespace {

using base::Result;
using nlohmann::json;

constexpr std::size_t kMaxTypes = 20;
constexpr std::size_t kMaxRawBytes = 8192;

struct Word {
    std::string_view theirs, ours, text;
};
// The first that an event has names it: who rang matters more than that something moved.
constexpr std::array<Word, 12> kWords{{
    {"doorbell", events::kind::kButton, "Somebody rang"},
    {"person", events::kind::kPerson, "A person"},
    {"face", events::kind::kPerson, "A known face"},
    {"unfamiliar-face", events::kind::kPerson, "An unfamiliar face"},
    {"baby-crying", events::kind::kCry, "A baby cries"},
    {"person-talking", events::kind::kSound, "Somebody talks"},
    {"dog-barking", events::kind::kSound, "A dog barks"},
    {"package-delivered", events::kind::kMotion, "A package was delivered"},
    {"package-retrieved", events::kind::kMotion, "A package was taken"},
    {"sound", events::kind::kSound, ""},
    {"motion", events::kind::kMotion, ""},
    {"", events::kind::kMotion, ""},
}};

/// Milliseconds, as answers have them; seconds are taken where the number can be no milliseconds.
std::optional<base::WallTime> moment_at(const json& object, std::string_view key) {
    const auto number = number_at(object, key);
    if (!number || *number <= 0 || *number >= 1e13) return std::nullopt;
    const double millis = *number < 1e11 ? *number * 1000 : *number;
    return base::WallTime{std::chrono::milliseconds{static_cast<std::int64_t>(millis)}};
}

}  // namespace

Result<std::vector<Cuepoint>> parse_cuepoints(std::string_view body) {
    const auto answer = parse_list(body);
    if (!answer) return std::unexpected(no_json("the events", body));
    std::vector<Cuepoint> out;
    for (const json& item : *answer) {
        Cuepoint one;
        one.id = text_at(item, "id");
        const auto start = moment_at(item, "start_time");
        if (!start || one.id.empty() || one.id.size() > 100 || !is_token(one.id)) continue;
        one.start = *start;
        one.end = std::max(moment_at(item, "end_time").value_or(*start), *start);
        one.is_going_on = at(item, "in_progress") == json(true);
        if (const json& types = at(item, "types"); types.is_array()) {
            for (const json& type : types) {
                if (type.is_string() && one.types.size() < kMaxTypes)
                    one.types.push_back(clean_text(type.get<std::string>()));
            }
        }
        std::string raw = item.dump(-1, ' ', false, json::error_handler_t::replace);
        if (raw.size() <= kMaxRawBytes) one.raw = std::move(raw);
        out.push_back(std::move(one));
    }
    std::ranges::sort(out, {}, [](const Cuepoint& c) { return std::pair(c.start, c.id); });
    if (out.size() > kMaxCuepoints)
        out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(kMaxCuepoints));
    return out;
}

events::Event event_of(const Cuepoint& cuepoint, std::string_view camera, base::WallTime now) {
    const auto raw = parse_object(cuepoint.raw);
    static const json kNothing;
    const json& said = raw ? *raw : kNothing;
    events::Event out;
    out.camera = camera;
    const auto word = std::ranges::find_if(kWords, [&](const Word& w) {
        return w.theirs.empty() ||
               std::ranges::find(cuepoint.types, w.theirs) != cuepoint.types.end();
    });
    out.kind = word->ours;
    out.text = word->text;
    const std::string face = clean_text(text_at(said, "face_name"));
    if (!face.empty()) {
        out.kind = events::kind::kPerson;
        out.text = face;
    }
    // A word that nobody knows yet is told as it is.
    if (out.text.empty() && word->theirs.empty() && !cuepoint.types.empty())
        out.text = cuepoint.types.front();
    out.start = std::min(cuepoint.start, now);
    if (!cuepoint.is_going_on) out.end = std::max(out.start, std::min(cuepoint.end, now));
    out.vendor_id = cuepoint.id;
    json data{{"types", cuepoint.types}};
    if (const json& zones = at(said, "zone_ids"); zones.is_array() && zones.size() <= 50)
        data["zones"] = zones;
    if (const json& important = at(said, "is_important"); important.is_boolean())
        data["important"] = important;
    if (!face.empty()) data["face"] = face;
    out.data = data.dump(-1, ' ', false, json::error_handler_t::replace);
    out.evidence = cuepoint.raw;
    return out;
}

}  // namespace casement::drivers::nest
