#include <utility>

#include "app/cli/moment.hpp"
#include "app/nanit_api.hpp"
#include "app/sign_in/entrance.hpp"
#include "drivers/nanit/sign_in.hpp"

namespace casement::app::sign_in {

namespace {

namespace nanit = drivers::nanit;
using base::Result;

// What a command may add to a password: how the code shall come, and that another is wanted.
constexpr std::string_view kChannel = "channel", kAnother = "another";

class Nanit final : public Entrance {
public:
    Nanit(const config::Account& account, nanit::ApiOptions options,
          const Surroundings& surroundings)
        : name_(account.name),
          sealed_(surroundings.sealed),
          clock_(surroundings.clock),
          api_(surroundings.executor, surroundings.clock, std::move(options)),
          sign_in_(api_, surroundings.sealed, surroundings.disk, surroundings.clock, account.name) {
    }

    std::vector<camera::SignInWay> ways() const override {
        return {
            {.id = "password",
             .name = "E-mail and password",
             .note = "As in the Nanit app. Nanit then sends a code.",
             .fields = {{.id = "email", .name = "E-mail address", .is_secret = false},
                        {.id = "password", .name = "Password"}}},
            {.id = "refresh-token",
             .name = "Refresh token",
             .note = "One that another program has kept. It is used up by this: that program is "
                     "signed out.",
             .fields = {{.id = "refresh_token", .name = "Refresh token"}}},
        };
    }

    std::optional<camera::SignInWay> awaited() const override {
        const auto pending = nanit::stored_pending(sealed_, name_);
        if (!pending || clock_.wall_now() - pending->sent >= nanit::SignIn::kCodeLives)
            return std::nullopt;
        return step({pending->challenge.channel, pending->challenge.hint, pending->sent, true});
    }

    async::Task<Result<camera::SignInOutcome>> enter(std::string_view way,
                                                     const camera::SignInAnswers& answers,
                                                     async::Deadline deadline) override {
        if (way == kCodeStep) {
            CASEMENT_CO_TRY(base::Secret code, code_of(answer_of(answers, "code")));
            co_return told(co_await sign_in_.enter_code(std::move(code), deadline));
        }
        if (way == "refresh-token")
            co_return told(co_await sign_in_.with_refresh_token(answer_of(answers, "refresh_token"),
                                                                deadline));
        co_return told(co_await sign_in_.begin(answer_of(answers, "email").reveal(),
                                               answer_of(answers, "password"),
                                               answer_of(answers, kChannel).reveal(),
                                               !answer_of(answers, kAnother).empty(), deadline));
    }

private:
    Result<camera::SignInOutcome> told(Result<nanit::SignInOutcome> outcome) const {
        CASEMENT_TRY(const nanit::SignInOutcome done, std::move(outcome));
        if (const auto* const sent = std::get_if<nanit::CodeSent>(&done)) return step(*sent);
        return camera::SignedIn{.text = fmt::format("Signed in to the Nanit account {}.", name_),
                                .renewed_by = std::get<nanit::SignedIn>(done).expires};
    }

    static camera::SignInWay step(const nanit::CodeSent& sent) {
        return code_step(fmt::format("Nanit has sent a code {} at {}; it is good for {} minutes.",
                                     nanit::where(sent), cli::local_text(sent.sent),
                                     nanit::SignIn::kCodeLives.count()));
    }

    const std::string name_;
    store::SealedStore& sealed_;
    const base::Clock& clock_;
    nanit::Api api_;
    nanit::SignIn sign_in_;
};

}  // namespace

Result<std::unique_ptr<Entrance>> nanit_entrance(const config::Account& account,
                                                 const Surroundings& surroundings) {
    CASEMENT_TRY(auto options, nanit_api_options(account));
    return std::make_unique<Nanit>(account, std::move(options), surroundings);
}

}  // namespace casement::app::sign_in
