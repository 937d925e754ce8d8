#include "app/cli/login.hpp"

#include "app/account_named.hpp"
#include "app/cli/sign_in_dialogue.hpp"
#include "app/cli/words.hpp"
#include "app/nanit_api.hpp"
#include "app/nest_accounts.hpp"
#include "drivers/nanit/session.hpp"

namespace casement::app::cli {

namespace {

namespace fs = std::filesystem;
using base::Result;
using config::NestSignIn;

using Given = std::map<std::string, GivenAnswer, std::less<>>;

struct Login {
    const Console& console;
    Keyboard& keyboard;
    const base::Clock& clock;
    const config::Account& account;
    std::unique_ptr<store::SealedStore> sealed{};
    asio::io_context io{1};
    async::BlockingPool disk{"disk", 1};

    Result<> open_store(const fs::path& data) {
        CASEMENT_TRY(check_account_name(account.name));
        CASEMENT_TRY(sealed, open_sealed_store(data));
        return {};
    }
    sign_in::Surroundings surroundings() { return {io.get_executor(), *sealed, disk, clock}; }
    SignInDialogue::Parts parts(std::string_view vendor, Given given) {
        return {.console = console,
                .keyboard = keyboard,
                .io = io,
                .account = account.name,
                .given = std::move(given),
                .how_to_go_on = fmt::format("casement login {} --account {} --mfa-code CODE",
                                            vendor, account.name)};
    }
};

Given given_by(const LoginNanit& command) {
    return {{"email", {"--email", base::Secret(command.email)}},
            {"password", {"--password-file FILE", {}, command.password_file}},
            {"code", {"--mfa-code CODE", command.mfa_code}},
            {"refresh_token", {"--refresh-token TOKEN", command.refresh_token}}};
}

Given given_by(const LoginNest& command, bool is_device_access) {
    Given out{{"token", {"--nest-token TOKEN", command.nest_token}},
              {"issue_token", {"--issue-token URL", command.issue_token}},
              {"cookies", {"--cookies-file FILE", {}, command.cookies_file}},
              {"refresh_token", {"--refresh-token TOKEN", command.refresh_token}},
              {"client_id", {"--client-id ID", base::Secret(command.client_id)}},
              {"email", {"--email", base::Secret(command.email)}},
              {"password", {"--password-file FILE", {}, command.password_file}},
              {"code", {"--mfa-code CODE", command.mfa_code}},
              {"project", {"--project ID", base::Secret(command.project)}},
              {"client_secret", {"--client-secret-file FILE", {}, command.client_secret_file}},
              {"subscription", {"--subscription NAME", base::Secret(command.subscription)}}};
    if (is_device_access) out["code"] = {"--code CODE", command.code};
    return out;
}

/// What the options are of; empty: nothing that tells.
std::string_view way_of(const LoginNest& command, bool is_device_access) {
    if (!command.refresh_token.empty()) return "refresh-token";
    if (is_device_access) return {};
    if (!command.nest_token.empty()) return "nest-token";
    if (!command.issue_token.empty() || !command.cookies_file.empty()) return "google";
    if (!command.mfa_code.empty()) return sign_in::kCodeStep;
    if (!command.email.empty() || !command.password_file.empty()) return "password";
    return {};
}

/// The way of that id, else the one of the file.
camera::SignInWay chosen(const sign_in::Entrance& entrance, std::string_view id) {
    std::vector<camera::SignInWay> ways = entrance.ways();
    for (camera::SignInWay& way : ways) {
        if (way.id == id) return std::move(way);
    }
    return id == sign_in::kCodeStep ? sign_in::code_step({}) : std::move(ways.front());
}

}  // namespace

int login(const Console& console, Keyboard& keyboard, const LoginNanit& command,
          const config::Config& config, const fs::path& data, const base::Clock& clock) {
    const auto account = nanit_account(config, command.account);
    if (!account) return fail_with(console, account.error());
    Login login{console, keyboard, clock, **account};
    if (const auto opened = login.open_store(data); !opened)
        return fail_with(console, opened.error());
    const auto entrance = sign_in::nanit_entrance(**account, login.surroundings());
    if (!entrance) return fail_with(console, entrance.error());

    SignInDialogue::Parts parts = login.parts("nanit", given_by(command));
    parts.more.insert_or_assign("channel", base::Secret(command.channel));
    if (command.new_code) parts.more.insert_or_assign("another", base::Secret("yes"));
    parts.after_wrong_code =
        " It is still awaited: run the command again with --mfa-code, or with --new-code to have "
        "another sent.";
    camera::SignInWay begin =
        chosen(**entrance, command.refresh_token.empty() ? "password" : "refresh-token");
    // The password was said when the code was sent.
    const auto pending = drivers::nanit::stored_pending(*login.sealed, (*account)->name);
    const bool is_same = pending && (command.email.empty() || command.email == pending->email) &&
                         (command.channel.empty() || command.channel == pending->challenge.channel);
    auto awaited = (*entrance)->awaited();
    if (awaited && is_same && !command.new_code && command.refresh_token.empty() &&
        (!command.mfa_code.empty() || keyboard.has_person())) {
        awaited->note += " --new-code sends another.";
        begin = std::move(*awaited);
    }
    return SignInDialogue(std::move(parts)).run(**entrance, std::move(begin));
}

int login(const Console& console, Keyboard& keyboard, const LoginNest& command,
          const config::Config& config, const fs::path& data, const base::Clock& clock) {
    const auto account = nest_account(config, command.account);
    if (!account) return fail_with(console, account.error());
    Login login{console, keyboard, clock, **account};
    if (const auto opened = login.open_store(data); !opened)
        return fail_with(console, opened.error());
    const bool is_device_access = !command.project.empty() || !command.code.empty() ||
                                  (*account)->sign_in == NestSignIn::DeviceAccess;
    const auto entrance = is_device_access
                              ? sign_in::device_access_entrance(**account, login.surroundings())
                              : sign_in::nest_entrance(**account, login.surroundings());
    if (!entrance) return fail_with(console, entrance.error());
    return SignInDialogue(login.parts("nest", given_by(command, is_device_access)))
        .run(**entrance, chosen(**entrance, way_of(command, is_device_access)));
}

}  // namespace casement::app::cli
