#include <algorithm>
#include <utility>

#include "app/nest_accounts.hpp"
#include "app/sign_in/entrance.hpp"
#include "drivers/nest/sign_in.hpp"

namespace casement::app::sign_in {

namespace {

namespace nest = drivers::nest;
using base::Result;
using config::NestSignIn;

constexpr const char* kGoogle = "google";
constexpr const char* kRefreshToken = "refresh-token";
constexpr const char* kToken = "nest-token";
constexpr const char* kPassword = "password";

const char* id_of(NestSignIn kind) {
    switch (kind) {
        case NestSignIn::Google:
            return kGoogle;
        case NestSignIn::GoogleRefresh:
            return kRefreshToken;
        case NestSignIn::NestPassword:
            return kPassword;
        case NestSignIn::NestToken:
        case NestSignIn::DeviceAccess:
            break;
    }
    return kToken;
}

class Nest final : public Entrance {
public:
    Nest(const config::Account& account, nest::ApiOptions options, const Surroundings& surroundings)
        : name_(account.name),
          usual_(id_of(account.sign_in)),
          api_(surroundings.executor, surroundings.clock, std::move(options)),
          sign_in_(api_, surroundings.sealed, surroundings.disk, surroundings.clock, account.name) {
    }

    std::vector<camera::SignInWay> ways() const override {
        std::vector<camera::SignInWay> out{
            {.id = kGoogle,
             .name = "Google account",
             .note = "In a private window, with its developer tools open: sign in at "
                     "home.nest.com. Of the request iframerpc copy the address, of the last "
                     "request oauth2/iframe the header cookie. Close the window without logging "
                     "out.",
             .fields = {{.id = "issue_token",
                         .name = "Address of the request iframerpc",
                         .is_long = true},
                        {.id = "cookies",
                         .name = "Header cookie of oauth2/iframe",
                         .is_long = true}}},
            {.id = kToken,
             .name = "Nest account",
             .note = "In a private window: sign in at home.nest.com, then open "
                     "home.nest.com/session and copy the whole line that it shows. Close the "
                     "window without logging out.",
             .fields = {{.id = "token",
                         .name = "That line, or its first access_token",
                         .is_long = true}}},
            {.id = kRefreshToken,
             .name = "Refresh token of Google",
             .note = "An old one: Google gives out no new ones for Nest.",
             .fields = {{.id = "refresh_token", .name = "Refresh token"},
                        {.id = "client_id",
                         .name = "Client id",
                         .note = "Where it was not made for Nest's own app.",
                         .is_secret = false,
                         .is_needed = false}}},
            {.id = kPassword,
             .name = "E-mail and password",
             .note = "Nest mostly refuses this: it wants a puzzle solved in a browser.",
             .fields = {{.id = "email", .name = "E-mail address", .is_secret = false},
                        {.id = "password", .name = "Password"}}},
        };
        // That of the file first.
        const auto usual = std::ranges::find(out, usual_, &camera::SignInWay::id);
        std::ranges::rotate(out.begin(), usual, usual + 1);
        return out;
    }

    async::Task<Result<camera::SignInOutcome>> enter(std::string_view way,
                                                     const camera::SignInAnswers& answers,
                                                     async::Deadline deadline) override {
        const auto answer = [&](std::string_view field) { return answer_of(answers, field); };
        if (way == kCodeStep) {
            CASEMENT_CO_TRY(base::Secret code, code_of(answer("code")));
            co_return told(co_await sign_in_.enter_code(std::move(code), deadline));
        }
        if (way == kGoogle)
            co_return told(
                co_await sign_in_.with_google(answer("issue_token"), answer("cookies"), deadline));
        if (way == kRefreshToken)
            co_return told(co_await sign_in_.with_refresh_token(
                answer("refresh_token"), answer("client_id").reveal(), deadline));
        if (way == kPassword)
            co_return told(co_await sign_in_.with_password(answer("email").reveal(),
                                                           answer("password"), deadline));
        co_return told(co_await sign_in_.with_token(answer("token"), deadline));
    }

private:
    Result<camera::SignInOutcome> told(Result<nest::SignInOutcome> outcome) const {
        CASEMENT_TRY(const nest::SignInOutcome answered, std::move(outcome));
        if (const auto* const sent = std::get_if<nest::CodeSent>(&answered))
            return code_step(fmt::format("Nest has sent a code by SMS{}.", nest::where(*sent)));
        const auto& done = std::get<nest::SignedIn>(answered);
        const auto cameras = static_cast<std::size_t>(std::max(done.cameras, 0));
        std::string text = fmt::format("Signed in to the Nest account {}, which has {}.", name_,
                                       cameras_text(cameras));
        if (cameras > 0 && !done.opens_cameras)
            text += " Nest says who you are, but does not let this account to its cameras.";
        return camera::SignedIn{
            .text = std::move(text), .cameras = cameras, .renewed_by = done.renew_by};
    }

    const std::string name_, usual_;
    nest::Api api_;
    nest::SignIn sign_in_;
};

}  // namespace

Result<std::unique_ptr<Entrance>> nest_entrance(const config::Account& account,
                                                const Surroundings& surroundings) {
    CASEMENT_TRY(auto options, nest_api_options(account));
    return std::make_unique<Nest>(account, std::move(options), surroundings);
}

}  // namespace casement::app::sign_in
