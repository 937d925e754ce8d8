#include "app/cli/login.hpp"

#include <algorithm>
#include <ostream>

#include <boost/asio/io_context.hpp>

#include "app/cli/moment.hpp"
#include "app/cli/run_to_end.hpp"
#include "app/cli/secret_file.hpp"
#include "app/cli/words.hpp"
#include "app/nanit_api.hpp"
#include "app/sign_in/entrance.hpp"
#include "base/text.hpp"
#include "drivers/nanit/sign_in.hpp"

namespace casement::app::cli {

namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::Result;
using base::Secret;
using drivers::nanit::CodeSent;
using drivers::nanit::SignedIn;
using drivers::nanit::SignIn;
using drivers::nanit::SignInOutcome;
using drivers::nanit::where;

constexpr int kTries = 3;  // to type a code
constexpr std::chrono::seconds kPatience{30};

class NanitLogin {
public:
    NanitLogin(const Console& console, Keyboard& keyboard, const LoginNanit& command,
               const std::string& account, drivers::nanit::ApiOptions api,
               store::SealedStore& sealed, const base::Clock& clock)
        : console_(console),
          keyboard_(keyboard),
          command_(command),
          account_(account),
          sealed_(sealed),
          clock_(clock),
          api_(io_.get_executor(), clock, std::move(api)),
          sign_in_(api_, sealed, disk_, clock, account) {}

    int run() {
        Result<SignInOutcome> outcome = begin();
        for (int tries = 1; outcome; ++tries) {
            if (const auto* const done = std::get_if<SignedIn>(&*outcome)) return tell(*done);
            const CodeSent sent = std::get<CodeSent>(*outcome);
            const auto code = ask_code(sent);
            if (!code && code.error().is(ErrorKind::NotFound)) return wait_for_code(sent);
            if (!code) return fail_with(console_, code.error());
            outcome = run_to_end(io_, sign_in_.enter_code(*code, soon()));
            const bool is_wrong = !outcome && outcome.error().reason() == "wrong-code";
            if (!is_wrong || tries == kTries) continue;
            if (!keyboard_.has_person()) break;
            console_.err << outcome.error().message() << "\n";
            outcome = SignInOutcome{sent};
        }
        std::string sentence = outcome.error().message();
        if (outcome.error().reason() == "wrong-code")
            sentence +=
                " It is still awaited: run the command again with --mfa-code, or with "
                "--new-code to have another sent.";
        return fail_with(console_, {outcome.error().kind(), std::move(sentence)});
    }

    /// A mistake on the command line rather than a refusal.
    bool is_usage() const { return is_usage_; }

private:
    static async::Deadline soon() { return async::Deadline::in(kPatience); }

    Result<Secret> ask(std::string_view prompt, bool is_hidden, std::string_view how_else) {
        auto given = keyboard_.ask(prompt, is_hidden);
        if (given && !given->empty()) return given;
        if (!given && !given.error().is(ErrorKind::NotFound)) return given;
        is_usage_ = true;
        return base::fail(ErrorKind::InvalidArgument, "{}, or on standard input", how_else);
    }

    Result<SignInOutcome> begin() {
        if (!command_.refresh_token.empty()) {
            Secret token = command_.refresh_token;
            if (token.reveal() == "-") {
                CASEMENT_TRY(token, ask("Refresh token: ", true,
                                        "give the token with --refresh-token TOKEN"));
            }
            return run_to_end(io_, sign_in_.with_refresh_token(std::move(token), soon()));
        }
        const auto pending = drivers::nanit::stored_pending(sealed_, account_);
        const bool is_awaited =
            pending && !command_.new_code &&
            clock_.wall_now() - pending->sent < SignIn::kCodeLives &&
            (command_.email.empty() || command_.email == pending->email) &&
            (command_.channel.empty() || command_.channel == pending->challenge.channel);
        // The password was said when the code was sent.
        if (is_awaited && (!command_.mfa_code.empty() || keyboard_.has_person()))
            return SignInOutcome{
                CodeSent{pending->challenge.channel, pending->challenge.hint, pending->sent, true}};
        std::string email = command_.email == "-" ? "" : command_.email;
        if (email.empty()) {
            CASEMENT_TRY(const Secret typed,
                         ask("E-mail address: ", false, "give the e-mail address with --email"));
            email = typed.reveal();
        }
        const bool is_from_file = !command_.password_file.empty() && command_.password_file != "-";
        CASEMENT_TRY(Secret password,
                     is_from_file
                         ? secret_in(command_.password_file)
                         : ask("Password: ", true, "give the password with --password-file FILE"));
        return run_to_end(io_, sign_in_.begin(std::move(email), std::move(password),
                                              command_.channel, command_.new_code, soon()));
    }

    Result<Secret> ask_code(const CodeSent& sent) {
        if (!std::exchange(is_code_used_, true) && !command_.mfa_code.empty() &&
            command_.mfa_code.reveal() != "-")
            return sign_in::code_of(command_.mfa_code);
        if (keyboard_.has_person() && sent.is_old)
            console_.err << fmt::format(
                "Nanit has sent a code {} at {}; --new-code sends another.\n", where(sent),
                local_text(sent.sent));
        else if (keyboard_.has_person())
            console_.err << fmt::format("Nanit has sent a code {}.\n", where(sent));
        CASEMENT_TRY(const Secret typed, keyboard_.ask("Code: ", false));
        return sign_in::code_of(typed);
    }

    int tell(const SignedIn& done) {
        if (console_.json) {
            console_.out << nlohmann::json{{"account", account_},
                                           {"state", "signed-in"},
                                           {"expires_at", base::format_rfc3339(done.expires)}}
                                .dump(2)
                         << "\n";
        } else {
            console_.out << fmt::format(
                "Signed in to the Nanit account {}. A hub that runs takes it over within "
                "seconds.\n",
                account_);
        }
        return kOk;
    }

    int wait_for_code(const CodeSent& sent) {
        if (console_.json)
            console_.out << nlohmann::json{{"account", account_},
                                           {"state", "code-sent"},
                                           {"channel", sent.channel},
                                           {"sent_at", base::format_rfc3339(sent.sent)}}
                                .dump(2)
                         << "\n";
        return fail_with(
            console_,
            {ErrorKind::FailedPrecondition,
             fmt::format("Nanit has sent a code {}; run this within {} minutes: casement login "
                         "nanit --account {} --mfa-code CODE",
                         where(sent), SignIn::kCodeLives.count(), account_)});
    }

    const Console& console_;
    Keyboard& keyboard_;
    const LoginNanit& command_;
    const std::string account_;
    store::SealedStore& sealed_;
    const base::Clock& clock_;
    bool is_code_used_ = false, is_usage_ = false;
    asio::io_context io_{1};
    async::BlockingPool disk_{"disk", 1};
    drivers::nanit::Api api_;
    SignIn sign_in_;
};

}  // namespace

int login(const Console& console, Keyboard& keyboard, const LoginNanit& command,
          const config::Config& config, const fs::path& data, const base::Clock& clock) {
    const auto account = nanit_account(config, command.account);
    if (!account) return fail_with(console, account.error());
    const std::string& name = (*account)->name;
    if (!drivers::is_account_name(name))
        return fail_with(console, {ErrorKind::InvalidArgument,
                                   fmt::format("\"{}\" cannot be the name of an account: letters, "
                                               "digits, - and _ only, at most 64",
                                               name)});
    auto api = nanit_api_options(**account);
    if (!api) return fail_with(console, api.error());
    std::error_code ec;
    if (fs::create_directories(data, ec)) fs::permissions(data, fs::perms::owner_all, ec);
    const auto sealed = store::SealedStore::open(data.string());
    if (!sealed) return fail_with(console, sealed.error());
    NanitLogin login(console, keyboard, command, name, std::move(*api), **sealed, clock);
    const int status = login.run();
    return login.is_usage() ? kUsage : status;
}

}  // namespace casement::app::cli
