#pragma once
// What a camera remembers and measures, and its answers to all requests that need no socket.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "protocols/nanit/message.hpp"

namespace casement::emulators::nanit {

namespace wire = protocols::nanit;
namespace pb = wire::pb;

/// How the firmware behaves: versions differ, and so do reports.
struct Firmware {
    bool echoes_changes = false;   // answers to PUT_SETTINGS and PUT_CONTROL hold what was changed
    bool omits_sleep_mode = true;  // from GET_SETTINGS, while it is false
    bool tells_real_time = true;   // timestampReal in sensor data
    /// Answers and pushes hold fields, a SensorType and a RequestType that nobody has named.
    bool is_newer = false;
    /// Unknown requests get no answer instead of a 400.
    bool ignores_unknown = false;
    std::string version = "6.58.615";
};

struct Readings {
    std::int32_t temperature_milli = 21'840;
    std::int32_t humidity_milli = 46'425;
    std::int32_t light_lux = 12;
    bool night = true;
};

/// Lives on one executor. The clock outlives it.
class CameraState {
public:
    /// `time_scale` multiplies every time that runs by itself.
    CameraState(const base::Clock& clock, std::string camera_uid, Firmware firmware,
                double time_scale);

    struct Answer {
        pb::Response response;
        std::vector<pb::Request> pushes = {};  // to everybody, without ids
    };
    /// Nothing: the camera says nothing to it. `relayed`: over the cloud, where some are refused.
    /// PUT_STREAMING, GET_LOGS and pushes are not for here: they are answered as unknown.
    std::optional<Answer> answer(const pb::Request& request, bool relayed);

    /// As when the power comes back: settings stay, its uptime and what ran begin anew.
    void restart();

    // Pushes that the camera makes by itself; without ids.
    pb::Request sensor_push(wire::SensorType type) const;
    pb::Request sting_push() const;
    bool is_sting_running() const { return sting_since_.has_value(); }

    bool is_asleep() const { return settings_.sleep_mode(); }
    bool pushes_sensors() const { return pushes_sensors_; }
    const pb::Settings& settings() const { return settings_; }
    const pb::Control& control() const { return control_; }
    pb::Playback playback();

    Firmware firmware;
    Readings readings;
    bool has_cloud = true;  // its own connection, of which GET_STATUS tells

private:
    pb::SensorData sensor_data(wire::SensorType type) const;
    std::optional<Answer> get_sensors(const pb::Request& request) const;
    std::optional<Answer> get_settings(const pb::Request& request) const;
    std::optional<Answer> put_settings(const pb::Request& request);
    std::optional<Answer> get_control(const pb::Request& request, bool relayed) const;
    std::optional<Answer> put_control(const pb::Request& request);
    std::optional<Answer> get_status(const pb::Request& request) const;
    std::optional<Answer> put_playback(const pb::Request& request);
    std::optional<Answer> get_playback(const pb::Request& request);
    std::optional<Answer> get_soundtracks(const pb::Request& request) const;
    std::optional<Answer> put_sting(const pb::Request& request);
    pb::StingStatus sting_status() const;

    const base::Clock& clock_;
    const std::string camera_uid_;
    const double time_scale_;
    base::SteadyTime switched_on_;
    pb::Settings settings_;
    pb::Control control_;
    bool pushes_sensors_ = false;
    std::string track_;
    bool plays_ = false;
    std::optional<base::SteadyTime> plays_until_;  // while it plays: none = until it is stopped
    std::optional<base::SteadyTime> sting_since_;
    std::string sting_session_;
};

}  // namespace casement::emulators::nanit
