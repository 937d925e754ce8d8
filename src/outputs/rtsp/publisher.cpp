#include "outputs/rtsp/publisher.hpp"

#include <array>
#include <utility>

#include "async/deadline.hpp"
#include "net/endpoint.hpp"

namespace casement::outputs::rtsp {

namespace {

// RFC 3550 §6.2: the minimum interval of reports.
constexpr std::chrono::seconds kReportPeriod{5};
// A second of 50 Mbit/s in datagrams; what a publisher's network may shuffle.
constexpr protocols::rtp::ReorderLimits kUdpReorder{.max_packets = 512};
constexpr int kUdpReceiveBuffer = 4 << 20;

}  // namespace

Publisher::Publisher(std::unique_ptr<hub::Publication> publication,
                     const protocols::sdp::Offers& offers, const base::Clock& clock,
                     const boost::asio::ip::address& peer, std::function<void()> on_heard)
    : publication_(std::move(publication)),
      camera_(publication_->camera()),
      clock_(clock),
      peer_(net::unmapped(peer)),
      on_heard_(std::move(on_heard)) {
    for (const auto& offer : offers.tracks) offers_.push_back({offer.format, offer.parameters});
    udp_.resize(offers_.size());
}

Publisher::~Publisher() = default;

base::Result<protocols::rtsp::PortPair> Publisher::open_udp(
    std::size_t track, const async::Executor& executor, const boost::asio::ip::address& address) {
    auto lane = std::make_unique<UdpTrack>();
    CASEMENT_TRY(lane->sockets, net::UdpSocket::bind_pair(executor, address));
    lane->sockets.rtp->set_receive_buffer(kUdpReceiveBuffer);
    const protocols::rtsp::PortPair ports{lane->sockets.rtp->port(), lane->sockets.rtcp->port()};
    udp_[track] = std::move(lane);
    if (!tasks_) tasks_ = std::make_unique<async::TaskGroup>(executor, base::Log{});
    return ports;
}

void Publisher::leave() {
    publication_.reset();
    on_heard_ = nullptr;
    if (tasks_) tasks_->cancel();
}

void Publisher::start(bool udp, base::Log log) {
    receiver_ = std::make_unique<protocols::rtp::MediaReceiver>(
        offers_, udp ? kUdpReorder : protocols::rtp::ReorderLimits{});
    // Over UDP report() sends them, to where they belong.
    next_report_ = udp ? base::SteadyTime::max() : clock_.steady_now() + kReportPeriod;
    log.info("{} publishes", camera());
    if (!udp || !tasks_) return;
    for (std::size_t i = 0; i < udp_.size(); ++i) {
        if (!udp_[i]) continue;
        tasks_->spawn("publisher rtp",
                      [self = shared_from_this(), i] { return self->receive(i, false); });
        tasks_->spawn("publisher rtcp",
                      [self = shared_from_this(), i] { return self->receive(i, true); });
    }
    tasks_->spawn("publisher reports", [self = shared_from_this()] { return self->report(); });
}

void Publisher::on_packet(int track, bool rtcp, media::ByteSpan bytes) {
    if (!receiver_ || !publication_ || track < 0) return;
    const auto index = static_cast<std::size_t>(track);
    if (rtcp) {
        (void)receiver_->on_rtcp(index, bytes, arrived_.steady, arrived_.wall);
    } else {
        receiver_->on_rtp(index, bytes, arrived_.steady, arrived_.wall, *this);
    }
}

async::Task<> Publisher::receive(std::size_t track, bool rtcp) {
    std::vector<std::uint8_t> buffer(net::UdpSocket::kReceiveBatch * 2048);
    std::array<net::UdpSocket::Received, net::UdpSocket::kReceiveBatch> got;
    UdpTrack& lane = *udp_[track];
    net::UdpSocket& socket = rtcp ? *lane.sockets.rtcp : *lane.sockets.rtp;
    for (;;) {
        if (!co_await socket.wait_readable()) co_return;
        const auto count = socket.try_receive_batch(buffer, 2048, got);
        if (!count) continue;  // an ICMP error of an earlier datagram
        on_arrival();
        for (std::size_t i = 0; i < *count; ++i) {
            // The ports are open to everybody; only who proved the key publishes.
            if (net::unmapped(got[i].from.address()) != peer_) continue;
            // Publishers over UDP say nothing on the connection for hours.
            if (on_heard_) on_heard_();
            if (rtcp) lane.sender_rtcp = got[i].from;
            on_packet(static_cast<int>(track), rtcp,
                      std::span(buffer).subspan(i * 2048, got[i].size));
        }
    }
}

async::Task<> Publisher::report() {
    for (;;) {
        if (!co_await async::sleep_for(kReportPeriod)) co_return;
        if (!publication_) co_return;
        receiver_->poll(clock_.steady_now(), clock_.wall_now(), *this);
        for (std::size_t i = 0; i < udp_.size(); ++i) {
            if (!udp_[i] || udp_[i]->sender_rtcp.port() == 0) continue;
            (void)udp_[i]->sockets.rtcp->try_send(
                udp_[i]->sender_rtcp, receiver_->receiver_report(i, clock_.steady_now()));
        }
    }
}

std::vector<std::uint8_t> Publisher::interleaved_report_if_due() {
    const auto now = arrived_.steady;
    if (!receiver_ || now < next_report_) return {};
    next_report_ = now + kReportPeriod;
    std::vector<std::uint8_t> out;
    for (std::size_t i = 0; i < offers_.size(); ++i) {
        const auto bytes = receiver_->receiver_report(i, now);
        // RFC 2326 §10.12.
        out.insert(out.end(), {'$', static_cast<std::uint8_t>(2 * i + 1),
                               static_cast<std::uint8_t>(bytes.size() >> 8),
                               static_cast<std::uint8_t>(bytes.size())});
        out.insert(out.end(), bytes.begin(), bytes.end());
    }
    return out;
}

void Publisher::on_tracks(const media::Tracks& tracks) {
    publication_->writer().set_tracks(tracks);
}
void Publisher::on_unit(media::AccessUnit unit) { publication_->writer().publish(std::move(unit)); }
void Publisher::on_lost(std::uint64_t count) { publication_->writer().count_lost(count); }

}  // namespace casement::outputs::rtsp
