#include "drivers/nanit/poll_memory.hpp"

#include <array>

namespace casement::drivers::nanit {

namespace {

using async::Task;
using base::Result;
using store::Database;
using store::Durability;

constexpr std::array<std::string_view, 1> kSteps{R"sql(
CREATE TABLE nanit_marks (
    baby TEXT NOT NULL PRIMARY KEY,
    message INTEGER NOT NULL,
    line_us INTEGER NOT NULL,
    line TEXT NOT NULL
);
CREATE TABLE nanit_open (
    event TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    end_us INTEGER NOT NULL
);
)sql"};

}  // namespace

const store::Schema kNanitSchema{"nanit", kSteps};

Result<std::unique_ptr<PollMemory>> PollMemory::open(store::Store& store) {
    CASEMENT_TRY(store.run_now([](Database& db) { return store::migrate(db, kNanitSchema); }));
    return std::unique_ptr<PollMemory>(new PollMemory(store));
}

Task<Result<std::map<std::string, PollMark>>> PollMemory::marks() {
    using Pair = std::pair<std::string, PollMark>;
    CASEMENT_CO_TRY(const auto rows, co_await store_.run([](Database& db) {
        return db.all("SELECT baby, message, line_us, line FROM nanit_marks",
                      [](const store::Row& row) -> Pair {
                          return {row.get<std::string>(0),
                                  {.message = row.get<std::int64_t>(1),
                                   .line_at = row.get<base::WallTime>(2),
                                   .line = row.get<std::string>(3)}};
                      });
    }));
    co_return std::map<std::string, PollMark>(rows.begin(), rows.end());
}

Task<Result<>> PollMemory::put(std::string baby, PollMark mark) {
    co_return co_await store_.run([=](Database& db) {
        return db.transaction(Durability::Fast, [&]() -> Result<> {
            CASEMENT_TRY(
                db.run("INSERT OR REPLACE INTO nanit_marks (baby, message, line_us, line) "
                       "VALUES (?, ?, ?, ?)",
                       baby, mark.message, mark.line_at, mark.line));
            return {};
        });
    });
}

Task<Result<std::vector<OpenEvent>>> PollMemory::open_events(std::string account) {
    co_return co_await store_.run([=](Database& db) {
        return db.all(
            "SELECT event, end_us FROM nanit_open WHERE account = ?",
            [](const store::Row& row) {
                return OpenEvent{row.get<std::string>(0), row.get<base::WallTime>(1)};
            },
            account);
    });
}

Task<Result<>> PollMemory::opened(std::string account, OpenEvent event) {
    co_return co_await store_.run([=](Database& db) {
        return db.transaction(Durability::Fast, [&]() -> Result<> {
            CASEMENT_TRY(db.run(
                "INSERT OR REPLACE INTO nanit_open (event, account, end_us) VALUES (?, ?, ?)",
                event.event, account, event.end));
            return {};
        });
    });
}

Task<Result<>> PollMemory::closed(std::string event) {
    co_return co_await store_.run([=](Database& db) {
        return db.transaction(Durability::Fast, [&]() -> Result<> {
            CASEMENT_TRY(db.run("DELETE FROM nanit_open WHERE event = ?", event));
            return {};
        });
    });
}

}  // namespace casement::drivers::nanit
