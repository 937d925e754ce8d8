#include "outputs/mse/muxer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "tests/fakes/mp4_units.hpp"

namespace casement::outputs::mse {
namespace {

using media::AccessUnitPtr;
using media::Bytes;
using media::Codec;

/// Pictures and sound of a real encoder, 1.2 s, 12 pictures with key frames 0, 5 and 10, 20 AAC
/// frames at 16 kHz.
const std::vector<fakes::TrackUnits>& camera() {
    static const auto tracks = [] {
        const formats::MemorySource source(fakes::data_file("media/ffmpeg_h264_aac.mp4"));
        return fakes::units_of(source);
    }();
    return tracks;
}
media::Tracks tracks_of(const std::vector<fakes::TrackUnits>& units) {
    media::Tracks out;
    for (const auto& t : units) out.push_back(t.track);
    return out;
}

/// Both tracks in the order in which a camera would send them, moved by `offset_s`.
std::vector<AccessUnitPtr> in_order(const std::vector<fakes::TrackUnits>& tracks,
                                    double offset_s = 0) {
    std::multimap<double, AccessUnitPtr> timed;  // pictures before sound of the same time
    for (const auto& track : tracks) {
        const auto shift = std::llround(offset_s * track.track.clock_rate);
        for (const auto& unit : track.units) {
            auto moved = std::make_shared<media::AccessUnit>(*unit);
            moved->dts += shift;
            moved->pts += shift;
            timed.emplace(static_cast<double>(moved->dts) / track.track.clock_rate,
                          std::move(moved));
        }
    }
    std::vector<AccessUnitPtr> out;
    for (auto& [time, unit] : timed) out.push_back(std::move(unit));
    return out;
}

/// What a browser would have buffered.
struct Player {
    std::vector<std::uint8_t> file;
    std::vector<Muxer::Piece> pieces;

    void start(Muxer& muxer, const media::Tracks& tracks) {
        const auto setup = muxer.set_tracks(tracks);
        ASSERT_TRUE(setup) << setup.error().message();
        file.assign(setup->init.begin(), setup->init.end());
    }
    void feed(Muxer& muxer, const std::vector<AccessUnitPtr>& units) {
        for (const auto& unit : units) {
            const std::size_t before = pieces.size();
            const auto pushed = muxer.push(unit, pieces);
            EXPECT_TRUE(pushed) << pushed.error().message();
            for (std::size_t i = before; i < pieces.size(); ++i)
                file.insert(file.end(), pieces[i].bytes.begin(), pieces[i].bytes.end());
        }
    }
    std::vector<fakes::TrackUnits> read() const {
        return fakes::units_of(formats::MemorySource(Bytes::copy_of(file)));
    }
};

TEST(MseMuxer, SendsAFragmentPerPictureFromTimeZero) {
    Muxer muxer(CodecList::parse(""));
    Player player;
    player.start(muxer, tracks_of(camera()));
    player.feed(muxer, in_order(camera(), 3600));
    ASSERT_EQ(player.pieces.size(), 13u);  // the last one is sound that no picture fetched
    for (std::size_t i = 0; i < 12; ++i) EXPECT_EQ(player.pieces[i].key, i % 5 == 0);
    EXPECT_EQ(player.pieces[12].start_us,
              player.pieces[11].start_us + player.pieces[11].duration_us);
    const auto read = player.read();
    ASSERT_EQ(read.size(), 2u);
    ASSERT_EQ(read[0].units.size(), 12u);
    for (std::size_t i = 0; i < 12; ++i) {
        EXPECT_EQ(read[0].units[i]->dts, static_cast<std::int64_t>(i) * 1024);
        EXPECT_EQ(read[0].units[i]->data, camera()[0].units[i]->data);
    }
    ASSERT_EQ(read[1].units.size(), 20u);
    for (std::size_t i = 0; i < read[1].units.size(); ++i) {
        EXPECT_EQ(read[1].units[i]->dts, camera()[1].units[i]->dts) << i;
        EXPECT_EQ(read[1].units[i]->data, camera()[1].units[i]->data) << i;
    }
}

TEST(MseMuxer, NamesTheCodecs) {
    Muxer muxer(CodecList::parse("avc1.64001f,mp4a.40.2"));
    EXPECT_EQ(muxer.set_tracks(tracks_of(camera()))->mime,
              "video/mp4; codecs=\"avc1.64000a,mp4a.40.2\"");
    Muxer silent(CodecList::parse("avc1.64001f"));
    EXPECT_EQ(silent.set_tracks(tracks_of(camera()))->mime, "video/mp4; codecs=\"avc1.64000a\"");
}

TEST(MseMuxer, WaitsForAKeyFrame) {
    Muxer muxer(CodecList::parse(""));
    Player player;
    player.start(muxer, tracks_of(camera()));
    auto units = in_order(camera());
    units.erase(units.begin());
    player.feed(muxer, units);
    ASSERT_FALSE(player.pieces.empty());
    EXPECT_TRUE(player.pieces.front().key);
    const auto read = player.read();
    EXPECT_EQ(read[0].units.size(), 7u);
    EXPECT_EQ(read[0].units[0]->dts, 0);
}

TEST(MseMuxer, ClosesTheHoleAfterALoss) {
    Muxer muxer(CodecList::parse(""));
    Player player;
    player.start(muxer, tracks_of(camera()));
    player.feed(muxer, in_order(camera()));
    muxer.lost();
    player.feed(muxer, in_order(camera(), 2.0));  // 0.8 s are missing
    const auto read = player.read();
    ASSERT_EQ(read[0].units.size(), 24u);
    for (std::size_t i = 0; i < 24; ++i)
        EXPECT_EQ(read[0].units[i]->dts, static_cast<std::int64_t>(i) * 1024) << i;
    for (std::size_t i = 1; i < read[1].units.size(); ++i)
        EXPECT_GE(read[1].units[i]->dts, read[1].units[i - 1]->dts + 1024) << i;
}

TEST(MseMuxer, ClosesAJumpOfTheSource) {
    for (const double jump_s : {1000.0, -1000.0}) {
        Muxer muxer(CodecList::parse(""));
        Player player;
        player.start(muxer, tracks_of(camera()));
        player.feed(muxer, in_order(camera(), 5000));
        player.feed(muxer, in_order(camera(), 5000 + jump_s));
        const auto read = player.read();
        ASSERT_EQ(read[0].units.size(), 24u) << jump_s;
        EXPECT_EQ(read[0].units[23]->dts, 23 * 1024);
    }
}

TEST(MseMuxer, GoesOnInTimeWithNewParameters) {
    Muxer muxer(CodecList::parse(""));
    Player player;
    player.start(muxer, tracks_of(camera()));
    player.feed(muxer, in_order(camera()));
    const auto setup = muxer.set_tracks(tracks_of(camera()));
    ASSERT_TRUE(setup);
    Player second;
    second.file.assign(setup->init.begin(), setup->init.end());
    second.feed(muxer, in_order(camera(), 1.2));
    EXPECT_EQ(second.read()[0].units[0]->dts, 12 * 1024);
    EXPECT_EQ(second.pieces[0].start_us, 1'200'000);
}

TEST(MseMuxer, TranscodesTelephoneSound) {
    fakes::TrackUnits sound{.track = {}, .units = {}, .durations = {}};
    media::CodecParameters g711;
    g711.codec = sound.track.codec = Codec::Pcma;
    g711.sample_rate = 8000;
    g711.channels = 1;
    sound.track.id = 1;
    sound.track.clock_rate = 8000;
    sound.track.parameters = std::make_shared<media::CodecParameters>(g711);
    for (int i = 0; i < 60; ++i) {
        auto unit = std::make_shared<media::AccessUnit>(*fakes::unit(
            1, i * 160, i * 160, true, Bytes::from(std::vector<std::uint8_t>(160, 0xD5))));
        sound.units.push_back(unit);
    }
    const std::vector<fakes::TrackUnits> tracks{camera()[0], sound};
    Muxer muxer(CodecList::parse("avc1.64001f,mp4a.40.2"));
    Player player;
    player.start(muxer, tracks_of(tracks));
    player.feed(muxer, in_order(tracks, 100));
    const auto read = player.read();
    ASSERT_EQ(read.size(), 2u);
    EXPECT_EQ(read[1].track.codec, Codec::Aac);
    ASSERT_GT(read[1].units.size(),
              30u);  // 1.2 s at 48 kHz are 56 frames, less what the last picture left behind
    const double rate = read[1].track.clock_rate;
    EXPECT_LT(static_cast<double>(read[1].units[0]->dts) / rate, 0.15);
    for (std::size_t i = 1; i < read[1].units.size(); ++i)
        EXPECT_EQ(read[1].units[i]->dts - read[1].units[i - 1]->dts, 1024) << i;
}

TEST(MseMuxer, SendsSoundByItselfWhenPicturesAreRare) {
    std::vector<fakes::TrackUnits> tracks = camera();
    tracks[0].units.resize(1);
    Muxer muxer(CodecList::parse(""));
    Player player;
    player.start(muxer, tracks_of(tracks));
    player.feed(muxer, in_order(tracks));
    EXPECT_GE(player.pieces.size(), 4u);  // the picture, then every quarter of a second
    EXPECT_GE(player.read()[1].units.size(), 15u);
}

TEST(MseMuxer, CarriesSoundAlone) {
    const std::vector<fakes::TrackUnits> tracks{camera()[1]};
    Muxer muxer(CodecList::parse(""));
    Player player;
    player.start(muxer, tracks_of(tracks));
    player.feed(muxer, in_order(tracks, 7));
    EXPECT_EQ(player.pieces.size(), 20u);
    EXPECT_TRUE(player.pieces[7].key);
    EXPECT_EQ(player.read()[0].units[0]->dts, 0);
}

}  // namespace
}  // namespace casement::outputs::mse
