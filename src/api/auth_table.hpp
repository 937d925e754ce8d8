#pragma once
// The SQL of users, sessions and tokens, all of it. Called on the database's thread.

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "store/database.hpp"
#include "store/schema.hpp"

namespace casement::api::table {

extern const store::Schema kSchema;

struct User {
    std::string name;
    std::string password_hash;
};
struct SessionRow {
    std::string id;  // SHA-256 of the cookie, hex
    std::string user;
    std::string csrf;
    base::WallTime created{};
    base::WallTime used{};
};
struct TokenRow {
    std::string id;
    std::string name;
    std::string hash;  // SHA-256 of the token, hex
    base::WallTime created{};
    std::optional<base::WallTime> used;
};

base::Result<std::optional<User>> user(store::Database& database);
/// Replaces whoever was there, and ends every session.
base::Result<> put_user(store::Database& database, const User& user, base::WallTime now);

base::Result<std::vector<SessionRow>> sessions(store::Database& database);
base::Result<> put_session(store::Database& database, const SessionRow& session);
base::Result<> use_session(store::Database& database, const std::string& id, base::WallTime used);
base::Result<> remove_session(store::Database& database, const std::string& id);

base::Result<std::vector<TokenRow>> tokens(store::Database& database);
base::Result<> put_token(store::Database& database, const TokenRow& token);
base::Result<> use_token(store::Database& database, const std::string& id, base::WallTime used);
base::Result<> remove_token(store::Database& database, const std::string& id);

}  // namespace casement::api::table
