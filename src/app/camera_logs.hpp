#pragma once
// Logs of cameras, for the API: from the driver that knows how to ask for them.

#include <vector>

#include "api/api.hpp"
#include "camera/registry.hpp"
#include "drivers/nanit/driver.hpp"

namespace casement::app {

/// Callable from any thread. Registry and drivers outlive what is made of them.
api::LogDesk camera_logs(const camera::DriverRegistry& registry,
                         std::vector<drivers::nanit::Driver*> nanit);

}  // namespace casement::app
