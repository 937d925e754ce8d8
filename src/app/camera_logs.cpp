#include "app/camera_logs.hpp"

#include <algorithm>

#include "async/hop.hpp"

namespace casement::app {

namespace {

using base::Result;
using drivers::nanit::Driver;

struct Desk {
    const camera::DriverRegistry& registry;
    const std::vector<Driver*> nanit;

    Result<Driver*> driver_of(const std::string& id) const {
        const auto camera = registry.camera(id);
        const auto found = std::ranges::find_if(nanit, [&](const Driver* one) {
            return camera && camera->description.vendor == one->vendor() &&
                   camera->description.account == one->name();
        });
        if (found != nanit.end()) return *found;
        return base::fail(base::ErrorKind::Unsupported,
                          "\"{}\" is no camera that can be asked for its logs.", id);
    }
};

// On the executor of the driver, which owns its cameras.
async::Task<Result<>> ask(Driver& driver, std::string id) { co_return driver.ask_for_logs(id); }
async::Task<Result<drivers::nanit::LogState>> state(Driver& driver, std::string id) {
    co_return driver.logs(id);
}

async::Task<Result<>> ask_there(std::shared_ptr<const Desk> desk, std::string id) {
    CASEMENT_CO_TRY(Driver* const driver, desk->driver_of(id));
    co_return co_await async::hop(driver->executor(), ask(*driver, std::move(id)));
}

async::Task<Result<api::DeviceLogs>> state_there(std::shared_ptr<const Desk> desk, std::string id) {
    CASEMENT_CO_TRY(Driver* const driver, desk->driver_of(id));
    CASEMENT_CO_TRY(auto logs,
                    co_await async::hop(driver->executor(), state(*driver, std::move(id))));
    api::DeviceLogs out;
    out.state = to_string(logs.word);
    out.received_bytes = logs.received_bytes;
    if (logs.file) out.archive = logs.file->path;
    out.error = std::move(logs.error);
    co_return out;
}

}  // namespace

api::LogDesk camera_logs(const camera::DriverRegistry& registry, std::vector<Driver*> nanit) {
    const auto desk = std::make_shared<const Desk>(registry, std::move(nanit));
    return {.ask = [desk](std::string id) { return ask_there(desk, std::move(id)); },
            .now = [desk](std::string id) { return state_there(desk, std::move(id)); }};
}

}  // namespace casement::app
