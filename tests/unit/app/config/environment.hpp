#pragma once
// A world for configurations: variables and files that exist nowhere else.

#include "app/config/load.hpp"

namespace casement::app::config {

inline Environment environment_of(std::map<std::string, std::string> variables,
                                  std::map<std::string, std::string> files = {}) {
    Environment out;
    out.variables = std::move(variables);
    out.read_file = [files](const std::filesystem::path& path) -> base::Result<std::string> {
        const auto found = files.find(path.string());
        if (found == files.end()) return base::fail(base::ErrorKind::NotFound, "it cannot be read");
        return found->second;
    };
    out.exists = [files](const std::filesystem::path& path) {
        return files.contains(path.string());
    };
    return out;
}

/// All problems as one text, a line each.
inline std::string text_of(const Problems& problems) {
    std::string out;
    for (const Problem& problem : problems) out += problem.text() + "\n";
    return out;
}

}  // namespace casement::app::config
