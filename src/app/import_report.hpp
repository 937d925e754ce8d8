#pragma once
// What all commands of `casement import` share: a line for each thing of the old program's, and the
// configuration that comes out.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/commands.hpp"

namespace casement::app {

/// One line of the report.
struct ImportLine {
    enum class Verdict { Taken, Known, Ignored, Problem };
    Verdict verdict = Verdict::Taken;
    std::string subject;  // "WifiCountryCode", "A0B1C2D3 VideoFlip"
    std::string text;     // what became of it, and why
};

/// The lines on `err` and the YAML on `out`; with --json both in one object on `out`.
void report_import(const cli::Console& console, const std::vector<ImportLine>& lines,
                   const std::string& yaml, bool is_written);

/// true, yes, on, 1 and their opposites, in any case.
std::optional<bool> bool_of(std::string_view text);
/// A text in double quotes (YAML 1.2 §7.3.1).
std::string yaml_text(std::string_view text);

}  // namespace casement::app
