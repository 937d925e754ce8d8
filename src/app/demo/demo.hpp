#pragma once
// The demo: test-picture cameras on loopback, which come in over real RTSP and RTMP through the
// ordinary sources, and an emulated household of each vendor.

#include <memory>
#include <vector>

#include "app/config/config.hpp"
#include "app/demo/part.hpp"
#include "emulators/testcam/feed.hpp"
#include "emulators/testcam/rtmp_publisher.hpp"
#include "emulators/testcam/rtsp_camera.hpp"

namespace casement::app {

/// Lives on its executor.
class Demo {
public:
    /// Opens the encoders and the cameras' listeners (any free port on 127.0.0.1; Arlo devices
    /// have addresses of their own in 127.0.0.0/8 and the real ports: where this user may not have
    /// port 554, or where `config` has a base station of its own, they are left out).
    static async::Task<base::Result<std::unique_ptr<Demo>>> open(demo::Surroundings surroundings,
                                                                 const config::Config& config);

    // As demo::Part does.
    async::Task<> sign_in(store::SealedStore& sealed);
    void add_to(config::Config& config) const;
    /// The camera that pushes begins to call the hub's RTMP port, and things begin to happen in
    /// front of the others.
    void start(std::uint16_t rtmp_port);
    async::Task<> stop();

private:
    explicit Demo(const demo::Surroundings& surroundings);
    async::Task<> keep_publishing(std::uint16_t rtmp_port);

    const base::Log log_;
    base::Secret push_key_;
    base::Secret password_;
    std::vector<std::shared_ptr<emulators::testcam::Feed>> feeds_;
    std::unique_ptr<emulators::testcam::RtspCamera> garden_;
    std::unique_ptr<emulators::testcam::RtspCamera> workshop_;
    std::unique_ptr<emulators::testcam::RtmpPublisher> hall_;
    std::vector<std::unique_ptr<demo::Part>> parts_;
    async::TaskGroup tasks_;
};

}  // namespace casement::app
