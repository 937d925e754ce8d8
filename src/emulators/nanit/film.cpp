#include "emulators/nanit/film.hpp"

#include <memory>
#include <vector>

#include "base/byte_reader.hpp"
#include "ffmpeg/test_picture.hpp"
#include "formats/fmp4/writer.hpp"

namespace casement::emulators::nanit {

namespace {

constexpr int kFps = 10;
constexpr int kWidth = 640, kHeight = 360;

}  // namespace

base::Result<std::string> make_film(base::WallTime at) {
    CASEMENT_TRY(const auto picture, ffmpeg::TestPicture::open({.name = "Film",
                                                                .width = kWidth,
                                                                .height = kHeight,
                                                                .fps = kFps,
                                                                .audio = std::nullopt}));
    std::vector<media::AccessUnit> made;
    for (int i = 0; i < kFps; ++i) {
        CASEMENT_TRY(picture->next(at + picture->frame_time(i), {}, made));
    }
    std::vector<media::AccessUnitPtr> units;
    units.reserve(made.size());
    for (media::AccessUnit& unit : made)
        units.push_back(std::make_shared<const media::AccessUnit>(std::move(unit)));
    const std::vector<std::uint32_t> durations(
        units.size(), static_cast<std::uint32_t>(picture->tracks().front().clock_rate / kFps));
    const formats::fmp4::TrackRun run{.track = picture->tracks().front().id,
                                      .decode_time = 0,
                                      .units = units,
                                      .durations = durations};
    CASEMENT_TRY(const media::Bytes head, formats::fmp4::write_init(picture->tracks()));
    CASEMENT_TRY(const auto body, formats::fmp4::make_fragment_block({&run, 1}));
    return std::string(base::as_text(head.view())).append(base::as_text(body));
}

}  // namespace casement::emulators::nanit
