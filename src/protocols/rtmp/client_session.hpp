#pragma once
// One RTMP connection seen from the client: it plays one stream, or publishes one. Bytes in, events
// and bytes out.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/error.hpp"
#include "protocols/rtmp/address.hpp"
#include "protocols/rtmp/command.hpp"
#include "protocols/rtmp/connection.hpp"
#include "protocols/rtmp/events.hpp"

namespace casement::protocols::rtmp {

/// The server agreed: media flows from now on, from it (play) or from us (publish).
struct Started {};
/// The server says that the stream has ended; the sentence is its own, cut at 200 characters.
struct Finished {
    std::string sentence;
};
using ClientEvent = std::variant<Started, MediaMessage, Metadata, Finished>;

class ClientSession {
public:
    enum class Role { Play, Publish };
    ClientSession(Role role, Address address) : role_(role), address_(std::move(address)) {}

    /// The first bytes. Call once, before next().
    void start();
    /// Takes bytes from the front of `input` until something happened, or until `input` is empty
    /// (nullopt). A refusal is an error: Unauthenticated (reason wrong-password), NotFound,
    /// FailedPrecondition (reason busy: the name is taken), Unavailable; the server's own sentence
    /// stands behind ours. Servers that send media without a word skip Started.
    base::Result<std::optional<ClientEvent>> next(base::ByteSpan& input);
    /// Says goodbye (FCUnpublish, deleteStream); the connection is closed after sending it.
    void close();

    /// Bytes for the peer. The host sends and clears them after every call. A publisher appends its
    /// media here, or sends it by itself between two calls, on stream_id().
    OutBytes& output() { return connection_.output(); }
    /// Message stream id; known from Started on.
    std::uint32_t stream_id() const { return stream_id_; }
    bool is_started() const { return state_ == State::Started; }
    std::uint64_t bytes_received() const { return connection_.bytes_received(); }

private:
    enum class State : std::uint8_t {
        Handshaking,
        Connecting,
        Creating,
        Asking,
        Started,
        Finished
    };
    using Event = std::optional<ClientEvent>;

    base::Result<Event> take(Message message);
    base::Result<Event> take_command(const Command& command);
    base::Result<> take_result(const Command& command);
    base::Result<Event> take_status(const Value& info);
    void send_connect();
    void send_create();
    void send_request();

    Role role_;
    Address address_;
    Connection connection_{Handshake::Role::Client};
    State state_ = State::Handshaking;
    std::uint32_t stream_id_ = 0;
};

}  // namespace casement::protocols::rtmp
