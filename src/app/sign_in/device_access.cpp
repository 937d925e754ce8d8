#include <utility>

#include "app/device_access.hpp"
#include "app/sign_in/entrance.hpp"
#include "drivers/nest/device_access/sign_in.hpp"

namespace casement::app::sign_in {

namespace {

namespace device_access = drivers::nest::device_access;
using base::Result;

constexpr const char* kProject = "project";
constexpr const char* kConsent = "consent";
constexpr const char* kRefreshToken = "refresh-token";

/// Two steps: Google's page is made of the project's ids, and gives the code.
class DeviceAccess final : public Entrance {
public:
    DeviceAccess(const config::Account& account, device_access::ApiOptions api,
                 device_access::TokenOptions tokens, const Surroundings& surroundings)
        : name_(account.name),
          sign_in_(surroundings.executor, std::move(api), std::move(tokens), surroundings.sealed,
                   surroundings.disk, surroundings.clock, account.name) {}

    std::vector<camera::SignInWay> ways() const override {
        camera::SignInWay project{
            .id = kProject,
            .name = "Device Access",
            .note = "Of your project in Google's Device Access console, and of its OAuth client.",
            .fields = {{.id = "project", .name = "Project id", .is_secret = false},
                       {.id = "client_id", .name = "OAuth client id", .is_secret = false},
                       {.id = "client_secret", .name = "OAuth client secret"},
                       {.id = "subscription",
                        .name = "Pub/Sub subscription",
                        .note = "projects/NAME/subscriptions/NAME. Without it no events come.",
                        .is_secret = false,
                        .is_needed = false}}};
        camera::SignInWay token = project;
        token.id = kRefreshToken;
        token.name = "Refresh token";
        token.note = "One that Google gave to the same OAuth client.";
        token.fields.push_back({.id = "refresh_token", .name = "Refresh token"});
        return {std::move(project), std::move(token)};
    }

    bool is_step(std::string_view way) const override { return way == kConsent; }

    async::Task<Result<camera::SignInOutcome>> enter(std::string_view way,
                                                     const camera::SignInAnswers& answers,
                                                     async::Deadline deadline) override {
        device_access::Access access{
            .project = answer_of(answers, "project").reveal(),
            .client_id = answer_of(answers, "client_id").reveal(),
            .client_secret = answer_of(answers, "client_secret"),
            .refresh_token = answer_of(answers, "refresh_token"),
            .subscription = answer_of(answers, "subscription").reveal(),
        };
        if (way == kProject) co_return consent_step(access);
        const bool has_events = !access.subscription.empty();
        CASEMENT_CO_TRY(
            const std::size_t cameras,
            co_await sign_in_.with_code(std::move(access), answer_of(answers, "code"), deadline));
        std::string text =
            fmt::format("Signed in to the Device Access project of {}, which has {}.", name_,
                        cameras_text(cameras));
        if (cameras == 0)
            text += " No camera was ticked on Google's page: sign in again to tick some.";
        if (!has_events) text += " Without a subscription no events come.";
        co_return camera::SignedIn{.text = std::move(text), .cameras = cameras};
    }

private:
    static camera::SignInWay consent_step(const device_access::Access& access) {
        return {
            .id = kConsent,
            .name = "Google's page",
            .note =
                "Open this page, tick the cameras and allow both questions. Google then "
                "shows its search page: copy the whole address.",
            .link = device_access::consent_page(access),
            .fields = {{.id = "code", .name = "That address, or the code in it", .is_long = true}}};
    }

    const std::string name_;
    device_access::SignIn sign_in_;
};

}  // namespace

Result<std::unique_ptr<Entrance>> device_access_entrance(const config::Account& account,
                                                         const Surroundings& surroundings) {
    CASEMENT_TRY(auto api, device_access_api(account));
    CASEMENT_TRY(auto tokens, device_access_tokens(account));
    return std::make_unique<DeviceAccess>(account, std::move(api), std::move(tokens), surroundings);
}

}  // namespace casement::app::sign_in
