#include "outputs/rtsp/server.hpp"

#include "outputs/rtsp/session.hpp"

namespace casement::outputs::rtsp {

namespace {

class Lane final : public SessionLane {
public:
    explicit Lane(const LaneParts& parts)
        : parts_(parts),
          udp_(std::make_shared<UdpLane>(parts.executor, parts.address, parts.log)) {}

    std::function<async::Task<>()> session(std::unique_ptr<net::PlainStream> connection) override {
        return [session = std::make_shared<Session>(std::move(connection), parts_.services,
                                                    parts_.start_time, udp_, parts_.log)] {
            return session->run();
        };
    }
    async::Task<> stop() override { return udp_->stop(); }

private:
    const LaneParts parts_;
    const std::shared_ptr<UdpLane> udp_;
};

}  // namespace

SessionProtocol protocol() {
    return {"RTSP", [](const LaneParts& parts) -> std::unique_ptr<SessionLane> {
                return std::make_unique<Lane>(parts);
            }};
}

}  // namespace casement::outputs::rtsp
