// The whole recorder over a stream of the hub, a disk in memory and a clock that the test moves.

#include "recorder/recorder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "formats/fmp4/reader.hpp"
#include "hub/stream_writer.hpp"
#include "recorder/check.hpp"
#include "recorder/retention.hpp"
#include "tests/fakes/coroutine.hpp"
#include "tests/fakes/footage.hpp"
#include "tests/fakes/memory_files.hpp"

namespace casement::recorder {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const base::WallTime kBegin = fakes::Clock::kBegin;
base::WallTime at(std::chrono::microseconds after) { return kBegin + after; }

struct RecorderTest : testing::Test {
    fakes::Clock clock;
    fakes::MemoryFiles files;
    asio::io_context io{1};
    std::unique_ptr<store::Store> store = store::Store::open(":memory:").value();
    std::unique_ptr<events::EventLog> log = events::EventLog::open(*store, clock).value();
    std::shared_ptr<hub::Stream> stream = new_stream();
    std::unique_ptr<Recorder> recorder;
    std::unique_ptr<hub::StreamWriter> source;
    fakes::Footage footage;
    Policy policy{.segment = 5s};

    void SetUp() override {
        ::setenv("TZ", "UTC", 1);
        base::capture_log([](base::LogLevel, std::string_view) {});
        footage.wall = kBegin;
        open();
        connect();
    }
    void TearDown() override {
        if (recorder) fakes::run(io, recorder->stop());
        recorder.reset();
        base::capture_log({});
    }
    static Options options() {
        Options o;
        o.directory = "/rec";
        o.beat = 1ms;
        o.keep_free_bytes = 1000;
        o.retention_every = 24h;
        o.retry_disk = 0s;
        return o;
    }
    void open() {
        recorder = Recorder::open(io.get_executor(), clock, *store, *log, files, options()).value();
        ASSERT_TRUE(recorder->add("porch", stream, io.get_executor(), policy));
        until_it_reads();
    }
    std::shared_ptr<hub::Stream> new_stream() {
        return std::make_shared<hub::Stream>("porch", hub::GopLogLimits{.keep = 60s}, clock,
                                             base::Log{});
    }
    void until_it_reads() {
        until([&] { return stream->reader_list().size() == 1; });
    }
    void connect() {
        source.reset();
        source = std::make_unique<hub::StreamWriter>(stream);
        source->set_tracks(footage.tracks);
        footage.picture = 0;
    }
    /// Lets everything run until it is so; half a minute of real time is a failure.
    void until(const std::function<bool()>& so) {
        const auto end = std::chrono::steady_clock::now() + 30s;
        const auto work = asio::make_work_guard(io);
        io.restart();
        while (!so()) {
            ASSERT_LT(std::chrono::steady_clock::now(), end) << "it never came to that";
            io.run_one_for(1ms);
        }
    }
    /// The camera gives pictures for so long, and the recorder takes them.
    void film(int tenths) {
        for (int i = 0; i < tenths; ++i) {
            for (const auto& unit : footage.next()) source->publish(*unit);
            clock.advance(100ms);
        }
    }
    void beats(int count = 5) {
        for (int i = 0; i < count; ++i) {
            bool passed = false;
            asio::steady_timer timer(io, 2ms);
            timer.async_wait([&](auto) { passed = true; });
            until([&] { return passed; });
        }
    }
    void film_and_write(int tenths) {
        film(tenths);
        until([&] { return written_until() == footage.wall; });
    }
    void pass(std::chrono::milliseconds time) {
        clock.advance(time);
        footage.wall += time;
        footage.media_us += std::chrono::microseconds(time).count();
        footage.next_sound_us = footage.media_us;
    }
    base::WallTime written_until() {
        const auto all = segments();
        return all.empty() ? base::WallTime{} : all.back().end;
    }
    std::vector<Segment> segments() {
        return fakes::run(io, recorder->library().segments("porch", at(-1h), at(24h * 365)))
            .value();
    }
    Timeline timeline() {
        return fakes::run(io, recorder->library().timeline("porch", at(-10s), at(24h * 365)))
            .value();
    }
    std::vector<std::string> gaps() {
        std::vector<std::string> out;
        for (const Gap& gap : timeline().gaps) {
            out.push_back(fmt::format("{} {} {}{}{}", (gap.start - kBegin) / 100ms,
                                      (gap.end - kBegin) / 100ms, gap.reason,
                                      gap.detail.empty() ? "" : "/", gap.detail));
        }
        return out;
    }
    std::vector<events::EventPtr> events(std::string_view kind) {
        events::Query query;
        query.kinds = {std::string(kind)};
        return fakes::run(io, log->list(query)).value().events;
    }
    std::string findings() {
        std::string out;
        const auto report =
            store->run_now([&](store::Database& db) { return check(files, "/rec", db); });
        for (const Finding& f : report.value().findings)
            out += fmt::format("{}: {} {}\n", f.invariant, f.file, f.text);
        return out;
    }
    void stop() {
        fakes::run(io, recorder->stop());
        recorder.reset();
    }
};

TEST_F(RecorderTest, RecordsAStreamAndShowsTheGrowingFile) {
    film_and_write(70);
    const auto all = segments();
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].end, at(5s));
    EXPECT_EQ(all[1].end, at(7s));
    const auto status = recorder->status("porch");
    EXPECT_TRUE(status->active);
    EXPECT_FALSE(status->reason);
    EXPECT_EQ(status->bytes, all[0].bytes + all[1].bytes);
    EXPECT_FALSE(recorder->status("nobody"));
    EXPECT_THAT(timeline().spans,
                ElementsAre(Span{at(0s), at(7s), all[0].run, all[0].bytes + all[1].bytes}));
    EXPECT_THAT(gaps(), IsEmpty());
    stop();
    EXPECT_EQ(findings(), "");
}

TEST_F(RecorderTest, StopWritesTheLastPictureToo) {
    film_and_write(40);
    film(7);
    stop();
    EXPECT_EQ(findings(), "");
    open();
    EXPECT_EQ(written_until(), at(4700ms));
    EXPECT_FALSE(recorder->recovery().did_anything()) << "a clean end leaves nothing to repair";
}

TEST_F(RecorderTest, AKilledHubFindsItsFilesAgain) {
    film_and_write(70);
    recorder.reset();  // without stop: nothing is closed
    fakes::settle(io);
    source.reset();
    stream = new_stream();
    pass(10s);
    open();
    EXPECT_EQ(recorder->recovery().indexed, 1u);
    EXPECT_EQ(written_until(), at(7s));
    beats();
    EXPECT_THAT(events(events::kind::kRecovered), SizeIs(1));
    connect();
    film_and_write(10);
    EXPECT_THAT(gaps(), ElementsAre("70 170 restart"));
}

TEST_F(RecorderTest, AFullDiskIsSaidInASentenceAndEndsByItself) {
    film_and_write(20);
    files.set_full(true);
    files.set_free_bytes(0);
    film(10);
    until([&] { return recorder->status("porch")->reason.has_value(); });
    const Status status = *recorder->status("porch");
    EXPECT_FALSE(status.active);
    EXPECT_EQ(status.reason->code, "disk-full");
    EXPECT_EQ(status.reason->text, "The disk is full: recording stopped at 21:00.");
    EXPECT_EQ(status.reason->action, camera::Action::FreeSpace);
    beats();
    auto told = events(events::kind::kRecording);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0]->text, "The disk is full: recording stopped at 21:00.");
    EXPECT_EQ(told[0]->data, R"({"reason":"disk-full","state":"stopped"})");

    film(100);
    beats();
    EXPECT_TRUE(recorder->status("porch")->reason) << "there is no room yet";
    files.set_full(false);
    files.set_free_bytes(1u << 30);
    until([&] { return !recorder->status("porch")->reason; });
    until_it_reads();
    film_and_write(10);
    told = events(events::kind::kRecording);
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told[0]->text, "Recording goes on after 10s without");
    const auto missing = gaps();
    ASSERT_EQ(missing.size(), 1u);
    EXPECT_THAT(missing[0], testing::StartsWith("20 "));
    EXPECT_THAT(missing[0], testing::EndsWith(" disk-full/disk-full"));
    stop();
    EXPECT_EQ(findings(), "");
}

TEST_F(RecorderTest, ADiskThatIsBrokenSaysSo) {
    film_and_write(20);
    files.fail_at(files.operations() + 1, EIO);
    film(10);
    until([&] { return !events(events::kind::kRecording).empty(); });
    EXPECT_THAT(events(events::kind::kRecording).back()->text,
                testing::StartsWith("The disk refused: "));
    until([&] { return events(events::kind::kRecording).size() == 2; });
}

TEST_F(RecorderTest, AnOutageIsAGapWithItsReason) {
    film_and_write(20);
    source.reset();
    pass(8s);
    connect();
    film_and_write(20);
    EXPECT_THAT(gaps(), ElementsAre("20 100 unreachable"));
}

TEST_F(RecorderTest, SilenceEndsTheRunAlthoughNobodyHungUp) {
    film_and_write(20);
    pass(36s);
    until([&] { return !gaps().empty(); });
    EXPECT_THAT(gaps(), ElementsAre("20 380 unreachable"));
}

TEST_F(RecorderTest, ASlateIsNeverRecorded) {
    film_and_write(20);
    media::AccessUnit slate = *footage.unit(0, footage.media_us, true, 500);
    slate.slate = true;
    source->publish(slate);
    until([&] { return !recorder->status("porch")->active; });
    EXPECT_EQ(written_until(), at(2s));
}

TEST_F(RecorderTest, PrivacyStopsAtOnceAndIsTyped) {
    film_and_write(20);
    ASSERT_TRUE(recorder->pause("porch", EndReason::Privacy));
    until([&] { return !recorder->status("porch")->active; });
    film(30);
    beats();
    EXPECT_EQ(written_until(), at(2s));
    ASSERT_TRUE(recorder->pause("porch", std::nullopt));
    until_it_reads();
    film_and_write(10);
    EXPECT_THAT(gaps(), ElementsAre("20 50 privacy"));
    EXPECT_EQ(recorder->pause("nobody", std::nullopt).error().kind(), ErrorKind::NotFound);
}

TEST_F(RecorderTest, OffKeepsNothingAndOnBeginsAgain) {
    film_and_write(20);
    Policy off = policy;
    off.mode = Mode::Off;
    ASSERT_TRUE(recorder->set_policy("porch", off));
    until([&] { return !recorder->status("porch")->active; });
    film(10);
    beats();
    EXPECT_EQ(written_until(), at(2s));
    ASSERT_TRUE(recorder->set_policy("porch", policy));
    until_it_reads();
    film_and_write(10);
    EXPECT_THAT(gaps(), ElementsAre("20 30 recording-off"));
}

TEST_F(RecorderTest, AnEventIsRecordedWithWhatCameBefore) {
    Policy on_event = policy;
    on_event.mode = Mode::Events;
    on_event.pre_roll = 3s;
    on_event.post_roll = 4s;
    ASSERT_TRUE(recorder->set_policy("porch", on_event));
    beats();
    film(100);
    beats();
    EXPECT_THAT(segments(), IsEmpty());
    events::Event motion;
    motion.camera = "porch";
    motion.kind = events::kind::kMotion;
    motion.start = clock.wall_now();
    ASSERT_TRUE(fakes::run(io, log->append(motion)));
    until([&] { return !segments().empty(); });
    for (int i = 0; i < 10; ++i) film(10), beats(2);
    const auto span = timeline().spans;
    ASSERT_EQ(span.size(), 1u);
    EXPECT_LE(span[0].start, at(7s));
    EXPECT_GE(span[0].start, at(6s));
    EXPECT_GE(span[0].end, at(14s));
    EXPECT_LE(span[0].end, at(16s));
}

TEST_F(RecorderTest, ARemovedCameraKeepsItsFiles) {
    film_and_write(20);
    film(5);
    EXPECT_TRUE(fakes::run(io, recorder->remove("porch")));
    EXPECT_EQ(written_until(), at(2500ms));
    EXPECT_FALSE(recorder->status("porch"));
    EXPECT_EQ(fakes::run(io, recorder->remove("porch")).error().kind(), ErrorKind::NotFound);
    EXPECT_EQ(recorder->add("porch", stream, io.get_executor(), policy).has_value(), true);
    EXPECT_EQ(recorder->add("porch", stream, io.get_executor(), policy).error().kind(),
              ErrorKind::FailedPrecondition);
}

TEST_F(RecorderTest, AnyStretchComesBackAsOneFile) {
    film_and_write(120);
    const auto file =
        fakes::run(io, recorder->library().export_range({"porch", at(3500ms), at(8200ms)}));
    ASSERT_TRUE(file) << file.error().message();
    EXPECT_EQ((*file)->from(), at(3s)) << "from the key frame before";
    EXPECT_EQ((*file)->file_name(), "porch_2026-11-20_21-00-03Z.mp4");
    std::vector<std::uint8_t> bytes;
    while (bytes.size() < (*file)->size()) {
        const auto piece = fakes::run(io, (*file)->read(bytes.size(), 777)).value();
        ASSERT_FALSE(piece.empty());
        bytes.insert(bytes.end(), piece.begin(), piece.end());
    }
    EXPECT_TRUE(fakes::run(io, (*file)->read(bytes.size(), 10)).value().empty());
    EXPECT_THAT(std::string(base::as_text(bytes)), HasSubstr("moov"));

    film_and_write(10);
    const auto again =
        fakes::run(io, recorder->library().export_range({"porch", at(3500ms), at(8200ms)}));
    EXPECT_EQ(*again, *file) << "the ranges of one download meet the same bytes";
    EXPECT_EQ(fakes::run(io, recorder->library().export_range({"porch", at(-20s), at(-10s)}))
                  .error()
                  .reason(),
              "no-footage");
    EXPECT_EQ(
        fakes::run(io, recorder->library().export_range({"porch", at(2s), at(1s)})).error().kind(),
        ErrorKind::InvalidArgument);
    EXPECT_EQ(
        fakes::run(io, recorder->library().export_range({"nobody", at(1s), at(2s)})).error().kind(),
        ErrorKind::NotFound);
}

TEST_F(RecorderTest, RetentionDeletesWhatIsTooOldAndSaysSo) {
    policy.keep = 8s;
    ASSERT_TRUE(recorder->set_policy("porch", policy));
    film_and_write(220);
    EXPECT_EQ(fakes::run(io, recorder->apply_retention()).value(), 2u);
    EXPECT_EQ(segments().front().start, at(10s));
    EXPECT_EQ(files.contents().size(), 3u);
    beats();
    const auto told = events(events::kind::kDeleted);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0]->camera, "porch");
    EXPECT_THAT(told[0]->text,
                testing::EndsWith("of footage up to 2026-11-20T21:00:10.000Z deleted"));
    EXPECT_THAT(told[0]->data, HasSubstr(R"("why":"age")"));
    EXPECT_THAT(gaps(), ElementsAre("0 100 deleted"));
    EXPECT_EQ(fakes::run(io, recorder->apply_retention()).value(), 0u);
}

TEST_F(RecorderTest, RetentionKeepsACameraUnderItsBytes) {
    film_and_write(220);
    const std::uint64_t all = recorder->status("porch")->bytes;
    policy.max_bytes = all - 1;
    ASSERT_TRUE(recorder->set_policy("porch", policy));
    EXPECT_EQ(fakes::run(io, recorder->apply_retention()).value(), 1u);
    EXPECT_LT(recorder->status("porch")->bytes, all);
    beats();
    EXPECT_THAT(events(events::kind::kDeleted).at(0)->data, HasSubstr(R"("why":"camera-bytes")"));
}

TEST_F(RecorderTest, RetentionMakesRoomBeforeTheDiskIsFull) {
    film_and_write(120);
    files.set_free_bytes(999);
    EXPECT_EQ(fakes::run(io, recorder->apply_retention()).value(), 1u);
    beats();
    EXPECT_THAT(events(events::kind::kDeleted).at(0)->text,
                testing::EndsWith("deleted: the disk was nearly full"));
}

TEST_F(RecorderTest, AFileThatCannotBeDeletedKeepsItsRow) {
    policy.keep = 8s;
    ASSERT_TRUE(recorder->set_policy("porch", policy));
    film_and_write(220);
    beats();
    files.fail_at(files.operations() + 1, EACCES);
    EXPECT_EQ(fakes::run(io, recorder->apply_retention()).value(), 1u);
    EXPECT_EQ(segments().size(), 4u);
    EXPECT_EQ(fakes::run(io, recorder->apply_retention()).value(), 1u);
}

TEST_F(RecorderTest, StorageSaysWhatIsThereAndHowLongItLasts) {
    film_and_write(120);
    stop();
    open();
    policy.max_bytes = recorder->status("porch")->bytes * 4;
    ASSERT_TRUE(recorder->set_policy("porch", policy));
    const Storage storage = fakes::run(io, recorder->storage()).value();
    ASSERT_EQ(storage.cameras.size(), 1u);
    EXPECT_EQ(storage.bytes, storage.cameras[0].total.bytes);
    EXPECT_EQ(storage.cameras[0].total.segments, 3u);
    EXPECT_EQ(storage.cameras[0].total.oldest, at(0s));
    EXPECT_EQ(storage.cameras[0].room_for, std::chrono::hours{96})
        << "four times what one day brought";
    EXPECT_THAT(fakes::run(io, recorder->library().days("porch")).value(), SizeIs(1));
}

// The pure part of the time line
// ---------------------------------------------------------------------------------------------------------

Segment piece(std::chrono::seconds from, std::chrono::seconds to, std::string run = "r1") {
    return {.camera = "porch",
            .file = fmt::format("{}", from.count()),
            .start = at(from),
            .end = at(to),
            .bytes = 10,
            .run = std::move(run),
            .sequence = 0,
            .codecs = ""};
}
recorder::Run ran(std::chrono::seconds from, std::optional<std::chrono::seconds> to,
                  EndReason reason, std::string id = "r1") {
    return {.id = std::move(id),
            .camera = "porch",
            .start = at(from),
            .end = to ? std::optional(at(*to)) : std::nullopt,
            .reason = reason,
            .detail = ""};
}

TEST(Timeline, WhatRunsCoveredAndFilesDoNotIsDeleted) {
    const auto line =
        make_timeline({piece(60s, 120s)}, {ran(0s, 120s, EndReason::Privacy)}, at(-30s), at(200s));
    EXPECT_THAT(line.gaps, ElementsAre(Gap{at(0s), at(60s), "deleted", ""},
                                       Gap{at(120s), at(200s), "privacy", ""}));
}

TEST(Timeline, BeforeTheFirstRunNothingIsMissing) {
    EXPECT_THAT(make_timeline({}, {}, at(0s), at(60s)).gaps, IsEmpty());
    EXPECT_THAT(
        make_timeline({piece(30s, 60s)}, {ran(30s, {}, EndReason::None)}, at(0s), at(60s)).gaps,
        IsEmpty());
}

TEST(Timeline, AHoleBetweenRunsHasTheReasonOfTheFirst) {
    const auto line = make_timeline(
        {piece(0s, 10s), piece(20s, 30s, "r2")},
        {ran(0s, 10s, EndReason::DiskFull), ran(20s, {}, EndReason::None, "r2")}, at(0s), at(31s));
    EXPECT_THAT(line.gaps, ElementsAre(Gap{at(10s), at(20s), "disk-full", ""}));
    EXPECT_EQ(line.spans.size(), 2u);
}

TEST(Timeline, AQuickReconnectIsNoGap) {
    const auto line = make_timeline(
        {piece(0s, 10s), piece(10s, 30s, "r2")},
        {ran(0s, 10s, EndReason::Changed), ran(10s, {}, EndReason::None, "r2")}, at(0s), at(30s));
    EXPECT_THAT(line.spans, SizeIs(1));
    EXPECT_THAT(line.gaps, IsEmpty());
}

TEST(Timeline, IsCutToWhatWasAsked) {
    const auto line =
        make_timeline({piece(0s, 60s)}, {ran(0s, 60s, EndReason::Unreachable)}, at(10s), at(20s));
    EXPECT_THAT(line.spans, ElementsAre(Span{at(10s), at(20s), "r1", 10}));
}

TEST(Timeline, ADeletedWholeIsDeletedToItsRunsEnd) {
    const auto line = make_timeline({}, {ran(0s, 60s, EndReason::Unreachable)}, at(10s), at(100s));
    EXPECT_THAT(line.gaps, ElementsAre(Gap{at(10s), at(60s), "deleted", ""},
                                       Gap{at(60s), at(100s), "unreachable", ""}));
}

TEST(RecorderWords, OfReasonsComeBack) {
    for (int i = 0; i <= static_cast<int>(EndReason::Unknown); ++i)
        EXPECT_EQ(parse_end_reason(to_string(static_cast<EndReason>(i))),
                  static_cast<EndReason>(i));
    EXPECT_EQ(parse_end_reason("boredom"), EndReason::Unknown);
}

}  // namespace
}  // namespace casement::recorder
