#pragma once
// The media side of a session that publishes: RTP in, units into the camera's stream.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "async/task_group.hpp"
#include "hub/push_door.hpp"
#include "net/udp.hpp"
#include "protocols/rtp/media_receiver.hpp"
#include "protocols/rtsp/transport.hpp"
#include "protocols/sdp/tracks.hpp"

namespace casement::outputs::rtsp {

/// Owned by its session, and by its own receive loops until they end: leave() ends them.
class Publisher final : public protocols::rtp::MediaSink,
                        public std::enable_shared_from_this<Publisher> {
public:
    /// `peer`: datagrams from other addresses are nobody's business here. `on_heard` is called for
    /// each that counts, until leave().
    Publisher(std::unique_ptr<hub::Publication> publication, const protocols::sdp::Offers& offers,
              const base::Clock& clock, const boost::asio::ip::address& peer,
              std::function<void()> on_heard);
    ~Publisher() override;

    std::size_t tracks() const { return offers_.size(); }
    const std::string& camera() const { return camera_; }

    /// Ports for a track that will come in over UDP.
    base::Result<protocols::rtsp::PortPair> open_udp(std::size_t track,
                                                     const async::Executor& executor,
                                                     const boost::asio::ip::address& address);
    /// Somebody watches its camera at this moment.
    bool is_watched() const { return publication_ && publication_->writer().is_watched(); }
    /// The publisher has left: the camera is told at once. Idempotent.
    void leave();
    /// Media flows from now on.
    void start(bool udp, base::Log log);
    /// The packets that follow came now.
    void on_arrival() { arrived_ = {clock_.steady_now(), clock_.wall_now()}; }
    /// A packet from inside the connection.
    void on_packet(int track, bool rtcp, media::ByteSpan bytes);
    /// A receiver report that is due, for the interleaved channel of its track; empty when none is.
    std::vector<std::uint8_t> interleaved_report_if_due();

    void on_tracks(const media::Tracks& tracks) override;
    void on_unit(media::AccessUnit unit) override;
    void on_lost(std::uint64_t count) override;

private:
    struct UdpTrack {
        net::UdpSocket::Pair sockets;
        boost::asio::ip::udp::endpoint sender_rtcp;
    };
    async::Task<> receive(std::size_t track, bool rtcp);
    async::Task<> report();

    std::unique_ptr<hub::Publication> publication_;  // null after leave()
    const std::string camera_;
    const base::Clock& clock_;
    const boost::asio::ip::address peer_;
    std::function<void()> on_heard_;
    std::vector<protocols::rtp::ReceivedTrack> offers_;
    std::unique_ptr<protocols::rtp::MediaReceiver> receiver_;
    std::vector<std::unique_ptr<UdpTrack>> udp_;
    struct {
        base::SteadyTime steady;
        base::WallTime wall;
    } arrived_;
    base::SteadyTime next_report_{};
    std::unique_ptr<async::TaskGroup> tasks_;
};

}  // namespace casement::outputs::rtsp
