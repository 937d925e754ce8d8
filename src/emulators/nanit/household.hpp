#pragma once
// All of it together, as somebody has it who owns such cameras: the vendor's cloud and media point
// beyond one internet connection, and cameras at home.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "async/task_group.hpp"
#include "emulators/nanit/camera.hpp"
#include "emulators/nanit/cloud.hpp"
#include "emulators/nanit/internet.hpp"
#include "emulators/nanit/media_point.hpp"

namespace casement::emulators::nanit {

struct HouseholdOptions {
    std::string address = "127.0.0.1";             // of everything; exactly this one is bound
    std::uint16_t cloud_port = 0, media_port = 0;  // 0 = any
    std::uint16_t door_port = 0;  // of the first camera; the others follow. 0 = any for each
    int cameras = 1;              // 1 to kMostCameras
    User user{"parent@example.org", base::Secret("nursery"), Mfa::None};
    std::chrono::seconds access_ttl = Accounts::kAccessTtl;
    bool tls = true;  // of the vendor's ports; the cameras' own have it always
    double time_scale = 1;
    /// Where certificates are kept, for a household that is to be the same at its next start.
    /// Empty: they are new. Made where it is missing.
    std::string folder{};
    /// Of every camera; its uid, listener, certificate, cloud and time scale are the household's to
    /// say.
    CameraOptions camera{};
    /// Told of what happens, without any token.
    std::function<void(std::string_view what, const nlohmann::json& details)> tell{};
};

/// Lives on one executor; pool and clock outlive it.
class Household {
public:
    static constexpr int kMostCameras = 3;

    /// InvalidArgument for an address that is none of this machine or no single one, and for a
    /// number of cameras that is not allowed; else as net::Listener::listen.
    static base::Result<std::unique_ptr<Household>> start(async::Executor executor,
                                                          async::BlockingPool& pool,
                                                          const base::Clock& clock,
                                                          HouseholdOptions options, base::Log log);
    ~Household();
    /// Awaited before the destructor.
    async::Task<> stop();

    struct Member {
        std::string baby_uid, name, camera_uid;
        std::unique_ptr<Camera> camera;
        std::string door_address() const;  // "127.0.0.1:40123"
    };
    const std::vector<Member>& members() const { return members_; }
    Camera& camera(std::size_t index = 0) { return *members_.at(index).camera; }
    Cloud& cloud() { return *cloud_; }
    const Cloud& cloud() const { return *cloud_; }
    MediaPoint& media() { return *media_; }
    const HouseholdOptions& options() const { return options_; }

    // What a hub is given.
    std::string api_url() const;    // "https://127.0.0.1:40123"
    std::string relay_url() const;  // "wss://…"
    std::string media_url() const;  // "rtmps://…"
    /// The certificate to trust, PEM; empty without TLS.
    const std::string& ca_pem() const { return ca_pem_; }

    /// Of the whole home: cloud, relay and media point at once. What is on the local network goes
    /// on. Errors as Internet::set.
    base::Result<> set_internet(Outage outage);
    /// And back after `length`.
    base::Result<> internet_outage(Outage outage, std::chrono::milliseconds length);

    /// Counters of all, for people and programs.
    nlohmann::json status() const;
    void tell(std::string_view what, const nlohmann::json& details) const;

private:
    Household(async::Executor executor, HouseholdOptions options, base::Log log);
    base::Result<> open(async::BlockingPool& pool, const base::Clock& clock);
    base::Result<> move_in(async::BlockingPool& pool, const base::Clock& clock, int number);
    std::optional<base::WallTime> until(std::string_view app, std::string_view key) const;

    const async::Executor executor_;
    const HouseholdOptions options_;
    const base::Log log_;
    std::string ca_pem_;
    std::unique_ptr<Cloud> cloud_;
    std::unique_ptr<MediaPoint> media_;
    std::unique_ptr<Internet> to_cloud_, to_media_;
    std::vector<Member> members_;
    int outages_ = 0;  // the end of an older one does not end a newer one
    async::TaskGroup tasks_;
};

}  // namespace casement::emulators::nanit
