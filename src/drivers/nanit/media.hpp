#pragma once
// The pictures of one camera: it is told to publish to this hub, and where that does not work the
// vendor's relay is the way around.

#include <functional>
#include <list>
#include <memory>
#include <string>

#include "async/bell.hpp"
#include "async/task_group.hpp"
#include "base/log.hpp"
#include "camera/endpoint.hpp"
#include "drivers/nanit/asking.hpp"
#include "drivers/nanit/control.hpp"
#include "store/sealed.hpp"

namespace casement::drivers::nanit {

struct MediaOptions {
    std::string baby;          // its uid: the name that the camera is known by
    base::Secret application;  // kept_application()
    /// This hub's RTMP listener as the camera sees it: an address of the house, no name.
    std::string hub_host;
    std::uint16_t hub_port = 1935;
    bool allow_loopback = false;  // tests, the demo
    /// What the account says of this camera, or the vendor's usual one.
    std::string relay = "rtmps://media-secured.nanit.com";
    camera::Connection relay_connection{};
    std::optional<std::string> camera_address{};  // when it is known: others may not publish
    AskingTimes times{};
    double time_scale = 1.0;
};

/// The secret half of the address that a camera publishes to.
base::Secret new_application();
/// The one that is kept; made the first time. Blocks.
base::Result<base::Secret> kept_application(store::SealedStore& sealed, const std::string& baby);

/// Lives on the executor of its camera. It asks for at most two of the camera's seats, its control
/// connection included: when another one is needed, the stream that is less worth ends first.
class Media : public std::enable_shared_from_this<Media> {
public:
    using Token = std::function<async::Task<base::Result<base::Secret>>(async::Deadline)>;
    using Renewed =
        std::function<async::Task<base::Result<base::Secret>>(base::Secret, async::Deadline)>;
    struct Parts {
        Control& control;
        Token token;      // good now
        Renewed renewed;  // another one in its place
        /// The camera publishes from this address of the house. May be empty.
        std::function<void(std::string address)> found_at;
        /// from() is another one now. May be empty.
        std::function<void()> changed;
        const base::Clock& clock;
        base::Log log;
    };

    /// Control and clock outlive it. Await stop() before it goes.
    static std::shared_ptr<Media> make(async::Executor executor, Parts parts, MediaOptions options);
    ~Media();

    /// Its parts may be called after Media has gone.
    camera::StreamEndpoint endpoint();
    /// The camera was put to sleep, or woke.
    void set_sleeping(bool sleeps);
    /// Tells the camera to stop every stream that was asked for, then ends. Idempotent.
    async::Task<> stop(async::Deadline deadline);

    enum class State : std::uint8_t {
        Idle,
        Requesting,
        Live,
        Stalled,
        SlotsFull,
        Sleeping,
        P2pBlocked
    };
    /// Of the way into the house.
    State state() const;
    enum class From : std::uint8_t { Nowhere, Lan, Relay };
    From from() const;

private:
    /// A stream that the camera was asked to publish to the vendor.
    struct Relay {
        std::string url;  // holds a token
        int users = 0;    // sources that play it; with none it is ended
        base::SteadyTime refresh_at = base::SteadyTime::max();  // once the camera has said yes
    };
    Media(async::Executor executor, Parts parts, MediaOptions options);
    void listen();

    // For the endpoint, on this executor.
    base::Result<> want();
    async::Task<base::Result<>> stop_local(async::Deadline deadline);
    void heard(const camera::PushNews& news);
    async::Task<base::Result<camera::StreamEndpoint>> open_relay(async::Deadline deadline);
    async::Task<base::Result<>> release(std::string url, async::Deadline deadline);

    async::Task<> run();
    async::Task<> ask_local();
    async::Task<> refresh(std::string url, Urgency urgency);
    async::Task<> look_after_relays(bool is_new_connection);
    async::Task<base::Result<>> make_room_for_relay(async::Deadline deadline);
    async::Task<> end_relays(async::Deadline deadline);
    async::Task<> end_relay(std::string url, async::Deadline deadline);
    async::Task<base::Result<base::Secret>> lasting_token(async::Deadline deadline);
    async::Task<base::Result<>> tell_camera(std::string url, bool starts, Urgency urgency,
                                            async::Deadline deadline);

    std::optional<base::Error> host_fault() const;
    std::string local_url() const;
    int seats() const;
    /// A relay runs now: for how long nobody takes its seat.
    void spare_relay(base::SteadyTime now);
    /// Null: there is none, or no longer.
    Relay* relay(const std::string& url);

    const async::Executor executor_;
    const Parts parts_;
    const MediaOptions options_;
    const AskingTimes times_;
    Asking asking_;
    bool local_is_on_ = false;  // the camera was asked to publish here, and not to stop since
    bool is_stalled_ = false;
    bool is_new_connection_ = false;
    std::list<Relay> relays_;
    From told_from_ = From::Nowhere;
    base::SteadyTime sacrifice_at_{};  // not before, a relay gives its seat away
    AskingTimes::Time sacrifice_wait_{0};
    base::SteadyTime picture_at_{};
    std::shared_ptr<const Control::RoadListener> listener_;
    async::Bell bell_;
    async::TaskGroup tasks_;
};

}  // namespace casement::drivers::nanit
