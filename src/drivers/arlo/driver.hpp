#pragma once
// A base station for Arlo devices: they register here and are told how to be.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "async/blocking_pool.hpp"
#include "drivers/arlo/base.hpp"
#include "drivers/arlo/device.hpp"
#include "drivers/arlo/door.hpp"
#include "drivers/arlo/ping.hpp"
#include "drivers/arlo/roster.hpp"

namespace casement::drivers::arlo {

struct DriverOptions {
    DoorOptions door;
    TcpLinkOptions link;
    /// First and last own UDP port for pictures, where a gateway forwards them; 0, 0: any.
    std::pair<std::uint16_t, std::uint16_t> rtp_ports{0, 0};
    House house;
    Timing timing;
    MediaPorts ports;
    /// To a sleeping device in front of each request; empty: none.
    std::function<void(const std::string& to, const std::string& from)> ping = arlo::ping;
    std::vector<CameraConfig> cameras;  // those that the file names
    AlbumOptions album;
    /// For the pictures of devices; none: nobody asks for one. Outlives the driver.
    async::BlockingPool* disk = nullptr;
    bool event_pictures = true;  // a picture of each motion, sound and ring
    /// Called on the driver's executor; must not wait. May be empty.
    NoticeHandler notice;
};

/// More is no household, and what a hostile neighbour invents costs rows.
inline constexpr std::size_t kMaxDevices = 256;

/// All devices of one camera network. Lives on `executor`; store and clock outlive it.
class Driver final : public camera::CameraDriver {
public:
    /// Blocks: reads what is known of devices. Errors of the database. `link` replaces TCP in
    /// tests.
    static base::Result<std::unique_ptr<Driver>> make(async::Executor executor,
                                                      DriverOptions options, store::Store& store,
                                                      const base::Clock& clock,
                                                      std::unique_ptr<Link> link = nullptr);

    async::Executor executor() const override { return base_.executor; }
    std::string vendor() const override { return "arlo"; }
    std::string name() const override { return "base"; }
    /// Fails with the errors of net::Listener::listen().
    async::Task<base::Result<>> run(camera::DriverHost& host) override;
    async::Task<base::Result<camera::StreamEndpoint>> endpoint(std::string camera,
                                                               camera::Quality quality,
                                                               async::Deadline deadline) override;
    async::Task<base::Result<>> set(std::string camera, std::string setting, camera::Value value,
                                    async::Deadline deadline) override;
    async::Task<base::Result<camera::CommandOutcome>> execute(camera::Command command) override;
    async::Task<base::Result<std::unique_ptr<camera::TalkSink>>> talk(
        std::string camera, async::Deadline deadline) override;

    /// What a device says, as the door hands it over while run() runs; success is acknowledged.
    /// InvalidArgument for what no device says.
    async::Task<base::Result<>> receive(Call call);
    /// The port that was really bound; 0 while run() does not run.
    std::uint16_t port(Port which) const;

    /// Null without DriverOptions::disk. Lives on the driver's executor too.
    const std::shared_ptr<Album>& album() const { return album_; }

    // For the room beside this one (rest.hpp); on the driver's executor.
    const std::map<std::string, DevicePtr, std::less<>>& devices() const { return devices_; }
    DevicePtr device(std::string_view serial) const;  // null when nobody has that number
    /// What the file says of devices, as it is from now on: told to them and to the host. Those
    /// that only the file spoke of go with their line.
    void reconfigure(std::vector<CameraConfig> cameras);
    /// As if it had never called; it is there again when it registers. NotFound, errors of the
    /// database.
    async::Task<base::Result<>> forget(std::string serial);

private:
    Driver(const async::Executor& executor, DriverOptions options, std::unique_ptr<Memory> memory,
           std::unique_ptr<Link> link, const base::Clock& clock);
    async::Task<> look_around();
    base::Result<DevicePtr> caller(const std::string& serial, const Call& call);
    base::Result<DevicePtr> device_for(std::string_view camera) const;
    DevicePtr device_at(std::string_view address) const;
    CameraConfig config_of(const std::string& serial) const;
    DevicePtr add(Record record);
    /// Those of the file that are not there yet; answers them.
    std::vector<DevicePtr> add_named();
    void place(const DevicePtr& device, const std::string& address);
    void replay(const DevicePtr& device);
    async::Task<base::Result<>> alert(const Call& call, protocols::arlo::Alert body);
    void ask_who(const Call& call);

    DriverOptions options_;
    const std::unique_ptr<Memory> memory_;
    const std::unique_ptr<Link> link_;
    const std::shared_ptr<Album> album_;
    Base base_;
    std::map<std::string, StoredMedia> stored_media_;        // of the life before, by serial
    std::map<std::string, DevicePtr, std::less<>> devices_;  // by serial
    Roster roster_;
    Waiting waiting_;
    std::unique_ptr<Door> door_;  // while run() runs
};

}  // namespace casement::drivers::arlo
