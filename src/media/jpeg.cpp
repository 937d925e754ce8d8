#include "media/jpeg.hpp"

#include <cstring>

namespace casement::media::jpeg {

namespace {

using base::ErrorKind;

constexpr int kMaxSide = 16384;
constexpr std::uint8_t kSof0 = 0xC0, kSof1 = 0xC1, kSof2 = 0xC2, kDht = 0xC4, kJpg = 0xC8,
                       kDac = 0xCC, kRst0 = 0xD0, kRst7 = 0xD7, kSoi = 0xD8, kEoi = 0xD9,
                       kSos = 0xDA, kTem = 0x01;

bool is_frame_header(std::uint8_t marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != kDht && marker != kJpg && marker != kDac;
}

/// Position of the next marker's ff at or after `at` that is neither stuffing nor a restart
/// (B.1.1.5); the size when there is none.
std::size_t end_of_scan(ByteSpan file, std::size_t at) {
    while (at < file.size()) {
        const void* found = std::memchr(file.data() + at, 0xFF, file.size() - at);
        if (found == nullptr) return file.size();
        at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - file.data());
        if (at + 1 >= file.size()) return file.size();
        const std::uint8_t next = file[at + 1];
        if (next == 0xFF) {
            ++at;  // fill byte
        } else if (next == 0 || (next >= kRst0 && next <= kRst7)) {
            at += 2;
        } else {
            return at;
        }
    }
    return file.size();
}

base::Result<> read_frame_header(ByteSpan segment, std::uint8_t marker, Info& info) {
    if (marker != kSof0 && marker != kSof1 && marker != kSof2) {
        return base::fail_because("codec", ErrorKind::Unsupported,
                                  "jpeg: coding process {:02x} is not carried", marker);
    }
    base::ByteReader in(segment);
    in.skip(1);  // sample precision
    info.height = in.u16();
    info.width = in.u16();
    info.components = in.u8();
    info.progressive = marker == kSof2;
    if (in.failed()) return base::fail(ErrorKind::DataLoss, "jpeg: frame header is cut off");
    if (info.width < 1 || info.height < 1 || info.width > kMaxSide || info.height > kMaxSide) {
        return base::fail(ErrorKind::Unsupported, "jpeg: a picture of {} x {} is not carried",
                          info.width, info.height);
    }
    return {};
}

}  // namespace

base::Result<Info> parse(ByteSpan file) {
    if (file.size() < 4 || file[0] != 0xFF || file[1] != kSoi)
        return base::fail(ErrorKind::DataLoss, "jpeg: does not start with SOI");
    Info info;
    bool has_scan = false;
    std::size_t at = 2;
    while (at + 1 < file.size()) {
        if (file[at] != 0xFF)
            return base::fail(ErrorKind::DataLoss, "jpeg: no marker at byte {}", at);
        const std::uint8_t marker = file[at + 1];
        if (marker == 0xFF) {
            ++at;
            continue;
        }
        at += 2;
        if (marker == kEoi) {
            if (info.width == 0 || !has_scan)
                return base::fail(ErrorKind::DataLoss, "jpeg: ends without a picture");
            info.size_bytes = at;
            return info;
        }
        if (marker == kTem || (marker >= kRst0 && marker <= kSoi)) continue;
        base::ByteReader in(file.subspan(at));
        const std::size_t length = in.u16();  // the two length bytes included
        if (in.failed() || length < 2 || length > file.size() - at) break;
        if (is_frame_header(marker)) {
            CASEMENT_TRY(read_frame_header(file.subspan(at + 2, length - 2), marker, info));
        }
        at += length;
        if (marker != kSos) continue;
        if (info.width == 0)
            return base::fail(ErrorKind::DataLoss, "jpeg: scan before the frame header");
        has_scan = true;
        at = end_of_scan(file, at);
    }
    return base::fail(ErrorKind::DataLoss, "jpeg: cut off after {} bytes", file.size());
}

CodecParameters make_parameters(const Info& info) {
    CodecParameters out;
    out.codec = Codec::Mjpeg;
    out.width = info.width;
    out.height = info.height;
    return out;
}

}  // namespace casement::media::jpeg
