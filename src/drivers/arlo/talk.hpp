#pragma once
// Sound towards a device: RTP over UDP to the port that always listens, without any signalling.

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "camera/talk.hpp"
#include "net/udp.hpp"
#include "protocols/arlo/ports.hpp"
#include "protocols/rtp/packet.hpp"

namespace casement::drivers::arlo {

/// PCMU of 8000 Hz, mono, cut into packets of 20 ms, and when each of them is due. No clock, no
/// socket.
class TalkPackets {
public:
    static constexpr std::chrono::milliseconds kPacketTime{20};
    /// Later than this and the rest is moved: a burst would overflow the device's buffer.
    static constexpr std::chrono::milliseconds kLatest{60};
    using Packet =
        std::array<std::uint8_t, protocols::rtp::kHeaderBytes + protocols::arlo::kTalkPacketBytes>;

    /// The first numbers of the packets, random by RFC 3550 §5.1.
    TalkPackets(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp);

    void put(base::ByteSpan pcmu);
    /// Fills the last packet with silence.
    void finish();
    bool has_packet() const { return waiting_.size() >= protocols::arlo::kTalkPacketBytes; }
    /// When the next packet is to leave; never before `now` once it was late.
    base::SteadyTime due(base::SteadyTime now);
    /// Only where has_packet().
    Packet take();

private:
    protocols::rtp::Packet header_;
    std::deque<std::uint8_t> waiting_;
    std::optional<base::SteadyTime> next_;
};

/// One person talks through one device. Lives on the executor of whoever writes first.
class Talk final : public camera::TalkSink {
public:
    /// `token` is held until the end of the talk: who else wants to talk looks whether it is there.
    Talk(std::string address, std::uint16_t port, std::string bind_address,
         std::shared_ptr<void> token);

    std::vector<media::CodecParametersPtr> accepted() const override;
    /// The device's own sound pauses while it plays.
    camera::Duplex duplex() const override { return camera::Duplex::Half; }
    /// Returns when the last whole packet has left, at the pace of its sound. InvalidArgument for
    /// another format; FailedPrecondition after close(); Unavailable when there is no way.
    async::Task<base::Result<>> write(media::AccessUnitPtr unit, std::size_t format) override;
    async::Task<base::Result<>> close() override;

private:
    async::Task<base::Result<>> open();
    async::Task<base::Result<>> send_all();

    const std::string address_, bind_address_;
    const std::uint16_t port_;
    std::shared_ptr<void> token_;
    TalkPackets packets_;
    std::unique_ptr<net::UdpSocket> socket_;
    net::ip::udp::endpoint device_;
    bool is_closed_ = false;
};

}  // namespace casement::drivers::arlo
