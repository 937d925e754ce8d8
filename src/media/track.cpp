#include "media/track.hpp"

#include <fmt/format.h>

#include "media/aac.hpp"
#include "media/h265.hpp"

namespace casement::media {

namespace {

/// RFC 6381 §3.3: profile, constraints and level as they stand in the SPS.
std::string avc_name(const CodecParameters& p) {
    if (p.sps.empty() || p.sps.front().size() < 4) return "avc1";
    const Bytes& sps = p.sps.front();
    return fmt::format("avc1.{:02x}{:02x}{:02x}", sps[1], sps[2], sps[3]);
}

std::uint32_t reversed_bits(std::uint32_t value) {
    std::uint32_t out = 0;
    for (int i = 0; i < 32; ++i) out = out << 1 | (value >> i & 1u);
    return out;
}

/// ISO/IEC 14496-15 Annex E.3.
std::string hevc_name(const CodecParameters& p) {
    if (p.sps.empty()) return "hvc1";
    const auto sps = h265::parse_sps(p.sps.front());
    if (!sps) return "hvc1";
    const h265::ProfileTierLevel& ptl = sps->ptl;
    std::string out = "hvc1.";
    if (ptl.profile_space > 0) out += static_cast<char>('A' + ptl.profile_space - 1);
    fmt::format_to(std::back_inserter(out), "{}.{:X}.{}{}", ptl.profile,
                   reversed_bits(ptl.compatibility), ptl.high_tier ? 'H' : 'L', ptl.level);
    // Constraint bytes, trailing zero bytes left out.
    for (std::uint64_t rest = ptl.constraints << 16; rest != 0; rest <<= 8)
        fmt::format_to(std::back_inserter(out), ".{:X}", rest >> 56);
    return out;
}

std::string aac_name(const CodecParameters& p) {
    const auto config = aac::parse_config(p.config);
    if (!config) return "mp4a.40.2";
    return fmt::format("mp4a.40.{}", config->ps ? 29 : config->sbr ? 5 : config->object_type);
}

}  // namespace

std::string CodecParameters::rfc6381() const {
    switch (codec) {
        case Codec::H264:
            return avc_name(*this);
        case Codec::H265:
            return hevc_name(*this);
        case Codec::Mjpeg:
            return "mjpeg";
        case Codec::Aac:
            return aac_name(*this);
        case Codec::Opus:
            return "opus";
        case Codec::Pcma:
            return "pcma";
        case Codec::Pcmu:
            return "pcmu";
    }
    return {};
}

}  // namespace casement::media
