#pragma once
// A person lets the hub into a Device Access project. What they bring is tried at once, and kept in
// the sealed store, where the account finds it, only when it works.

#include <string>

#include "drivers/nest/device_access/access.hpp"
#include "drivers/nest/device_access/api.hpp"

namespace casement::drivers::nest::device_access {

/// All it is given outlives it. Both answer how many cameras and doorbells were ticked. Errors:
/// those of exchange(), of Api and of the store; what was kept before is kept then.
class SignIn {
public:
    SignIn(async::Executor executor, ApiOptions api, TokenOptions tokens,
           store::SealedStore& sealed, async::BlockingPool& disk, const base::Clock& clock,
           std::string account);

    /// `pasted`: the code of Google's page, alone or in its address.
    async::Task<base::Result<std::size_t>> with_code(Access access, base::Secret pasted,
                                                     async::Deadline deadline);
    /// `access` has one.
    async::Task<base::Result<std::size_t>> with_refresh_token(Access access,
                                                              async::Deadline deadline);

private:
    async::Task<base::Result<std::size_t>> count_devices(async::Deadline deadline);

    const async::Executor executor_;
    const ApiOptions api_;
    const TokenOptions tokens_;
    store::SealedStore& sealed_;
    async::BlockingPool& disk_;
    const base::Clock& clock_;
    const std::string account_;
};

}  // namespace casement::drivers::nest::device_access
