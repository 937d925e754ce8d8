#pragma once
// Frames as a broken device, or a broken network, sends them.

#include <string>
#include <vector>

#include "emulators/arlo/options.hpp"
#include "protocols/arlo/message.hpp"

namespace casement::emulators::arlo {

/// What goes out for `message`, piece by piece with a pause between them. Empty: nothing at all is
/// said before the connection ends. An InvalidArgument or ResourceExhausted is a message that has
/// no frame.
base::Result<std::vector<std::string>> cut_frame(FrameFault fault, const wire::Message& message);

}  // namespace casement::emulators::arlo
