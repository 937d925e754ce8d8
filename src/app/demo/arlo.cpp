#include <unistd.h>

#include <tuple>
#include <utility>

#include "app/demo/part.hpp"
#include "async/deadline.hpp"
#include "emulators/arlo/device.hpp"

namespace casement::app::demo {

namespace arlo = emulators::arlo;

namespace {

// Soon enough for whoever has just opened the page, then seldom: each costs an encoder for a while.
constexpr std::chrono::seconds kFirstMotion{20}, kFirstRing{45};
constexpr std::chrono::minutes kMotionEvery{10}, kRingEvery{15};
constexpr std::int64_t kMotionSeconds = 10;
constexpr int kLargestHeight = 360;
constexpr const char* kPorchSerial = "DEMOPORCH1";
constexpr const char* kDoorSerial = "DEMODOOR1";

/// Its own loopback network for each demo of this machine, as its process number is its own:
/// 127.64.0.N to 127.127.255.N.
std::string loopback(int last) {
    const auto number = static_cast<unsigned>(::getpid());
    return fmt::format("127.{}.{}.{}", 64 + (number >> 8) % 64, number % 256, last);
}

arlo::DeviceOptions device(arlo::Model model, const char* serial, int last) {
    arlo::DeviceOptions out;
    out.profile = arlo::profile(model);
    out.serial = serial;
    out.address = loopback(last);
    out.base.address = loopback(1);
    out.largest_height = kLargestHeight;
    return out;
}

class Arlo final : public Part {
public:
    Arlo(std::unique_ptr<arlo::Device> porch, std::unique_ptr<arlo::Device> door)
        : porch_(std::move(porch)), door_(std::move(door)) {}

    /// The hub becomes their base station.
    void add_to(config::Config& config) const override {
        config.arlo = {};
        config.arlo.enabled = true;
        config.arlo.listen = config.arlo.gateway = loopback(1);
        config.arlo.rest = config::ListenAddress{loopback(1), config.arlo.upload_port};
        for (const auto& [id, name, serial] :
             {std::tuple{"porch", "Porch", kPorchSerial}, {"door", "Front door", kDoorSerial}}) {
            config::Camera entry = camera(config, id, name);
            entry.arlo = config::ArloCamera{serial};
            // On a battery its minutes of the day would be over after a few looks.
            entry.power = config::Power::Wired;
            only_when_wanted(entry);
            add(config, std::move(entry));
        }
    }

    void start(async::TaskGroup& tasks) override {
        tasks.spawn("demo motion", [this] { return keep_moving(); });
        tasks.spawn("demo ringing", [this] { return keep_ringing(); });
    }

    async::Task<> stop() override {
        co_await porch_->stop();
        co_await door_->stop();
    }

private:
    async::Task<> keep_moving() {
        if (!co_await async::sleep_for(kFirstMotion)) co_return;
        for (;;) {
            porch_->see_motion({.seconds = kMotionSeconds});
            if (!co_await async::sleep_for(kMotionEvery)) co_return;
        }
    }

    async::Task<> keep_ringing() {
        if (!co_await async::sleep_for(kFirstRing)) co_return;
        for (;;) {
            door_->press_button();
            if (!co_await async::sleep_for(kRingEvery)) co_return;
        }
    }

    const std::unique_ptr<arlo::Device> porch_, door_;
};

}  // namespace

/// They boot for a second and then call: the base station listens by then. Nothing is encoded
/// before somebody looks.
std::unique_ptr<Part> start_arlo(const Surroundings& surroundings) {
    const auto& [executor, pool, clock, data, log] = surroundings;
    auto porch = arlo::Device::start(executor, pool, clock,
                                     device(arlo::Model::Pro2, kPorchSerial, 10), log);
    auto door = arlo::Device::start(executor, pool, clock,
                                    device(arlo::Model::VideoBell, kDoorSerial, 11), log);
    if (porch && door) return std::make_unique<Arlo>(std::move(*porch), std::move(*door));
    log.info("The demo goes without its Arlo devices, which need port 554: {}",
             (porch ? door : porch).error().message());
    return nullptr;
}

}  // namespace casement::app::demo
