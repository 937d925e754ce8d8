#pragma once
// One session's RTP: a lane per track that was set up, over the connection or over UDP.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "emulators/testcam/feed.hpp"
#include "net/udp.hpp"
#include "protocols/rtp/packetizer.hpp"
#include "protocols/rtsp/server_session.hpp"

namespace casement::emulators::testcam {

/// How the packets of a session go wrong.
struct LaneHabits {
    bool parameters_in_band = true;
    bool bare_reports = false;    // RTCP inside the connection without "$", channel and length
    bool other_rtp_port = false;  // RTP over UDP comes from a port that nobody was told
    std::optional<std::uint16_t> first_sequence = {};  // else random
    int lost_percent = 0;                              // of RTP over UDP, evenly
    bool reordered = false;  // every tenth packet of RTP over UDP comes after its successor
};

/// Lives with its connection.
class RtpLanes {
public:
    RtpLanes(net::ip::address own, net::ip::address peer, std::chrono::milliseconds report_every,
             LaneHabits habits = {})
        : own_(std::move(own)),
          peer_(std::move(peer)),
          report_every_(report_every),
          habits_(habits) {}

    /// For SETUP: takes ports where UDP was asked for. Errors as net::UdpSocket::bind.
    base::Result<protocols::rtsp::SetupAnswer> add(const media::Track& track,
                                                   const protocols::rtsp::Transport& transport,
                                                   const async::Executor& executor);
    void clear() { lanes_.clear(); }
    bool is_udp() const;

    /// UDP packets are sent; what belongs on the connection is appended to `interleaved`.
    void send(const FeedItem& item, base::SteadyTime now, std::vector<std::uint8_t>& interleaved);
    /// Says that all tracks have ended.
    void say_bye(std::vector<std::uint8_t>& interleaved);
    /// RTCP compounds that came over UDP since the last call; datagrams that only open a path
    /// through NAT do not count.
    std::uint64_t take_reports();

private:
    struct Lane {
        int track = 0;
        std::unique_ptr<protocols::rtp::Packetizer> packetizer;
        std::optional<net::UdpSocket::Pair> sockets;  // UDP only
        std::unique_ptr<net::UdpSocket> other;        // where RTP leaves from when set
        net::ip::udp::endpoint rtp_to, rtcp_to;
        std::optional<base::SteadyTime> reported_at;
        std::uint64_t packets = 0;            // over UDP, lost ones included
        std::vector<std::uint8_t> held_back;  // goes after the next packet
    };
    void report(Lane& lane, const media::AccessUnit& unit, std::vector<std::uint8_t>& interleaved);
    void send_rtcp(Lane& lane, base::ByteSpan bytes, std::vector<std::uint8_t>& interleaved);
    void send_rtp(Lane& lane, base::ByteSpan packet);

    const net::ip::address own_, peer_;
    const std::chrono::milliseconds report_every_;
    const LaneHabits habits_;
    std::vector<Lane> lanes_;
    std::vector<std::uint8_t> block_;
    std::vector<protocols::rtp::PacketRange> ranges_;
};

}  // namespace casement::emulators::testcam
