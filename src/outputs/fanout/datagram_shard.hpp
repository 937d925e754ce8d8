#pragma once
// Viewers that read datagrams (RTP over UDP): one flat batch of messages for all of them, with
// segmentation offload.

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "async/task.hpp"
#include "net/udp.hpp"
#include "outputs/fanout/shard.hpp"
#include "outputs/fanout/wire_stream.hpp"

namespace casement::outputs::fanout {

inline constexpr std::size_t kMaxDatagramTracks = 8;

/// Where one track of one viewer goes.
struct DatagramTarget {
    boost::asio::ip::udp::endpoint rtp;
    boost::asio::ip::udp::endpoint rtcp;
};

class DatagramViewer;

class DatagramShard final : public Shard, public std::enable_shared_from_this<DatagramShard> {
public:
    DatagramShard(async::Executor executor, std::shared_ptr<WireStream> stream);

    void deliver(std::span<const WireUnitPtr> units) override;
    void fail(const base::Error& error) override;

private:
    friend class DatagramViewer;
    /// Neighbouring datagrams of one track that go out in one message: all of one size, the last
    /// may be shorter.
    struct Run {
        iovec bytes{};
        std::uint16_t segment = 0;
        std::uint8_t track = 0;
        bool rtcp = false;
    };

    void add(DatagramViewer& viewer);
    void remove(DatagramViewer& viewer);
    static void append_runs(const WireUnit& unit, std::vector<Run>& runs);
    void send(std::span<const Run> runs, std::span<DatagramViewer* const> viewers);
    /// Moves viewers that start or fell behind through the log at a pace that their receive buffers
    /// can stand.
    void pace();
    bool pace_one(DatagramViewer& viewer);

    const async::Executor executor_;
    const std::shared_ptr<WireStream> stream_;
    UnitLog log_;
    std::vector<DatagramViewer*> level_;     // have everything but what is being delivered
    std::vector<DatagramViewer*> starting_;  // on their way from a key unit to the live edge
    asio::steady_timer timer_;
    bool pacing_ = false;
    // Kept for their capacity.
    std::vector<Run> runs_;
    std::vector<net::UdpSocket::Message> rtp_messages_, rtcp_messages_;
};

/// One viewer. Owned by its session, on the shard's thread; its destructor leaves. The sockets must
/// outlive it.
class DatagramViewer {
public:
    DatagramViewer(std::shared_ptr<DatagramShard> shard, net::UdpSocket& rtp, net::UdpSocket& rtcp,
                   std::string remote, std::function<void(base::Error)> on_failed);
    ~DatagramViewer();
    DatagramViewer(const DatagramViewer&) = delete;
    DatagramViewer& operator=(const DatagramViewer&) = delete;

    /// Tracks without a target are not sent.
    void set_target(std::size_t track, const DatagramTarget& target);
    void play();

private:
    friend class DatagramShard;
    const std::shared_ptr<DatagramShard> shard_;
    net::UdpSocket& rtp_;
    net::UdpSocket& rtcp_;
    std::function<void(base::Error)> on_failed_;
    std::shared_ptr<void> ticket_;
    std::shared_ptr<DatagramViewer*> alive_;
    std::array<std::optional<DatagramTarget>, kMaxDatagramTracks> targets_;
    bool needs_key_ = true;
    std::uint64_t next_ = 0;
    std::size_t next_run_ = 0;  // within unit next_
};

}  // namespace casement::outputs::fanout
