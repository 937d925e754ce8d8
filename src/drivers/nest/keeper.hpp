#pragma once
// One account's sign-in, kept for all its cameras by one hand.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/blocking_pool.hpp"
#include "async/flight.hpp"
#include "async/retry.hpp"
#include "async/task_group.hpp"
#include "camera/driver.hpp"
#include "drivers/nest/api.hpp"
#include "drivers/nest/session.hpp"
#include "drivers/nest/timing.hpp"
#include "store/sealed.hpp"

namespace casement::drivers::nest {

struct Made {
    Session session;
    Key key;  // with the cookies as they are now
};
/// Makes the session of a key: the steps of each way in, once. `changed` is awaited when Google
/// changed its cookies, before what came with them is used: the old ones may be dead by then; it
/// may be empty. Errors: Unauthenticated "session-ended" when the key is of no use any more,
/// PermissionDenied "account-refused" when Google knows nothing of Nest for it; else "not now".
async::Task<base::Result<Made>> make_session(Api& api, const base::Clock& clock, Key key,
                                             std::chrono::milliseconds life,
                                             std::function<async::Task<>(Key key)> changed,
                                             async::Deadline deadline);

struct KeeperOptions {
    std::string name;    // is_account_name()
    std::string folder;  // of the sealed store: the lock between processes is beside it
    Timing timing{};
};

/// Renews in time, with a jitter, one at a time: between the callers in here by a shared flight,
/// between processes by a lock on a file. A refusal of a session makes one renewal, however many
/// cameras say so, and another not before a while. Only a key that is of no use any more asks for a
/// person; nothing is tried then until there is another in the store.
///
/// It never signs in by a password. Lives on one executor; all it is given outlives it.
class Keeper {
public:
    Keeper(async::Executor executor, Api& api, store::SealedStore& sealed,
           async::BlockingPool& disk, const base::Clock& clock, KeeperOptions options);
    /// Await stop() before.
    ~Keeper();

    /// What is good now. Renewed when it is due; where that cannot be done for the moment, the old
    /// one is answered for as long as it lives. Unauthenticated: a person is needed. Unavailable,
    /// DeadlineExceeded, ResourceExhausted: not now.
    async::Task<base::Result<Session>> session(async::Deadline deadline);
    /// The vendor refused `refused`, or what it holds: another one, made if nobody did meanwhile.
    async::Task<base::Result<Session>> session_after(Session refused, async::Deadline deadline);
    /// The same of what opens the cameras. FailedPrecondition for an account without cameras.
    async::Task<base::Result<Credential>> credential(async::Deadline deadline);
    async::Task<base::Result<Credential>> credential_after(Credential refused,
                                                           async::Deadline deadline);

    /// Asks with a session, and once more with another when it was refused. A refusal of that one
    /// too is Unavailable: it says nothing about the person's sign-in. Of std::string, records of
    /// cameras, media::Bytes, void.
    template <typename T>
    async::Task<base::Result<T>> ask(
        std::function<async::Task<base::Result<T>>(Session session)> question,
        async::Deadline deadline);
    template <typename T>
    async::Task<base::Result<T>> ask_camera(
        std::function<async::Task<base::Result<T>>(Credential credential)> question,
        async::Deadline deadline);

    /// Renews in time even while nobody asks; lives until cancelled.
    async::Task<> run();
    /// Waits for the renewal on its way, so that its answer is stored.
    async::Task<> stop();

    const std::string& name() const { return options_.name; }
    const camera::AccountState& state() const { return state_; }
    /// When the next renewal is due; nothing while there is no session.
    std::optional<base::WallTime> renews_at() const;
    const std::deque<Renewal>& history() const { return history_; }  // newest first
    /// Called when state, renewals or both became others; one listener.
    void on_change(std::function<void()> listener) { on_change_ = std::move(listener); }

private:
    bool is_due() const;
    bool needs_sign_in() const;
    bool is_usable() const;
    void take_stored();
    async::Task<base::Result<>> renew(async::Deadline deadline);
    async::Task<base::Result<>> renew_under_lock();
    void adopt(Session session);
    async::Task<> note(std::string outcome);
    void failed(const base::Error& error);
    void set_state(camera::AccountState state);
    base::Error person_error() const;

    Api& api_;
    store::SealedStore& sealed_;
    async::BlockingPool& disk_;
    const base::Clock& clock_;
    const KeeperOptions options_;
    const base::Log log_;
    std::optional<Key> key_, refused_;  // refused_: of no use any more
    std::optional<Session> session_;
    base::WallTime renew_at_{};
    std::deque<Renewal> history_;
    std::optional<base::Error> last_error_;
    async::Backoff backoff_, quota_;
    base::SteadyTime next_try_{};
    camera::AccountState state_;
    std::function<void()> on_change_;
    async::TaskGroup tasks_;
    async::Flight flight_;
};

/// True for errors that only a person can mend by signing in.
bool needs_person(const base::Error& error);

}  // namespace casement::drivers::nest
