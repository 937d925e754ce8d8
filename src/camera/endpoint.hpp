#pragma once
// Where a stream is to be had. A driver answers with one; sources/ opens it: so one RTSP client
// serves every vendor.

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "async/deadline.hpp"
#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/secret.hpp"
#include "base/url.hpp"

namespace casement::camera {

/// Cameras often have a small stream for grids beside the main one.
enum class Quality : std::uint8_t { Main, Small };
std::string_view to_string(Quality quality);  // "main", "small"

/// How to reach a host where the plain way is not enough.
struct Connection {
    std::string bind_address;  // own address to connect from; empty = the system's choice
    /// First and last own UDP port for pictures, for a gateway that forwards them; 0, 0 = the
    /// system's choice.
    std::pair<std::uint16_t, std::uint16_t> udp_ports{0, 0};
    std::string ca_file;  // PEM; empty = the system's store. Checking is never off
    std::map<std::string, std::string>
        resolve;  // "name:port" -> "address:port", like curl --resolve
    bool operator==(const Connection&) const = default;
};

struct PullRtsp {
    enum class Transport : std::uint8_t {
        Auto,  // TCP, then UDP
        Tcp,
        Udp,
        UdpFirst,  // UDP, then TCP
    };  // the other one when the camera refuses the first, or nothing comes over it
    /// The request that keeps the session. Auto: GET_PARAMETER where the camera names it, else
    /// OPTIONS. None: for cameras that fall over any.
    enum class KeepAlive : std::uint8_t { Auto, Options, GetParameter, None };
    base::Url url;  // rtsp or rtsps, credentials inside
    Transport transport = Transport::Auto;
    KeepAlive keep_alive = KeepAlive::Auto;
    std::chrono::milliseconds receiver_report_every{
        5000};  // Arlo cameras stop after 6 s without one: 2500 or less there
    bool reports_before_first_sender_report =
        false;                  // Arlo: reports from the start, not only as answers
    bool back_channel = false;  // ask for the talk-back track too (ONVIF)
    /// What it means when the camera is there and refuses the connection, where the driver knows
    /// more than that.
    std::optional<base::Error> when_refused;
    Connection connection;
};
struct PullRtmp {
    base::Url url;  // rtmp or rtmps, application and key in the path
    Connection connection;
    /// Until the server plays, and between two packets. Relays of vendors wake their camera first.
    std::chrono::milliseconds open_within{10'000}, silence{10'000};
};
/// Reason code of a refusal that is no fault: the camera was put to sleep, and nobody has pictures
/// of it.
inline constexpr std::string_view kSleeping = "sleeping";
/// What became of a publisher that was expected.
struct PushNews {
    enum class What : std::uint8_t {
        Came,     // it publishes, from `address`
        Picture,  // its first whole picture came, or the first after a stall
        Stalled,  // it is there and sends no picture
        Left,
    };
    What what = What::Left;
    std::string address{};  // of Came: without the port
};
/// The camera will push to us; the driver has asked it to, or will be asked by `request`.
struct ExpectPush {
    base::Secret key;  // unguessable, or the vendor's fixed name where the camera demands one
    /// Has to stand before such a fixed name in the publisher's address, "APP/KEY", and is
    /// unguessable then. Empty: any application will do.
    base::Secret application{};
    std::optional<std::string> from_address{};  // when set, other peers are refused
    /// Asks the camera to begin, or to begin again: called when a listener waits for it, and every
    /// `ask_every` for as long as no picture comes. How often the camera is really asked is the
    /// driver's to decide; an error says why none comes for now. Runs on the driver's executor by
    /// itself; may outlive the driver. May be empty.
    std::function<async::Task<base::Result<>>(async::Deadline)> request{};
    /// Asks the camera to stop. May be empty.
    std::function<async::Task<base::Result<>>(async::Deadline)> stop{};
    /// Called on any io thread. May be empty.
    std::function<void(PushNews)> tell{};
    std::chrono::milliseconds ask_every{1000};
    /// A publisher without a picture for so long is asked anew; only where there is `request`.
    std::chrono::milliseconds stall{5000};
};
struct StreamEndpoint;
/// A camera that pushes to us, and a way around through its vendor for when it does not.
struct ChangeOver {
    ExpectPush first;
    /// Answers the other way, mostly with a lease; asked for anew each time. Runs on the driver's
    /// executor by itself; may outlive the driver.
    std::function<async::Task<base::Result<StreamEndpoint>>(async::Deadline)> spare;
    /// Until the spare is opened: when the first way has not brought a picture yet, and when it has
    /// stopped to. At once when it was refused.
    std::chrono::milliseconds patience{20'000};
    std::chrono::milliseconds patience_after_loss{1000};
    /// For the first picture of the spare.
    std::chrono::milliseconds spare_patience{30'000};
    /// Between two tries of the spare; doubled up to the second.
    std::chrono::milliseconds spare_again{5000}, spare_again_at_most{60'000};
    /// A spare whose lease ends for good is replaced so long before.
    std::chrono::milliseconds renew_before{30'000};
    /// How long a spare took from its answer to its first picture. Called on any io thread; may
    /// outlive the driver. May be empty.
    std::function<void(std::chrono::milliseconds took)> tell_spare{};
};
/// multipart/x-mixed-replace.
struct HttpMjpeg {
    base::Url url;
    std::vector<std::pair<std::string, base::Secret>> headers;
    Connection connection;
};
/// One JPEG per request, again and again.
struct HttpJpegPoll {
    base::Url url;
    std::chrono::milliseconds interval{1000};
    std::vector<std::pair<std::string, base::Secret>> headers;
    Connection connection;
};
/// Pictures gathered to films, N at a time, whatever becomes of the stream.
struct Films {
    enum class Layout : std::uint8_t {
        Own,       // FOLDER/CAMERA/2026-01-31/2026-01-31T06-00-00.000Z.mp4, the pictures beside it
        Foggycam,  // FOLDER/capture/ID/images/HEX.jpg and FOLDER/capture/ID/video/HEX.mp4
    };
    std::string folder;  // must exist
    std::string name;    // of the camera's own folder in it
    int pictures = 200;  // of one film
    int frames_per_second = 24;
    bool keep_pictures = false;  // after they went into a film
    Layout layout = Layout::Own;
    bool operator==(const Films&) const = default;
};
/// What shows a vendor's server who asks: fields of a request, a token. `is_refused`: the server
/// did not take what was answered last, which must not be answered again. Runs on the driver's
/// executor by itself; may outlive the driver.
template <typename T>
using Proof = std::function<async::Task<base::Result<T>>(bool is_refused, async::Deadline)>;

/// One JPEG per request, of a vendor whose server says by its status why there is none: 404 the
/// camera is off, 403 sign in anew, 429 and 5xx later. The request gets a `cachebuster` each time.
/// Films are made for as long as the source runs.
struct AskPictures {
    using Fields = std::vector<std::pair<std::string, base::Secret>>;
    struct Turn {
        std::chrono::milliseconds wait{0};  // until it may be asked for again; 0: it is given
        std::optional<base::Error> why{};   // of a wait that a person should know of
        std::optional<base::Url> url{};     // where the picture is now, if not at the one below
    };
    base::Url url;
    std::chrono::milliseconds interval{1000};
    Proof<Fields> proof;
    /// Taken before each request: the server counts also what others ask it for the same account.
    /// Runs on the driver's executor by itself; may outlive the driver. Empty: nobody counts.
    std::function<async::Task<base::Result<Turn>>(async::Deadline)> turn{};
    /// What a request came to: the answer's status, 0 where there was none, and its Retry-After.
    /// Called on any io thread; may outlive the driver. May be empty.
    std::function<void(base::Url url, int status, std::string retry_after)> answered{};
    /// Until the next request, after the server said that the camera is off, that it has trouble
    /// itself (the longest also after it did not answer), and that it was asked too often (where it
    /// does not say how long).
    std::chrono::milliseconds when_off{60'000}, when_down{30'000}, when_busy{60'000};
    Connection connection;
    std::optional<Films> films{};
};
class BackChannel;
/// H.264 and AAC of Nest's servers, over TLS or WebSocket.
struct PullNexustalk {
    struct Pass {
        base::Secret token;
        bool is_google = false;  // a token of a Google account, else a session of a Nest account
        std::optional<base::WallTime> expires_at{};  // where it is known
    };
    std::string camera;  // 32 hexadecimal digits
    std::string host;    // "host" or "host:port"
    bool is_websocket = false;
    bool without_tls = false;            // at a loopback address only: an emulator
    std::vector<int> profiles{9, 7, 8};  // of pictures, best first
    bool audio = true;                   // the camera has a microphone that is on
    Proof<Pass> proof;
    /// Host and port of where the server sends the client ("host" or "host:port"; `port` where it
    /// names none), or why the client does not go there. Called on any io thread.
    std::function<base::Result<base::Url>(std::string_view said, std::uint16_t port)> follow;
    Connection connection;
    std::shared_ptr<BackChannel> back_channel{};  // where talk-back goes; may be none
    /// Called, on any io thread, when a server says that it does not reach the camera. May be
    /// empty.
    std::function<void()> not_reached{};
    /// Until a playback begins; then between two frames; and between two signs of life.
    std::chrono::milliseconds open_within{15'000}, stall{10'000}, ping_every{15'000};
};
/// Several ways to the same pictures, best first. A worse one is shown until a better one brings a
/// picture.
struct BestOf {
    struct Choice {
        std::string name;  // a word for a person: "nexustalk"
        /// Answers the way now. Runs on the driver's executor by itself; may outlive the driver.
        std::function<async::Task<base::Result<StreamEndpoint>>(async::Deadline)> open;
    };
    std::vector<Choice> choices;
    /// Runs for itself, shown to nobody, while no choice of its name is open: for the films that it
    /// makes.
    std::optional<Choice> beside{};
    /// Which choice is shown from now on, and why no better one: empty for the first, or when that
    /// is not known yet. Called on any io thread; may outlive the driver. May be empty.
    std::function<void(std::size_t choice, std::optional<base::Error> why)> tell{};
    /// Counted up by the driver when what has failed may work again: all ways are tried at once.
    std::shared_ptr<const std::atomic<std::uint32_t>> news{};
    /// For the first picture of a choice, and between two of one.
    std::chrono::milliseconds patience{20'000}, stall{15'000};
    /// Between two tries of a choice; doubled up to the second.
    std::chrono::milliseconds again{15'000}, again_at_most{600'000};
    /// A choice that its vendor ends for good is followed by another one of its like so long
    /// before.
    std::chrono::milliseconds renew_before{30'000};
};
/// A media file at its own pace: demo and tests.
struct PlayFile {
    std::string path;
    bool loop = true;
};
/// A generated picture with a clock: demo and tests, no camera needed.
struct TestPicture {
    int width = 640, height = 360, frames_per_second = 15;
    bool audio = true;
};

using Way = std::variant<PullRtsp, PullRtmp, ExpectPush, HttpMjpeg, HttpJpegPoll, PlayFile,
                         TestPicture, ChangeOver, BestOf, AskPictures, PullNexustalk>;
/// "rtsp", "rtmp", "push", "mjpeg", "jpeg", "file", "test", "change-over", "best-of",
/// "pictures", "nexustalk": for logs and
/// /api; tells no secret.
std::string_view way_name(const Way& way);

/// A stream that the vendor ends by itself unless it is asked again. Kept by the source that runs
/// it.
struct Lease {
    base::WallTime expires_at;
    /// So long before, more time is asked for.
    std::chrono::milliseconds margin{30'000};
    /// After a refusal, and where the answer moved nothing; for as long as the lease lives.
    std::chrono::milliseconds again{5'000};
    /// Answers the new lease. Empty: this one ends for good, and another endpoint has to be asked
    /// for. Runs on the driver's executor by itself, callable from any; may outlive the driver.
    std::function<async::Task<base::Result<Lease>>(async::Deadline)> extend;
    /// Ends the vendor's session politely. May be empty.
    std::function<async::Task<base::Result<>>(async::Deadline)> release;
};

/// What became of a stream.
struct StreamNews {
    enum class What : std::uint8_t {
        Began,   // media come
        Silent,  // media do not come over `transport`; another one is tried
        Ended,   // the camera was told goodbye
    };
    What what = What::Ended;
    PullRtsp::Transport transport = PullRtsp::Transport::Auto;  // Tcp or Udp, where it is known
    std::optional<base::Error> error{};  // of Ended: why; empty = nobody wanted it any more
};

/// A stream that the driver ends by itself.
struct Allowance {
    std::chrono::milliseconds at_most{0};  // from the camera's first word of media
    base::Error then;                      // ends the run
};

struct StreamEndpoint {
    Way way;
    Quality quality = Quality::Main;
    bool audio = true;           // false: no sound reaches the stream, whatever the camera sends
    std::optional<Lease> lease;  // empty = it never expires
    // Of PullRtsp only:
    std::optional<Allowance> allowance{};
    /// Called on any io thread, Ended exactly once and last; may outlive the driver. May be empty.
    std::function<void(StreamNews)> tell{};
};

}  // namespace casement::camera
