#include "drivers/arlo/sensors.hpp"

namespace casement::drivers::arlo {

namespace {

using camera::Sensor;
using camera::SensorKind;
using camera::SensorValue;
using protocols::arlo::Battery;
using protocols::arlo::Registration;
using protocols::arlo::Status;

void add(std::vector<Sensor>& to, std::string id, std::string name, SensorKind kind,
         std::string unit, bool diagnostic) {
    Sensor sensor;
    sensor.id = std::move(id);
    sensor.name = std::move(name);
    sensor.kind = kind;
    sensor.unit = std::move(unit);
    sensor.diagnostic = diagnostic;
    to.push_back(std::move(sensor));
}

template <typename T>
void put(Measured& to, std::string id, const std::optional<T>& value) {
    if (value) to.emplace_back(std::move(id), static_cast<double>(*value));
}

void put_battery(Measured& to, const Battery& battery) {
    put(to, "battery", battery.percent);
    if (!battery.charging.empty()) to.emplace_back("charging", battery.charging != "Off");
}

}  // namespace

std::vector<Sensor> sensors_of(Family family) {
    const Traits& traits = traits_of(family);
    std::vector<Sensor> out;
    add(out, "motion", "Motion", SensorKind::Motion, "", false);
    if (traits.microphone && !traits.doorbell)
        add(out, "sound", "Sound", SensorKind::Sound, "", false);
    add(out, "battery", "Battery", SensorKind::Battery, "%", true);
    if (family != Family::AudioDoorbell) {
        add(out, "charging", "Charging", SensorKind::Charging, "", true);
        add(out, "temperature", "Temperature", SensorKind::Temperature, "°C", true);
    }
    add(out, "signal", "Wi-Fi signal, 0 to 5", SensorKind::Number, "", true);
    if (family == Family::Essential || family == Family::Pro4)
        add(out, "wifi", "Wi-Fi signal", SensorKind::SignalStrength, "dBm", true);
    if (traits.video) {
        add(out, "streamed_today", "Streamed today", SensorKind::Duration, "min", true);
        add(out, "lost_streams", "Streams ended for want of reports", SensorKind::Number, "", true);
    }
    return out;
}

Measured measured(const Registration& registration) {
    Measured out;
    put_battery(out, registration.battery);
    put(out, "temperature", registration.temperature_c);
    put(out, "signal", registration.signal_strength);
    return out;
}

Measured measured(const Status& status) {
    Measured out;
    put_battery(out, status.battery);
    put(out, "temperature", status.temperature_c);
    put(out, "signal", status.signal_strength);
    put(out, "wifi", status.wifi_rssi_dbm);
    put(out, "lost_streams", status.rtcp_disconnects);
    return out;
}

void StreamedToday::count(std::int64_t counter, base::WallTime now) {
    const std::int64_t date = std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
    if (date != day) {
        day = date;
        today_s = 0;
    }
    if (counter < 0) return;
    if (counter_s >= 0) today_s += counter >= counter_s ? counter - counter_s : counter;
    counter_s = counter;
}

}  // namespace casement::drivers::arlo
