#pragma once
// References to what does not stand in the file: ${VAR}, ${VAR:-default}, ${file:/path},
// ${credential:name}. "$${" is a literal "${".

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace casement::app::config {

/// What the world outside the file says; tests make their own.
struct Environment {
    std::map<std::string, std::string> variables;
    /// The whole file, 64 KiB at most (a secret, not a recording).
    std::function<base::Result<std::string>(const std::filesystem::path&)> read_file;
    std::function<bool(const std::filesystem::path&)> exists;

    /// Empty when unset: for variables where "" means nothing.
    std::string variable(const std::string& name) const;
};

Environment process_environment();

/// One stretch of a value: text of the file, or what a reference stands for.
struct Piece {
    enum class Origin { Literal, Variable, Default, File, Credential };
    Origin origin = Origin::Literal;
    std::string text;

    bool is_reference() const { return origin != Origin::Literal; }
    /// Stands readable in the file: the text itself, or the default of a reference.
    bool is_written_in_file() const {
        return origin == Origin::Literal || origin == Origin::Default;
    }
};

/// Neighbouring literals are one piece. Errors name the reference, never a value.
base::Result<std::vector<Piece>> resolve_references(std::string_view text,
                                                    const Environment& environment);

std::string joined(const std::vector<Piece>& pieces);

}  // namespace casement::app::config
