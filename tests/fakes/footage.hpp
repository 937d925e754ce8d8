#pragma once
// Access units as a camera would give them, without a picture in them: for what stores and moves
// media and never decodes.

#include <memory>
#include <vector>

#include "media/access_unit.hpp"
#include "media/time.hpp"
#include "media/track.hpp"
#include "tests/fakes/clock.hpp"

namespace casement::fakes {

inline media::Track h264_track(std::uint8_t level = 0x1F) {
    media::CodecParameters p;
    p.codec = media::Codec::H264;
    p.sps = {media::Bytes::from({0x67, 0x42, 0xC0, level, 0xD9, 0x00, 0xA0, 0x47, 0xFE, 0xC8})};
    p.pps = {media::Bytes::from({0x68, 0xCE, 0x3C, 0x80})};
    p.width = 640;
    p.height = 360;
    media::Track track;
    track.codec = p.codec;
    track.parameters = std::make_shared<const media::CodecParameters>(std::move(p));
    return track;
}

inline media::Track aac_track(int id = 1) {
    media::CodecParameters p;
    p.codec = media::Codec::Aac;
    p.sample_rate = 16'000;
    p.channels = 1;
    p.config = media::Bytes::from({0x14, 0x08});  // AAC-LC, 16 kHz, mono
    media::Track track;
    track.id = id;
    track.codec = p.codec;
    track.clock_rate = 16'000;
    track.parameters = std::make_shared<const media::CodecParameters>(std::move(p));
    return track;
}

/// A camera of 10 pictures a second, a key frame every second, and sound.
struct Footage {
    media::Tracks tracks{h264_track(), aac_track()};
    std::int64_t media_us = 5'000'000;  // streams do not begin at zero
    base::WallTime wall = Clock::kBegin;
    std::size_t picture_bytes = 1000;
    int picture = 0;
    int pictures_per_key = 10;
    std::int64_t next_sound_us = 5'000'000;

    media::AccessUnitPtr unit(int track, std::int64_t us, bool key, std::size_t bytes) const {
        media::AccessUnit u;
        u.track = track;
        u.key = key;
        u.dts = u.pts = media::us_to_ticks(std::chrono::microseconds{us},
                                           tracks[static_cast<std::size_t>(track)].clock_rate);
        u.wall = wall + std::chrono::microseconds{us - media_us};
        std::vector<std::uint8_t> data(std::max<std::size_t>(bytes, 6),
                                       static_cast<std::uint8_t>(picture));
        if (track == 0) {  // one NAL unit behind its length
            const auto nal = static_cast<std::uint32_t>(data.size() - 4);
            for (int i = 0; i < 4; ++i)
                data[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(nal >> (24 - 8 * i));
            data[4] = key ? 0x65 : 0x41;
        }
        u.data = media::Bytes::from(std::move(data));
        return std::make_shared<const media::AccessUnit>(std::move(u));
    }

    /// The next tenth of a second: a picture, and the sound of that time.
    std::vector<media::AccessUnitPtr> next() {
        std::vector<media::AccessUnitPtr> out{
            unit(0, media_us, picture % pictures_per_key == 0, picture_bytes)};
        ++picture;
        media_us += 100'000;
        wall += std::chrono::milliseconds{100};
        for (; tracks.size() > 1 && next_sound_us < media_us; next_sound_us += 64'000)
            out.push_back(unit(1, next_sound_us, true, 100));
        return out;
    }
    std::vector<media::AccessUnitPtr> seconds(int count) {
        std::vector<media::AccessUnitPtr> out;
        for (int i = 0; i < count * 10; ++i) {
            for (auto& u : next()) out.push_back(std::move(u));
        }
        return out;
    }
};

}  // namespace casement::fakes
