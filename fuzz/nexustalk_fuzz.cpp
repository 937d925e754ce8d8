// A stream of nexustalk's packets, given in portions: the same packets come out whatever the
// portions, and what is read of a message is the same when it has been written and read again.

#include <cstdlib>

#include "protocols/nest/messages.hpp"

namespace {

using namespace casement::protocols::nest;
using casement::base::ByteSpan;

std::vector<Packet> read(ByteSpan stream, std::size_t step) {
    PacketReader reader;
    std::vector<Packet> out;
    for (std::size_t at = 0; at < stream.size(); at += step) {
        const auto portion = stream.subspan(at);
        if (!reader.push(portion.first(std::min(step, portion.size())))) std::abort();
        for (;;) {
            auto packet = reader.next();
            if (!packet) return out;
            if (!*packet) break;
            out.push_back(std::move(**packet));
        }
    }
    return out;
}

template <typename Parse>
void round_trip(const Packet& packet, Parse parse) {
    const auto message = parse(packet.payload);
    if (!message) return;
    // It may grow past what a packet holds: a short unknown field is left out, an enumeration of
    // many bytes is not.
    if (packet.payload.size() > kMaxShortPacketBytes / 2) return;
    const auto written = to_bytes(*message);
    const auto again = parse(ByteSpan(written).subspan(3));
    if (!again || to_bytes(*again) != written) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteSpan stream(data, size);
    const auto packets = read(stream, stream.size() + 1);
    if (read(stream, 1) != packets) std::abort();
    for (const Packet& packet : packets) {
        switch (packet.type) {
            case PacketType::Hello:
                round_trip(packet, parse_hello);
                break;
            case PacketType::AuthorizeRequest:
                round_trip(packet, parse_authorize_request);
                break;
            case PacketType::Ok:
                round_trip(packet, parse_ok);
                break;
            case PacketType::Error:
                round_trip(packet, parse_error);
                break;
            case PacketType::Redirect:
                round_trip(packet, parse_redirect);
                break;
            case PacketType::StartPlayback:
                round_trip(packet, parse_start_playback);
                break;
            case PacketType::StopPlayback:
                round_trip(packet, parse_stop_playback);
                break;
            case PacketType::PlaybackBegin:
                round_trip(packet, parse_playback_begin);
                break;
            case PacketType::PlaybackPacket:
            case PacketType::LongPlaybackPacket:
                round_trip(packet, parse_playback_packet);
                break;
            case PacketType::PlaybackEnd:
                round_trip(packet, parse_playback_end);
                break;
            case PacketType::AudioPayload:
                round_trip(packet, parse_audio_payload);
                break;
            default:
                (void)parse_talkback(packet.payload);
        }
    }
    return 0;
}
