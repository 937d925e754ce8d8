#pragma once
// JPEG pictures that carry a counter, and reading them back out of films.

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "ffmpeg/test_picture.hpp"
#include "formats/fmp4/byte_source.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/mp4_units.hpp"
#include "tests/unit/ffmpeg/pictures.hpp"

namespace casement::sources::snapshots::test {

/// Counters 0, 1, 2...
inline std::vector<media::Bytes> pictures(int count, int width = 320, int height = 180) {
    const auto picture = ffmpeg::TestPicture::open({.video = media::Codec::Mjpeg,
                                                    .width = width,
                                                    .height = height,
                                                    .fps = 10,
                                                    .audio = std::nullopt})
                             .value();
    std::vector<media::Bytes> out;
    for (auto& unit : ffmpeg::test::run(*picture, count, fakes::Clock::kBegin))
        out.push_back(std::move(unit.data));
    return out;
}

/// What a film shows: the counters of its pictures, and how long each stays, in ticks.
struct Shown {
    std::vector<std::int64_t> counters;
    std::vector<std::uint32_t> durations;
};
inline Shown read_film(const std::filesystem::path& path) {
    const auto source = formats::FileSource::open(path.string()).value();
    const auto tracks = fakes::units_of(source);
    Shown out;
    if (tracks.size() != 1) return out;
    std::vector<media::AccessUnit> units;
    for (const auto& unit : tracks[0].units) units.push_back(*unit);
    for (const auto& picture : ffmpeg::test::decode_all(*tracks[0].track.parameters, units)) {
        const auto reading = ffmpeg::read_test_picture(picture);
        out.counters.push_back(reading ? reading->frame : -1);
    }
    out.durations = tracks[0].durations;
    return out;
}

/// Paths of what has this extension, sorted by name.
inline std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder,
                                                   std::string_view extension) {
    std::vector<std::filesystem::path> out;
    std::error_code ignored;
    for (const auto& file : std::filesystem::directory_iterator(folder, ignored)) {
        if (file.path().extension() == extension) out.push_back(file.path());
    }
    std::ranges::sort(out);
    return out;
}

inline std::vector<std::int64_t> counters_of_films(const std::filesystem::path& folder) {
    std::vector<std::int64_t> out;
    for (const auto& film : files_in(folder, ".mp4")) {
        for (const std::int64_t counter : read_film(film).counters) out.push_back(counter);
    }
    return out;
}

inline std::vector<std::int64_t> counted(std::int64_t from, std::int64_t to) {
    std::vector<std::int64_t> out;
    for (std::int64_t i = from; i < to; ++i) out.push_back(i);
    return out;
}

}  // namespace casement::sources::snapshots::test
