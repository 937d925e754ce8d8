#include "formats/fmp4/sample_entry.hpp"

#include "formats/avcc.hpp"
#include "formats/fmp4/box.hpp"
#include "formats/hvcc.hpp"
#include "media/aac.hpp"
#include "media/opus.hpp"

namespace casement::formats::fmp4 {

namespace {

using base::ErrorKind;
using media::Codec;
using media::CodecParameters;

constexpr int kMaxOpusChannels = 2;  // more need a channel mapping table that nobody here sends

// objectTypeIndication (ISO/IEC 14496-1 table 5, and the registration authority's list).
constexpr unsigned kObjectAac = 0x40, kObjectJpeg = 0x6C, kObjectMpeg2AacLc = 0x67;
constexpr unsigned kStreamVisual = 4, kStreamAudio = 5;

/// A descriptor's size, in one byte: ours are short (ISO/IEC 14496-1 §8.3.3).
void write_esds(ByteWriter& out, unsigned object_type, unsigned stream_type, ByteSpan specific) {
    const BoxScope box(out, "esds", 0, 0);
    const std::size_t specific_bytes = specific.empty() ? 0 : specific.size() + 2;
    out.u8(3).u8(3 + 2 + 13 + specific_bytes + 3).u16(0).u8(0);  // ES_Descriptor
    out.u8(4)
        .u8(13 + specific_bytes)
        .u8(object_type)
        .u8(stream_type << 2 | 1);  // DecoderConfigDescriptor
    out.u24(0).u32(0).u32(0);       // buffer size and bit rates: not known
    if (!specific.empty()) out.u8(5).u8(specific.size()).bytes(specific);  // DecoderSpecificInfo
    out.u8(6).u8(1).u8(2);  // SLConfigDescriptor: as in MP4 files
}

void write_visual_head(ByteWriter& out, const CodecParameters& p) {  // §12.1.3
    out.zeros(6).u16(1).zeros(16);
    out.u16(p.width).u16(p.height).u32(0x0048'0000).u32(0x0048'0000).u32(0);  // 72 dpi
    out.u16(1).zeros(32).u16(0x18).u16(0xFFFF);
}

void write_audio_head(ByteWriter& out, const CodecParameters& p) {  // §12.2.3
    out.zeros(6).u16(1).zeros(8);
    out.u16(p.channels).u16(16).u32(0);
    out.u32(p.sample_rate <= 0xFFFF ? static_cast<std::uint32_t>(p.sample_rate) << 16
                                    : 0);  // 16.16 does not hold 96 kHz
}

base::Result<> write_avc(ByteWriter& out, const CodecParameters& p) {
    CASEMENT_TRY(const media::Bytes record, write_avcc(p));
    const BoxScope entry(out, "avc1");
    write_visual_head(out, p);
    const BoxScope box(out, "avcC");
    out.bytes(record);
    return {};
}

base::Result<> write_hevc(ByteWriter& out, const CodecParameters& p) {
    CASEMENT_TRY(const media::Bytes record, write_hvcc(p));
    const BoxScope entry(out, "hvc1");
    write_visual_head(out, p);
    const BoxScope box(out, "hvcC");
    out.bytes(record);
    return {};
}

base::Result<> write_aac(ByteWriter& out, const CodecParameters& p) {
    if (p.config.empty() || p.config.size() > 64)
        return base::fail(ErrorKind::InvalidArgument, "mp4: AAC without its AudioSpecificConfig");
    const BoxScope entry(out, "mp4a");
    write_audio_head(out, p);
    write_esds(out, kObjectAac, kStreamAudio, p.config);
    return {};
}

base::Result<> write_opus(ByteWriter& out, const CodecParameters& p) {
    if (p.channels < 1 || p.channels > kMaxOpusChannels) {
        return base::fail_because("codec", ErrorKind::Unsupported,
                                  "mp4: Opus with {} channels is not carried", p.channels);
    }
    const BoxScope entry(out, "Opus");
    write_audio_head(out, p);
    const BoxScope box(out, "dOps");
    // Version, channels, pre-skip (none: a live stream is joined in its middle), input rate, gain,
    // mapping family.
    out.u8(0).u8(p.channels).u16(0).u32(48'000).u16(0).u8(0);
    return {};
}

void write_g711(ByteWriter& out, const CodecParameters& p) {
    const BoxScope entry(out, p.codec == Codec::Pcma ? "alaw" : "ulaw");
    write_audio_head(out, p);
}

void write_jpeg(ByteWriter& out, const CodecParameters& p) {
    const BoxScope entry(out, "mp4v");
    write_visual_head(out, p);
    write_esds(out, kObjectJpeg, kStreamVisual, {});
}

/// The size of a descriptor: up to four bytes of seven bits.
std::size_t read_descriptor_size(ByteReader& in) {
    std::size_t size = 0;
    for (int i = 0; i < 4; ++i) {
        const std::uint8_t byte = in.u8();
        size = size << 7 | (byte & 0x7F);
        if ((byte & 0x80) == 0) break;
    }
    return size;
}

struct Esds {
    unsigned object_type = 0;
    ByteSpan specific;
};

base::Result<Esds> parse_esds(ByteSpan body) {
    ByteReader in(body);
    (void)read_full_box(in);
    Esds out;
    if (in.u8() == 3) {
        (void)read_descriptor_size(in);
        in.skip(2);
        const std::uint8_t flags = in.u8();
        if (flags & 0x80) in.skip(2);        // dependsOn_ES_ID
        if (flags & 0x40) in.skip(in.u8());  // URL
        if (flags & 0x20) in.skip(2);        // OCR_ES_Id
    }
    if (in.u8() != 4)
        return base::fail(ErrorKind::DataLoss, "mp4: esds without a decoder configuration");
    (void)read_descriptor_size(in);
    out.object_type = in.u8();
    in.skip(12);
    if (in.left() > 0 && in.u8() == 5) out.specific = in.take(read_descriptor_size(in));
    if (in.failed()) return base::fail(ErrorKind::DataLoss, "mp4: esds is cut off");
    return out;
}

base::Result<SampleEntry> ready(CodecParameters parameters, int nal_length_bytes = 4) {
    return SampleEntry{std::make_shared<const CodecParameters>(std::move(parameters)),
                       nal_length_bytes};
}

base::Result<SampleEntry> parse_avc(ByteSpan children) {
    const auto box = find_box(children, "avcC");
    if (!box) return base::fail(ErrorKind::DataLoss, "mp4: avc1 without avcC");
    CASEMENT_TRY(AvcConfiguration record, parse_avcc(box->body));
    return ready(std::move(record.parameters), record.nal_length_bytes);
}

base::Result<SampleEntry> parse_hevc(ByteSpan children) {
    const auto box = find_box(children, "hvcC");
    if (!box) return base::fail(ErrorKind::DataLoss, "mp4: hvc1 without hvcC");
    CASEMENT_TRY(HevcConfiguration record, parse_hvcc(box->body));
    return ready(std::move(record.parameters), record.nal_length_bytes);
}

base::Result<SampleEntry> parse_mp4v(ByteSpan children, CodecParameters p) {
    const auto box = find_box(children, "esds");
    if (!box) return base::fail(ErrorKind::DataLoss, "mp4: mp4v without esds");
    CASEMENT_TRY(const Esds esds, parse_esds(box->body));
    if (esds.object_type != kObjectJpeg)
        return base::fail_because("codec", ErrorKind::Unsupported,
                                  "mp4: object type {:02x} is not carried", esds.object_type);
    return ready(std::move(p));
}

base::Result<SampleEntry> parse_visual(std::uint32_t type, ByteSpan body) {
    ByteReader in(body);
    in.skip(24);
    CodecParameters p;
    p.codec = Codec::Mjpeg;
    p.width = in.u16();
    p.height = in.u16();
    in.skip(50);
    if (in.failed()) return base::fail(ErrorKind::DataLoss, "mp4: visual sample entry is cut off");
    const ByteSpan children = in.rest();
    if (type == fourcc("avc1") || type == fourcc("avc3")) return parse_avc(children);
    if (type == fourcc("hvc1") || type == fourcc("hev1")) return parse_hevc(children);
    if (type == fourcc("mp4v")) return parse_mp4v(children, std::move(p));
    return ready(std::move(p));
}

base::Result<SampleEntry> parse_mp4a(ByteSpan children) {
    auto box = find_box(children, "esds");
    if (!box) {  // QuickTime keeps it one level further down
        if (const auto wave = find_box(children, "wave")) box = find_box(wave->body, "esds");
    }
    if (!box) return base::fail(ErrorKind::DataLoss, "mp4: mp4a without esds");
    CASEMENT_TRY(const Esds esds, parse_esds(box->body));
    if (esds.object_type != kObjectAac && esds.object_type != kObjectMpeg2AacLc) {
        return base::fail_because("codec", ErrorKind::Unsupported,
                                  "mp4: audio of object type {:02x} is not carried",
                                  esds.object_type);
    }
    CASEMENT_TRY(CodecParameters p,
                 media::aac::make_parameters(media::Bytes::copy_of(esds.specific)));
    return ready(std::move(p));
}

base::Result<SampleEntry> parse_audio(std::uint32_t type, ByteSpan body) {
    ByteReader in(body);
    in.skip(8);
    const std::uint16_t version = in.u16();  // QuickTime; 0 in ISO files
    in.skip(6);
    CodecParameters p;
    p.channels = in.u16();
    in.skip(6);
    p.sample_rate = static_cast<int>(in.u32() >> 16);
    if (version == 1) in.skip(16);
    if (version == 2) in.skip(36);
    if (in.failed()) return base::fail(ErrorKind::DataLoss, "mp4: audio sample entry is cut off");
    const ByteSpan children = in.rest();
    if (type == fourcc("mp4a")) return parse_mp4a(children);
    if (p.channels < 1 || p.channels > kMaxOpusChannels)
        return base::fail_because("codec", ErrorKind::Unsupported,
                                  "mp4: {} channels are not carried", p.channels);
    if (type == fourcc("Opus")) return ready(media::opus::make_parameters(p.channels));
    if (p.sample_rate == 0)
        return base::fail(ErrorKind::DataLoss, "mp4: G.711 without a sample rate");
    p.codec = type == fourcc("alaw") ? Codec::Pcma : Codec::Pcmu;
    return ready(std::move(p));
}

}  // namespace

base::Result<> write_sample_entry(ByteWriter& out, const CodecParameters& p) {
    switch (p.codec) {
        case Codec::H264:
            return write_avc(out, p);
        case Codec::H265:
            return write_hevc(out, p);
        case Codec::Mjpeg:
            write_jpeg(out, p);
            return {};
        case Codec::Aac:
            return write_aac(out, p);
        case Codec::Opus:
            return write_opus(out, p);
        case Codec::Pcma:
        case Codec::Pcmu:
            write_g711(out, p);
            return {};
    }
    return base::fail(ErrorKind::Internal, "mp4: unknown codec");
}

base::Result<SampleEntry> parse_sample_entry(std::uint32_t type, ByteSpan body) {
    for (const char* visual : {"avc1", "avc3", "hvc1", "hev1", "mp4v", "jpeg"}) {
        if (type == fourcc(visual)) return parse_visual(type, body);
    }
    for (const char* audio : {"mp4a", "Opus", "ulaw", "alaw"}) {
        if (type == fourcc(audio)) return parse_audio(type, body);
    }
    return base::fail_because("codec", ErrorKind::Unsupported, "mp4: codec {:08x} is not carried",
                              type);
}

}  // namespace casement::formats::fmp4
