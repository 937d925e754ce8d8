#pragma once
// Bits of codec headers, most significant first, with Exp-Golomb codes (ITU-T H.264 §9.1, H.265
// §9.2).

#include <cstddef>
#include <cstdint>

#include "base/byte_reader.hpp"

namespace casement::media {

using base::ByteSpan;

/// Cannot run off the end: after a short read or an impossible code it is `failed()` and every
/// further read gives zero.
class BitReader {
public:
    explicit BitReader(ByteSpan bytes) : bytes_(bytes) {}
    /// Reads the RBSP inside a NAL unit: emulation_prevention_three_byte is left out on the fly
    /// (H.264 §7.3.1, H.265 §7.3.1.1).
    static BitReader of_nal(ByteSpan nal) {
        BitReader reader(nal);
        reader.escaped_ = true;
        return reader;
    }

    bool failed() const { return failed_; }

    bool flag() { return bits(1) != 0; }
    /// 0 to 64 bits.
    std::uint64_t bits(unsigned count) {
        std::uint64_t value = 0;
        for (; count > 0; --count) value = value << 1 | next_bit();
        return failed_ ? 0 : value;
    }
    std::uint32_t u(unsigned count) { return static_cast<std::uint32_t>(bits(count)); }
    void skip(std::uint64_t count) {
        for (; count > 0 && !failed_; --count) (void)next_bit();
    }
    /// ue(v); codes above 32 bits fail.
    std::uint32_t ue() {
        unsigned zeros = 0;
        while (!failed_ && next_bit() == 0) {
            if (++zeros > 31) failed_ = true;
        }
        if (failed_) return 0;
        const std::uint64_t value = (std::uint64_t{1} << zeros) - 1 + bits(zeros);
        return failed_ ? 0 : static_cast<std::uint32_t>(value);
    }
    /// se(v)
    std::int32_t se() {
        const std::uint32_t code = ue();
        const auto half = static_cast<std::int32_t>(code / 2 + (code & 1));
        return (code & 1) ? half : -half;
    }
    /// Bits left, emulation prevention bytes counted; 0 after a failure.
    std::size_t bits_left() const {
        return failed_ ? 0 : (bytes_.size() - at_) * 8 + left_in_byte_;
    }

private:
    std::uint32_t next_bit() {
        if (left_in_byte_ == 0 && !load()) return 0;
        --left_in_byte_;
        return current_ >> left_in_byte_ & 1u;
    }
    bool load() {
        if (escaped_ && zeros_ >= 2 && at_ < bytes_.size() && bytes_[at_] == 3) {
            ++at_;
            zeros_ = 0;
        }
        if (failed_ || at_ >= bytes_.size()) {
            failed_ = true;
            return false;
        }
        current_ = bytes_[at_++];
        zeros_ = current_ == 0 ? zeros_ + 1 : 0;
        left_in_byte_ = 8;
        return true;
    }

    ByteSpan bytes_;
    std::size_t at_ = 0;
    unsigned zeros_ = 0;  // zero bytes in a row before at_
    std::uint8_t current_ = 0;
    unsigned left_in_byte_ = 0;
    bool escaped_ = false;
    bool failed_ = false;
};

}  // namespace casement::media
