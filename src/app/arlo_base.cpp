#include "app/arlo_base.hpp"

#include "net/endpoint.hpp"

namespace casement::app {

drivers::arlo::DriverOptions arlo_options(const config::Config& config) {
    drivers::arlo::DriverOptions out;
    out.door.address = config.arlo.listen;
    out.door.ports = config.arlo.ports;
    if (!net::is_everywhere(config.arlo.listen)) out.link.bind_address = config.arlo.listen;
    if (config.arlo.rtp_ports.size() == 2)
        out.rtp_ports = {config.arlo.rtp_ports[0], config.arlo.rtp_ports[1]};
    out.house.wifi_country = config.arlo.wifi_country;
    out.house.anti_flicker_hz = config.arlo.anti_flicker_hz;
    out.timing = out.timing.scaled(config.time_scale);
    out.event_pictures = config.arlo.event_pictures;
    for (const config::Camera& camera : config.cameras) {
        if (!camera.arlo) continue;
        drivers::arlo::CameraConfig entry;
        entry.serial = camera.arlo->serial;
        entry.id = camera.id;
        entry.name = camera.name;
        if (camera.power) entry.battery = *camera.power == config::Power::Battery;
        entry.audio = camera.audio;
        entry.always = camera.has_record_mode && camera.record.mode == config::RecordMode::Always;
        out.cameras.push_back(std::move(entry));
    }
    return out;
}

}  // namespace casement::app
