#pragma once
// What each command asks the hub, and how its answer reads. All block; all return an exit status.

#include <iosfwd>

#include "app/cli/command_line.hpp"
#include "app/cli/hub.hpp"
#include "base/clock.hpp"

namespace casement::app::cli {

/// Where a command speaks. Answers go to `out`, everything else to `err`.
struct Console {
    std::ostream& out;
    std::ostream& err;
    bool json = false;
    bool shows_progress = false;  // err is a terminal
};

int list_cameras(Hub& hub, const Console& console);
int show_camera(Hub& hub, const Console& console, const ShowCamera& command);
/// `every`: how often the hub is asked how far they are.
int show_logs(Hub& hub, const Console& console, const ShowCamera& command,
              std::chrono::milliseconds every = std::chrono::milliseconds{500});
int set_setting(Hub& hub, const Console& console, const SetSetting& command);
int run_command(Hub& hub, const Console& console, const RunCommand& command);
int take_snapshot(Hub& hub, const Console& console, const Snapshot& command);
int export_footage(Hub& hub, const Console& console, const Export& command,
                   const base::Clock& clock);
int show_events(Hub& hub, const Console& console, const Events& command);
/// kFailed also when the hub reports a problem: for scripts.
int show_health(Hub& hub, const Console& console);
int create_token(Hub& hub, const Console& console, const TokenCreate& command);
int list_tokens(Hub& hub, const Console& console);
int revoke_token(Hub& hub, const Console& console, const TokenRevoke& command);

}  // namespace casement::app::cli
