#include "drivers/nanit/log_archive.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/byte_reader.hpp"
#include "store/files.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/unit/drivers/nanit/log_archives.hpp"

namespace casement::drivers::nanit {
namespace {

using base::ErrorKind;
using base::Result;
using testing::ElementsAre;
using testing::IsEmpty;

/// Bytes that gzip makes no shorter.
std::string noise(std::size_t size) {
    std::string out;
    std::uint32_t state = 1;
    while (out.size() < size) {
        state = state * 1664525U + 1013904223U;
        out += static_cast<char>(state >> 24);
    }
    return out;
}

Result<LogList> list(const std::string& bytes, ArchiveLimits limits = {}) {
    return list_logs(base::as_bytes(bytes), limits);
}

struct NanitLogArchive : testing::Test {
    std::string file(const std::string& bytes) {
        const std::string path = folder.path("logs.tar.gz");
        EXPECT_TRUE(store::replace_file(path, bytes));
        return path;
    }
    /// What the sink got, or the reason of the error.
    std::string read(const std::string& bytes, std::string_view name) {
        std::string got;
        const auto done = read_log(file(bytes), name, [&](std::string_view piece) -> Result<> {
            got += piece;
            return {};
        });
        return done ? got : done.error().reason();
    }
    fakes::TempDirectory folder;
};

TEST_F(NanitLogArchive, ListsItsFilesAndNotItsFolders) {
    const auto logs = list(tar_gz({{"./logs/", "", AE_IFDIR},
                                   {"./logs/journalctl.log", "line\n"},
                                   {"dmesg", ""},
                                   {"a//b", "xy"}}));
    ASSERT_TRUE(logs) << logs.error().message();
    EXPECT_THAT(logs->members, ElementsAre(LogMember{"logs/journalctl.log", 5},
                                           LogMember{"dmesg", 0}, LogMember{"a/b", 2}));
    EXPECT_EQ(logs->left_out, 0u);
}

TEST_F(NanitLogArchive, LeavesOutWhatAnUnpackerWouldRegret) {
    const std::vector<Packed> bad{{"../../etc/cron.d/x", "x"},
                                  {"logs/../../x", "x"},
                                  {"/etc/passwd", "x"},
                                  {"..\\x", "x"},
                                  {"red\x1b[31m", "x"},
                                  {std::string(256, 'n'), "x"},
                                  {"link", "", AE_IFLNK, "/etc/shadow"},
                                  {"hard", "", AE_IFREG, "/etc/shadow"},
                                  {"disk", "", AE_IFBLK},
                                  {"tty", "", AE_IFCHR},
                                  {"pipe", "", AE_IFIFO}};
    for (const Packed& one : bad) {
        const auto logs = list(tar_gz({one, {std::string(255, 'n'), "good"}}));
        ASSERT_TRUE(logs) << one.name << ": " << logs.error().message();
        EXPECT_THAT(logs->members, ElementsAre(LogMember{std::string(255, 'n'), 4})) << one.name;
        EXPECT_EQ(logs->left_out, 1u) << one.name;
    }
}

TEST_F(NanitLogArchive, HasNoPartThatIsCutShort) {
    const std::string whole = tar_gz({{"journalctl.log", noise(100'000)}});
    ASSERT_TRUE(list(whole));
    // What is behind the end that the tar itself marks (1 KiB of zeros) is nobody's.
    for (std::size_t size = 0; size + 64 < whole.size(); size += size < 512 ? 1 : 487) {
        const auto logs = list(whole.substr(0, size));
        ASSERT_FALSE(logs) << size << " of " << whole.size();
        EXPECT_EQ(logs.error().reason(), "logs-broken");
    }
}

TEST_F(NanitLogArchive, IsATarInOneGzipAndNothingElse) {
    const std::string inner = tar_gz({{"a", "b"}});
    for (const std::string& bytes :
         {std::string(), std::string("PK\3\4"), std::string("no archive"), noise(5'000),
          tar_gz({}).substr(0, 12)}) {
        const auto logs = list(bytes);
        ASSERT_FALSE(logs);
        EXPECT_EQ(logs.error().reason(), "logs-broken");
        const auto in_file = list_logs(file(bytes));
        ASSERT_FALSE(in_file);
        EXPECT_EQ(in_file.error().reason(), "logs-broken");
    }
}

TEST_F(NanitLogArchive, HasAtMostSoManyFiles) {
    std::vector<Packed> many(1000, {"x"});
    const auto edge = list(tar_gz(many));
    ASSERT_TRUE(edge) << edge.error().message();
    EXPECT_EQ(edge->members.size(), 1000u);
    many.push_back({"x"});
    const auto past = list(tar_gz(many));
    ASSERT_FALSE(past);
    EXPECT_TRUE(past.error().is(ErrorKind::ResourceExhausted));
    EXPECT_EQ(past.error().reason(), "logs-too-large");
}

TEST_F(NanitLogArchive, ABombIsPutDownAtTheLimit) {
    // Headers count: a block before each file, and what gzip unpacked ahead of its reader.
    const std::string zeros(std::size_t{3} << 20, '\0');
    const std::string bomb = tar_gz({{"a", zeros}, {"b", zeros}});
    EXPECT_LT(bomb.size(), 20'000u);
    EXPECT_TRUE(list(bomb, {.max_unpacked_bytes = 2 * zeros.size() + 4096}));
    const auto past = list(bomb, {.max_unpacked_bytes = 2 * zeros.size() - 1});
    ASSERT_FALSE(past);
    EXPECT_EQ(past.error().reason(), "logs-too-large");
}

TEST_F(NanitLogArchive, GivesOneFileInPieces) {
    const std::string text = noise(200'000);
    const std::string logs = tar_gz({{"dmesg", "d"}, {"var/log/journalctl.log", text}, {"z", "z"}});
    EXPECT_EQ(read(logs, kJournal), text);
    EXPECT_EQ(read(logs, "var/log/journalctl.log"), text);
    EXPECT_EQ(read(logs, "z"), "z");
    EXPECT_EQ(read(logs, "log/journalctl.log"), "no-such-log");
    EXPECT_EQ(read(logs.substr(0, 10'000), kJournal), "logs-broken");
}

TEST_F(NanitLogArchive, ALinkIsNoFileOfItsName) {
    EXPECT_EQ(read(tar_gz({{"journalctl.log", "", AE_IFLNK, "/etc/shadow"}}), kJournal),
              "no-such-log");
}

TEST_F(NanitLogArchive, TheReadersOwnErrorEndsIt) {
    int pieces = 0;
    const auto done =
        read_log(file(tar_gz({{"a", noise(300'000)}})), "a", [&](std::string_view) -> Result<> {
            ++pieces;
            return base::fail(ErrorKind::Cancelled, "enough");
        });
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message(), "enough");
    EXPECT_EQ(pieces, 1);
}

TEST_F(NanitLogArchive, SaysThatThereIsNone) {
    const auto done = list_logs(folder.path("none.tar.gz"));
    ASSERT_FALSE(done);
    EXPECT_TRUE(done.error().is(ErrorKind::NotFound)) << done.error().message();
}

}  // namespace
}  // namespace casement::drivers::nanit
