#include "protocols/sdp/tracks.hpp"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.hpp"
#include "protocols/sdp/fmtp.hpp"
#include "protocols/sdp/parameters.hpp"

namespace casement::protocols::sdp {

namespace {

using base::ErrorKind;
using media::Codec;

struct Encoding {
    std::string name;  // as written
    std::uint32_t clock_rate = 0;
    int channels = 0;
};

struct StaticType {
    std::uint8_t payload_type;
    std::string_view name;
    std::uint32_t clock_rate;
};
/// RFC 3551 §6, the ones that cameras were seen to use without rtpmap.
constexpr std::array kStaticTypes{StaticType{0, "PCMU", 8'000},   StaticType{3, "GSM", 8'000},
                                  StaticType{4, "G723", 8'000},   StaticType{8, "PCMA", 8'000},
                                  StaticType{9, "G722", 8'000},   StaticType{14, "MPA", 90'000},
                                  StaticType{26, "JPEG", 90'000}, StaticType{32, "MPV", 90'000},
                                  StaticType{33, "MP2T", 90'000}, StaticType{34, "H263", 90'000}};

struct KnownEncoding {
    std::string_view name;
    Codec codec;
};
constexpr std::array kKnown{
    KnownEncoding{"H264", Codec::H264},         KnownEncoding{"H265", Codec::H265},
    KnownEncoding{"HEVC", Codec::H265},         KnownEncoding{"JPEG", Codec::Mjpeg},
    KnownEncoding{"MPEG4-GENERIC", Codec::Aac}, KnownEncoding{"MP4A-LATM", Codec::Aac},
    KnownEncoding{"OPUS", Codec::Opus},         KnownEncoding{"PCMU", Codec::Pcmu},
    KnownEncoding{"PCMA", Codec::Pcma}};

/// a=rtpmap:<pt> <name>/<clock>[/<channels>], or the static meaning of the number.
Encoding encoding_of(const Media& media, std::uint8_t payload_type) {
    Encoding out;
    if (auto rtpmap = media.attribute_of("rtpmap", payload_type)) {
        out.name = base::trimmed(base::take_until(*rtpmap, '/'));
        out.clock_rate =
            base::parse_number<std::uint32_t>(base::trimmed(base::take_until(*rtpmap, '/')))
                .value_or(0);
        out.channels = base::parse_number<int>(base::trimmed(*rtpmap)).value_or(1);
        return out;
    }
    const auto known = std::ranges::find(kStaticTypes, payload_type, &StaticType::payload_type);
    if (known == kStaticTypes.end()) return {.name = fmt::format("payload type {}", payload_type)};
    return {.name = std::string(known->name), .clock_rate = known->clock_rate, .channels = 1};
}

std::optional<std::uint8_t> payload_type_of(const std::string& format) {
    const auto number = base::parse_number<std::uint8_t>(format);
    return number && *number < 128 ? number : std::nullopt;
}

base::Result<> read_aac(std::string_view name, std::string_view fmtp, rtp::PayloadFormat& format) {
    format.latm = base::iequals(name, "MP4A-LATM");
    if (format.latm) {
        // RFC 6416 §7.3: without cpresent=0 the set-up comes in band, mixed with the frames.
        if (fmtp_value(fmtp, "cpresent") != "0")
            return base::fail(ErrorKind::Unsupported, "MP4A-LATM with its configuration in band");
        return {};
    }
    const std::string_view mode = fmtp_value(fmtp, "mode").value_or("AAC-hbr");
    if (!base::iequals(mode.substr(0, 3), "AAC"))
        return base::fail(ErrorKind::Unsupported, "MPEG4-GENERIC in mode {}", mode);
    const auto bits = [&](std::string_view key, int fallback) {
        return std::clamp(fmtp_number(fmtp, key).value_or(fallback), 0, 32);
    };
    const bool low_rate = base::iequals(mode, "AAC-lbr");  // RFC 3640 §3.3.5
    format.size_length = bits("sizelength", low_rate ? 6 : 13);
    format.index_length = bits("indexlength", low_rate ? 2 : 3);
    format.index_delta_length = bits("indexdeltalength", low_rate ? 2 : 3);
    if (format.size_length == 0)
        return base::fail(ErrorKind::Unsupported, "MPEG4-GENERIC without AU sizes");
    return {};
}

bool is_rtp(const Media& media) {
    return base::iequals(std::string_view(media.protocol).substr(0, 4), "RTP/");
}

void note_unknown(Offers& offers, const std::string& name) {
    if (std::ranges::find(offers.unknown, name) == offers.unknown.end())
        offers.unknown.push_back(name);
}

/// The first payload type of the section that we can read.
std::optional<TrackOffer> pick(const Media& media, Offers& offers) {
    std::string reason;
    for (const std::string& format : media.formats) {
        const auto payload_type = payload_type_of(format);
        if (!payload_type) continue;
        auto offer = parse_format(media, *payload_type);
        if (offer) return std::move(*offer);
        if (reason.empty()) reason = offer.error().message();
    }
    note_unknown(offers,
                 reason.empty() ? fmt::format("{} over {}", media.type, media.protocol) : reason);
    return std::nullopt;
}

std::string_view encoding_name(Codec codec) {
    switch (codec) {
        case Codec::H264:
            return "H264";
        case Codec::H265:
            return "H265";
        case Codec::Mjpeg:
            return "JPEG";
        case Codec::Aac:
            return "MPEG4-GENERIC";
        case Codec::Opus:
            return "opus";
        case Codec::Pcma:
            return "PCMA";
        case Codec::Pcmu:
            break;
    }
    return "PCMU";
}

Media media_of(const media::Track& track) {
    const rtp::PayloadFormat format = rtp::sending_format(track);
    Media out;
    out.type = track.kind() == media::Kind::Video ? "video" : "audio";
    out.protocol = "RTP/AVP";
    out.formats = {std::to_string(format.payload_type)};
    std::string rtpmap =
        fmt::format("{} {}/{}", format.payload_type, encoding_name(track.codec), format.clock_rate);
    if (format.channels > 0) rtpmap += fmt::format("/{}", format.channels);
    out.attributes.push_back({"rtpmap", std::move(rtpmap)});
    if (const std::string fmtp = fmtp_of(track); !fmtp.empty())
        out.attributes.push_back({"fmtp", fmt::format("{} {}", format.payload_type, fmtp)});
    out.attributes.push_back({"control", fmt::format("trackID={}", track.id)});
    return out;
}

}  // namespace

base::Result<TrackOffer> parse_format(const Media& media, std::uint8_t payload_type) {
    const Encoding encoding = encoding_of(media, payload_type);
    const auto known = std::ranges::find_if(
        kKnown, [&](const KnownEncoding& k) { return base::iequals(k.name, encoding.name); });
    if (known == kKnown.end() || encoding.clock_rate == 0)
        return base::fail(ErrorKind::Unsupported, "{}", encoding.name);
    TrackOffer offer;
    offer.format.codec = known->codec;
    offer.format.payload_type = payload_type;
    offer.format.clock_rate = encoding.clock_rate;
    const bool audio = media::kind_of(known->codec) == media::Kind::Audio;
    if (audio != (media.type == "audio"))
        return base::fail(ErrorKind::Unsupported, "{} as {}", encoding.name, media.type);
    if (audio) offer.format.channels = std::clamp(encoding.channels, 1, 8);
    const std::string_view fmtp =
        media.attribute_of("fmtp", payload_type).value_or(std::string_view{});
    if (known->codec == Codec::Aac) {
        CASEMENT_TRY(read_aac(encoding.name, fmtp, offer.format));
    }
    offer.parameters = parameters_from_fmtp(offer.format, fmtp);
    return offer;
}

Offers tracks_from_sdp(const Description& description, std::string_view base_url) {
    Offers offers;
    offers.aggregate_control =
        resolve_control(base_url, description.attribute("control").value_or("*"));
    std::ptrdiff_t videos = 0;
    for (std::size_t i = 0; i < description.media.size(); ++i) {
        const Media& media = description.media[i];
        if (!is_rtp(media)) {
            note_unknown(offers, fmt::format("{} over {}", media.type, media.protocol));
            continue;
        }
        auto offer = pick(media, offers);
        if (!offer) continue;
        offer->media_index = i;
        // RFC 2326 C.1.1: relative to the base of the description, not to the session's control.
        offer->control = resolve_control(base_url, media.attribute("control").value_or("*"));
        offer->back_channel = media.attribute("sendonly").has_value();
        const bool is_video = media::kind_of(offer->format.codec) == media::Kind::Video;
        offers.tracks.insert(is_video ? offers.tracks.begin() + videos++ : offers.tracks.end(),
                             std::move(*offer));
    }
    return offers;
}

base::Error nothing_readable(const Offers& offers) {
    if (offers.unknown.empty())
        return {ErrorKind::Unsupported, "codec", "It offers neither video nor audio."};
    return {ErrorKind::Unsupported, "codec",
            fmt::format("It sends {}, which cannot be read.", fmt::join(offers.unknown, ", "))};
}

std::string resolve_control(std::string_view base_url, std::string_view control) {
    if (control.empty() || control == "*") return std::string(base_url);
    for (const std::string_view scheme : {"rtsp://", "rtsps://", "rtspu://"}) {
        if (base::iequals(control.substr(0, scheme.size()), scheme)) return std::string(control);
    }
    std::string out(base_url);
    if (!out.ends_with('/')) out += '/';
    return out.append(control.substr(std::min(control.find_first_not_of('/'), control.size())));
}

std::string sdp_from_tracks(const media::Tracks& tracks, const WriteOptions& options) {
    const bool v6 = options.address.find(':') != std::string::npos;
    Description out;
    out.origin =
        fmt::format("- {} 1 IN {} {}", options.session_id, v6 ? "IP6" : "IP4", options.address);
    out.name = options.session_name;
    out.connection = fmt::format("IN {} {}", v6 ? "IP6" : "IP4", options.address);
    out.attributes = {{"control", "*"}, {"range", "npt=now-"}};
    for (const media::Track& track : tracks) out.media.push_back(media_of(track));
    return write(out);
}

}  // namespace casement::protocols::sdp
