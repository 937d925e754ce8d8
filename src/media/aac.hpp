#pragma once
// AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1) and ADTS headers (§1.A.2.2).

#include <cstddef>
#include <cstdint>

#include "base/error.hpp"
#include "media/bytes.hpp"
#include "media/track.hpp"

namespace casement::media::aac {

struct AudioSpecificConfig {
    int object_type = 2;            // 2 = AAC LC; 5 and 29 never stand here: see sbr and ps
    int sample_rate = 0;            // Hz, of the core decoder
    int channels = 0;               // 1..8; of the core decoder
    bool sbr = false;               // explicit SBR signalling (HE-AAC)
    bool ps = false;                // explicit parametric stereo (HE-AAC v2)
    int extension_sample_rate = 0;  // Hz of the output with SBR; 0 = none
    bool short_frames = false;      // frameLengthFlag: 960 samples instead of 1024

    int samples_per_frame() const { return short_frames ? 960 : 1024; }
    bool operator==(const AudioSpecificConfig&) const = default;
};

/// DataLoss when broken, Unsupported for channel layouts given by a program_config_element or
/// object types without GASpecificConfig.
base::Result<AudioSpecificConfig> parse_config(ByteSpan config);
/// The shortest form: 2 bytes for plain AAC LC of a listed sample rate.
Bytes write_config(const AudioSpecificConfig& config);
base::Result<CodecParameters> make_parameters(Bytes config);

struct AdtsHeader {
    AudioSpecificConfig config;
    std::size_t header_bytes = 7;  // 9 with a CRC
    std::size_t frame_bytes = 0;   // header included
    int raw_blocks = 1;            // raw_data_blocks; we can use only frames with one
};
inline constexpr std::size_t kAdtsHeaderBytes = 7;
/// Needs the first 7 bytes of a frame.
base::Result<AdtsHeader> parse_adts(ByteSpan bytes);
/// The 7 bytes in front of a raw frame of `frame_bytes` (without header).
Bytes write_adts(const AudioSpecificConfig& config, std::size_t frame_bytes);

}  // namespace casement::media::aac
