#pragma once
// `casement import arlo`: takes over the configuration and the database of arlo-cam-api and its
// forks. Shows first, writes only when told to.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "app/cli/command_line.hpp"
#include "app/cli/commands.hpp"
#include "app/config/config.hpp"
#include "app/config/node.hpp"
#include "app/import_report.hpp"
#include "drivers/arlo/old_base.hpp"

namespace casement::app {

struct Import {
    std::vector<ImportLine> lines;
    std::string yaml;  // for the configuration of Casement; empty when nothing belongs there
    struct Device {
        drivers::arlo::OldDevice old;
        std::vector<std::pair<std::string, camera::Value>> wishes;
    };
    std::vector<Device> devices;
};

/// What the old file and the old database say, in our words. Touches nothing. `file` is the YAML of
/// config.yaml, `old` may be empty.
Import plan_import(const config::Node& file, drivers::arlo::OldBase old);

/// Reads, reports on `console.err` (or as JSON on `console.out`), prints the YAML on `console.out`,
/// and with --write stores devices, names and wishes in the hub's database in `data`, which no
/// running hub may hold. What the hub knows already stays as it is: a second run writes nothing.
/// `current` names the cameras. The exit status.
int import_arlo(const cli::Console& console, const cli::ImportArlo& command,
                const config::Config& current, const std::filesystem::path& data);

}  // namespace casement::app
