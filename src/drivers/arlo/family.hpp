#pragma once
// Which kind of device a model is, and what that kind has. Pure tables.

#include <cstdint>
#include <string>
#include <string_view>

#include "camera/endpoint.hpp"
#include "protocols/arlo/ports.hpp"

namespace casement::drivers::arlo {

/// Devices of one family take the same registers, as far as that is known.
enum class Family : std::uint8_t {
    WireFree,   // VMC3030, VMC3040, and every model that nobody has described
    Pro,        // VMC4030, Go, Baby
    Essential,  // VMC2030
    Pro4,       // Pro 3, Pro 4, Pro 5S
    Ultra,      // VMC5040
    Floodlight,
    VideoDoorbell,
    AudioDoorbell,
};

/// By the beginning of the model's name. A model that is not known is WireFree, whose set of
/// registers every camera takes.
Family family_of(std::string_view model);
/// False: family_of() guessed.
bool is_known_model(std::string_view model);

/// A way to a device, or of a device to us. The numbers are those of protocols/arlo/ports.hpp
/// unless a test says otherwise.
enum class Port : std::uint8_t { Camera, Doorbell };

struct Traits {
    std::string_view product;  // "Arlo Pro"
    Port port = Port::Camera;  // of everything but the registers of a video doorbell's chime
    bool video = true;
    bool hevc = false;  // a second stream on port 555
    bool microphone = true;
    bool speaker = true;
    bool doorbell = false;
    bool siren = false;
    bool reboot = false;            // by register
    bool answers_get = false;       // registerGet
    int spotlight_full = 0;         // the register's value for 100 %; 0 = no lamp
    int shortest_stream_limit = 1;  // s; less is refused
    camera::PullRtsp::Transport transport = camera::PullRtsp::Transport::Auto;
};

const Traits& traits_of(Family family);

}  // namespace casement::drivers::arlo
