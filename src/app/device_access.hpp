#pragma once
// Nest accounts that sign in by Device Access.

#include <memory>

#include "app/config/config.hpp"
#include "async/blocking_pool.hpp"
#include "camera/driver.hpp"
#include "drivers/nest/device_access/driver.hpp"
#include "store/sealed.hpp"

namespace casement::app {

/// Where Google's servers are for this account, and whom its tokens may reach. InvalidArgument for
/// a base URL without TLS that is not on this machine.
base::Result<drivers::nest::device_access::ApiOptions> device_access_api(
    const config::Account& account);
base::Result<drivers::nest::device_access::TokenOptions> device_access_tokens(
    const config::Account& account);

/// Everything given outlives it; `data`: the hub's folder. Errors as above, and for a name that
/// cannot be one of a file.
base::Result<std::unique_ptr<drivers::nest::device_access::Driver>> device_access_driver(
    async::Executor executor, const config::Config& config, const config::Account& account,
    const std::string& data, store::SealedStore& sealed, async::BlockingPool& disk,
    const base::Clock& clock);

}  // namespace casement::app
