#pragma once
// Pictures at a steady rate, as one MP4 in memory.

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "ffmpeg/jpeg_to_h264.hpp"
#include "media/access_unit.hpp"
#include "media/bytes.hpp"

namespace casement::sources::snapshots {

/// Not thread-safe; encodes, so it belongs on a BlockingPool.
class Film {
public:
    explicit Film(int frames_per_second);

    enum class Taken : std::uint8_t {
        Yes,
        Broken,     // it cannot be decoded
        OtherSize,  // than those before: it begins the next film
    };
    base::Result<Taken> add(media::Bytes jpeg);
    int pictures() const { return pictures_; }

    /// The whole file; of a film with pictures. Nothing can be added afterwards.
    base::Result<std::string> finish();

private:
    std::int64_t ticks_at(int picture) const;
    base::Result<> end_group();

    const int frames_per_second_;
    ffmpeg::JpegToH264 encoder_;
    media::CodecParametersPtr parameters_;
    int pictures_ = 0;
    std::vector<media::AccessUnitPtr> group_;  // from the last key frame on
    std::uint32_t fragments_ = 0;
    std::string file_;
};

}  // namespace casement::sources::snapshots
