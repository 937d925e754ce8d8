#pragma once
// Where the camera meets its clients: a control connection, over the relay or at its own door.

#include <cstdint>
#include <memory>
#include <vector>

#include "base/byte_reader.hpp"
#include "net/websocket.hpp"

namespace casement::emulators::nanit {

/// One client's connection as the camera sees it. Bytes are whole messages. Lives on the camera's
/// executor.
class ControlSession {
public:
    virtual ~ControlSession() = default;
    /// To whoever asked; the relay shows it to others as well.
    virtual void answer(const std::vector<std::uint8_t>& message) = 0;
    virtual void push(const std::vector<std::uint8_t>& message) = 0;
    /// At the camera's own door: such a client takes one of its slots.
    virtual bool is_local() const = 0;
};

/// As one binary message. A client that does not read loses messages, as with any peer that has
/// many.
void post(net::WebSocket& socket, const std::vector<std::uint8_t>& message);

/// The camera as the relay sees it.
class ControlPort {
public:
    virtual ~ControlPort() = default;
    virtual void joined(std::shared_ptr<ControlSession> session) = 0;
    virtual void heard(const std::shared_ptr<ControlSession>& session, base::ByteSpan message) = 0;
    virtual void left(const std::shared_ptr<ControlSession>& session) = 0;
};

}  // namespace casement::emulators::nanit
