#pragma once
// The hub, as a driver sees it, that only writes down.

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "camera/driver.hpp"

namespace casement::drivers::tests {

/// What the hub was told. It keeps no events.
class Host : public camera::DriverHost {
public:
    void camera_found(camera::Description description) override {
        ++found;
        cameras.insert_or_assign(description.id, std::move(description));
    }
    void camera_gone(std::string camera) override { gone.push_back(camera), cameras.erase(camera); }
    void state_changed(std::string camera, camera::CameraState state) override {
        states[camera].push_back(state);
    }
    void setting_reported(std::string camera, std::string setting, camera::Value value) override {
        reports.emplace_back(camera, setting, value);
        for (camera::Setting& known : cameras.at(camera).settings)
            if (known.id == setting) known.reported = value;
    }
    void sensor_measured(std::string camera, std::string sensor, camera::SensorValue value,
                         base::WallTime at) override {
        measured.emplace_back(camera, sensor);
        for (camera::Sensor& known : cameras.at(camera).sensors)
            if (known.id == sensor) known.value = value, known.at = at;
    }
    void account_changed(camera::AccountState state) override { account = std::move(state); }
    void awake_changed(std::string, std::vector<camera::Awake>) override {}
    camera::Wishes wishes(std::string_view) const override { return {}; }
    async::Task<base::Result<events::EventPtr>> event(events::Event) override {
        co_return base::fail(base::ErrorKind::Unavailable, "no events here");
    }
    async::Task<base::Result<events::EventPtr>> event_ended(std::string, base::WallTime) override {
        co_return base::fail(base::ErrorKind::Unavailable, "no events here");
    }

    camera::Value setting(const std::string& camera, std::string_view id) const {
        const auto found_camera = cameras.find(camera);
        if (found_camera == cameras.end()) return {};
        for (const auto& known : found_camera->second.settings)
            if (known.id == id) return known.reported;
        return {};
    }
    const camera::Sensor* sensor(const std::string& camera, std::string_view id) const {
        const auto found_camera = cameras.find(camera);
        if (found_camera == cameras.end()) return nullptr;
        for (const auto& known : found_camera->second.sensors)
            if (known.id == id) return &known;
        return nullptr;
    }
    std::optional<camera::StateWord> word(const std::string& camera) const {
        const auto list = states.find(camera);
        return list == states.end() ? std::nullopt : std::optional(list->second.back().word);
    }

    int found = 0;
    std::map<std::string, camera::Description> cameras;
    std::vector<std::string> gone;
    std::map<std::string, std::vector<camera::CameraState>> states;
    std::vector<std::tuple<std::string, std::string, camera::Value>> reports;
    std::vector<std::pair<std::string, std::string>> measured;
    std::optional<camera::AccountState> account;
};

}  // namespace casement::drivers::tests
