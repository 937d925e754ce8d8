#pragma once
// The client's side of one nexustalk connection: bytes in, events and bytes out.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "protocols/nest/messages.hpp"
#include "protocols/nest/packet.hpp"

namespace casement::protocols::nest {

struct ClientOptions {
    std::string camera{};  // 32 hexadecimal digits
    AuthorizeRequest pass{};
    ClientType client_type = ClientType::Ios;
    std::string device_id{}, user_agent{};
    std::vector<Profile> pictures{};  // best first, not empty
    bool audio = true;
    std::int32_t session_id = 1;  // of the first playback, not 0; the next ones follow
};

/// The server took the pass.
struct Authorized {};
struct Redirected {
    std::string host;
};
struct Playing {
    std::vector<Channel> channels;
};
/// A NAL unit or a frame of sound, of a channel of the playback.
struct Frame {
    std::int32_t channel = 0;
    std::int64_t delta = 0;  // ticks
    std::vector<std::uint8_t> payload;
};
struct Ended {
    EndReason reason{};
};
/// The session is over.
struct Refused {
    ErrorCode code{};
    std::string message;
};
using ClientEvent = std::variant<Authorized, Redirected, Playing, Frame, Ended, Refused>;

/// Says who it is, and nothing else before the server has said yes; then asks for the pictures
/// once, also when it shows a newer pass later. Where the server has no such profile, the next ones
/// are asked for, and in the end whatever there is.
class ClientSession {
public:
    explicit ClientSession(ClientOptions options);

    /// ResourceExhausted when more would wait than is allowed.
    base::Result<> push(base::ByteSpan bytes) { return reader_.push(bytes); }
    /// What happened next, or nothing yet. DataLoss, InvalidArgument or ResourceExhausted for what
    /// no server sends: the connection is of no more use.
    base::Result<std::optional<ClientEvent>> next();
    /// To be sent now.
    std::vector<std::uint8_t> take_output();

    void ping();
    /// A newer pass, on the open connection.
    void authorize(const AuthorizeRequest& pass);
    /// Speex for the camera's loudspeaker; none ends the talk. Only while it plays.
    void talk(std::vector<std::uint8_t> speex);
    void stop();

    bool is_playing() const { return is_playing_; }

private:
    using Event = base::Result<std::optional<ClientEvent>>;
    Event take(const Packet& packet);
    Event take_frame(base::ByteSpan payload);
    Event take_end(base::ByteSpan payload);
    void start_playback();
    void send(const std::vector<std::uint8_t>& packet);

    const ClientOptions options_;
    PacketReader reader_;
    std::vector<std::uint8_t> output_;
    bool is_authorized_ = false;
    bool is_playing_ = false;
    std::int32_t session_id_ = 0;
    std::size_t tries_ = 0;  // playbacks that the server had no profile for
};

}  // namespace casement::protocols::nest
