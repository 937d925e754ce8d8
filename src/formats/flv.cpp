#include "formats/flv.hpp"

#include <algorithm>
#include <string_view>

#include "base/byte_writer.hpp"
#include "formats/avcc.hpp"
#include "formats/hvcc.hpp"
#include "media/opus.hpp"
#include "media/time.hpp"

namespace casement::formats::flv {

using base::ErrorKind;
using base::Result;
using media::Codec;

namespace {

constexpr std::uint32_t four_cc(const char (&name)[5]) {
    std::uint32_t out = 0;
    for (int i = 0; i < 4; ++i) out = out << 8 | static_cast<std::uint8_t>(name[i]);
    return out;
}
constexpr std::uint32_t kAvc1 = four_cc("avc1"), kHvc1 = four_cc("hvc1"), kOpus = four_cc("Opus"),
                        kMp4a = four_cc("mp4a");

// §E.4.3.1 VIDEODATA.
constexpr std::uint8_t kKeyFrame = 1, kInterFrame = 2, kGeneratedKeyFrame = 4, kCommandFrame = 5;
constexpr std::uint8_t kCodecAvc = 7;
constexpr std::uint8_t kCodecHevc =
    12;  // not Adobe's: what Chinese cameras and older relays send for H.265
constexpr std::uint8_t kExVideoHeader = 0x80;

// §E.4.2.1 AUDIODATA.
constexpr std::uint8_t kFormatAlaw = 7, kFormatMulaw = 8, kFormatExHeader = 9, kFormatAac = 10;

/// VideoPacketType and AudioPacketType of Enhanced RTMP; the first three are AVCPacketType too.
enum : std::uint8_t { kSequenceStart = 0, kCodedFrames = 1, kSequenceEnd = 2, kCodedFramesX = 3 };
constexpr std::uint8_t kVideoMultitrack = 6, kAudioMultitrack = 5, kModEx = 7;

constexpr std::array kSoundFormats{"linear PCM",
                                   "ADPCM",
                                   "MP3",
                                   "linear PCM",
                                   "Nellymoser",
                                   "Nellymoser",
                                   "Nellymoser",
                                   "G.711 A-law",
                                   "G.711 mu-law",
                                   "an unknown codec",
                                   "AAC",
                                   "Speex",
                                   "an unknown codec",
                                   "an unknown codec",
                                   "MP3",
                                   "a device's own codec"};

std::unexpected<base::Error> cut_off(std::string_view what) {
    return base::fail(ErrorKind::DataLoss, "FLV {} tag: cut off", what);
}

std::unexpected<base::Error> unsupported(std::string_view kind, std::string_view codec) {
    return base::fail_because("codec", ErrorKind::Unsupported, "{} in {} cannot be carried", kind,
                              codec);
}

/// A FourCC as text for messages: what is not printable becomes '?'.
std::string printable(std::uint32_t code) {
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8) {
        const char c = static_cast<char>(code >> shift & 0xFF);
        out += c > ' ' && c < 0x7F ? c : '?';
    }
    return out;
}

std::int32_t signed_24(std::uint32_t v) { return static_cast<std::int32_t>(v << 8) >> 8; }

Part part_of(std::uint8_t packet_type) {
    switch (packet_type) {
        case kSequenceStart:
            return Part::Configuration;
        case kCodedFrames:
        case kCodedFramesX:
            return Part::Frame;
        case kSequenceEnd:
            return Part::End;
        default:
            return Part::Other;
    }
}

/// Enhanced RTMP v2 "ModEx": data in front of the packet that refines it (nanoseconds of its
/// timestamp). Skipped.
void skip_mod_ex(base::ByteReader& in, std::uint8_t& packet_type) {
    while (packet_type == kModEx && !in.failed()) {
        std::size_t size = in.u8() + std::size_t{1};
        if (size == 256) size = in.u16() + std::size_t{1};
        in.skip(size);
        packet_type = in.u8() & 0x0F;
    }
}

/// What stands between the first byte and the payload of an enhanced tag. `body` covers the first
/// track of a multitrack tag.
struct Enhanced {
    std::uint8_t packet_type = 0;
    std::uint32_t codec = 0;
    media::ByteSpan body;
    bool other_track = false;
};

/// Enhanced RTMP v2 "Multitrack": track id 0 is the one that players without it get; others are
/// left out.
Enhanced read_multitrack(base::ByteReader& in) {
    enum : std::uint8_t { kOneTrack = 0, kManyTracks = 1, kManyTracksManyCodecs = 2 };
    Enhanced out;
    const std::uint8_t first = in.u8();
    const std::uint8_t kind = first >> 4;
    out.packet_type = first & 0x0F;
    if (kind != kManyTracksManyCodecs) out.codec = in.u32();
    while (!in.at_end() && !in.failed()) {
        if (kind == kManyTracksManyCodecs) out.codec = in.u32();
        const std::uint8_t track = in.u8();
        out.body = kind == kOneTrack ? in.rest() : in.take(in.u24());
        if (track == 0) return out;
    }
    out.other_track = true;
    return out;
}

Enhanced read_enhanced(base::ByteReader& in, std::uint8_t packet_type,
                       std::uint8_t multitrack_type) {
    skip_mod_ex(in, packet_type);
    if (packet_type == multitrack_type) return read_multitrack(in);
    Enhanced out;
    out.packet_type = packet_type;
    out.codec = in.u32();
    out.body = in.rest();
    return out;
}

Result<TagBody> parse_enhanced_video(base::ByteReader in, std::uint8_t first,
                                     std::uint8_t frame_type) {
    // A command frame has one byte of command and no FourCC.
    if (frame_type == kCommandFrame) return TagBody{};
    const Enhanced tag = read_enhanced(in, first & 0x0F, kVideoMultitrack);
    if (in.failed()) return cut_off("video");
    if (tag.other_track) return TagBody{};
    TagBody out{.part = part_of(tag.packet_type),
                .key = frame_type == kKeyFrame || frame_type == kGeneratedKeyFrame,
                .data = tag.body};
    if (tag.codec == kHvc1) {
        out.codec = Codec::H265;
    } else if (tag.codec != kAvc1) {
        return unsupported("video", printable(tag.codec));
    }
    if (tag.packet_type ==
        kCodedFrames) {  // CompositionTime only here, and only for these two codecs
        base::ByteReader body(tag.body);
        out.composition_ms = signed_24(body.u24());
        if (body.failed()) return cut_off("video");
        out.data = body.rest();
    }
    return out;
}

std::string_view video_codec_name(std::uint8_t id) {
    switch (id) {
        case 2:
            return "Sorenson H.263";
        case 4:
        case 5:
            return "VP6";
        case 13:
            return "AV1";
        default:
            return "an unknown codec";
    }
}

Result<TagBody> parse_enhanced_audio(base::ByteReader in, std::uint8_t first) {
    const Enhanced tag = read_enhanced(in, first & 0x0F, kAudioMultitrack);
    if (in.failed()) return cut_off("audio");
    if (tag.other_track) return TagBody{.codec = Codec::Aac};
    TagBody out{.part = tag.packet_type == kCodedFramesX ? Part::Other : part_of(tag.packet_type),
                .codec = Codec::Aac,
                .key = true,
                .data = tag.body};
    if (tag.codec == kOpus) {
        out.codec = Codec::Opus;
    } else if (tag.codec != kMp4a) {
        return unsupported("audio", printable(tag.codec));
    }
    return out;
}

/// RFC 7845 §5.1, mapping family 0.
std::vector<std::uint8_t> opus_head(int channels) {
    base::ByteWriter out(19);
    out.text("OpusHead").u8(1).u8(static_cast<std::uint64_t>(std::clamp(channels, 1, 2)));
    out.u16(0);  // pre-skip: a live stream has none
    out.u32_little(48'000);
    return out.u16(0).u8(0).take();  // output gain, mapping family
}

std::uint8_t g711_first_byte(const media::CodecParameters& parameters) {
    const std::uint8_t format = parameters.codec == Codec::Pcma ? kFormatAlaw : kFormatMulaw;
    // SoundRate 0 (8 kHz is meant for these formats), SoundSize 1 = 16 bit.
    return static_cast<std::uint8_t>(format << 4 | 0x02 | (parameters.channels > 1 ? 1 : 0));
}

/// SoundRate 3, 16 bit, stereo: fixed for AAC whatever the stream is (§E.4.2.1).
constexpr std::uint8_t kAacFirstByte = kFormatAac << 4 | 0x0F;

FrameHeader header_of(std::initializer_list<std::uint32_t> bytes) {
    FrameHeader out;
    for (const std::uint32_t byte : bytes) out.bytes[out.size++] = static_cast<std::uint8_t>(byte);
    return out;
}

}  // namespace

Result<TagBody> parse_video(media::ByteSpan body) {
    base::ByteReader in(body);
    const std::uint8_t first = in.u8();
    if (in.failed()) return TagBody{};  // empty messages end a stream for some encoders
    if (first & kExVideoHeader) return parse_enhanced_video(in, first, first >> 4 & 7);
    const std::uint8_t frame_type = first >> 4;
    if (frame_type == kCommandFrame) return TagBody{};
    const std::uint8_t codec = first & 0x0F;
    if (codec != kCodecAvc && codec != kCodecHevc)
        return unsupported("video", video_codec_name(codec));
    const std::uint8_t packet_type = in.u8();
    const std::uint32_t composition = in.u24();
    if (in.failed()) return cut_off("video");
    return TagBody{.part = packet_type <= kSequenceEnd ? part_of(packet_type) : Part::Other,
                   .codec = codec == kCodecAvc ? Codec::H264 : Codec::H265,
                   .key = frame_type == kKeyFrame || frame_type == kGeneratedKeyFrame,
                   .composition_ms = signed_24(composition),
                   .data = in.rest()};
}

Result<TagBody> parse_audio(media::ByteSpan body) {
    base::ByteReader in(body);
    const std::uint8_t first = in.u8();
    if (in.failed()) return TagBody{.codec = Codec::Aac};
    const std::uint8_t format = first >> 4;
    switch (format) {
        case kFormatExHeader:
            return parse_enhanced_audio(in, first);
        case kFormatAac: {
            const std::uint8_t packet_type = in.u8();
            if (in.failed()) return cut_off("audio");
            return TagBody{.part = packet_type == 0 ? Part::Configuration : Part::Frame,
                           .codec = Codec::Aac,
                           .key = true,
                           .data = in.rest()};
        }
        case kFormatAlaw:
        case kFormatMulaw:
            return TagBody{.part = Part::Frame,
                           .codec = format == kFormatAlaw ? Codec::Pcma : Codec::Pcmu,
                           .key = true,
                           .sample_rate = 8000,
                           .channels = first & 1 ? 2 : 1,
                           .data = in.rest()};
        default:
            return unsupported("audio", kSoundFormats[format]);
    }
}

FrameHeader frame_header(const media::CodecParameters& parameters, bool key,
                         std::int32_t composition_ms) {
    const auto time = static_cast<std::uint32_t>(composition_ms);
    const std::uint32_t frame_type = static_cast<std::uint32_t>(key ? kKeyFrame : kInterFrame) << 4;
    switch (parameters.codec) {
        case Codec::H264:
            return header_of({frame_type | kCodecAvc, kCodedFrames, time >> 16, time >> 8, time});
        case Codec::H265:
            if (composition_ms == 0)
                return header_of({kExVideoHeader | frame_type | kCodedFramesX, 'h', 'v', 'c', '1'});
            return header_of({kExVideoHeader | frame_type | kCodedFrames, 'h', 'v', 'c', '1',
                              time >> 16, time >> 8, time});
        case Codec::Aac:
            return header_of({kAacFirstByte, 1});
        case Codec::Opus:
            return header_of({kFormatExHeader << 4 | kCodedFrames, 'O', 'p', 'u', 's'});
        case Codec::Pcma:
        case Codec::Pcmu:
            return header_of({g711_first_byte(parameters)});
        case Codec::Mjpeg:
            break;
    }
    return {};
}

Result<std::vector<std::uint8_t>> configuration_body(const media::CodecParameters& parameters) {
    base::ByteWriter out(128);
    switch (parameters.codec) {
        case Codec::H264: {
            CASEMENT_TRY(const auto record, write_avcc(parameters));
            return out.u8(kKeyFrame << 4 | kCodecAvc)
                .u8(kSequenceStart)
                .u24(0)
                .bytes(record)
                .take();
        }
        case Codec::H265: {
            CASEMENT_TRY(const auto record, write_hvcc(parameters));
            return out.u8(kExVideoHeader | kKeyFrame << 4 | kSequenceStart)
                .u32(kHvc1)
                .bytes(record)
                .take();
        }
        case Codec::Aac:
            return out.u8(kAacFirstByte).u8(kSequenceStart).bytes(parameters.config).take();
        case Codec::Opus:
            return out.u8(kFormatExHeader << 4 | kSequenceStart)
                .u32(kOpus)
                .bytes(opus_head(parameters.channels))
                .take();
        case Codec::Pcma:
        case Codec::Pcmu:
            return std::vector<std::uint8_t>{};
        case Codec::Mjpeg:
            break;
    }
    return unsupported("video", "Motion JPEG");
}

amf0::Value metadata(const media::Tracks& tracks) {
    std::vector<amf0::Value::Property> out;
    for (const media::Track& track : tracks) {
        if (!track.parameters || !is_carried(track.codec)) continue;
        const media::CodecParameters& p = *track.parameters;
        // Classic codecs by their FLV number, the others by their FourCC as a number (Enhanced RTMP
        // "videocodecid").
        switch (track.codec) {
            case Codec::H264:
                out.emplace_back("videocodecid", kCodecAvc);
                break;
            case Codec::H265:
                out.emplace_back("videocodecid", static_cast<double>(kHvc1));
                break;
            case Codec::Aac:
                out.emplace_back("audiocodecid", kFormatAac);
                break;
            case Codec::Opus:
                out.emplace_back("audiocodecid", static_cast<double>(kOpus));
                break;
            case Codec::Pcma:
                out.emplace_back("audiocodecid", kFormatAlaw);
                break;
            case Codec::Pcmu:
                out.emplace_back("audiocodecid", kFormatMulaw);
                break;
            case Codec::Mjpeg:
                break;
        }
        if (track.kind() == media::Kind::Video) {
            if (p.width > 0) out.emplace_back("width", p.width);
            if (p.height > 0) out.emplace_back("height", p.height);
        } else {
            out.emplace_back("audiosamplerate", p.sample_rate);
            out.emplace_back("audiosamplesize", 16);
            out.emplace_back("stereo", p.channels > 1);
        }
    }
    return amf0::Value::object(std::move(out));
}

std::int64_t timestamp_ms(const media::Track& track, std::int64_t ticks) {
    return media::rescale(ticks, track.clock_rate, 1000);
}

}  // namespace casement::formats::flv
