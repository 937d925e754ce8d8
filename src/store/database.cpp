#include "store/database.hpp"

#include <sqlite3.h>
#include <sys/stat.h>

#include <unordered_map>

namespace casement::store {

namespace {

using base::Error;
using base::ErrorKind;
using base::fail;

/// SQLite's codes to kinds, here and nowhere else.
ErrorKind kind_of(int code) {
    switch (code & 0xFF) {  // the low byte is the primary code
        case SQLITE_FULL:
            return ErrorKind::ResourceExhausted;
        case SQLITE_NOMEM:
        case SQLITE_TOOBIG:
            return ErrorKind::ResourceExhausted;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_PROTOCOL:
            return ErrorKind::Unavailable;
        case SQLITE_IOERR:
            return ErrorKind::Unavailable;  // a disk may come back; damage shows itself as CORRUPT
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return ErrorKind::DataLoss;
        case SQLITE_CONSTRAINT:
            return ErrorKind::FailedPrecondition;
        case SQLITE_PERM:
        case SQLITE_READONLY:
        case SQLITE_AUTH:
        case SQLITE_CANTOPEN:
            return ErrorKind::PermissionDenied;
        default:
            return ErrorKind::Internal;
    }
}

bool exists_with_content(const std::string& path) {
    struct stat info{};
    return ::stat(path.c_str(), &info) == 0 && info.st_size > 0;
}

std::string_view shortened(std::string_view sql) { return sql.substr(0, 80); }

std::string_view type_name(int type) {
    switch (type) {
        case SQLITE_INTEGER:
            return "an integer";
        case SQLITE_FLOAT:
            return "a real";
        case SQLITE_TEXT:
            return "a text";
        case SQLITE_BLOB:
            return "a blob";
        default:
            return "NULL";
    }
}

}  // namespace

// Rows
// -----------------------------------------------------------------------------------------------------------------------------

void Row::expect(int column, int type, std::string_view name) const {
    const int actual = sqlite3_column_type(statement_, column);
    // An integer is a good real: SQLite stores 2.0 as 2 in columns without a type.
    if (actual == type || (type == SQLITE_FLOAT && actual == SQLITE_INTEGER) || !broken_->empty())
        return;
    *broken_ = fmt::format("column {} holds {} in place of {}", column, type_name(actual), name);
}

bool Row::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Row::integer(int column) const {
    expect(column, SQLITE_INTEGER, "an integer");
    return sqlite3_column_int64(statement_, column);
}

double Row::real(int column) const {
    expect(column, SQLITE_FLOAT, "a real");
    return sqlite3_column_double(statement_, column);
}

std::string Row::text(int column) const {
    expect(column, SQLITE_TEXT, "a text");
    const auto* begin = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return begin == nullptr
               ? std::string{}
               : std::string(begin,
                             static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

std::vector<std::uint8_t> Row::blob(int column) const {
    expect(column, SQLITE_BLOB, "a blob");
    const auto* begin = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return begin == nullptr ? std::vector<std::uint8_t>{}
                            : std::vector<std::uint8_t>(begin, begin + size);
}

// Database
// -------------------------------------------------------------------------------------------------------------------------

struct Database::Cache {
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    struct Finalize {
        void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
    };
    // SQL is written in the program, so this is bounded by the program's text.
    std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>, Hash, std::equal_to<>>
        statements;
};

Database::Database(std::string path, sqlite3* handle)
    : path_(std::move(path)), handle_(handle), cache_(std::make_unique<Cache>()) {}

Database::~Database() {
    cache_.reset();
    sqlite3_close_v2(handle_);  // the last connection folds the WAL into the file
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
    const bool unclean = exists_with_content(path + "-wal");  // a clean close removes it
    sqlite3* handle = nullptr;
    // NOMUTEX: one thread at a time uses it (Store), which is SQLite's multi-thread mode.
    const int code =
        sqlite3_open_v2(path.c_str(), &handle,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    std::unique_ptr<Database> database(new Database(path, handle));
    if (code != SQLITE_OK) return std::unexpected(database->error(code, "open"));
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(
        handle,
        5000);  // ms; another process (the command line) may hold the write lock for a moment
    // Rows must hold what the schema says, and a hostile file must not run code.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);

    CASEMENT_TRY(database->script(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
        "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8192; PRAGMA journal_size_limit=67108864;"));
    CASEMENT_TRY(database->one("SELECT count(*) FROM sqlite_schema",
                               [](const Row& r) { return r.get<int>(0); }));
    if (unclean) {
        CASEMENT_TRY(database->check_after_unclean_end());
    }
    return database;
}

Result<std::unique_ptr<Database>> Database::open_to_read(const std::string& path) {
    sqlite3* handle = nullptr;
    const int code =
        sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
    std::unique_ptr<Database> database(new Database(path, handle));
    if (code != SQLITE_OK) return std::unexpected(database->error(code, "open"));
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, 5000);  // ms; the hub may hold the lock for a moment
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    return database;
}

Result<> Database::check_after_unclean_end() {
    CASEMENT_TRY(const auto found,
                 all("PRAGMA quick_check(1)", [](const Row& r) { return r.get<std::string>(0); }));
    if (found.size() == 1 && found[0] == "ok") return {};
    return fail(ErrorKind::DataLoss,
                "The database {} is damaged ({}). Recordings are not touched: move the file away "
                "and start again, and their index is "
                "rebuilt; settings and events come back from a backup only",
                path_, found.empty() ? "no answer" : found[0]);
}

Error Database::error(int code, std::string_view what) const {
    const ErrorKind kind = kind_of(code);
    const std::string_view text =
        handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
    if ((code & 0xFF) == SQLITE_FULL) {
        return {kind, "disk-full",
                fmt::format("database {}: the disk is full, nothing was changed", path_)};
    }
    if (kind == ErrorKind::DataLoss) {
        return {kind, fmt::format("database {} is damaged or is no database: {} ({})", path_, text,
                                  what)};
    }
    if (kind == ErrorKind::Unavailable && (code & 0xFF) != SQLITE_IOERR) {
        return {kind, fmt::format("database {} is held by another process: {}", path_, text)};
    }
    return {kind, fmt::format("database {}: {} ({})", path_, text, what)};
}

Result<sqlite3_stmt*> Database::prepare(std::string_view sql) {
    if (const auto found = cache_->statements.find(sql); found != cache_->statements.end()) {
        if (sqlite3_stmt_busy(found->second.get()))
            return fail(ErrorKind::Internal, "statement used inside itself: {}", shortened(sql));
        return found->second.get();
    }
    sqlite3_stmt* statement = nullptr;
    const char* rest = nullptr;
    const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, &rest);
    if (code != SQLITE_OK) return std::unexpected(error(code, shortened(sql)));
    cache_->statements.emplace(std::string(sql), statement);
    if (rest != sql.data() + sql.size())
        return fail(ErrorKind::Internal, "more than one statement: {}", shortened(sql));
    return statement;
}

Result<bool> Database::step(sqlite3_stmt* statement, std::string_view sql) {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return std::unexpected(error(code, shortened(sql)));
}

Result<std::int64_t> Database::finish(sqlite3_stmt* statement, std::string_view sql) {
    const std::int64_t before = sqlite3_total_changes64(handle_);
    for (;;) {
        CASEMENT_TRY(const bool row, step(statement, sql));
        if (!row) return sqlite3_total_changes64(handle_) - before;
    }
}

void Database::reset(sqlite3_stmt* statement) {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

Result<> Database::broken_row(std::string_view sql, const std::string& what) {
    return fail(ErrorKind::DataLoss, "database: {} ({})", what, shortened(sql));
}

Result<> Database::script(const std::string& sql) {
    const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return std::unexpected(error(code, shortened(sql)));
    return {};
}

Result<> Database::transaction(Durability durability, const std::function<Result<>()>& work) {
    if (depth_ > 0) return work();
    const bool full = durability == Durability::Full;
    // synchronous cannot change inside a transaction; FULL syncs the WAL at this commit and with it
    // all that came before.
    if (full) {
        CASEMENT_TRY(run("PRAGMA synchronous=FULL"));
    }
    CASEMENT_TRY(run("BEGIN IMMEDIATE"));
    ++depth_;
    Result<> outcome = [&]() -> Result<> {
        try {
            return work();
        } catch (...) {  // a bug of the caller: nothing may stay open
            --depth_;
            (void)run("ROLLBACK");
            if (full) (void)run("PRAGMA synchronous=NORMAL");
            throw;
        }
    }();
    --depth_;
    if (outcome) {
        if (const auto commit = run("COMMIT"); !commit) outcome = std::unexpected(commit.error());
    }
    // Some errors (disk full, I/O) have rolled back by themselves already.
    if (!outcome && !sqlite3_get_autocommit(handle_)) (void)run("ROLLBACK");
    if (full) (void)run("PRAGMA synchronous=NORMAL");
    return outcome;
}

void Database::bind(sqlite3_stmt* s, int at, std::nullptr_t) { sqlite3_bind_null(s, at); }
void Database::bind(sqlite3_stmt* s, int at, std::int64_t value) {
    sqlite3_bind_int64(s, at, value);
}
void Database::bind(sqlite3_stmt* s, int at, double value) { sqlite3_bind_double(s, at, value); }
// SQLITE_STATIC: the arguments outlive the call that binds them, and the guard unbinds them. Empty
// views may have a null pointer, which SQLite would read as NULL.
void Database::bind(sqlite3_stmt* s, int at, std::string_view value) {
    sqlite3_bind_text64(s, at, value.data() == nullptr ? "" : value.data(), value.size(),
                        SQLITE_STATIC, SQLITE_UTF8);
}
void Database::bind(sqlite3_stmt* s, int at, ByteSpan value) {
    if (value.empty())
        sqlite3_bind_zeroblob(s, at, 0);
    else
        sqlite3_bind_blob64(s, at, value.data(), value.size(), SQLITE_STATIC);
}

}  // namespace casement::store
