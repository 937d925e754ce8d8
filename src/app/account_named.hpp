#pragma once
// Which account of the file a command means, and where what opens it is kept.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "app/config/config.hpp"
#include "base/error.hpp"
#include "store/sealed.hpp"

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

/// InvalidArgument with what a name may be.
base::Result<> check_account_name(const std::string& name);

/// The account that an import is for: that of the name, else the vendor's first of the file, else
/// `example`. Errors as check_account_name().
base::Result<std::string> account_to_import(const config::Config& config, config::Vendor vendor,
                                            std::string_view example, std::string name);

/// The sealed store of the hub's folder, which is made for its user alone where it is not there
/// yet. Errors as store::SealedStore::open(). Blocks.
base::Result<std::unique_ptr<store::SealedStore>> open_sealed_store(
    const std::filesystem::path& data);

}  // namespace casement::app
