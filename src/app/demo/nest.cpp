#include <utility>

#include "app/demo/part.hpp"
#include "app/nest_accounts.hpp"
#include "async/deadline.hpp"
#include "drivers/nest/sign_in.hpp"
#include "emulators/nest/cloud.hpp"

namespace casement::app::demo {

namespace nest = emulators::nest;

namespace {

constexpr std::chrono::seconds kFirstVisit{35};
constexpr std::chrono::minutes kVisitEvery{13};
constexpr std::chrono::seconds kVisit{8};
constexpr std::chrono::seconds kSignInTime{5};
constexpr const char* kAccount = "demo-nest";
constexpr const char* kUser = "1000001";
constexpr const char* kHallway = "d0000000000000000000000000000001";
constexpr const char* kBackDoor = "d0000000000000000000000000000002";

class Nest final : public Part {
public:
    Nest(std::unique_ptr<nest::Cloud> cloud, const Surroundings& surroundings)
        : surroundings_(surroundings), cloud_(std::move(cloud)) {}

    /// By a session of the browser: Google's way asks for cookies, which the demo has no need of.
    async::Task<> sign_in(store::SealedStore& sealed) override {
        const auto options = nest_api_options(account());
        if (!options) co_return;
        const auto& [executor, pool, clock, data, log] = surroundings_;
        drivers::nest::Api api(executor, clock, *options);
        drivers::nest::SignIn sign_in(api, sealed, pool, clock, kAccount);
        const auto done = co_await sign_in.with_token(
            cloud_->accounts().issue(nest::Kind::Access, kUser), async::Deadline::in(kSignInTime));
        if (!done)
            log.warn("The demo is not signed in to its Nest account: {}", done.error().message());
    }

    void add_to(config::Config& config) const override {
        if (has_account(config, kAccount)) return;
        config.accounts.push_back(account());
        // A picture a second costs next to nothing: always there, as its owner would have it.
        config::Camera hallway = camera(config, "hallway", "Hallway");
        hallway.nest = config::NestCamera{kAccount, kHallway};
        add(config, std::move(hallway));
        config::Camera door = camera(config, "backdoor", "Back door");
        door.nest = config::NestCamera{kAccount, kBackDoor};
        only_when_wanted(door);
        add(config, std::move(door));
    }

    void start(async::TaskGroup& tasks) override {
        tasks.spawn("demo visits", [this] { return keep_visiting(); });
    }
    async::Task<> stop() override { co_await cloud_->stop(); }

private:
    config::Account account() const {
        config::Account out;
        out.vendor = config::Vendor::Nest;
        out.name = kAccount;
        out.sign_in = config::NestSignIn::NestToken;
        out.endpoints = {{"home", cloud_->home_url()}, {"camera_api", cloud_->camera_api_url()}};
        return out;
    }

    /// Somebody walks through the house, or rings at its back door.
    async::Task<> keep_visiting() {
        if (!co_await async::sleep_for(kFirstVisit)) co_return;
        for (bool rings = true;; rings = !rings) {
            cloud_->home().add_cuepoint(
                rings ? kBackDoor : kHallway,
                rings ? std::vector<std::string>{"doorbell"} : std::vector<std::string>{"person"},
                kVisit);
            if (!co_await async::sleep_for(kVisitEvery)) co_return;
        }
    }

    const Surroundings surroundings_;
    const std::unique_ptr<nest::Cloud> cloud_;
};

base::Result<std::unique_ptr<nest::Cloud>> make_cloud(const Surroundings& surroundings) {
    const auto& [executor, pool, clock, data, log] = surroundings;
    nest::CloudOptions options;
    options.live_picture = {.name = "Nest", .width = 640, .height = 480, .fps = 10};
    CASEMENT_TRY(auto cloud, nest::Cloud::start(executor, pool, clock, std::move(options), log));
    cloud->accounts().add({.email = "demo@example.test", .userid = kUser});
    CASEMENT_TRY(cloud->add({.uuid = kHallway, .where = "Hallway", .has_nexustalk = false}));
    CASEMENT_TRY(cloud->add({.uuid = kBackDoor, .where = "Back Door", .model = nest::kHello}));
    return cloud;
}

}  // namespace

std::unique_ptr<Part> start_nest(const Surroundings& surroundings) {
    auto cloud = make_cloud(surroundings);
    if (cloud) return std::make_unique<Nest>(std::move(*cloud), surroundings);
    surroundings.log.info("The demo goes without its Nest cameras: {}", cloud.error().message());
    return nullptr;
}

}  // namespace casement::app::demo
