#include <utility>

#include "app/demo/part.hpp"
#include "app/nanit_api.hpp"
#include "async/deadline.hpp"
#include "base/random.hpp"
#include "drivers/nanit/sign_in.hpp"
#include "emulators/nanit/household.hpp"

namespace casement::app::demo {

namespace nanit = emulators::nanit;

namespace {

constexpr std::chrono::seconds kFirstStir{30};
constexpr std::chrono::minutes kStirEvery{12};
constexpr std::chrono::seconds kSignInTime{5};
constexpr const char* kAccount = "demo";

class Nanit final : public Part {
public:
    Nanit(std::unique_ptr<nanit::Household> nursery, const Surroundings& surroundings)
        : surroundings_(surroundings), nursery_(std::move(nursery)) {}

    async::Task<> sign_in(store::SealedStore& sealed) override {
        const auto tokens = nursery_->cloud().accounts().issue(nursery_->options().user.email);
        const auto options = nanit_api_options(account());
        if (!tokens || !options) co_return;
        const auto& [executor, pool, clock, data, log] = surroundings_;
        drivers::nanit::Api api(executor, clock, *options);
        drivers::nanit::SignIn sign_in(api, sealed, pool, clock, kAccount);
        const auto done =
            co_await sign_in.with_refresh_token(tokens->refresh, async::Deadline::in(kSignInTime));
        if (!done) log.warn("The demo is not signed in to its nursery: {}", done.error().message());
    }

    void add_to(config::Config& config) const override {
        if (has_account(config, kAccount)) return;
        config.accounts.push_back(account());
        config::Camera entry = camera(config, "nursery", "Nursery");
        entry.nanit = config::NanitCamera{kAccount, nursery_->members().front().baby_uid};
        only_when_wanted(entry);
        add(config, std::move(entry));
    }

    void start(async::TaskGroup& tasks) override {
        tasks.spawn("demo nursery", [this] { return keep_stirring(); });
    }
    async::Task<> stop() override { co_await nursery_->stop(); }

private:
    /// What the hub knows of the cloud; TLS would need a file that it trusts.
    config::Account account() const {
        config::Account out;
        out.vendor = config::Vendor::Nanit;
        out.name = kAccount;
        out.endpoints = {{"api", nursery_->api_url()},
                         {"relay", nursery_->relay_url()},
                         {"media", nursery_->media_url()}};
        for (const nanit::Household::Member& member : nursery_->members())
            out.cameras[member.camera_uid].address = member.door_address();
        return out;
    }

    /// Of the cloud's messages, which the hub asks for: one of each kind in turn.
    async::Task<> keep_stirring() {
        if (!co_await async::sleep_for(kFirstStir)) co_return;
        for (bool is_sound = false;; is_sound = !is_sound) {
            (void)nursery_->cloud().nursery().add_message(nursery_->members().front().baby_uid,
                                                          is_sound ? "SOUND" : "MOTION");
            if (!co_await async::sleep_for(kStirEvery)) co_return;
        }
    }

    const Surroundings surroundings_;
    const std::unique_ptr<nanit::Household> nursery_;
};

}  // namespace

std::unique_ptr<Part> start_nanit(const Surroundings& surroundings) {
    constexpr std::size_t kPasswordBytes = 12;
    const auto& [executor, pool, clock, data, log] = surroundings;
    nanit::HouseholdOptions options;
    options.user.password = base::Secret(base::random_hex(kPasswordBytes));
    options.tls = false;
    options.folder = data + "/demo-nursery";
    options.camera.picture.width = 640;
    options.camera.picture.height = 480;
    options.camera.picture.fps = 10;
    auto started = nanit::Household::start(executor, pool, clock, std::move(options), log);
    if (started) return std::make_unique<Nanit>(std::move(*started), surroundings);
    log.info("The demo goes without its nursery: {}", started.error().message());
    return nullptr;
}

}  // namespace casement::app::demo
