#pragma once
// The Transport header (RFC 2326 §12.39): several alternatives in order of preference.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace casement::protocols::rtsp {

inline constexpr std::size_t kMaxTransports = 16;

struct PortPair {
    std::uint16_t rtp = 0;
    std::uint16_t rtcp = 0;  // 0 when only one port was named
    bool operator==(const PortPair&) const = default;
};

struct ChannelPair {
    std::uint8_t rtp = 0;
    std::uint8_t rtcp = 1;
    bool operator==(const ChannelPair&) const = default;
};

struct Transport {
    enum class Lower : std::uint8_t { Udp, Tcp } lower = Lower::Udp;
    bool secure = false;     // RTP/SAVP: we do not speak it, and say 461
    bool multicast = false;  // RFC 2326: the default when neither word is there; cameras mean
                             // unicast, and so do we
    bool record = false;     // mode=RECORD or mode=receive, quoted or not
    std::optional<ChannelPair> interleaved;
    std::optional<PortPair> client_port;
    std::optional<PortPair>
        server_port;  // may be 0 or absent: then learn the peer's ports from its first packets
    std::optional<std::uint32_t> ssrc;
    std::string source;       // as written; may lie behind NAT, so never filter by it
    std::string destination;  // as written and ignored: media goes where the request came from (RFC
                              // 2326 §16, denial of service)

    std::string to_header() const;
    bool operator==(const Transport&) const = default;
};

/// What can be understood of the alternatives, in order; others are left out.
std::vector<Transport> parse_transports(std::string_view header_value);

}  // namespace casement::protocols::rtsp
