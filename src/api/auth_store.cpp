#include "api/auth_store.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "api/auth_table.hpp"
#include "api/password.hpp"
#include "api/throttle.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "net/http_auth.hpp"

namespace casement::api {

namespace {

using base::ErrorKind;
using base::Secret;
using base::WallTime;
using namespace std::chrono_literals;

constexpr std::size_t kClaimCharacters = 8;
constexpr int kMaxWrongClaims = 5;
constexpr auto kSessionLife = std::chrono::days(30);
constexpr auto kNoteUseEvery = 1h;
constexpr std::size_t kMaxNameBytes = 64;
constexpr std::size_t kMaxPasswordBytes = 1024;  // Argon2 reads all of it
constexpr std::size_t kMaxHashingQueue = 8;  // more sign-ins at once are an attack, not a family
constexpr std::size_t kMaxKnownPasswords = 64;

std::string normalised_code(std::string_view code) {
    std::string out;
    for (const char c : code) {
        if (c >= 'a' && c <= 'z') out += static_cast<char>(c - 32);
        if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) out += c;
    }
    return out;
}

std::string shown_code(const std::string& code) { return code.substr(0, 4) + "-" + code.substr(4); }

bool is_usable_name(std::string_view name) {
    // A colon would end the name in Basic and in HA1.
    return !name.empty() && name.size() <= kMaxNameBytes && base::trimmed(name) == name &&
           std::ranges::none_of(name, [](char c) {
               return c == ':' || c == '"' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
           });
}

std::size_t characters(std::string_view utf8) {
    return static_cast<std::size_t>(std::ranges::count_if(
        utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// The two forms that Digest may ask for.
struct Ha1 {
    std::string md5;
    std::string sha256;
};
Ha1 ha1_of(std::string_view user, std::string_view realm, const Secret& token) {
    const std::string text = fmt::format("{}:{}:{}", user, realm, token.reveal());
    return {net::md5_hex(text), net::sha256_hex(text)};
}
std::string ha1_name(const std::string& id) { return "api/ha1/" + id; }

std::unexpected<base::Error> too_many_tries(std::chrono::seconds wait) {
    return base::fail_because("too-many-tries", ErrorKind::ResourceExhausted,
                              "Too many tries. Wait {} s.", wait.count());
}

}  // namespace

struct AuthStore::State : std::enable_shared_from_this<State> {
    State(store::Store& st, store::SealedStore& se, const base::Clock& c, async::BlockingPool& h)
        : store(st), sealed(se), clock(c), hashing(h) {}

    // Constant.
    store::Store& store;
    store::SealedStore& sealed;
    const base::Clock& clock;
    async::BlockingPool& hashing;
    const std::string process_key = base::random_hex(16);
    base::Log log;
    std::function<void(const std::string&)> on_new_code;  // set once, before anybody asks

    struct LiveSession {
        table::SessionRow row;
        WallTime noted{};  // `used` as it is in the database
    };
    struct LiveToken {
        table::TokenRow row;
        std::optional<WallTime> noted;
        Ha1 ha1;
    };
    struct StaticToken {
        std::string name;
        Secret value;
        bool is_owner = false;
    };

    mutable base::Mutex mutex;
    std::optional<table::User> user CASEMENT_GUARDED_BY(mutex);
    std::string code CASEMENT_GUARDED_BY(mutex);
    int wrong_claims CASEMENT_GUARDED_BY(mutex) = 0;
    bool claiming CASEMENT_GUARDED_BY(mutex) = false;
    std::map<std::string, LiveSession, std::less<>> sessions
        CASEMENT_GUARDED_BY(mutex);  // by SHA-256 of the cookie
    std::map<std::string, LiveToken, std::less<>> tokens
        CASEMENT_GUARDED_BY(mutex);  // by SHA-256 of the token
    std::map<std::string, StaticToken, std::less<>> static_tokens
        CASEMENT_GUARDED_BY(mutex);  // the same
    Throttle throttle CASEMENT_GUARDED_BY(mutex);
    std::set<std::string, std::less<>> known_passwords
        CASEMENT_GUARDED_BY(mutex);  // keyed hashes of pairs that matched

    Result<> load() {
        CASEMENT_TRY(
            store.run_now([](store::Database& db) { return store::migrate(db, table::kSchema); }));
        CASEMENT_TRY(auto stored_user,
                     store.run_now([](store::Database& db) { return table::user(db); }));
        CASEMENT_TRY(auto stored_sessions,
                     store.run_now([](store::Database& db) { return table::sessions(db); }));
        CASEMENT_TRY(auto stored_tokens,
                     store.run_now([](store::Database& db) { return table::tokens(db); }));
        const base::MutexLock lock(mutex);
        user = std::move(stored_user);
        if (!user) code = base::random_code(kClaimCharacters);
        for (auto& row : stored_sessions) {
            const std::string id = row.id;
            const WallTime used = row.used;
            sessions.emplace(id, LiveSession{std::move(row), used});
        }
        for (auto& row : stored_tokens) {
            LiveToken live{std::move(row), std::nullopt, {}};
            live.noted = live.row.used;
            if (const auto kept = sealed.get(ha1_name(live.row.id))) {
                std::string_view rest = kept->reveal();
                live.ha1.md5 = base::take_until(rest, '\n');
                live.ha1.sha256 = rest;
            }
            const std::string hash = live.row.hash;
            tokens.emplace(hash, std::move(live));
        }
        return {};
    }

    std::chrono::seconds wait_of(std::string_view remote) const {
        const base::MutexLock lock(mutex);
        return throttle.wait(remote, clock.steady_now());
    }
    void failed(std::string_view remote) {
        const base::MutexLock lock(mutex);
        throttle.fail(remote, clock.steady_now());
    }

    /// A wrong claim code. After a few of them the code is a new one.
    void wrong_claim(std::string_view remote) {
        std::string fresh;
        {
            const base::MutexLock lock(mutex);
            throttle.fail(remote, clock.steady_now());
            if (++wrong_claims < kMaxWrongClaims) return;
            wrong_claims = 0;
            code = base::random_code(kClaimCharacters);
            fresh = shown_code(code);
        }
        if (on_new_code) on_new_code(fresh);
    }

    /// Writes that nobody waits for.
    template <typename Work>
    void write_later(Work work) {
        hashing.post([self = shared_from_this(), work = std::move(work)] {
            const Result<> written = self->store.run_now(work);
            if (!written)
                self->log.warn("When a session or token was used could not be noted: {}",
                               written.error().message());
        });
    }

    void note_session_use(LiveSession& session, WallTime now) {
        session.row.used = now;
        if (now - session.noted < kNoteUseEvery) return;
        session.noted = now;
        write_later([id = session.row.id, now](store::Database& db) {
            return table::use_session(db, id, now);
        });
    }
    void note_token_use(LiveToken& token, WallTime now) {
        token.row.used = now;
        if (token.noted && now - *token.noted < kNoteUseEvery) return;
        token.noted = now;
        write_later([id = token.row.id, now](store::Database& db) {
            return table::use_token(db, id, now);
        });
    }

    static Task<Result<Session>> open_session(std::shared_ptr<State> s, std::string user_name) {
        Session out{.user = user_name,
                    .csrf = base::random_hex(16),
                    .cookie = base::random_hex(32),
                    .id = {}};
        out.id = fast_hash(out.cookie);
        const WallTime now = s->clock.wall_now();
        const table::SessionRow row{out.id, user_name, out.csrf, now, now};
        CASEMENT_CO_TRY(co_await s->store.run(
            [row](store::Database& db) { return table::put_session(db, row); }));
        std::string evicted;
        {
            const base::MutexLock lock(s->mutex);
            if (s->sessions.size() >= kMaxSessions) {
                const auto oldest = std::ranges::min_element(
                    s->sessions, {}, [](const auto& e) { return e.second.row.used; });
                evicted = oldest->first;
                s->sessions.erase(oldest);
            }
            s->sessions.emplace(row.id, LiveSession{row, now});
        }
        if (!evicted.empty())
            s->write_later(
                [evicted](store::Database& db) { return table::remove_session(db, evicted); });
        co_return out;
    }

    /// Compares off the io thread, taking as long for unknown names. Known pairs are answered from
    /// memory.
    static Task<bool> is_password(std::shared_ptr<State> s, std::string name, Secret password) {
        if (password.reveal().size() > kMaxPasswordBytes) co_return false;
        const std::string pair = keyed_hash(s->process_key, name + '\n' + password.reveal());
        std::string hash;
        {
            const base::MutexLock lock(s->mutex);
            if (s->known_passwords.contains(pair)) co_return true;
            if (s->user && s->user->name == name) hash = s->user->password_hash;
        }
        const bool is_known_name = !hash.empty();
        const bool matches = co_await s->hashing.run([hash, password] {
            return password_matches(hash.empty() ? nobodys_hash() : hash, password);
        });
        if (!matches || !is_known_name) co_return false;
        const base::MutexLock lock(s->mutex);
        if (!s->user || s->user->password_hash != hash) co_return false;  // changed meanwhile
        if (s->known_passwords.size() >= kMaxKnownPasswords) s->known_passwords.clear();
        s->known_passwords.insert(pair);
        co_return true;
    }

    /// The throttle and the queue in front of slow hashing.
    Result<> admit(std::string_view remote) const {
        if (const auto wait = wait_of(remote); wait > 0s) return too_many_tries(wait);
        if (hashing.depth() > kMaxHashingQueue) return too_many_tries(2s);
        return {};
    }
    void set_user(table::User fresh) {
        const base::MutexLock lock(mutex);
        user = std::move(fresh);
        code.clear();
        sessions.clear();
        known_passwords.clear();
    }
};

AuthStore::AuthStore(std::shared_ptr<State> state) : state_(std::move(state)) {}
AuthStore::~AuthStore() = default;

Result<std::unique_ptr<AuthStore>> AuthStore::open(store::Store& store, store::SealedStore& sealed,
                                                   const base::Clock& clock,
                                                   async::BlockingPool& hashing) {
    auto state = std::make_shared<State>(store, sealed, clock, hashing);
    CASEMENT_TRY(state->load());
    return std::unique_ptr<AuthStore>(new AuthStore(std::move(state)));
}

bool AuthStore::is_claimed() const {
    const base::MutexLock lock(state_->mutex);
    return state_->user.has_value();
}

std::string AuthStore::claim_code() const {
    const base::MutexLock lock(state_->mutex);
    return state_->code.empty() ? std::string() : shown_code(state_->code);
}

namespace {

Result<> check_new_password(const std::string& name, const std::string& password) {
    if (!is_usable_name(name)) {
        return base::fail(ErrorKind::InvalidArgument,
                          "A name has 1 to {} characters, without a colon or quotation marks.",
                          kMaxNameBytes);
    }
    if (characters(password) < AuthStore::kMinPasswordCharacters ||
        password.size() > kMaxPasswordBytes) {
        return base::fail_because("weak-password", ErrorKind::InvalidArgument,
                                  "A password has at least {} characters.",
                                  AuthStore::kMinPasswordCharacters);
    }
    return {};
}

}  // namespace

void AuthStore::on_new_code(std::function<void(const std::string&)> listener) {
    state_->on_new_code = std::move(listener);
}

Task<Result<Session>> AuthStore::claim(std::string code, std::string name, std::string password,
                                       std::string remote) {
    const auto s = state_;
    CASEMENT_CO_TRY(s->admit(remote));
    bool is_right = false;
    {
        const base::MutexLock lock(s->mutex);
        if (s->user || s->claiming)
            co_return base::fail_because("claimed", ErrorKind::FailedPrecondition,
                                         "Somebody has claimed this hub already.");
        is_right = base::equal_in_constant_time(normalised_code(code), s->code);
    }
    if (!is_right) {
        s->wrong_claim(remote);
        co_return base::fail_because("wrong-code", ErrorKind::PermissionDenied,
                                     "That is not the claim code.");
    }
    CASEMENT_CO_TRY(check_new_password(name, password));
    {
        const base::MutexLock lock(s->mutex);
        if (s->claiming)
            co_return base::fail_because("claimed", ErrorKind::FailedPrecondition,
                                         "Somebody is claiming this hub just now.");
        s->claiming = true;
    }
    const std::shared_ptr<void> finished(nullptr, [s](void*) {
        const base::MutexLock lock(s->mutex);
        s->claiming = false;
    });
    CASEMENT_CO_TRY(const std::string hash, co_await s->hashing.run([secret = Secret(password)] {
        return hash_password(secret);
    }));
    const table::User user{name, hash};
    CASEMENT_CO_TRY(co_await s->store.run([user, now = s->clock.wall_now()](store::Database& db) {
        return table::put_user(db, user, now);
    }));
    s->set_user(user);
    co_return co_await State::open_session(s, name);
}

Task<Result<Session>> AuthStore::sign_in(std::string name, std::string password,
                                         std::string remote) {
    const auto s = state_;
    CASEMENT_CO_TRY(s->admit(remote));
    if (!co_await State::is_password(s, name, Secret(std::move(password)))) {
        s->failed(remote);
        co_return base::fail_because("wrong-password", ErrorKind::Unauthenticated,
                                     "Name or password is not right.");
    }
    {
        const base::MutexLock lock(s->mutex);
        s->throttle.succeed(remote);
    }
    co_return co_await State::open_session(s, std::move(name));
}

Task<Result<>> AuthStore::sign_out(std::string session_id) {
    const auto s = state_;
    {
        const base::MutexLock lock(s->mutex);
        s->sessions.erase(session_id);
    }
    co_return co_await s->store.run(
        [session_id](store::Database& db) { return table::remove_session(db, session_id); });
}

std::optional<Session> AuthStore::session(std::string_view cookie) {
    if (cookie.empty() || cookie.size() > 128) return std::nullopt;
    // Looked up by its hash: how long the search takes tells nothing about the cookie.
    const std::string id = fast_hash(cookie);
    const WallTime now = state_->clock.wall_now();
    const base::MutexLock lock(state_->mutex);
    const auto it = state_->sessions.find(id);
    if (it == state_->sessions.end()) return std::nullopt;
    if (now - it->second.row.used > kSessionLife) {
        state_->sessions.erase(it);
        state_->write_later([id](store::Database& db) { return table::remove_session(db, id); });
        return std::nullopt;
    }
    state_->note_session_use(it->second, now);
    return Session{
        .user = it->second.row.user, .csrf = it->second.row.csrf, .cookie = {}, .id = id};
}

Task<Result<AuthStore::NewToken>> AuthStore::create_token(std::string name) {
    const auto s = state_;
    if (!is_usable_name(name)) {
        co_return base::fail(
            ErrorKind::InvalidArgument,
            "A token's name has 1 to {} characters, without a colon or quotation marks.",
            kMaxNameBytes);
    }
    {
        const base::MutexLock lock(s->mutex);
        if (s->tokens.size() >= kMaxTokens)
            co_return base::fail(ErrorKind::ResourceExhausted,
                                 "There are {} tokens: remove one first.", kMaxTokens);
        const bool is_taken = std::ranges::any_of(
            s->tokens, [&](const auto& e) { return e.second.row.name == name; });
        if (is_taken)
            co_return base::fail(ErrorKind::InvalidArgument,
                                 "There is a token named \"{}\" already.", name);
    }
    std::array<std::uint8_t, 32> random{};
    base::fill_random(random);
    const Secret value("ct_" + net::base64url(base::as_text(random)));
    State::LiveToken live{
        {base::random_hex(6), name, fast_hash(value.reveal()), s->clock.wall_now(), std::nullopt},
        std::nullopt,
        ha1_of(name, kRealm, value)};
    CASEMENT_CO_TRY(co_await s->hashing.run([s, live] {
        return s->sealed.put(ha1_name(live.row.id), Secret(live.ha1.md5 + '\n' + live.ha1.sha256));
    }));
    CASEMENT_CO_TRY(co_await s->store.run(
        [row = live.row](store::Database& db) { return table::put_token(db, row); }));
    NewToken out{{live.row.id, name, live.row.created, std::nullopt}, value};
    const base::MutexLock lock(s->mutex);
    const std::string hash = live.row.hash;
    s->tokens.emplace(hash, std::move(live));
    co_return out;
}

Task<Result<>> AuthStore::revoke_token(std::string id) {
    const auto s = state_;
    {
        const base::MutexLock lock(s->mutex);
        const auto it =
            std::ranges::find_if(s->tokens, [&](const auto& e) { return e.second.row.id == id; });
        if (it == s->tokens.end())
            co_return base::fail(ErrorKind::NotFound, "There is no such token.");
        s->tokens.erase(it);  // at once, whatever the disk says
    }
    CASEMENT_CO_TRY(
        co_await s->store.run([id](store::Database& db) { return table::remove_token(db, id); }));
    co_return co_await s->hashing.run([s, id] { return s->sealed.remove(ha1_name(id)); });
}

std::vector<Token> AuthStore::tokens() const {
    std::vector<Token> out;
    {
        const base::MutexLock lock(state_->mutex);
        for (const auto& [hash, live] : state_->tokens)
            out.push_back({live.row.id, live.row.name, live.row.created, live.row.used});
    }
    std::ranges::sort(out, {}, &Token::created);
    return out;
}

void AuthStore::add_static_token(std::string name, Secret value, bool is_owner) {
    base::mask_in_logs(value.reveal());
    const base::MutexLock lock(state_->mutex);
    state_->static_tokens.insert_or_assign(fast_hash(value.reveal()),
                                           State::StaticToken{std::move(name), value, is_owner});
}

void AuthStore::clear_static_tokens() {
    const base::MutexLock lock(state_->mutex);
    state_->static_tokens.clear();
}

bool AuthStore::is_owner_token(std::string_view value) const {
    if (value.empty() || value.size() > kMaxPasswordBytes) return false;
    const base::MutexLock lock(state_->mutex);
    const auto it = state_->static_tokens.find(fast_hash(value));
    return it != state_->static_tokens.end() && it->second.is_owner;
}

std::optional<std::string> AuthStore::token_name(std::string_view value) {
    if (value.empty() || value.size() > kMaxPasswordBytes) return std::nullopt;
    const std::string hash = fast_hash(value);
    const base::MutexLock lock(state_->mutex);
    if (const auto it = state_->tokens.find(hash); it != state_->tokens.end()) {
        state_->note_token_use(it->second, state_->clock.wall_now());
        return it->second.row.name;
    }
    if (const auto it = state_->static_tokens.find(hash); it != state_->static_tokens.end())
        return it->second.name;
    return std::nullopt;
}

Result<> AuthStore::set_password_now(std::string name, const Secret& password) {
    CASEMENT_TRY(check_new_password(name, password.reveal()));
    CASEMENT_TRY(const std::string hash, hash_password(password));
    const table::User user{std::move(name), hash};
    CASEMENT_TRY(state_->store.run_now([user, now = state_->clock.wall_now()](store::Database& db) {
        return table::put_user(db, user, now);
    }));
    state_->set_user(user);
    return {};
}

Task<Result<std::string>> AuthStore::check_password(std::string user, Secret password,
                                                    std::string remote) {
    const auto s = state_;
    // Tokens cannot be guessed, so they neither wait nor are kept out by somebody else's guessing
    // behind the same address.
    if (auto name = token_name(password.reveal())) co_return std::move(*name);
    CASEMENT_CO_TRY(s->admit(remote));
    if (co_await State::is_password(s, user, std::move(password))) co_return user;
    s->failed(remote);
    co_return base::fail_because("wrong-password", ErrorKind::Unauthenticated,
                                 "Name, password or token is not right.");
}

std::optional<std::string> AuthStore::digest_ha1(std::string_view user, std::string_view realm,
                                                 std::string_view algorithm) const {
    const bool is_sha256 = base::iequals(algorithm, "SHA-256");
    if (!is_sha256 && !base::iequals(algorithm, "MD5")) return std::nullopt;
    const auto pick = [&](const Ha1& ha1) { return is_sha256 ? ha1.sha256 : ha1.md5; };
    const base::MutexLock lock(state_->mutex);
    for (const auto& [hash, token] : state_->static_tokens) {
        if (token.name == user) return pick(ha1_of(user, realm, token.value));
    }
    if (realm != kRealm) return std::nullopt;  // HA1 values are made for one realm
    for (const auto& [hash, token] : state_->tokens) {
        if (token.row.name == user && !token.ha1.md5.empty()) return pick(token.ha1);
    }
    return std::nullopt;
}

void AuthStore::count_failure(std::string_view remote) { state_->failed(remote); }
bool AuthStore::is_blocked(std::string_view remote) const { return state_->wait_of(remote) > 0s; }
std::chrono::seconds AuthStore::retry_after(std::string_view remote) const {
    return state_->wait_of(remote);
}

}  // namespace casement::api
