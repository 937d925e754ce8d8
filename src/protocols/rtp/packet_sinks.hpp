#pragma once
// Two listeners to the same walk over a unit: one adds up, one writes. So what was measured is what
// is written.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "protocols/rtp/packetizer.hpp"

namespace casement::protocols::rtp {

class CountingSink {
public:
    void packet(bool, std::uint32_t, std::size_t payload_bytes) {
        bytes_ += kInterleaveHeaderBytes + kHeaderBytes + payload_bytes;
        ++packets_;
    }
    void put(ByteSpan) {}
    template <std::size_t N>
    void put(const std::uint8_t (&)[N]) {}

    std::size_t bytes() const { return bytes_; }
    std::size_t packets() const { return packets_; }

private:
    std::size_t bytes_ = 0;
    std::size_t packets_ = 0;
};

/// Writes into a block that CountingSink has found large enough.
class WritingSink {
public:
    WritingSink(std::uint8_t* out, std::size_t base_offset, std::uint8_t channel,
                const Packet& header, std::vector<PacketRange>& packets)
        : begin_(out),
          out_(out),
          base_offset_(base_offset),
          channel_(channel),
          header_(header),
          packets_(packets) {}

    /// Starts a packet of so many payload bytes; as many must be put() before the next one.
    void packet(bool marker, std::uint32_t timestamp, std::size_t payload_bytes) {
        const std::size_t size = kHeaderBytes + payload_bytes;
        out_[0] = '$';
        out_[1] = channel_;
        out_[2] = static_cast<std::uint8_t>(size >> 8);
        out_[3] = static_cast<std::uint8_t>(size);
        out_ += kInterleaveHeaderBytes;
        packets_.push_back(
            {static_cast<std::uint32_t>(base_offset_ + static_cast<std::size_t>(out_ - begin_)),
             static_cast<std::uint32_t>(size)});
        header_.marker = marker;
        header_.timestamp = timestamp;
        write_header(out_, header_);
        ++header_.sequence;
        out_ += kHeaderBytes;
        ++count_;
        octets_ += payload_bytes;
    }
    void put(ByteSpan bytes) {
        std::memcpy(out_, bytes.data(), bytes.size());
        out_ += bytes.size();
    }
    template <std::size_t N>
    void put(const std::uint8_t (&bytes)[N]) {
        std::memcpy(out_, bytes, N);
        out_ += N;
    }

    std::uint16_t next_sequence() const { return header_.sequence; }
    std::size_t packets() const { return count_; }
    std::size_t payload_octets() const { return octets_; }
    const std::uint8_t* end() const { return out_; }

private:
    std::uint8_t* begin_;
    std::uint8_t* out_;
    std::size_t base_offset_;
    std::uint8_t channel_;
    Packet header_;
    std::vector<PacketRange>& packets_;
    std::size_t count_ = 0;
    std::size_t octets_ = 0;
};

}  // namespace casement::protocols::rtp
