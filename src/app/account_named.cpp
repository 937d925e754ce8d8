#include "app/account_named.hpp"

#include <vector>

#include "app/suggest.hpp"

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

}  // namespace casement::app
