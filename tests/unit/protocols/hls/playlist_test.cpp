#include "protocols/hls/playlist.hpp"

#include <gtest/gtest.h>

namespace casement::protocols::hls {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;

// RFC 8216 §8.1.
constexpr std::string_view kSimple =
    "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXT-X-VERSION:3\n#EXTINF:9.009,\nhttp://media.example.com/"
    "first.ts\n#EXTINF:9.009,\n"
    "http://media.example.com/second.ts\n#EXTINF:3.003,\nhttp://media.example.com/"
    "third.ts\n#EXT-X-ENDLIST\n";
// RFC 8216 §8.2.
constexpr std::string_view kLive =
    "#EXTM3U\r\n#EXT-X-VERSION:3\r\n#EXT-X-TARGETDURATION:8\r\n#EXT-X-MEDIA-SEQUENCE:2680\r\n\r\n#"
    "EXTINF:7.975,\r\n"
    "https://priv.example.com/fileSequence2680.ts\r\n#EXTINF:7.941,\r\nhttps://priv.example.com/"
    "fileSequence2681.ts\r\n#EXTINF:7.975,\r\n"
    "https://priv.example.com/fileSequence2682.ts\r\n";
// RFC 8216 §8.4.
constexpr std::string_view kMaster =
    "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1280000,AVERAGE-BANDWIDTH=1000000\nhttp://example.com/"
    "low.m3u8\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=2560000,AVERAGE-BANDWIDTH=2000000\nhttp://example.com/mid.m3u8\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=65000,CODECS=\"mp4a.40.5\"\nhttp://example.com/audio-only.m3u8\n";

MediaPlaylist playlist() {
    MediaPlaylist out;
    out.media_sequence = 41;
    out.discontinuity_sequence = 3;
    out.target_duration = 2s;
    out.segments = {{.uri = "41.m4s",
                     .duration = 2'000'000us,
                     .program_date_time = *base::parse_rfc3339("2026-11-20T21:14:05.120Z"),
                     .map_uri = "init-1.mp4"},
                    {.uri = "42.m4s",
                     .duration = 1'966'667us,
                     .program_date_time = std::nullopt,
                     .map_uri = "init-1.mp4"},
                    {.uri = "43.m4s",
                     .duration = 1us,
                     .program_date_time = std::nullopt,
                     .discontinuity = true,
                     .map_uri = "init-2.mp4"}};
    return out;
}

TEST(HlsPlaylist, ReadsTheExamplesOfRfc8216) {
    const auto simple = parse_media_playlist(kSimple);
    ASSERT_TRUE(simple) << simple.error().message();
    EXPECT_EQ(simple->target_duration, 10s);
    ASSERT_EQ(simple->segments.size(), 3u);
    EXPECT_EQ(simple->segments[1].uri, "http://media.example.com/second.ts");
    EXPECT_EQ(simple->segments[2].duration, 3'003'000us);
    EXPECT_TRUE(simple->ended);
    const auto live = parse_media_playlist(kLive);
    ASSERT_TRUE(live) << live.error().message();
    EXPECT_EQ(live->media_sequence, 2680u);
    EXPECT_FALSE(live->ended);
    const auto master = parse_master_playlist(kMaster);
    ASSERT_TRUE(master) << master.error().message();
    ASSERT_EQ(master->variants.size(), 3u);
    EXPECT_EQ(master->variants[1].average_bandwidth, 2'000'000u);
    EXPECT_EQ(master->variants[2].codecs, "mp4a.40.5");
}

TEST(HlsPlaylist, WritesALivePlaylist) {
    EXPECT_EQ(write(playlist()),
              "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:41\n#EXT-"
              "X-DISCONTINUITY-SEQUENCE:3\n"
              "#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"init-1.mp4\"\n#EXT-X-PROGRAM-DATE-"
              "TIME:2026-11-20T21:14:05.120Z\n#EXTINF:2.000000,\n41.m4s\n"
              "#EXTINF:1.966667,\n42.m4s\n#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"init-2.mp4\"\n#"
              "EXTINF:0.000001,\n43.m4s\n");
}

TEST(HlsPlaylist, ReadsWhatItWrites) {
    for (const auto type :
         {MediaPlaylist::Type::Live, MediaPlaylist::Type::Event, MediaPlaylist::Type::Vod}) {
        MediaPlaylist whole = playlist();
        whole.type = type;
        whole.ended = type == MediaPlaylist::Type::Vod;
        whole.independent_segments = type != MediaPlaylist::Type::Event;
        const auto read = parse_media_playlist(write(whole));
        ASSERT_TRUE(read) << read.error().message();
        EXPECT_EQ(*read, whole);
    }
    const MasterPlaylist master{
        .version = 7,
        .independent_segments = true,
        .variants = {{.uri = "a.m3u8",
                      .bandwidth = 4'000'000,
                      .average_bandwidth = 3'500'000,
                      .codecs = "avc1.64001f,mp4a.40.2",
                      .width = 1920,
                      .height = 1080,
                      .frame_rate = 29.97},
                     {.uri = "b.m3u8", .bandwidth = 500'000, .codecs = ""}}};
    const auto read = parse_master_playlist(write(master));
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(*read, master);
}

TEST(HlsPlaylist, RoundsTheLongestSegmentToTheTargetDuration) {
    MediaPlaylist list = playlist();
    list.target_duration = 0s;
    list.segments[1].duration = 4'499'999us;
    EXPECT_NE(write(list).find("#EXT-X-TARGETDURATION:4\n"), std::string::npos);
    list.segments[1].duration = 4'500'001us;
    EXPECT_NE(write(list).find("#EXT-X-TARGETDURATION:5\n"), std::string::npos);
    list.segments.clear();
    EXPECT_NE(write(list).find("#EXT-X-TARGETDURATION:1\n"), std::string::npos);
}

TEST(HlsPlaylist, KeepsQuotesOutOfAttributes) {
    MediaPlaylist list = playlist();
    for (Segment& segment : list.segments) segment.map_uri = "a\"b\nc.mp4";
    const auto read = parse_media_playlist(write(list));
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->segments[0].map_uri, "abc.mp4");
}

TEST(HlsPlaylist, SkipsUnknownTagsAndComments) {
    const auto read = parse_media_playlist(
        "#EXTM3U\n# a "
        "comment\n#EXT-X-NEW:1\n#EXT-X-TARGETDURATION:1\n#EXT-X-PART-INF:PART-TARGET=0.2\n#EXTINF:"
        "1\nx\n");
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->segments.size(), 1u);
}

TEST(HlsPlaylist, NamesTheLineThatIsWrong) {
    const std::string head = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n";
    for (const char* line :
         {"#EXTINF:abc,", "#EXTINF:-1,", "#EXTINF:nan,", "#EXTINF:1e9,", "no-duration.ts",
          "#EXT-X-MEDIA-SEQUENCE:-1", "#EXT-X-MAP:BYTERANGE=\"1@2\"", "#EXT-X-MAP:URI=\"open",
          "#EXT-X-MAP:URI=\"a\"x", "#EXT-X-PROGRAM-DATE-TIME:yesterday",
          "#EXT-X-PLAYLIST-TYPE:RADIO", "#EXT-X-TARGETDURATION:two",
          "#EXTINF:1,\n#EXTINF:1,\nx.ts"}) {
        const auto read = parse_media_playlist(head + line + "\n");
        ASSERT_FALSE(read) << line;
        EXPECT_TRUE(read.error().is(ErrorKind::InvalidArgument)) << line;
        EXPECT_NE(read.error().message().find("line "), std::string::npos)
            << read.error().message();
    }
    EXPECT_FALSE(parse_media_playlist(""));
    EXPECT_FALSE(parse_media_playlist("#EXTM3U8\n"));
    EXPECT_FALSE(parse_media_playlist("#EXTM3U\n")) << "no target duration";
    EXPECT_FALSE(parse_media_playlist(head + "#EXTINF:1,\n")) << "no URI";
    EXPECT_FALSE(parse_master_playlist("#EXTM3U\n#EXT-X-STREAM-INF:CODECS=\"a\"\nx\n"))
        << "no bandwidth";
    EXPECT_FALSE(
        parse_master_playlist("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=wide\nx\n"));
    EXPECT_FALSE(parse_master_playlist("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n"));
    EXPECT_FALSE(parse_master_playlist("#EXTM3U\nx\n"));
}

TEST(HlsPlaylist, SurvivesEveryTruncation) {
    const std::string whole = write(playlist());
    const std::string master(kMaster);
    for (std::size_t n = 0; n < whole.size(); ++n) {
        const auto read = parse_media_playlist(std::string(whole, 0, n));
        if (read) EXPECT_LE(read->segments.size(), 3u);
    }
    for (std::size_t n = 0; n < master.size(); ++n)
        (void)parse_master_playlist(std::string(master, 0, n));
    EXPECT_FALSE(parse_media_playlist(whole.substr(0, whole.size() - 8)))
        << "an EXTINF without its URI";
}

TEST(HlsPlaylist, CountsSegmentsToTheLimitAndNoFurther) {
    std::string text = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n";
    for (std::size_t i = 0; i < kMaxSegments; ++i) text += "#EXTINF:1,\nx\n";
    EXPECT_TRUE(parse_media_playlist(text));
    const auto more = parse_media_playlist(text + "#EXTINF:1,\nx\n");
    ASSERT_FALSE(more);
    EXPECT_TRUE(more.error().is(ErrorKind::ResourceExhausted));
}

}  // namespace
}  // namespace casement::protocols::hls
