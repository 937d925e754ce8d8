#include "sources/generated/generated_source.hpp"

#include <memory>
#include <vector>

#include "async/deadline.hpp"
#include "ffmpeg/test_picture.hpp"

namespace casement::sources::generated {

using base::Result;

namespace {

// Further behind its pace than this (a suspended machine), it lets the time pass instead of
// catching up.
constexpr std::chrono::milliseconds kMaxLate{500};

ffmpeg::TestPictureOptions options_of(const camera::TestPicture& way, const std::string& name) {
    ffmpeg::TestPictureOptions options;
    options.name = name;
    options.width = way.width;
    options.height = way.height;
    options.fps = way.frames_per_second;
    if (!way.audio) options.audio.reset();
    for (const char letter : name)
        options.hue = (options.hue * 31 + static_cast<unsigned char>(letter)) %
                      360;  // cameras look different
    return options;
}

}  // namespace

GeneratedSource::GeneratedSource(camera::TestPicture way, std::string name,
                                 Surroundings surroundings)
    : way_(way), name_(std::move(name)), surroundings_(std::move(surroundings)) {}

async::Task<Result<>> GeneratedSource::run(hub::StreamWriter& writer) {
    auto open = [options = options_of(way_, name_)] { return ffmpeg::TestPicture::open(options); };
    CASEMENT_CO_TRY(std::shared_ptr<ffmpeg::TestPicture> picture,
                    co_await surroundings_.pool.run(std::move(open)));
    writer.set_tracks(picture->tracks());
    const base::Clock& clock = surroundings_.clock;
    base::SteadyTime epoch = clock.steady_now();
    for (;;) {
        const auto offset = picture->frame_time(picture->next_frame());
        const auto late = clock.steady_now() - (epoch + offset);
        if (late > kMaxLate) epoch += late;
        if (late < base::Duration::zero()) {
            CASEMENT_CO_TRY(co_await async::sleep_for(-late));
        }
        auto work = [picture, wall = clock.wall_now(),
                     now = clock.steady_now()]() -> Result<std::vector<media::AccessUnit>> {
            std::vector<media::AccessUnit> units;
            CASEMENT_TRY(picture->next(wall, now, units));
            return units;
        };
        CASEMENT_CO_TRY(auto units, co_await surroundings_.pool.run(std::move(work)));
        for (media::AccessUnit& unit : units) writer.publish(std::move(unit));
    }
}

async::Task<> GeneratedSource::close(async::Deadline) { co_return; }

std::string GeneratedSource::description() const { return "test picture"; }

}  // namespace casement::sources::generated
