// From access units to files and back: planner, writer, recovery, check, on a real directory.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "formats/fmp4/reader.hpp"
#include "recorder/batch_writer.hpp"
#include "recorder/check.hpp"
#include "recorder/layout.hpp"
#include "recorder/recovery.hpp"
#include "store/files.hpp"
#include "tests/fakes/footage.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/fakes/test_data.hpp"

namespace casement::recorder {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Files : testing::Test {
    fakes::TempDirectory dir;
    std::unique_ptr<FileSystem> files = make_system_files();
    std::optional<Disk> disk{std::in_place, *files, dir.path("recordings"), base::Log{}};
    std::optional<BatchWriter> writer{std::in_place, *disk};
    std::unique_ptr<store::Database> db = store::Database::open(":memory:").value();
    fakes::Footage footage;
    int run_ids = 0;
    Planner planner{"porch", {.segment = 5s}, [this] { return fmt::format("run-{}", ++run_ids); }};
    std::vector<Segment> closed;
    std::vector<recorder::Run> runs;
    std::optional<Segment> open;

    void SetUp() override {
        ASSERT_TRUE(store::migrate(*db, index::kSchema));
        planner.parameters(footage.tracks);
    }
    void TearDown() override { disk->drain(); }

    void carry_out() {
        BatchResult result = writer->carry_out(planner.take_ops());
        EXPECT_FALSE(result.error) << result.error->message();
        for (Segment& s : result.closed) closed.push_back(std::move(s));
        for (recorder::Run& r : result.runs) {
            if (!runs.empty() && runs.back().id == r.id)
                runs.back() = r;
            else
                runs.push_back(r);
        }
        open = result.open;
    }
    /// Beats every nine tenths of a second.
    void record(int tenths) {
        for (int i = 0; i < tenths; ++i) {
            for (const auto& unit : footage.next()) planner.unit(unit);
            if (footage.picture % 9 == 0) {
                planner.beat();
                carry_out();
            }
        }
    }
    void end(EndReason reason) {
        planner.end_run(reason);
        carry_out();
    }
    void index_all() {
        for (const Segment& s : closed) ASSERT_TRUE(index::put_segment(*db, s));
        for (const recorder::Run& r : runs) ASSERT_TRUE(index::put_run(*db, r));
    }
    std::string path(const Segment& s) const { return "recordings/" + s.camera + "/" + s.file; }
    std::vector<std::string> findings() {
        disk->drain();
        const auto report = check(*files, disk->root(), *db);
        std::vector<std::string> out;
        for (const Finding& f : report.value().findings)
            out.push_back(fmt::format("{}: {} {}", f.invariant, f.file, f.text));
        return out;
    }
};

TEST_F(Files, ARunIsARowOfWholeFilesThatAgreeWithTheirRows) {
    record(123);
    end(EndReason::RecordingOff);
    ASSERT_EQ(closed.size(), 3u);
    EXPECT_EQ(closed[0].file, "2026-11-20/21-00-00.000Z.mp4");
    EXPECT_EQ(closed[0].start, fakes::Clock::kBegin);
    EXPECT_EQ(closed[0].end, fakes::Clock::kBegin + 5s);
    EXPECT_EQ(closed[1].start, closed[0].end);
    EXPECT_EQ(closed[2].end, fakes::Clock::kBegin + 12300ms);
    EXPECT_EQ(closed[1].codecs, "avc1.42c01f,mp4a.40.2");
    EXPECT_THAT(runs, ElementsAre(recorder::Run{"run-1", "porch", fakes::Clock::kBegin,
                                                fakes::Clock::kBegin + 12300ms,
                                                EndReason::RecordingOff, ""}));
    for (const Segment& s : closed)
        EXPECT_EQ(std::filesystem::file_size(dir.path(path(s))), s.bytes);
    index_all();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(Files, EveryUnitIsInTheFilesOnce) {
    record(123);
    end(EndReason::RecordingOff);
    disk->drain();
    std::uint64_t pictures = 0, sounds = 0;
    for (const Segment& s : closed) {
        const auto source = files->open(dir.path(path(s))).value();
        auto reader = formats::fmp4::Reader::open(*source).value();
        std::int64_t last = -1;
        for (;;) {
            const auto fragment = reader.next().value();
            if (!fragment) break;
            for (const auto& track : fragment->tracks) {
                (track.track == 0 ? pictures : sounds) += track.samples.size();
                if (track.track != 0) continue;
                for (const auto& sample : track.samples) {
                    EXPECT_EQ(sample.duration, 9000u);
                    EXPECT_EQ(sample.dts, last < 0 ? 0 : last + 9000);
                    last = sample.dts;
                }
            }
        }
    }
    EXPECT_EQ(pictures, 123u);
    EXPECT_EQ(sounds, 193u) << "12.3 s in steps of 64 ms";
}

TEST_F(Files, SoundThatComesLateGoesIntoTheFileOfItsTime) {
    std::vector<media::AccessUnitPtr> late;
    for (int i = 0; i < 80; ++i) {  // sound is three tenths of a second behind the picture
        for (const auto& unit : footage.next()) {
            if (unit->track == 0)
                planner.unit(unit);
            else
                late.push_back(unit);
        }
        while (!late.empty() &&
               media::ticks_to_us(late.front()->dts, 16'000).count() + 300'000 < footage.media_us) {
            planner.unit(late.front());
            late.erase(late.begin());
        }
        if (i % 9 == 8) planner.beat(), carry_out();
    }
    end(EndReason::RecordingOff);
    ASSERT_EQ(closed.size(), 2u);
    index_all();
    EXPECT_THAT(findings(), IsEmpty());
    const auto source = files->open(dir.path(path(closed[0]))).value();
    auto reader = formats::fmp4::Reader::open(*source).value();
    std::int64_t last_sound = 0;
    while (const auto fragment = reader.next().value()) {
        for (const auto& track : fragment->tracks) {
            if (track.track == 1)
                last_sound = track.samples.back().dts + track.samples.back().duration;
        }
    }
    EXPECT_GE(last_sound, 16'000 * 5 - 1024);
}

TEST_F(Files, AKillLosesWhatWasNotWrittenAndNothingElse) {
    record(68);  // 6.3 s are written
    const base::WallTime written = open->end;
    EXPECT_EQ(written, fakes::Clock::kBegin + 6300ms);
    disk->drain();
    index_all();  // the first file; the second grows and nobody knows it
    const auto report = recover(*files, disk->root(), *db).value();
    EXPECT_EQ(report.indexed, 1u);
    EXPECT_EQ(report.shortened, 0u);
    EXPECT_EQ(report.runs_ended, 1u);
    const auto rows = index::all_segments(*db, "porch").value();
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[1].end, written);
    EXPECT_EQ(rows[1].sequence, 1u);
    const auto run = index::run(*db, "run-1").value();
    EXPECT_EQ(run->end, written);
    EXPECT_EQ(run->reason, EndReason::Restart);
    EXPECT_THAT(findings(), IsEmpty());
    EXPECT_FALSE(recover(*files, disk->root(), *db).value().did_anything())
        << "a second start has nothing to do";
}

TEST_F(Files, AFileTornAtAnyByteIsCutToItsLastWholeFragment) {
    footage.picture_bytes = 40;
    record(27);
    disk->drain();
    const std::string file = path(*open), whole = dir.read(file);
    writer.reset();
    std::uint64_t shortened = 0, removed = 0;
    for (std::size_t size = 0; size < whole.size(); size += 7) {
        dir.write(file, whole.substr(0, size));
        ASSERT_TRUE(db->run("DELETE FROM recording_segments"));
        const auto report = recover(*files, disk->root(), *db);
        ASSERT_TRUE(report) << size << ": " << report.error().message();
        shortened += report->shortened;
        removed += report->removed;
        ASSERT_THAT(findings(), IsEmpty()) << "cut at " << size;
    }
    EXPECT_GT(shortened, 100u);
    EXPECT_GT(removed, 50u);
}

TEST_F(Files, AnIndexThatIsLostIsRebuiltFromTheFiles) {
    record(123);
    end(EndReason::Unreachable);
    footage.media_us += 10'000'000;
    footage.next_sound_us += 10'000'000;
    footage.wall += 10s;
    footage.picture = 0;
    record(30);
    end(EndReason::Restart);
    disk->drain();
    const auto report = recover(*files, disk->root(), *db).value();
    EXPECT_EQ(report.indexed, 4u);
    auto rows = index::all_segments(*db, "porch").value();
    EXPECT_EQ(rows, closed);
    EXPECT_EQ(index::run(*db, "run-1").value()->reason, EndReason::Unknown);
    EXPECT_EQ(index::run(*db, "run-1").value()->end, runs[0].end);
    EXPECT_EQ(index::run(*db, "run-2").value()->start, runs[1].start);
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(Files, RowsWithoutFilesGoAndStrangersStay) {
    record(60);
    end(EndReason::Restart);
    index_all();
    disk->drain();
    std::filesystem::remove(dir.path(path(closed[0])));
    dir.write("recordings/porch/2026-11-20/holiday.mp4", "mine");
    dir.write("recordings/porch/2026-11-20/22-00-00.000Z.mp4", "no mp4");
    EXPECT_EQ(findings().size(), 3u);
    const auto report = recover(*files, disk->root(), *db).value();
    EXPECT_EQ(report.rows_removed, 1u);
    EXPECT_EQ(report.removed, 1u);
    EXPECT_EQ(dir.read("recordings/porch/2026-11-20/holiday.mp4"), "mine");
    EXPECT_THAT(findings(), ElementsAre(HasSubstr("holiday.mp4 has a name that no segment has")));
}

TEST_F(Files, TheCheckSeesWhatIsWrong) {
    record(123);
    end(EndReason::Restart);
    index_all();
    disk->drain();
    const auto spoil = [&](auto change) {
        Segment row = closed[1];
        change(row);
        EXPECT_TRUE(index::put_segment(*db, row));
        const auto found = findings();
        EXPECT_TRUE(index::put_segment(*db, closed[1]));
        return found.empty() ? std::string("nothing") : found[0].substr(0, 2);
    };
    EXPECT_EQ(spoil([](Segment& s) { s.bytes += 1; }), "2:");
    EXPECT_EQ(spoil([](Segment& s) { s.run = "another"; }), "4:");
    EXPECT_EQ(spoil([](Segment& s) { s.codecs = "avc1.000000"; }), "4:");
    EXPECT_EQ(spoil([](Segment& s) { s.end += 1s; }), "4:");
    EXPECT_EQ(spoil([](Segment&) {}), "nothing");
    dir.write(path(closed[1]), dir.read(path(closed[1])) + "torn");
    EXPECT_THAT(findings(), testing::Contains(HasSubstr("3: " + closed[1].file)));
}

TEST(Layout, NamesAndTimesAreOneToOne) {
    const base::WallTime time = fakes::Clock::kBegin + 123ms;
    EXPECT_EQ(segment_file(time), "2026-11-20/21-00-00.123Z.mp4");
    EXPECT_EQ(segment_time("2026-11-20/21-00-00.123Z.mp4"), time);
    for (const char* bad :
         {"", "2026-11-20/21-00-00.123Z.mp5", "2026-11-20/21:00:00.123Z.mp4",
          "2026-13-20/21-00-00.123Z.mp4", "2026-11-20/25-00-00.123Z.mp4",
          "2026-11-20/21-00-60.123Z.mp4", "../../etc/passwd", "2026-11-20T21-00-00.123Z.mp4"}) {
        EXPECT_FALSE(segment_time(bad)) << bad;
    }
    EXPECT_TRUE(is_day("2026-02-28"));
    EXPECT_FALSE(is_day("2026-02-30"));
    EXPECT_FALSE(is_day("lost+found"));
}

TEST(RecorderIndex, SchemaIsTheDocumentedOne) {
    auto db = store::Database::open(":memory:").value();
    ASSERT_TRUE(store::migrate(*db, index::kSchema));
    const std::string documented =
        store::read_file(fakes::test_data() + "/../../docs/ref/schema/recorder.sql", 1 << 20)
            .value();
    EXPECT_THAT(documented, HasSubstr(store::describe(*db).value()));
}

}  // namespace
}  // namespace casement::recorder
