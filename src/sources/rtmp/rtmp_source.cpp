#include "sources/rtmp/rtmp_source.hpp"

#include <utility>

#include "async/deadline.hpp"
#include "base/log.hpp"
#include "net/watchdog.hpp"

namespace casement::sources::rtmp {

using async::Task;
using base::ErrorKind;
using base::fail;
using base::fail_because;
using base::Result;
using formats::flv::TagType;
using namespace protocols::rtmp;

namespace {

/// One key frame of a 4 Mbit/s stream in one or two reads.
constexpr std::size_t kBufferBytes = std::size_t{128} << 10;

}  // namespace

RtmpSource::RtmpSource(RtmpOptions options, const base::Clock& clock)
    : options_(std::move(options)), clock_(clock) {}
RtmpSource::~RtmpSource() = default;

std::string RtmpSource::description() const {
    const auto address = make_address(options_.url);
    return address ? address->tc_url : options_.url.scheme + "://" + options_.url.authority();
}

Task<Result<>> RtmpSource::run(hub::StreamWriter& writer) {
    const auto deadline = async::Deadline::in(options_.open_within);
    CASEMENT_CO_TRY(co_await open(deadline));
    CASEMENT_CO_TRY(co_await async::with_deadline(deadline, "rtmp play", begin()));
    net::Watchdog watchdog(*connection_, options_.stall);
    net::Coalescing coalescing(*connection_, [&writer] { return !writer.is_watched(); });
    auto ended = co_await play(writer, watchdog, coalescing);
    if (watchdog.barked()) {
        co_return fail_because(
            "stalled", ErrorKind::Unavailable, "connected, but nothing arrived for {} s",
            std::chrono::duration_cast<std::chrono::seconds>(options_.stall).count());
    }
    if (!ended && connection_->ended())
        co_return fail(ErrorKind::Unavailable, "the server closed the connection");
    co_return ended;
}

Task<Result<>> RtmpSource::open(async::Deadline deadline) {
    CASEMENT_CO_TRY(auto address, make_address(options_.url));
    net::ConnectOptions connect = options_.connect;
    if (options_.url.scheme != "rtmps") {
        connect.tls.reset();  // a CA file of the account says nothing about this address
        connect.tls_context.reset();
    } else if (!connect.tls && !connect.tls_context) {
        connect.tls.emplace();
    }
    CASEMENT_CO_TRY(connection_,
                    co_await net::connect(options_.url.host, options_.url.port_or_default(),
                                          std::move(connect), deadline));
    session_ = std::make_unique<ClientSession>(ClientSession::Role::Play, std::move(address));
    buffer_.resize(kBufferBytes);
    session_->start();
    co_return co_await flush();
}

/// Until the server plays. What came behind its word stays in `input_`.
Task<Result<>> RtmpSource::begin() {
    while (!session_->is_started()) {
        auto event = session_->next(input_);
        CASEMENT_CO_TRY(co_await flush());
        if (!event) co_return std::unexpected(std::move(event).error());
        if (*event) {
            // A server that begins without a word: its first message is kept for play().
            if (!std::holds_alternative<Started>(**event)) first_ = std::move(**event);
            continue;
        }
        CASEMENT_CO_TRY(co_await read());
    }
    co_return Result<>{};
}

Task<Result<>> RtmpSource::read() {
    const auto count = co_await connection_->read_some(buffer_);
    if (!count) {
        // A server that hangs up without a word is what most relays do with an address or token
        // they do not like.
        if (connection_->ended() && !session_->is_started()) {
            co_return fail(ErrorKind::Unavailable,
                           "the RTMP server hung up without a word; the address or its token may "
                           "be wrong or expired");
        }
        co_return std::unexpected(count.error());
    }
    input_ = base::ByteSpan(buffer_.data(), *count);
    arrival_ = {clock_.steady_now(), clock_.wall_now()};
    co_return Result<>{};
}

Task<Result<>> RtmpSource::play(hub::StreamWriter& writer, net::Watchdog& watchdog,
                                net::Coalescing& coalescing) {
    if (first_) {
        CASEMENT_CO_TRY(take(*first_, writer));
        first_.reset();
    }
    for (;;) {
        for (;;) {
            CASEMENT_CO_TRY(const auto event, session_->next(input_));
            if (!event) break;
            CASEMENT_CO_TRY(take(*event, writer));
        }
        if (!session_->output().empty()) {
            CASEMENT_CO_TRY(co_await flush());
        }
        CASEMENT_CO_TRY(co_await read());
        watchdog.feed();
        coalescing.count(input_.size());
    }
}

Result<> RtmpSource::take(const ClientEvent& event, hub::StreamWriter& writer) {
    if (const auto* media = std::get_if<MediaMessage>(&event)) {
        return push(media->type == MessageType::Video ? TagType::Video : TagType::Audio,
                    media->timestamp_ms, media->body, writer);
    }
    if (const auto* metadata = std::get_if<Metadata>(&event))
        return push(TagType::Script, 0, metadata->body, writer);
    if (const auto* finished = std::get_if<Finished>(&event)) {
        return fail(ErrorKind::Unavailable, "the camera ended the stream: {}", finished->sentence);
    }
    return {};
}

Result<> RtmpSource::push(TagType type, std::uint32_t timestamp_ms, const media::Bytes& body,
                          hub::StreamWriter& writer) {
    CASEMENT_TRY(demuxer_.push(type, timestamp_ms, body, arrival_));
    if (demuxer_.version() != version_) {
        version_ = demuxer_.version();
        writer.set_tracks(demuxer_.tracks());
    }
    while (auto unit = demuxer_.next()) writer.publish(std::move(*unit));
    if (!demuxer_.left_out().empty() && !std::exchange(told_left_out_, true)) {
        base::Log{}
            .with("source", description())
            .warn("The sound is left out: {}", demuxer_.left_out());
    }
    return {};
}

Task<Result<>> RtmpSource::flush() {
    const OutBytes bytes = std::exchange(session_->output(), {});
    if (bytes.empty()) co_return Result<>{};
    co_return co_await connection_->write_all(bytes);
}

Task<> RtmpSource::close(async::Deadline deadline) {
    if (connection_ && connection_->is_open() && session_) {
        session_->close();
        (void)co_await async::with_deadline(deadline, "rtmp goodbye", flush());
        (void)co_await async::with_deadline(deadline, "rtmp goodbye", connection_->shut_down());
    }
    if (connection_) connection_->close();
}

}  // namespace casement::sources::rtmp
