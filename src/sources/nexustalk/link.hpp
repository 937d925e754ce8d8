#pragma once
// nexustalk's bytes, over TLS or in the messages of a WebSocket.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/connect.hpp"

namespace casement::sources::nexustalk {

/// Lives on one executor; one read and one write at a time. Errors as net::Stream's and
/// net::WebSocket's.
class Link {
public:
    virtual ~Link() = default;
    /// What came next, never nothing. Valid until the next call.
    virtual async::Task<base::Result<base::ByteSpan>> read() = 0;
    virtual async::Task<base::Result<>> write(std::vector<std::uint8_t> bytes) = 0;
    virtual void close() = 0;
};

struct LinkTarget {
    std::string host;
    std::uint16_t port = 0;
    bool is_websocket = false;
    net::ConnectOptions connect{};  // with `tls`, or without
};

async::Task<base::Result<std::unique_ptr<Link>>> open_link(LinkTarget target,
                                                           async::Deadline deadline);

}  // namespace casement::sources::nexustalk
