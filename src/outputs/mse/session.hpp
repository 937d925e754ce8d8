#pragma once
// Live pictures over a WebSocket, in the message set of go2rtc: JSON text {"type": T, "value": V},
// media as binary messages.
//
//   client                               server
//   {"type":"mse","value":"avc1...,..."} {"type":"mse","value":"video/mp4; codecs=..."}, init
//   segment, then one moof+mdat per picture
//   {"type":"mp4","value":"..."}         {"type":"mp4","value":"video/mp4; ..."}, then one whole
//   MP4 per key frame
//   {"type":"mjpeg","value":""}          {"type":"mjpeg","value":""}, then one JPEG per key frame
//   anything else                        the signal handler's (WebRTC), or
//   {"type":"error","value":"T: ..."}
//
// Besides: {"type":"drop","value":{"frames":N}} tells a slow viewer that N units were skipped; what
// follows starts at a key frame.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "hub/stream_hub.hpp"
#include "net/http_server.hpp"
#include "outputs/fanout/wire_stream.hpp"
#include "outputs/mjpeg/pictures.hpp"

namespace casement::outputs::mse {

/// Takes the messages of a connection whose type is none of ours: signalling of another way out on
/// the same socket.
class SignalHandler {
public:
    virtual ~SignalHandler() = default;
    /// `message` is the whole JSON text. False when the type is unknown to it too.
    virtual bool handle(std::string_view type, const std::string& message) = 0;
};
/// Made once per connection, on its executor; `send` may be called there at any time while the
/// handler lives.
using SignalFactory = std::function<std::unique_ptr<SignalHandler>(
    const net::Request& request, std::shared_ptr<hub::Stream> stream,
    std::function<void(std::string)> send)>;

/// What a session needs from the house; outlives every session.
struct Services {
    hub::StreamHub& hub;
    fanout::FanOut& fan_out;
    mjpeg::Pictures& pictures;  // for "mjpeg"
    base::Log log;
    SignalFactory signals;  // may be empty
};

/// For net::HttpServer::websocket(). The stream is named by `src` in the query, or by {name} of the
/// pattern; the caller has made sure that this user may see it. Serves until either side ends it.
net::WebSocketHandler websocket_handler(std::shared_ptr<const Services> services);

}  // namespace casement::outputs::mse
