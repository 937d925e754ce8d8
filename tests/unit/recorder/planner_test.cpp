#include "recorder/planner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/fmp4/reader.hpp"
#include "recorder/layout.hpp"
#include "tests/fakes/footage.hpp"

namespace casement::recorder {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

struct PlannerTest : testing::Test {
    fakes::Footage footage;
    int run_ids = 0;
    Planner planner{"porch", {.segment = 3s}, [this] { return fmt::format("run-{}", ++run_ids); }};

    void SetUp() override { planner.parameters(footage.tracks); }
    void give(int tenths) {
        for (int i = 0; i < tenths; ++i) {
            for (const auto& unit : footage.next()) planner.unit(unit);
        }
    }
    /// The ops in one word each: "run open append append close end:restart".
    std::string ops() {
        std::string out;
        for (const Op& op : planner.take_ops()) {
            if (!out.empty()) out += ' ';
            if (std::holds_alternative<BeginRun>(op))
                out += "run";
            else if (const auto* open = std::get_if<OpenSegment>(&op))
                out += fmt::format("open{}", open->segment.sequence);
            else if (std::holds_alternative<Append>(op))
                out += "append";
            else if (std::holds_alternative<CloseSegment>(op))
                out += "close";
            else
                out += fmt::format("end:{}", to_string(std::get<EndRun>(op).reason));
        }
        return out;
    }
};

TEST_F(PlannerTest, BeginsAtAKeyFrame) {
    footage.picture = 7;
    give(3);
    planner.beat();
    EXPECT_EQ(ops(), "");
    give(1);
    planner.beat();
    EXPECT_EQ(ops(), "run open0 append");
}

TEST_F(PlannerTest, CutsAtTheFirstKeyFrameAfterTheLength) {
    footage.pictures_per_key = 20;  // every two seconds
    give(41);
    EXPECT_EQ(ops(), "run open0 append append append append open1");
    planner.beat();
    EXPECT_EQ(ops(), "close append") << "the old file waits one beat for its last sound";
}

TEST_F(PlannerTest, AFragmentHoldsASecondAtMostWhenManyComeAtOnce) {
    give(29);
    planner.beat();
    EXPECT_EQ(ops(), "run open0 append append append");
}

TEST_F(PlannerTest, AFragmentIsClosedWhenItIsLarge) {
    footage.picture_bytes = 3u << 20;
    give(7);
    EXPECT_EQ(ops(), "run open0 append append");
}

TEST_F(PlannerTest, AnEndClosesEverythingAndTheNextRunIsAnother) {
    give(15);
    planner.end_run(EndReason::Privacy);
    EXPECT_EQ(ops(), "run open0 append append close end:privacy");
    EXPECT_FALSE(planner.in_run());
    planner.end_run(EndReason::Restart);
    EXPECT_EQ(ops(), "");
    give(6);
    planner.beat();
    EXPECT_EQ(ops(), "run open0 append");
    EXPECT_EQ(planner.run_id(), "run-2");
}

TEST_F(PlannerTest, ChangedParametersEndTheRun) {
    give(5);
    planner.parameters(footage.tracks);
    EXPECT_TRUE(planner.in_run()) << "the same again is no change";
    footage.tracks[0] = fakes::h264_track(0x28);
    planner.parameters(footage.tracks);
    EXPECT_EQ(ops(), "run open0 append close end:changed");
    give(1);
    EXPECT_EQ(ops(), "") << "the pictures up to the next key frame cannot be decoded";
    give(9);
    planner.beat();
    EXPECT_EQ(ops(), "run open0 append");
}

TEST_F(PlannerTest, WaitsForTheParametersOfThePictureButNotOfTheSound) {
    media::Tracks tracks = footage.tracks;
    tracks[0].parameters = nullptr;
    planner.parameters(tracks);
    give(10);
    planner.beat();
    EXPECT_EQ(ops(), "");
    tracks = footage.tracks;
    tracks[1].parameters = nullptr;
    planner.parameters(tracks);
    give(10);
    planner.beat();
    EXPECT_EQ(ops(), "run open0 append");
}

TEST_F(PlannerTest, SoundThatCannotBeWrittenIsNoReasonToLoseThePicture) {
    media::CodecParameters broken = *footage.tracks[1].parameters;
    broken.config = {};
    footage.tracks[1].parameters = std::make_shared<const media::CodecParameters>(broken);
    planner.parameters(footage.tracks);
    give(10);
    const auto all = planner.take_ops();
    EXPECT_EQ(std::get<OpenSegment>(all.at(1)).segment.codecs, "avc1.42c01f");
}

TEST_F(PlannerTest, RecordsSoundAlone) {
    footage.tracks = {fakes::aac_track(0)};
    planner.parameters(footage.tracks);
    for (int i = 0; i < 100; ++i)
        planner.unit(footage.unit(0, footage.media_us + i * 64'000, true, 100));
    planner.end_run(EndReason::Restart);
    EXPECT_EQ(ops(),
              "run open0 append append append open1 append append append close open2 close append "
              "close end:restart");
}

TEST_F(PlannerTest, GivesWhatAKillCouldTakeAtEveryBeat) {
    give(9);
    planner.beat();
    auto all = planner.take_ops();
    EXPECT_EQ(std::get<Append>(all.back()).end, fakes::Clock::kBegin + 900ms);
    planner.beat();
    EXPECT_THAT(planner.take_ops(), IsEmpty());
}

TEST_F(PlannerTest, SharesTheBuffersOfTheUnits) {
    const auto unit = footage.next()[0];
    planner.unit(unit);
    planner.beat();
    const auto all = planner.take_ops();
    EXPECT_EQ(std::get<Append>(all.back()).pieces.at(1).data(), unit->data.data());
}

TEST_F(PlannerTest, AWallClockThatWasSetBeginsANewRun) {
    give(15);
    footage.wall += 1h;
    give(10);
    planner.beat();
    EXPECT_EQ(ops(), "run open0 append append close end:changed run open0 append");
}

TEST_F(PlannerTest, WhatACameraHadKeptIsDatedBackAndNotCutOff) {
    const auto arrives_at_once = [&](int tenths) {
        for (int i = 0; i < tenths; ++i) {
            give(1);
            footage.wall -= 100ms;
        }
    };
    arrives_at_once(40);
    give(40);
    planner.end_run(EndReason::Restart);
    std::vector<base::WallTime> starts;
    std::optional<base::WallTime> run, end;
    int runs = 0;
    for (const Op& op : planner.take_ops()) {
        if (const auto* begun = std::get_if<BeginRun>(&op)) run = begun->run.start, ++runs;
        if (const auto* open = std::get_if<OpenSegment>(&op)) {
            starts.push_back(open->segment.start);
            EXPECT_EQ(open->segment.file, segment_file(open->segment.start));
            const formats::MemorySource source(open->init);
            const auto reader = formats::fmp4::Reader::open(source);
            ASSERT_TRUE(reader && reader->identity());
            EXPECT_EQ(reader->identity()->start, open->segment.start);
            EXPECT_EQ(reader->identity()->run_offset_us, (open->segment.start - *run).count());
        }
        if (const auto* append = std::get_if<Append>(&op)) end = append->end;
    }
    EXPECT_EQ(runs, 1);
    EXPECT_EQ(run, fakes::Clock::kBegin - 4s);
    EXPECT_EQ(end, fakes::Clock::kBegin + 4s);
    EXPECT_THAT(starts, ElementsAre(*run, *run + 3s, *run + 6s));
}

TEST_F(PlannerTest, WhatIsWrittenAlreadyIsNotDatedAnew) {
    give(15);
    planner.beat();
    EXPECT_EQ(ops(), "run open0 append append");
    footage.wall -= 3s;
    give(10);
    planner.beat();
    EXPECT_EQ(ops(), "append close end:changed run open0 append");
}

TEST_F(PlannerTest, ACameraWithoutKeyFramesIsGivenUpAfterALongTime) {
    footage.tracks.resize(1);
    planner.parameters(footage.tracks);
    footage.pictures_per_key = 1'000'000;
    for (int second = 0; second <= 50 * 60; ++second) {
        give(10);
        (void)planner.take_ops();
    }
    give(1);
    EXPECT_FALSE(planner.in_run());
}

TEST_F(PlannerTest, TimeThatRunsBackwardsIsLeftOut) {
    give(10);
    planner.unit(footage.unit(0, 1'000'000, true, 100));
    planner.unit(footage.unit(1, 1'000'000, true, 100));
    planner.beat();
    EXPECT_EQ(ops(), "run open0 append");
}

TEST_F(PlannerTest, SegmentsOfARunJoinWithoutAGap) {
    give(95);
    planner.end_run(EndReason::Restart);
    std::vector<base::WallTime> starts;
    for (const Op& op : planner.take_ops()) {
        if (const auto* open = std::get_if<OpenSegment>(&op)) starts.push_back(open->segment.start);
    }
    const auto at = [](auto s) { return fakes::Clock::kBegin + s; };
    EXPECT_THAT(starts, ElementsAre(at(0s), at(3s), at(6s), at(9s)));
}

}  // namespace
}  // namespace casement::recorder
