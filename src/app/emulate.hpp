#pragma once
// `casement emulate`: a vendor's device, or its cloud, by itself, for people who try the hub or
// another program against it.

#include <iosfwd>

#include "app/cli/command_line.hpp"

namespace casement::app {

/// Runs the device on the calling thread until SIGINT or SIGTERM; what happens goes to `out` as
/// JSON lines, trouble to `err`. Lines on standard input are triggers (emulators/arlo/script.hpp).
/// The exit status: kUsage for an unknown profile or fault, kFailed when its ports cannot be had.
int emulate_arlo(const cli::EmulateArlo& command, std::ostream& out, std::ostream& err);

/// A cloud of Nanit's with cameras, in the same way. Without `json` the configuration that a hub
/// needs for it comes first, as YAML.
int emulate_nanit(const cli::EmulateNanit& command, bool json, std::ostream& out,
                  std::ostream& err);

/// A cloud of Nest's with cameras, in the same way.
int emulate_nest(const cli::EmulateNest& command, bool json, std::ostream& out, std::ostream& err);

}  // namespace casement::app
