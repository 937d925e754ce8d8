#pragma once
// JPEGs of the emulated cameras, each with a number that can be read back out of it
// (ffmpeg::read_test_picture), also when it has become a frame of a video; and the record of who
// got which.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "async/blocking_pool.hpp"
#include "async/task.hpp"
#include "base/clock.hpp"
#include "media/bytes.hpp"

namespace casement::emulators::nest {

struct Picture {
    media::Bytes jpeg{};
    std::int64_t counter = 0;  // of its camera, from 0
    base::WallTime taken_at;
};

/// One picture that went out.
struct Given {
    std::string uuid;
    std::int64_t counter = 0;
    base::WallTime at;
    int width = 0;
    /// The connection took all of it. Set when that has happened.
    bool delivered = false;
};

/// Lives on one executor; pool and clock outlive it. Encoding happens on the pool.
class Pictures {
public:
    static constexpr int kWidth = 1280, kHeight = 720;  // when nothing else is asked for
    static constexpr std::size_t kMostRemembered = 1'000'000;

    Pictures(async::BlockingPool& pool, const base::Clock& clock) : pool_(pool), clock_(clock) {}

    /// A camera's pictures are new this often; what is asked for sooner gets the one before, at its
    /// size. 0: each is new.
    std::chrono::milliseconds new_every{0};

    /// `width` is brought into what can be drawn, with the native aspect.
    async::Task<base::Result<Picture>> take(std::string uuid, int width);

    /// Into the record; answers its place.
    std::size_t gave(const std::string& uuid, const Picture& picture, int width);
    void delivered(std::size_t place);
    /// The oldest first.
    const std::deque<Given>& given() const { return given_; }

private:
    struct Lens;  // of one camera
    async::BlockingPool& pool_;
    const base::Clock& clock_;
    std::map<std::string, std::shared_ptr<Lens>, std::less<>> lenses_;
    std::deque<Given> given_;
    std::size_t forgotten_ = 0;
};

}  // namespace casement::emulators::nest
