#include "emulators/nest/clip.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "ffmpeg/test_picture.hpp"
#include "formats/fmp4/writer.hpp"

namespace casement::emulators::nest {

namespace {

constexpr int kFps = 10;
constexpr std::uint32_t kPictureTicks = 90'000 / kFps, kSoundTicks = 1024;

}  // namespace

base::Result<media::Bytes> make_clip(const std::string& name, base::WallTime start,
                                     std::chrono::seconds length) {
    ffmpeg::TestPictureOptions options;
    options.name = name;
    options.width = 640;
    options.height = 360;
    options.fps = kFps;
    CASEMENT_TRY(const auto picture, ffmpeg::TestPicture::open(options));
    std::vector<media::AccessUnit> units;
    for (std::int64_t frame = 0; frame < length.count() * kFps; ++frame) {
        CASEMENT_TRY(picture->next(start + picture->frame_time(frame), {}, units));
    }
    struct Lane {
        std::vector<media::AccessUnitPtr> units;
        std::vector<std::uint32_t> durations;
    };
    std::array<Lane, 2> lanes;
    for (media::AccessUnit& unit : units) {
        Lane& lane = lanes.at(static_cast<std::size_t>(unit.track));
        lane.durations.push_back(unit.track == 0 ? kPictureTicks : kSoundTicks);
        lane.units.push_back(std::make_shared<const media::AccessUnit>(std::move(unit)));
    }
    std::vector<formats::fmp4::TrackRun> runs;
    for (int track = 0; track < 2; ++track) {
        const Lane& lane = lanes.at(static_cast<std::size_t>(track));
        if (lane.units.empty()) continue;
        runs.push_back({.track = track,
                        .decode_time = static_cast<std::uint64_t>(
                            std::max<std::int64_t>(0, lane.units.front()->dts)),
                        .units = lane.units,
                        .durations = lane.durations});
    }
    CASEMENT_TRY(const media::Bytes head, formats::fmp4::write_init(picture->tracks()));
    CASEMENT_TRY(const auto body, formats::fmp4::make_fragment_block(runs));
    std::vector<std::uint8_t> out(head.begin(), head.end());
    out.insert(out.end(), body.begin(), body.end());
    return media::Bytes::from(std::move(out));
}

}  // namespace casement::emulators::nest
