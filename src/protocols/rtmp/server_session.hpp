#pragma once
// One RTMP connection seen from the server: bytes in, events and bytes out. No sockets, no clocks,
// no threads.

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

/// Somebody wants to publish or to play. The host answers with accept() or reject(), at once or
/// later; until then next() takes nothing.
struct Request {
    std::string app;       // as the client cut it, query included: may hold a secret
    std::string name;      // stream key or name, query included: may hold a secret
    std::string tc_url;    // may hold a secret
    std::string software;  // flashVer of the client, for the log
    StreamPath where;      // app and name without queries, and the queries
};
struct PublishRequest : Request {};
struct PlayRequest : Request {};
/// The accepted request has ended (deleteStream, closeStream, FCUnpublish); the connection may
/// begin another.
struct StreamEnded {};

using ServerEvent = std::variant<PublishRequest, PlayRequest, MediaMessage, Metadata, StreamEnded>;

/// Why a request is refused: RTMP knows few reasons, so the sentence matters.
enum class Refusal {
    BadName,  // NetStream.Publish.BadName: nobody waits for this key, or somebody publishes already
    StreamNotFound,  // NetStream.Play.StreamNotFound
    NotAllowed,      // NetConnection.Connect.Rejected, and the connection is to be closed
};

class ServerSession {
public:
    ServerSession();

    /// Takes bytes from the front of `input` until something happened, or until `input` is empty
    /// (nullopt). Takes nothing while a request waits for its answer: the host keeps the rest. An
    /// error ends the connection; what `output()` holds should still be sent.
    base::Result<std::optional<ServerEvent>> next(base::ByteSpan& input);

    /// Answers the open request. For play: all that comes before the first media message, that is
    /// StreamBegin, the status messages and data access; the host then sends metadata and media on
    /// kMediaStreamId, written by chunk_writer at kOutChunkBytes.
    void accept();
    void reject(Refusal refusal, std::string_view sentence);
    /// Tells a player that the stream is over: StreamEof, NetStream.Play.UnpublishNotify.
    void finish_play(std::string_view sentence);
    /// Asks whether the peer lives; `milliseconds` comes back as last_pong().
    void ping(std::uint32_t milliseconds);

    /// Bytes for the peer. The host sends and clears them after every call.
    OutBytes& output() { return connection_.output(); }

    bool has_request() const { return state_ == State::AskedPublish || state_ == State::AskedPlay; }
    bool is_publishing() const { return state_ == State::Publishing; }
    bool is_playing() const { return state_ == State::Playing; }
    /// Whether the peer said in its connect that it takes this FourCC (Enhanced RTMP), e.g. "hvc1".
    bool peer_takes(std::string_view four_cc) const;
    std::uint64_t bytes_received() const { return connection_.bytes_received(); }
    std::optional<std::uint32_t> last_pong() const { return connection_.last_pong(); }

    /// FourCCs kept of a connect.
    static constexpr std::size_t kMaxFourCcs = 32;

private:
    enum class State : std::uint8_t {
        Fresh,
        Connected,
        AskedPublish,
        AskedPlay,
        Publishing,
        Playing,
        Refused
    };
    using Event = std::optional<ServerEvent>;

    base::Result<Event> take(Message message);
    base::Result<Event> take_command(const Command& command);
    base::Result<Event> on_connect(const Command& command);
    base::Result<Event> on_request(const Command& command, State asked);
    void on_pause(const Command& command);
    void answer_plain(const Command& command, Value value = {});
    Event end_stream();

    Connection connection_{Handshake::Role::Server};
    State state_ = State::Fresh;
    std::string app_, tc_url_, software_;
    std::vector<std::string> four_ccs_;
    std::string name_;
};

}  // namespace casement::protocols::rtmp
