#pragma once
// The demo: test-picture cameras on loopback, which come in over real RTSP and RTMP through the
// ordinary sources, two emulated Arlo devices that call the hub as their base station, and an
// emulated Nanit camera behind an account that the hub is signed in to.

#include <memory>
#include <vector>

#include "app/config/config.hpp"
#include "async/blocking_pool.hpp"
#include "async/task_group.hpp"
#include "emulators/arlo/device.hpp"
#include "emulators/nanit/household.hpp"
#include "emulators/testcam/feed.hpp"
#include "emulators/testcam/rtmp_publisher.hpp"
#include "emulators/testcam/rtsp_camera.hpp"
#include "store/sealed.hpp"

namespace casement::app {

/// Lives on its executor.
class Demo {
public:
    /// Opens the encoders and the cameras' listeners (any free port on 127.0.0.1; Arlo devices
    /// have addresses of their own in 127.0.0.0/8 and the real ports: where this user may not have
    /// port 554, or where `config` has a base station of its own, they are left out). The pool and
    /// the clock outlive the demo. `data` is the hub's folder, which keeps the nursery's keys.
    static async::Task<base::Result<std::unique_ptr<Demo>>> open(async::Executor executor,
                                                                 async::BlockingPool& pool,
                                                                 const base::Clock& clock,
                                                                 const config::Config& config,
                                                                 std::string data, base::Log log);

    /// Signs the hub in to the demo's Nanit account, as a person would have done. Before the
    /// account is opened; what fails is logged.
    async::Task<> sign_in(store::SealedStore& sealed, async::BlockingPool& pool,
                          const base::Clock& clock);
    /// Puts the demo's cameras behind those of the file; a name that is taken stays the file's.
    /// Where there are Arlo devices the hub becomes their base station.
    void add_cameras(config::Config& config) const;
    /// The camera that pushes begins to call the hub's RTMP port, and things begin to happen in
    /// front of the devices.
    void start(std::uint16_t rtmp_port);
    async::Task<> stop();

private:
    Demo(async::Executor executor, base::Log log);
    async::Task<> keep_publishing(std::uint16_t rtmp_port);
    void start_arlo(async::BlockingPool& pool, const base::Clock& clock);
    void start_nanit(async::BlockingPool& pool, const base::Clock& clock, const std::string& data);
    void add_nursery(config::Config& config) const;
    async::Task<> keep_moving();
    async::Task<> keep_ringing();
    async::Task<> keep_stirring();

    const base::Log log_;
    base::Secret push_key_;
    base::Secret password_;
    std::vector<std::shared_ptr<emulators::testcam::Feed>> feeds_;
    std::unique_ptr<emulators::testcam::RtspCamera> garden_;
    std::unique_ptr<emulators::testcam::RtspCamera> workshop_;
    std::unique_ptr<emulators::testcam::RtmpPublisher> hall_;
    std::unique_ptr<emulators::arlo::Device> porch_, door_;  // both or none
    std::unique_ptr<emulators::nanit::Household> nursery_;   // none: its ports were not to be had
    async::TaskGroup tasks_;
};

}  // namespace casement::app
