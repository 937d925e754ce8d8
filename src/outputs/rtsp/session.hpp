#pragma once
// One RTSP connection. Lives on the io thread of its connection.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/coalescing.hpp"
#include "net/udp.hpp"
#include "net/watchdog.hpp"
#include "outputs/fanout/byte_shard.hpp"
#include "outputs/fanout/datagram_shard.hpp"
#include "outputs/rtsp/publisher.hpp"
#include "outputs/rtsp/udp_lane.hpp"
#include "outputs/session_server.hpp"
#include "protocols/rtsp/server_session.hpp"

namespace casement::outputs::rtsp {

class Session : public std::enable_shared_from_this<Session> {
public:
    Session(std::unique_ptr<net::PlainStream> connection, Services services,
            std::chrono::milliseconds start_time, std::shared_ptr<UdpLane> udp, base::Log log);
    ~Session();

    /// Serves until either side ends it.
    async::Task<> run();
    /// Closes the connection; run() ends soon after. Safe from posted handlers on the session's
    /// thread.
    void close(const base::Error& why);

private:
    using Protocol = protocols::rtsp::ServerSession;

    async::Task<base::Result<>> serve();
    async::Task<base::Result<>> handle(protocols::rtsp::ServerAction action);
    async::Task<base::Result<>> send(std::string_view bytes);
    async::Task<> on_describe(protocols::rtsp::NeedDescribe need);
    async::Task<> on_setup(protocols::rtsp::NeedSetup need);
    void on_play(const protocols::rtsp::NeedPlay& need);
    void on_announce(protocols::rtsp::NeedAnnounce need);
    void on_record(const protocols::rtsp::NeedRecord& need);
    base::Result<> on_incoming(const protocols::rtsp::Incoming& incoming);
    async::Task<base::Result<>> on_torn_down();
    /// An on-demand stream stays wanted until the viewer plays.
    void hold(const std::shared_ptr<hub::Stream>& stream);
    /// A sign of life over UDP.
    void heard();
    void drop_publisher();

    /// The caller may read: answers the user's name, or has responded 401 already.
    async::Task<std::optional<std::string>> admit(protocols::rtsp::RequestId id,
                                                  protocols::rtsp::Caller caller);
    void start_tcp_viewer(std::uint32_t mask);
    void start_udp_viewer(std::uint32_t mask);

    const std::shared_ptr<net::PlainStream> connection_;
    const Services services_;
    const std::chrono::milliseconds start_time_;
    const std::shared_ptr<UdpLane> udp_;
    const base::Log log_;
    Protocol protocol_;
    std::optional<net::Watchdog> watchdog_;
    std::optional<base::Error> closed_because_;

    std::shared_ptr<hub::Stream> stream_;
    std::optional<hub::Reader> hold_;  // keeps an on-demand stream wanted between DESCRIBE and PLAY
    std::optional<fanout::ByteViewer> byte_viewer_;
    std::optional<fanout::DatagramViewer> datagram_viewer_;
    std::vector<std::shared_ptr<void>> heard_;  // registrations with the UDP lane
    std::shared_ptr<Publisher> publisher_;
    std::optional<net::Coalescing> coalescing_;  // of what a publisher sends inside the connection
    bool play_after_answer_ = false;
};

}  // namespace casement::outputs::rtsp
