#include "outputs/hls/playlist_log.hpp"

#include <gtest/gtest.h>

#include "protocols/hls/playlist.hpp"
#include "tests/fakes/media_data.hpp"

namespace casement::outputs::hls {
namespace {

using fakes::hex;

/// One second of media from `second` on, a key frame at its begin.
mse::LivePiece piece(int second, bool key = true, std::size_t size = 4) {
    return {.head = {},
            .rest = media::Bytes::from(
                std::vector<std::uint8_t>(size, static_cast<std::uint8_t>(second))),
            .key = key,
            .start_us = second * 1'000'000,
            .duration_us = 1'000'000,
            .wall = base::WallTime(std::chrono::seconds(1'790'000'000 + second))};
}

protocols::hls::MediaPlaylist parsed(const PlaylistLog& log, std::string_view suffix = "") {
    const auto text = log.playlist(suffix);
    EXPECT_TRUE(text);
    const auto playlist = protocols::hls::parse_media_playlist(text.value_or(""));
    EXPECT_TRUE(playlist) << text.value_or("");
    return playlist.value_or(protocols::hls::MediaPlaylist{});
}

TEST(HlsPlaylist, IsThereFromTheFirstWholeSegmentOn) {
    PlaylistLog log;
    log.set_init(hex("01"));
    log.add(piece(0));
    log.add(piece(1));
    EXPECT_FALSE(log.playlist(""));
    log.add(piece(2));
    const auto playlist = parsed(log);
    ASSERT_EQ(playlist.segments.size(), 1u);
    EXPECT_EQ(playlist.segments[0].uri, "segment/0.m4s");
    EXPECT_EQ(playlist.segments[0].map_uri, "init.mp4?v=1");
    EXPECT_EQ(playlist.segments[0].duration, std::chrono::seconds(2));
    EXPECT_EQ(playlist.segments[0].program_date_time,
              base::WallTime(std::chrono::seconds(1'790'000'000)));
    EXPECT_EQ(*log.segment(0), hex("00000000 01010101"));
    EXPECT_FALSE(log.segment(1));
    EXPECT_EQ(*log.init(1), hex("01"));
    EXPECT_EQ(*log.init(0), hex("01"));
    EXPECT_FALSE(log.init(2));
}

TEST(HlsPlaylist, CutsOnlyAtKeyFrames) {
    PlaylistLog log;
    log.set_init(hex("01"));
    log.add(piece(0));
    for (int second = 1; second < 5; ++second) log.add(piece(second, false));
    EXPECT_FALSE(log.playlist(""));
    log.add(piece(5));
    EXPECT_EQ(parsed(log).segments[0].duration, std::chrono::seconds(5));
}

TEST(HlsPlaylist, EndsASegmentWithoutKeyFramesAtALimit) {
    PlaylistLog log;
    log.set_init(hex("01"));
    for (int second = 0; second < 21; ++second) log.add(piece(second, second == 0));
    EXPECT_EQ(parsed(log).segments[0].duration, std::chrono::seconds(20));
    PlaylistLog large;
    large.set_init(hex("01"));
    for (int second = 0; second < 3; ++second)
        large.add(piece(second, false, PlaylistLog::kMaxSegmentBytes / 2));
    EXPECT_EQ(parsed(large).segments[0].duration, std::chrono::seconds(2));
}

TEST(HlsPlaylist, ListsTheLastSevenAndKeepsThreeMore) {
    PlaylistLog log;
    log.set_init(hex("01"));
    for (int second = 0; second <= 40; ++second) log.add(piece(second));  // segments 0 to 19
    const auto playlist = parsed(log);
    ASSERT_EQ(playlist.segments.size(), PlaylistLog::kListed);
    EXPECT_EQ(playlist.media_sequence, 13u);
    EXPECT_TRUE(log.segment(10));
    EXPECT_FALSE(log.segment(9));
    EXPECT_TRUE(log.segment(19));
}

TEST(HlsPlaylist, MarksNewParametersAsDiscontinuity) {
    PlaylistLog log;
    log.set_init(hex("01"));
    for (int second = 0; second < 4; ++second) log.add(piece(second));
    log.set_init(hex("02"));
    for (int second = 4; second < 9; ++second) log.add(piece(second));
    auto playlist = parsed(log);
    ASSERT_EQ(playlist.segments.size(), 4u);
    EXPECT_FALSE(playlist.segments[1].discontinuity);
    EXPECT_TRUE(playlist.segments[2].discontinuity);
    EXPECT_EQ(playlist.segments[1].map_uri, "init.mp4?v=1");
    EXPECT_EQ(playlist.segments[2].map_uri, "init.mp4?v=2");
    EXPECT_EQ(playlist.discontinuity_sequence, 0u);
    EXPECT_EQ(*log.init(0), hex("02"));
    for (int second = 9; second < 60; ++second) log.add(piece(second));
    playlist = parsed(log);
    EXPECT_EQ(playlist.discontinuity_sequence, 1u) << "it left the list";
    EXPECT_FALSE(log.init(1)) << "nothing refers to it any more";
}

TEST(HlsPlaylist, ForgetsSetUpsThatNoPictureFollowed) {
    PlaylistLog log;
    for (std::uint8_t i = 0; i < 100; ++i)
        log.set_init(media::Bytes::from(std::vector<std::uint8_t>{i}));
    EXPECT_FALSE(log.init(89));
    EXPECT_TRUE(log.init(90));
    EXPECT_EQ(*log.init(0), hex("63"));
}

TEST(HlsPlaylist, RepeatsTheQueryInEveryAddress) {
    PlaylistLog log;
    log.set_init(hex("01"));
    for (int second = 0; second < 3; ++second) log.add(piece(second));
    const auto playlist = parsed(log, "?token=a1");
    EXPECT_EQ(playlist.segments[0].uri, "segment/0.m4s?token=a1");
    EXPECT_EQ(playlist.segments[0].map_uri, "init.mp4?v=1&token=a1");
}

}  // namespace
}  // namespace casement::outputs::hls
