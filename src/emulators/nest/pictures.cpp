#include "emulators/nest/pictures.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "ffmpeg/test_picture.hpp"
#include "media/access_unit.hpp"

namespace casement::emulators::nest {

using base::Result;

namespace {

constexpr int kLeast = 320, kMost = 1920;

int drawable(int width) { return std::clamp(width, kLeast, kMost) / 16 * 16; }  // 16:9, and even

}  // namespace

/// Used on the pool alone, and kept by what runs there.
struct Pictures::Lens {
    base::Mutex mutex;
    std::unique_ptr<ffmpeg::TestPicture> picture CASEMENT_GUARDED_BY(mutex);
    std::optional<Picture> last CASEMENT_GUARDED_BY(mutex);
    int last_width CASEMENT_GUARDED_BY(mutex) = 0;

    Result<Picture> take(const std::string& name, int hue, int width, base::WallTime now,
                         std::chrono::milliseconds good_for);
};

Result<Picture> Pictures::Lens::take(const std::string& name, int hue, int width,
                                     base::WallTime now, std::chrono::milliseconds good_for) {
    const base::MutexLock lock(mutex);
    if (last && last_width == width && now - last->taken_at < good_for) return *last;
    if (!picture) {
        ffmpeg::TestPictureOptions options;
        options.name = name;
        options.video = media::Codec::Mjpeg;
        options.width = width;
        options.height = width * 9 / 16;
        options.audio.reset();
        options.hue = hue;
        CASEMENT_TRY(picture, ffmpeg::TestPicture::open(options));
    } else if (picture->options().width != width) {
        CASEMENT_TRY(picture->resize(width, width * 9 / 16));
    }
    Picture out{.counter = picture->next_frame(), .taken_at = now};
    std::vector<media::AccessUnit> units;
    CASEMENT_TRY(picture->next(now, {}, units));
    out.jpeg = std::move(units.front().data);
    last = out;
    last_width = width;
    return out;
}

async::Task<Result<Picture>> Pictures::take(std::string uuid, int width) {
    auto& lens = lenses_[uuid];
    if (!lens) lens = std::make_shared<Lens>();
    const int hue = static_cast<int>(lenses_.size()) * 70;
    auto work = [lens = lens, name = uuid.substr(0, 8), hue, width = drawable(width),
                 now = clock_.wall_now(),
                 every = new_every] { return lens->take(name, hue, width, now, every); };
    co_return co_await pool_.run(std::move(work));
}

std::size_t Pictures::gave(const std::string& uuid, const Picture& picture, int width) {
    given_.push_back(
        {.uuid = uuid, .counter = picture.counter, .at = clock_.wall_now(), .width = width});
    if (given_.size() > kMostRemembered) {
        given_.pop_front();
        ++forgotten_;
    }
    return forgotten_ + given_.size() - 1;
}

void Pictures::delivered(std::size_t place) {
    if (place >= forgotten_) given_.at(place - forgotten_).delivered = true;
}

}  // namespace casement::emulators::nest
