#pragma once
// Programs of this machine that say whether something is right: hostapd, dnsmasq, nft. For commands
// of a person only; the hub itself starts no program.

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace casement::app::cli {

struct ToolOutput {
    int status = 0;             // of its end; 128 and more: a signal's
    bool is_timed_out = false;  // it was killed, and `status` is not its own
    std::string text;           // both outputs, as they came; the first 256 KiB
};

/// Runs a program to its end or for `at_most`, without a shell and with nothing on standard input.
/// Blocks. NotFound when it is not installed; Unavailable when it cannot be started.
using RunTool = std::function<base::Result<ToolOutput>(const std::vector<std::string>& arguments,
                                                       std::chrono::milliseconds at_most)>;

/// RunTool of the real machine. Looks in $PATH and in the folders of root, whoever asks.
base::Result<ToolOutput> run_tool(const std::vector<std::string>& arguments,
                                  std::chrono::milliseconds at_most);

}  // namespace casement::app::cli
