#include "camera/command.hpp"

#include <array>

namespace casement::camera {

namespace {

struct Traits {
    std::string_view name;
    Capability capability;
};
// In the order of Arguments.
constexpr std::array<Traits, std::variant_size_v<Arguments>> kTraits{
    {{"snapshot", Capability::Snapshot},
     {"siren", Capability::Siren},
     {"move", Capability::PanTilt},
     {"play", Capability::SoundMachine},
     {"stop", Capability::SoundMachine},
     {"chime", Capability::Chime},
     {"wake", Capability::Wake},
     {"reboot", Capability::Reboot}}};

}  // namespace

Capability capability_of(const Arguments& arguments) {
    return kTraits[arguments.index()].capability;
}
std::string_view command_name(const Arguments& arguments) {
    return kTraits[arguments.index()].name;
}

}  // namespace casement::camera
