#pragma once
// One SQLite connection: typed parameters in, typed columns out, errors as sentences. SQL lives
// with its table's owner, one file per table.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/byte_reader.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace casement::store {

using base::ByteSpan;
using base::Result;
using base::WallTime;

/// One row of an answer; valid inside the visitor only. A column of another type than asked makes
/// the query fail with DataLoss.
class Row {
public:
    /// T: an integer type, bool, double, std::string, std::vector<uint8_t>, WallTime (stored as UTC
    /// microseconds), an optional of these.
    template <typename T>
    T get(int column) const;
    bool is_null(int column) const;

private:
    friend class Database;
    Row(sqlite3_stmt* statement, std::string* broken) : statement_(statement), broken_(broken) {}
    std::int64_t integer(int column) const;
    double real(int column) const;
    std::string text(int column) const;
    std::vector<std::uint8_t> blob(int column) const;
    void expect(int column, int type, std::string_view name) const;

    sqlite3_stmt* statement_;
    std::string* broken_;  // first type error
};

enum class Durability {
    Fast,  // survives kill -9; a power cut may take the last transactions, never the file's
           // consistency (WAL, synchronous=NORMAL)
    Full,  // on the disk when the call returns (synchronous=FULL for this commit): for what
           // somebody was told
};

/// Used by one thread at a time: the database pool's (see Store). Every call blocks. Statements are
/// prepared once and kept.
///
/// Error kinds: ResourceExhausted with reason "disk-full"; Unavailable (locked by another process,
/// I/O error); DataLoss (the file is damaged); FailedPrecondition (a constraint); PermissionDenied
/// (cannot be opened or written); Internal (our SQL is wrong).
class Database {
public:
    /// Opens or creates; ":memory:" for tests. After an unclean end the whole file is checked first
    /// (PRAGMA quick_check).
    static Result<std::unique_ptr<Database>> open(const std::string& path);
    /// Opens what is there, beside the hub that may be using it, and changes nothing. Unavailable
    /// or PermissionDenied when it cannot be opened.
    static Result<std::unique_ptr<Database>> open_to_read(const std::string& path);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    /// Runs one statement that gives no rows; answers how many rows it changed.
    /// Arguments: integers, bool, double, text, ByteSpan (blob), WallTime, nullptr, optionals of
    /// these.
    template <typename... Args>
    Result<std::int64_t> run(std::string_view sql, const Args&... args) {
        CASEMENT_TRY(sqlite3_stmt* const statement, prepare(sql));
        const Resetting guard{statement};
        bind_all(statement, args...);
        return finish(statement, sql);
    }

    /// Every row as `map(row)`.
    template <typename Map, typename... Args>
    Result<std::vector<std::invoke_result_t<Map, const Row&>>> all(std::string_view sql, Map map,
                                                                   const Args&... args) {
        std::vector<std::invoke_result_t<Map, const Row&>> out;
        CASEMENT_TRY(each(
            sql,
            [&](const Row& row) {
                out.push_back(map(row));
                return true;
            },
            args...));
        return out;
    }

    /// The first row as `map(row)`, or nothing.
    template <typename Map, typename... Args>
    Result<std::optional<std::invoke_result_t<Map, const Row&>>> one(std::string_view sql, Map map,
                                                                     const Args&... args) {
        std::optional<std::invoke_result_t<Map, const Row&>> out;
        CASEMENT_TRY(each(
            sql,
            [&](const Row& row) {
                out.emplace(map(row));
                return false;
            },
            args...));
        return out;
    }

    /// Shows the rows one by one; `visit` answers whether it wants more. It must not run the same
    /// SQL again inside.
    template <typename Visit, typename... Args>
    Result<> each(std::string_view sql, Visit visit, const Args&... args) {
        CASEMENT_TRY(sqlite3_stmt* const statement, prepare(sql));
        const Resetting guard{statement};
        bind_all(statement, args...);
        std::string broken;
        const Row row(statement, &broken);
        for (;;) {
            CASEMENT_TRY(const bool there, step(statement, sql));
            if (!there) return {};
            const bool more = visit(row);
            if (!broken.empty()) return broken_row(sql, broken);
            if (!more) return {};
        }
    }

    /// All of `work` or nothing of it. Inside another transaction it is a part of that one (whose
    /// durability counts).
    Result<> transaction(Durability durability, const std::function<Result<>()>& work);

    /// Several statements, for schemas. Not cached.
    Result<> script(const std::string& sql);

    const std::string& path() const { return path_; }

private:
    struct Cache;
    struct Resetting {  // ends the statement's hold on the database however the call ends
        sqlite3_stmt* statement;
        ~Resetting() { reset(statement); }
    };
    Database(std::string path, sqlite3* handle);

    Result<sqlite3_stmt*> prepare(std::string_view sql);
    Result<bool> step(sqlite3_stmt* statement, std::string_view sql);
    Result<std::int64_t> finish(sqlite3_stmt* statement, std::string_view sql);
    static void reset(sqlite3_stmt* statement);
    static Result<> broken_row(std::string_view sql, const std::string& what);
    base::Error error(int code, std::string_view what) const;
    Result<> check_after_unclean_end();

    static void bind(sqlite3_stmt* s, int at, std::nullptr_t);
    static void bind(sqlite3_stmt* s, int at, std::int64_t value);
    static void bind(sqlite3_stmt* s, int at, double value);
    static void bind(sqlite3_stmt* s, int at, std::string_view value);
    static void bind(sqlite3_stmt* s, int at, ByteSpan value);
    template <typename... Args>
    static void bind_all(sqlite3_stmt* statement, const Args&... args) {
        int at = 0;
        (bind_any(statement, ++at, args), ...);
    }
    template <typename T>
    static void bind_any(sqlite3_stmt* s, int at, const T& value);

    std::string path_;
    sqlite3* handle_;
    std::unique_ptr<Cache> cache_;
    int depth_ = 0;  // of nested transaction() calls
};

/// UTC microseconds, the only form in which a time enters a table.
inline std::int64_t to_column(WallTime time) { return time.time_since_epoch().count(); }
inline WallTime from_column(std::int64_t microseconds) {
    return WallTime{std::chrono::microseconds{microseconds}};
}

namespace detail {
template <typename T>
inline constexpr bool kIsOptional = false;
template <typename T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
}  // namespace detail

template <typename T>
T Row::get(int column) const {
    if constexpr (detail::kIsOptional<T>) {
        return is_null(column) ? T{} : T(get<typename T::value_type>(column));
    } else if constexpr (std::is_same_v<T, bool>) {
        return integer(column) != 0;
    } else if constexpr (std::is_integral_v<T>) {
        return static_cast<T>(integer(column));
    } else if constexpr (std::is_floating_point_v<T>) {
        return real(column);
    } else if constexpr (std::is_same_v<T, WallTime>) {
        return from_column(integer(column));
    } else if constexpr (std::is_same_v<T, std::string>) {
        return text(column);
    } else {
        static_assert(std::is_same_v<T, std::vector<std::uint8_t>>, "no such column type");
        return blob(column);
    }
}

template <typename T>
void Database::bind_any(sqlite3_stmt* s, int at, const T& value) {
    if constexpr (detail::kIsOptional<T>) {
        if (value)
            bind_any(s, at, *value);
        else
            bind(s, at, nullptr);
    } else if constexpr (std::is_same_v<T, WallTime>) {
        bind(s, at, to_column(value));
    } else if constexpr (std::is_integral_v<T>) {
        bind(s, at, static_cast<std::int64_t>(value));
    } else if constexpr (std::is_floating_point_v<T>) {
        bind(s, at, static_cast<double>(value));
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
        bind(s, at, std::string_view(value));
    } else if constexpr (std::is_same_v<T, std::nullptr_t>) {
        bind(s, at, nullptr);
    } else {
        bind(s, at, ByteSpan(value));
    }
}

}  // namespace casement::store
