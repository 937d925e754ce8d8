#pragma once
// The Nest accounts of the file, in the words of their driver.

#include <functional>
#include <string>
#include <vector>

#include "app/config/config.hpp"
#include "drivers/nest/driver.hpp"

namespace casement::app {

/// Where the account's clouds are, and whom its tokens may reach. InvalidArgument for a base URL
/// without TLS that is not on this machine.
base::Result<drivers::nest::ApiOptions> nest_api_options(const config::Account& account);

/// A base URL of the file, without a slash at its end. Errors as above.
base::Result<base::Url> nest_endpoint(const config::Account& account, const std::string& key,
                                      const std::string& text);

/// What opens the stream of a camera that Device Access lends too.
using Lend = std::function<decltype(drivers::nest::CameraConfig::device_access)(
    const config::LentCamera& camera)>;

/// In the order of the file; `data`: the hub's folder. Accounts that sign in by Device Access are
/// passed over (device_access.hpp). Errors as above, and for a name that cannot be one of a file.
base::Result<std::vector<drivers::nest::DriverOptions>> nest_options(const config::Config& config,
                                                                     const std::string& data,
                                                                     const Lend& lend = {});

/// Of a camera of the file: its single pictures become films, so that it is always connected.
bool makes_films(const config::Config& config, const config::Camera& camera);

/// The nest account of that name; the only one where `name` is empty. NotFound with what to write
/// where.
base::Result<const config::Account*> nest_account(const config::Config& config,
                                                  const std::string& name);

}  // namespace casement::app
