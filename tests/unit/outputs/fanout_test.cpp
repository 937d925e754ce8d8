#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>

#include <optional>
#include <string>
#include <thread>

#include "hub/stream.hpp"
#include "hub/stream_writer.hpp"
#include "outputs/fanout/byte_shard.hpp"
#include "outputs/fanout/wire_stream.hpp"

namespace casement::outputs::fanout {
namespace {

using namespace std::chrono_literals;

/// "<kind>" and a 4-byte length in front of each payload, so that a reader can tell whole units
/// from torn ones.
class FramingPacker final : public Packer {
public:
    base::Result<> set_tracks(const media::Tracks& tracks) override {
        const bool same = codecs_.empty() || codecs_ == media::to_string(tracks.front().codec);
        codecs_ = media::to_string(tracks.front().codec);
        if (!same) return codec_changed();
        return {};
    }
    void pack(const media::AccessUnit& unit, WireUnit& into) override {
        into.block.push_back(unit.track == 0 ? (unit.key ? 'K' : 'v') : 'a');
        const std::size_t n = unit.data.size();
        for (int shift : {24, 16, 8, 0})
            into.block.push_back(static_cast<std::uint8_t>(n >> shift));
        into.block.insert(into.block.end(), unit.data.begin(), unit.data.end());
    }

private:
    std::string codecs_;
};

media::Track track(int id, media::Codec codec, std::uint32_t clock) {
    media::Track out;
    out.id = id;
    out.codec = codec;
    out.clock_rate = clock;
    auto parameters = std::make_shared<media::CodecParameters>();
    parameters->codec = codec;
    out.parameters = parameters;
    return out;
}

struct FanOutTest : testing::Test {
    base::SystemClock clock;
    asio::io_context io{1};
    std::shared_ptr<hub::Stream> stream =
        std::make_shared<hub::Stream>("porch", hub::GopLogLimits{}, clock, base::Log{});
    hub::StreamWriter writer{stream};
    FanOut fan_out;
    std::int64_t video_ticks = 0;
    media::Tracks tracks{track(0, media::Codec::H264, 90'000), track(1, media::Codec::Aac, 48'000)};

    FanOutTest() { writer.set_tracks(tracks); }

    void video(bool key, std::size_t bytes = 100) {
        media::AccessUnit unit;
        unit.key = key;
        unit.pts = unit.dts = video_ticks;
        video_ticks += 3600;
        unit.data = media::Bytes::from(std::vector<std::uint8_t>(bytes, 7));
        writer.publish(std::move(unit));
        spin();
    }
    void audio() {
        media::AccessUnit unit;
        unit.track = 1;
        unit.key = true;
        unit.pts = unit.dts = video_ticks * 48 / 90;
        unit.data = media::Bytes::from(std::vector<std::uint8_t>(20, 1));
        writer.publish(std::move(unit));
        spin();
    }
    void spin() {
        io.restart();
        io.poll();
    }
    std::shared_ptr<WireStream> wire(std::chrono::milliseconds ride = 0ms) {
        return fan_out.open(stream,
                            {.name = "test",
                             .make_packer = [] { return std::make_unique<FramingPacker>(); },
                             .ride = ride},
                            io.get_executor());
    }

    /// A viewer at one end of a socket pair; the test reads at the other. No port is opened.
    struct Viewer {
        Viewer(FanOutTest& test, std::shared_ptr<WireStream> wire, int send_buffer = 0,
               std::chrono::milliseconds patience = 10s) {
            int fds[2];
            EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
            if (send_buffer > 0)
                ::setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
            far = fds[1];
            asio::ip::tcp::socket socket(test.io);
            socket.assign(asio::ip::tcp::v4(), fds[0]);
            viewer.emplace(wire->attach<ByteShard>(test.io.get_executor()),
                           std::make_shared<net::PlainStream>(std::move(socket)),
                           ByteViewerOptions{.kind = "test", .patience = patience},
                           [this](base::Error e) { error = std::move(e); });
        }
        ~Viewer() {
            viewer.reset();
            ::close(far);
        }
        std::string read() {
            char buffer[65536];
            std::string fresh;
            for (ssize_t n; (n = ::recv(far, buffer, sizeof buffer, 0)) > 0;)
                fresh.append(buffer, static_cast<std::size_t>(n));
            got += fresh;
            return fresh;
        }
        /// The kinds of the whole units received so far; "!" at the end when bytes are left over,
        /// "?" where framing is lost.
        std::string kinds() {
            (void)read();
            std::string out;
            std::size_t at = 0;
            while (at + 5 <= got.size()) {
                if (got[at] == 'W') {
                    out += 'W', at += 5;
                    continue;
                }
                if (std::string_view("Kva").find(got[at]) == std::string_view::npos)
                    return out + "?";
                std::size_t n = 0;
                for (int i = 1; i <= 4; ++i)
                    n = n << 8 | static_cast<std::uint8_t>(got[at + static_cast<std::size_t>(i)]);
                if (at + 5 + n > got.size()) break;
                out += got[at];
                at += 5 + n;
            }
            return at == got.size() ? out : out + "!";
        }
        int far = -1;
        std::string got;
        std::optional<base::Error> error;
        std::optional<ByteViewer> viewer;
    };
};

TEST_F(FanOutTest, StartsEveryViewerAtTheNewestKeyFrameAndGivesAllTheSameBytes) {
    video(true);
    video(false);
    Viewer first(*this, wire());
    first.viewer->play();
    spin();
    video(false);
    Viewer second(*this, wire());
    second.viewer->play();
    video(false);
    EXPECT_EQ(first.kinds(), "Kvvv");
    EXPECT_EQ(second.kinds(), "Kvvv");
    EXPECT_EQ(first.got, second.got);
    EXPECT_EQ(stream->status().viewers, 2);
    EXPECT_EQ(stream->status().readers, 1);  // one hub reader, whatever the number of viewers
}

TEST_F(FanOutTest, SendsNothingBeforePlay) {
    video(true);
    Viewer viewer(*this, wire());
    spin();
    video(false);
    EXPECT_EQ(viewer.kinds(), "");
    viewer.viewer->play();
    EXPECT_EQ(viewer.kinds(), "Kv");
}

TEST_F(FanOutTest, LetsAudioRideWithTheVideoUnitThatIsDue) {
    video(true);
    video(false);  // now the period is known: 40 ms
    Viewer viewer(*this, wire(60ms));
    viewer.viewer->play();
    spin();
    EXPECT_EQ(viewer.kinds(), "Kv");
    audio();
    EXPECT_EQ(viewer.kinds(), "Kv");  // waits
    video(false);
    EXPECT_EQ(viewer.kinds(), "Kvav");
}

TEST_F(FanOutTest, SendsWaitingAudioAloneWhenTheVideoDoesNotCome) {
    video(true);
    video(false);
    Viewer viewer(*this, wire(60ms));
    viewer.viewer->play();
    spin();
    audio();
    EXPECT_EQ(viewer.kinds(), "Kv");
    io.restart();
    io.run_for(200ms);
    EXPECT_EQ(viewer.kinds(), "Kva");
}

TEST_F(FanOutTest, DoesNotHoldAudioBackWhenNoVideoIsDue) {
    video(true);
    video(false);
    Viewer viewer(*this, wire(1ms));  // the next picture is due in about 40 ms
    viewer.viewer->play();
    spin();
    audio();
    EXPECT_EQ(viewer.kinds(), "Kva");
}

TEST_F(FanOutTest, CutsNoUnitWhenAViewerIsSlowAndGoesOnAtAKeyFrame) {
    video(true, 2000);
    Viewer slow(*this, wire(), 4096);
    Viewer healthy(*this, wire());
    slow.viewer->play();
    healthy.viewer->play();
    spin();
    std::string expected = "K";
    for (int gop = 0; gop < 6; ++gop) {
        for (int i = 0; i < 10; ++i) {
            video(i == 0, 3000);
            expected += i == 0 ? 'K' : 'v';
            EXPECT_EQ(healthy.kinds(), expected);
        }
        std::this_thread::sleep_for(250ms);  // real time: the log forgets by age
    }
    for (int i = 0; i < 400; ++i) {
        const std::string kinds = slow.kinds();
        ASSERT_EQ(kinds.find('?'), std::string::npos) << kinds;
        spin();
    }
    video(false, 10);
    const std::string kinds = slow.kinds();
    EXPECT_EQ(kinds.back(), 'v');
    EXPECT_LT(kinds.size(), expected.size());
    EXPECT_GT(slow.viewer->units_lost(), 0u);
    EXPECT_EQ(kinds.size() + slow.viewer->units_lost(),
              expected.size() + 1);  // delivered + reported gaps = published
    // After what was lost comes a key frame: no 'v' follows a GOP that was not begun.
    const std::size_t resumed = kinds.rfind('K');
    EXPECT_NE(resumed, 0u);
    EXPECT_EQ(stream->status().counters.reader_lost, slow.viewer->units_lost());
}

TEST_F(FanOutTest, ClosesAViewerThatStopsReading) {
    video(true, 2000);
    Viewer dead(*this, wire(), 4096, 30ms);
    dead.viewer->play();
    for (int i = 0; i < 10 && !dead.error; ++i) {
        video(false, 3000);
        std::this_thread::sleep_for(10ms);  // real time: its patience is 30 ms
    }
    spin();
    ASSERT_TRUE(dead.error);
    EXPECT_EQ(dead.error->message(), "the viewer stopped reading");
}

TEST_F(FanOutTest, PutsWordsBetweenUnitsNeverInsideThem) {
    video(true, 20'000);
    Viewer viewer(*this, wire(), 4096);
    viewer.viewer->play();
    spin();
    viewer.viewer->say("WORD!");  // the key frame is still on its way
    for (int i = 0; i < 200; ++i) {
        (void)viewer.read();
        spin();
    }
    EXPECT_EQ(viewer.kinds(), "KW");
}

TEST_F(FanOutTest, OwesTheRestOfTheUnitThatItStopsIn) {
    video(true, 20'000);
    Viewer viewer(*this, wire(), 4096);
    viewer.viewer->play();
    spin();
    viewer.viewer->say("WORD!");
    const auto owed = viewer.viewer->stop();
    video(false);
    (void)viewer.read();
    viewer.got.append(owed.begin(), owed.end());
    EXPECT_EQ(viewer.kinds(), "KW");
}

TEST_F(FanOutTest, SurvivesViewersThatVanish) {
    video(true, 1000);
    Viewer stays(*this, wire());
    stays.viewer->play();
    for (int i = 0; i < 200; ++i) {
        Viewer gone(*this, wire());
        gone.viewer->play();
        if (i % 2 == 0) ::shutdown(gone.far, SHUT_RDWR);
        if (i % 10 == 0) video(false, 10);
    }
    spin();
    EXPECT_EQ(stays.kinds(), "K" + std::string(20, 'v'));
    EXPECT_EQ(stream->status().viewers, 1);
}

TEST_F(FanOutTest, EndsViewersWhenTheCodecChanges) {
    video(true);
    Viewer viewer(*this, wire());
    viewer.viewer->play();
    spin();
    tracks[0] = track(0, media::Codec::H265, 90'000);
    writer.set_tracks(tracks);
    video(true);
    spin();
    ASSERT_TRUE(viewer.error);
    EXPECT_EQ(viewer.error->reason(), "codec");
}

TEST_F(FanOutTest, ServesWhoComesAfterTheCodecChangedAlthoughOldViewersAreStillThere) {
    video(true);
    Viewer old(*this, wire());
    old.viewer->play();
    spin();
    tracks[0] = track(0, media::Codec::H265, 90'000);
    writer.set_tracks(tracks);
    video(true);
    ASSERT_TRUE(old.error);
    Viewer fresh(*this, wire());
    fresh.viewer->play();
    spin();
    video(false);
    EXPECT_EQ(fresh.kinds(), "Kv");
    EXPECT_EQ(old.kinds(), "K");
}

TEST_F(FanOutTest, LetsGoOfTheStreamWithTheLastViewer) {
    video(true);
    {
        Viewer viewer(*this, wire());
        viewer.viewer->play();
        spin();
        EXPECT_EQ(stream->status().readers, 1);
    }
    spin();
    spin();
    EXPECT_EQ(stream->status().readers, 0);
}

}  // namespace
}  // namespace casement::outputs::fanout
