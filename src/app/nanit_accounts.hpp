#pragma once
// The Nanit accounts of the file, in the words of their driver.

#include <string>
#include <vector>

#include "app/config/config.hpp"
#include "drivers/nanit/driver.hpp"

namespace casement::app {

/// In the order of the file. `data`: the hub's folder; `own_address`: of this machine in the house,
/// where the file names none. InvalidArgument for a base URL that is none, or a name that cannot be
/// one of a file.
base::Result<std::vector<drivers::nanit::DriverOptions>> nanit_options(
    const config::Config& config, const std::string& data, const std::string& own_address);

}  // namespace casement::app
