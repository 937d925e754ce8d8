#include "drivers/nest/keeper.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "store/files.hpp"

namespace casement::drivers::nest {

namespace {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::Result;
using Word = camera::AccountState::Word;

constexpr std::chrono::seconds kClockSkew{60};
constexpr std::chrono::minutes kLongWait{1};  // wall clocks jump, and other processes store

}  // namespace

bool needs_person(const base::Error& error) {
    return error.is(ErrorKind::Unauthenticated) || error.reason() == "account-refused";
}

Keeper::Keeper(async::Executor executor, Api& api, store::SealedStore& sealed,
               async::BlockingPool& disk, const base::Clock& clock, KeeperOptions options)
    : api_(api),
      sealed_(sealed),
      disk_(disk),
      clock_(clock),
      options_(std::move(options)),
      log_(base::Log().component("nest").with("account", options_.name)),
      history_(stored_history(sealed, options_.name)),
      backoff_(options_.timing.backoff()),
      quota_({.first = options_.timing.quota / 60, .cap = options_.timing.quota}),
      tasks_(std::move(executor), log_),
      flight_(tasks_) {
    take_stored();
}

Keeper::~Keeper() = default;

bool Keeper::is_due() const { return !session_ || clock_.wall_now() >= renew_at_; }

bool Keeper::needs_sign_in() const { return !key_ || (refused_ && *refused_ == *key_); }

bool Keeper::is_usable() const {
    if (!session_) return false;
    const auto& credential = session_->credential;
    return !credential || !credential->expires ||
           clock_.wall_now() < *credential->expires + kClockSkew;
}

std::optional<base::WallTime> Keeper::renews_at() const {
    return session_ ? std::optional(renew_at_) : std::nullopt;
}

/// What another process stored, or a person by signing in, is newer than what is known here.
void Keeper::take_stored() {
    auto key = stored_key(sealed_, options_.name);
    if (!key) return;
    if (!key_ || *key != *key_) {
        key_ = std::move(*key);
        session_.reset();
        next_try_ = {};
    }
    auto session = stored_session(sealed_, options_.name);
    if (session && (!session_ || *session != *session_)) adopt(std::move(*session));
}

void Keeper::adopt(Session session) {
    session_ = std::move(session);
    last_error_.reset();
    using Micros = std::chrono::microseconds;
    // Hubs that were started together do not ask together.
    const double jitter = 1 + 0.25 * static_cast<double>(base::random_u32()) / 4294967296.0;
    renew_at_ =
        session_->renew_by - std::min<Micros>(base::scaled(options_.timing.lead, jitter),
                                              (session_->renew_by - session_->received) / 2);
    const auto expires = session_->credential && session_->credential->expires
                             ? *session_->credential->expires
                             : session_->renew_by;
    set_state({.word = Word::SignedIn,
               .reason = {},
               .expires_at = expires,
               .renewed_at = session_->received});
}

void Keeper::set_state(camera::AccountState state) {
    if (state == state_) return;
    state_ = std::move(state);
    if (on_change_) on_change_();
}

base::Error Keeper::person_error() const {
    if (!key_)
        return {ErrorKind::Unauthenticated, "not-signed-in",
                fmt::format("Nobody has signed in to the Nest account {} yet.", options_.name)};
    if (last_error_ && needs_person(*last_error_)) return *last_error_;
    return {ErrorKind::Unauthenticated, "session-ended", "Nest signed us out."};
}

Task<> Keeper::note(std::string outcome) {
    // A failure that goes on is one.
    if (outcome != "renewed" && !history_.empty() && history_.front().outcome == outcome)
        history_.pop_front();
    history_.push_front({.at = clock_.wall_now(), .outcome = std::move(outcome)});
    if (history_.size() > kMaxHistory) history_.resize(kMaxHistory);
    const auto keep = [this, history = history_] {
        return store_history(sealed_, options_.name, history);
    };
    if (const auto kept = co_await disk_.run(keep); !kept)
        log_.warn("the history of renewals is not kept: {}", kept.error().message());
    if (on_change_) on_change_();
}

void Keeper::failed(const base::Error& error) {
    if (error.is(ErrorKind::Cancelled)) return;
    const bool is_of_person = needs_person(error);
    if (is_of_person && key_) refused_ = *key_;
    last_error_ = error;
    camera::AccountState next = state_;
    next.word = is_of_person ? Word::NeedsPerson : Word::VendorDown;
    if (is_of_person || error.reason() == "quota")
        next.reason = camera::Reason{.code = error.reason(),
                                     .text = error.message(),
                                     .action = camera::make_reason(error).action,
                                     .since = {},
                                     .next_try = {}};
    else if (error.reason() == "vendor-down")
        next.reason = camera::make_reason("vendor-down", "Nest");
    else
        next.reason =
            camera::Reason{.code = error.reason().empty() ? "vendor-down" : error.reason(),
                           .text = "Nest cannot be reached from here; your sign-in is fine.",
                           .action = camera::Action::Status,
                           .since = {},
                           .next_try = {}};
    if (state_.word != next.word) {
        if (is_of_person)
            log_.error("the account needs a person: {}", error.message());
        else
            log_.warn("the session is not renewed for now: {}", error.message());
    }
    set_state(std::move(next));
}

Task<Result<>> Keeper::renew_under_lock() {
    const std::string path = lock_file(options_.folder, options_.name);
    using Lock = Result<std::unique_ptr<store::FileLock>>;
    CASEMENT_CO_TRY(const auto lock, co_await disk_.run([this, path]() -> Lock {
        auto taken = store::FileLock::take(path);
        if (!taken) return taken;
        if (auto read = sealed_.refresh(); !read) return std::unexpected(read.error());
        return taken;
    }));
    // Whoever held the lock before may have renewed it.
    const auto known = session_;
    take_stored();
    if (needs_sign_in()) co_return std::unexpected(person_error());
    if (session_ && session_ != known && !is_due()) co_return Result<>{};
    struct Keep {
        static Task<> cookies(Keeper& self, Key key) {
            self.key_ = key;
            const auto kept = co_await self.disk_.run(
                [&] { return store_key(self.sealed_, self.options_.name, key); });
            if (!kept)
                self.log_.error("Google's new cookies cannot be stored: {}",
                                kept.error().message());
        }
    };
    CASEMENT_CO_TRY(Made made, co_await make_session(
                                   api_, clock_, *key_, options_.timing.session_life,
                                   [this](Key key) { return Keep::cookies(*this, std::move(key)); },
                                   Deadline::in(3 * options_.timing.answer)));
    Session fresh = std::move(made.session);
    const auto stored =
        co_await disk_.run([this, fresh] { return store_session(sealed_, options_.name, fresh); });
    if (!stored)
        log_.error("the new session cannot be stored, and lasts until the hub ends: {}",
                   stored.error().message());
    adopt(std::move(fresh));
    co_return Result<>{};
}

Task<Result<>> Keeper::renew(Deadline deadline) {
    if (!flight_.is_under_way() && clock_.steady_now() < next_try_) {
        if (last_error_) co_return std::unexpected(*last_error_);
        co_return base::fail_because("vendor-down", ErrorKind::Unavailable,
                                     "Nest refuses the session that it has just given");
    }
    struct Work {
        static Task<Result<>> of(Keeper& self) {
            auto result = co_await self.renew_under_lock();
            auto wait = result || !result.error().is(ErrorKind::ResourceExhausted)
                            ? self.backoff_.next()
                            : self.quota_.next();
            self.next_try_ = self.clock_.steady_now() + wait;
            if (result) {
                self.backoff_.reset();
                self.quota_.reset();
            } else {
                self.failed(result.error());
            }
            co_await self.note(result ? "renewed" : result.error().message());
            co_return result;
        }
    };
    co_return co_await flight_.join(
        "renew the session with Nest", [this] { return Work::of(*this); }, deadline);
}

Task<Result<Session>> Keeper::session(Deadline deadline) {
    // A person who signed in meanwhile is the way out of "needs a person".
    if (needs_sign_in()) {
        const auto read = co_await disk_.run([this] { return sealed_.refresh(); });
        if (!read) co_return std::unexpected(read.error());
        take_stored();
        if (needs_sign_in()) {
            // What was made of it may live on for minutes.
            if (session_ && is_usable()) co_return *session_;
            base::Error error = person_error();
            failed(error);
            co_return std::unexpected(std::move(error));
        }
    }
    if (!is_due()) co_return *session_;
    const auto renewed = co_await renew(deadline);
    if (session_ && is_usable() && (renewed || !needs_person(renewed.error()))) co_return *session_;
    if (renewed) co_return std::unexpected(person_error());
    co_return std::unexpected(renewed.error());
}

Task<Result<Session>> Keeper::session_after(Session refused, Deadline deadline) {
    if (session_ && *session_ == refused) {
        if (needs_sign_in()) {
            session_.reset();
        } else {
            CASEMENT_CO_TRY(co_await renew(deadline));
        }
    }
    co_return co_await session(deadline);
}

namespace {

Result<Credential> credential_of(const Session& session) {
    if (session.credential) return *session.credential;
    return base::fail(ErrorKind::FailedPrecondition, "the Nest account has no cameras");
}

}  // namespace

Task<Result<Credential>> Keeper::credential(Deadline deadline) {
    CASEMENT_CO_TRY(const Session held, co_await session(deadline));
    co_return credential_of(held);
}

Task<Result<Credential>> Keeper::credential_after(Credential refused, Deadline deadline) {
    if (session_ && session_->credential == refused) {
        CASEMENT_CO_TRY(const Session held, co_await session_after(*session_, deadline));
        co_return credential_of(held);
    }
    co_return co_await credential(deadline);
}

template <typename T>
Task<Result<T>> Keeper::ask(std::function<Task<Result<T>>(Session)> question, Deadline deadline) {
    CASEMENT_CO_TRY(Session held, co_await session(deadline));
    auto answer = co_await question(held);
    if (answer || !answer.error().is(ErrorKind::Unauthenticated)) co_return answer;
    CASEMENT_CO_TRY(held, co_await session_after(std::move(held), deadline));
    answer = co_await question(held);
    if (answer || !answer.error().is(ErrorKind::Unauthenticated)) co_return answer;
    co_return base::fail_because("vendor-down", ErrorKind::Unavailable,
                                 "Nest refuses the session that it has just given");
}

template <typename T>
Task<Result<T>> Keeper::ask_camera(std::function<Task<Result<T>>(Credential)> question,
                                   Deadline deadline) {
    CASEMENT_CO_TRY(Credential held, co_await credential(deadline));
    auto answer = co_await question(held);
    if (answer || !answer.error().is(ErrorKind::Unauthenticated)) co_return answer;
    CASEMENT_CO_TRY(held, co_await credential_after(std::move(held), deadline));
    answer = co_await question(held);
    if (answer || !answer.error().is(ErrorKind::Unauthenticated)) co_return answer;
    co_return base::fail_because("vendor-down", ErrorKind::Unavailable,
                                 "Nest refuses the session that it has just given");
}

template Task<Result<std::string>> Keeper::ask(std::function<Task<Result<std::string>>(Session)>,
                                               Deadline);
template Task<Result<std::string>> Keeper::ask_camera(
    std::function<Task<Result<std::string>>(Credential)>, Deadline);
template Task<Result<std::vector<CameraRecord>>> Keeper::ask_camera(
    std::function<Task<Result<std::vector<CameraRecord>>>(Credential)>, Deadline);
template Task<Result<media::Bytes>> Keeper::ask_camera(
    std::function<Task<Result<media::Bytes>>(Credential)>, Deadline);
template Task<Result<>> Keeper::ask_camera(std::function<Task<Result<>>(Credential)>, Deadline);

Task<> Keeper::run() {
    for (;;) {
        const auto held = co_await session(Deadline::in(3 * options_.timing.answer));
        base::Duration wait = kLongWait;
        if (needs_sign_in()) {
            wait = options_.timing.look_again;
        } else if (held && !is_due()) {
            wait = std::clamp<base::Duration>(renew_at_ - clock_.wall_now(),
                                              std::chrono::milliseconds{20}, wait);
        } else {
            wait = std::clamp<base::Duration>(next_try_ - clock_.steady_now(),
                                              std::chrono::milliseconds{20}, wait);
        }
        if (!co_await async::sleep_for(wait)) co_return;
    }
}

Task<> Keeper::stop() { co_await tasks_.stop(); }

}  // namespace casement::drivers::nest
