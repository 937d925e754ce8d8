#include "app/config/load.hpp"

#include <algorithm>
#include <fstream>

#include "app/config/sections.hpp"
#include "base/text.hpp"

namespace casement::app::config {

namespace {

namespace fs = std::filesystem;
using base::ErrorKind;

constexpr std::string_view kPrefix = "CASEMENT_";
/// Variables of the hub that are no settings, or of our own scripts.
constexpr std::string_view kReserved[] = {"CASEMENT_CONFIG", "CASEMENT_WEB"};

std::string upper_case(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    return out;
}

void collect_overrides(const std::vector<Shape>& shapes, const std::string& variable,
                       const std::string& path,
                       std::vector<std::pair<std::string, std::string>>& out) {
    for (const Shape& shape : shapes) {
        const std::string name = variable + "_" + upper_case(shape.name);
        const std::string full = path.empty() ? shape.name : path + "." + shape.name;
        if (shape.is_scalar()) out.emplace_back(name, full);
        if (!shape.is_list && !shape.is_named) collect_overrides(shape.keys, name, full, out);
    }
}

/// The node at `path`, made where it is missing; nullptr when something else than a mapping is in
/// the way.
Node* reach(Node& root, std::string_view path, const Place& place) {
    Node* node = &root;
    while (!path.empty()) {
        const std::string key(base::take_until(path, '.'));
        if (node->is_null()) node->kind = Node::Kind::Map;
        if (!node->is_map()) return nullptr;
        Node* next = node->find(key);
        if (next == nullptr) {
            node->entries.push_back({key, place, Node{Node::Kind::Null, place, {}, {}, {}}});
            next = &node->entries.back().value;
        }
        node = next;
    }
    return node;
}

/// Settings of the environment take the place of those of the file, before anything is checked.
void apply_overrides(Node& root, std::string_view text, const Environment& environment,
                     Problems& problems) {
    const auto known = overrides();
    std::vector<std::string> names;
    for (const auto& entry : known) names.push_back(entry.first);
    for (const auto& [name, value] : environment.variables) {
        if (!name.starts_with(kPrefix) || std::ranges::find(kReserved, name) != std::end(kReserved))
            continue;
        const Place place{"environment variable " + name, 0, 0};
        const auto found = std::ranges::find(names, name);
        if (found == names.end()) {
            // A variable that the file refers to is a secret of the owner's own naming.
            if (text.find("${" + name) != std::string_view::npos) continue;
            problems.push_back({Problem::Severity::Warning, place,
                                fmt::format("it names no setting{}", did_you_mean(name, names))});
            continue;
        }
        Node* node =
            reach(root, known[static_cast<std::size_t>(found - names.begin())].second, place);
        if (node == nullptr) continue;  // the file's own mistake is reported where it stands
        *node = Node{Node::Kind::Scalar, place, value, {}, {}};
    }
}

/// Relative paths mean "beside this file": they then work from any working directory.
void anchor_paths(Config& config, const std::string& file) {
    const fs::path folder = file.empty() ? fs::path() : fs::path(file).parent_path();
    const auto anchor = [&folder](std::string& path) {
        if (!path.empty() && fs::path(path).is_relative())
            path = fs::absolute(folder / path).lexically_normal().string();
    };
    anchor(config.data);
    if (auto* files = std::get_if<TlsFiles>(&config.http.tls)) {
        anchor(files->certificate);
        anchor(files->key);
    }
    if (config.mqtt.ca_file) anchor(*config.mqtt.ca_file);
    for (Account& account : config.accounts) {
        if (account.ca_file) anchor(*account.ca_file);
    }
}

}  // namespace

bool Loaded::is_usable() const { return errors() == 0; }
std::size_t Loaded::errors() const {
    return static_cast<std::size_t>(
        std::ranges::count(problems, Problem::Severity::Error, &Problem::severity));
}
std::size_t Loaded::warnings() const { return problems.size() - errors(); }

std::vector<Shape> file_shape() { return shapes_of(Config{}); }

std::vector<std::pair<std::string, std::string>> overrides() {
    std::vector<std::pair<std::string, std::string>> out;
    collect_overrides(file_shape(), std::string(kPrefix.substr(0, kPrefix.size() - 1)), "", out);
    return out;
}

Loaded parse(std::string_view text, const std::string& file, const Environment& environment) {
    Loaded out;
    out.file = file;
    Node root = parse_yaml(text, file, out.problems);
    apply_overrides(root, text, environment, out.problems);
    Reading reading{out.problems, environment};
    out.config.rtmp.is_asked_for = root.find("rtmp") != nullptr;
    read_fields(Value(reading, root, ""), out.config);
    anchor_paths(out.config, file);
    std::ranges::sort(out.problems, [](const Problem& a, const Problem& b) {
        return std::tie(a.place.line, a.place.column, a.message) <
               std::tie(b.place.line, b.place.column, b.message);
    });
    return out;
}

base::Result<Loaded> load(const fs::path& file, const Environment& environment) {
    std::ifstream in(file, std::ios::binary);
    if (!in || fs::is_directory(file)) {
        return base::fail(
            ErrorKind::NotFound,
            "the configuration {} cannot be read (does it exist, and may this user read it?)",
            file.string());
    }
    std::string text(kMaxFileBytes + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (in.bad())
        return base::fail(ErrorKind::Unavailable, "reading the configuration {} failed",
                          file.string());
    text.resize(static_cast<std::size_t>(in.gcount()));
    return parse(text, file.string(), environment);
}

std::vector<fs::path> searched_places(const Environment& environment) {
    std::vector<fs::path> out{"/etc/casement/casement.yaml"};
    const std::string xdg = environment.variable("XDG_CONFIG_HOME");
    const std::string home = environment.variable("HOME");
    if (!xdg.empty()) {
        out.push_back(fs::path(xdg) / "casement/casement.yaml");
    } else if (!home.empty()) {
        out.push_back(fs::path(home) / ".config/casement/casement.yaml");
    }
    out.emplace_back("/config/casement.yaml");
    return out;
}

std::optional<fs::path> find_file(const Environment& environment) {
    if (const std::string named = environment.variable("CASEMENT_CONFIG"); !named.empty())
        return fs::path(named);
    for (const fs::path& place : searched_places(environment)) {
        if (environment.exists(place)) return place;
    }
    return std::nullopt;
}

fs::path default_data_directory(const Environment& environment, bool is_root) {
    // systemd gives a colon-separated list; the first is the unit's own.
    std::string state = environment.variable("STATE_DIRECTORY");
    if (!state.empty()) return state.substr(0, state.find(':'));
    if (is_root) return "/var/lib/casement";
    const std::string xdg = environment.variable("XDG_DATA_HOME");
    const std::string home = environment.variable("HOME");
    if (!xdg.empty()) return fs::path(xdg) / "casement";
    return home.empty() ? fs::path("/var/lib/casement") : fs::path(home) / ".local/share/casement";
}

}  // namespace casement::app::config
