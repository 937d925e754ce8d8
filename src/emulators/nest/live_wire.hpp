#pragma once
// What nexustalk travels on: a TLS connection, or the binary messages of a WebSocket.

#include <cstdint>
#include <memory>
#include <vector>

#include "async/task.hpp"
#include "base/error.hpp"
#include "net/stream.hpp"
#include "net/websocket.hpp"

namespace casement::emulators::nest {

/// How packets are dealt out to WebSocket messages, and to what is written to TLS at a time: each
/// is good.
enum class Messages {
    Whole,      // one packet in each
    EveryByte,  // a message for every byte
    Several,    // all that is to be sent in one, and an empty message behind it
};

/// Lives on the executor of its connection. One reader and one writer.
class LiveWire {
public:
    virtual ~LiveWire() = default;
    virtual async::Task<base::Result<std::vector<std::uint8_t>>> receive() = 0;
    virtual async::Task<base::Result<>> send(std::vector<std::vector<std::uint8_t>> packets) = 0;
    virtual void close() = 0;
    /// As when a router forgets the connection: no goodbye.
    virtual void reset() = 0;
};

std::unique_ptr<LiveWire> make_wire(std::unique_ptr<net::Stream> stream, const Messages& how);
std::unique_ptr<LiveWire> make_wire(std::shared_ptr<net::WebSocket> socket, const Messages& how);

}  // namespace casement::emulators::nest
