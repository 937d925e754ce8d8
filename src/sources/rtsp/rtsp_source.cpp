#include "sources/rtsp/rtsp_source.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/log.hpp"
#include "net/coalescing.hpp"
#include "protocols/rtsp/message.hpp"

namespace casement::sources::rtsp {

using async::Task;
using base::ErrorKind;
using base::Result;
namespace client = protocols::rtsp::client;
namespace rtp = protocols::rtp;
using namespace asio::experimental::awaitable_operators;

namespace {

constexpr std::uint8_t kSenderReport = 200;  // RFC 3550 §6.4.1
/// A datagram of a camera is at most an Ethernet frame; jumbo frames of 9000 are cut, and dropped.
constexpr std::size_t kDatagramBytes = 2048;
/// Wi-Fi reorders over some hundred milliseconds; 512 packets are half a second of 10 Mbit/s.
constexpr rtp::ReorderLimits kUdpReorder{.max_packets = 512,
                                         .max_wait = std::chrono::milliseconds(300)};
/// Allowed for TEARDOWN when a transport is given up for the next.
constexpr std::chrono::seconds kPartWithin{2};

}  // namespace

struct RtspSource::DatagramBuffer {
    std::vector<std::uint8_t> bytes =
        std::vector<std::uint8_t>(net::UdpSocket::kReceiveBatch * kDatagramBytes);
    std::array<net::UdpSocket::Received, net::UdpSocket::kReceiveBatch> received;
};

RtspSource::RtspSource(RtspOptions options, const base::Clock& clock, SessionJournal* journal)
    : options_(std::move(options)), clock_(clock), journal_(journal) {}
RtspSource::~RtspSource() { tell(camera::StreamNews::What::Ended, failed_); }

Task<Result<>> RtspSource::run(hub::StreamWriter& writer) {
    auto ended = co_await run_over(writer);
    if (!ended && !ended.error().is(ErrorKind::Cancelled)) failed_ = ended.error();
    if (failed_ && failed_->reason() == "refused" && options_.when_refused)
        co_return std::unexpected(*options_.when_refused);
    co_return ended;
}

/// One transport after the other.
Task<Result<>> RtspSource::run_over(hub::StreamWriter& writer) {
    std::vector<Lower> transports = options_.transports;
    for (;;) {
        dialogue_ = std::make_unique<Dialogue>(options_, transports, clock_);
        CASEMENT_CO_TRY(const auto started,
                        co_await async::with_deadline(async::Deadline::in(options_.open_within),
                                                      "rtsp", dialogue_->open()));
        const auto ended = co_await play(writer, started);
        // Some cameras agree to a transport that then carries nothing, and some networks swallow
        // it.
        const auto used = std::ranges::find(transports, started.tracks.front().lower);
        const bool another = !media_came_ && !ended && ended.error().reason() == "stalled" &&
                             used != transports.end() && used + 1 != transports.end();
        if (!another) co_return ended;
        tell(camera::StreamNews::What::Silent);
        transports.erase(transports.begin(), used + 1);
        base::Log{}
            .with("camera", options_.camera)
            .info("Nothing arrived; trying the other RTSP transport");
        co_await part(async::Deadline::in(kPartWithin));
    }
}

Task<> RtspSource::close(async::Deadline deadline) {
    co_await part(deadline);
    tell(camera::StreamNews::What::Ended, failed_);
}

void RtspSource::tell(camera::StreamNews::What what, std::optional<base::Error> error) {
    if (!options_.tell || told_end_) return;
    told_end_ = what == camera::StreamNews::What::Ended;
    options_.tell({what, carried_by_, std::move(error)});
}

Task<> RtspSource::part(async::Deadline deadline) {
    if (!dialogue_) co_return;
    if (receiver_ && !said_bye_) {
        // RFC 3550 §6.6. Over TCP it goes in front of TEARDOWN, with which the camera has all it
        // needs.
        for (std::size_t i = 0; i < lanes_.size(); ++i) {
            if (lanes_[i].udp) lanes_[i].udp->send_report(receiver_->bye(i));
        }
    }
    const bool answered = co_await dialogue_->goodbye(deadline);
    if (noted_ && answered) journal_->closed(*noted_);
    if (!answered)
        base::Log{}.with("camera", options_.camera).warn("The camera did not answer TEARDOWN");
    noted_.reset();
    dialogue_.reset();
}

Task<Result<>> RtspSource::play(hub::StreamWriter& writer, const client::Started& started) {
    bell_.emplace(co_await asio::this_coro::executor);
    begin(started);
    struct Pen {
        RtspSource& source;
        Pen(RtspSource& s, hub::StreamWriter& w) : source(s) { source.writer_ = &w; }
        ~Pen() { source.writer_ = nullptr; }
    } const pen(*this, writer);
    const bool over_udp =
        std::ranges::any_of(lanes_, [](const Lane& lane) { return lane.udp != nullptr; });
    if (over_udp) {
        auto first = co_await (receive() || attend() || receive_all_datagrams(0));
        co_return std::visit([](auto& result) { return std::move(result); }, first);
    }
    auto first = co_await (receive() || attend());
    co_return std::visit([](auto& result) { return std::move(result); }, first);
}

void RtspSource::begin(const client::Started& started) {
    read_clocks();
    lanes_.clear();
    std::vector<rtp::ReceivedTrack> tracks;
    bool over_udp = false;
    for (const auto& agreed : started.tracks) {
        const auto& offer = dialogue_->offers().tracks[agreed.offer];
        tracks.push_back({.format = offer.format, .parameters = offer.parameters});
        lanes_.push_back({.agreed = agreed, .udp = dialogue_->lane(agreed.offer)});
        if (agreed.lower == Lower::Tcp) lanes_.back().udp = nullptr;
        over_udp = over_udp || lanes_.back().udp;
    }
    carried_by_ = over_udp ? camera::PullRtsp::Transport::Udp : camera::PullRtsp::Transport::Tcp;
    receiver_ = std::make_unique<rtp::MediaReceiver>(std::move(tracks),
                                                     over_udp ? kUdpReorder : rtp::ReorderLimits{});
    outbox_.clear();
    last_media_ = now_;
    media_came_ = said_bye_ = false;
    next_report_.reset();
    if (journal_) {
        noted_ = OpenSession{.camera = options_.camera,
                             .url = options_.url.without_credentials(),
                             .session_id = started.session_id};
        journal_->opened(*noted_);
    }
    for (const Lane& lane : lanes_) {
        if (lane.udp) lane.udp->knock();
    }
    if (options_.reports_before_first_sender_report) next_report_ = now_;
    attend_at_ = now_;
}

// ---- what comes ----

Task<Result<>> RtspSource::receive() {
    net::Stream& connection = dialogue_->connection();
    auto& session = dialogue_->session();
    // Over UDP the connection carries answers only: too little for it ever to matter.
    net::Coalescing coalescing(connection, [this] { return writer_ && !writer_->is_watched(); });
    net::PlainStream* const plain =
        connection.is_plain() ? static_cast<net::PlainStream*>(&connection) : nullptr;
    for (;;) {
        CASEMENT_CO_TRY(drain());
        Result<std::size_t> count = 0;
        if (plain) {
            // The room is asked for after the wait: meanwhile attend() may have parsed on.
            CASEMENT_CO_TRY(co_await plain->wait_readable());
            count = plain->try_read(session.room());
        } else {
            count = co_await connection.read_some(session.room());
        }
        read_clocks();
        if (count) {
            session.commit(*count);
            coalescing.count(*count);
        } else if (count.error().is(ErrorKind::Cancelled)) {
            co_return std::unexpected(count.error());
        } else {
            session.disconnected(now_);
        }
    }
}

/// Everything that the session has to say or to hand on.
Result<> RtspSource::drain() {
    while (auto action = dialogue_->session().next_action(now_)) {
        if (const auto* incoming = std::get_if<client::Incoming>(&*action)) {
            take(incoming->track, incoming->rtcp, incoming->payload);
        } else if (const auto* send = std::get_if<client::Send>(&*action)) {
            outbox_ += send->bytes;
        } else if (auto* failed = std::get_if<client::Failed>(&*action)) {
            return std::unexpected(std::move(failed->error));
        }
        if (said_bye_) return base::fail(ErrorKind::Unavailable, "It ended the stream.");
    }
    if (!outbox_.empty() || next_duty() < attend_at_) bell_->ring();
    return {};
}

void RtspSource::take(std::size_t track, bool rtcp, base::ByteSpan bytes) {
    if (rtcp) {
        // One track's goodbye is the stream's: cameras say it for all or not at all.
        said_bye_ = receiver_->on_rtcp(track, bytes, now_, wall_now_) || said_bye_;
        // The first sender report starts our reports; and cameras like to have theirs answered at
        // once.
        if (bytes.size() > 1 && bytes[1] == kSenderReport) {
            report(track);
            if (!next_report_) next_report_ = now_ + options_.receiver_report_every;
        }
        return;
    }
    last_media_ = now_;
    if (!std::exchange(media_came_, true)) {
        media_from_ = now_;
        tell(camera::StreamNews::What::Began);
    }
    receiver_->on_rtp(track, bytes, now_, wall_now_, *this);
}

Task<Result<>> RtspSource::receive_all_datagrams(std::size_t first) {
    // Every lane has two sockets; they all end together.
    if (first == 2 * lanes_.size()) {
        CASEMENT_CO_TRY(co_await async::sleep_for(std::chrono::hours(24 * 365)));
        co_return Result<>{};
    }
    auto one =
        co_await (receive_datagrams(first / 2, first % 2 == 1) || receive_all_datagrams(first + 1));
    co_return std::visit([](auto& result) { return std::move(result); }, one);
}

Task<Result<>> RtspSource::receive_datagrams(std::size_t index, bool rtcp) {
    UdpLane* const lane = lanes_[index].udp;
    if (!lane) {
        CASEMENT_CO_TRY(co_await async::sleep_for(std::chrono::hours(24 * 365)));
        co_return Result<>{};
    }
    net::UdpSocket& socket = rtcp ? lane->rtcp() : lane->rtp();
    const auto buffer = std::make_unique<DatagramBuffer>();
    for (;;) {
        CASEMENT_CO_TRY(co_await socket.wait_readable());
        read_clocks();
        // An error here is an ICMP answer to one of our reports: the camera may have no ear for
        // them.
        const std::size_t count =
            socket.try_receive_batch(buffer->bytes, kDatagramBytes, buffer->received).value_or(0);
        for (std::size_t i = 0; i < count; ++i) {
            const auto& one = buffer->received[i];
            if (one.truncated || !lane->accept(one.from, rtcp)) continue;
            take(index, rtcp, base::ByteSpan(buffer->bytes).subspan(i * kDatagramBytes, one.size));
        }
        if (said_bye_) co_return base::fail(ErrorKind::Unavailable, "It ended the stream.");
        if (next_duty() < attend_at_) bell_->ring();
    }
}

// ---- what is due ----

/// Writes, reports, keep-alives, packets given up, and the end when nothing comes any more. The
/// only writer on the connection.
Task<Result<>> RtspSource::attend() {
    for (;;) {
        attend_at_ = next_duty();
        CASEMENT_CO_TRY(co_await bell_->wait_until(attend_at_));
        read_clocks();
        CASEMENT_CO_TRY(on_time());
        if (!outbox_.empty()) {
            CASEMENT_CO_TRY(co_await dialogue_->write(std::exchange(outbox_, {})));
        }
    }
}

Result<> RtspSource::on_time() {
    if (now_ >= silence_ends()) return std::unexpected(stalled());
    if (media_came_ && options_.allowance && now_ >= media_from_ + options_.allowance->at_most)
        return std::unexpected(options_.allowance->then);
    if (next_report_ && now_ >= *next_report_) {
        for (std::size_t i = 0; i < lanes_.size(); ++i) report(i);
        next_report_ = now_ + options_.receiver_report_every;
    }
    receiver_->poll(now_, wall_now_, *this);
    return drain();
}

base::SteadyTime RtspSource::silence_ends() const {
    return last_media_ + (media_came_ ? options_.stall : options_.first_media_within);
}

base::SteadyTime RtspSource::next_duty() const {
    base::SteadyTime out = silence_ends();
    if (media_came_ && options_.allowance)
        out = std::min(out, media_from_ + options_.allowance->at_most);
    for (const auto& other :
         {next_report_, receiver_->next_deadline(), dialogue_->session().deadline()}) {
        if (other) out = std::min(out, *other);
    }
    return out;
}

void RtspSource::report(std::size_t track) {
    const auto bytes = receiver_->receiver_report(track, now_);
    const Lane& lane = lanes_[track];
    if (lane.udp) return lane.udp->send_report(bytes);
    std::array<std::uint8_t, rtp::kInterleaveHeaderBytes> head{};
    protocols::rtsp::write_interleave_header(head.data(), lane.agreed.channels.rtcp, bytes.size());
    outbox_.append(base::as_text(head)).append(base::as_text(bytes));
}

base::Error RtspSource::stalled() const {
    const auto silence = std::chrono::duration_cast<std::chrono::seconds>(now_ - last_media_);
    return {ErrorKind::Unavailable, "stalled",
            fmt::format("Connected, but nothing arrived for {} s.", silence.count())};
}

void RtspSource::read_clocks() {
    now_ = clock_.steady_now();
    wall_now_ = clock_.wall_now();
}

// ---- the hub's side ----

void RtspSource::on_tracks(const media::Tracks& tracks) {
    if (writer_) writer_->set_tracks(tracks);
}

void RtspSource::on_unit(media::AccessUnit unit) {
    if (writer_) writer_->publish(std::move(unit));
}

void RtspSource::on_lost(std::uint64_t count) {
    if (writer_) writer_->count_lost(count);
}

}  // namespace casement::sources::rtsp
