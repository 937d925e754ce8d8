#pragma once
// H.264 (RFC 6184, packetization mode 1) and H.265 (RFC 7798) access units as RTP payloads.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "media/access_unit.hpp"
#include "media/nal.hpp"
#include "media/track.hpp"

namespace casement::protocols::rtp {

/// The words in which the two formats differ.
struct H264Payload {
    static constexpr std::size_t kNalHeader = 1;
    static constexpr std::size_t kFragmentHeader = 2;
    /// STAP-A, nal_ref_idc 3 as its parameter sets have (RFC 6184 §5.7).
    static constexpr std::array<std::uint8_t, 1> kAggregateHeader{0x78};

    /// RFC 6184 §5.8: FU indicator and FU header.
    static std::array<std::uint8_t, 2> fragment_header(media::ByteSpan nal, bool first, bool last) {
        return {
            static_cast<std::uint8_t>((nal[0] & 0xE0) | 28),
            static_cast<std::uint8_t>((first ? 0x80 : 0) | (last ? 0x40 : 0) | (nal[0] & 0x1F))};
    }
};

struct H265Payload {
    static constexpr std::size_t kNalHeader = 2;
    static constexpr std::size_t kFragmentHeader = 3;
    /// AP of layer 0, temporal id 1 (RFC 7798 §4.4.2).
    static constexpr std::array<std::uint8_t, 2> kAggregateHeader{48 << 1, 1};

    /// RFC 7798 §4.4.3: payload header of type 49 and FU header.
    static std::array<std::uint8_t, 3> fragment_header(media::ByteSpan nal, bool first, bool last) {
        return {static_cast<std::uint8_t>((nal[0] & 0x81) | 49 << 1), nal[1],
                static_cast<std::uint8_t>((first ? 0x80 : 0) | (last ? 0x40 : 0) |
                                          (nal[0] >> 1 & 0x3F))};
    }
};

template <typename Format, typename Sink>
class NalPayload {
public:
    NalPayload(Sink& sink, std::uint32_t timestamp, std::size_t max_payload)
        : sink_(sink), timestamp_(timestamp), max_payload_(max_payload) {}

    void unit(const media::AccessUnit& unit, const media::CodecParameters* parameters) {
        if (unit.key && parameters) parameter_sets(*parameters, unit.data.empty());
        const media::NalUnits nals(unit.data);
        for (auto nal = nals.begin(); nal != nals.end();) {
            const media::ByteSpan current = *nal;
            ++nal;
            one(current, nal == nals.end());
        }
    }

private:
    void parameter_sets(const media::CodecParameters& parameters, bool last) {
        const std::array lists{&parameters.vps, &parameters.sps, &parameters.pps};
        std::size_t aggregate = Format::kAggregateHeader.size();
        std::size_t count = 0;
        for (const auto* list : lists) {
            for (const media::Bytes& set : *list) {
                aggregate += 2 + set.size();
                ++count;
            }
        }
        if (count < 2 || aggregate > max_payload_) {
            for (const auto* list : lists) {
                for (const media::Bytes& set : *list) one(set, last);
            }
            return;
        }
        sink_.packet(last, timestamp_, aggregate);
        sink_.put(media::ByteSpan(Format::kAggregateHeader));
        for (const auto* list : lists) {
            for (const media::Bytes& set : *list) {
                const std::uint8_t size[] = {static_cast<std::uint8_t>(set.size() >> 8),
                                             static_cast<std::uint8_t>(set.size())};
                sink_.put(size);
                sink_.put(set);
            }
        }
    }

    /// Whole when it fits, else in fragments that are all as large as a packet may be, but for the
    /// last.
    void one(media::ByteSpan nal, bool last_of_unit) {
        if (nal.size() <= max_payload_) {
            sink_.packet(last_of_unit, timestamp_, nal.size());
            sink_.put(nal);
            return;
        }
        const std::size_t part = max_payload_ - Format::kFragmentHeader;
        for (std::size_t at = Format::kNalHeader; at < nal.size(); at += part) {
            const std::size_t size = std::min(part, nal.size() - at);
            const bool last = at + size == nal.size();
            sink_.packet(last && last_of_unit, timestamp_, Format::kFragmentHeader + size);
            const auto header = Format::fragment_header(nal, at == Format::kNalHeader, last);
            sink_.put(media::ByteSpan(header));
            sink_.put(nal.subspan(at, size));
        }
    }

    Sink& sink_;
    std::uint32_t timestamp_;
    std::size_t max_payload_;
};

}  // namespace casement::protocols::rtp
