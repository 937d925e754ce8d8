#pragma once
// One access unit (with audio that rode along) in one wire format: packed once, sent to every
// viewer as it is.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "media/access_unit.hpp"
#include "media/track.hpp"

namespace casement::outputs::fanout {

/// Where a datagram lies in the block of its unit.
struct Datagram {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    std::uint8_t track = 0;
    bool rtcp = false;
};

/// What units decode with, in formats whose key units do not carry it (fMP4).
struct WireSetup {
    std::string mime;
    media::Bytes init;                           // in front of the first unit
    std::array<std::uint32_t, 2> clock_rates{};  // of the tracks as they are written
};
using WireSetupPtr = std::shared_ptr<const WireSetup>;

/// Immutable once it left its WireStream; shared between threads.
struct WireUnit {
    std::uint64_t sequence = 0;
    bool key = false;  // a viewer may start here
    base::SteadyTime packed_at{};
    std::vector<std::uint8_t> block;
    std::vector<Datagram> datagrams;  // only in formats that travel as datagrams
    // Only in formats that each viewer places on a time line of its own (fMP4).
    WireSetupPtr setup;
    std::int64_t start_us = 0, duration_us = 0;
    base::WallTime wall{};
};

using WireUnitPtr = std::shared_ptr<const WireUnit>;

/// Turns access units into bytes that are the same for every viewer of a stream. Lives with one
/// WireStream.
class Packer {
public:
    virtual ~Packer() = default;
    /// Called before the first unit and at each change. An error ends the viewers: codec_changed()
    /// when they only have to ask again.
    virtual base::Result<> set_tracks(const media::Tracks& tracks) = 0;
    /// Appends the unit to `into`; a unit the format cannot carry, or that the viewers did not ask
    /// for, appends nothing. A key unit carries everything a decoder needs to start.
    virtual void pack(const media::AccessUnit& unit, WireUnit& into) = 0;
    /// Units are missing in front of the next one, which is a key unit.
    virtual void lost() {}
};

/// Viewers cannot go on with this set-up (other codec, other tracks) and must ask again.
inline base::Result<> codec_changed() {
    return base::fail_because("codec", base::ErrorKind::FailedPrecondition,
                              "the camera changed its codec; connect again");
}

}  // namespace casement::outputs::fanout
