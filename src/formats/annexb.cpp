#include "formats/annexb.hpp"

#include <algorithm>
#include <cstring>

#include "base/byte_writer.hpp"
#include "media/h265.hpp"

namespace casement::formats {

namespace {

using base::ErrorKind;
using media::ByteSpan;
using media::Codec;

constexpr std::size_t kNone = static_cast<std::size_t>(-1);
constexpr std::size_t kStartCodeBytes = 3;

/// Position of the next 00 00 01 at or after `from`, kNone when there is none.
std::size_t find_start_code(ByteSpan bytes, std::size_t from) {
    std::size_t at = from + 2;
    while (at < bytes.size()) {
        const void* one = std::memchr(bytes.data() + at, 1, bytes.size() - at);
        if (one == nullptr) return kNone;
        at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(one) - bytes.data());
        if (bytes[at - 1] == 0 && bytes[at - 2] == 0) return at - 2;
        ++at;
    }
    return kNone;
}

/// B.1.1: trailing_zero_8bits and the zero_byte of the next start code are not of the NAL unit.
ByteSpan without_trailing_zeros(ByteSpan nal) {
    while (!nal.empty() && nal.back() == 0) nal = nal.first(nal.size() - 1);
    return nal;
}

bool starts_access_unit(Codec codec, ByteSpan nal) {
    return codec == Codec::H265 ? media::h265::starts_access_unit(nal)
                                : media::h264::starts_access_unit(nal);
}

bool is_dropped(Codec codec, ByteSpan nal) {
    return codec == Codec::H265 ? media::h265::is_dropped(media::h265::type_of(nal))
                                : media::h264::is_dropped(media::h264::type_of(nal));
}

/// Calls `visit(nal)` for every unit behind a length of `length_bytes`; false when one points
/// outside.
template <typename Visit>
bool walk_lengths(ByteSpan sample, int length_bytes, Visit visit) {
    base::ByteReader in(sample);
    while (!in.at_end()) {
        std::size_t size = 0;
        for (int i = 0; i < length_bytes; ++i) size = size << 8 | in.u8();
        const ByteSpan nal = in.take(size);
        if (in.failed()) return false;
        if (!nal.empty()) visit(nal);
    }
    return true;
}

}  // namespace

std::vector<ByteSpan> split_annexb(ByteSpan stream) {
    std::vector<ByteSpan> out;
    std::size_t at = find_start_code(stream, 0);
    while (at != kNone) {
        const std::size_t begin = at + kStartCodeBytes;
        at = find_start_code(stream, begin);
        const ByteSpan nal = without_trailing_zeros(
            stream.subspan(begin, (at == kNone ? stream.size() : at) - begin));
        if (!nal.empty()) out.push_back(nal);
    }
    return out;
}

media::Bytes to_annexb(ByteSpan access_unit, const media::CodecParameters* parameters) {
    constexpr std::uint8_t kStartCode[] = {0, 0, 0, 1};
    base::ByteWriter out(access_unit.size() + 256);
    if (parameters != nullptr) {
        for (const auto* sets : {&parameters->vps, &parameters->sps, &parameters->pps}) {
            for (const media::Bytes& set : *sets) out.bytes(kStartCode).bytes(set);
        }
    }
    for (const ByteSpan nal : media::NalUnits(access_unit)) out.bytes(kStartCode).bytes(nal);
    return media::Bytes::from(out.take());
}

base::Result<media::Bytes> to_access_unit(const media::Bytes& sample, Codec codec,
                                          int nal_length_bytes, media::ParameterSets* sets) {
    bool rebuild = nal_length_bytes != static_cast<int>(media::kNalLengthBytes);
    std::size_t counted = 0;
    const bool whole = walk_lengths(sample, nal_length_bytes, [&](ByteSpan nal) {
        if (sets != nullptr) (void)sets->add(nal);
        rebuild |= is_dropped(codec, nal);
        counted += media::kNalLengthBytes + nal.size();
    });
    if (!whole)
        return base::fail(ErrorKind::DataLoss, "a NAL unit of {} is longer than its sample",
                          media::to_string(codec));
    if (!rebuild && counted == sample.size()) return sample;
    media::NalJoiner joiner(codec);
    bool fits = true;
    (void)walk_lengths(sample, nal_length_bytes,
                       [&](ByteSpan nal) { fits = fits && joiner.add(nal); });
    if (!fits)
        return base::fail(ErrorKind::ResourceExhausted, "an access unit of {} passes {} bytes",
                          media::to_string(codec), media::NalJoiner::kMaxBytes);
    return joiner.take();
}

AnnexBSplitter::AnnexBSplitter(Codec codec) : codec_(codec), sets_(codec), joiner_(codec) {}

base::Result<> AnnexBSplitter::push(ByteSpan piece) {
    base::Result<> result;
    pending_.insert(pending_.end(), piece.begin(), piece.end());
    std::size_t begin = 0;
    while (true) {
        // A start code may lie across two pieces: its last two bytes are looked at again.
        const std::size_t at = find_start_code(pending_, std::max(begin, scanned_));
        if (at == kNone) break;
        if (synced_) {
            if (auto taken =
                    take_nal(without_trailing_zeros(ByteSpan(pending_).subspan(begin, at - begin)));
                !taken)
                result = std::move(taken);
        }
        synced_ = true;
        begin = scanned_ = at + kStartCodeBytes;
    }
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(begin));
    scanned_ = pending_.size() > 2 ? pending_.size() - 2 : 0;
    if (!synced_ || pending_.size() > media::NalJoiner::kMaxBytes) {
        if (synced_)
            result = base::fail(ErrorKind::ResourceExhausted, "a NAL unit passes {} bytes",
                                media::NalJoiner::kMaxBytes);
        synced_ = false;
        pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(scanned_));
        scanned_ = 0;
    }
    return result;
}

base::Result<> AnnexBSplitter::finish() {
    base::Result<> result;
    if (synced_) result = take_nal(without_trailing_zeros(pending_));
    pending_.clear();
    scanned_ = 0;
    synced_ = false;
    close_unit();
    return result;
}

std::optional<AnnexBSplitter::Unit> AnnexBSplitter::next() {
    if (next_ready_ == ready_.size()) {
        ready_.clear();
        next_ready_ = 0;
        return std::nullopt;
    }
    return std::move(ready_[next_ready_++]);
}

base::Result<> AnnexBSplitter::take_nal(ByteSpan nal) {
    if (nal.empty()) return {};
    if (joiner_.has_picture() && starts_access_unit(codec_, nal)) close_unit();
    if (sets_.add(nal) || joiner_.add(nal)) return {};
    joiner_.clear();
    return base::fail(ErrorKind::ResourceExhausted, "an access unit passes {} bytes",
                      media::NalJoiner::kMaxBytes);
}

void AnnexBSplitter::close_unit() {
    if (joiner_.has_picture()) {
        const bool key = joiner_.key();
        ready_.push_back({joiner_.take(), key, sets_.parameters()});
    }
    joiner_.clear();
}

}  // namespace casement::formats
