#pragma once
// `casement arlo network`: the files of the cameras' network, and the steps around them.

#include <string>
#include <vector>

#include "app/cli/command_line.hpp"
#include "app/cli/commands.hpp"
#include "app/cli/tool.hpp"
#include "app/config/references.hpp"
#include "drivers/arlo/network/files.hpp"

namespace casement::app::cli {

/// The plan that flags and `--from` make; flags win. `made_key` tells that a fresh key was made,
/// because WPS hands it out and nobody needs to know it. InvalidArgument with a sentence; problems
/// of the file are in it, with line and column.
base::Result<drivers::arlo::network::Plan> plan_of(const ArloNetwork& command,
                                                   const config::Environment& environment,
                                                   bool& made_key);

/// What the program that reads a file says of it.
struct FileVerdict {
    enum class Word : std::uint8_t { Fine, Wrong, NotChecked };
    Word word = Word::NotChecked;
    std::string text;  // why
};

/// `path` is where `file` was written. hostapd reads a copy for an interface that does not exist,
/// so that no access point starts. Blocks, for some seconds at most.
FileVerdict check_file(const drivers::arlo::network::File& file, const std::string& path,
                       const RunTool& run, const config::Environment& environment);

/// Prints, writes, checks: what was asked for. Blocks; the exit status.
int arlo_network(const Console& console, const ArloNetwork& command,
                 const config::Environment& environment, const RunTool& run);

}  // namespace casement::app::cli
