#include "emulators/testcam/rtp_lanes.hpp"

#include <algorithm>
#include <array>

#include "base/random.hpp"
#include "protocols/rtcp/rtcp.hpp"

namespace casement::emulators::testcam {

namespace rtp = protocols::rtp;
namespace rtcp = protocols::rtcp;
namespace rtsp = protocols::rtsp;

base::Result<rtsp::SetupAnswer> RtpLanes::add(const media::Track& track,
                                              const rtsp::Transport& transport,
                                              const async::Executor& executor) {
    Lane lane;
    lane.track = track.id;
    rtp::PacketizerSetup setup;
    setup.format = rtp::sending_format(track);
    setup.track_clock_rate = track.clock_rate;
    setup.channel = static_cast<std::uint8_t>(2 * track.id);
    setup.ssrc = base::random_u32();
    setup.first_sequence =
        habits_.first_sequence.value_or(static_cast<std::uint16_t>(base::random_u32()));
    setup.timestamp_offset = base::random_u32();
    lane.packetizer = std::make_unique<rtp::Packetizer>(setup);
    rtsp::SetupAnswer answer{.track = track.id, .server_port = {}, .ssrc = setup.ssrc};
    if (transport.lower == rtsp::Transport::Lower::Udp) {
        const rtsp::PortPair ports = transport.client_port.value_or(rtsp::PortPair{});
        if (ports.rtp == 0)
            return base::fail(base::ErrorKind::InvalidArgument, "client_port is missing");
        CASEMENT_TRY(lane.sockets, net::UdpSocket::bind_pair(executor, own_));
        answer.server_port = rtsp::PortPair{lane.sockets->rtp->port(), lane.sockets->rtcp->port()};
        if (habits_.other_rtp_port) {
            CASEMENT_TRY(lane.other, net::UdpSocket::bind(executor, own_, 0));
        }
        lane.rtp_to = {peer_, ports.rtp};
        lane.rtcp_to = {peer_,
                        ports.rtcp != 0 ? ports.rtcp : static_cast<std::uint16_t>(ports.rtp + 1)};
    }
    std::erase_if(lanes_, [&](const Lane& other) { return other.track == track.id; });
    lanes_.push_back(std::move(lane));
    return answer;
}

bool RtpLanes::is_udp() const {
    return std::ranges::any_of(lanes_, [](const Lane& lane) { return lane.sockets.has_value(); });
}

void RtpLanes::report(Lane& lane, const media::AccessUnit& unit,
                      std::vector<std::uint8_t>& interleaved) {
    rtcp::SenderReport sender;
    sender.ssrc = lane.packetizer->ssrc();
    sender.ntp = rtcp::to_ntp(unit.wall);
    sender.rtp_timestamp = lane.packetizer->rtp_timestamp(unit.pts);
    sender.packets = lane.packetizer->packets_sent();
    sender.octets = lane.packetizer->octets_sent();
    const std::vector<std::uint8_t> bytes = rtcp::write_sender_report(sender, "testcam");
    send_rtcp(lane, base::ByteSpan(bytes), interleaved);
}

void RtpLanes::send_rtcp(Lane& lane, base::ByteSpan bytes, std::vector<std::uint8_t>& interleaved) {
    if (lane.sockets) {
        (void)lane.sockets->rtcp->try_send(lane.rtcp_to, bytes);
        return;
    }
    // RFC 2326 §10.12: "$", channel, length.
    const std::array<std::uint8_t, 4> head{'$', static_cast<std::uint8_t>(2 * lane.track + 1),
                                           static_cast<std::uint8_t>(bytes.size() >> 8),
                                           static_cast<std::uint8_t>(bytes.size())};
    if (!habits_.bare_reports) interleaved.insert(interleaved.end(), head.begin(), head.end());
    interleaved.insert(interleaved.end(), bytes.begin(), bytes.end());
}

void RtpLanes::say_bye(std::vector<std::uint8_t>& interleaved) {
    for (Lane& lane : lanes_) {
        const std::vector<std::uint8_t> bytes = rtcp::write_bye(lane.packetizer->ssrc(), "testcam");
        send_rtcp(lane, base::ByteSpan(bytes), interleaved);
    }
}

void RtpLanes::send_rtp(Lane& lane, base::ByteSpan packet) {
    constexpr std::uint64_t kEvery = 10, kWhich = 2;  // one that an even loss leaves
    const std::uint64_t number = lane.packets++;
    const auto lost = static_cast<std::uint64_t>(habits_.lost_percent);
    if ((number + 1) * lost / 100 != number * lost / 100) return;
    net::UdpSocket& from = lane.other ? *lane.other : *lane.sockets->rtp;
    if (habits_.reordered && number % kEvery == kWhich) {
        lane.held_back.assign(packet.begin(), packet.end());
        return;
    }
    // A full socket buffer loses packets, as a real network would.
    (void)from.try_send(lane.rtp_to, packet);
    if (lane.held_back.empty()) return;
    (void)from.try_send(lane.rtp_to, base::ByteSpan(lane.held_back));
    lane.held_back.clear();
}

void RtpLanes::send(const FeedItem& item, base::SteadyTime now,
                    std::vector<std::uint8_t>& interleaved) {
    const auto lane = std::ranges::find(lanes_, item.unit->track, &Lane::track);
    if (lane == lanes_.end()) return;
    if (!lane->reported_at || now - *lane->reported_at >= report_every_) {
        lane->reported_at = now;
        report(*lane, *item.unit, interleaved);
    }
    const media::CodecParameters* parameters =
        habits_.parameters_in_band
            ? (*item.tracks)[static_cast<std::size_t>(lane->track)].parameters.get()
            : nullptr;
    ranges_.clear();
    if (!lane->sockets) {
        (void)lane->packetizer->pack(*item.unit, parameters, interleaved, ranges_);
        return;
    }
    block_.clear();
    (void)lane->packetizer->pack(*item.unit, parameters, block_, ranges_);
    for (const rtp::PacketRange& range : ranges_)
        send_rtp(*lane, base::ByteSpan(block_).subspan(range.offset, range.size));
}

std::uint64_t RtpLanes::take_reports() {
    std::uint64_t reports = 0;
    std::array<std::uint8_t, 2048> datagram{};
    for (Lane& lane : lanes_) {
        if (!lane.sockets) continue;
        for (auto got = lane.sockets->rtcp->try_receive(datagram); got && got->size > 0;
             got = lane.sockets->rtcp->try_receive(datagram)) {
            if (rtcp::looks_like_rtcp(base::ByteSpan(datagram).first(got->size))) ++reports;
        }
        // Packets that open a path through NAT are thrown away.
        for (auto got = lane.sockets->rtp->try_receive(datagram); got && got->size > 0;
             got = lane.sockets->rtp->try_receive(datagram))
            continue;
    }
    return reports;
}

}  // namespace casement::emulators::testcam
