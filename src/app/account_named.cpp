#include "app/account_named.hpp"

#include <algorithm>
#include <vector>

#include "app/suggest.hpp"
#include "drivers/words.hpp"

namespace casement::app {

using base::ErrorKind;

base::Result<const config::Account*> account_named(const config::Config& config,
                                                   const VendorWords& words,
                                                   const std::string& name) {
    std::vector<std::string> names;
    const config::Account* found = nullptr;
    for (const config::Account& account : config.accounts) {
        if (account.vendor != words.vendor) continue;
        names.push_back(account.name);
        if (name.empty() || account.name == name) found = &account;
    }
    if (found != nullptr && (!name.empty() || names.size() == 1)) return found;
    if (name.empty() && names.size() > 1)
        return base::fail(ErrorKind::InvalidArgument, "say which account with --account: {}",
                          fmt::join(names, ", "));
    if (names.empty())
        return base::fail(ErrorKind::NotFound,
                          "the configuration has no {} account; write into it\n"
                          "accounts:\n  - {{vendor: {}, name: {}}}",
                          words.name, words.key, name.empty() ? words.example : name);
    return base::fail(ErrorKind::NotFound, "there is no {} account \"{}\"{}; there is {}",
                      words.name, name, did_you_mean(name, names), fmt::join(names, ", "));
}

base::Result<> check_account_name(const std::string& name) {
    if (drivers::is_account_name(name)) return {};
    return base::fail(ErrorKind::InvalidArgument,
                      "\"{}\" cannot be the name of an account: letters, digits, - and _ only, at "
                      "most 64",
                      name);
}

base::Result<std::string> account_to_import(const config::Config& config, config::Vendor vendor,
                                            std::string_view example, std::string name) {
    const auto first = std::ranges::find(config.accounts, vendor, &config::Account::vendor);
    if (name.empty() && first != config.accounts.end()) name = first->name;
    if (name.empty()) name = example;
    CASEMENT_TRY(check_account_name(name));
    return name;
}

base::Result<std::unique_ptr<store::SealedStore>> open_sealed_store(
    const std::filesystem::path& data) {
    std::error_code ec;
    if (std::filesystem::create_directories(data, ec))
        std::filesystem::permissions(data, std::filesystem::perms::owner_all, ec);
    return store::SealedStore::open(data.string());
}

}  // namespace casement::app
