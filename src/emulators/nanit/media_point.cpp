#include "emulators/nanit/media_point.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "async/bell.hpp"
#include "async/deadline.hpp"
#include "async/task_group.hpp"
#include "net/listener.hpp"
#include "net/tls.hpp"
#include "protocols/rtmp/server_session.hpp"

namespace casement::emulators::nanit {

using base::Result;
namespace rtmp = protocols::rtmp;

namespace {

constexpr std::chrono::seconds kHandshakePatience{10};
constexpr std::size_t kBufferBytes = 64 * 1024;
constexpr std::size_t kMostQueued = 8 * 1024 * 1024;  // of a viewer that does not read
constexpr std::uint8_t kAvc = 7, kAac = 10, kKeyFrame = 1;

bool is_header(const rtmp::MediaMessage& message) {
    const auto& body = message.body;
    if (body.size() < 2 || body.data()[1] != 0) return false;
    return message.type == rtmp::MessageType::Video ? (body.data()[0] & 0x0f) == kAvc
                                                    : body.data()[0] >> 4 == kAac;
}
bool is_key(const rtmp::MediaMessage& message) {
    return message.type == rtmp::MessageType::Video && !message.body.empty() &&
           message.body.data()[0] >> 4 == kKeyFrame;
}

}  // namespace

// Shared with the tasks of its connections.
struct MediaPoint::State : std::enable_shared_from_this<MediaPoint::State> {
    State(async::Executor e, const base::Clock& c, MediaPointOptions o,
          std::unique_ptr<net::Listener> l, std::shared_ptr<net::TlsServerContext> t,
          const base::Log& log)
        : executor(std::move(e)),
          clock(c),
          options(std::move(o)),
          listener(std::move(l)),
          tls(std::move(t)),
          tasks(executor, log) {}

    const async::Executor executor;
    const base::Clock& clock;
    const MediaPointOptions options;
    const std::unique_ptr<net::Listener> listener;
    const std::shared_ptr<net::TlsServerContext> tls;
    std::vector<Connection*> connections;  // each lives in its task
    std::map<std::string, MediaSeen> seen;
    std::uint64_t refused = 0;
    async::TaskGroup tasks;

    static async::Task<> serve(std::shared_ptr<State> state,
                               std::shared_ptr<std::unique_ptr<net::PlainStream>> taken);
};

class MediaPoint::Connection {
public:
    Connection(State& state, std::unique_ptr<net::Stream> stream)
        : state_(state), stream_(std::move(stream)), to_send_(stream_->executor()) {
        state_.connections.push_back(this);
    }
    ~Connection() {
        std::erase(state_.connections, this);
        if (has_published_)
            state_.seen[path_].is_published = publisher_of(path_) != nullptr;  // replaced?
    }
    Connection(const Connection&) = delete;

    async::Task<Result<>> read();
    async::Task<Result<>> write();
    void close() { stream_->close(); }

private:
    Result<> take(rtmp::ServerEvent event);
    void answer(const rtmp::Request& request, bool publishes);
    Result<> relay(const rtmp::MediaMessage& message);
    void begin_play(const Connection* publisher);
    void send(const rtmp::MediaMessage& message);
    void send_metadata(const media::Bytes& body);
    Connection* publisher_of(const std::string& path);

    State& state_;
    const std::unique_ptr<net::Stream> stream_;
    rtmp::ServerSession session_;
    async::Bell to_send_;
    std::string path_;
    base::WallTime ends_;
    bool was_refused_ = false;
    bool has_published_ = false;
    // Of a publisher, for viewers that come later.
    media::Bytes metadata_;
    std::optional<rtmp::MediaMessage> video_header_, audio_header_;
    bool wants_key_ = true;  // a viewer: nothing decodes before one
};

MediaPoint::Connection* MediaPoint::Connection::publisher_of(const std::string& path) {
    const auto at = std::ranges::find_if(state_.connections, [&path](const Connection* one) {
        return one->session_.is_publishing() && one->path_ == path;
    });
    return at == state_.connections.end() ? nullptr : *at;
}

void MediaPoint::Connection::answer(const rtmp::Request& request, bool publishes) {
    const auto ends =
        state_.options.allows ? state_.options.allows(request.app, request.name) : std::nullopt;
    if (!ends || *ends <= state_.clock.wall_now()) {
        ++state_.refused;
        was_refused_ = true;
        return session_.reject(rtmp::Refusal::NotAllowed, "not allowed");
    }
    path_ = request.app + "/" + request.name;
    ends_ = *ends;
    Connection* const before = publisher_of(path_);
    MediaSeen& seen = state_.seen[path_];
    if (publishes) {
        if (before != nullptr) before->close();  // the newer replaces it
        ++seen.publications;
        seen.is_published = has_published_ = true;
        seen.first_ms = seen.last_ms = 0;
        session_.accept();
    } else {
        // Without a publisher a viewer is let in, and sees nothing until one comes.
        ++seen.plays;
        session_.accept();
        if (before != nullptr) begin_play(before);
    }
}

void MediaPoint::Connection::begin_play(const Connection* publisher) {
    if (!publisher->metadata_.empty()) send_metadata(publisher->metadata_);
    if (publisher->video_header_) send(*publisher->video_header_);
    if (publisher->audio_header_) send(*publisher->audio_header_);
}

void MediaPoint::Connection::send_metadata(const media::Bytes& body) {
    rtmp::MessageHeader header;
    header.chunk_stream = rtmp::ChunkStreamId::Data;
    header.type = rtmp::MessageType::DataAmf0;
    header.stream_id = rtmp::kMediaStreamId;
    rtmp::append_message(session_.output(), header, {body.view()});
    to_send_.ring();
}

void MediaPoint::Connection::send(const rtmp::MediaMessage& message) {
    if (is_key(message)) wants_key_ = false;
    if (wants_key_ && !is_header(message)) return;
    if (session_.output().size() > kMostQueued) return close();
    const bool video = message.type == rtmp::MessageType::Video;
    rtmp::append_message(
        session_.output(),
        {.chunk_stream = video ? rtmp::ChunkStreamId::Video : rtmp::ChunkStreamId::Audio,
         .type = message.type,
         .timestamp_ms = message.timestamp_ms,
         .stream_id = rtmp::kMediaStreamId},
        {message.body.view()});
    to_send_.ring();
}

Result<> MediaPoint::Connection::relay(const rtmp::MediaMessage& message) {
    if (state_.clock.wall_now() >= ends_)
        return base::fail(base::ErrorKind::PermissionDenied, "the token has ended");
    MediaSeen& seen = state_.seen[path_];
    if (seen.video + seen.audio == 0) seen.first_ms = message.timestamp_ms;
    ++(message.type == rtmp::MessageType::Video ? seen.video : seen.audio);
    seen.last_ms = message.timestamp_ms;
    if (is_header(message))
        (message.type == rtmp::MessageType::Video ? video_header_ : audio_header_) = message;
    for (Connection* viewer : state_.connections) {
        if (viewer->session_.is_playing() && viewer->path_ == path_) viewer->send(message);
    }
    return {};
}

Result<> MediaPoint::Connection::take(rtmp::ServerEvent event) {
    if (const auto* publish = std::get_if<rtmp::PublishRequest>(&event)) answer(*publish, true);
    if (const auto* play = std::get_if<rtmp::PlayRequest>(&event)) answer(*play, false);
    if (const auto* message = std::get_if<rtmp::MediaMessage>(&event)) return relay(*message);
    if (const auto* metadata = std::get_if<rtmp::Metadata>(&event)) {
        metadata_ = metadata->body;
        state_.seen[path_].has_metadata = true;
    }
    if (std::holds_alternative<rtmp::StreamEnded>(event))
        return base::fail(base::ErrorKind::Unavailable, "it said goodbye");
    return {};
}

async::Task<Result<>> MediaPoint::Connection::read() {
    std::vector<std::uint8_t> buffer(kBufferBytes);
    for (;;) {
        CASEMENT_CO_TRY(const std::size_t got, co_await stream_->read_some(buffer));
        base::ByteSpan input = base::ByteSpan(buffer).first(got);
        for (;;) {
            auto event = session_.next(input);
            to_send_.ring();
            if (!event) co_return std::unexpected(std::move(event).error());
            if (!*event) break;
            CASEMENT_CO_TRY(take(std::move(**event)));
            to_send_.ring();
        }
    }
}

async::Task<Result<>> MediaPoint::Connection::write() {
    for (;;) {
        CASEMENT_CO_TRY(co_await to_send_.wait());
        while (!session_.output().empty()) {
            const rtmp::OutBytes bytes = std::exchange(session_.output(), {});
            CASEMENT_CO_TRY(co_await stream_->write_all(base::ByteSpan(bytes)));
        }
        if (was_refused_) co_return base::fail(base::ErrorKind::PermissionDenied, "not allowed");
    }
}

async::Task<> MediaPoint::State::serve(std::shared_ptr<State> state,
                                       std::shared_ptr<std::unique_ptr<net::PlainStream>> taken) {
    using namespace boost::asio::experimental::awaitable_operators;
    std::unique_ptr<net::Stream> stream;
    if (state->tls) {
        auto secured = co_await net::tls_accept(std::move(*taken), state->tls,
                                                async::Deadline::in(kHandshakePatience));
        if (!secured) co_return;
        stream = std::move(*secured);
    } else {
        stream = std::move(*taken);
    }
    Connection connection(*state, std::move(stream));
    (void)co_await (connection.read() || connection.write());
    connection.close();
}

Result<std::unique_ptr<MediaPoint>> MediaPoint::start(async::Executor executor,
                                                      const base::Clock& clock,
                                                      MediaPointOptions options, base::Log log) {
    net::ListenOptions where;
    where.name = "emulated Nanit media";
    where.address = options.listen;
    CASEMENT_TRY(auto listener, net::Listener::listen(executor, where));
    std::shared_ptr<net::TlsServerContext> tls;
    if (options.certificate) {
        CASEMENT_TRY(tls, net::TlsServerContext::make(*options.certificate));
    }
    const auto state = std::make_shared<State>(std::move(executor), clock, std::move(options),
                                               std::move(listener), std::move(tls), log);
    state->tasks.spawn("emulated Nanit media", [state] {
        return state->listener->run(
            {state->executor},
            [weak = std::weak_ptr(state)](std::unique_ptr<net::PlainStream> stream) {
                const auto alive = weak.lock();
                if (!alive) return;
                const auto taken =
                    std::make_shared<std::unique_ptr<net::PlainStream>>(std::move(stream));
                alive->tasks.spawn("publisher or viewer",
                                   [alive, taken] { return State::serve(alive, taken); });
            });
    });
    return std::unique_ptr<MediaPoint>(new MediaPoint(state));
}

MediaPoint::MediaPoint(std::shared_ptr<State> state) : state_(std::move(state)) {}
MediaPoint::~MediaPoint() {
    state_->listener->close();
    state_->tasks.cancel();
}

async::Task<> MediaPoint::stop() {
    const auto state = state_;
    state->listener->close();
    co_await state->tasks.stop();
}

const net::ip::tcp::endpoint& MediaPoint::endpoint() const { return state_->listener->endpoint(); }
std::string MediaPoint::url() const {
    return fmt::format("{}://{}", state_->tls ? "rtmps" : "rtmp",
                       net::to_text(state_->listener->endpoint()));
}
MediaSeen MediaPoint::seen(const std::string& path) const {
    const auto at = state_->seen.find(path);
    return at == state_->seen.end() ? MediaSeen{} : at->second;
}
std::uint64_t MediaPoint::refused() const { return state_->refused; }
void MediaPoint::drop_connections() {
    for (Connection* connection : state_->connections) connection->close();
}

}  // namespace casement::emulators::nanit
