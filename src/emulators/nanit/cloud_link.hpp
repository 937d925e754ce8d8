#pragma once
// The cloud's end of a camera's own connection: the camera as its relay sees it.

#include <cstdint>
#include <map>
#include <memory>

#include "async/task.hpp"
#include "emulators/nanit/control_session.hpp"
#include "emulators/nanit/relay.hpp"

namespace casement::emulators::nanit {

/// Lives on the cloud's executor.
class LinkedCamera final : public ControlPort {
public:
    explicit LinkedCamera(std::shared_ptr<net::WebSocket> camera) : camera_(std::move(camera)) {}

    /// Is the camera of `relay` until it leaves, or until it calls again on another connection.
    /// True in the first case.
    static async::Task<bool> serve(std::shared_ptr<Relay> relay,
                                   std::shared_ptr<net::WebSocket> camera);

    void joined(std::shared_ptr<ControlSession> session) override;
    void heard(const std::shared_ptr<ControlSession>& session, base::ByteSpan message) override;
    void left(const std::shared_ptr<ControlSession>& session) override;

private:
    void take(base::ByteSpan bytes);

    const std::shared_ptr<net::WebSocket> camera_;
    std::map<std::uint32_t, std::shared_ptr<ControlSession>> clients_;
    std::uint32_t last_client_ = 0;
};

}  // namespace casement::emulators::nanit
