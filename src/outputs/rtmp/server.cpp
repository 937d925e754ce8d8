#include "outputs/rtmp/server.hpp"

#include "outputs/rtmp/session.hpp"

namespace casement::outputs::rtmp {

namespace {

class Lane final : public SessionLane {
public:
    explicit Lane(const LaneParts& parts) : parts_(parts) {}

    std::function<async::Task<>()> session(std::unique_ptr<net::PlainStream> connection) override {
        return [session = std::make_shared<Session>(std::move(connection), parts_.services,
                                                    parts_.start_time, scratch_, parts_.log)] {
            return session->run();
        };
    }

private:
    const LaneParts parts_;
    const std::shared_ptr<Scratch> scratch_ = std::make_shared<Scratch>();
};

}  // namespace

SessionProtocol protocol() {
    return {"RTMP", [](const LaneParts& parts) -> std::unique_ptr<SessionLane> {
                return std::make_unique<Lane>(parts);
            }};
}

}  // namespace casement::outputs::rtmp
