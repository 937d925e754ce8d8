#include "media/codec.hpp"

#include <algorithm>
#include <array>

namespace casement::media {

namespace {

struct Name {
    Codec codec;
    std::string_view text;
};
constexpr std::array kNames{Name{Codec::H264, "h264"},     Name{Codec::H265, "hevc"},
                            Name{Codec::Mjpeg, "mjpeg"},   Name{Codec::Aac, "aac"},
                            Name{Codec::Opus, "opus"},     Name{Codec::Pcma, "pcm_alaw"},
                            Name{Codec::Pcmu, "pcm_mulaw"}};

}  // namespace

Kind kind_of(Codec codec) {
    switch (codec) {
        case Codec::H264:
        case Codec::H265:
        case Codec::Mjpeg:
            return Kind::Video;
        case Codec::Aac:
        case Codec::Opus:
        case Codec::Pcma:
        case Codec::Pcmu:
            return Kind::Audio;
    }
    return Kind::Video;
}

std::string_view to_string(Codec codec) {
    return std::ranges::find(kNames, codec, &Name::codec)->text;
}

std::optional<Codec> parse_codec(std::string_view name) {
    const auto* found = std::ranges::find(kNames, name, &Name::text);
    return found == kNames.end() ? std::nullopt : std::optional(found->codec);
}

}  // namespace casement::media
