#pragma once
// Tables of one owner, built by numbered steps that are never edited once released.

#include <span>
#include <string_view>

#include "store/database.hpp"

namespace casement::store {

/// The steps of one owner ("events", "camera", "recorder", "api"...): step n brings version n-1 to
/// n. What they add up to is documented in docs/ref/schema/<owner>.sql, which a test compares.
struct Schema {
    std::string_view owner;
    std::span<const std::string_view> steps;
};

/// Brings the owner's tables to the newest version, each step in its own transaction. A database of
/// a newer program is refused (FailedPrecondition) rather than misread. Idempotent.
Result<> migrate(Database& database, const Schema& schema);

/// The tables and indexes as they are, "CREATE ...;" one after the other, in the order of their
/// names; those of SQLite itself left out.
Result<std::string> describe(Database& database);

}  // namespace casement::store
