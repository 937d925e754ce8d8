#pragma once
// A device by words: what people and programs type instead of calling C++.

#include <string>
#include <string_view>
#include <vector>

#include "emulators/arlo/device.hpp"

namespace casement::emulators::arlo {

/// Sets one fault: "split-after-l", "nack", "runs-away"... or "none" for all of them gone; with a
/// value where it needs one: "lost=10" (percent), "ack-later=4900ms", "upload-later=10s",
/// "file-name=a.jpg". InvalidArgument with the known words when it is not one.
base::Result<> set_fault(Faults& faults, std::string_view text);
/// The words that set_fault() knows.
std::vector<std::string> fault_words();

/// Does what a line says: "press", "motion [SECONDS]", "sound [SECONDS]", "status", "log TEXT",
/// "reboot", "deauth DURATION", "move ADDRESS [silent]", "poke", "battery PERCENT", "fault WORD".
/// Empty lines do nothing. InvalidArgument with the known words for anything else. On the device's
/// thread.
base::Result<> obey(Device& device, std::string_view line);

}  // namespace casement::emulators::arlo
