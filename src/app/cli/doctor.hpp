#pragma once
// `casement doctor`: looks at this machine as the hub needs it, whether the hub runs or not.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/commands.hpp"
#include "app/cli/tool.hpp"
#include "app/config/config.hpp"
#include "base/clock.hpp"
#include "drivers/arlo/memory.hpp"

namespace casement::app::cli {

enum class Verdict : std::uint8_t { Ok, Warn, Bad, Unknown };
std::string_view to_string(Verdict verdict);

struct Finding {
    Verdict verdict = Verdict::Unknown;
    std::string topic;      // "port 8790"
    std::string says;       // what is so
    std::string looked_at;  // where it was seen
    std::string remedy;     // what to do; empty where there is nothing to be done
};
using Findings = std::vector<Finding>;

/// This machine, as far as it is looked at; tests give their own. Everything blocks, for some
/// seconds at most.
struct Machine {
    struct Interface {
        std::string name, address;
        unsigned prefix = 0;
    };
    struct Space {
        std::uint64_t total_bytes = 0, free_bytes = 0;
    };
    /// "nginx (pid 812)" or empty.
    std::function<std::string(std::uint16_t port)> port_owner;
    /// Takes a port and gives it back at once. Errors as net::Listener::listen().
    std::function<base::Result<>(const config::ListenAddress&)> listen;
    std::function<base::Result<>(const config::ListenAddress&)> connect;
    /// Whether something keeps the clock right; nothing when the kernel does not tell.
    std::function<std::optional<bool>()> clock_is_kept;
    std::function<std::optional<Space>(const std::filesystem::path&)> space;
    std::function<std::vector<Interface>()> interfaces;
    /// The own address that packets to `address` would leave from; nothing is sent.
    std::function<base::Result<std::string>(const std::string& address)> way_to;
    /// Of the system, 1 MiB at most.
    std::function<base::Result<std::string>(const std::filesystem::path&)> read_file;
    RunTool run;
    /// Arlo devices that a data directory knows of, without changing anything there.
    std::function<base::Result<std::vector<drivers::arlo::KnownDevice>>(
        const std::filesystem::path& data)>
        arlo_devices;
};
Machine this_machine();

/// What is examined.
struct Patient {
    const config::Config& config;
    std::filesystem::path data;
    Hub* hub = nullptr;  // null: it does not run
    const base::Clock& clock;
    const Machine& machine;
};

Findings examine(const Patient& patient);
/// The part about Arlo devices; nothing where they are switched off.
void examine_arlo(const Patient& patient, Findings& out);
/// Whether a port that the hub wants can be had, or is the hub's; `key` is where it is written.
Finding examine_port(const Patient& patient, const std::string& what, const std::string& key,
                     const config::ListenAddress& address, bool hub_must_listen = true);

/// Tells what was found. kFailed when anything is bad.
int tell_findings(const Console& console, const Findings& findings);

}  // namespace casement::app::cli
