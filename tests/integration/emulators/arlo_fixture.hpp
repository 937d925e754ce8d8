#pragma once
// The fixture of the tests of emulated Arlo devices: a station, and devices whose time runs faster.

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "async/blocking_pool.hpp"
#include "emulators/arlo/device.hpp"
#include "protocols/arlo/registers.hpp"
#include "tests/fakes/co_assert.hpp"
#include "tests/fakes/coroutine.hpp"
#include "tests/integration/emulators/arlo_station.hpp"

namespace casement::tests {

using namespace emulators::arlo;
namespace reg = protocols::arlo::registers;

// Device time runs twenty times as fast: the watchdog barks after 300 ms.
inline constexpr double kPace = 0.05;
inline constexpr const char* kHome = "127.0.78.10";
inline constexpr const char* kOtherHome = "127.0.78.11";

class ArloDevices : public testing::Test {
public:  // for the coroutines of the tests
    void TearDown() override {
        run([](ArloDevices& t) -> Task<> {
            for (const auto& device : t.devices_) co_await device->stop();
            co_await t.station_.stop();
        });
        devices_.clear();
    }
    void run(Task<> (*test)(ArloDevices&)) { fakes::run(io_, test(*this)); }

    DeviceOptions options(Model model, const std::string& address = kHome) {
        DeviceOptions out;
        out.profile = profile(model);
        out.serial = "CSM0000A1B2C";
        out.address = address;
        out.ports = Ports::any();
        out.base = {"127.0.0.1", station_.port(), station_.port()};
        out.times = Times{}.scaled(kPace);
        out.times.waits_for_ack = 2s;
        out.times.lets_base_close = 2s;
        out.times.reads_command = 2s;
        out.sleep = Sleep::Never;
        out.largest_height = 180;
        out.frames_per_second = 10;
        return out;
    }
    Device& start(DeviceOptions options) {
        auto made = Device::start(io_.get_executor(), pool_, clock_, std::move(options), {});
        EXPECT_TRUE(made) << made.error().message();
        devices_.push_back(std::move(*made));
        return *devices_.back();
    }
    Device& start(Model model) { return start(options(model)); }

    Task<bool> until(std::function<bool()> done) {
        const Deadline deadline = Deadline::in(kPatience);
        while (!done()) {
            if (deadline.passed()) co_return false;
            if (!co_await async::sleep_for(2ms)) co_return false;
        }
        co_return true;
    }
    /// Until the device has introduced itself.
    Task<> settled(Device& device) {
        EXPECT_TRUE(co_await until([&] { return device.counters().registrations > 0; }));
    }
    Task<wire::Response> command(Device& device, wire::Body body, Door door = Door::Camera) {
        const std::uint16_t port =
            door == Door::Camera ? device.ports().camera : device.ports().doorbell;
        const auto answer =
            co_await station_.command(device.address(), port, {++id_, std::move(body)});
        EXPECT_TRUE(answer) << answer.error().message();
        EXPECT_EQ(answer->id, id_);
        co_return std::get<wire::Response>(answer->body);
    }
    Task<wire::Response> set(Device& device, wire::Fields values, Door door = Door::Camera) {
        return command(device, wire::RegisterSet{std::move(values), {}}, door);
    }

    asio::io_context io_{1};
    async::BlockingPool pool_{"test", 2};
    base::SystemClock clock_;
    Station station_{io_.get_executor()};
    std::vector<std::unique_ptr<Device>> devices_;
    std::int64_t id_ = 0;
};

}  // namespace casement::tests
