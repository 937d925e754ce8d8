#include "app/import_nanit.hpp"

#include <algorithm>
#include <ostream>
#include <set>

#include "app/account_named.hpp"
#include "app/cli/words.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "drivers/nanit/session.hpp"
#include "store/files.hpp"

namespace casement::app {

namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::Result;
using base::Secret;
using drivers::nanit::OldSession;
using Verdict = ImportLine::Verdict;

constexpr std::size_t kMaxEnvBytes = 64 * 1024;
constexpr std::string_view kPasswordVariable = "NANIT_MQTT_PASSWORD";

bool is_variable(std::string_view name) {
    return !name.empty() && name.size() <= 100 && std::ranges::all_of(name, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
}

/// What a shell makes of the right side, without what it would substitute.
std::string value_in(std::string_view text) {
    text = base::trimmed(text);
    if (text.size() >= 2 && (text[0] == '"' || text[0] == '\'')) {
        const std::size_t end = text.find(text[0], 1);
        if (end != std::string_view::npos) return std::string(text.substr(1, end - 1));
    }
    if (const std::size_t comment = text.find(" #"); comment != std::string_view::npos)
        text = base::trimmed(text.substr(0, comment));
    return std::string(text);
}

class Planner {
public:
    Planner(const EnvFile& file, const OldSession& session, std::string account)
        : file_(file), session_(session), account_(std::move(account)) {}

    NanitImport plan() {
        read_account();
        read_rtmp();
        read_mqtt();
        read_rest();
        write_yaml();
        return std::move(out_);
    }

private:
    void say(Verdict verdict, std::string_view subject, std::string text) {
        out_.lines.push_back({verdict, std::string(subject), std::move(text)});
    }
    /// A variable that is said and not empty, once.
    const std::string* variable(std::string_view name) {
        seen_.insert(std::string(name));
        const auto found = file_.find(std::string(name));
        return found == file_.end() || found->second.empty() ? nullptr : &found->second;
    }
    /// Also says when it is neither.
    bool flag(std::string_view name, bool initial) {
        const std::string* const text = variable(name);
        if (text == nullptr) return initial;
        const auto on = bool_of(*text);
        if (!on) say(Verdict::Problem, name, "is neither true nor false");
        return on.value_or(initial);
    }
    void read_account();
    void read_rtmp();
    void read_mqtt();
    void read_broker(const std::string& written);
    void read_rest();
    void write_yaml();

    const EnvFile& file_;
    const OldSession& session_;
    const std::string account_;
    NanitImport out_;
    std::set<std::string, std::less<>> seen_;
    std::vector<std::string> rtmp_, mqtt_;  // lines of these sections
};

void Planner::read_account() {
    const std::string* const email = variable("NANIT_EMAIL");
    if (email != nullptr)
        say(Verdict::Ignored, "NANIT_EMAIL",
            fmt::format(
                "it is said when one signs in: casement login nanit --account {} --email {}",
                account_, *email));
    if (variable("NANIT_PASSWORD") != nullptr)
        say(Verdict::Ignored, "NANIT_PASSWORD",
            "no password is kept: the session renews itself, and a person signs in anew if it "
            "ends");
    const std::string* const token = variable("NANIT_REFRESH_TOKEN");
    const bool has_token = token != nullptr && drivers::is_token(*token);
    if (token != nullptr && !has_token)
        say(Verdict::Problem, "NANIT_REFRESH_TOKEN", "is no such token");
    if (!session_.refresh.empty()) {
        out_.refresh = session_.refresh;
        say(Verdict::Taken, "refreshToken", "the session of the account " + account_);
        if (has_token && *token != session_.refresh.reveal())
            say(Verdict::Ignored, "NANIT_REFRESH_TOKEN",
                "each token is good for one use, and the one of the session file is younger");
    } else if (has_token) {
        out_.refresh = Secret(*token);
        say(Verdict::Taken, "NANIT_REFRESH_TOKEN",
            "the session of the account " + account_ +
                ", unless the old program has used it: then its session.json has the younger one");
    }
    base::mask_in_logs(out_.refresh.reveal());
    if (session_.has_access)
        say(Verdict::Ignored, "authToken", "it lives for hours only; the hub gets one of its own");
    for (const drivers::nanit::Baby& baby : session_.babies)
        say(Verdict::Known, "babies " + baby.uid,
            baby.camera_uid.empty()
                ? baby.name + ": it has no camera"
                : fmt::format("{}: camera {} appears by itself", baby.name, baby.camera_uid));
    if (const std::string* const file = variable("NANIT_SESSION_FILE"))
        say(Verdict::Ignored, "NANIT_SESSION_FILE",
            fmt::format("sessions are in the sealed store; name {} on the command line to take its "
                        "session over",
                        *file));
}

void Planner::read_rtmp() {
    const bool is_on = flag("NANIT_RTMP_ENABLED", true);
    if (!is_on)
        say(Verdict::Ignored, "NANIT_RTMP_ENABLED",
            "pictures are what the hub is for; without a way to it, cameras send them through the "
            "vendor's relay");
    else if (variable("NANIT_RTMP_ENABLED") != nullptr)
        say(Verdict::Known, "NANIT_RTMP_ENABLED", "cameras send their pictures here, as before");
    const std::string* const address = variable("NANIT_RTMP_ADDR");
    if (address == nullptr) return;
    const auto url = base::Url::parse("rtmp://" + *address);
    if (!url || url->port == 0 || !url->path.empty() || url->has_credentials())
        return say(Verdict::Problem, "NANIT_RTMP_ADDR", "is no address with a port");
    if (!is_on) return say(Verdict::Ignored, "NANIT_RTMP_ADDR", "NANIT_RTMP_ENABLED is false");
    rtmp_ = {fmt::format("listen: \"0.0.0.0:{}\"", url->port),
             fmt::format("advertise: {}", yaml_text(url->authority()))};
    say(Verdict::Taken, "NANIT_RTMP_ADDR", "rtmp.advertise: " + url->authority());
    seen_.insert("NANIT_RTMP_AUTO_START");
    if (variable("NANIT_RTMP_AUTO_START") != nullptr)
        say(Verdict::Ignored, "NANIT_RTMP_AUTO_START",
            "a camera that is recorded sends always, others when somebody looks");
}

void Planner::read_broker(const std::string& written) {
    struct Scheme {
        std::string_view theirs, ours;
    };
    constexpr Scheme kSchemes[] = {{"tcp", "mqtt"},  {"mqtt", "mqtt"},  {"ssl", "mqtts"},
                                   {"tls", "mqtts"}, {"tcps", "mqtts"}, {"mqtts", "mqtts"}};
    constexpr std::string_view kName = "NANIT_MQTT_BROKER_URL";
    const auto url = base::Url::parse(written);
    const auto* const scheme =
        url ? std::ranges::find(kSchemes, url->scheme, &Scheme::theirs) : std::end(kSchemes);
    if (scheme == std::end(kSchemes) || url->host.empty())
        return say(Verdict::Problem, kName,
                   "is no broker that the hub can reach: mqtt://host:port, or mqtts://");
    const std::string* const user = variable("NANIT_MQTT_USERNAME");
    const bool has_password = variable(kPasswordVariable) != nullptr || !url->password.empty();
    const std::string name = user != nullptr ? *user : url->user;
    std::string credentials;
    if (!name.empty()) credentials = base::percent_encoded(name);
    if (has_password) credentials += fmt::format(":${{{}}}", kPasswordVariable);
    if (!credentials.empty()) credentials += "@";
    mqtt_.push_back("broker: " + yaml_text(fmt::format("{}://{}{}", scheme->ours, credentials,
                                                       url->authority())));
    say(Verdict::Taken, kName, fmt::format("mqtt.broker: {}://{}", scheme->ours, url->authority()));
    if (user != nullptr) say(Verdict::Taken, "NANIT_MQTT_USERNAME", "in mqtt.broker");
    if (has_password)
        say(Verdict::Taken, kPasswordVariable,
            fmt::format("no password stands in a file of ours: leave it in the environment of the "
                        "hub as {}",
                        kPasswordVariable));
}

void Planner::read_mqtt() {
    const bool is_on = flag("NANIT_MQTT_ENABLED", false);
    const std::string* const broker = variable("NANIT_MQTT_BROKER_URL");
    const std::string* const client = variable("NANIT_MQTT_CLIENT_ID");
    const std::string* const prefix = variable("NANIT_MQTT_PREFIX");
    const std::string* const discovery = variable("NANIT_MQTT_DISCOVERY_PREFIX");
    constexpr std::string_view kAll[] = {"NANIT_MQTT_BROKER_URL", "NANIT_MQTT_CLIENT_ID",
                                         "NANIT_MQTT_USERNAME",   kPasswordVariable,
                                         "NANIT_MQTT_PREFIX",     "NANIT_MQTT_DISCOVERY_PREFIX"};
    if (!is_on || broker == nullptr) {
        for (const std::string_view name : kAll) {
            if (variable(name) != nullptr)
                say(Verdict::Ignored, name,
                    is_on ? "NANIT_MQTT_BROKER_URL is not said" : "NANIT_MQTT_ENABLED is not true");
        }
        return;
    }
    say(Verdict::Taken, "NANIT_MQTT_ENABLED", "mqtt");
    read_broker(*broker);
    for (const std::string_view name : kAll) (void)variable(name);
    if (client != nullptr) {
        mqtt_.push_back("client_id: " + yaml_text(*client));
        say(Verdict::Taken, "NANIT_MQTT_CLIENT_ID",
            "mqtt.client_id; the old program must be stopped, or the broker throws both out by "
            "turns");
    }
    mqtt_.push_back("nanit_topics: " + yaml_text(prefix != nullptr ? *prefix : "nanit"));
    say(Verdict::Taken, "NANIT_MQTT_PREFIX",
        fmt::format("mqtt.nanit_topics: {}/babies/...", prefix != nullptr ? *prefix : "nanit"));
    if (discovery != nullptr) {
        mqtt_.push_back("discovery_prefix: " + yaml_text(*discovery));
        say(Verdict::Taken, "NANIT_MQTT_DISCOVERY_PREFIX", "mqtt.discovery_prefix");
    }
}

/// Variables that have no counterpart, and why.
void Planner::read_rest() {
    struct Rule {
        std::string_view name, why;
    };
    constexpr std::string_view kEvents =
        "the cloud is always asked: for alerts every 15 s, for the sleep analysis every 30 s";
    constexpr std::string_view kHttp = "the page of the hub is at http.listen";
    constexpr Rule kRules[] = {
        {"NANIT_EVENTS_POLLING", kEvents},
        {"NANIT_EVENTS_POLLING_INTERVAL", kEvents},
        {"NANIT_EVENTS_MESSAGE_TIMEOUT",
         "after a restart the last five minutes are told; each event has its own time"},
        {"NANIT_DATA_DIR", "everything lies under the folder of the hub: data"},
        {"NANIT_LOG_LEVEL", "log.level of the configuration says it"},
    };
    for (const Rule& rule : kRules) {
        if (variable(rule.name) != nullptr) say(Verdict::Ignored, rule.name, std::string(rule.why));
    }
    for (const auto& [name, value] : file_) {
        if (seen_.contains(name)) continue;
        if (name.starts_with("NANIT_HTTP_"))
            say(Verdict::Ignored, name, std::string(kHttp));
        else if (name.starts_with("NANIT_"))
            say(Verdict::Ignored, name, "the configuration has no place for it");
        else
            say(Verdict::Ignored, name, "it is none of the Nanit programs'");
    }
}

void Planner::write_yaml() {
    std::string& yaml = out_.yaml;
    yaml = fmt::format(
        "# Taken over from a Nanit program. `casement check` says whether it fits in its place.\n"
        "accounts:\n"
        "  - {{vendor: nanit, name: {}}}\n",
        account_);
    const auto section = [&](std::string_view name, const std::vector<std::string>& lines) {
        if (lines.empty()) return;
        yaml += fmt::format("{}:\n", name);
        for (const std::string& line : lines) yaml += fmt::format("  {}\n", line);
    };
    section("rtmp", rtmp_);
    section("mqtt", mqtt_);
}

/// Whether it was stored.
Result<bool> store_token(const Secret& refresh, const std::string& account, const fs::path& data) {
    CASEMENT_TRY(const auto sealed, open_sealed_store(data));
    if (drivers::nanit::stored_session(*sealed, account)) return false;
    CASEMENT_TRY(drivers::nanit::store_session(
        *sealed, account, {.access = {}, .refresh = refresh, .received = {}, .expires = {}}));
    return true;
}

}  // namespace

EnvFile parse_env_file(std::string_view text, std::vector<ImportLine>& problems) {
    EnvFile out;
    for (int number = 1; !text.empty(); ++number) {
        std::string_view line = base::trimmed(base::take_until(text, '\n'));
        if (line.empty() || line.starts_with('#')) continue;
        if (line.starts_with("export ")) line = base::trimmed(line.substr(7));
        const std::size_t equals = line.find('=');
        const std::string_view name = base::trimmed(line.substr(0, equals));
        if (equals == std::string_view::npos || !is_variable(name)) {
            problems.push_back({Verdict::Problem, fmt::format("line {}", number),
                                "is no NAME=VALUE, and is left out"});
            continue;
        }
        out[std::string(name)] = value_in(line.substr(equals + 1));
    }
    return out;
}

NanitImport plan_nanit_import(const EnvFile& file, const OldSession& session,
                              const std::string& account) {
    return Planner(file, session, account).plan();
}

int import_nanit(const cli::Console& console, const cli::ImportNanit& command,
                 const config::Config& current, const fs::path& data) {
    const auto account =
        account_to_import(current, config::Vendor::Nanit, "nursery", command.account);
    if (!account) return cli::fail_with(console, account.error());
    EnvFile file;
    OldSession session;
    std::vector<ImportLine> problems;
    for (const std::string& name : {command.file, command.session}) {
        if (name.empty()) continue;
        const auto text = store::read_file(name, drivers::nanit::kMaxOldSessionBytes);
        if (!text) return cli::fail_with(console, text.error().within(name));
        if (base::trimmed(*text).starts_with('{')) {
            auto read = drivers::nanit::parse_old_session(*text);
            if (!read) return cli::fail_with(console, read.error().within(name));
            session = std::move(*read);
        } else if (name == command.session) {
            return cli::fail_with(console, {ErrorKind::InvalidArgument,
                                            name + ": this is no session.json of a Nanit program"});
        } else if (text->size() > kMaxEnvBytes) {
            return cli::fail_with(console, {ErrorKind::ResourceExhausted,
                                            fmt::format("{} has {} bytes; the limit is {}", name,
                                                        text->size(), kMaxEnvBytes)});
        } else {
            file = parse_env_file(*text, problems);
        }
    }
    NanitImport import = plan_nanit_import(file, session, *account);
    import.lines.insert(import.lines.begin(), problems.begin(), problems.end());
    const bool has_token = !import.refresh.empty();
    if (has_token && !console.json)
        console.err << "Stop the old program for good before the hub starts: a token of Nanit's is "
                       "good for one use, and whoever comes second is signed out.\n";
    if (has_token && command.write) {
        const auto stored = store_token(import.refresh, *account, data);
        if (!stored) return cli::fail_with(console, stored.error());
        import.lines.push_back(
            *stored ? ImportLine{Verdict::Taken, "session", "it is in the sealed store"}
                    : ImportLine{Verdict::Known, "session",
                                 "somebody has signed in to this account in the hub already"});
    }
    report_import(console, import.lines, import.yaml, command.write && has_token);
    if (console.json) return cli::kOk;
    if (!has_token)
        console.err << fmt::format(
            "There is no session to take over: casement login nanit "
            "--account {}\n",
            *account);
    else if (!command.write)
        console.err << fmt::format(
            "Nothing was written. With --write the session goes into the sealed store in {}.\n",
            data.string());
    return cli::kOk;
}

}  // namespace casement::app
