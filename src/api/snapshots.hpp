#pragma once
// Which picture a person gets of a camera: the stream's, the last one remembered, or the vendor's
// own.

#include <chrono>
#include <optional>

#include "base/clock.hpp"
#include "camera/registry.hpp"
#include "camera/router.hpp"
#include "hub/stream_hub.hpp"
#include "outputs/mjpeg/pictures.hpp"

namespace casement::api {

using outputs::mjpeg::Snapshot;

struct SnapshotWish {
    ffmpeg::JpegOptions jpeg;
    std::optional<std::chrono::milliseconds>
        max_age;        // older: the stream is started and waited for, where that wakes no battery
    bool wake = false;  // a person asks: a sleeping camera is woken for a new picture
};

/// Thread-safe; calls resume on the caller's executor.
class Snapshots {
public:
    Snapshots(hub::StreamHub& hub, camera::CommandRouter& router,
              outputs::mjpeg::Pictures& pictures, const base::Clock& clock)
        : hub_(hub), router_(router), pictures_(pictures), clock_(clock) {}

    /// The newest key frame of a stream that runs. Of a camera that does not stream, the youngest
    /// of the last picture seen, and the one that its driver has or gets without waking anybody (or
    /// by waking it, where that is wished). NotFound with `no-picture`, or with `privacy` while the
    /// shutters are closed.
    async::Task<base::Result<Snapshot>> take(camera::CameraPtr camera, SnapshotWish wish);

    /// The picture, how old it is, and that it is not to be kept by others.
    net::Response respond(const Snapshot& picture) const;

private:
    async::Task<base::Result<Snapshot>> wait_for_fresh(std::shared_ptr<hub::Stream> stream,
                                                       ffmpeg::JpegOptions options);
    async::Task<std::optional<Snapshot>> of_stream(const camera::Camera& camera,
                                                   const SnapshotWish& wish);
    async::Task<base::Result<Snapshot>> ask_camera(camera::CameraPtr camera, SnapshotWish wish);

    hub::StreamHub& hub_;
    camera::CommandRouter& router_;
    outputs::mjpeg::Pictures& pictures_;
    const base::Clock& clock_;
};

}  // namespace casement::api
