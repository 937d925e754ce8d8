#pragma once
// Which account of the file a command means.

#include <string>
#include <string_view>

#include "app/config/config.hpp"
#include "base/error.hpp"

namespace casement::app {

struct VendorWords {
    config::Vendor vendor;
    std::string_view name;     // for a person: "Nest"
    std::string_view key;      // in the file: "nest"
    std::string_view example;  // of an account's name
};

/// The vendor's account of that name; the only one where `name` is empty. NotFound with what to
/// write where, InvalidArgument where it has to be said which.
base::Result<const config::Account*> account_named(const config::Config& config,
                                                   const VendorWords& words,
                                                   const std::string& name);

}  // namespace casement::app
