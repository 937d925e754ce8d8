#pragma once
// The whole driver in a whole registry, over devices without sockets.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "camera/router.hpp"
#include "drivers/arlo/driver.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/coroutine.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/unit/drivers/arlo/scripted_device.hpp"

namespace casement::drivers::arlo::tests {

using namespace std::chrono_literals;
using async::Deadline;
using camera::Value;
namespace registers = protocols::arlo::registers;

/// One process of the hub; made again over the same file it is a restart.
struct Hub {
    Hub(const std::string& path, fakes::Clock& clock, Network& network, DriverOptions options)
        : store(store::Store::open(path).value()),
          log(events::EventLog::open(*store, clock).value()),
          desired(camera::DesiredState::open(*store).value()),
          registry(io.get_executor(), clock, *log, *desired,
                   {.restart = {}, .echo = 15s, .apply_within = 1s, .sign_in_retry = 15min}),
          router(registry) {
        struct Lent final : Link {
            explicit Lent(Network& n) : network(n) {}
            async::Task<base::Result<Response>> exchange(std::string address, Port port,
                                                         Message message) override {
                return network.exchange(std::move(address), port, std::move(message));
            }
            Network& network;
        };
        auto owned = Driver::make(io.get_executor(), std::move(options), *store, clock,
                                  std::make_unique<Lent>(network))
                         .value();
        driver = owned.get();
        EXPECT_TRUE(registry.add(std::move(owned)));
        until([&] { return driver->port(Port::Camera) != 0; });
        idle();
    }
    ~Hub() {
        fakes::run(io, registry.stop());
        fakes::settle(io);
    }

    /// What can be done without waiting for time: io thread and database thread by turns.
    void idle() {
        for (int quiet = 0; quiet < 3;) {
            io.restart();
            std::size_t done = 0;
            while (io.poll_one() > 0) ++done;
            store->run_now([](store::Database&) { return 0; });
            quiet = done == 0 ? quiet + 1 : 0;
        }
    }
    template <typename Condition>
    void until(Condition condition) {
        const auto give_up = std::chrono::steady_clock::now() + 20s;
        while (!condition()) {
            ASSERT_LT(std::chrono::steady_clock::now(), give_up) << "it never comes";
            io.restart();
            io.run_one_for(1ms);
        }
    }
    base::Result<> call(const std::string& address, const std::string& json,
                        Port port = Port::Camera) {
        auto message = protocols::arlo::parse_message(json);
        EXPECT_TRUE(message) << json;
        auto answer = fakes::run(io, driver->receive({address, port, std::move(*message), json}));
        return answer;
    }
    base::Result<camera::Setting> set(const std::string& camera, const std::string& setting,
                                      Value value, std::chrono::milliseconds wait = 5s) {
        auto answer = fakes::run(
            io, router.set(camera, setting, std::move(value), "ana", Deadline::in(wait)));
        idle();
        return answer;
    }
    camera::Setting setting(const std::string& camera, std::string_view id) {
        return *registry.camera(camera)->setting(id);
    }
    std::vector<events::EventPtr> events(std::string_view kind) {
        events::Query query;
        query.kinds = {std::string(kind)};
        auto page = fakes::run(io, log->list(query)).value();
        std::ranges::reverse(page.events);
        return page.events;
    }

    asio::io_context io{1};
    std::unique_ptr<store::Store> store;
    std::unique_ptr<events::EventLog> log;
    std::unique_ptr<camera::DesiredState> desired;
    camera::DriverRegistry registry;
    camera::CommandRouter router;
    Driver* driver = nullptr;
};

struct ArloDriver : testing::Test {
    fakes::TempDirectory dir;
    fakes::Clock clock;
    Network network;
    ScriptedDevice device;
    DriverOptions options;
    std::optional<Hub> hub;
    std::vector<std::string> lines, pinged;
    const std::string porch = "porch";
    const std::string home = "172.14.1.20";

    void SetUp() override {
        options.rtp_ports = {50000, 50199};
        base::capture_log(
            [this](base::LogLevel, std::string_view line) { lines.emplace_back(line); });
        options.door.address = "127.0.0.1";
        options.door.ports = {0, 0};
        options.timing = {.settle = 0ms,
                          .retry_first = 1ms,
                          .retry_cap = 4ms,
                          .set_up_message = 1s,
                          .keep_alive = 100s,
                          .look_around = 2ms};
        options.ping = [this](const std::string& to, const std::string&) { pinged.push_back(to); };
        options.cameras = {{.serial = device.serial, .id = porch, .name = "Porch"}};
        network.at[home] = &device;
        start();
    }
    void TearDown() override {
        hub.reset();
        base::capture_log({});
    }
    void start() {
        hub.reset();
        hub.emplace(dir.path("a.db"), clock, network, options);
    }
    void register_device(ScriptedDevice& which, const std::string& address,
                         Port port = Port::Camera) {
        ASSERT_TRUE(hub->call(address, which.registration(), port));
        finish_set_up(which);
    }
    void finish_set_up(ScriptedDevice& which) {
        hub->idle();
        hub->until([&] { return !needs_set_up(which.serial); });
        hub->idle();
    }
    bool needs_set_up(const std::string& serial) {
        const auto answer = hub->store->run_now([&](store::Database& db) {
            return db.one(
                "SELECT needs_set_up FROM arlo_devices WHERE serial = ?",
                [](const store::Row& row) { return row.get<bool>(0); }, serial);
        });
        return answer.value().value_or(true);
    }
    /// What the device shall hold: the family's set with the wishes, without what it refuses.
    Fields wanted(const ScriptedDevice& which, const std::string& camera) {
        Fields out;
        const std::vector<std::string> refused(which.refuses.begin(), which.refuses.end());
        for (const Batch& batch : wanted_registers(family_of(which.model), options.house,
                                                   hub->desired->wishes(camera), refused)) {
            for (const auto& [name, value] : batch.values) out.set(name, value);
        }
        return out;
    }
    void expect_as_wanted(const ScriptedDevice& which, const std::string& camera) {
        const Fields shall = wanted(which, camera);
        for (const auto& [name, value] : shall) {
            const auto* const is = which.registers.find(name);
            ASSERT_NE(is, nullptr) << camera << " lacks " << name;
            EXPECT_EQ(*is, value) << camera << " " << name;
        }
        for (const auto& [name, value] : which.registers)
            EXPECT_TRUE(shall.contains(name) || name == "EpochBsTime") << name << " was not wished";
    }
};

}  // namespace casement::drivers::arlo::tests
