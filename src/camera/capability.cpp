#include "camera/capability.hpp"

#include <algorithm>
#include <array>

namespace casement::camera {

namespace {

struct Name {
    Capability capability;
    std::string_view text;
};
constexpr std::array kNames{Name{Capability::LiveVideo, "live-video"},
                            Name{Capability::LiveAudio, "live-audio"},
                            Name{Capability::Snapshot, "snapshot"},
                            Name{Capability::TwoWayAudio, "two-way-audio"},
                            Name{Capability::NightLight, "night-light"},
                            Name{Capability::Spotlight, "spotlight"},
                            Name{Capability::Siren, "siren"},
                            Name{Capability::PanTilt, "pan-tilt"},
                            Name{Capability::SoundMachine, "sound-machine"},
                            Name{Capability::Chime, "chime"},
                            Name{Capability::Wake, "wake"},
                            Name{Capability::Reboot, "reboot"},
                            Name{Capability::Privacy, "privacy"},
                            Name{Capability::MotionEvents, "motion-events"},
                            Name{Capability::PersonEvents, "person-events"},
                            Name{Capability::SoundEvents, "sound-events"},
                            Name{Capability::CryEvents, "cry-events"},
                            Name{Capability::ButtonEvents, "button-events"},
                            Name{Capability::Battery, "battery"},
                            Name{Capability::VendorClips, "vendor-clips"}};

}  // namespace

std::string_view to_string(Capability capability) {
    return std::ranges::find(kNames, capability, &Name::capability)->text;
}

std::optional<Capability> parse_capability(std::string_view text) {
    const auto* found = std::ranges::find(kNames, text, &Name::text);
    return found == kNames.end() ? std::nullopt : std::optional(found->capability);
}

std::vector<Capability> Capabilities::list() const {
    std::vector<Capability> out;
    for (const Name& name : kNames) {
        if (has(name.capability)) out.push_back(name.capability);
    }
    return out;
}

}  // namespace casement::camera
