#include "store/schema.hpp"

namespace casement::store {

using base::ErrorKind;
using base::fail;

Result<> migrate(Database& database, const Schema& schema) {
    CASEMENT_TRY(
        database.run("CREATE TABLE IF NOT EXISTS schema_version (owner TEXT PRIMARY KEY NOT NULL, "
                     "version INTEGER NOT NULL)"));
    CASEMENT_TRY(const auto stored,
                 database.one(
                     "SELECT version FROM schema_version WHERE owner = ?",
                     [](const Row& row) { return row.get<std::size_t>(0); }, schema.owner));
    const std::size_t from = stored.value_or(0);
    if (from > schema.steps.size()) {
        return fail(ErrorKind::FailedPrecondition,
                    "The database {} was written by a newer version of Casement (its {} tables are "
                    "at version {}, this program knows {}). "
                    "Start the newer version, or restore the backup from before the update",
                    database.path(), schema.owner, from, schema.steps.size());
    }
    for (std::size_t version = from + 1; version <= schema.steps.size(); ++version) {
        const auto done = database.transaction(Durability::Full, [&]() -> Result<> {
            CASEMENT_TRY(database.script(std::string(schema.steps[version - 1])));
            CASEMENT_TRY(
                database.run("INSERT INTO schema_version (owner, version) VALUES (?, ?) "
                             "ON CONFLICT (owner) DO UPDATE SET version = excluded.version",
                             schema.owner, version));
            return {};
        });
        if (!done)
            return std::unexpected(
                done.error().within(fmt::format("{} tables, version {}", schema.owner, version)));
    }
    return {};
}

Result<std::string> describe(Database& database) {
    CASEMENT_TRY(
        const auto parts,
        database.all(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' "
            "AND name <> 'schema_version' ORDER BY name",
            [](const Row& row) { return row.get<std::string>(0); }));
    std::string out;
    for (const std::string& part : parts) out += part + ";\n";
    return out;
}

}  // namespace casement::store
