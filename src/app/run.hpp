#pragma once
// From the arguments of the process to its exit status.

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "app/cli/commands.hpp"
#include "app/cli/doctor.hpp"
#include "app/cli/keyboard.hpp"
#include "app/cli/tool.hpp"
#include "app/config/load.hpp"

namespace casement::app {

/// What `serve` and `demo` start with.
struct Start {
    config::Config config;
    std::string config_file;          // empty = the defaults
    std::filesystem::path data;       // absolute
    config::Environment environment;  // for reloading
    bool is_demo = false;
};

/// What the process is given; tests give their own.
struct World {
    std::ostream& out;
    std::ostream& err;
    config::Environment environment;
    const base::Clock& clock;
    bool is_root = false;
    bool err_is_terminal = false;
    /// Of this machine, as others on its network reach it.
    std::function<std::string()> own_address{};
    /// Runs the hub until it is asked to stop; the exit status.
    std::function<int(const Start&)> serve;
    /// Runs an emulated device until it is asked to stop; the exit status.
    std::function<int(const cli::EmulateArlo&)> emulate_arlo{};
    std::function<int(const cli::EmulateNanit&, bool json)> emulate_nanit{};
    std::function<int(const cli::EmulateNest&, bool json)> emulate_nest{};
    /// Programs of this machine that check files and tell of its network.
    cli::RunTool run_tool{};
    /// Standard input, for commands that ask.
    std::function<std::unique_ptr<cli::Keyboard>()> keyboard{};
    /// What doctor looks at.
    std::function<cli::Machine()> machine{};
    /// The hub of a data directory.
    std::function<base::Result<std::unique_ptr<cli::Hub>>(const std::filesystem::path& data)>
        find_hub;
};

/// 0, 1 (failed) or 2 (usage).
int run(const std::vector<std::string>& arguments, const World& world);

/// The world of this process, without `serve`.
World process_world(const base::Clock& clock);

}  // namespace casement::app
