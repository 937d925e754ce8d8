#include "drivers/nanit/account.hpp"

#include "base/time_scale.hpp"
#include "store/files.hpp"

namespace casement::drivers::nanit {

namespace {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::Result;
using base::Secret;
using Word = camera::AccountState::Word;

base::Log log() { return base::Log().component("nanit"); }

// No hub that could read this is older: a clock before it has not been set.
constexpr base::WallTime kClockIsSet{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

}  // namespace

Account::Account(async::Executor executor, Api& api, store::SealedStore& sealed,
                 async::BlockingPool& disk, const base::Clock& clock, AccountOptions options)
    : api_(api),
      sealed_(sealed),
      disk_(disk),
      clock_(clock),
      options_(std::move(options)),
      backoff_(options_.spacing),
      tasks_(std::move(executor), log().with("account", options_.name)),
      flight_(tasks_) {
    take_stored();
}

Account::~Account() = default;

AccountOptions AccountOptions::scaled(double time_scale) const {
    AccountOptions out = *this;
    for (auto* const time :
         {&out.lead, &out.skew, &out.spacing.first, &out.spacing.cap, &out.look_again})
        *time = base::scaled(*time, time_scale);
    return out;
}

base::WallTime Account::renew_at() const {
    return session_->expires - std::min<std::chrono::microseconds>(
                                   options_.lead, (session_->expires - session_->received) / 2);
}

bool Account::is_due() const {
    if (session_->access.empty()) return true;
    const base::WallTime now = clock_.wall_now();
    if (now < kClockIsSet) return false;  // only the vendor's answers count
    return now >= renew_at();
}

bool Account::needs_sign_in() const {
    return !session_ || (!refused_.empty() && refused_ == session_->refresh);
}

bool Account::is_usable() const {
    if (!session_ || session_->access.empty()) return false;
    const base::WallTime now = clock_.wall_now();
    return now < kClockIsSet || now < session_->expires + options_.skew;
}

/// What another process stored, or a person by signing in, is newer than what is known here.
void Account::take_stored() {
    auto stored = stored_session(sealed_, options_.name);
    if (!stored || (session_ && *stored == *session_)) return;
    adopt(std::move(*stored), session_.has_value());
}

void Account::adopt(Session session, bool is_renewed) {
    session_ = std::move(session);
    refused_ = {};
    last_error_.reset();
    set_state({.word = Word::SignedIn,
               .reason = {},
               .expires_at = session_->expires,
               .renewed_at = session_->received});
    if (!is_renewed) return;
    std::erase_if(renewals_, [](const auto& listener) { return listener.expired(); });
    const auto listeners = renewals_;  // one may add another
    for (const auto& weak : listeners) {
        if (const auto listener = weak.lock()) (*listener)(session_->expires);
    }
}

std::shared_ptr<const Account::Renewal> Account::listen(Renewal renewal) {
    auto listener = std::make_shared<const Renewal>(std::move(renewal));
    renewals_.push_back(listener);
    return listener;
}

void Account::set_state(camera::AccountState state) {
    if (state == state_) return;
    state_ = std::move(state);
    if (on_change_) on_change_(state_);
}

base::Error Account::person_error() const {
    if (!session_)
        return {ErrorKind::Unauthenticated, "not-signed-in",
                fmt::format("Nobody has signed in to the Nanit account {} yet.", options_.name)};
    return {ErrorKind::Unauthenticated, "session-ended", "Nanit signed us out."};
}

void Account::failed(const base::Error& error) {
    if (error.is(ErrorKind::Cancelled)) return;
    const bool is_of_person = needs_person(error);
    if (is_of_person && session_) refused_ = session_->refresh;
    last_error_ = error;
    const auto reason = [&] {
        if (!is_of_person) return camera::make_reason("vendor-down", "Nanit");
        if (error.reason() == "session-ended") return camera::make_reason("session-ended", "Nanit");
        return camera::make_reason(error);
    };
    camera::AccountState next{.word = is_of_person ? Word::NeedsPerson : Word::VendorDown,
                              .reason = reason(),
                              .expires_at = {},
                              .renewed_at = {}};
    if (session_) {
        next.expires_at = session_->expires;
        next.renewed_at = session_->received;
    }
    if (state_.word != next.word) {
        const auto line = log().with("account", options_.name);
        if (is_of_person)
            line.error("the account needs a person: {}", error.message());
        else
            line.warn("the session is not renewed for now: {}", error.message());
    }
    set_state(std::move(next));
}

Task<Result<>> Account::renew_under_lock() {
    const std::string path = lock_file(options_.folder, options_.name);
    using Lock = Result<std::unique_ptr<store::FileLock>>;
    CASEMENT_CO_TRY(const auto lock, co_await disk_.run([this, path]() -> Lock {
        auto taken = store::FileLock::take(path);
        if (!taken) return taken;
        if (auto read = sealed_.refresh(); !read) return std::unexpected(read.error());
        return taken;
    }));
    // Whoever held the lock before may have renewed it.
    const Secret known = session_ ? session_->access : Secret{};
    take_stored();
    if (!session_) co_return std::unexpected(person_error());
    if (session_->access != known && !is_due()) co_return Result<>{};
    if (session_->refresh.empty() || session_->refresh == refused_)
        co_return std::unexpected(person_error());
    CASEMENT_CO_TRY(auto tokens,
                    co_await api_.refresh(session_->refresh, Deadline::in(options_.patience)));
    Session fresh = make_session(std::move(tokens), clock_.wall_now(), options_.skew);
    // From here on the old pair is dead, and the new one only in this memory.
    const auto stored =
        co_await disk_.run([this, fresh] { return store_session(sealed_, options_.name, fresh); });
    if (!stored)
        log()
            .with("account", options_.name)
            .error("the new session cannot be stored, and lasts until the hub ends: {}",
                   stored.error().message());
    adopt(std::move(fresh), true);
    co_return Result<>{};
}

Task<Result<>> Account::renew_once() {
    auto result = co_await renew_under_lock();
    next_try_ = clock_.steady_now() + backoff_.next();
    if (result)
        backoff_.reset();
    else
        failed(result.error());
    co_return result;
}

Task<Result<>> Account::renew(Deadline deadline) {
    if (!flight_.is_under_way() && clock_.steady_now() < next_try_) {
        if (last_error_) co_return std::unexpected(*last_error_);
        co_return base::fail_because("vendor-down", ErrorKind::Unavailable,
                                     "the session was renewed a moment ago");
    }
    // Once the vendor has answered, the answer must be stored, whoever goes.
    co_return co_await flight_.join(
        "renew the session with Nanit", [this] { return renew_once(); }, deadline);
}

Task<Result<Secret>> Account::access_token(Deadline deadline) {
    // A person who signed in meanwhile is the way out of "needs a person".
    if (needs_sign_in()) {
        const auto read = co_await disk_.run([this] { return sealed_.refresh(); });
        if (!read) co_return std::unexpected(read.error());
        take_stored();
        if (needs_sign_in()) {
            base::Error error = person_error();
            failed(error);
            co_return std::unexpected(std::move(error));
        }
        next_try_ = {};
    }
    if (!is_due()) co_return session_->access;
    const auto renewed = co_await renew(deadline);
    if (renewed || (is_usable() && !needs_person(renewed.error()))) co_return session_->access;
    co_return std::unexpected(renewed.error());
}

Task<Result<Secret>> Account::token_after(Secret rejected, Deadline deadline) {
    if (session_ && session_->access == rejected) {
        CASEMENT_CO_TRY(co_await renew(deadline));
    }
    co_return co_await access_token(deadline);
}

Task<> Account::run() {
    for (;;) {
        const auto token = co_await access_token(Deadline::in(options_.patience));
        // Looks again at least once a minute: wall clocks jump, and other processes store.
        auto wait = std::chrono::duration_cast<base::Duration>(std::chrono::seconds{60});
        // A person who has just signed in looks at the page: that is read from a small file.
        if (needs_sign_in()) wait = options_.look_again;
        if (token && session_ && !is_due()) {
            const base::Duration left = renew_at() - clock_.wall_now();
            wait = std::clamp<base::Duration>(left, std::chrono::milliseconds{50}, wait);
        }
        if (!co_await async::sleep_for(wait)) co_return;
    }
}

Task<> Account::stop() { co_await tasks_.stop(); }

}  // namespace casement::drivers::nanit
