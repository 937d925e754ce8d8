#include "camera/sensor.hpp"

namespace casement::camera {

std::string_view to_string(SensorKind kind) {
    switch (kind) {
        case SensorKind::Temperature:
            return "temperature";
        case SensorKind::Humidity:
            return "humidity";
        case SensorKind::Illuminance:
            return "illuminance";
        case SensorKind::Battery:
            return "battery";
        case SensorKind::Charging:
            return "charging";
        case SensorKind::SignalStrength:
            return "signal_strength";
        case SensorKind::Connectivity:
            return "connectivity";
        case SensorKind::Motion:
            return "motion";
        case SensorKind::Sound:
            return "sound";
        case SensorKind::Cry:
            return "cry";
        case SensorKind::SoundLevel:
            return "sound_level";
        case SensorKind::Night:
            return "night";
        case SensorKind::Duration:
            return "duration";
        case SensorKind::Timestamp:
            return "timestamp";
        case SensorKind::Text:
            return "text";
        case SensorKind::Flag:
            return "flag";
        case SensorKind::Number:
            return "number";
    }
    return "number";
}

}  // namespace casement::camera
