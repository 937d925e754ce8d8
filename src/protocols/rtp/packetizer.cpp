#include "protocols/rtp/packetizer.hpp"

#include <algorithm>

#include "media/time.hpp"
#include "protocols/rtp/jpeg_file.hpp"
#include "protocols/rtp/nal_payload.hpp"
#include "protocols/rtp/packet_sinks.hpp"

namespace casement::protocols::rtp {

namespace {

using media::AccessUnit;

constexpr std::size_t kAacHeaderBytes = 4;  // AU-headers-length and one AU header of 13 + 3 bits
constexpr std::size_t kMaxAacFrameBytes = 0x1FFF;    // 13 bits
constexpr std::size_t kMaxJpegScanBytes = 0xFFFFFF;  // RFC 2435 §3.1.2: 24 bits of offset
constexpr std::size_t kMaxWholePayloadBytes =
    65'000;  // below what the 16-bit lengths of UDP and the interleave header hold

/// RFC 3640 §3.2.3 (AAC-hbr): one frame per packet, or its fragments, each with the AU header of
/// the whole.
template <typename Sink>
void emit_aac(const AccessUnit& unit, std::uint32_t timestamp, std::size_t max_payload,
              Sink& sink) {
    const ByteSpan frame = unit.data;
    if (frame.empty() || frame.size() > kMaxAacFrameBytes) return;
    const std::uint8_t header[kAacHeaderBytes] = {0, 16,
                                                  static_cast<std::uint8_t>(frame.size() >> 5),
                                                  static_cast<std::uint8_t>(frame.size() << 3)};
    const std::size_t part = max_payload - kAacHeaderBytes;
    for (std::size_t at = 0; at < frame.size(); at += part) {
        const std::size_t size = std::min(part, frame.size() - at);
        sink.packet(at + size == frame.size(), timestamp, kAacHeaderBytes + size);
        sink.put(header);
        sink.put(frame.subspan(at, size));
    }
}

/// RFC 3551 §4.5.14: any number of samples; a unit that is too large goes in pieces of 20 ms
/// (§4.2).
template <typename Sink>
void emit_g711(const AccessUnit& unit, const PayloadFormat& format, std::uint32_t timestamp,
               std::size_t max_payload, Sink& sink) {
    const ByteSpan samples = unit.data;
    const auto channels = static_cast<std::size_t>(std::max(1, format.channels));
    std::size_t part = samples.size();
    if (part > max_payload)
        part = std::min(format.clock_rate / 50 * channels, max_payload / channels * channels);
    for (std::size_t at = 0; at < samples.size(); at += part) {
        const std::size_t size = std::min(part, samples.size() - at);
        sink.packet(false, timestamp + static_cast<std::uint32_t>(at / channels), size);
        sink.put(samples.subspan(at, size));
    }
}

/// RFC 7587 §4.2: exactly one packet; IP has to split what is too large.
template <typename Sink>
void emit_opus(const AccessUnit& unit, std::uint32_t timestamp, Sink& sink) {
    if (unit.data.empty() || unit.data.size() > kMaxWholePayloadBytes) return;
    sink.packet(false, timestamp, unit.data.size());
    sink.put(unit.data);
}

/// RFC 2435 with Q=255: the tables travel with every picture.
template <typename Sink>
void emit_jpeg(const AccessUnit& unit, std::uint32_t timestamp, std::size_t max_payload,
               Sink& sink) {
    const auto parts = jpeg::take_apart(unit.data);
    if (!parts || parts->scan.size() > kMaxJpegScanBytes) return;
    const std::size_t tables = parts->tables[0].size() + parts->tables[1].size();
    const bool restarts = parts->restart_interval != 0;
    for (std::size_t at = 0; at < parts->scan.size();) {
        const std::size_t overhead = 8 + (restarts ? 4u : 0u) + (at == 0 ? 4 + tables : 0);
        // kMinMaxPacketBytes leaves no room for two wide tables: then the first packet is as large
        // as it must be.
        const std::size_t room = overhead < max_payload ? max_payload - overhead : 1;
        const std::size_t size = std::min(room, parts->scan.size() - at);
        sink.packet(at + size == parts->scan.size(), timestamp, overhead + size);
        const std::uint8_t main_header[] = {0,
                                            static_cast<std::uint8_t>(at >> 16),
                                            static_cast<std::uint8_t>(at >> 8),
                                            static_cast<std::uint8_t>(at),
                                            parts->type,
                                            255,
                                            parts->width_blocks,
                                            parts->height_blocks};
        sink.put(main_header);
        if (restarts) {
            // §3.1.7: first, last and count all set: whole frames are to be put together.
            const std::uint8_t restart_header[] = {
                static_cast<std::uint8_t>(parts->restart_interval >> 8),
                static_cast<std::uint8_t>(parts->restart_interval), 0xFF, 0xFF};
            sink.put(restart_header);
        }
        if (at == 0) {
            const std::uint8_t table_header[] = {0, parts->precision,
                                                 static_cast<std::uint8_t>(tables >> 8),
                                                 static_cast<std::uint8_t>(tables)};
            sink.put(table_header);
            sink.put(parts->tables[0]);
            sink.put(parts->tables[1]);
        }
        sink.put(parts->scan.subspan(at, size));
        at += size;
    }
}

}  // namespace

Packetizer::Packetizer(const PacketizerSetup& setup)
    : setup_(setup),
      max_payload_(std::max(setup.max_packet_bytes, kMinMaxPacketBytes) - kHeaderBytes),
      sequence_(setup.first_sequence) {}

std::uint32_t Packetizer::rtp_timestamp(std::int64_t pts) const {
    if (setup_.track_clock_rate != setup_.format.clock_rate)
        pts = media::rescale(pts, setup_.track_clock_rate, setup_.format.clock_rate);
    return static_cast<std::uint32_t>(pts) + setup_.timestamp_offset;
}

template <typename Sink>
void Packetizer::emit(const AccessUnit& unit, const media::CodecParameters* parameters,
                      Sink& sink) const {
    const std::uint32_t timestamp = rtp_timestamp(unit.pts);
    switch (setup_.format.codec) {
        case media::Codec::H264:
            NalPayload<H264Payload, Sink>(sink, timestamp, max_payload_).unit(unit, parameters);
            break;
        case media::Codec::H265:
            NalPayload<H265Payload, Sink>(sink, timestamp, max_payload_).unit(unit, parameters);
            break;
        case media::Codec::Mjpeg:
            emit_jpeg(unit, timestamp, max_payload_, sink);
            break;
        case media::Codec::Aac:
            emit_aac(unit, timestamp, max_payload_, sink);
            break;
        case media::Codec::Opus:
            emit_opus(unit, timestamp, sink);
            break;
        case media::Codec::Pcma:
        case media::Codec::Pcmu:
            emit_g711(unit, setup_.format, timestamp, max_payload_, sink);
            break;
    }
}

Packetizer::Size Packetizer::measure(const AccessUnit& unit,
                                     const media::CodecParameters* parameters) const {
    CountingSink sink;
    emit(unit, parameters, sink);
    return {.bytes = sink.bytes(), .packets = sink.packets()};
}

void Packetizer::write(const AccessUnit& unit, const media::CodecParameters* parameters,
                       std::span<std::uint8_t> out, std::size_t base_offset,
                       std::vector<PacketRange>& packets) {
    Packet header;
    header.payload_type = setup_.format.payload_type;
    header.sequence = sequence_;
    header.ssrc = setup_.ssrc;
    WritingSink sink(out.data(), base_offset, setup_.channel, header, packets);
    emit(unit, parameters, sink);
    sequence_ = sink.next_sequence();
    packets_sent_ += static_cast<std::uint32_t>(sink.packets());
    octets_sent_ += static_cast<std::uint32_t>(sink.payload_octets());
}

bool Packetizer::pack(const AccessUnit& unit, const media::CodecParameters* parameters,
                      std::vector<std::uint8_t>& block, std::vector<PacketRange>& packets) {
    const Size size = measure(unit, parameters);
    if (size.packets == 0) {
        ++refused_;
        return false;
    }
    const std::size_t at = block.size();
    block.resize(at + size.bytes);
    write(unit, parameters, std::span(block).subspan(at), at, packets);
    return true;
}

}  // namespace casement::protocols::rtp
