#include "api/auth_table.hpp"

#include <array>

namespace casement::api::table {

namespace {

using base::Result;
using base::WallTime;
using store::Database;
using store::Durability;
using store::Row;

constexpr std::array<std::string_view, 1> kSteps{
    R"sql(CREATE TABLE api_sessions (
    id TEXT PRIMARY KEY NOT NULL,
    user TEXT NOT NULL,
    csrf TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    used_us INTEGER NOT NULL
);
CREATE TABLE api_tokens (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL UNIQUE,
    created_us INTEGER NOT NULL,
    used_us INTEGER
);
CREATE TABLE api_users (
    name TEXT PRIMARY KEY NOT NULL,
    password_hash TEXT NOT NULL,
    changed_us INTEGER NOT NULL
);
)sql"};

Result<> done(Result<std::int64_t> changed) {
    if (!changed) return std::unexpected(changed.error());
    return {};
}

}  // namespace

const store::Schema kSchema{"api", kSteps};

Result<std::optional<User>> user(Database& database) {
    return database.one("SELECT name, password_hash FROM api_users", [](const Row& row) {
        return User{row.get<std::string>(0), row.get<std::string>(1)};
    });
}

Result<> put_user(Database& database, const User& user, WallTime now) {
    return database.transaction(Durability::Full, [&]() -> Result<> {
        CASEMENT_TRY(database.run("DELETE FROM api_users"));
        CASEMENT_TRY(database.run("DELETE FROM api_sessions"));
        return done(
            database.run("INSERT INTO api_users (name, password_hash, changed_us) VALUES (?, ?, ?)",
                         user.name, user.password_hash, now));
    });
}

Result<std::vector<SessionRow>> sessions(Database& database) {
    return database.all(
        "SELECT id, user, csrf, created_us, used_us FROM api_sessions", [](const Row& row) {
            return SessionRow{row.get<std::string>(0), row.get<std::string>(1),
                              row.get<std::string>(2), row.get<WallTime>(3), row.get<WallTime>(4)};
        });
}

Result<> put_session(Database& database, const SessionRow& session) {
    return done(database.run(
        "INSERT INTO api_sessions (id, user, csrf, created_us, used_us) VALUES (?, ?, ?, ?, ?)",
        session.id, session.user, session.csrf, session.created, session.used));
}

Result<> use_session(Database& database, const std::string& id, WallTime used) {
    return done(database.run("UPDATE api_sessions SET used_us = ? WHERE id = ?", used, id));
}

Result<> remove_session(Database& database, const std::string& id) {
    return done(database.run("DELETE FROM api_sessions WHERE id = ?", id));
}

Result<std::vector<TokenRow>> tokens(Database& database) {
    return database.all(
        "SELECT id, name, hash, created_us, used_us FROM api_tokens ORDER BY created_us",
        [](const Row& row) {
            return TokenRow{row.get<std::string>(0), row.get<std::string>(1),
                            row.get<std::string>(2), row.get<WallTime>(3),
                            row.get<std::optional<WallTime>>(4)};
        });
}

Result<> put_token(Database& database, const TokenRow& token) {
    return database.transaction(Durability::Full, [&]() -> Result<> {
        return done(
            database.run("INSERT INTO api_tokens (id, name, hash, created_us, used_us) VALUES (?, "
                         "?, ?, ?, NULL)",
                         token.id, token.name, token.hash, token.created));
    });
}

Result<> use_token(Database& database, const std::string& id, WallTime used) {
    return done(database.run("UPDATE api_tokens SET used_us = ? WHERE id = ?", used, id));
}

Result<> remove_token(Database& database, const std::string& id) {
    return database.transaction(Durability::Full, [&]() -> Result<> {
        return done(database.run("DELETE FROM api_tokens WHERE id = ?", id));
    });
}

}  // namespace casement::api::table
