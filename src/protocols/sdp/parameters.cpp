#include "protocols/sdp/parameters.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "media/aac.hpp"
#include "media/bit_reader.hpp"
#include "media/opus.hpp"
#include "media/parameter_sets.hpp"
#include "protocols/sdp/fmtp.hpp"
#include "protocols/sdp/tracks.hpp"

namespace casement::protocols::sdp {

namespace {

using media::Bytes;
using media::Codec;
using media::CodecParameters;
using media::CodecParametersPtr;

/// Some cameras leave the start code in front of their base64 sets.
base::ByteSpan without_start_code(base::ByteSpan nal) {
    const auto first = std::ranges::find_if(nal, [](std::uint8_t b) { return b != 0; });
    const auto zeros = static_cast<std::size_t>(first - nal.begin());
    return zeros >= 2 && first != nal.end() && *first == 1 ? nal.subspan(zeros + 1) : nal;
}

void add_sets(media::ParameterSets& sets, std::string_view fmtp, std::string_view key) {
    std::string_view list = fmtp_value(fmtp, key).value_or(std::string_view{});
    while (!list.empty()) {
        const auto nal = base::base64_decoded(base::take_until(list, ','));
        if (nal && !nal->empty()) (void)sets.add(without_start_code(*nal));
    }
}

/// A config that cannot be read (or is missing) is made up from rtpmap: AAC LC is what all of them
/// send.
CodecParametersPtr aac_parameters(const rtp::PayloadFormat& format, const Bytes& config) {
    auto made = media::aac::make_parameters(config);
    if (!made) {
        media::aac::AudioSpecificConfig guess;
        guess.sample_rate = static_cast<int>(format.clock_rate);
        guess.channels = std::clamp(format.channels, 1, 8);
        made = media::aac::make_parameters(media::aac::write_config(guess));
    }
    return made ? std::make_shared<const CodecParameters>(std::move(*made)) : nullptr;
}

CodecParametersPtr plain_audio(const rtp::PayloadFormat& format) {
    CodecParameters out;
    out.codec = format.codec;
    out.sample_rate = static_cast<int>(format.clock_rate);
    out.channels = std::max(1, format.channels);
    return std::make_shared<const CodecParameters>(std::move(out));
}

CodecParametersPtr opus_parameters(std::string_view fmtp) {
    // RFC 7587 §6.1: a hint only; the packets say it themselves, and two channels hold one as well.
    const bool mono = fmtp_value(fmtp, "sprop-stereo") == "0";
    return std::make_shared<const CodecParameters>(media::opus::make_parameters(mono ? 1 : 2));
}

std::string base64_list(const std::vector<Bytes>& sets) {
    std::string out;
    for (const Bytes& set : sets) out += (out.empty() ? "" : ",") + base::base64_encoded(set);
    return out;
}

std::string h264_fmtp(const CodecParameters& p) {
    std::string out = "packetization-mode=1";
    if (p.sps.empty() || p.pps.empty()) return out;
    if (p.sps.front().size() >= 4)
        out += fmt::format(";profile-level-id={}",
                           base::hex_encoded(p.sps.front().view().subspan(1, 3)));
    return out + fmt::format(";sprop-parameter-sets={},{}", base64_list(p.sps), base64_list(p.pps));
}

std::string h265_fmtp(const CodecParameters& p) {
    if (p.vps.empty() || p.sps.empty() || p.pps.empty()) return {};
    return fmt::format("sprop-vps={};sprop-sps={};sprop-pps={}", base64_list(p.vps),
                       base64_list(p.sps), base64_list(p.pps));
}

}  // namespace

CodecParametersPtr parameters_from_fmtp(const rtp::PayloadFormat& format, std::string_view fmtp) {
    switch (format.codec) {
        case Codec::H264: {
            media::ParameterSets sets(Codec::H264);
            add_sets(sets, fmtp, "sprop-parameter-sets");
            return sets.parameters();
        }
        case Codec::H265: {
            media::ParameterSets sets(Codec::H265);
            for (const std::string_view key : {"sprop-vps", "sprop-sps", "sprop-pps"})
                add_sets(sets, fmtp, key);
            return sets.parameters();
        }
        case Codec::Aac: {
            const std::string_view config = fmtp_value(fmtp, "config").value_or(std::string_view{});
            if (format.latm) return aac_parameters(format, config_of_latm(config));
            return aac_parameters(
                format,
                Bytes::from(base::hex_decoded(config).value_or(std::vector<std::uint8_t>{})));
        }
        case Codec::Opus:
            return opus_parameters(fmtp);
        case Codec::Pcma:
        case Codec::Pcmu:
            return plain_audio(format);
        case Codec::Mjpeg:
            break;
    }
    return nullptr;
}

Bytes config_of_latm(std::string_view hex) {
    const auto mux_config = base::hex_decoded(hex);
    if (!mux_config) return {};
    // ISO/IEC 14496-3 §1.7.3.1.
    media::BitReader bits(*mux_config);
    const bool version = bits.flag();
    const bool same_framing = bits.flag();
    bits.skip(6);  // numSubFrames: lengths in the payload tell
    const unsigned programs = bits.u(4);
    const unsigned layers = bits.u(3);
    if (bits.failed() || version || !same_framing || programs != 0 || layers != 0) return {};
    std::vector<std::uint8_t> config;
    while (bits.bits_left() >= 8) config.push_back(static_cast<std::uint8_t>(bits.bits(8)));
    const auto left = static_cast<unsigned>(bits.bits_left());
    if (left > 0) config.push_back(static_cast<std::uint8_t>(bits.bits(left) << (8 - left)));
    // What follows the config in these bytes is cut off by writing it anew.
    const auto parsed = media::aac::parse_config(config);
    return parsed ? media::aac::write_config(*parsed) : Bytes{};
}

std::string fmtp_of(const media::Track& track) {
    if (!track.parameters) return track.codec == Codec::H264 ? "packetization-mode=1" : "";
    const CodecParameters& p = *track.parameters;
    switch (track.codec) {
        case Codec::H264:
            return h264_fmtp(p);
        case Codec::H265:
            return h265_fmtp(p);
        case Codec::Aac:
            // RFC 3640 §4.1. streamtype 5 is audio; profile-level-id 1 is what players expect and
            // none checks.
            return fmt::format(
                "streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;"
                "indexdeltalength=3;config={}",
                base::hex_encoded(p.config));
        case Codec::Opus:
            return p.channels == 2 ? "sprop-stereo=1" : "";
        case Codec::Mjpeg:
        case Codec::Pcma:
        case Codec::Pcmu:
            break;
    }
    return {};
}

}  // namespace casement::protocols::sdp
