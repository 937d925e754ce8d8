#include "formats/flv_file.hpp"

#include "base/byte_writer.hpp"

namespace casement::formats::flv {

using base::ErrorKind;
using base::fail;
using base::Result;

namespace {

constexpr std::size_t kFileHeaderBytes = 9;

void put(std::uint8_t*& at, std::uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) *at++ = static_cast<std::uint8_t>(value >> (8 * i));
}

}  // namespace

std::vector<std::uint8_t> file_header(bool has_audio, bool has_video) {
    base::ByteWriter out(kFileHeaderBytes + kTagTrailerBytes);
    out.text("FLV")
        .u8(1)
        .u8((has_audio ? 4u : 0u) | (has_video ? 1u : 0u))
        .u32(kFileHeaderBytes)
        .u32(0);
    return out.take();
}

void append_tag(std::vector<std::uint8_t>& out, TagType type, std::uint32_t timestamp_ms,
                std::initializer_list<media::ByteSpan> body) {
    std::size_t size = 0;
    for (const media::ByteSpan piece : body) size += piece.size();
    std::uint8_t header[kTagHeaderBytes];
    std::uint8_t* at = header;
    put(at, static_cast<std::uint8_t>(type), 1);
    put(at, size, 3);
    put(at, timestamp_ms & 0xFFFFFF, 3);
    put(at, timestamp_ms >> 24, 1);  // §E.4.1: TimestampExtended holds the upper 8 bits
    put(at, 0, 3);                   // StreamID
    out.reserve(out.size() + kTagHeaderBytes + size + kTagTrailerBytes);
    out.insert(out.end(), header, at);
    for (const media::ByteSpan piece : body) out.insert(out.end(), piece.begin(), piece.end());
    at = header;
    put(at, kTagHeaderBytes + size, kTagTrailerBytes);
    out.insert(out.end(), header, at);
}

Result<FileReader> FileReader::open(media::ByteSpan file) {
    base::ByteReader in(file);
    const bool magic = base::as_text(in.take(3)) == "FLV";
    in.skip(2);
    const std::uint32_t header_bytes = in.u32();
    if (!magic || in.failed() || header_bytes < kFileHeaderBytes)
        return fail(ErrorKind::DataLoss, "FLV: no file header");
    in.skip(header_bytes - kFileHeaderBytes);
    in.skip(kTagTrailerBytes);
    if (in.failed()) return fail(ErrorKind::DataLoss, "FLV: the file ends in its header");
    return FileReader(in.rest());
}

Result<std::optional<Tag>> FileReader::next() {
    while (!rest_.empty()) {
        base::ByteReader in(rest_);
        const std::uint8_t type =
            in.u8() & 0x1F;  // the upper bits are reserved, and Filter for encrypted tags
        const std::uint32_t size = in.u24();
        const std::uint32_t low = in.u24();
        const std::uint32_t timestamp = static_cast<std::uint32_t>(in.u8()) << 24 | low;
        in.skip(3);
        const media::ByteSpan body = in.take(size);
        in.skip(kTagTrailerBytes);
        if (in.failed()) {
            rest_ = {};
            return fail(ErrorKind::DataLoss, "FLV: the last tag is cut off");
        }
        rest_ = in.rest();
        if (type == 8 || type == 9 || type == 18)
            return Tag{static_cast<TagType>(type), timestamp, body};
    }
    return std::nullopt;
}

}  // namespace casement::formats::flv
