#include "protocols/rtp/dts_estimator.hpp"

#include <gtest/gtest.h>

namespace casement::protocols::rtp {
namespace {

std::vector<DtsEstimator::Times> run(DtsEstimator estimator, const std::vector<std::int64_t>& pts) {
    std::vector<DtsEstimator::Times> out;
    for (const std::int64_t p : pts) out.push_back(estimator.next(p));
    for (std::size_t i = 0; i < out.size(); ++i) {
        EXPECT_LE(out[i].dts, out[i].pts) << i;
        if (i > 0) EXPECT_GT(out[i].dts, out[i - 1].dts) << i;
    }
    return out;
}

/// Display order of `count` groups I/P B B: 0 3 1 2 6 4 5 ...
std::vector<std::int64_t> two_b_frames(int count) {
    std::vector<std::int64_t> out{0};
    for (int group = 0; group < count; ++group) {
        for (const int offset : {3, 1, 2}) out.push_back((group * 3 + offset) * 3600);
    }
    return out;
}

TEST(DtsEstimator, EqualsPresentationWithoutBFrames) {
    for (const auto& times : run(DtsEstimator{}, {0, 3600, 7200, 10'800}))
        EXPECT_EQ(times.dts, times.pts);
}

TEST(DtsEstimator, KeepsEveryPresentationTimeWhenTheDepthIsKnown) {
    const auto pts = two_b_frames(10);
    const auto times = run(DtsEstimator(1), pts);
    for (std::size_t i = 0; i < pts.size(); ++i) EXPECT_EQ(times[i].pts, pts[i]);
    for (std::size_t i = 3; i < pts.size(); ++i)
        EXPECT_EQ(times[i].dts - times[i - 1].dts, 3600) << i;  // an even beat
}

TEST(DtsEstimator, LearnsTheDepth) {
    const auto pts = two_b_frames(10);
    const auto times = run(DtsEstimator{}, pts);
    std::size_t changed = 0;
    for (std::size_t i = 0; i < pts.size(); ++i) changed += times[i].pts != pts[i];
    EXPECT_LE(changed, 2u);  // the first group
    for (std::size_t i = 7; i < pts.size(); ++i)
        EXPECT_EQ(times[i].dts - times[i - 1].dts, 3600) << i;
}

TEST(DtsEstimator, LearnsPyramids) {
    // I P B b b: 0 4 2 1 3 8 6 5 7 ...
    std::vector<std::int64_t> pts{0};
    for (int group = 0; group < 8; ++group) {
        for (const int offset : {4, 2, 1, 3}) pts.push_back((group * 4 + offset) * 3600);
    }
    const auto times = run(DtsEstimator{}, pts);
    for (std::size_t i = 9; i < pts.size(); ++i) {
        EXPECT_EQ(times[i].pts, pts[i]);
        EXPECT_EQ(times[i].dts - times[i - 1].dts, 3600);
    }
}

TEST(DtsEstimator, NeverDecreasesOverAReset) {
    DtsEstimator estimator(1);
    std::int64_t last = -1;
    for (const std::int64_t p : {0, 7200, 3600, 14'400, 10'800}) last = estimator.next(p).dts;
    estimator.reset();
    for (const std::int64_t p : {100'000, 107'200, 103'600}) {
        const auto times = estimator.next(p);
        EXPECT_GT(times.dts, last);
        EXPECT_LE(times.dts, times.pts);
        last = times.dts;
    }
}

TEST(DtsEstimator, SurvivesTimesInDisorder) {
    std::vector<std::int64_t> pts;
    for (std::int64_t i = 0; i < 200; ++i) pts.push_back((i * 7919 % 211) * 100);
    (void)run(DtsEstimator{}, pts);
    (void)run(DtsEstimator(99), pts);
}

TEST(DtsEstimator, TakesTheDepthOfNewParametersUnlessItHasLearntMore) {
    DtsEstimator estimator;
    estimator.expect(1);
    (void)run(estimator, two_b_frames(3));
    DtsEstimator learnt;
    for (const std::int64_t p : {0, 14'400, 7'200, 3'600, 10'800})
        (void)learnt.next(p);  // two overtaken
    learnt.expect(0);
    learnt.reset();
    const auto pts = std::vector<std::int64_t>{100'000, 114'400, 107'200, 103'600,
                                               110'800, 128'800, 121'600, 118'000};
    for (const std::int64_t p : pts) EXPECT_EQ(learnt.next(p).pts, p);
}

}  // namespace
}  // namespace casement::protocols::rtp
