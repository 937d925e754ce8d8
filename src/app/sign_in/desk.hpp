#pragma once
// Sign-ins that are asked for by the page, while the hub runs.

#include <set>
#include <string>
#include <vector>

#include "api/api.hpp"
#include "app/sign_in/entrance.hpp"
#include "base/mutex.hpp"

namespace casement::app::sign_in {

/// Thread-safe; coroutines run on the caller's executor. Store, pool and clock outlive it. The
/// account itself takes a new sign-in out of the store.
class Desk {
public:
    Desk(store::SealedStore& sealed, async::BlockingPool& disk, const base::Clock& clock)
        : sealed_(sealed), disk_(disk), clock_(clock) {}

    void set_accounts(std::vector<config::Account> accounts);
    /// As api::SignInDesk says.
    api::SignInDesk functions();

private:
    base::Result<config::Account> find(const std::string& vendor, const std::string& name) const;
    async::Task<base::Result<std::vector<camera::SignInWay>>> ways(std::string vendor,
                                                                   std::string name);
    async::Task<base::Result<camera::SignInOutcome>> enter(std::string vendor, std::string name,
                                                           std::string way,
                                                           camera::SignInAnswers answers);

    store::SealedStore& sealed_;
    async::BlockingPool& disk_;
    const base::Clock& clock_;
    mutable base::Mutex mutex_;
    std::vector<config::Account> accounts_ CASEMENT_GUARDED_BY(mutex_);
    std::set<std::string> under_way_ CASEMENT_GUARDED_BY(mutex_);  // "vendor/name"
};

}  // namespace casement::app::sign_in
