// `casement login nest` for an account that signs in by Device Access.

#include <ostream>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/login.hpp"
#include "app/cli/run_to_end.hpp"
#include "app/cli/secret_file.hpp"
#include "app/cli/words.hpp"
#include "app/device_access.hpp"
#include "drivers/nest/device_access/sign_in.hpp"

namespace casement::app::cli {

namespace {

namespace device_access = drivers::nest::device_access;
using async::Deadline;
using base::ErrorKind;
using base::Result;
using base::Secret;
using device_access::Access;

constexpr std::chrono::seconds kPatience{60};

class DeviceAccessLogin {
public:
    DeviceAccessLogin(const Console& console, Keyboard& keyboard, const LoginNest& command,
                      const config::Account& account, store::SealedStore& sealed,
                      const base::Clock& clock)
        : console_(console),
          keyboard_(keyboard),
          command_(command),
          account_(account),
          sealed_(sealed),
          clock_(clock) {}

    int run() {
        const auto cameras = sign_in();
        if (!cameras)
            return is_usage_ ? usage(cameras.error()) : fail_with(console_, cameras.error());
        if (console_.json) {
            console_.out << nlohmann::json{{"account", account_.name},
                                           {"state", "signed-in"},
                                           {"cameras", *cameras},
                                           {"events", !access_.subscription.empty()}}
                                .dump(2)
                         << "\n";
            return kOk;
        }
        console_.out << fmt::format(
            "Signed in to the Device Access project of {}, which has {} camera{}. A hub that runs "
            "takes it over within seconds.\n",
            account_.name, *cameras, *cameras == 1 ? "" : "s");
        if (*cameras == 0)
            console_.err << "No camera was ticked on Google's page: sign in again to tick some.\n";
        if (access_.subscription.empty())
            console_.err << "Without --subscription no events come.\n";
        return kOk;
    }

private:
    int usage(const base::Error& error) {
        fail_with(console_, error);
        return kUsage;
    }

    Result<std::string> answer(std::string_view given, std::string_view prompt,
                               std::string_view option, bool is_hidden = false) {
        if (!given.empty() && given != "-") return std::string(given);
        auto typed = keyboard_.ask(prompt, is_hidden);
        if (typed && !typed->empty()) return typed->reveal();
        if (!typed && !typed.error().is(ErrorKind::NotFound)) return std::unexpected(typed.error());
        is_usage_ = true;
        return base::fail(ErrorKind::InvalidArgument, "give it with {}, or on standard input",
                          option);
    }

    Result<> ask_for_access() {
        CASEMENT_TRY(access_.project,
                     answer(command_.project, "Device Access project id: ", "--project ID"));
        CASEMENT_TRY(access_.client_id,
                     answer(command_.client_id, "OAuth client id: ", "--client-id ID"));
        if (!command_.client_secret_file.empty() && command_.client_secret_file != "-") {
            CASEMENT_TRY(access_.client_secret, secret_in(command_.client_secret_file));
        } else {
            CASEMENT_TRY(std::string secret,
                         answer({}, "OAuth client secret: ", "--client-secret-file FILE", true));
            access_.client_secret = Secret(std::move(secret));
        }
        access_.subscription = command_.subscription;
        return {};
    }

    Result<std::size_t> sign_in() {
        CASEMENT_TRY(auto api_options, device_access_api(account_));
        CASEMENT_TRY(auto tokens, device_access_tokens(account_));
        CASEMENT_TRY(ask_for_access());
        device_access::SignIn sign_in(io_.get_executor(), std::move(api_options), std::move(tokens),
                                      sealed_, disk_, clock_, account_.name);
        if (command_.refresh_token.empty()) {
            if (keyboard_.has_person() && command_.code.empty())
                console_.err << fmt::format(
                    "Open this page, tick the cameras and allow both questions:\n{}\nGoogle then "
                    "shows its search page; the code stands in the address.\n",
                    consent_page(access_));
            CASEMENT_TRY(const std::string code,
                         answer(command_.code.reveal(), "Code, or that address: ", "--code CODE"));
            return run_to_end(io_, sign_in.with_code(access_, Secret(code), soon()));
        }
        access_.refresh_token = command_.refresh_token;
        return run_to_end(io_, sign_in.with_refresh_token(access_, soon()));
    }

    static Deadline soon() { return Deadline::in(kPatience); }

    const Console& console_;
    Keyboard& keyboard_;
    const LoginNest& command_;
    const config::Account& account_;
    store::SealedStore& sealed_;
    const base::Clock& clock_;
    bool is_usage_ = false;
    Access access_;
    asio::io_context io_{1};
    async::BlockingPool disk_{"disk", 1};
};

}  // namespace

int login_device_access(const Console& console, Keyboard& keyboard, const LoginNest& command,
                        const config::Account& account, store::SealedStore& sealed,
                        const base::Clock& clock) {
    return DeviceAccessLogin(console, keyboard, command, account, sealed, clock).run();
}

}  // namespace casement::app::cli
