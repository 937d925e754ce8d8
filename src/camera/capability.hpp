#pragma once
// What a camera can do, as a closed list: faces switch on it, drivers declare it.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace casement::camera {

enum class Capability : std::uint8_t {
    LiveVideo,     // endpoint() gives a stream
    LiveAudio,     // the stream has sound
    Snapshot,      // TakeSnapshot: a picture from the camera or its vendor without opening a stream
    TwoWayAudio,   // talk() gives a sink
    NightLight,    // a light for seeing the room, declared as a Light setting
    Spotlight,     // a light for the scene, declared as a Light setting
    Siren,         // SoundSiren
    PanTilt,       // MovePanTilt
    SoundMachine,  // PlaySound, StopSound
    Chime,         // RingChime
    Wake,          // WakeUp: a sleeping (battery) camera
    Reboot,        // RebootCamera
    Privacy,       // a toggle setting that closes the shutters: no picture, no sound, no recording
    MotionEvents,
    PersonEvents,
    SoundEvents,
    CryEvents,
    ButtonEvents,
    Battery,      // runs on one: never woken by a grid
    VendorClips,  // the vendor keeps clips that can be fetched
};

/// "live-video", "two-way-audio"...
std::string_view to_string(Capability capability);
std::optional<Capability> parse_capability(std::string_view text);

/// A small set with value semantics.
class Capabilities {
public:
    Capabilities() = default;
    Capabilities(std::initializer_list<Capability> list) {
        for (const Capability c : list) add(c);
    }
    void add(Capability c) { bits_ |= bit(c); }
    void remove(Capability c) { bits_ &= ~bit(c); }
    bool has(Capability c) const { return (bits_ & bit(c)) != 0; }
    std::vector<Capability> list() const;
    bool operator==(const Capabilities&) const = default;

private:
    static std::uint32_t bit(Capability c) { return 1u << static_cast<unsigned>(c); }
    std::uint32_t bits_ = 0;
};

}  // namespace casement::camera
