#include "drivers/nest/device_access/sign_in.hpp"

#include <utility>

namespace casement::drivers::nest::device_access {

using async::Deadline;
using async::Task;
using base::Result;

SignIn::SignIn(async::Executor executor, ApiOptions api, TokenOptions tokens,
               store::SealedStore& sealed, async::BlockingPool& disk, const base::Clock& clock,
               std::string account)
    : executor_(std::move(executor)),
      api_(std::move(api)),
      tokens_(std::move(tokens)),
      sealed_(sealed),
      disk_(disk),
      clock_(clock),
      account_(std::move(account)) {}

Task<Result<std::size_t>> SignIn::with_code(Access access, base::Secret pasted, Deadline deadline) {
    net::HttpClient http(executor_, tokens_.http);
    CASEMENT_CO_TRY(access, co_await exchange(http, tokens_, std::move(access),
                                              code_in(pasted.reveal()), deadline));
    co_return co_await with_refresh_token(std::move(access), deadline);
}

Task<Result<std::size_t>> SignIn::with_refresh_token(Access access, Deadline deadline) {
    const auto before = stored_access(sealed_, account_);
    CASEMENT_CO_TRY(co_await disk_.run([&] { return store_access(sealed_, account_, access); }));
    auto devices = co_await count_devices(deadline);
    if (devices) co_return devices;
    (void)co_await disk_.run([&] {
        return before ? store_access(sealed_, account_, *before) : forget_access(sealed_, account_);
    });
    co_return devices;
}

Task<Result<std::size_t>> SignIn::count_devices(Deadline deadline) {
    Tokens tokens(executor_, tokens_, sealed_, disk_, clock_, account_);
    Api api(executor_, clock_, api_,
            [&tokens](bool is_refused, Deadline until) { return tokens.pass(is_refused, until); });
    CASEMENT_CO_TRY(const auto devices, co_await api.devices(deadline));
    co_return devices.size();
}

}  // namespace casement::drivers::nest::device_access
