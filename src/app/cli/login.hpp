#pragma once
// `casement login`: a person, or a program for one, signs in to an account.

#include <filesystem>

#include "app/cli/commands.hpp"
#include "app/cli/keyboard.hpp"
#include "app/config/config.hpp"

namespace casement::app::cli {

/// Asks `keyboard` for what the command does not say, signs in, and puts the session into the
/// sealed store in `data`, where a running hub finds it. The exit status: kFailed also while a code
/// is awaited that nobody could give; the same command with --mfa-code goes on then.
int login(const Console& console, Keyboard& keyboard, const LoginNanit& command,
          const config::Config& config, const std::filesystem::path& data,
          const base::Clock& clock);
/// The same of Nest. What is brought is tried at once; nothing of it is kept where it does not
/// work.
int login(const Console& console, Keyboard& keyboard, const LoginNest& command,
          const config::Config& config, const std::filesystem::path& data,
          const base::Clock& clock);

}  // namespace casement::app::cli
