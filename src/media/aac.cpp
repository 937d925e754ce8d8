#include "media/aac.hpp"

#include <algorithm>
#include <array>

#include "base/byte_writer.hpp"
#include "media/bit_reader.hpp"

namespace casement::media::aac {

namespace {

using base::ErrorKind;

// Table 1.18; 13 and 14 are reserved, 15 means 24 explicit bits.
constexpr std::array<int, 13> kRates{96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                     22050, 16000, 12000, 11025, 8000,  7350};
constexpr std::uint32_t kExplicitRate = 15;
constexpr int kObjectSbr = 5, kObjectPs = 29, kObjectErBsac = 22;
constexpr int kMaxRate = 192'000;

int read_object_type(BitReader& bits) {
    const std::uint32_t type = bits.u(5);
    return static_cast<int>(type == 31 ? 32 + bits.u(6) : type);
}

/// 0 for a reserved index.
int read_rate(BitReader& bits) {
    const std::uint32_t index = bits.u(4);
    if (index == kExplicitRate) return static_cast<int>(bits.u(24));
    return index < kRates.size() ? kRates[index] : 0;
}

/// 0 for 0 (a program_config_element follows) and reserved ones.
int channels_of(std::uint32_t configuration) {
    if (configuration >= 1 && configuration <= 6) return static_cast<int>(configuration);
    return configuration == 7 ? 8 : 0;
}
std::uint32_t configuration_of(int channels) {
    return static_cast<std::uint32_t>(channels == 8 ? 7 : channels);
}

/// Backward compatible SBR signalling behind the core's configuration (§1.6.5).
void read_sync_extension(BitReader& bits, AudioSpecificConfig& config) {
    if (bits.bits_left() < 16 || bits.u(11) != 0x2B7 || read_object_type(bits) != kObjectSbr ||
        !bits.flag())
        return;
    const int rate = read_rate(bits);
    if (bits.failed() || rate <= 0 || rate > kMaxRate) return;
    config.sbr = true;
    config.extension_sample_rate = rate;
    if (bits.bits_left() >= 12 && bits.u(11) == 0x548) config.ps = bits.flag();
}

class BitWriter {
public:
    void put(std::uint32_t value, unsigned count) {
        while (count-- > 0) {
            if (used_ % 8 == 0) bytes_.push_back(0);
            bytes_.back() =
                static_cast<std::uint8_t>(bytes_.back() | (value >> count & 1u) << (7 - used_ % 8));
            ++used_;
        }
    }
    void put_rate(int rate) {
        const auto found = std::ranges::find(kRates, rate);
        if (found != kRates.end())
            return put(static_cast<std::uint32_t>(found - kRates.begin()), 4);
        put(kExplicitRate, 4);
        put(static_cast<std::uint32_t>(rate), 24);
    }
    Bytes take() { return Bytes::from(std::move(bytes_)); }

private:
    std::vector<std::uint8_t> bytes_;
    unsigned used_ = 0;
};

}  // namespace

base::Result<AudioSpecificConfig> parse_config(ByteSpan bytes) {
    BitReader bits(bytes);
    AudioSpecificConfig config;
    config.object_type = read_object_type(bits);
    config.sample_rate = read_rate(bits);
    const std::uint32_t layout = bits.u(4);
    if (config.object_type == kObjectSbr || config.object_type == kObjectPs) {
        config.sbr = true;
        config.ps = config.object_type == kObjectPs;
        config.extension_sample_rate = read_rate(bits);
        config.object_type = read_object_type(bits);
        if (config.object_type == kObjectErBsac) bits.skip(4);
    }
    config.channels = channels_of(layout);
    if (!bits.failed() && (config.object_type < 1 || config.object_type > 4)) {
        return base::fail_because("codec", ErrorKind::Unsupported,
                                  "aac: object type {} is not carried, AAC LC is",
                                  config.object_type);
    }
    config.short_frames = bits.flag();
    if (bits.flag()) bits.skip(14);  // dependsOnCoreCoder, coreCoderDelay
    bits.skip(1);                    // extensionFlag: 0 for these object types
    if (bits.failed())
        return base::fail(ErrorKind::DataLoss, "aac: AudioSpecificConfig ends after {} bytes",
                          bytes.size());
    if (config.channels == 0)
        return base::fail_because("codec", ErrorKind::Unsupported,
                                  "aac: channel configuration {} is not carried", layout);
    if (config.sample_rate <= 0 || config.sample_rate > kMaxRate ||
        config.extension_sample_rate > kMaxRate) {
        return base::fail(ErrorKind::DataLoss, "aac: impossible sample rate");
    }
    if (!config.sbr) read_sync_extension(bits, config);
    return config;
}

Bytes write_config(const AudioSpecificConfig& config) {
    BitWriter out;
    const auto core = static_cast<std::uint32_t>(config.object_type);
    out.put(config.ps    ? std::uint32_t{kObjectPs}
            : config.sbr ? std::uint32_t{kObjectSbr}
                         : core,
            5);
    out.put_rate(config.sample_rate);
    out.put(configuration_of(config.channels), 4);
    if (config.sbr || config.ps) {
        out.put_rate(config.extension_sample_rate);
        out.put(core, 5);
    }
    out.put(config.short_frames ? 1 : 0, 1);
    out.put(0, 2);
    return out.take();
}

base::Result<CodecParameters> make_parameters(Bytes config) {
    CASEMENT_TRY(const AudioSpecificConfig parsed, parse_config(config));
    CodecParameters out;
    out.codec = Codec::Aac;
    out.sample_rate = parsed.sample_rate;
    out.channels = parsed.ps ? 2 : parsed.channels;
    out.config = std::move(config);
    return out;
}

base::Result<AdtsHeader> parse_adts(ByteSpan bytes) {
    BitReader bits(bytes);
    if (bits.u(12) != 0xFFF) return base::fail(ErrorKind::DataLoss, "adts: no syncword");
    bits.skip(1);  // ID: MPEG-2 or MPEG-4, the same to us
    const std::uint32_t layer = bits.u(2);
    AdtsHeader header;
    header.header_bytes = bits.flag() ? 7 : 9;
    header.config.object_type = static_cast<int>(bits.u(2)) + 1;
    const std::uint32_t rate = bits.u(4);
    bits.skip(1);
    const std::uint32_t layout = bits.u(3);
    bits.skip(4);
    header.frame_bytes = bits.u(13);
    bits.skip(11);
    header.raw_blocks = static_cast<int>(bits.u(2)) + 1;
    header.config.channels = channels_of(layout);
    if (bits.failed() || layer != 0 || rate >= kRates.size() ||
        header.frame_bytes < header.header_bytes) {
        return base::fail(ErrorKind::DataLoss, "adts: broken header");
    }
    if (header.config.channels == 0)
        return base::fail_because("codec", ErrorKind::Unsupported,
                                  "adts: channel layout inside the stream is not carried");
    header.config.sample_rate = kRates[rate];
    return header;
}

Bytes write_adts(const AudioSpecificConfig& config, std::size_t frame_bytes) {
    BitWriter out;
    out.put(0xFFF1, 16);  // MPEG-4, layer 0, no CRC
    out.put(static_cast<std::uint32_t>(config.object_type - 1), 2);
    const auto rate = std::ranges::find(kRates, config.sample_rate);
    out.put(
        rate == kRates.end() ? kExplicitRate : static_cast<std::uint32_t>(rate - kRates.begin()),
        4);
    out.put(0, 1);
    out.put(configuration_of(config.channels), 3);
    out.put(0, 4);
    out.put(static_cast<std::uint32_t>(frame_bytes + kAdtsHeaderBytes), 13);
    out.put(0x7FF, 11);  // variable bit rate
    out.put(0, 2);
    return out.take();
}

}  // namespace casement::media::aac
