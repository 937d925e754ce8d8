#pragma once
// Cameras that nobody needs to sign in to: an address in the configuration is the whole camera.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "camera/driver.hpp"

namespace casement::drivers::generic {

/// One entry under `cameras:` with a `source`.
struct CameraConfig {
    std::string id;                    // the key in the file
    std::string name;                  // for a person; empty = the id
    std::string source;                // see parse_source(); not looked at when `way` is set
    std::optional<camera::Way> way{};  // already read from elsewhere
    std::string small_source;          // a second, smaller stream of the same camera; may be empty
    std::string place;
    std::optional<std::chrono::milliseconds>
        interval;  // for http: poll single pictures this often in place of a stream
    camera::PullRtsp::Transport transport = camera::PullRtsp::Transport::Auto;
    bool audio = true;  // false: its sound is left out
    camera::Connection connection;
};

/// The way that an address names:
///   rtsp:// rtsps://          pull RTSP           rtmp:// rtmps://   pull RTMP
///   http:// https://          MJPEG, or single pictures when `interval` is set
///   push:KEY                  the camera publishes RTMP to us under /live with this key (8 to 64
///   of [A-Za-z0-9_-]) file:/PATH                a media file, again and again test: or
///   test:WxH@FPS     a generated picture
/// InvalidArgument with a sentence that says what is wrong; it never holds the credentials.
base::Result<camera::Way> parse_source(const CameraConfig& config, const std::string& source);

/// All generic cameras of the file. Lives on `executor`.
class Driver final : public camera::CameraDriver {
public:
    /// InvalidArgument, naming the camera, when an address is wrong.
    static base::Result<std::unique_ptr<Driver>> make(async::Executor executor,
                                                      std::vector<CameraConfig> cameras);

    /// The list as it is from now on. Cameras that came, went or were renamed are told to the host;
    /// one that is only reached another way is not: its stream asks for endpoint() when it is
    /// started anew. Errors as make(); then nothing has changed.
    base::Result<> reconfigure(std::vector<CameraConfig> cameras);

    async::Executor executor() const override { return executor_; }
    std::string vendor() const override { return "generic"; }
    std::string name() const override { return "file"; }
    async::Task<base::Result<>> run(camera::DriverHost& host) override;
    async::Task<base::Result<camera::StreamEndpoint>> endpoint(std::string camera,
                                                               camera::Quality quality,
                                                               async::Deadline deadline) override;
    async::Task<base::Result<>> set(std::string camera, std::string setting, camera::Value value,
                                    async::Deadline deadline) override;
    async::Task<base::Result<camera::CommandOutcome>> execute(camera::Command command) override;
    async::Task<base::Result<std::unique_ptr<camera::TalkSink>>> talk(
        std::string camera, async::Deadline deadline) override;

private:
    struct Known {
        camera::Description description;
        camera::Way main;
        std::optional<camera::Way> small;
        bool audio = true;
    };
    Driver(async::Executor executor, std::vector<Known> cameras)
        : executor_(std::move(executor)), cameras_(std::move(cameras)) {}
    static base::Result<std::vector<Known>> read(const std::vector<CameraConfig>& cameras);
    void tell(const Known& camera) const;

    const async::Executor executor_;
    std::vector<Known> cameras_;
    camera::DriverHost* host_ = nullptr;  // while run() runs
};

}  // namespace casement::drivers::generic
