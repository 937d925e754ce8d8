// `casement login nest`.

#include <ostream>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/login.hpp"
#include "app/cli/run_to_end.hpp"
#include "app/cli/secret_file.hpp"
#include "app/cli/words.hpp"
#include "app/nest_accounts.hpp"
#include "app/sign_in/entrance.hpp"
#include "drivers/nest/sign_in.hpp"
#include "drivers/words.hpp"

namespace casement::app::cli {

namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::Result;
using base::Secret;
using config::NestSignIn;
using drivers::nest::CodeSent;
using drivers::nest::SignedIn;
using drivers::nest::SignIn;
using drivers::nest::SignInOutcome;
using drivers::nest::where;

constexpr int kTries = 3;  // to type a code
constexpr std::chrono::seconds kPatience{60};

class NestLogin {
public:
    NestLogin(const Console& console, Keyboard& keyboard, const LoginNest& command,
              const config::Account& account, drivers::nest::ApiOptions api,
              store::SealedStore& sealed, const base::Clock& clock)
        : console_(console),
          keyboard_(keyboard),
          command_(command),
          account_(account),
          api_(io_.get_executor(), clock, std::move(api)),
          sign_in_(api_, sealed, disk_, clock, account.name) {}

    int run() {
        Result<SignInOutcome> outcome = begin();
        for (int tries = 1; outcome; ++tries) {
            if (const auto* const done = std::get_if<SignedIn>(&*outcome)) return tell(*done);
            const CodeSent sent = std::get<CodeSent>(*outcome);
            if (keyboard_.has_person())
                console_.err << fmt::format("Nest has sent a code by SMS{}.\n", where(sent));
            const auto typed = keyboard_.ask("Code: ", false);
            if (!typed && typed.error().is(ErrorKind::NotFound)) return wait_for_code(sent);
            const auto code = typed ? sign_in::code_of(*typed) : typed;
            if (!code) return fail_with(console_, code.error());
            outcome = run_to_end(io_, sign_in_.enter_code(*code, soon()));
            const bool is_wrong = !outcome && outcome.error().reason() == "wrong-code";
            if (!is_wrong || tries == kTries || !keyboard_.has_person()) continue;
            console_.err << outcome.error().message() << "\n";
            outcome = SignInOutcome{sent};
        }
        return fail_with(console_, outcome.error());
    }
    /// A mistake on the command line rather than a refusal.
    bool is_usage() const { return is_usage_; }

private:
    static async::Deadline soon() { return async::Deadline::in(kPatience); }

    /// What was given on the command line, else typed. `how_else`: "give the token with --x".
    Result<Secret> answer(const Secret& given, std::string_view prompt, std::string_view how_else) {
        if (!given.empty() && given.reveal() != "-") return given;
        auto typed = keyboard_.ask(prompt, true);
        if (typed && !typed->empty()) return typed;
        if (!typed && !typed.error().is(ErrorKind::NotFound)) return typed;
        is_usage_ = true;
        return base::fail(ErrorKind::InvalidArgument, "{}, or on standard input", how_else);
    }
    Result<Secret> answer_in(const std::string& file, std::string_view prompt,
                             std::string_view how_else) {
        if (!file.empty() && file != "-") return secret_in(file);
        return answer({}, prompt, how_else);
    }

    /// What the options say, else the file.
    NestSignIn kind() const {
        if (!command_.nest_token.empty()) return NestSignIn::NestToken;
        if (!command_.issue_token.empty() || !command_.cookies_file.empty())
            return NestSignIn::Google;
        if (!command_.refresh_token.empty()) return NestSignIn::GoogleRefresh;
        if (!command_.email.empty() || !command_.password_file.empty() ||
            !command_.mfa_code.empty())
            return NestSignIn::NestPassword;
        return account_.sign_in;
    }

    Result<SignInOutcome> begin() {
        switch (kind()) {
            case NestSignIn::NestToken: {
                CASEMENT_TRY(Secret token, answer(command_.nest_token, "Token: ",
                                                  "give the token with --nest-token TOKEN"));
                return run_to_end(io_, sign_in_.with_token(std::move(token), soon()));
            }
            case NestSignIn::Google: {
                CASEMENT_TRY(Secret url, answer(command_.issue_token, "Issue token (address): ",
                                                "give the address with --issue-token URL"));
                CASEMENT_TRY(Secret cookies,
                             answer_in(command_.cookies_file,
                                       "Cookies: ", "give the cookies with --cookies-file FILE"));
                return run_to_end(io_,
                                  sign_in_.with_google(std::move(url), std::move(cookies), soon()));
            }
            case NestSignIn::GoogleRefresh: {
                CASEMENT_TRY(Secret token, answer(command_.refresh_token, "Refresh token: ",
                                                  "give the token with --refresh-token TOKEN"));
                return run_to_end(
                    io_, sign_in_.with_refresh_token(std::move(token), command_.client_id, soon()));
            }
            case NestSignIn::NestPassword:
                return begin_with_password();
            case NestSignIn::DeviceAccess:
                break;
        }
        return base::fail(ErrorKind::Internal, "Device Access signs in elsewhere");
    }

    Result<SignInOutcome> begin_with_password() {
        if (!command_.mfa_code.empty()) {
            CASEMENT_TRY(const Secret typed,
                         answer(command_.mfa_code, "Code: ", "give the code with --mfa-code CODE"));
            CASEMENT_TRY(Secret code, sign_in::code_of(typed));
            return run_to_end(io_, sign_in_.enter_code(std::move(code), soon()));
        }
        std::string email = command_.email == "-" ? "" : command_.email;
        if (email.empty()) {
            CASEMENT_TRY(const Secret typed,
                         answer({}, "E-mail address: ", "give the e-mail address with --email"));
            email = typed.reveal();
        }
        CASEMENT_TRY(Secret password, answer_in(command_.password_file, "Password: ",
                                                "give the password with --password-file FILE"));
        return run_to_end(io_,
                          sign_in_.with_password(std::move(email), std::move(password), soon()));
    }

    int tell(const SignedIn& done) {
        if (console_.json) {
            console_.out << nlohmann::json{{"account", account_.name},
                                           {"state", "signed-in"},
                                           {"cameras", done.cameras},
                                           {"renewed_by", base::format_rfc3339(done.renew_by)}}
                                .dump(2)
                         << "\n";
            return kOk;
        }
        console_.out << fmt::format(
            "Signed in to the Nest account {}, which has {} camera{}. A hub that runs takes it "
            "over "
            "within seconds.\n",
            account_.name, done.cameras, done.cameras == 1 ? "" : "s");
        if (done.cameras > 0 && !done.opens_cameras)
            console_.err
                << "Nest says who you are, but does not let this account to its cameras.\n";
        return kOk;
    }

    int wait_for_code(const CodeSent& sent) {
        if (console_.json)
            console_.out << nlohmann::json{{"account", account_.name}, {"state", "code-sent"}}.dump(
                                2)
                         << "\n";
        return fail_with(console_,
                         {ErrorKind::FailedPrecondition,
                          fmt::format("Nest has sent a code by SMS{}; run: casement login nest "
                                      "--account {} --mfa-code CODE",
                                      where(sent), account_.name)});
    }

    const Console& console_;
    Keyboard& keyboard_;
    const LoginNest& command_;
    const config::Account& account_;
    bool is_usage_ = false;
    asio::io_context io_{1};
    async::BlockingPool disk_{"disk", 1};
    drivers::nest::Api api_;
    SignIn sign_in_;
};

}  // namespace

int login(const Console& console, Keyboard& keyboard, const LoginNest& command,
          const config::Config& config, const fs::path& data, const base::Clock& clock) {
    const auto account = nest_account(config, command.account);
    if (!account) return fail_with(console, account.error());
    const std::string& name = (*account)->name;
    if (!drivers::is_account_name(name))
        return fail_with(console, {ErrorKind::InvalidArgument,
                                   fmt::format("\"{}\" cannot be the name of an account: letters, "
                                               "digits, - and _ only, at most 64",
                                               name)});
    auto api = nest_api_options(**account);
    if (!api) return fail_with(console, api.error());
    std::error_code ec;
    if (fs::create_directories(data, ec)) fs::permissions(data, fs::perms::owner_all, ec);
    const auto sealed = store::SealedStore::open(data.string());
    if (!sealed) return fail_with(console, sealed.error());
    const bool is_device_access = !command.project.empty() || !command.code.empty() ||
                                  (*account)->sign_in == NestSignIn::DeviceAccess;
    if (is_device_access)
        return login_device_access(console, keyboard, command, **account, **sealed, clock);
    NestLogin one(console, keyboard, command, **account, std::move(*api), **sealed, clock);
    const int status = one.run();
    return one.is_usage() ? kUsage : status;
}

}  // namespace casement::app::cli
