#pragma once
// Walking the NAL units of an access unit (4-byte lengths, ISO/IEC 14496-15).

#include <cstddef>
#include <cstdint>
#include <iterator>

#include "media/bytes.hpp"

namespace casement::media {

inline constexpr std::size_t kNalLengthBytes = 4;

/// A range of `ByteSpan`, one per NAL unit (its header byte included). A broken length ends the
/// walk; nothing is read past the end.
class NalUnits {
public:
    explicit NalUnits(ByteSpan access_unit) : bytes_(access_unit) {}

    class iterator {
    public:
        using value_type = ByteSpan;
        using difference_type = std::ptrdiff_t;
        iterator() = default;
        explicit iterator(ByteSpan rest) : rest_(rest) { read(); }
        ByteSpan operator*() const { return nal_; }
        iterator& operator++() {
            rest_ = rest_.subspan(kNalLengthBytes + nal_.size());
            read();
            return *this;
        }
        void operator++(int) { ++*this; }
        bool operator==(std::default_sentinel_t) const { return nal_.empty(); }

    private:
        void read() {
            nal_ = {};
            if (rest_.size() <= kNalLengthBytes) return;
            const std::size_t size = static_cast<std::size_t>(rest_[0]) << 24 |
                                     static_cast<std::size_t>(rest_[1]) << 16 |
                                     static_cast<std::size_t>(rest_[2]) << 8 | rest_[3];
            if (size <= rest_.size() - kNalLengthBytes) nal_ = rest_.subspan(kNalLengthBytes, size);
        }
        ByteSpan rest_, nal_;
    };

    iterator begin() const { return iterator(bytes_); }
    std::default_sentinel_t end() const { return {}; }

private:
    ByteSpan bytes_;
};

}  // namespace casement::media
