#pragma once
// Events as JSON: one shape for the API, webhooks, MQTT and the command line.

#include <nlohmann/json_fwd.hpp>

#include "events/event.hpp"

namespace casement::events {

/// {id, sequence, camera, kind, start, end, score, text, media, vendor_id, data}; empty fields are
/// left out; times are RFC 3339 in UTC. `with_evidence` adds the vendor's payload (support only).
nlohmann::json to_json(const Event& event, bool with_evidence = false);

}  // namespace casement::events
