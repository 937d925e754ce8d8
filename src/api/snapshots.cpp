#include "api/snapshots.hpp"

#include <algorithm>

namespace casement::api {

namespace {

using base::ErrorKind;
using base::Result;
using camera::Capability;

constexpr std::chrono::seconds kAskPatience{10};
// A camera on battery may take a minute to wake; a command gives up after that.
constexpr std::chrono::seconds kWakePatience{50};
constexpr auto kAskAgainAfter =
    std::chrono::seconds(10);  // a vendor is not asked for each tile of each screen
constexpr auto kStartTime = std::chrono::seconds(10);  // of a camera that runs on demand
constexpr auto kJustTaken =
    std::chrono::seconds(1);  // a picture that was on its way when it was asked for

// A picture is never worth waking a battery for, unless a person asks for it.
bool must_sleep(const camera::Camera& camera) {
    return camera.description.capabilities.has(Capability::Battery) ||
           camera.state.word == camera::StateWord::Asleep;
}

bool is_running(const std::shared_ptr<hub::Stream>& stream) {
    return stream && stream->status().phase == hub::Phase::Live;
}

bool is_younger(const Snapshot& a, const Snapshot& b) { return a.taken_at > b.taken_at; }

}  // namespace

async::Task<Result<Snapshot>> Snapshots::take(camera::CameraPtr camera, SnapshotWish wish) {
    const std::string id = camera->description.id;
    if (camera->state.word == camera::StateWord::Privacy)
        co_return base::fail_because("privacy", ErrorKind::NotFound, "The shutters are closed.");
    auto best = co_await of_stream(*camera, wish);
    if (best && is_running(hub_.find(id))) co_return *best;
    if (const auto last = pictures_.kept(id, wish.jpeg);
        last && (!best || is_younger(*last, *best)))
        best = last;
    // A camera that sleeps is not asked, but its driver may have a picture.
    const bool is_cheap = must_sleep(*camera) && !wish.wake;
    const auto enough = wish.max_age.value_or(kAskAgainAfter);
    if (best && !is_cheap && clock_.wall_now() - best->taken_at < enough) co_return *best;
    if (best && !camera->description.capabilities.has(Capability::Snapshot)) co_return *best;
    auto asked = co_await ask_camera(camera, wish);
    if (!asked && best && !wish.wake) co_return *best;
    if (!asked) co_return asked;
    if (best && is_younger(*best, *asked)) co_return *best;
    pictures_.keep(id, wish.jpeg, *asked);
    co_return asked;
}

async::Task<std::optional<Snapshot>> Snapshots::of_stream(const camera::Camera& camera,
                                                          const SnapshotWish& wish) {
    const auto stream = hub_.find(camera.description.id);
    if (!stream) co_return std::nullopt;
    const auto key = stream->newest_key_frame();
    const bool is_stale = wish.max_age && (!key || key->unit->slate ||
                                           clock_.wall_now() - key->unit->wall > *wish.max_age);
    if (is_stale && (!must_sleep(camera) || stream->wanted())) {
        if (auto fresh = co_await wait_for_fresh(stream, wish.jpeg)) co_return *fresh;
    }
    if (!key) co_return std::nullopt;
    auto picture = co_await pictures_.picture_of(stream, *key, wish.jpeg);
    if (!picture) co_return std::nullopt;
    co_return *picture;
}

async::Task<Result<Snapshot>> Snapshots::wait_for_fresh(std::shared_ptr<hub::Stream> stream,
                                                        ffmpeg::JpegOptions options) {
    outputs::mjpeg::PictureReader reader(pictures_, stream, co_await asio::this_coro::executor,
                                         {.kind = "snapshot", .remote = {}}, options);
    co_return co_await async::with_deadline(async::Deadline::in(kStartTime), "a new picture",
                                            reader.next(clock_.wall_now() - kJustTaken));
}

async::Task<Result<Snapshot>> Snapshots::ask_camera(camera::CameraPtr camera, SnapshotWish wish) {
    if (!camera->description.capabilities.has(Capability::Snapshot)) {
        co_return base::fail_because("no-picture", ErrorKind::NotFound,
                                     "No picture was ever taken.");
    }
    const auto deadline = async::Deadline::in(wish.wake ? kWakePatience : kAskPatience);
    CASEMENT_CO_TRY(
        auto outcome,
        co_await router_.execute({camera->description.id,
                                  camera::TakeSnapshot{.width = wish.jpeg.width, .wake = wish.wake},
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
