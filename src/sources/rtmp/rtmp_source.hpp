#pragma once
// Pulls one stream over RTMP or RTMPS: other people's servers, camera clouds, cameras with an RTMP
// server of their own.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/url.hpp"
#include "formats/flv_demuxer.hpp"
#include "hub/source.hpp"
#include "net/coalescing.hpp"
#include "net/connect.hpp"
#include "net/watchdog.hpp"
#include "protocols/rtmp/client_session.hpp"

namespace casement::sources::rtmp {

struct RtmpOptions {
    base::Url url;                // rtmp or rtmps; tokens in path and query go out as they are
    net::ConnectOptions connect;  // the scheme decides whether there is TLS; `tls` says how
    /// Allowed from the first packet to the server's word that it plays. Camera relays take seconds
    /// to wake their camera.
    std::chrono::milliseconds open_within{10'000};
    /// Silence after which the connection counts as dead.
    std::chrono::milliseconds stall{10'000};
};

/// Errors of run(): those of net::connect (no-route, refused, certificate), the server's refusal
/// (wrong-password, NotFound, busy), `stalled`, `codec`, and Unavailable when the server ends the
/// stream.
class RtmpSource final : public hub::Source {
public:
    /// `clock` outlives the source.
    RtmpSource(RtmpOptions options, const base::Clock& clock);
    ~RtmpSource() override;

    async::Task<base::Result<>> run(hub::StreamWriter& writer) override;
    async::Task<> close(async::Deadline deadline) override;
    /// "rtmp://10.0.0.9/live": the stream's name may be a token, so it is left out.
    std::string description() const override;

private:
    async::Task<base::Result<>> open(async::Deadline deadline);
    async::Task<base::Result<>> begin();
    async::Task<base::Result<>> read();
    async::Task<base::Result<>> play(hub::StreamWriter& writer, net::Watchdog& watchdog,
                                     net::Coalescing& coalescing);
    async::Task<base::Result<>> flush();
    base::Result<> take(const protocols::rtmp::ClientEvent& event, hub::StreamWriter& writer);
    base::Result<> push(formats::flv::TagType type, std::uint32_t timestamp_ms,
                        const media::Bytes& body, hub::StreamWriter& writer);

    const RtmpOptions options_;
    const base::Clock& clock_;
    std::unique_ptr<net::Stream> connection_;
    std::unique_ptr<protocols::rtmp::ClientSession> session_;
    formats::flv::Demuxer demuxer_;
    int version_ = 0;
    bool told_left_out_ = false;
    formats::flv::Arrival arrival_;
    std::vector<std::uint8_t> buffer_;
    base::ByteSpan input_;  // the part of buffer_ not taken yet
    std::optional<protocols::rtmp::ClientEvent>
        first_;  // came before the server said that it plays
};

}  // namespace casement::sources::rtmp
