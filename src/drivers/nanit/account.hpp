#pragma once
// One account: its tokens, kept fresh for all its cameras by one hand.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/blocking_pool.hpp"
#include "async/deadline.hpp"
#include "async/flight.hpp"
#include "async/retry.hpp"
#include "async/task_group.hpp"
#include "camera/driver.hpp"
#include "drivers/nanit/api.hpp"
#include "drivers/nanit/session.hpp"
#include "store/sealed.hpp"

namespace casement::drivers::nanit {

struct AccountOptions {
    std::string name;    // is_account_name()
    std::string folder;  // of the sealed store: the lock between processes is beside it
    /// Before the token expires; never more than half of its life.
    std::chrono::milliseconds lead{300'000};
    /// Between the vendor's clock and ours.
    std::chrono::milliseconds skew{kClockSkew};
    /// Between two tries to renew. The vendor takes the account away from whoever hurries.
    async::BackoffPolicy spacing{
        .first = std::chrono::seconds{60}, .cap = std::chrono::minutes{5}, .jitter = 0};
    std::chrono::milliseconds patience{20'000};  // for one renewal, the wait for the lock included
    /// While a person is needed: how soon a sign-in by another process is noticed.
    std::chrono::milliseconds look_again{2'000};

    AccountOptions scaled(double time_scale) const;
};

/// The token manager. A refresh token dies when it is used, so there is one call at a time for it:
/// between the callers in here by a shared flight, between processes by a lock on a file; whoever
/// gets the lock reads the store again first. The new pair is on the disk before anybody uses it,
/// unless the disk refuses it: the old one is dead by then, so it is used all the same.
/// Whoever gives up waiting does not end the flight, nor does stop(): an answer that nobody stores
/// is an account that a person must sign in to again.
///
/// It never signs in. Lives on one executor; all it is given outlives it.
class Account {
public:
    Account(async::Executor executor, Api& api, store::SealedStore& sealed,
            async::BlockingPool& disk, const base::Clock& clock, AccountOptions options);
    /// Await stop() before.
    ~Account();

    /// A token that is good now. Renews it when it is due; where that cannot be done for the
    /// moment, the old one is answered for as long as it lives. Unauthenticated "session-ended" or
    /// "not-signed-in": a person is needed, and nothing is tried again until another session is in
    /// the store. Unavailable, DeadlineExceeded, ResourceExhausted: not now.
    async::Task<base::Result<base::Secret>> access_token(async::Deadline deadline);
    /// The vendor answered 401 to `rejected`: another one, renewed if nobody did meanwhile.
    async::Task<base::Result<base::Secret>> token_after(base::Secret rejected,
                                                        async::Deadline deadline);

    /// Asks with a token, and once more with another when it was refused. A refusal of that one
    /// too is Unavailable: it says nothing about the person's sign-in.
    template <typename T>
    async::Task<base::Result<T>> ask(
        std::function<async::Task<base::Result<T>>(base::Secret token)> question,
        async::Deadline deadline);

    /// Renews in time even while nobody asks; lives until cancelled.
    async::Task<> run();
    /// Waits for the renewal on its way, so that its answer is stored.
    async::Task<> stop();

    const std::string& name() const { return options_.name; }
    Api& api() { return api_; }
    const camera::AccountState& state() const { return state_; }
    /// Called when the state became another; one listener.
    void on_change(std::function<void(const camera::AccountState&)> listener) {
        on_change_ = std::move(listener);
    }
    using Renewal = std::function<void(base::WallTime expires)>;
    /// `renewal` is called after each new token, for as long as the answer lives. What was opened
    /// with the old token ends with that one.
    [[nodiscard]] std::shared_ptr<const Renewal> listen(Renewal renewal);

private:
    base::WallTime renew_at() const;
    bool is_due() const;
    /// There is no session, or the vendor does not take it any more.
    bool needs_sign_in() const;
    bool is_usable() const;
    void take_stored();
    /// Waits for the flight, which it starts where none is.
    async::Task<base::Result<>> renew(async::Deadline deadline);
    async::Task<base::Result<>> renew_once();
    async::Task<base::Result<>> renew_under_lock();
    void adopt(Session session, bool is_renewed);
    void failed(const base::Error& error);
    void set_state(camera::AccountState state);
    base::Error person_error() const;

    Api& api_;
    store::SealedStore& sealed_;
    async::BlockingPool& disk_;
    const base::Clock& clock_;
    const AccountOptions options_;
    std::optional<Session> session_;
    /// A refresh token that the vendor does not take any more.
    base::Secret refused_;
    std::optional<base::Error> last_error_;
    async::Backoff backoff_;
    base::SteadyTime next_try_{};
    camera::AccountState state_;
    std::function<void(const camera::AccountState&)> on_change_;
    std::vector<std::weak_ptr<const Renewal>> renewals_;
    async::TaskGroup tasks_;
    async::Flight flight_;
};

template <typename T>
async::Task<base::Result<T>> Account::ask(
    std::function<async::Task<base::Result<T>>(base::Secret)> question, async::Deadline deadline) {
    CASEMENT_CO_TRY(base::Secret token, co_await access_token(deadline));
    auto answer = co_await question(token);
    if (answer || !answer.error().is(base::ErrorKind::Unauthenticated)) co_return answer;
    CASEMENT_CO_TRY(token, co_await token_after(std::move(token), deadline));
    answer = co_await question(token);
    if (answer || !answer.error().is(base::ErrorKind::Unauthenticated)) co_return answer;
    co_return base::fail_because("vendor-down", base::ErrorKind::Unavailable,
                                 "Nanit refuses the token that it has just given");
}

}  // namespace casement::drivers::nanit
