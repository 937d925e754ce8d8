#include "app/cli/command_line.hpp"

#include <algorithm>
#include <sstream>

#include <CLI/CLI.hpp>

#include "app/suggest.hpp"

namespace casement::app::cli {

namespace {

constexpr const char* kAbout =
    "Casement: the hub for the cameras at home. Set up, watch and record them without a cloud of "
    "its own.";
constexpr const char* kFooter =
    "\nExit status: 0 when it worked, 1 when it failed, 2 for a mistake on the command line."
    "\nAll commands but serve, demo, emulate, arlo, doctor, login, import, check, version and "
    "camera "
    "--push-address talk to the hub that runs on this machine.";

/// Builds the parser; parsing writes into the members.
class Grammar {
public:
    Grammar() {
        app_.require_subcommand(1);
        app_.fallthrough();  // `casement cameras --json` as well as `casement --json cameras`
        app_.footer(kFooter);
        app_.add_option("-c,--config", out_.common.config, "configuration file")->type_name("FILE");
        app_.add_option("--data", out_.common.data,
                        "folder of the database, recordings and secrets")
            ->type_name("DIR");
        app_.add_flag("--json", out_.common.json, "answer in JSON");
        add_running();
        add_asking();
        add_taking();
        add_tokens();
    }

    CLI::App& app() { return app_; }
    CommandLine& result() { return out_; }

    std::vector<std::string> names(const CLI::App& of) const {
        std::vector<std::string> out;
        for (const CLI::App* sub : of.get_subcommands({})) out.push_back(sub->get_name());
        return out;
    }

private:
    /// A subcommand that, when it is the one, becomes `command`.
    template <typename T>
    CLI::App* add(CLI::App& to, const char* name, const char* about, T& command) {
        CLI::App* sub = to.add_subcommand(name, about);
        sub->fallthrough();
        sub->callback([this, &command] { out_.command = command; });
        return sub;
    }

    void add_running() {
        add(app_, "serve", "run the hub", serve_);
        demo_.demo = true;
        add(app_, "demo", "run the hub with emulated cameras", demo_);
        add_emulators();
        add_arlo();
        add(app_, "doctor",
            "look at ports, clock, disk, and the network of Arlo devices: what is wrong, and what "
            "to do",
            doctor_);
        add_logins();
        add_imports();
        add(app_, "check", "say what is wrong with a configuration, without starting anything",
            check_)
            ->add_option("FILE", check_.file, "the file; otherwise the one that serve would take");
        add(app_, "version", "say which version this is", version_);
    }

    void add_emulators() {
        CLI::App* emulate =
            app_.add_subcommand("emulate", "be a vendor's device, to try the hub against");
        emulate->fallthrough();
        emulate->require_subcommand(1);
        CLI::App* arlo =
            add(*emulate, "arlo",
                "an Arlo camera or doorbell; what happens is told as JSON lines, and lines like "
                "\"motion 10\", \"press\" or \"reboot\" on standard input make it happen",
                emulate_arlo_);
        arlo->add_option("PROFILE", emulate_arlo_.profile,
                         "wirefree, pro2, essential, ultra, pro5, flood, vbell or abell")
            ->capture_default_str();
        arlo->add_option("--serial", emulate_arlo_.serial, "its serial number")->type_name("TEXT");
        arlo->add_option("--address", emulate_arlo_.address, "its own address")
            ->capture_default_str();
        arlo->add_option("--base", emulate_arlo_.base, "its default gateway: the base station")
            ->capture_default_str();
        arlo->add_option("--pace", emulate_arlo_.pace, "0.1: its time runs ten times as fast")
            ->check(CLI::Range(0.001, 1000.0));
        arlo->add_option("--fault", emulate_arlo_.faults,
                         "how it misbehaves; a wrong one lists all")
            ->type_name("WORD");
        arlo->add_flag("--any-ports", emulate_arlo_.any_ports,
                       "free ports instead of 4000, 4100, 554, 555, 5000, 8000");
        arlo->add_flag("--full-size", emulate_arlo_.full_size,
                       "pictures as large as its registers say");
        arlo->add_flag("--dozes", emulate_arlo_.dozes, "it sleeps when nobody wants anything");
        arlo->add_flag("--listens-while-busy", emulate_arlo_.listens_while_busy,
                       "it answers 453 instead of refusing the connection");
        add_emulated_nanit(*emulate);
        add_emulated_nest(*emulate);
    }

    void add_emulated_nest(CLI::App& emulate) {
        CLI::App* nest =
            add(emulate, "nest",
                "the cloud of Nest with cameras; tells the configuration for a hub, then what is "
                "asked as JSON lines, and lines like \"event motion\", \"fail get_image 429 5\" or "
                "\"live reset\" on standard input make something happen",
                emulate_nest_);
        nest->add_option("--cameras", emulate_nest_.cameras, "1 to 16")
            ->check(CLI::Range(1, 16))
            ->capture_default_str();
        nest->add_option("--address", emulate_nest_.address, "of everything")
            ->capture_default_str();
        nest->add_option("--port", emulate_nest_.port, "its first; the others follow")
            ->capture_default_str();
        nest->add_flag("--any-ports", emulate_nest_.any_ports, "free ports for all of it");
        nest->add_option("--sign-in", emulate_nest_.sign_in, "what the configuration says")
            ->check(CLI::IsMember(
                {"google", "google_refresh", "nest_token", "nest_password", "device_access"}))
            ->capture_default_str();
        nest->add_option("--email", emulate_nest_.email, "of the Nest account")
            ->capture_default_str();
        nest->add_option_function<std::string>(
            "--password",
            [this](const std::string& text) { emulate_nest_.password = base::Secret(text); },
            "of the Nest account (window); nothing secret");
        nest->add_flag("--two-factor", emulate_nest_.two_factor, "it asks for a PIN");
        nest->add_option("--token-ttl", emulate_nest_.token_ttl, "life of Google's tokens and JWTs")
            ->type_name("DURATION")
            ->capture_default_str();
        nest->add_option("--pace", emulate_nest_.pace, "0.1: its time runs ten times as fast")
            ->check(CLI::Range(0.001, 1000.0));
        nest->add_flag("--plain", emulate_nest_.plain, "without TLS");
        nest->add_option("--ca-file", emulate_nest_.ca_file,
                         "where it writes the certificate for the hub to trust")
            ->type_name("FILE")
            ->capture_default_str();
        nest->add_option("--keep", emulate_nest_.keep,
                         "where its certificate is, to be the same at every start")
            ->type_name("FOLDER");
        nest->add_option("--do", emulate_nest_.lines, "as if it were typed; a wrong one lists all")
            ->type_name("LINE");
    }

    void add_emulated_nanit(CLI::App& emulate) {
        CLI::App* nanit =
            add(emulate, "nanit",
                "the cloud of Nanit with cameras; tells the configuration for a hub, then what "
                "happens as JSON lines, and lines like \"motion\", \"power-cut 10\" or "
                "\"internet off 60\" on standard input make it happen",
                emulate_nanit_);
        nanit->add_option("--cameras", emulate_nanit_.cameras, "1 to 3")
            ->check(CLI::Range(1, 3))
            ->capture_default_str();
        nanit->add_option("--address", emulate_nanit_.address, "of everything")
            ->capture_default_str();
        nanit->add_option("--port", emulate_nanit_.port, "of the cloud; 0 is any")
            ->capture_default_str();
        nanit->add_option("--media-port", emulate_nanit_.media_port, "of its pictures")
            ->capture_default_str();
        nanit
            ->add_option("--door-port", emulate_nanit_.door_port,
                         "of the first camera itself; the others follow")
            ->capture_default_str();
        nanit->add_flag("--any-ports", emulate_nanit_.any_ports, "free ports for all of it");
        nanit->add_option("--email", emulate_nanit_.email, "of the account")->capture_default_str();
        nanit->add_option_function<std::string>(
            "--password",
            [this](const std::string& text) { emulate_nanit_.password = base::Secret(text); },
            "of the account (nursery); nothing secret");
        nanit->add_option("--mfa", emulate_nanit_.mfa, "how its codes come: none, sms or email")
            ->check(CLI::IsMember({"none", "sms", "email"}))
            ->capture_default_str();
        nanit->add_option("--token-ttl", emulate_nanit_.token_ttl, "life of an access token")
            ->type_name("DURATION")
            ->capture_default_str();
        nanit->add_option("--pace", emulate_nanit_.pace, "0.1: its time runs ten times as fast")
            ->check(CLI::Range(0.001, 1000.0));
        nanit->add_flag("--plain", emulate_nanit_.plain, "the cloud's ports without TLS");
        nanit
            ->add_option("--ca-file", emulate_nanit_.ca_file,
                         "where it writes the certificate for the hub to trust")
            ->type_name("FILE")
            ->capture_default_str();
        nanit
            ->add_option("--keep", emulate_nanit_.keep,
                         "where its certificates are, to be the same at every start")
            ->type_name("FOLDER");
        nanit->add_flag("--full-size", emulate_nanit_.full_size, "pictures of 1920x1080");
        nanit
            ->add_option("--do", emulate_nanit_.lines, "as if it were typed; a wrong one lists all")
            ->type_name("LINE");
    }

    void add_arlo() {
        CLI::App* arlo = app_.add_subcommand("arlo", "the network around Arlo devices");
        arlo->fallthrough();
        arlo->require_subcommand(1);
        CLI::App* network =
            add(*arlo, "network",
                "make the files of the cameras' network: access point, addresses, firewall, units; "
                "nothing of this machine is changed",
                network_);
        NetworkInputs& inputs = network_.inputs;
        network->add_option("--from", network_.from, "a YAML file with these words as keys")
            ->type_name("FILE");
        network->add_option("--set-up", inputs.set_up,
                            "gateway (this machine is the access point; the default), router, "
                            "unifi or networkmanager");
        network->add_option("--cameras", inputs.cameras, "interface of the cameras (wlan0)");
        network->add_option("--uplink", inputs.uplink, "interface of the home network (eth0)");
        network->add_option("--hub", inputs.hub, "the hub's address on the home network");
        network->add_option("--router", inputs.router, "the router's address there");
        network->add_option("--gateway", inputs.gateway,
                            "the cameras' gateway with its prefix (172.14.1.1/24)");
        network->add_option("--pool", inputs.pool, "addresses for cameras, FIRST-LAST");
        network->add_option("--reserve", network_.reservations, "MAC=ADDRESS, any number of them");
        network->add_option("--country", inputs.country, "two letters (US)");
        network->add_option("--channel", inputs.channel, "that of the old base: 1, 6 or 11 (6)");
        network->add_option("--ssid", inputs.ssid, "name of the Wi-Fi network");
        network->add_option("--psk-file", network_.psk_file, "file with its key")
            ->type_name("FILE");
        network->add_option("--psk-env", network_.psk_env, "variable with its key")
            ->type_name("NAME");
        network->add_flag("--wps", inputs.wps, "pair cameras with the WPS button");
        network->add_option("--rtp-ports", inputs.rtp_ports, "UDP ports of the hub (50000-50199)");
        network
            ->add_option("--into", network_.into,
                         "folder to write them to; otherwise they are shown, without the key")
            ->type_name("DIR");
        network->add_flag("--check", network_.check,
                          "let hostapd, dnsmasq and nft say whether they are right");
        network
            ->add_option("--steps", network_.steps,
                         "show the steps with hands instead: capture the old base's key, or "
                         "pair cameras without it")
            ->check(CLI::IsMember({"capture", "pair"}));
    }

    /// A secret of the command line; "-" = the next line of standard input.
    static void add_secret(CLI::App& to, const char* name, const char* about, const char* type,
                           base::Secret& secret) {
        to.add_option_function<std::string>(
              name, [&secret](const std::string& given) { secret = base::Secret(given); }, about)
            ->type_name(type);
    }

    void add_logins() {
        CLI::App* login = app_.add_subcommand(
            "login",
            "sign in to an account; what no option says is asked for, or read from "
            "standard input line by line");
        login->fallthrough();
        login->require_subcommand(1);
        CLI::App* nanit = add(*login, "nanit", "with e-mail address, password and code", login_);
        nanit->add_option("--account", login_.account, "which one of the configuration")
            ->type_name("NAME");
        nanit->add_option("--email", login_.email, "the e-mail address")->type_name("ADDRESS");
        nanit
            ->add_option("--password-file", login_.password_file,
                         "its first line is the password; - is standard input")
            ->type_name("FILE");
        nanit
            ->add_option("--mfa-channel", login_.channel,
                         "how the code shall come, where the account lets one choose")
            ->check(CLI::IsMember({"sms", "email"}));
        add_secret(*nanit, "--mfa-code", "the code that came; - is standard input", "CODE",
                   login_.mfa_code);
        nanit->add_flag("--new-code", login_.new_code, "have another code sent");
        add_secret(*nanit, "--refresh-token",
                   "a token of another program that is stopped for good; - is standard input",
                   "TOKEN", login_.refresh_token);
        add_nest_login(*login);
    }

    void add_nest_login(CLI::App& login) {
        CLI::App* nest = add(
            login, "nest",
            "with a token of home.nest.com, or what a browser holds of Google; docs/guide/nest.md",
            login_nest_);
        nest->add_option("--account", login_nest_.account, "which one of the configuration")
            ->type_name("NAME");
        add_secret(
            *nest, "--nest-token",
            "nest_token: the first access_token of home.nest.com/session; - is standard input",
            "TOKEN", login_nest_.nest_token);
        add_secret(*nest, "--issue-token",
                   "google: the address of the request \"iframerpc\"; - is standard input", "URL",
                   login_nest_.issue_token);
        nest->add_option("--cookies-file", login_nest_.cookies_file,
                         "google: its first line is the cookie header; - is standard input")
            ->type_name("FILE");
        add_secret(*nest, "--refresh-token",
                   "google_refresh: an old one; device_access: instead of a code; - is standard "
                   "input",
                   "TOKEN", login_nest_.refresh_token);
        nest->add_option("--client-id", login_nest_.client_id,
                         "google_refresh: whose token it is, where it is not Nest's own app; "
                         "device_access: of your OAuth client")
            ->type_name("ID");
        nest->add_option("--project", login_nest_.project,
                         "device_access: the project's id in the Device Access console")
            ->type_name("ID");
        nest->add_option(
                "--client-secret-file", login_nest_.client_secret_file,
                "device_access: its first line is the client's secret; - is standard input")
            ->type_name("FILE");
        add_secret(
            *nest, "--code",
            "device_access: the code that Google gave, or the address with it; - is standard "
            "input",
            "CODE", login_nest_.code);
        nest->add_option("--subscription", login_nest_.subscription,
                         "device_access: projects/NAME/subscriptions/NAME; without it, no events")
            ->type_name("NAME");
        nest->add_option("--email", login_nest_.email, "nest_password: the e-mail address")
            ->type_name("ADDRESS");
        nest->add_option("--password-file", login_nest_.password_file,
                         "nest_password: its first line is the password; - is standard input")
            ->type_name("FILE");
        add_secret(*nest, "--mfa-code", "nest_password: the code that came; - is standard input",
                   "CODE", login_nest_.mfa_code);
    }

    void add_imports() {
        CLI::App* import = app_.add_subcommand("import", "take over what another program has kept");
        import->fallthrough();
        import->require_subcommand(1);
        CLI::App* arlo =
            add(*import, "arlo",
                "arlo-cam-api and its forks: says what becomes of each line, and prints "
                "what belongs into the configuration",
                import_arlo_);
        arlo->add_option("CONFIG", import_arlo_.file, "its config.yaml or arlo.yaml")->required();
        arlo->add_option("DATABASE", import_arlo_.database, "its arlo.db");
        arlo->add_flag("--write", import_arlo_.write,
                       "store devices, names and settings; the hub must not run");
        CLI::App* foggycam = add(
            *import, "foggycam",
            "foggycam for Nest: says what becomes of each key, and prints what belongs into the "
            "configuration",
            import_foggycam_);
        foggycam->add_option("FILE", import_foggycam_.file, "its config.json")->required();
        foggycam
            ->add_option("--account", import_foggycam_.account, "what the account is called here")
            ->type_name("NAME");
        foggycam->add_flag("--write", import_foggycam_.write, "store its sign-in");
        CLI::App* nanit =
            add(*import, "nanit",
                "the Go programs for Nanit: says what becomes of each variable, and prints what "
                "belongs into the configuration",
                import_nanit_);
        nanit->add_option("FILE", import_nanit_.file, "its .env, or its session.json")->required();
        nanit->add_option("SESSION", import_nanit_.session, "its session.json");
        nanit->add_option("--account", import_nanit_.account, "what the account is called here")
            ->type_name("NAME");
        nanit->add_flag("--write", import_nanit_.write,
                        "store its session; the old program must be stopped for good");
    }

    void add_asking() {
        add(app_, "cameras", "list the cameras and how they are", cameras_);
        CLI::App* camera =
            add(app_, "camera", "everything that is known about one camera", camera_);
        camera->add_option("NAME", camera_.camera)->required();
        camera->add_flag("--push-address", camera_.push_address,
                         "where it sends its pictures to, with its secret key (source: push)");
        camera->add_flag("--new-push-address", camera_.new_push_address,
                         "the same with another key; the old one ends at the next reload");
        CLI::Option* what =
            camera->add_option("WHAT", camera_.what, "logs: the journal that it keeps of itself")
                ->check(CLI::IsMember({"logs"}));
        camera->add_flag("--list", camera_.list, "logs: which files there are")->needs(what);
        camera->add_option("-o,--output", camera_.output, "logs: save all of them, a tar.gz")
            ->needs(what)
            ->type_name("FILE");
        CLI::App* set = add(app_, "set", "set a setting of a camera", set_);
        set->add_option("NAME", set_.camera)->required();
        set->add_option("SETTING", set_.setting)->required();
        set->add_option("VALUE", set_.value)->required();
        CLI::App* command = add(
            app_, "command",
            "make a camera do something once, like: command porch siren --duration 10s", command_);
        command->add_option("NAME", command_.camera)->required();
        command->add_option("COMMAND", command_.command)->required();
        command->add_option("ARGUMENT", command_.arguments, "key=value");
        command->add_option("--file", command_.file, "talk: the sound that it plays")
            ->type_name("FILE");
        command
            ->add_option("--duration", command_.duration,
                         "siren: how long; wake: how long to try, like 10s")
            ->type_name("TIME");
        CLI::App* events = add(app_, "events", "what happened, oldest first", events_);
        events->add_flag("-f,--follow", events_.follow, "go on with what happens next");
        events->add_option("--camera", events_.camera, "of one camera only")->type_name("NAME");
        events->add_option("-n,--limit", events_.limit, "how many of the past")
            ->check(CLI::Range(0, 10000));
        add(app_, "health", "what works and what needs a person", health_);
    }

    void add_taking() {
        CLI::App* snapshot = add(app_, "snapshot", "save a picture", snapshot_);
        snapshot->add_option("NAME", snapshot_.camera)->required();
        snapshot->add_option("-o,--output", snapshot_.output, "- is standard output")
            ->required()
            ->type_name("FILE");
        CLI::App* take = add(app_, "export", "save footage as one MP4 file", export_);
        take->add_option("NAME", export_.camera)->required();
        take->add_option("--from", export_.from, "like \"2026-11-20 21:05\", 21:05 or -10m")
            ->required()
            ->type_name("TIME");
        take->add_option("--to", export_.to, "the same")->required()->type_name("TIME");
        take->add_option("-o,--output", export_.output, "- is standard output")
            ->required()
            ->type_name("FILE");
    }

    void add_tokens() {
        CLI::App* token = app_.add_subcommand("token", "keys for programs that use the API");
        token->fallthrough();
        token->require_subcommand(1);
        add(*token, "create", "make one; it is shown once", token_create_)
            ->add_option("NAME", token_create_.name, "what it is for")
            ->required();
        add(*token, "list", "which there are", token_list_);
        add(*token, "revoke", "make one useless", token_revoke_)
            ->add_option("NAME", token_revoke_.name, "its name or id")
            ->required();
    }

    CLI::App app_{kAbout, "casement"};
    CommandLine out_;
    Serve serve_, demo_;
    EmulateArlo emulate_arlo_;
    EmulateNanit emulate_nanit_;
    EmulateNest emulate_nest_;
    ArloNetwork network_;
    Doctor doctor_;
    LoginNanit login_;
    LoginNest login_nest_;
    ImportArlo import_arlo_;
    ImportFoggycam import_foggycam_;
    ImportNanit import_nanit_;
    Check check_;
    Version version_;
    Cameras cameras_;
    ShowCamera camera_;
    SetSetting set_;
    RunCommand command_;
    Events events_;
    Health health_;
    Snapshot snapshot_;
    Export export_;
    TokenCreate token_create_;
    TokenList token_list_;
    TokenRevoke token_revoke_;
};

/// The first word that is no option, when no command has that name.
std::string unknown_command(const std::vector<std::string>& arguments,
                            const std::vector<std::string>& names) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& word = arguments[i];
        if (word == "-c" || word == "--config" || word == "--data") {
            ++i;
        } else if (!word.starts_with('-')) {
            return std::ranges::find(names, word) == names.end() ? word : "";
        }
    }
    return "";
}

}  // namespace

std::expected<CommandLine, Ending> parse_command_line(std::vector<std::string> arguments) {
    Grammar grammar;
    const std::vector<std::string> names = grammar.names(grammar.app());
    const std::vector<std::string> given = arguments;
    if (const std::string word = unknown_command(given, names); !word.empty()) {
        return std::unexpected(Ending{kUsage, "casement: there is no command \"" + word + "\"" +
                                                  did_you_mean(word, names) +
                                                  "\n`casement --help` lists them.\n"});
    }
    try {
        std::ranges::reverse(arguments);  // the library takes them from the back
        grammar.app().parse(std::move(arguments));
        return grammar.result();
    } catch (const CLI::CallForHelp&) {
        const auto chosen = grammar.app().get_subcommands();
        return std::unexpected(
            Ending{kOk, chosen.empty() ? grammar.app().help() : chosen.back()->help("casement")});
    } catch (const CLI::ParseError& e) {
        return std::unexpected(Ending{kUsage, std::string("casement: ") + e.what() +
                                                  "\n`casement --help` says how it is used.\n"});
    }
}

}  // namespace casement::app::cli
