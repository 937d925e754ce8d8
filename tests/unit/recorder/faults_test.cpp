// Every single operation of the disk fails once, and the power is cut after each: what remains is
// whole.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "recorder/batch_writer.hpp"
#include "recorder/check.hpp"
#include "recorder/recovery.hpp"
#include "tests/fakes/footage.hpp"
#include "tests/fakes/memory_files.hpp"

namespace casement::recorder {
namespace {

using namespace std::chrono_literals;

/// Eight seconds of recording in files of three, with a beat each 0.9 s, on a disk that may fail.
struct Scenario {
    explicit Scenario(bool index_rows) : index_rows_(index_rows) {
        EXPECT_TRUE(store::migrate(*db, index::kSchema));
        planner.parameters(footage.tracks);
    }

    fakes::MemoryFiles files;
    Disk disk{files, "/rec", base::Log{}};
    BatchWriter writer{disk};
    std::unique_ptr<store::Database> db = store::Database::open(":memory:").value();
    fakes::Footage footage;
    int run_ids = 0;
    Planner planner{"porch", {.segment = 3s}, [this] { return fmt::format("run-{}", ++run_ids); }};
    std::vector<base::Error> errors;
    base::WallTime written_until{};

    void beat() {
        planner.beat();
        write();
    }
    void write() {
        BatchResult result = writer.carry_out(planner.take_ops());
        disk.drain();
        if (index_rows_) {
            for (const Run& run : result.runs) EXPECT_TRUE(index::put_run(*db, run));
            for (const Segment& segment : result.closed)
                EXPECT_TRUE(index::put_segment(*db, segment));
        }
        if (result.open) written_until = result.open->end;
        if (result.error) {
            errors.push_back(*result.error);
            planner.abandon();
        }
    }
    void record(int tenths) {
        for (int i = 0; i < tenths; ++i) {
            for (const auto& unit : footage.next()) planner.unit(unit);
            if (footage.picture % 9 == 0) beat();
        }
    }
    void finish() {
        planner.end_run(EndReason::Restart);
        write();
    }
    std::string findings() {
        std::string out;
        for (const Finding& f : check(files, "/rec", *db).value().findings)
            out += fmt::format("{}: {} {}\n", f.invariant, f.file, f.text);
        return out;
    }
    std::chrono::microseconds recorded() {
        std::chrono::microseconds sum{};
        for (const Segment& s : index::all_segments(*db, "porch").value()) sum += s.end - s.start;
        return sum;
    }

private:
    const bool index_rows_;
};

class EachFault : public testing::TestWithParam<int> {
    void SetUp() override {
        base::capture_log([](base::LogLevel, std::string_view) {});
    }
    void TearDown() override { base::capture_log({}); }
};

TEST_P(EachFault, LeavesWholeFilesThatTheIndexKnowsAndGoesOn) {
    std::uint64_t n = 1;
    for (;; ++n) {
        Scenario s(true);
        s.files.fail_at(n, GetParam());
        s.record(80);
        s.finish();
        if (!s.files.failed()) break;
        // What was left unsure, a failed truncate for one, the next start puts in order.
        s.files.fail_at(0, 0);
        ASSERT_TRUE(recover(s.files, "/rec", *s.db)) << "operation " << n;
        ASSERT_EQ(s.findings(), "") << "operation " << n;
        EXPECT_LE(s.errors.size(), 1u) << "one fault, one failure";
        // The beat that failed, the rest up to the next key frame, and nothing more.
        EXPECT_GE(s.recorded(), 8s - 900ms - 1000ms - 900ms) << "operation " << n;
    }
    EXPECT_GT(n, 20u) << "creates, writes and syncs were all visited";
}

INSTANTIATE_TEST_SUITE_P(
    Disk, EachFault, testing::Values(ENOSPC, EIO, EDQUOT), [](const auto& info) {
        return std::string(info.param == ENOSPC ? "Full" : info.param == EIO ? "Error" : "Quota");
    });

TEST(Faults, AFullDiskIsToldByItsReason) {
    Scenario s(true);
    s.record(20);
    s.files.set_full(true);
    s.record(10);
    ASSERT_FALSE(s.errors.empty());
    EXPECT_EQ(s.errors[0].reason(), "disk-full");
    const auto run = index::run(*s.db, "run-1").value();
    EXPECT_EQ(run->reason, EndReason::DiskFull);
    EXPECT_EQ(run->end, fakes::Clock::kBegin + 1800ms);
    s.files.set_full(false);
    s.record(30);
    s.finish();
    EXPECT_EQ(s.findings(), "");
}

TEST(Faults, APowerCutLosesLessThanASecondAndNoFile) {
    for (int tenth = 1; tenth <= 80; ++tenth) {
        for (const double kept : {0.0, 0.3, 0.9, 1.0}) {
            Scenario s(false);  // the rows were not synced either: the worst case
            s.record(tenth);
            const base::WallTime now = s.footage.wall;
            s.files.cut_power(kept);
            ASSERT_TRUE(recover(s.files, "/rec", *s.db));
            ASSERT_EQ(s.findings(), "") << tenth << " " << kept;
            const auto rows = index::all_segments(*s.db, "porch").value();
            const base::WallTime until = rows.empty() ? fakes::Clock::kBegin : rows.back().end;
            ASSERT_LT(now - until, 1s) << tenth << " " << kept;
            ASSERT_EQ(s.recorded(), until - fakes::Clock::kBegin) << "no hole before the end";
        }
    }
}

TEST(Faults, ASyncThatFailsEndsTheFileAndTheNextOneBegins) {
    base::capture_log([](base::LogLevel, std::string_view) {});
    Scenario s(true);
    s.record(9);
    s.files.fail_at(s.files.operations() + 2, EIO);  // the next write, then its sync
    s.record(40);
    s.finish();
    ASSERT_TRUE(s.files.failed());
    ASSERT_EQ(s.errors.size(), 1u);
    EXPECT_EQ(s.errors[0].kind(), base::ErrorKind::DataLoss);
    EXPECT_EQ(index::run(*s.db, "run-1").value()->reason, EndReason::DiskError);
    EXPECT_TRUE(index::run(*s.db, "run-2").value());
    EXPECT_EQ(s.findings(), "");
    base::capture_log({});
}

}  // namespace
}  // namespace casement::recorder
