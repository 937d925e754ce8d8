#include "events/json.hpp"

#include <nlohmann/json.hpp>

namespace casement::events {

nlohmann::json to_json(const Event& event, bool with_evidence) {
    nlohmann::json out{{"id", event.id},
                       {"sequence", event.sequence},
                       {"camera", event.camera},
                       {"kind", event.kind},
                       {"start", base::format_rfc3339(event.start)}};
    if (event.end) out["end"] = base::format_rfc3339(*event.end);
    if (event.score) out["score"] = *event.score;
    if (!event.text.empty()) out["text"] = event.text;
    if (!event.media.empty()) out["media"] = event.media;
    if (!event.vendor_id.empty()) out["vendor_id"] = event.vendor_id;
    if (auto data = nlohmann::json::parse(event.data, nullptr, false);
        data.is_object() && !data.empty())
        out["data"] = std::move(data);
    if (with_evidence && !event.evidence.empty()) {
        auto evidence = nlohmann::json::parse(event.evidence, nullptr, false);
        out["evidence"] =
            evidence.is_discarded() ? nlohmann::json(event.evidence) : std::move(evidence);
    }
    return out;
}

}  // namespace casement::events
