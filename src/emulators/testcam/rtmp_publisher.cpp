#include "emulators/testcam/rtmp_publisher.hpp"

#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "async/bell.hpp"
#include "formats/amf0.hpp"
#include "formats/flv.hpp"
#include "protocols/rtmp/client_session.hpp"

namespace casement::emulators::testcam {

using base::ErrorKind;
using base::Result;
namespace flv = formats::flv;
namespace rtmp = protocols::rtmp;

namespace {

constexpr std::size_t kBufferBytes = 16 * 1024;  // a server says little to a publisher

/// One publication: the protocol, the connection under it, and what has been announced.
class Publication {
public:
    Publication(std::unique_ptr<net::Stream> stream, rtmp::Address address)
        : stream_(std::move(stream)),
          session_(rtmp::ClientSession::Role::Publish, std::move(address)),
          goodbye_(stream_->executor()) {}

    async::Task<Result<>> begin();
    async::Task<Result<>> send_all(Feed::Tap tap);
    /// Ends when the server ends it.
    async::Task<Result<>> listen();
    /// Ends with Cancelled, when say_goodbye() was called and the words are sent.
    async::Task<Result<>> wait_for_goodbye();

    void say_goodbye() { goodbye_.ring(); }
    void cut() { stream_->close(); }

private:
    async::Task<Result<>> flush();
    async::Task<Result<>> read();
    void announce(const TracksPtr& tracks, std::uint32_t timestamp_ms);
    void pack(const FeedItem& item);
    rtmp::MessageHeader header_of(media::Kind kind, std::uint32_t timestamp_ms) const;

    const std::unique_ptr<net::Stream> stream_;
    rtmp::ClientSession session_;
    std::vector<std::uint8_t> buffer_ = std::vector<std::uint8_t>(kBufferBytes);
    base::ByteSpan input_;
    TracksPtr announced_;
    std::optional<std::int64_t> first_ms_;
    bool writing_ = false;
    async::Bell goodbye_;
};

async::Task<Result<>> Publication::flush() {
    if (writing_) co_return Result<>{};  // whoever writes takes the rest along
    writing_ = true;
    while (!session_.output().empty()) {
        const rtmp::OutBytes bytes = std::exchange(session_.output(), {});
        const Result<> written = co_await stream_->write_all(base::ByteSpan(bytes));
        if (!written) co_return written;
    }
    writing_ = false;
    co_return Result<>{};
}

async::Task<Result<>> Publication::read() {
    CASEMENT_CO_TRY(const std::size_t got, co_await stream_->read_some(buffer_));
    input_ = base::ByteSpan(buffer_).first(got);
    co_return Result<>{};
}

async::Task<Result<>> Publication::begin() {
    session_.start();
    CASEMENT_CO_TRY(co_await flush());
    while (!session_.is_started()) {
        auto event = session_.next(input_);
        CASEMENT_CO_TRY(co_await flush());
        if (!event) co_return std::unexpected(std::move(event).error());
        if (*event) continue;
        CASEMENT_CO_TRY(co_await read());
    }
    co_return Result<>{};
}

async::Task<Result<>> Publication::listen() {
    for (;;) {
        CASEMENT_CO_TRY(const auto event, session_.next(input_));
        CASEMENT_CO_TRY(co_await flush());
        if (event) {
            if (const auto* finished = std::get_if<rtmp::Finished>(&*event)) {
                co_return base::fail(ErrorKind::Unavailable, "the server ended the publication: {}",
                                     finished->sentence);
            }
            continue;
        }
        CASEMENT_CO_TRY(co_await read());
    }
}

async::Task<Result<>> Publication::wait_for_goodbye() {
    CASEMENT_CO_TRY(co_await goodbye_.wait());
    session_.close();
    CASEMENT_CO_TRY(co_await flush());
    CASEMENT_CO_TRY(co_await stream_->shut_down());
    co_return base::fail(ErrorKind::Cancelled, "stopped politely");
}

rtmp::MessageHeader Publication::header_of(media::Kind kind, std::uint32_t timestamp_ms) const {
    const bool video = kind == media::Kind::Video;
    return {.chunk_stream = video ? rtmp::ChunkStreamId::Video : rtmp::ChunkStreamId::Audio,
            .type = video ? rtmp::MessageType::Video : rtmp::MessageType::Audio,
            .timestamp_ms = timestamp_ms,
            .stream_id = session_.stream_id()};
}

void Publication::announce(const TracksPtr& tracks, std::uint32_t timestamp_ms) {
    if (!announced_) {
        rtmp::MessageHeader header;
        header.chunk_stream = rtmp::ChunkStreamId::Data;
        header.type = rtmp::MessageType::DataAmf0;
        header.stream_id = session_.stream_id();
        rtmp::append_message(
            session_.output(), header,
            {formats::amf0::written({"@setDataFrame", "onMetaData", flv::metadata(*tracks)})});
    }
    announced_ = tracks;
    for (const media::Track& track : *tracks) {
        const auto configuration = flv::configuration_body(*track.parameters);
        if (configuration && !configuration->empty())
            rtmp::append_message(session_.output(), header_of(track.kind(), timestamp_ms),
                                 {*configuration});
    }
}

void Publication::pack(const FeedItem& item) {
    const media::Track& track = (*item.tracks)[static_cast<std::size_t>(item.unit->track)];
    if (!flv::is_carried(track.codec)) return;
    const std::int64_t dts_ms = flv::timestamp_ms(track, item.unit->dts),
                       pts_ms = flv::timestamp_ms(track, item.unit->pts);
    if (!first_ms_) first_ms_ = dts_ms;  // cameras begin at 0
    const auto timestamp_ms = static_cast<std::uint32_t>(dts_ms - *first_ms_);
    if (item.tracks != announced_) announce(item.tracks, timestamp_ms);
    const flv::FrameHeader body = flv::frame_header(*track.parameters, item.unit->key,
                                                    static_cast<std::int32_t>(pts_ms - dts_ms));
    rtmp::append_message(session_.output(), header_of(track.kind(), timestamp_ms),
                         {body.view(), item.unit->data.view()});
}

async::Task<Result<>> Publication::send_all(Feed::Tap tap) {
    for (;;) {
        CASEMENT_CO_TRY(const FeedItem item, co_await tap.next());
        pack(item);
        CASEMENT_CO_TRY(co_await flush());
    }
}

}  // namespace

struct RtmpPublisher::State {
    State(std::shared_ptr<Feed> f, net::ConnectOptions c, base::Log l)
        : feed(std::move(f)), connect(std::move(c)), log(std::move(l)) {}

    const std::shared_ptr<Feed> feed;
    const net::ConnectOptions connect;
    const base::Log log;
    Publication* current = nullptr;  // lives in the coroutine of publish()
    std::uint64_t publications = 0;

    static async::Task<Result<>> publish(std::shared_ptr<State> state, std::string url,
                                         async::Deadline connected_by);
};

async::Task<Result<>> RtmpPublisher::State::publish(std::shared_ptr<State> state, std::string url,
                                                    async::Deadline connected_by) {
    using namespace boost::asio::experimental::awaitable_operators;
    if (state->current != nullptr)
        co_return base::fail(ErrorKind::FailedPrecondition, "it publishes already");
    CASEMENT_CO_TRY(const base::Url parsed, base::Url::parse(url));
    CASEMENT_CO_TRY(rtmp::Address address, rtmp::make_address(parsed));
    net::ConnectOptions options = state->connect;
    if (parsed.scheme == "rtmps" && !options.tls && !options.tls_context) options.tls.emplace();
    if (parsed.scheme == "rtmp") options.tls.reset();
    CASEMENT_CO_TRY(auto stream, co_await net::connect(parsed.host, parsed.port_or_default(),
                                                       std::move(options), connected_by));
    Publication publication(std::move(stream), std::move(address));
    struct Current {
        State& state;
        Current(State& s, Publication& p) : state(s) { state.current = &p; }
        ~Current() { state.current = nullptr; }
    } const current(*state, publication);
    CASEMENT_CO_TRY(co_await async::with_deadline(connected_by, "publish", publication.begin()));
    ++state->publications;
    state->log.debug("Publishing to {}", parsed.authority());
    const auto ended = co_await (publication.send_all(state->feed->tap()) || publication.listen() ||
                                 publication.wait_for_goodbye());
    co_return std::visit([](const Result<>& outcome) { return outcome; }, ended);
}

RtmpPublisher::RtmpPublisher(std::shared_ptr<Feed> feed, net::ConnectOptions connect, base::Log log)
    : state_(std::make_shared<State>(std::move(feed), std::move(connect), std::move(log))) {}
RtmpPublisher::~RtmpPublisher() { drop(); }

async::Task<Result<>> RtmpPublisher::publish(std::string url, async::Deadline connected_by) {
    const auto state = state_;
    co_return co_await State::publish(state, std::move(url), connected_by);
}

void RtmpPublisher::stop_politely() {
    if (state_->current != nullptr) state_->current->say_goodbye();
}
void RtmpPublisher::drop() {
    if (state_->current != nullptr) state_->current->cut();
}
bool RtmpPublisher::is_publishing() const { return state_->current != nullptr; }
std::uint64_t RtmpPublisher::publications() const { return state_->publications; }

}  // namespace casement::emulators::testcam
