#include "outputs/mjpeg/pictures.hpp"

#include <algorithm>
#include <map>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "base/mutex.hpp"
#include "base/text.hpp"

namespace casement::outputs::mjpeg {

namespace {

using async::Task;
using base::ErrorKind;
using base::MutexLock;

/// Cameras that pictures are remembered of, and sizes of each: the page asks for three, others for
/// what they like.
constexpr std::size_t kMaxCameras = 256, kMaxSizes = 8;
constexpr std::string_view kBoundary = "frame";

const media::Track* track_of(const media::Tracks& tracks, const media::AccessUnit& unit) {
    const auto found = std::ranges::find(tracks, unit.track, &media::Track::id);
    return found == tracks.end() ? nullptr : &*found;
}

}  // namespace

struct Pictures::Memory {
    struct Kept {
        int width = 0, quality = 0;
        std::weak_ptr<const media::AccessUnit> unit;  // what it was made of
        Snapshot picture;
    };
    struct Camera {
        std::vector<Kept> kept;  // newest first
        /// Held on the pool while a picture is decoded: who asks for the same meanwhile finds it
        /// made.
        std::shared_ptr<base::Mutex> decoding = std::make_shared<base::Mutex>();
    };

    mutable base::Mutex mutex;
    std::map<std::string, Camera> cameras CASEMENT_GUARDED_BY(mutex);

    static auto of_size(auto& camera, ffmpeg::JpegOptions options) {
        return std::ranges::find_if(camera.kept, [&](const Kept& k) {
            return k.width == options.width && k.quality == options.quality;
        });
    }
    /// Another one makes room for a new name.
    Camera& camera(const std::string& name) CASEMENT_REQUIRES(mutex) {
        if (cameras.size() >= kMaxCameras && !cameras.contains(name))
            cameras.erase(cameras.begin());
        return cameras[name];
    }
    std::shared_ptr<base::Mutex> decoding(const std::string& name) {
        const MutexLock lock(mutex);
        return camera(name).decoding;
    }
    void keep(const std::string& name, Kept fresh) {
        const MutexLock lock(mutex);
        std::vector<Kept>& kept = camera(name).kept;
        std::erase_if(kept, [&](const Kept& k) {
            return k.width == fresh.width && k.quality == fresh.quality;
        });
        if (kept.size() >= kMaxSizes) kept.pop_back();
        kept.insert(kept.begin(), std::move(fresh));
    }
    /// What was made of this unit already.
    std::optional<Snapshot> made_of(const std::string& name, const media::AccessUnitPtr& unit,
                                    ffmpeg::JpegOptions options) const {
        const MutexLock lock(mutex);
        const auto camera = cameras.find(name);
        if (camera == cameras.end()) return std::nullopt;
        const auto found = of_size(camera->second, options);
        if (found == camera->second.kept.end()) return std::nullopt;
        // A slate repeats the picture that is remembered.
        return unit->slate || found->unit.lock() == unit ? std::optional(found->picture)
                                                         : std::nullopt;
    }
};

Pictures::Pictures(async::BlockingPool& pool) : pool_(pool), memory_(std::make_shared<Memory>()) {}

Task<base::Result<Snapshot>> Pictures::picture_of(std::shared_ptr<hub::Stream> stream,
                                                  hub::LogEntry key, ffmpeg::JpegOptions options) {
    const std::string name = stream->name();
    if (auto known = memory_->made_of(name, key.unit, options)) co_return std::move(*known);
    const media::Track* track = track_of(*key.tracks, *key.unit);
    if (track == nullptr || !track->parameters)
        co_return base::fail(ErrorKind::Unavailable,
                             "camera \"{}\": its parameters are not known yet", name);
    const base::WallTime taken_at =
        key.unit->slate ? stream->status().last_unit_at.value_or(key.unit->wall) : key.unit->wall;
    co_return co_await pool_.run([memory = memory_, name, unit = key.unit,
                                  parameters = track->parameters, options,
                                  taken_at]() -> base::Result<Snapshot> {
        const auto decoding = memory->decoding(name);
        const MutexLock alone(*decoding);
        if (auto known = memory->made_of(name, unit, options)) return std::move(*known);
        CASEMENT_TRY(auto jpeg, ffmpeg::jpeg_of(*parameters, *unit, options));
        Snapshot picture{std::move(jpeg), taken_at};
        memory->keep(name, {options.width, options.quality, unit, picture});
        return picture;
    });
}

std::optional<Snapshot> Pictures::kept(const std::string& camera,
                                       ffmpeg::JpegOptions options) const {
    const MutexLock lock(memory_->mutex);
    const auto known = memory_->cameras.find(camera);
    if (known == memory_->cameras.end() || known->second.kept.empty()) return std::nullopt;
    const auto found = Memory::of_size(known->second, options);
    return (found == known->second.kept.end() ? known->second.kept.front() : *found).picture;
}

void Pictures::keep(const std::string& camera, ffmpeg::JpegOptions options, Snapshot picture) {
    memory_->keep(camera, {options.width, options.quality, {}, std::move(picture)});
}

std::optional<base::WallTime> Pictures::taken_at(const std::string& camera) const {
    const MutexLock lock(memory_->mutex);
    const auto known = memory_->cameras.find(camera);
    if (known == memory_->cameras.end() || known->second.kept.empty()) return std::nullopt;
    return std::ranges::max(known->second.kept, {},
                            [](const Memory::Kept& k) { return k.picture.taken_at; })
        .picture.taken_at;
}

Task<base::Result<Snapshot>> PictureReader::next(std::optional<base::WallTime> not_before) {
    while (true) {
        CASEMENT_CO_TRY(const auto item, co_await reader_.next());
        if (const auto* changed = std::get_if<hub::ParametersChanged>(&item))
            tracks_ = changed->tracks;
        const auto* unit = std::get_if<media::AccessUnitPtr>(&item);
        if (unit == nullptr || !(*unit)->key || !tracks_) continue;
        const media::Track* track = track_of(*tracks_, **unit);
        if (track == nullptr || track->kind() != media::Kind::Video) continue;
        // The reader begins with what the log still holds.
        if (not_before && ((*unit)->slate || (*unit)->wall < *not_before)) continue;
        auto picture = co_await pictures_.picture_of(reader_.stream(), {*unit, tracks_}, options_);
        if (picture) co_return picture;
        reader_.stream()->log().debug("a picture could not be decoded: {}",
                                      picture.error().message());
    }
}

ffmpeg::JpegOptions options_of(const net::Request& request) {
    ffmpeg::JpegOptions options;
    const auto number = [&request](std::string_view name) {
        return base::parse_number<int>(request.query_value(name).value_or(""));
    };
    options.width = std::clamp(number("width").value_or(0), 0, ffmpeg::kMaxPictureSide);
    options.quality = std::clamp(number("quality").value_or(options.quality), 1, 100);
    return options;
}

net::Response Pictures::stream(std::shared_ptr<hub::Stream> stream, const net::Request& request) {
    auto run = [this, stream = std::move(stream), options = options_of(request),
                executor = request.executor,
                remote = request.remote_address](net::BodyWriter& body) {
        return send_parts(stream, options, executor, remote, body);
    };
    net::Response response = net::Response::stream(
        fmt::format("multipart/x-mixed-replace; boundary={}", kBoundary), std::move(run));
    response.headers.set("Cache-Control", "no-store");
    return response;
}

Task<> Pictures::send_parts(std::shared_ptr<hub::Stream> stream, ffmpeg::JpegOptions options,
                            async::Executor executor, std::string remote, net::BodyWriter& body) {
    PictureReader reader(*this, stream, executor, {.kind = "mjpeg", .remote = std::move(remote)},
                         options);
    while (true) {
        const auto picture = co_await reader.next();
        if (!picture) co_return;
        const media::Bytes& jpeg = picture->jpeg;
        const std::string head =
            fmt::format("--{}\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", kBoundary,
                        jpeg.size());
        const iovec parts[] = {{const_cast<char*>(head.data()), head.size()},
                               {const_cast<std::uint8_t*>(jpeg.data()), jpeg.size()},
                               {const_cast<char*>("\r\n"), 2}};
        if (const auto sent = co_await body.write(std::span<const iovec>(parts)); !sent) co_return;
    }
}

}  // namespace casement::outputs::mjpeg
