#pragma once
// Sound towards a device, and of an audio doorbell's call also away from it.

#include <cstdint>
#include <memory>
#include <vector>

#include "emulators/arlo/core.hpp"

namespace casement::emulators::arlo {

/// Lives on the core's executor. UDP 5000 hears PCMU without any signalling; UDP 8000 and the Opus
/// that leaves for the base follow rtpInvite, rtpRequest and rtpBye.
class Sound {
public:
    explicit Sound(CorePtr core);
    ~Sound();

    /// Opens UDP 5000 where the model has a speaker. Errors as net::UdpSocket::bind.
    base::Result<> open();
    /// Calls end too. Idempotent.
    void close();
    async::Task<> stop();

    /// What was said to it, without gaps for what got lost: PCMU of 8000 Hz, mono, kMaxKept bytes
    /// (two minutes) at most, the oldest go first.
    const std::vector<std::uint8_t>& heard() const;
    static constexpr std::size_t kMaxKept = 2 * 60 * 8000;

    /// The base will send: hears Opus on UDP 8000 from now on. Errors as net::UdpSocket::bind.
    base::Result<> hear_call(std::int64_t stream);
    /// The base wants to hear: Opus silence, 50 packets a second, to this port of it.
    void speak_call(std::int64_t stream, std::uint16_t base_port);
    void end_streams(const std::vector<std::int64_t>& streams);
    void end_call();
    bool is_calling() const;

    struct State;  // shared with its tasks

private:
    std::shared_ptr<State> state_;
};

/// A WAV file (RIFF, WAVE_FORMAT_MULAW) around PCMU of 8000 Hz, mono.
std::vector<std::uint8_t> to_wav(const std::vector<std::uint8_t>& pcmu);

}  // namespace casement::emulators::arlo
