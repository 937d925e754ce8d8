#include "app/config/references.hpp"

#include <unistd.h>

#include <fstream>

#include "base/text.hpp"

namespace casement::app::config {

namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

constexpr std::size_t kMaxSecretBytes = 64 * 1024;

bool is_variable_name(std::string_view name) {
    const auto fits = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '_';
    };
    return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::ranges::all_of(name, fits);
}

/// Secrets are written with an editor or echo: the line feed at the end is not part of them.
std::string without_line_end(std::string text) {
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    return text;
}

Result<Piece> from_file(std::string_view path, const Environment& environment) {
    if (!path.starts_with('/'))
        return fail(ErrorKind::InvalidArgument,
                    "${{file:{}}} needs an absolute path, like ${{file:/run/secrets/porch}}", path);
    auto content = environment.read_file(std::filesystem::path(path));
    if (!content) return std::unexpected(content.error().within(fmt::format("${{file:{}}}", path)));
    return Piece{Piece::Origin::File, without_line_end(*std::move(content))};
}

Result<Piece> from_credential(std::string_view name, const Environment& environment) {
    if (name.empty() || name == "." || name == ".." || name.find('/') != std::string_view::npos) {
        return fail(ErrorKind::InvalidArgument,
                    "${{credential:{}}} needs the name of a systemd credential", name);
    }
    const std::string folder = environment.variable("CREDENTIALS_DIRECTORY");
    if (folder.empty()) {
        return fail(ErrorKind::NotFound,
                    "${{credential:{}}}: no credentials were passed; the systemd unit needs a "
                    "LoadCredential= line for it",
                    name);
    }
    auto content = environment.read_file(std::filesystem::path(folder) / name);
    if (!content)
        return std::unexpected(content.error().within(fmt::format("${{credential:{}}}", name)));
    return Piece{Piece::Origin::Credential, without_line_end(*std::move(content))};
}

Result<Piece> from_variable(std::string_view text, const Environment& environment) {
    const std::size_t split = text.find(":-");
    const std::string name(text.substr(0, split));
    if (!is_variable_name(name)) {
        return fail(ErrorKind::InvalidArgument,
                    "a reference is written ${{NAME}}, ${{NAME:-default}}, ${{file:/path}} or "
                    "${{credential:name}}; a literal dollar and brace is $${{");
    }
    const auto known = environment.variables.find(name);
    const bool set = known != environment.variables.end();
    // As in a shell: with ":-" an empty variable counts as unset.
    if (set && (split == std::string_view::npos || !known->second.empty()))
        return Piece{Piece::Origin::Variable, known->second};
    if (split != std::string_view::npos)
        return Piece{Piece::Origin::Default, std::string(text.substr(split + 2))};
    return fail(ErrorKind::NotFound, "the environment variable {} is not set", name);
}

Result<Piece> resolve(std::string_view inside, const Environment& environment) {
    constexpr std::string_view kFile = "file:";
    constexpr std::string_view kCredential = "credential:";
    if (inside.starts_with(kFile)) return from_file(inside.substr(kFile.size()), environment);
    if (inside.starts_with(kCredential))
        return from_credential(inside.substr(kCredential.size()), environment);
    return from_variable(inside, environment);
}

Result<std::string> read_small_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in)
        return fail(ErrorKind::NotFound,
                    "it cannot be read (does it exist, and may this user read it?)");
    std::string content(kMaxSecretBytes + 1, '\0');
    in.read(content.data(), static_cast<std::streamsize>(content.size()));
    if (in.bad()) return fail(ErrorKind::Unavailable, "reading it failed");
    content.resize(static_cast<std::size_t>(in.gcount()));
    if (content.size() > kMaxSecretBytes)
        return fail(ErrorKind::ResourceExhausted, "it is larger than {} bytes", kMaxSecretBytes);
    return content;
}

}  // namespace

std::string Environment::variable(const std::string& name) const {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string{} : found->second;
}

Environment process_environment() {
    Environment out;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        std::string_view rest(*entry);
        const std::string_view name = base::take_until(rest, '=');
        out.variables.emplace(name, rest);
    }
    out.read_file = read_small_file;
    out.exists = [](const std::filesystem::path& path) {
        std::error_code ec;
        return std::filesystem::exists(path, ec);
    };
    return out;
}

Result<std::vector<Piece>> resolve_references(std::string_view text,
                                              const Environment& environment) {
    std::vector<Piece> pieces;
    const auto literal = [&pieces](std::string_view part) {
        if (part.empty()) return;
        if (pieces.empty() || pieces.back().is_reference()) pieces.emplace_back();
        pieces.back().text += part;
    };
    for (std::string_view rest = text; !rest.empty();) {
        const std::size_t at = rest.find("${");
        if (at == std::string_view::npos) {
            literal(rest);
            break;
        }
        if (at > 0 && rest[at - 1] == '$') {
            literal(rest.substr(0, at - 1));
            literal("${");
            rest.remove_prefix(at + 2);
            continue;
        }
        literal(rest.substr(0, at));
        const std::size_t close = rest.find('}', at);
        if (close == std::string_view::npos)
            return fail(ErrorKind::InvalidArgument,
                        "a reference begins with ${{ and has no closing brace");
        CASEMENT_TRY(Piece piece, resolve(rest.substr(at + 2, close - at - 2), environment));
        pieces.push_back(std::move(piece));
        rest.remove_prefix(close + 1);
    }
    return pieces;
}

std::string joined(const std::vector<Piece>& pieces) {
    std::string out;
    for (const Piece& piece : pieces) out += piece.text;
    return out;
}

}  // namespace casement::app::config
