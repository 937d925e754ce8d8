#pragma once
// Cameras, settings, sensors, states and commands as JSON: one shape for the API, the page, MQTT
// and the command line.

#include <nlohmann/json_fwd.hpp>

#include "camera/registry.hpp"

namespace casement::camera {

/// {id, name, kind, group, desired, reported, unit?, min?, max?, step?, options?: [[value, label]],
/// verb?, destructive?, writable, pending, since?, by?, refused?, note?}. An unknown value is null;
/// a light is {"on": true, "level": 35}.
nlohmann::json to_json(const Setting& setting);
/// {id, name, kind, unit?, value, at?, diagnostic, baby_data, notice?}.
nlohmann::json to_json(const Sensor& sensor);
/// {code, text, action, since?, next_try?}.
nlohmann::json to_json(const Reason& reason);
/// {word, since, reason?}.
nlohmann::json to_json(const CameraState& state);
/// {from, seconds, cause}.
nlohmann::json to_json(const Awake& awake);
/// {id, unique_id, name, vendor, account?, model, serial, firmware, place, present, capabilities:
/// [], qualities: [], state, talk?: {duplex}, awake?: [], settings, sensors}.
nlohmann::json to_json(const Camera& camera);
/// {vendor, name, state, reason?, expires_at?, renewed_at?}.
nlohmann::json to_json(const Account& account);
/// null, true, 60, "auto", {"on": true, "level": 35}, "pressed".
nlohmann::json value_to_json(const Value& value);
/// The way back by the JSON's own type, for what we stored ourselves. InvalidArgument.
base::Result<Value> stored_value_from_json(const nlohmann::json& json);

/// A value for this kind of setting, not yet checked against its range. A light also takes true,
/// false or a level; a button takes anything. InvalidArgument.
base::Result<Value> value_from_json(const SettingKind& kind, const nlohmann::json& json);
/// The same from text as people and MQTT write it: "on", "OFF", "60", "auto", "on:35".
base::Result<Value> value_from_text(const SettingKind& kind, std::string_view text);

/// {"command": "siren", ...arguments}. Unknown names and keys are InvalidArgument.
base::Result<Arguments> arguments_from_json(const nlohmann::json& json);

}  // namespace casement::camera
