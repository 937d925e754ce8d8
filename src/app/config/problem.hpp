#pragma once
// What is wrong with a configuration, and where.

#include <string>
#include <vector>

#include <fmt/format.h>

namespace casement::app::config {

/// A spot in a file, or an environment variable (then without line). Lines and columns count
/// from 1.
struct Place {
    std::string file;
    int line = 0;
    int column = 0;
    bool operator==(const Place&) const = default;
};

struct Problem {
    enum class Severity { Error, Warning };
    Severity severity = Severity::Error;
    Place place;
    std::string message;  // a sentence without secrets

    /// "casement.yaml:12:5: unknown key ...", as editors and compilers write it; warnings say so.
    std::string text() const {
        const std::string_view prefix = severity == Severity::Warning ? "warning: " : "";
        if (place.line == 0) return fmt::format("{}: {}{}", place.file, prefix, message);
        return fmt::format("{}:{}:{}: {}{}", place.file, place.line, place.column, prefix, message);
    }
};

using Problems = std::vector<Problem>;

}  // namespace casement::app::config
