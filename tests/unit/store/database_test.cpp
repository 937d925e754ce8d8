#include "store/database.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "store/schema.hpp"
#include "store/store.hpp"
#include "tests/fakes/coroutine.hpp"
#include "tests/fakes/temp_directory.hpp"

namespace casement::store {
namespace {

using base::ErrorKind;
using testing::HasSubstr;

std::unique_ptr<Database> memory() {
    auto database = Database::open(":memory:");
    EXPECT_TRUE(database) << database.error().message();
    return std::move(*database);
}

int count(Database& database, std::string_view table) {
    return database
        .one(fmt::format("SELECT count(*) FROM {}", table),
             [](const Row& r) { return r.get<int>(0); })
        .value()
        .value();
}

TEST(Database, GivesBackEveryTypeThatWentIn) {
    auto db = memory();
    ASSERT_TRUE(db->run(
        "CREATE TABLE t (a INTEGER, b REAL, c TEXT, d BLOB, e INTEGER, f INTEGER, g TEXT)"));
    const std::vector<std::uint8_t> blob{0, 1, 255};
    const WallTime time{std::chrono::microseconds{1'700'000'000'123'456}};
    ASSERT_TRUE(db->run("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)", std::int64_t{-5}, 2.5,
                        "caf\xC3\xA9", ByteSpan(blob), time, true, std::optional<std::string>{}));
    const auto seen = db->one("SELECT a, b, c, d, e, f, g FROM t", [&](const Row& row) {
        EXPECT_EQ(row.get<std::int64_t>(0), -5);
        EXPECT_EQ(row.get<double>(1), 2.5);
        EXPECT_EQ(row.get<std::string>(2), "caf\xC3\xA9");
        EXPECT_EQ(row.get<std::vector<std::uint8_t>>(3), blob);
        EXPECT_EQ(row.get<WallTime>(4), time);
        EXPECT_TRUE(row.get<bool>(5));
        EXPECT_EQ(row.get<std::optional<std::string>>(6), std::nullopt);
        return 1;
    });
    EXPECT_EQ(seen.value(), 1);
}

TEST(Database, KeepsEmptyTextAndEmptyBlobApartFromNull) {
    auto db = memory();
    ASSERT_TRUE(db->run("CREATE TABLE t (a TEXT NOT NULL, b BLOB NOT NULL)"));
    EXPECT_TRUE(db->run("INSERT INTO t VALUES (?, ?)", std::string_view{}, ByteSpan{}));
    const auto seen = db->one("SELECT a, b FROM t", [](const Row& r) {
        return r.get<std::string>(0).size() + r.get<std::vector<std::uint8_t>>(1).size();
    });
    EXPECT_EQ(seen.value(), 0u);
}

TEST(Database, AnswersHowManyRowsChangedAndNothingForNoRow) {
    auto db = memory();
    ASSERT_TRUE(db->run("CREATE TABLE t (a INTEGER)"));
    for (int i = 0; i < 3; ++i) ASSERT_EQ(db->run("INSERT INTO t VALUES (?)", i).value(), 1);
    EXPECT_EQ(db->run("DELETE FROM t WHERE a > 0").value(), 2);
    const auto none =
        db->one("SELECT a FROM t WHERE a = 7", [](const Row& r) { return r.get<int>(0); });
    ASSERT_TRUE(none);
    EXPECT_EQ(*none, std::nullopt);
}

TEST(Database, RefusesAColumnOfAnotherTypeAsDataLoss) {
    auto db = memory();
    ASSERT_TRUE(db->run("CREATE TABLE t (a)"));
    ASSERT_TRUE(db->run("INSERT INTO t VALUES ('seven')"));
    const auto read = db->all("SELECT a FROM t", [](const Row& r) { return r.get<int>(0); });
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind(), ErrorKind::DataLoss);
    EXPECT_THAT(read.error().message(), HasSubstr("a text in place of an integer"));
}

TEST(Database, StopsShowingRowsWhenTheVisitorHasEnough) {
    auto db = memory();
    ASSERT_TRUE(db->run("CREATE TABLE t (a INTEGER)"));
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(db->run("INSERT INTO t VALUES (?)", i));
    int seen = 0;
    ASSERT_TRUE(db->each("SELECT a FROM t", [&](const Row&) { return ++seen < 2; }));
    EXPECT_EQ(seen, 2);
    EXPECT_TRUE(db->run("DROP TABLE t")) << "the half-read statement must not hold the table";
}

TEST(Database, MapsConstraintsToFailedPreconditionAndBadSqlToInternal) {
    auto db = memory();
    ASSERT_TRUE(db->run("CREATE TABLE t (a INTEGER PRIMARY KEY)"));
    ASSERT_TRUE(db->run("INSERT INTO t VALUES (1)"));
    EXPECT_EQ(db->run("INSERT INTO t VALUES (1)").error().kind(), ErrorKind::FailedPrecondition);
    EXPECT_EQ(db->run("INSERT INTO nowhere VALUES (1)").error().kind(), ErrorKind::Internal);
    EXPECT_EQ(db->run("DELETE FROM t; DELETE FROM t").error().kind(), ErrorKind::Internal);
}

TEST(Database, RefusesTheSameStatementInsideItself) {
    auto db = memory();
    ASSERT_TRUE(db->run("CREATE TABLE t (a INTEGER)"));
    ASSERT_TRUE(db->run("INSERT INTO t VALUES (1)"));
    ErrorKind inner{};
    ASSERT_TRUE(db->each("SELECT a FROM t", [&](const Row&) {
        inner =
            db->one("SELECT a FROM t", [](const Row& r) { return r.get<int>(0); }).error().kind();
        return true;
    }));
    EXPECT_EQ(inner, ErrorKind::Internal);
}

TEST(Database, SaysInASentenceThatTheDiskIsFull) {
    auto db = memory();
    ASSERT_TRUE(db->run("CREATE TABLE t (a BLOB)"));
    ASSERT_TRUE(db->script("PRAGMA max_page_count=4"));
    const std::vector<std::uint8_t> big(1 << 20);
    const auto full = db->run("INSERT INTO t VALUES (?)", ByteSpan(big));
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().kind(), ErrorKind::ResourceExhausted);
    EXPECT_EQ(full.error().reason(), "disk-full");
    EXPECT_EQ(full.error().message(), "database :memory:: the disk is full, nothing was changed");
    EXPECT_EQ(count(*db, "t"), 0);
}

TEST(Database, UndoesATransactionThatFails) {
    auto db = memory();
    ASSERT_TRUE(db->run("CREATE TABLE t (a INTEGER PRIMARY KEY)"));
    for (const Durability durability : {Durability::Fast, Durability::Full}) {
        const auto failed = db->transaction(durability, [&]() -> Result<> {
            CASEMENT_TRY(db->run("INSERT INTO t VALUES (1)"));
            CASEMENT_TRY(db->run("INSERT INTO t VALUES (1)"));
            return {};
        });
        EXPECT_EQ(failed.error().kind(), ErrorKind::FailedPrecondition);
        EXPECT_EQ(count(*db, "t"), 0);
    }
    EXPECT_TRUE(db->transaction(Durability::Full, [&]() -> Result<> {
        CASEMENT_TRY(db->run("INSERT INTO t VALUES (1)"));
        return {};
    }));
    EXPECT_EQ(count(*db, "t"), 1);
}

TEST(Database, CarriesExceptionsOutOfATransactionWithNothingOpen) {
    auto db = memory();
    ASSERT_TRUE(db->run("CREATE TABLE t (a INTEGER)"));
    EXPECT_THROW((void)db->transaction(Durability::Full,
                                       [&]() -> Result<> {
                                           (void)db->run("INSERT INTO t VALUES (1)");
                                           throw std::runtime_error("bug");
                                       }),
                 std::runtime_error);
    EXPECT_EQ(count(*db, "t"), 0);
    EXPECT_TRUE(db->transaction(Durability::Fast, []() -> Result<> { return {}; }));
}

TEST(Database, JoinsAnInnerTransactionToTheOuterOne) {
    auto db = memory();
    ASSERT_TRUE(db->run("CREATE TABLE t (a INTEGER)"));
    const auto failed = db->transaction(Durability::Fast, [&]() -> Result<> {
        CASEMENT_TRY(db->transaction(Durability::Full, [&]() -> Result<> {
            CASEMENT_TRY(db->run("INSERT INTO t VALUES (1)"));
            return {};
        }));
        return base::fail(ErrorKind::Internal, "outer");
    });
    EXPECT_FALSE(failed);
    EXPECT_EQ(count(*db, "t"), 0);
}

TEST(Database, SyncsOnlyWhatMustNotBeLost) {
    fakes::TempDirectory dir;
    auto db = Database::open(dir.path("a.db")).value();
    const auto level = [&] {
        return db->one("PRAGMA synchronous", [](const Row& r) { return r.get<int>(0); })
            .value()
            .value();
    };
    EXPECT_EQ(level(), 1) << "NORMAL";
    int inside = 0;
    ASSERT_TRUE(db->transaction(Durability::Full, [&]() -> Result<> {
        inside = level();
        return {};
    }));
    EXPECT_EQ(inside, 2) << "FULL";
    EXPECT_EQ(level(), 1);
    EXPECT_EQ(
        db->one("PRAGMA journal_mode", [](const Row& r) { return r.get<std::string>(0); }).value(),
        "wal");
}

TEST(Database, KeepsWhatWasCommittedAcrossReopening) {
    fakes::TempDirectory dir;
    {
        auto db = Database::open(dir.path("a.db")).value();
        ASSERT_TRUE(db->run("CREATE TABLE t (a INTEGER)"));
        ASSERT_TRUE(db->run("INSERT INTO t VALUES (42)"));
    }
    auto db = Database::open(dir.path("a.db")).value();
    EXPECT_EQ(count(*db, "t"), 1);
}

TEST(Database, ReadsItsFileAfterTheProcessWasKilled) {
    fakes::TempDirectory dir;
    auto db = Database::open(dir.path("a.db")).value();
    ASSERT_TRUE(db->run("CREATE TABLE t (a INTEGER)"));
    ASSERT_TRUE(db->run("INSERT INTO t VALUES (42)"));
    // What a kill leaves: the file and its log, not folded together.
    std::filesystem::create_directory(dir.path("copy"));
    for (const char* name : {"a.db", "a.db-wal"})
        std::filesystem::copy_file(dir.path(name), dir.path("copy/") + name);
    auto again = Database::open(dir.path("copy/a.db"));
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(count(**again, "t"), 1);
}

TEST(Database, IsReadBesideTheOneThatWrites) {
    fakes::TempDirectory dir;
    auto db = Database::open(dir.path("a.db")).value();
    ASSERT_TRUE(db->run("CREATE TABLE t (a INTEGER)"));
    ASSERT_TRUE(db->run("INSERT INTO t VALUES (42)"));
    auto reader = Database::open_to_read(dir.path("a.db"));
    ASSERT_TRUE(reader) << reader.error().message();
    EXPECT_EQ(count(**reader, "t"), 1);
    ASSERT_TRUE(db->run("INSERT INTO t VALUES (43)"));
    EXPECT_EQ(count(**reader, "t"), 2);
    EXPECT_FALSE((*reader)->run("INSERT INTO t VALUES (44)"));
    // Looking makes nothing.
    EXPECT_FALSE(Database::open_to_read(dir.path("none.db")));
    EXPECT_FALSE(std::filesystem::exists(dir.path("none.db")));
}

TEST(Database, RefusesAFileThatIsNoDatabaseWithASentence) {
    fakes::TempDirectory dir;
    dir.write("a.db", std::string(8192, 'x'));
    const auto opened = Database::open(dir.path("a.db"));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind(), ErrorKind::DataLoss);
    EXPECT_THAT(opened.error().message(), HasSubstr("is damaged or is no database"));
}

TEST(Database, FindsDamageAfterAnUncleanEnd) {
    fakes::TempDirectory dir;
    {
        auto db = Database::open(dir.path("a.db")).value();
        ASSERT_TRUE(db->run("CREATE TABLE t (a TEXT)"));
        ASSERT_TRUE(db->run("CREATE INDEX i ON t (a)"));
        for (int i = 0; i < 2000; ++i)
            ASSERT_TRUE(db->run("INSERT INTO t VALUES (?)", fmt::format("row {} of the table", i)));
    }
    std::string bytes = dir.read("a.db");
    for (std::size_t at = bytes.size() / 2; at < bytes.size() / 2 + 4096; ++at) bytes[at] = '\x5A';
    dir.write("a.db", bytes);
    dir.write("a.db-wal", "left behind");
    const auto opened = Database::open(dir.path("a.db"));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind(), ErrorKind::DataLoss);
    EXPECT_THAT(opened.error().message(), HasSubstr("Recordings are not touched"));
}

TEST(Database, SaysWhereItCannotBeOpened) {
    const auto opened = Database::open("/nonexistent-directory/a.db");
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind(), ErrorKind::PermissionDenied);
    EXPECT_THAT(opened.error().message(), HasSubstr("/nonexistent-directory/a.db"));
}

TEST(Schema, RunsEachStepOnce) {
    auto db = memory();
    constexpr std::array<std::string_view, 1> first{"CREATE TABLE a (x INTEGER)"};
    constexpr std::array<std::string_view, 2> both{
        first[0], "ALTER TABLE a ADD COLUMN y TEXT; CREATE TABLE b (z INTEGER)"};
    ASSERT_TRUE(migrate(*db, {"test", first}));
    ASSERT_TRUE(db->run("INSERT INTO a VALUES (1)"));
    ASSERT_TRUE(migrate(*db, {"test", both}));
    ASSERT_TRUE(migrate(*db, {"test", both}));
    EXPECT_EQ(count(*db, "a"), 1);
    EXPECT_EQ(count(*db, "b"), 0);
    EXPECT_EQ(describe(*db).value(),
              "CREATE TABLE a (x INTEGER, y TEXT);\nCREATE TABLE b (z INTEGER);\n");
}

TEST(Schema, KeepsOwnersApart) {
    auto db = memory();
    constexpr std::array<std::string_view, 1> a{"CREATE TABLE a (x INTEGER)"},
        b{"CREATE TABLE b (x INTEGER)"};
    EXPECT_TRUE(migrate(*db, {"one", a}));
    EXPECT_TRUE(migrate(*db, {"two", b}));
    EXPECT_EQ(count(*db, "b"), 0);
}

TEST(Schema, RefusesADatabaseOfANewerProgram) {
    auto db = memory();
    constexpr std::array<std::string_view, 2> newer{"CREATE TABLE a (x INTEGER)",
                                                    "CREATE TABLE b (x INTEGER)"};
    constexpr std::array<std::string_view, 1> older{newer[0]};
    ASSERT_TRUE(migrate(*db, {"test", newer}));
    const auto refused = migrate(*db, {"test", older});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), ErrorKind::FailedPrecondition);
    EXPECT_THAT(refused.error().message(), HasSubstr("newer version of Casement"));
}

TEST(Schema, LeavesNothingOfAStepThatFails) {
    auto db = memory();
    constexpr std::array<std::string_view, 1> broken{
        "CREATE TABLE a (x INTEGER); CREATE TABLE a (x INTEGER)"};
    EXPECT_FALSE(migrate(*db, {"test", broken}));
    EXPECT_EQ(describe(*db).value(), "");
}

TEST(Store, RunsWorkInOrderAndResumesOnTheCallersExecutor) {
    auto store = Store::open(":memory:").value();
    asio::io_context io{1};
    ASSERT_TRUE(store->run_now([](Database& db) { return db.run("CREATE TABLE t (a INTEGER)"); }));
    const auto home = std::this_thread::get_id();
    const auto sum =
        fakes::run(io, [](Store& s, std::thread::id caller) -> async::Task<Result<int>> {
            for (int i = 1; i <= 3; ++i) {
                CASEMENT_CO_TRY(co_await s.run(
                    [i](Database& db) { return db.run("INSERT INTO t VALUES (?)", i); }));
                EXPECT_TRUE(std::this_thread::get_id() == caller);
            }
            CASEMENT_CO_TRY(const auto total, co_await s.run([](Database& db) {
                return db.one("SELECT sum(a) FROM t", [](const Row& r) { return r.get<int>(0); });
            }));
            co_return *total;
        }(*store, home));
    EXPECT_EQ(sum.value(), 6);
}

}  // namespace
}  // namespace casement::store
