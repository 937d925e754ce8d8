#pragma once
// The base station of the file, in the words of the Arlo driver.

#include "app/config/config.hpp"
#include "drivers/arlo/driver.hpp"

namespace casement::app {

/// Where devices call is also where everything that goes to them leaves from.
drivers::arlo::DriverOptions arlo_options(const config::Config& config);

}  // namespace casement::app
