#pragma once
// From a file and the environment to a checked configuration.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/config/config.hpp"
#include "app/config/references.hpp"
#include "app/config/schema.hpp"

namespace casement::app::config {

struct Loaded {
    Config config;
    std::string file;  // empty when the defaults are used
    Problems problems;

    bool is_usable() const;  // no errors; warnings are allowed
    std::size_t errors() const;
    std::size_t warnings() const;
};

/// Reads text as the file `file` would be read, with the overrides of the environment
/// (CASEMENT_HTTP_LISTEN for http.listen). Every problem is in the result, in the order of the
/// file. Secrets become known to the log's mask.
Loaded parse(std::string_view text, const std::string& file, const Environment& environment);

/// parse() of a file that exists; NotFound or ResourceExhausted otherwise.
base::Result<Loaded> load(const std::filesystem::path& file, const Environment& environment);

/// Where the configuration is looked for when nobody names it, in this order: $CASEMENT_CONFIG,
/// /etc/casement/casement.yaml, $XDG_CONFIG_HOME/casement/casement.yaml (or ~/.config),
/// /config/casement.yaml. nullopt when none exists. A named file must exist: that is for load() to
/// find out.
std::optional<std::filesystem::path> find_file(const Environment& environment);
std::vector<std::filesystem::path> searched_places(const Environment& environment);

/// $STATE_DIRECTORY of systemd, /var/lib/casement for root, $XDG_DATA_HOME/casement (or
/// ~/.local/share) for anybody else.
std::filesystem::path default_data_directory(const Environment& environment, bool is_root);

/// Environment variable of each setting that has one, with the path it overrides.
std::vector<std::pair<std::string, std::string>> overrides();

/// The description of the whole file, for the reference page.
std::vector<Shape> file_shape();

}  // namespace casement::app::config
