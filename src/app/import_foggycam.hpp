#pragma once
// `casement import foggycam`: takes over the config.json of foggycam. Shows first, writes only when
// told to.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/command_line.hpp"
#include "app/config/config.hpp"
#include "app/import_report.hpp"

namespace casement::app {

struct FoggycamImport {
    std::vector<ImportLine> lines;
    std::string yaml;
    // Of the editions for Google accounts; empty = the file has none.
    base::Secret issue_token, cookies;
};

/// What the old file says, in our words, for the account of that name. Touches nothing.
/// InvalidArgument for what is no JSON object.
base::Result<FoggycamImport> plan_foggycam_import(std::string_view text,
                                                  const std::string& account);

/// Reads, reports, prints the YAML, and with --write puts the sign-in that the file has into the
/// sealed store in `data`, where a running hub finds and tries it. One that is there already stays.
/// The exit status.
int import_foggycam(const cli::Console& console, const cli::ImportFoggycam& command,
                    const config::Config& current, const std::filesystem::path& data);

inline constexpr std::size_t kMaxFoggycamBytes = 64 * 1024;

}  // namespace casement::app
