#pragma once
// RFC 6455 framing without a socket: bytes in, messages out.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_reader.hpp"
#include "base/error.hpp"

namespace casement::net {

enum class WsOpcode : std::uint8_t {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10
};

/// Close codes that the house uses (RFC 6455 §7.4.1).
namespace ws_close {
inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;
inline constexpr std::uint16_t kProtocolError = 1002;
inline constexpr std::uint16_t kBadData = 1007;
inline constexpr std::uint16_t kPolicy = 1008;
inline constexpr std::uint16_t kTooBig = 1009;
inline constexpr std::uint16_t kInternal = 1011;
inline constexpr std::uint16_t kTryLater = 1013;
}  // namespace ws_close

/// Head of one unfragmented, unmasked frame: what a server sends. The same for every client, so a
/// fan-out makes it once.
struct WsHead {
    std::array<std::uint8_t, 10> bytes{};
    std::uint8_t size = 0;
    base::ByteSpan view() const { return {bytes.data(), size}; }
};
WsHead ws_head(WsOpcode opcode, std::uint64_t payload_bytes);

/// A whole frame. `mask` set: a client's frame (the payload is masked with it).
std::vector<std::uint8_t> ws_frame(WsOpcode opcode, base::ByteSpan payload,
                                   std::optional<std::array<std::uint8_t, 4>> mask);

struct WsMessage {
    WsOpcode opcode = WsOpcode::Text;  // Text, Binary, or a control frame
    std::vector<std::uint8_t> data;
    std::string_view text() const { return base::as_text(data); }
    bool is_text() const { return opcode == WsOpcode::Text; }
};

/// Assembles messages: fragments are joined, masks taken off, text checked as UTF-8. Memory is
/// bounded by `max_message_bytes`.
class WsParser {
public:
    enum class Role { Server, Client };
    WsParser(Role role, std::size_t max_message_bytes) : role_(role), limit_(max_message_bytes) {}

    void push(base::ByteSpan bytes);
    /// The next message; nullopt = more bytes are needed. After an error only close() makes sense;
    /// error_close_code() says with what.
    base::Result<std::optional<WsMessage>> next();
    std::uint16_t error_close_code() const { return close_code_; }

private:
    struct Head;
    base::Result<std::optional<Head>> read_head();
    base::Result<> check(const Head& head);
    std::unexpected<base::Error> refuse(std::uint16_t code, std::string_view why);
    base::Result<std::optional<WsMessage>> finish(const Head& head);

    Role role_;
    std::size_t limit_;
    std::vector<std::uint8_t> in_;
    std::size_t at_ = 0;
    std::optional<WsMessage> partial_;
    std::uint16_t close_code_ = 0;
};

bool is_utf8(base::ByteSpan bytes);
/// The Sec-WebSocket-Accept of a key (RFC 6455 §4.2.2).
std::string ws_accept(std::string_view key);

}  // namespace casement::net
