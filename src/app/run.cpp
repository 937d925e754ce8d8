#include "app/run.hpp"

#include <unistd.h>

#include <iostream>
#include <ostream>

#include <nlohmann/json.hpp>

#include "app/cli/arlo_network.hpp"
#include "app/cli/doctor.hpp"
#include "app/cli/login.hpp"
#include "app/cli/words.hpp"
#include "app/control.hpp"
#include "app/emulate.hpp"
#include "app/import_arlo.hpp"
#include "app/import_foggycam.hpp"
#include "app/import_nanit.hpp"
#include "app/push_address.hpp"
#include "app/version.hpp"
#include "app/web_root.hpp"

namespace casement::app {

namespace {

namespace fs = std::filesystem;
using cli::Common;

/// The configuration that -c names or that is found; the defaults where there is none.
base::Result<config::Loaded> load_config(const World& world, const std::string& named) {
    if (!named.empty()) return config::load(named, world.environment);
    if (const auto found = config::find_file(world.environment))
        return config::load(*found, world.environment);
    return config::parse("", "", world.environment);
}

fs::path data_directory(const World& world, const Common& common, const config::Config& config) {
    if (!common.data.empty()) return fs::absolute(common.data);
    if (!config.data.empty()) return config.data;
    return config::default_data_directory(world.environment, world.is_root);
}

void write_problems(std::ostream& out, const config::Problems& problems) {
    for (const config::Problem& problem : problems) out << problem.text() << "\n";
}

std::string counted(std::size_t count, std::string_view one) {
    return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

void write_check_json(std::ostream& out, const config::Loaded& loaded) {
    nlohmann::json problems = nlohmann::json::array();
    for (const config::Problem& problem : loaded.problems) {
        problems.push_back(
            {{"severity",
              problem.severity == config::Problem::Severity::Error ? "error" : "warning"},
             {"file", problem.place.file},
             {"line", problem.place.line},
             {"column", problem.place.column},
             {"message", problem.message}});
    }
    out << nlohmann::json{{"file", loaded.file},
                          {"errors", loaded.errors()},
                          {"warnings", loaded.warnings()},
                          {"problems", problems}}
               .dump(2)
        << "\n";
}

int check(const World& world, const Common& common, const cli::Check& command) {
    const auto loaded = load_config(world, command.file.empty() ? common.config : command.file);
    if (!loaded) {
        world.err << "casement: " << loaded.error().message() << "\n";
        return cli::kFailed;
    }
    const int status = loaded->is_usable() ? cli::kOk : cli::kFailed;
    if (common.json) {
        write_check_json(world.out, *loaded);
        return status;
    }
    write_problems(world.err, loaded->problems);
    const std::string name =
        loaded->file.empty() ? "no configuration file; the defaults" : loaded->file;
    if (!loaded->is_usable()) {
        world.err << fmt::format("{}: {}, {}\n", name, counted(loaded->errors(), "error"),
                                 counted(loaded->warnings(), "warning"));
    } else {
        world.out << fmt::format(
            "{}: fine, {}{}\n", name, counted(loaded->config.cameras.size(), "camera"),
            loaded->warnings() > 0 ? ", " + counted(loaded->warnings(), "warning") : "");
    }
    return status;
}

int serve(const World& world, const Common& common, const cli::Serve& command) {
    auto loaded = load_config(world, common.config);
    if (!loaded) {
        world.err << "casement: " << loaded.error().message() << "\n";
        return cli::kFailed;
    }
    write_problems(world.err, loaded->problems);
    if (!loaded->is_usable()) {
        world.err << fmt::format("casement: the configuration has {}; nothing was started\n",
                                 counted(loaded->errors(), "error"));
        return cli::kFailed;
    }
    Start start;
    start.data = data_directory(world, common, loaded->config);
    start.config = std::move(loaded->config);
    start.config_file = loaded->file;
    start.environment = world.environment;
    // Whoever starts it with nothing at all wants to see something.
    start.is_demo = command.demo || start.config_file.empty();
    return world.serve(start);
}

/// Where a running hub may be, best first. Its secrets are none of a command's business, so
/// problems of the file do not matter here.
std::vector<fs::path> hub_directories(const World& world, const Common& common) {
    if (!common.data.empty()) return {fs::absolute(common.data)};
    const auto loaded = load_config(world, common.config);
    if (loaded && !loaded->config.data.empty()) return {loaded->config.data};
    std::vector<fs::path> out{config::default_data_directory(world.environment, world.is_root)};
    const fs::path of_service = config::default_data_directory(world.environment, true);
    if (of_service != out.front()) out.push_back(of_service);
    return out;
}

base::Result<std::unique_ptr<cli::Hub>> find_hub(const World& world, const Common& common) {
    if (!common.config.empty() && !world.environment.exists(common.config)) {
        return base::fail(
            base::ErrorKind::NotFound,
            "the configuration {} cannot be read (does it exist, and may this user read it?)",
            common.config);
    }
    std::optional<base::Error> first;
    for (const fs::path& data : hub_directories(world, common)) {
        auto hub = world.find_hub(data);
        if (hub) return hub;
        // "another user's" says more than "nobody there".
        if (!first || hub.error().is(base::ErrorKind::PermissionDenied)) first = hub.error();
    }
    return std::unexpected(*first);
}

/// With the configuration as it is written; its secrets do not matter here, so neither do problems
/// with them.
int doctor(const World& world, const Common& common, const cli::Console& console) {
    const auto loaded = load_config(world, common.config);
    if (!loaded) return fail_with(console, loaded.error());
    std::unique_ptr<cli::Hub> hub;
    fs::path data = data_directory(world, common, loaded->config);
    for (const fs::path& candidate : hub_directories(world, common)) {
        auto found = world.find_hub(candidate);
        if (!found) continue;
        hub = std::move(*found);
        data = candidate;
        break;
    }
    const cli::Machine machine = world.machine();
    cli::Findings findings = cli::examine({loaded->config, data, hub.get(), world.clock, machine});
    for (const config::Problem& problem : loaded->problems) {
        if (problem.severity != config::Problem::Severity::Error) continue;
        findings.insert(findings.begin(), {.verdict = cli::Verdict::Bad,
                                           .topic = "configuration",
                                           .says = problem.text(),
                                           .looked_at = loaded->file,
                                           .remedy = "casement check says it all"});
    }
    return tell_findings(console, findings);
}

/// Where secrets of this set-up are: with the hub's, where there are any.
fs::path secrets_directory(const World& world, const Common& common, const config::Config& config) {
    for (const fs::path& data : hub_directories(world, common)) {
        std::error_code ec;
        const bool is_there = fs::exists(data / "secrets.key", ec);
        if (is_there || ec == std::errc::permission_denied) return data;
    }
    return data_directory(world, common, config);
}

/// Of a vendor whose command this is.
template <typename Login>
int login(const World& world, const Common& common, const cli::Console& console,
          const Login& command) {
    const auto loaded = load_config(world, common.config);
    if (!loaded) return fail_with(console, loaded.error());
    // An account that cannot be read is not there; the reason stands among the problems.
    if (!loaded->is_usable()) write_problems(world.err, loaded->problems);
    const auto keyboard = world.keyboard();
    return cli::login(console, *keyboard, command, loaded->config,
                      secrets_directory(world, common, loaded->config), world.clock);
}

struct RemoteCommand {
    cli::Hub& hub;
    const cli::Console& console;
    const base::Clock& clock;

    int operator()(const cli::Cameras&) const { return list_cameras(hub, console); }
    int operator()(const cli::ShowCamera& c) const {
        return c.what.empty() ? show_camera(hub, console, c) : show_logs(hub, console, c);
    }
    int operator()(const cli::SetSetting& c) const { return set_setting(hub, console, c); }
    int operator()(const cli::RunCommand& c) const { return run_command(hub, console, c); }
    int operator()(const cli::Snapshot& c) const { return take_snapshot(hub, console, c); }
    int operator()(const cli::Export& c) const { return export_footage(hub, console, c, clock); }
    int operator()(const cli::Events& c) const { return show_events(hub, console, c); }
    int operator()(const cli::Health&) const { return show_health(hub, console); }
    int operator()(const cli::TokenCreate& c) const { return create_token(hub, console, c); }
    int operator()(const cli::TokenList&) const { return list_tokens(hub, console); }
    int operator()(const cli::TokenRevoke& c) const { return revoke_token(hub, console, c); }
    // Commands that need no hub were answered before.
    int operator()(const cli::Serve&) const { return cli::kFailed; }
    int operator()(const cli::EmulateArlo&) const { return cli::kFailed; }
    int operator()(const cli::EmulateNanit&) const { return cli::kFailed; }
    int operator()(const cli::EmulateNest&) const { return cli::kFailed; }
    int operator()(const cli::ArloNetwork&) const { return cli::kFailed; }
    int operator()(const cli::Doctor&) const { return cli::kFailed; }
    int operator()(const cli::LoginNanit&) const { return cli::kFailed; }
    int operator()(const cli::LoginNest&) const { return cli::kFailed; }
    int operator()(const cli::ImportArlo&) const { return cli::kFailed; }
    int operator()(const cli::ImportFoggycam&) const { return cli::kFailed; }
    int operator()(const cli::ImportNanit&) const { return cli::kFailed; }
    int operator()(const cli::Check&) const { return cli::kFailed; }
    int operator()(const cli::Version&) const { return cli::kFailed; }
};

}  // namespace

int run(const std::vector<std::string>& arguments, const World& world) {
    const auto line = cli::parse_command_line(arguments);
    if (!line) {
        (line.error().status == cli::kOk ? world.out : world.err) << line.error().text;
        return line.error().status;
    }
    const Common& common = line->common;
    if (const auto* command = std::get_if<cli::Serve>(&line->command))
        return serve(world, common, *command);
    if (const auto* command = std::get_if<cli::EmulateArlo>(&line->command))
        return world.emulate_arlo(*command);
    if (const auto* command = std::get_if<cli::EmulateNanit>(&line->command))
        return world.emulate_nanit(*command, common.json);
    if (const auto* command = std::get_if<cli::EmulateNest>(&line->command))
        return world.emulate_nest(*command, common.json);
    if (const auto* command = std::get_if<cli::Check>(&line->command))
        return check(world, common, *command);
    if (std::holds_alternative<cli::Version>(line->command)) {
        if (common.json) {
            world.out << nlohmann::json{{"version", kVersion}}.dump() << "\n";
        } else {
            world.out << "Casement " << kVersion << "\n";
        }
        return cli::kOk;
    }
    const cli::Console console{world.out, world.err, common.json, world.err_is_terminal};
    if (std::holds_alternative<cli::Doctor>(line->command)) return doctor(world, common, console);
    if (const auto* command = std::get_if<cli::ArloNetwork>(&line->command))
        return cli::arlo_network(console, *command, world.environment, world.run_tool);
    if (const auto* command = std::get_if<cli::ShowCamera>(&line->command);
        command && (command->push_address || command->new_push_address)) {
        const auto loaded = load_config(world, common.config);
        if (!loaded) return fail_with(console, loaded.error());
        return show_push_address(console, *loaded, hub_directories(world, common), *command,
                                 world.own_address());
    }
    if (const auto* command = std::get_if<cli::LoginNanit>(&line->command))
        return login(world, common, console, *command);
    if (const auto* command = std::get_if<cli::LoginNest>(&line->command))
        return login(world, common, console, *command);
    if (const auto* command = std::get_if<cli::ImportFoggycam>(&line->command)) {
        const auto loaded = load_config(world, common.config);
        if (!loaded) return fail_with(console, loaded.error());
        return import_foggycam(console, *command, loaded->config,
                               secrets_directory(world, common, loaded->config));
    }
    if (const auto* command = std::get_if<cli::ImportArlo>(&line->command)) {
        const auto loaded = load_config(world, common.config);
        if (!loaded) return fail_with(console, loaded.error());
        return import_arlo(console, *command, loaded->config,
                           data_directory(world, common, loaded->config));
    }
    if (const auto* command = std::get_if<cli::ImportNanit>(&line->command)) {
        const auto loaded = load_config(world, common.config);
        if (!loaded) return fail_with(console, loaded.error());
        return import_nanit(console, *command, loaded->config,
                            secrets_directory(world, common, loaded->config));
    }
    const auto hub = find_hub(world, common);
    if (!hub) {
        world.err << "casement: " << hub.error().message() << "\n";
        return cli::kFailed;
    }
    return std::visit(RemoteCommand{**hub, console, world.clock}, line->command);
}

World process_world(const base::Clock& clock) {
    return {
        .out = std::cout,
        .err = std::cerr,
        .environment = config::process_environment(),
        .clock = clock,
        .is_root = geteuid() == 0,
        .err_is_terminal = isatty(STDERR_FILENO) == 1,
        .own_address = own_address,
        .serve = {},
        .emulate_arlo =
            [](const cli::EmulateArlo& command) {
                return emulate_arlo(command, std::cout, std::cerr);
            },
        .emulate_nanit =
            [](const cli::EmulateNanit& command, bool json) {
                return emulate_nanit(command, json, std::cout, std::cerr);
            },
        .emulate_nest = [](const cli::EmulateNest& command,
                           bool json) { return emulate_nest(command, json, std::cout, std::cerr); },
        .run_tool = cli::run_tool,
        .keyboard = [] { return cli::this_keyboard(std::cerr); },
        .machine = cli::this_machine,
        .find_hub = [](const fs::path& data) -> base::Result<std::unique_ptr<cli::Hub>> {
            CASEMENT_TRY(Control control, read_control(data));
            return cli::connect_to(std::move(control));
        }};
}

}  // namespace casement::app
