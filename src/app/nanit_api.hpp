#pragma once
// From an account of the configuration to the vendor's REST interface.

#include "app/config/config.hpp"
#include "drivers/nanit/api.hpp"

namespace casement::app {

/// Base URL and trust. InvalidArgument for a base URL without TLS that is not on this machine: a
/// password does not travel in the open.
base::Result<drivers::nanit::ApiOptions> nanit_api_options(const config::Account& account);

/// The nanit account of that name; the only one where `name` is empty. NotFound with what to write
/// where.
base::Result<const config::Account*> nanit_account(const config::Config& config,
                                                   const std::string& name);

}  // namespace casement::app
