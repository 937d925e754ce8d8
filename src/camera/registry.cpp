#include "camera/registry.hpp"

#include <algorithm>

#include <boost/asio/this_coro.hpp>

#include "camera/registry_state.hpp"

namespace casement::camera {

namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

/// Carries a driver's calls to the registry's executor, in order.
class Host final : public DriverHost {
public:
    Host(std::weak_ptr<DriverRegistry::State> state, async::Executor executor,
         std::weak_ptr<Driven> driven, events::EventLog& log, const DesiredState& desired)
        : state_(std::move(state)),
          executor_(std::move(executor)),
          driven_(std::move(driven)),
          log_(log),
          desired_(desired) {}

    void camera_found(Description description) override {
        tell([d = std::move(description)](auto& state, const DrivenPtr& driven) mutable {
            state.found(driven, std::move(d));
        });
    }
    void camera_gone(std::string camera) override {
        tell([camera](auto& state, const DrivenPtr& driven) { state.gone(driven, camera); });
    }
    void state_changed(std::string camera, CameraState next) override {
        tell([camera, n = std::move(next)](auto& state, const DrivenPtr& driven) mutable {
            state.state_changed(driven, camera, std::move(n));
        });
    }
    void setting_reported(std::string camera, std::string setting, Value value) override {
        tell([camera, setting, v = std::move(value)](auto& state, const DrivenPtr& driven) {
            state.setting_reported(driven, camera, setting, v);
        });
    }
    void sensor_measured(std::string camera, std::string sensor, SensorValue value,
                         base::WallTime at) override {
        tell([camera, sensor, v = std::move(value), at](auto& state, const DrivenPtr& driven) {
            state.sensor_measured(driven, camera, sensor, v, at);
        });
    }
    void account_changed(AccountState next) override {
        tell([n = std::move(next)](auto& state, const DrivenPtr& driven) mutable {
            state.account_changed(driven, std::move(n));
        });
    }
    void awake_changed(std::string camera, std::vector<Awake> list) override {
        tell([camera, l = std::move(list)](auto& state, const DrivenPtr& driven) mutable {
            state.awake_changed(driven, camera, std::move(l));
        });
    }
    Wishes wishes(std::string_view camera) const override { return desired_.wishes(camera); }
    async::Task<Result<events::EventPtr>> event(events::Event event) override {
        return log_.append(std::move(event));
    }
    async::Task<Result<events::EventPtr>> event_ended(std::string id, base::WallTime end) override {
        return log_.finish(std::move(id), end);
    }

private:
    template <typename Act>
    void tell(Act act) {
        asio::post(executor_, [state = state_, driven = driven_, a = std::move(act)]() mutable {
            const auto s = state.lock();
            const auto d = driven.lock();
            if (s && d) a(*s, d);
        });
    }

    const std::weak_ptr<DriverRegistry::State> state_;
    const async::Executor executor_;
    const std::weak_ptr<Driven> driven_;
    events::EventLog& log_;
    const DesiredState& desired_;
};

}  // namespace

const Setting* Camera::setting(std::string_view id) const {
    const auto found = std::ranges::find(description.settings, id, &Setting::id);
    return found == description.settings.end() ? nullptr : &*found;
}

const Sensor* Camera::sensor(std::string_view id) const {
    const auto found = std::ranges::find(description.sensors, id, &Sensor::id);
    return found == description.sensors.end() ? nullptr : &*found;
}

DriverRegistry::DriverRegistry(async::Executor executor, const base::Clock& clock,
                               events::EventLog& log, DesiredState& desired,
                               RegistryOptions options)
    : state_(std::make_shared<State>(std::move(executor), clock, log, desired, options)) {}

DriverRegistry::~DriverRegistry() { state_->tasks.cancel(); }

Result<> DriverRegistry::add(std::unique_ptr<CameraDriver> driver) {
    const async::Executor home = driver->executor();
    auto driven = std::make_shared<Driven>(Driven{home, driver->vendor(), driver->name(), nullptr,
                                                  nullptr, async::Bell(state_->executor)});
    for (const DrivenPtr& other : state_->drivers) {
        if (other->label() == driven->label())
            return fail(ErrorKind::FailedPrecondition, "there is a {} account \"{}\" already",
                        driven->vendor, driven->name);
    }
    // A driver belongs to its executor to the very end: whoever drops it last, it is destroyed
    // there.
    driven->driver = std::shared_ptr<CameraDriver>(driver.release(), [home](CameraDriver* last) {
        asio::post(home, [owned = std::unique_ptr<CameraDriver>(last)] {});
    });
    driven->host =
        std::make_unique<Host>(state_, state_->executor, driven, state_->log, state_->desired);
    {
        const base::MutexLock lock(state_->mutex);
        state_->accounts[driven->label()] = {driven->vendor, driven->name, {}};
    }
    state_->drivers.push_back(driven);
    state_->tasks.spawn("driver " + driven->label(),
                        [state = state_, driven] { return state->supervise(driven); });
    return {};
}

Result<> DriverRegistry::restart(std::string_view vendor, std::string_view name) {
    for (const DrivenPtr& driven : state_->drivers) {
        if (driven->vendor != vendor || driven->name != name) continue;
        driven->wake.ring();
        return {};
    }
    return fail(ErrorKind::NotFound, "there is no {} account \"{}\"", vendor.substr(0, 63),
                name.substr(0, 63));
}

async::Task<> DriverRegistry::State::supervise(DrivenPtr driven) {
    const base::Log own = lines.with("driver", driven->label());
    async::Backoff backoff(options.restart);
    for (;;) {
        const base::SteadyTime began = clock.steady_now();
        Result<> ended;
        try {
            ended = co_await async::hop(driven->executor, driven->driver->run(*driven->host));
        } catch (
            const std::exception& e) {  // a bug of the driver, or cancellation, which is told below
            ended = fail(ErrorKind::Internal, "{}", e.what());
        }
        if ((co_await asio::this_coro::cancellation_state).cancelled() !=
            asio::cancellation_type::none)
            co_return;
        if (ended) ended = fail(ErrorKind::Unavailable, "the driver ended by itself");

        if (clock.steady_now() - began > std::chrono::minutes{1})
            backoff.reset();  // it had been well
        const base::Error& error = ended.error();
        const bool person = error.is(ErrorKind::Unauthenticated);
        const std::chrono::milliseconds wait = person ? options.sign_in_retry : backoff.next();
        AccountState state{
            .word = person ? AccountState::Word::NeedsPerson : AccountState::Word::VendorDown,
            .reason = make_reason(error),
            .expires_at = {},
            .renewed_at = {}};
        state.reason->since = clock.wall_now();
        state.reason->next_try = clock.wall_now() + wait;
        account_changed(driven, std::move(state));
        own.warn("The driver stopped and is tried again in {} ms: {}", wait.count(),
                 error.message());
        const auto woken =
            co_await driven->wake.wait_until(std::chrono::steady_clock::now() + wait);
        if (!woken) co_return;  // cancelled
        if (*woken) backoff.reset();
    }
}

async::Task<> DriverRegistry::stop() {
    const auto state = state_;
    state->stopped = true;
    co_await state->tasks.stop();
    for (auto& [id, entry] : state->entries) entry.driven.reset();
    state->drivers.clear();
}

void DriverRegistry::stream_changed(std::string camera, std::optional<CameraState> state) {
    asio::post(state_->executor, [weak = std::weak_ptr(state_), c = std::move(camera),
                                  s = std::move(state)]() mutable {
        if (const auto self = weak.lock()) self->stream_changed(c, std::move(s));
    });
}

std::vector<CameraPtr> DriverRegistry::cameras() const {
    const base::MutexLock lock(state_->mutex);
    std::vector<CameraPtr> out;
    for (const auto& [id, camera] : state_->cameras) out.push_back(camera);
    return out;
}

CameraPtr DriverRegistry::camera(std::string_view id) const {
    const base::MutexLock lock(state_->mutex);
    const auto found = state_->cameras.find(id);
    return found == state_->cameras.end() ? nullptr : found->second;
}

std::vector<Account> DriverRegistry::accounts() const {
    const base::MutexLock lock(state_->mutex);
    std::vector<Account> out;
    for (const auto& [label, account] : state_->accounts) out.push_back(account);
    return out;
}

ChangeFeed& DriverRegistry::changes() { return state_->changes; }
async::Executor DriverRegistry::executor() const { return state_->executor; }

}  // namespace casement::camera
