#pragma once
// Running a test picture, and decoding everything it made.

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "ffmpeg/canvas.hpp"
#include "ffmpeg/decoder.hpp"
#include "ffmpeg/snapshot.hpp"
#include "ffmpeg/test_picture.hpp"
#include "media/nal.hpp"

namespace casement::ffmpeg::test {

inline std::vector<media::AccessUnit> run(TestPicture& picture, int frames, base::WallTime start) {
    std::vector<media::AccessUnit> units;
    for (int i = 0; i < frames; ++i) {
        EXPECT_TRUE(picture.next(start + picture.frame_time(picture.next_frame()),
                                 base::SteadyTime{}, units));
    }
    return units;
}

inline std::vector<media::AccessUnit> units_of(const std::vector<media::AccessUnit>& units,
                                               int track) {
    std::vector<media::AccessUnit> out;
    std::ranges::copy_if(units, std::back_inserter(out),
                         [&](const media::AccessUnit& unit) { return unit.track == track; });
    return out;
}

inline std::vector<Picture> decode_all(const media::CodecParameters& parameters,
                                       const std::vector<media::AccessUnit>& units) {
    Decoder decoder = Decoder::open(parameters).value();
    std::vector<Picture> pictures;
    const auto receive = [&] {
        for (FrameHandle frame = decoder.receive().value(); frame;
             frame = decoder.receive().value()) {
            pictures.emplace_back(std::shared_ptr<const AVFrame>(std::move(frame)));
        }
    };
    for (const media::AccessUnit& unit : units) {
        EXPECT_TRUE(decoder.send(unit.data));
        receive();
    }
    EXPECT_TRUE(decoder.drain());
    receive();
    return pictures;
}

/// The first unit of a test picture, with what decodes it.
struct KeyFrame {
    media::CodecParametersPtr parameters;
    media::AccessUnit unit;
};
inline KeyFrame make_key_frame(media::Codec codec, int width, int height) {
    const auto picture =
        TestPicture::open({.video = codec, .width = width, .height = height, .audio = std::nullopt})
            .value();
    const auto units = run(*picture, 1, base::WallTime{std::chrono::seconds{1'700'000'000}});
    return {picture->tracks()[0].parameters, units[0]};
}

}  // namespace casement::ffmpeg::test
