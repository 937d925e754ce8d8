#include "outputs/mse/live_pieces.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hub/stream_writer.hpp"
#include "media/h265.hpp"
#include "tests/fakes/coroutine.hpp"
#include "tests/fakes/mp4_units.hpp"

namespace casement::outputs::mse {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

/// 1.2 s of a real encoder: 12 pictures with key frames 0, 5 and 10, 20 AAC frames of 64 ms.
const std::vector<fakes::TrackUnits>& recorded() {
    static const auto tracks =
        fakes::units_of(formats::MemorySource(fakes::data_file("media/ffmpeg_h264_aac.mp4")));
    return tracks;
}

media::Track hevc() {
    media::Track track = recorded()[0].track;
    track.codec = media::Codec::H265;
    track.parameters = std::make_shared<const media::CodecParameters>(*media::h265::make_parameters(
        {fakes::hex("40 01 0c 01 ff ff 01 60 00 00 03 00 90 00 00 03 00 00 03 00 1e 95 90 09")},
        {fakes::hex(
            "42 01 01 01 60 00 00 03 00 90 00 00 03 00 00 03 00 1e a0 10 20 25 96 56 69 24 ca f0 "
            "16 80 80 00 00 03 00 80 00 00 05 04")},
        {fakes::hex("44 01 c1 72 b4 22 40")}));
    return track;
}

class LivePieces : public testing::Test {
protected:
    /// One viewer and what it was given.
    struct Viewer {
        Viewer(LivePieces& test, asio::io_context& context, std::string_view codecs = "",
               std::string kind = "mse")
            : io(context),
              viewer(test.fan_out_, test.stream_, context.get_executor(), CodecList::parse(codecs),
                     std::move(kind), "10.0.0.2:5000") {}

        /// Takes all there is.
        void drain() {
            for (;;) {
                auto item = fakes::run(io, viewer.next(std::chrono::steady_clock::now()));
                if (!item) {
                    error = item.error();
                    return;
                }
                if (!*item) return;
                if (auto* piece = std::get_if<LivePiece>(&**item)) {
                    for (const media::Bytes& part : {piece->head, piece->rest})
                        file.insert(file.end(), part.begin(), part.end());
                    pieces.push_back(std::move(*piece));
                } else if (auto* setup = std::get_if<fanout::WireSetupPtr>(&**item)) {
                    mimes.push_back((*setup)->mime);
                    file.insert(file.end(), (*setup)->init.begin(), (*setup)->init.end());
                } else if (auto* gone = std::get_if<PiecesLost>(&**item)) {
                    lost += gone->count;
                    lost_before = pieces.size();
                } else {
                    refusals.push_back(std::get<PiecesRefused>(**item).why.message());
                }
            }
        }
        /// 'K' and 'v' of the pieces.
        std::string kinds() const {
            std::string out;
            for (const LivePiece& piece : pieces) out += piece.key ? 'K' : 'v';
            return out;
        }
        std::vector<fakes::TrackUnits> read() const {
            return fakes::units_of(formats::MemorySource(media::Bytes::copy_of(file)));
        }
        void expect_no_holes() const {
            for (std::size_t i = 1; i < pieces.size(); ++i) {
                const std::int64_t step = pieces[i].start_us - pieces[i - 1].start_us;
                EXPECT_GT(step, 0) << i;
                EXPECT_LE(step, 100'000) << i;  // one picture
            }
        }

        asio::io_context& io;
        PieceViewer viewer;
        std::vector<LivePiece> pieces;
        std::vector<std::string> mimes;
        std::vector<std::string> refusals;
        std::vector<std::uint8_t> file;
        std::uint64_t lost = 0;
        std::size_t lost_before = 0;
        std::optional<base::Error> error;
    };

    void spin() {
        for (int i = 0; i < 3; ++i) {
            fakes::settle(io_);
            fakes::settle(other_io_);
        }
    }
    void set_tracks(media::Tracks tracks) {
        for (std::size_t i = 0; i < tracks.size(); ++i) tracks[i].id = static_cast<int>(i);
        writer_.set_tracks(std::move(tracks));
    }
    /// Ten pictures a second, a key frame where it is said.
    void picture(bool key, std::size_t bytes = 100) {
        publish(0, picture_ticks_, key, bytes);
        picture_ticks_ += 1024;
        spin();
    }
    void pictures(std::string_view kinds) {
        for (const char kind : kinds) picture(kind == 'K');
    }
    void sound(double at_s) {
        publish(1, std::llround(at_s * recorded()[1].track.clock_rate), true, 20);
        spin();
    }
    void publish(int track, std::int64_t ticks, bool key, std::size_t bytes) {
        media::AccessUnit unit;
        unit.track = track;
        unit.dts = unit.pts = ticks;
        unit.key = key;
        unit.data = media::Bytes::from(std::vector<std::uint8_t>(bytes, 7));
        writer_.publish(std::move(unit));
    }

    base::SystemClock clock_;
    asio::io_context io_{1}, other_io_{1};
    std::shared_ptr<hub::Stream> stream_ =
        std::make_shared<hub::Stream>("porch", hub::GopLogLimits{}, clock_, base::Log{});
    hub::StreamWriter writer_{stream_};
    fanout::FanOut fan_out_;
    std::int64_t picture_ticks_ = 0;
};

TEST_F(LivePieces, ArePackedOnceForViewersOfDifferentThreadsAndLists) {
    set_tracks({recorded()[0].track});
    pictures("Kvv");
    Viewer first(*this, io_, "avc1.640029,mp4a.40.2"), second(*this, other_io_, "hvc1,avc1");
    first.drain();
    spin();
    pictures("vKv");
    for (int i = 0; i < 2;
         ++i) {  // what the home thread packs for the other comes with the next turn
        first.drain();
        second.drain();
        spin();
    }
    EXPECT_EQ(first.kinds(), "KvvvKv");
    EXPECT_THAT(first.mimes, ElementsAre("video/mp4; codecs=\"avc1.64000a\""));
    EXPECT_EQ(second.mimes, first.mimes);
    ASSERT_FALSE(second.pieces.empty());
    EXPECT_EQ(second.pieces.back().rest.data(), first.pieces.back().rest.data());
    EXPECT_EQ(stream_->status().readers, 1);
    EXPECT_EQ(stream_->status().viewers, 2);
    const auto listed = stream_->reader_list();
    EXPECT_EQ(listed[0].kind, "mse");
    EXPECT_EQ(listed[0].remote, "10.0.0.2:5000");
}

TEST_F(LivePieces, StartAtTimeZeroForEachViewer) {
    set_tracks({recorded()[0].track});
    pictures("Kvv");
    Viewer first(*this, io_);
    first.drain();
    pictures("Kv");
    Viewer second(*this, io_);
    first.drain();
    second.drain();
    pictures("v");
    first.drain();
    second.drain();
    EXPECT_EQ(first.kinds(), "KvvKvv");
    EXPECT_EQ(second.kinds(), "Kvv");
    for (const Viewer* viewer : {&first, &second}) {
        viewer->expect_no_holes();
        EXPECT_EQ(viewer->pieces[0].start_us, 0);
        const auto read = viewer->read();
        ASSERT_EQ(read.size(), 1u);
        ASSERT_EQ(read[0].units.size(), viewer->pieces.size());
        for (std::size_t i = 0; i < read[0].units.size(); ++i) {
            EXPECT_EQ(read[0].units[i]->dts, static_cast<std::int64_t>(i) * 1024);
        }
    }
}

TEST_F(LivePieces, GiveNoSoundFromBeforeTheViewersFirstPicture) {
    set_tracks({recorded()[0].track, recorded()[1].track});
    picture(true);
    Viewer early(*this, io_);
    early.drain();
    for (int i = 0; i < 5; ++i) sound(0.016 + 0.064 * i);
    picture(false);
    picture(false);
    picture(false);
    sound(0.336);
    picture(true);  // at 0.4 s, in one piece with the sound before it
    Viewer late(*this, io_);
    early.drain();
    late.drain();
    sound(0.400);
    sound(0.464);
    picture(false);
    early.drain();
    late.drain();
    const auto all = early.read(), rest = late.read();
    ASSERT_EQ(all.size(), 2u);
    ASSERT_EQ(rest.size(), 2u);
    EXPECT_EQ(all[1].units.size(), 8u);
    EXPECT_EQ(rest[0].units.size(), 2u);
    ASSERT_EQ(rest[1].units.size(), 2u);
    EXPECT_EQ(rest[0].units[0]->dts, 0);
    EXPECT_LE(rest[1].units[0]->dts, 1);  // rounding
}

TEST_F(LivePieces, TellASlowViewerWhatItMissedAndGoOnWithoutAHole) {
    set_tracks({recorded()[0].track});
    picture(true);
    Viewer slow(*this, io_), healthy(*this, io_);
    slow.drain();
    healthy.drain();
    for (int gop = 0; gop < 5; ++gop) {
        for (int i = 0; i < 5; ++i) picture(i == 0, 2u << 20);  // the log holds 32 MiB
        healthy.drain();
    }
    slow.drain();
    EXPECT_EQ(healthy.pieces.size(), 26u);
    EXPECT_EQ(healthy.lost, 0u);
    EXPECT_GT(slow.lost, 0u);
    EXPECT_EQ(slow.pieces.size() + slow.lost, 26u);
    ASSERT_LT(slow.lost_before, slow.pieces.size());
    EXPECT_TRUE(slow.pieces[slow.lost_before].key);
    slow.expect_no_holes();
    EXPECT_EQ(stream_->status().counters.reader_lost, slow.lost);
}

TEST_F(LivePieces, FollowTheCameraToAnotherCodec) {
    set_tracks({recorded()[0].track});
    pictures("Kv");
    Viewer modern(*this, io_, "avc1,hvc1"), old(*this, io_, "avc1");
    modern.drain();
    old.drain();
    EXPECT_EQ(stream_->status().readers, 1);
    set_tracks({hevc()});
    pictures("Kv");
    modern.drain();
    old.drain();
    EXPECT_EQ(modern.mimes.size(), 2u);
    EXPECT_THAT(modern.mimes.back(), HasSubstr("hvc1"));
    EXPECT_EQ(modern.kinds(), "KvKv");
    modern.expect_no_holes();
    EXPECT_THAT(old.refusals, ElementsAre(HasSubstr("this browser does not play hevc")));
    set_tracks({recorded()[0].track});
    pictures("Kv");
    modern.drain();
    old.drain();
    pictures("v");
    modern.drain();
    old.drain();
    EXPECT_EQ(modern.kinds(), "KvKvKvv");
    EXPECT_EQ(old.kinds(), "KvKvv");
    old.expect_no_holes();
    EXPECT_EQ(old.refusals.size(), 1u);
    EXPECT_EQ(modern.pieces.back().rest.data(), old.pieces.back().rest.data());
}

TEST_F(LivePieces, TakeInSoundThatComesAfterTheFirstPicture) {
    set_tracks({recorded()[0].track});
    pictures("Kv");
    Viewer viewer(*this, io_);
    viewer.drain();
    set_tracks({recorded()[0].track, recorded()[1].track});
    pictures("v");
    viewer.drain();
    sound(0.32);
    pictures("K");
    sound(0.33);
    pictures("v");
    viewer.drain();
    EXPECT_THAT(viewer.mimes.back(), HasSubstr("mp4a"));
    EXPECT_EQ(viewer.kinds(), "KvKv");
    EXPECT_TRUE(viewer.refusals.empty());
}

TEST_F(LivePieces, KeepParametersThatChangeInsideTheCodec) {
    set_tracks({recorded()[0].track});
    pictures("Kv");
    Viewer viewer(*this, io_);
    viewer.drain();
    media::Track other = recorded()[0].track;
    auto parameters = std::make_shared<media::CodecParameters>(*other.parameters);
    parameters->width = 64;
    other.parameters = parameters;
    set_tracks({other});
    pictures("vKv");
    viewer.drain();
    EXPECT_EQ(viewer.mimes.size(), 2u);
    EXPECT_EQ(viewer.kinds(), "KvKv");
    viewer.expect_no_holes();
    EXPECT_EQ(stream_->status().readers, 1);
}

TEST_F(LivePieces, WantAnOnDemandCameraFromTheStartAndLetGoAtTheEnd) {
    {
        Viewer viewer(*this, io_);
        EXPECT_TRUE(stream_->wanted());
        EXPECT_EQ(stream_->status().viewers, 1);
        viewer.drain();  // nothing there: comes back at once
        EXPECT_TRUE(viewer.pieces.empty());
        set_tracks({recorded()[0].track});
        pictures("Kv");
        viewer.drain();
        EXPECT_EQ(viewer.kinds(), "Kv");
        EXPECT_TRUE(stream_->wanted());
    }
    spin();
    EXPECT_FALSE(stream_->wanted());
    EXPECT_EQ(stream_->status().viewers, 0);
    EXPECT_EQ(stream_->status().readers, 0);
}

TEST_F(LivePieces, EndWithTheCamera) {
    set_tracks({recorded()[0].track});
    pictures("K");
    Viewer watching(*this, io_), waiting(*this, io_, "hvc1");
    watching.drain();
    waiting.drain();
    EXPECT_EQ(waiting.refusals.size(), 1u);
    stream_->close();
    spin();
    watching.drain();
    waiting.drain();
    ASSERT_TRUE(watching.error && waiting.error);
    EXPECT_TRUE(watching.error->is(base::ErrorKind::NotFound));
    EXPECT_TRUE(waiting.error->is(base::ErrorKind::NotFound));
}

}  // namespace
}  // namespace casement::outputs::mse
