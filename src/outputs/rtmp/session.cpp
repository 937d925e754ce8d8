#include "outputs/rtmp/session.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "async/deadline.hpp"
#include "net/endpoint.hpp"
#include "outputs/rtmp/packer.hpp"

namespace casement::outputs::rtmp {

using base::Error;
using base::ErrorKind;
using namespace protocols::rtmp;

namespace {

// From connecting to asking for something. Not renewed by bytes that trickle in.
constexpr std::chrono::seconds kAskingPatience{15};
// Publishers send all the time; a dead one is found here, before the camera's own supervisor gives
// up.
constexpr std::chrono::seconds kPublisherPatience{20};
// For the words of a refusal to arrive.
constexpr std::chrono::seconds kFarewell{2};

std::string address_of(const net::Stream& connection) {
    const auto parsed = net::parse_endpoint(connection.remote_endpoint());
    return parsed ? net::to_text(parsed->address()) : connection.remote_endpoint();
}

/// "push/KEY" and "APP/KEY": the application is the client's own choice. A key alone is taken too.
std::string_view key_of(const StreamPath& where) {
    const std::string_view path = where.path;
    const std::size_t slash = path.find('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// A key that names its application too goes first; most leave it to the client.
base::Result<std::unique_ptr<hub::Publication>> knock(hub::PushDoor& door, const StreamPath& where,
                                                      const std::string& remote,
                                                      const hub::Eviction& evict) {
    auto whole = door.knock(where.path, remote, evict);
    if (whole || whole.error().reason() != "wrong-key") return whole;
    return door.knock(key_of(where), remote, evict);
}

std::shared_ptr<hub::Stream> find_stream(const hub::StreamHub& hub, const StreamPath& where) {
    if (auto found = hub.find(where.path)) return found;
    return hub.find(key_of(where));
}

}  // namespace

Session::Session(std::unique_ptr<net::PlainStream> connection, Services services,
                 std::chrono::milliseconds start_time, std::shared_ptr<Scratch> scratch,
                 base::Log log)
    : connection_(std::move(connection)),
      services_(services),
      start_time_(start_time),
      scratch_(std::move(scratch)),
      log_(log.with("remote", connection_->remote_endpoint())) {}

Session::~Session() = default;

void Session::close(const Error& why) {
    if (!closed_because_) closed_because_ = why;
    connection_->close();
}

async::Task<> Session::run() {
    const auto self = shared_from_this();
    watchdog_.emplace(*connection_, kAskingPatience);
    const auto ended = co_await serve();
    const Error why =
        closed_because_.value_or(ended ? Error(ErrorKind::Cancelled, "closed") : ended.error());
    if (publisher_) {
        log_.info("The publisher has gone: {} camera={}",
                  watchdog_->barked() ? "it fell silent" : why.message(), publisher_->camera());
    } else if (!why.is(ErrorKind::Cancelled)) {
        log_.debug("RTMP session ended: {}", why.message());  // players leave as they please
    }
    viewer_.reset();
    coalescing_.reset();
    publisher_.reset();
    watchdog_.reset();
    connection_->close();
}

/// Media is taken straight from the shared buffer, without a wait in between; whatever has to wait
/// goes on with its own copy.
async::Task<base::Result<>> Session::serve() {
    for (;;) {
        CASEMENT_CO_TRY(co_await connection_->wait_readable());
        CASEMENT_CO_TRY(const std::size_t count, connection_->try_read(*scratch_));
        if (count == 0) continue;
        arrival_ = {services_.clock.steady_now(), services_.clock.wall_now()};
        if (publisher_) watchdog_->feed();
        if (coalescing_) coalescing_->count(count);
        base::ByteSpan input(scratch_->data(), count);
        auto event = take(input);
        if (event && !*event && protocol_.output().empty()) continue;
        std::vector<std::uint8_t> rest(input.begin(), input.end());
        CASEMENT_CO_TRY(co_await flush());
        if (!event) co_return std::unexpected(std::move(event).error());
        if (!*event) continue;
        CASEMENT_CO_TRY(co_await handle(std::move(**event)));
        CASEMENT_CO_TRY(co_await take_slowly(rest));
    }
}

/// The same for bytes that are ours. Requests are rare: what stands behind one is a set-up or the
/// first frames.
async::Task<base::Result<>> Session::take_slowly(base::ByteSpan input) {
    for (;;) {
        auto event = take(input);
        CASEMENT_CO_TRY(co_await flush());
        if (!event) co_return std::unexpected(std::move(event).error());
        if (!*event) co_return base::Result<>{};
        CASEMENT_CO_TRY(co_await handle(std::move(**event)));
    }
}

/// Hands media on; answers what may have to wait.
base::Result<Session::Event> Session::take(base::ByteSpan& input) {
    for (;;) {
        CASEMENT_TRY(auto event, protocol_.next(input));
        if (!event) return event;
        if (const auto* media = std::get_if<MediaMessage>(&*event)) {
            if (!publisher_) continue;
            CASEMENT_TRY(publisher_->on_media(*media, arrival_));
        } else if (const auto* metadata = std::get_if<Metadata>(&*event)) {
            if (publisher_) publisher_->on_metadata(*metadata, arrival_);
        } else {
            return event;
        }
    }
}

async::Task<base::Result<>> Session::handle(ServerEvent event) {
    if (auto* publish = std::get_if<PublishRequest>(&event))
        co_return co_await on_publish(std::move(*publish));
    if (auto* play = std::get_if<PlayRequest>(&event)) co_return co_await on_play(std::move(*play));
    if (std::holds_alternative<StreamEnded>(event)) co_return co_await on_ended();
    co_return base::Result<>{};
}

async::Task<base::Result<>> Session::flush() {
    OutBytes bytes = std::exchange(protocol_.output(), {});
    if (bytes.empty()) co_return base::Result<>{};
    if (viewer_) {
        viewer_->say(base::as_text(bytes));
        co_return base::Result<>{};
    }
    co_return co_await connection_->write_all(bytes);
}

/// Says why and ends the connection: few clients try again on the same one.
async::Task<base::Result<>> Session::refuse(Refusal refusal, Error why) {
    protocol_.reject(refusal, why.message());
    watchdog_->feed(kFarewell);
    CASEMENT_CO_TRY(co_await flush());
    (void)co_await connection_->shut_down();
    // Reads what the other side still says: closing at once would reset the connection and lose the
    // sentence.
    while (co_await connection_->read_some(*scratch_)) {
    }
    co_return std::unexpected(why);
}

async::Task<base::Result<>> Session::on_publish(PublishRequest request) {
    // A newer publisher may evict this one from another thread.
    const auto evict = [weak = weak_from_this(), executor = connection_->executor()](Error why) {
        asio::post(executor, [weak, why] {
            if (const auto self = weak.lock()) self->close(why);
        });
    };
    auto publication =
        knock(services_.hub.push_door(), request.where, connection_->remote_endpoint(), evict);
    if (!publication) {
        log_.warn("A publisher was refused: {}", publication.error().message());
        co_return co_await refuse(Refusal::BadName, publication.error());
    }
    publisher_.emplace(std::move(*publication), log_);
    log_.debug("RTMP publisher software=\"{}\"", request.software);
    watchdog_->feed(kPublisherPatience);
    coalescing_.emplace(*connection_, [this] { return publisher_ && !publisher_->is_watched(); });
    protocol_.accept();
    co_return co_await flush();
}

/// The name to log of whoever may watch.
async::Task<base::Result<std::string>> Session::admit(std::string query) {
    std::string user = query_value(query, "user");
    base::Secret password(query_value(query, "pass"));
    if (user.empty() || password.empty()) {
        co_return base::fail(ErrorKind::Unauthenticated,
                             "this hub asks who you are: add ?user=NAME&pass=TOKEN to the address");
    }
    co_return co_await services_.gatekeeper.check_password(std::move(user), std::move(password),
                                                           address_of(*connection_));
}

async::Task<base::Result<>> Session::on_play(PlayRequest request) {
    const auto user = co_await admit(request.where.query);
    if (!user) {
        log_.warn("RTMP sign-in refused: {}", user.error().message());
        co_return co_await refuse(Refusal::NotAllowed, user.error());
    }
    stream_ = find_stream(services_.hub, request.where);
    if (!stream_)
        co_return co_await refuse(Refusal::StreamNotFound, {ErrorKind::NotFound, "no such camera"});
    const auto hold =
        stream_->subscribe(connection_->executor(),
                           {.kind = "rtmp-start", .remote = {}, .viewer = false, .demand = true});
    watchdog_->feed(start_time_ + kAskingPatience);
    const auto tracks = co_await stream_->wait_ready(async::Deadline::in(start_time_));
    if (!tracks) co_return co_await refuse(Refusal::StreamNotFound, tracks.error());
    const media::Tracks carriable = carried(*tracks);
    if (carriable.empty()) {
        co_return co_await refuse(Refusal::StreamNotFound,
                                  {ErrorKind::Unsupported, "codec",
                                   "RTMP cannot carry what this camera sends; use RTSP"});
    }
    start_viewer(carriable);
    log_.debug("RTMP viewer plays camera={} user={}", stream_->name(), *user);
    co_return base::Result<>{};
}

void Session::start_viewer(const media::Tracks& tracks) {
    const bool has_opus = std::ranges::any_of(
        tracks, [](const media::Track& t) { return t.codec == media::Codec::Opus; });
    const OpusAs opus_as = has_opus && !protocol_.peer_takes("Opus") ? OpusAs::Aac : OpusAs::Opus;
    const fanout::WireFormat format{
        .name = opus_as == OpusAs::Aac ? "rtmp-aac" : "rtmp",
        .make_packer = [opus_as] { return std::make_unique<RtmpPacker>(opus_as); }};
    auto shard = services_.fan_out.open(stream_, format, connection_->executor())
                     ->attach<fanout::ByteShard>(connection_->executor());
    viewer_.emplace(std::move(shard), connection_, fanout::ByteViewerOptions{.kind = "rtmp"},
                    [this](const Error& why) { close(why); });
    watchdog_->pause();  // a viewer may be silent for ever; one that is gone stops taking bytes
    protocol_.accept();
    append_metadata(protocol_.output(), tracks, opus_as);
    viewer_->say(base::as_text(std::exchange(protocol_.output(), {})));
    viewer_->play();
}

async::Task<base::Result<>> Session::on_ended() {
    std::vector<std::uint8_t> owed;
    if (viewer_) owed = viewer_->stop();
    viewer_.reset();
    coalescing_.reset();
    publisher_.reset();
    stream_.reset();
    watchdog_->feed(kAskingPatience);
    co_return co_await connection_->write_all(owed);
}

}  // namespace casement::outputs::rtmp
