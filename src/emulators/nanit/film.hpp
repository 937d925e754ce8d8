#pragma once
// The short film of an event, as the vendor's store has it.

#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace casement::emulators::nanit {

/// An MP4 of one second, H.264, 640 by 360. Blocks for some 30 ms.
base::Result<std::string> make_film(base::WallTime at);

}  // namespace casement::emulators::nanit
