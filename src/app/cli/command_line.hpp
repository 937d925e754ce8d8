#pragma once
// The command line as values. Only command_line.cpp sees the library that parses it.

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/secret.hpp"

namespace casement::app::cli {

enum ExitStatus { kOk = 0, kFailed = 1, kUsage = 2 };

struct Common {
    std::string config;  // -c, --config; empty = searched for
    std::string data;    // --data; empty = what the configuration says
    bool json = false;
};

struct Serve {
    bool demo = false;
};
struct Check {
    std::string file;  // empty = what serve would take
};
struct Version {};
struct Cameras {};
struct ShowCamera {
    std::string camera;
    bool push_address = false;
    bool new_push_address = false;
    std::string what{};    // "logs"; empty = everything that is known
    bool list = false;     // logs: which there are
    std::string output{};  // logs: where the archive goes; "-" = standard output
};
struct SetSetting {
    std::string camera, setting, value;
};
struct RunCommand {
    std::string camera, command;
    std::vector<std::string> arguments;  // key=value
    std::string file{};                  // talk: what to play
    std::string duration{};              // "10s"; empty = as the camera does
};
struct Snapshot {
    std::string camera, output;  // "-" = standard output
};
struct Export {
    std::string camera, from, to, output;
};
struct Events {
    bool follow = false;
    std::string camera;  // empty = all
    int limit = 50;
};
struct Health {};
struct TokenCreate {
    std::string name;
};
struct TokenList {};
struct TokenRevoke {
    std::string name;
};

struct EmulateArlo {
    std::string profile = "pro2";
    std::string serial;  // empty = one that the profile's name makes
    std::string address = "127.0.1.10";
    std::string base = "127.0.0.1";
    double pace = 1;  // of its time
    std::vector<std::string> faults;
    bool any_ports = false;
    bool full_size = false;
    bool dozes = false;
    bool listens_while_busy = false;
};

struct EmulateNanit {
    int cameras = 1;
    std::string address = "127.0.0.1";
    std::uint16_t port = 9443, media_port = 9444, door_port = 9445;
    bool any_ports = false;
    std::string email = "parent@example.org";
    base::Secret password{"nursery"};
    std::string mfa = "none";
    std::string token_ttl = "3h";
    double pace = 1;  // of its time
    bool plain = false;
    std::string ca_file = "casement-nanit-ca.pem";
    std::string keep;  // folder of its certificates; empty = new ones
    bool full_size = false;
    std::vector<std::string> lines;  // as typed
};

struct EmulateNest {
    int cameras = 2;
    std::string address = "127.0.0.1";
    std::uint16_t port = 9460;
    bool any_ports = false;
    std::string sign_in = "google";
    std::string email = "owner@example.org";
    base::Secret password{"window"};
    bool two_factor = false;
    std::string token_ttl = "1h";
    double pace = 1;  // of its time
    bool plain = false;
    std::string ca_file = "casement-nest-ca.pem";
    std::string keep;                // folder of its certificate; empty = a new one
    std::vector<std::string> lines;  // as typed
};

/// What `arlo network` makes a plan of, as it is written; empty = not said. Flags and the keys of
/// `--from` have the same names.
struct NetworkInputs {
    std::string set_up, cameras, uplink;
    std::string hub, router;                     // addresses
    std::string gateway;                         // "172.14.1.1/24"
    std::string pool;                            // "172.14.1.100-172.14.1.199"
    std::map<std::string, std::string> reserve;  // MAC address to address
    std::string country, channel, ssid;
    base::Secret psk;  // in the file only, as a reference
    bool wps = false;
    std::string rtp_ports;  // "50000-50199"
};

struct ArloNetwork {
    NetworkInputs inputs;
    std::string from;                       // YAML with the same keys
    std::string psk_file, psk_env;          // where the key is
    std::vector<std::string> reservations;  // MAC=ADDRESS
    std::string into;                       // folder; empty = to standard output
    bool check = false;
    std::string steps;  // "capture" or "pair" instead of files
};

struct Doctor {};

struct LoginNanit {
    std::string account;  // empty = the only one
    std::string email;    // empty or "-" = asked for, as all that follows
    std::string password_file;
    std::string channel;  // "sms", "email"; empty = as the vendor likes
    base::Secret mfa_code;
    base::Secret refresh_token;  // instead of all the others
    bool new_code = false;
};

/// How one signs in is what the options say, else the file.
struct LoginNest {
    std::string account;  // empty = the only one
    // What is not given is asked for; "-" = the next line of standard input.
    base::Secret nest_token;
    base::Secret issue_token;
    std::string cookies_file;
    base::Secret refresh_token;
    std::string client_id;  // of the refresh token; empty = Nest's own app
    // device_access
    std::string project;
    std::string client_secret_file;
    base::Secret code;
    std::string subscription;
    std::string email;
    std::string password_file;
    base::Secret mfa_code;
};

struct ImportArlo {
    std::string file;      // config.yaml of arlo-cam-api
    std::string database;  // arlo.db; empty = none
    bool write = false;
};

struct ImportFoggycam {
    std::string file;     // config.json of foggycam
    std::string account;  // empty = the one of the configuration
    bool write = false;
};

struct ImportNanit {
    std::string file;     // .env of the old program, or its session.json
    std::string session;  // its session.json; empty = none
    std::string account;  // empty = the one of the configuration
    bool write = false;
};

using Command =
    std::variant<Serve, EmulateArlo, EmulateNanit, EmulateNest, ArloNetwork, Doctor, LoginNanit,
                 LoginNest, ImportArlo, ImportFoggycam, ImportNanit, Check, Version, Cameras,
                 ShowCamera, SetSetting, RunCommand, Snapshot, Export, Events, Health, TokenCreate,
                 TokenList, TokenRevoke>;

struct CommandLine {
    Common common;
    Command command;
};

/// Why there is nothing to run: help that was asked for (0, to standard output) or a mistake (2, to
/// standard error).
struct Ending {
    int status = kUsage;
    std::string text;
};

/// `arguments` without the program's name.
std::expected<CommandLine, Ending> parse_command_line(std::vector<std::string> arguments);

}  // namespace casement::app::cli
