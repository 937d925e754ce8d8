#pragma once
// The vendor's cloud: home.nest.com, the camera web API, Google's token servers, and for each
// region a server of pictures and events. Each is a port of its own, as each is a host of its own.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/blocking_pool.hpp"
#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "emulators/nest/accounts.hpp"
#include "emulators/nest/device_access.hpp"
#include "emulators/nest/home.hpp"
#include "emulators/nest/live_host.hpp"
#include "emulators/nest/pictures.hpp"
#include "net/tls.hpp"

namespace casement::emulators::testcam {
class RtspCamera;
}

namespace casement::emulators::nest {

struct CloudOptions {
    std::string address = "127.0.0.1";              // of everything; exactly this one is bound
    std::uint16_t first_port = 0;                   // home's; the others follow. 0 = any for each
    std::optional<net::Certificate> certificate{};  // set: TLS alone
    std::vector<std::string> regions{"us1"};
    /// Of live pictures.
    ffmpeg::TestPictureOptions live_picture = LiveOptions{}.picture;
    DeviceAccessOptions device_access{};
    /// How long a long poll without a time of its own is held.
    std::chrono::milliseconds poll = std::chrono::minutes(15);
    /// Every wait of the cloud is multiplied by this. Never the life of a token.
    double time_scale = 1;
    /// Told of every request, when it is answered.
    std::function<void(const struct Seen& request)> told{};
};

/// One request, as the record has it.
struct Seen {
    std::string site;   // "home", "camera_api", "google", "nexus-us1"
    std::string route;  // "session", "get_image"…
    std::string uuid;   // of the camera, where there is one
    int status = 0;     // what was answered; 0: not yet, or nothing
    base::WallTime at;
};

enum class Fault {
    TooMany,       // 429, with Retry-After
    ServerError,   // 500
    Unavailable,   // 503, with Retry-After
    Unauthorized,  // 401
    Forbidden,     // 403
    NotFound,      // 404
    Conflict,      // 409
    Html,          // 200, and a page instead of JSON or JPEG
    Envelope,      // 200, and a status of 503 in the camera API's envelope
    Hang,          // an hour without a word
    LostAnswer,    // it is done, and the connection cut before anybody learns of it
    Empty,         // 200, and no body
    NoContent,     // 204
    NotJpeg,       // 200 with image/jpeg, which it is not
    Truncated,     // 200, and half of the picture
    Huge,          // 200, and 64 MiB
};

/// What a whole site does.
enum class Outage { None, Unavailable, Silent };

/// How much one site was asked.
struct SiteCounters {
    std::uint64_t requests = 0;
    std::uint64_t most_in_a_minute = 0;  // a scaled one
    /// That came although a Retry-After to the same user had named a later time.
    std::uint64_t too_early = 0;
};

/// Lives on one executor. Routes by name: "log_in", "verify_pin", "session", "app_launch",
/// "subscribe", "put", "members"; "issue_token", "oauth_token", "issue_jwt"; "login_nest",
/// "users_current", "cameras", "camera", "set_properties"; "get_image", "cuepoint",
/// "cuepoint_category", "faces", "event_snapshot", "event_clip"; "list_devices", "get_device",
/// "execute_command", "sdm_image", "sdm_clip"; "subscription", "make_subscription".
class Cloud {
public:
    static constexpr std::size_t kMostSeen = 1'000'000;

    /// Errors as net::Listener::listen. Pool and clock outlive the cloud.
    static base::Result<std::unique_ptr<Cloud>> start(async::Executor executor,
                                                      async::BlockingPool& pool,
                                                      const base::Clock& clock,
                                                      CloudOptions options, base::Log log);
    ~Cloud();
    /// Everybody is cut. Awaited before the destructor.
    async::Task<> stop();

    // What a hub is given.
    std::string home_url() const;  // "https://127.0.0.1:40123"
    std::string camera_api_url() const;
    std::string google_url() const;  // of issueToken, /token and /v1/issue_jwt
    std::string nexus_url(std::string_view region) const;
    /// Its live pictures.
    LiveHost& live(std::string_view region);
    std::string device_access_url() const;  // of Google's API, with "/v1" behind it
    std::string pubsub_url() const;         // the same; the subscription is "casement"
    /// What a person copies from a browser that is signed in.
    std::string issue_token_url() const;

    Accounts& accounts();
    Home& home();
    Pictures& pictures();
    DeviceAccess& devices();
    /// Of a device that has been lent a stream; what it sees, and who watches.
    testcam::RtspCamera* lent_camera(std::string_view device_id);
    /// Into the home, with the hosts of its region. InvalidArgument for a region that is not there.
    base::Result<> add(Camera camera);
    /// Its hosts are those of another region from now on. NotFound for another camera.
    base::Result<> move(std::string_view uuid, std::string_view region);

    /// The next `times` requests of `route` go wrong: "get_image", "nexus-us1/get_image" of one
    /// site, "*" for every route.
    void fail_next(std::string_view route, Fault fault, int times = 1,
                   std::chrono::seconds retry_after = std::chrono::seconds(1));
    /// Of a site by its name in Seen. NotFound for another.
    base::Result<> set_outage(std::string_view site, Outage outage);
    /// A camera's pictures take this long.
    void set_picture_delay(std::chrono::milliseconds delay);
    /// What was ordered and has not happened yet will not; outages end.
    void heal();

    const std::deque<Seen>& seen() const;
    std::uint64_t requests(std::string_view route) const;
    /// By route.
    const std::map<std::string, std::uint64_t, std::less<>>& counts() const;
    /// By site.
    std::map<std::string, SiteCounters, std::less<>> sites() const;
    const std::vector<std::string>& regions() const;
    /// The most that were under way at once: of a route, for one camera.
    std::uint64_t most_at_once(std::string_view route) const;

    struct State;

private:
    explicit Cloud(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

}  // namespace casement::emulators::nest
