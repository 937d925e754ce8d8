#pragma once
// `casement import nanit`: takes over the environment file and the session of the Go programs for
// Nanit. Shows first, writes only when told to.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "app/cli/command_line.hpp"
#include "app/config/config.hpp"
#include "app/import_report.hpp"
#include "drivers/nanit/old_session.hpp"

namespace casement::app {

/// NAME=VALUE lines of an environment file, as Docker and shells write them: quotes, `export`, #.
/// The last of a name counts.
using EnvFile = std::map<std::string, std::string>;
EnvFile parse_env_file(std::string_view text, std::vector<ImportLine>& problems);

struct NanitImport {
    std::vector<ImportLine> lines;
    std::string yaml;
    base::Secret refresh;  // empty = none was found
};

/// What the old files say, in our words, for the account of that name. Touches nothing.
NanitImport plan_nanit_import(const EnvFile& file, const drivers::nanit::OldSession& session,
                              const std::string& account);

/// Reads, reports, prints the YAML, and with --write puts the refresh token into the sealed store
/// in `data`, where a running hub finds it. A session that is there already stays. The exit status.
int import_nanit(const cli::Console& console, const cli::ImportNanit& command,
                 const config::Config& current, const std::filesystem::path& data);

}  // namespace casement::app
