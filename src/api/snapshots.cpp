#include "api/snapshots.hpp"

#include <algorithm>

namespace casement::api {

namespace {

using base::ErrorKind;
using base::Result;
using camera::Capability;

constexpr auto kAskPatience = std::chrono::seconds(10);
constexpr auto kAskAgainAfter =
    std::chrono::seconds(10);  // a vendor is not asked for each tile of each screen
constexpr auto kStartTime = std::chrono::seconds(10);  // of a camera that runs on demand
constexpr auto kJustTaken =
    std::chrono::seconds(1);  // a picture that was on its way when it was asked for

// A picture is never worth waking a battery for.
bool must_sleep(const camera::Camera& camera) {
    return camera.description.capabilities.has(Capability::Battery) ||
           camera.state.word == camera::StateWord::Asleep;
}

}  // namespace

async::Task<Result<Snapshot>> Snapshots::take(camera::CameraPtr camera, SnapshotWish wish) {
    const std::string id = camera->description.id;
    if (camera->state.word == camera::StateWord::Privacy)
        co_return base::fail_because("privacy", ErrorKind::NotFound, "The shutters are closed.");
    if (const auto stream = hub_.find(id)) {
        const auto key = stream->newest_key_frame();
        const bool is_stale = wish.max_age && (!key || key->unit->slate ||
                                               clock_.wall_now() - key->unit->wall > *wish.max_age);
        if (is_stale && (!must_sleep(*camera) || stream->wanted())) {
            if (auto fresh = co_await wait_for_fresh(stream, wish.jpeg)) co_return fresh;
        }
        if (key) {
            if (auto picture = co_await pictures_.picture_of(stream, *key, wish.jpeg))
                co_return picture;
        }
    }
    const auto last = pictures_.kept(id, wish.jpeg);
    if (last && clock_.wall_now() - last->taken_at < kAskAgainAfter) co_return *last;
    auto asked = co_await ask_camera(camera, wish.jpeg.width);
    if (asked) pictures_.keep(id, wish.jpeg, *asked);
    if (!asked && last) co_return *last;
    co_return asked;
}

async::Task<Result<Snapshot>> Snapshots::wait_for_fresh(std::shared_ptr<hub::Stream> stream,
                                                        ffmpeg::JpegOptions options) {
    outputs::mjpeg::PictureReader reader(pictures_, stream, co_await asio::this_coro::executor,
                                         {.kind = "snapshot", .remote = {}}, options);
    co_return co_await async::with_deadline(async::Deadline::in(kStartTime), "a new picture",
                                            reader.next(clock_.wall_now() - kJustTaken));
}

async::Task<Result<Snapshot>> Snapshots::ask_camera(camera::CameraPtr camera, int width) {
    if (!camera->description.capabilities.has(Capability::Snapshot) || must_sleep(*camera)) {
        co_return base::fail_because("no-picture", ErrorKind::NotFound,
                                     "No picture was ever taken.");
    }
    const auto deadline = async::Deadline::in(kAskPatience);
    CASEMENT_CO_TRY(auto outcome, co_await router_.execute({camera->description.id,
                                                            camera::TakeSnapshot{.width = width},
                                                            deadline, "snapshot"}));
    if (outcome.body.empty())
        co_return base::fail_because("no-picture", ErrorKind::NotFound,
                                     "The camera gave no picture.");
    co_return Snapshot{outcome.body, outcome.taken_at.value_or(clock_.wall_now())};
}

net::Response Snapshots::respond(const Snapshot& picture) const {
    const auto age =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock_.wall_now() - picture.taken_at);
    return net::Response::bytes("image/jpeg", picture.jpeg)
        .with("Cache-Control", "no-store")
        .with("Last-Modified",
              net::http_date(std::chrono::floor<std::chrono::seconds>(picture.taken_at)))
        .with("X-Casement-Taken-At", base::format_rfc3339(picture.taken_at))
        .with("X-Snapshot-Age", std::to_string(std::max<std::int64_t>(age.count(), 0)));
}

}  // namespace casement::api
