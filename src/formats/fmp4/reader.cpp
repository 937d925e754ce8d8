#include "formats/fmp4/reader.hpp"

#include <algorithm>
#include <array>

#include "formats/fmp4/casement_box.hpp"
#include "formats/fmp4/moof.hpp"
#include "formats/fmp4/moof_reader.hpp"
#include "formats/fmp4/moov_reader.hpp"
#include "media/time.hpp"

namespace casement::formats::fmp4 {

namespace {

using base::ErrorKind;
using media::Bytes;

/// Boxes that may stand in front of moov, or between two fragments. Real files have fewer than
/// five.
constexpr int kMaxBoxesBetween = 64;
constexpr std::size_t kMaxMdats = 16;
constexpr std::uint64_t kMaxSampleBytes = std::uint64_t{64} << 20;

struct Header {
    std::uint32_t type = 0;
    std::uint64_t start = 0, end = 0;  // in the file
    std::uint64_t body = 0;            // where it begins
    bool is(std::string_view text) const { return type == fourcc(text); }
};

/// The box at `offset`; nothing at the end of the file. DataLoss when it does not fit.
base::Result<std::optional<Header>> read_header(const ByteSource& source, std::uint64_t offset) {
    std::array<std::uint8_t, 16> bytes{};
    CASEMENT_TRY(const std::size_t count, source.read_at(offset, bytes));
    if (count == 0) return std::nullopt;
    const std::uint64_t file_bytes = source.size();
    ByteReader in(ByteSpan(bytes).first(count));
    std::uint64_t size = in.u32();
    const std::uint32_t type = in.u32();
    if (size == 1) size = in.u64();
    if (size == 0 && type == fourcc("mdat")) size = file_bytes - offset;
    // A file system that lost its tail fills it with zeros: type 0.
    if (in.failed() || type == 0 || size < in.position() || offset > file_bytes ||
        size > file_bytes - offset) {
        return base::fail(ErrorKind::DataLoss, "mp4: torn at byte {} of {}", offset, file_bytes);
    }
    return Header{type, offset, offset + size, offset + in.position()};
}

base::Result<std::vector<std::uint8_t>> read_body(const ByteSource& source, const Header& header) {
    const std::uint64_t size = header.end - header.body;
    if (size > kMaxHeaderBoxBytes)
        return base::fail(ErrorKind::DataLoss, "mp4: a header of {} bytes at byte {}", size,
                          header.start);
    std::vector<std::uint8_t> out(static_cast<std::size_t>(size));
    CASEMENT_TRY(const std::size_t count, source.read_at(header.body, out));
    if (count < out.size())
        return base::fail(ErrorKind::DataLoss, "mp4: torn at byte {}", header.body + count);
    return out;
}

struct Range {
    std::uint64_t begin = 0, end = 0;
};

/// Bodies of the mdat boxes that follow `at`, which is left behind them. Free space between them is
/// stepped over.
base::Result<std::vector<Range>> read_mdats(const ByteSource& source, std::uint64_t& at) {
    std::vector<Range> out;
    std::uint64_t from = at;
    for (int boxes = 0; boxes < kMaxBoxesBetween && out.size() < kMaxMdats; ++boxes) {
        auto header = read_header(source, from);
        // What is torn behind a whole mdat is the next fragment's matter.
        if (!header && header.error().is(ErrorKind::DataLoss)) break;
        if (!header) return std::unexpected(std::move(header).error());
        if (!*header ||
            (!(*header)->is("mdat") && !(*header)->is("free") && !(*header)->is("skip")))
            break;
        from = (*header)->end;
        if ((*header)->is("mdat")) {
            out.push_back({(*header)->body, (*header)->end});
            at = from;
        }
    }
    return out;
}

bool lies_inside(const Sample& sample, const std::vector<Range>& ranges) {
    if (sample.size == 0) return true;
    return std::ranges::any_of(ranges, [&sample](const Range& range) {
        return sample.offset >= range.begin && sample.offset <= range.end &&
               sample.size <= range.end - sample.offset;
    });
}

}  // namespace

base::Result<Reader> Reader::open(const ByteSource& source) {
    Reader reader(source);
    CASEMENT_TRY(reader.read_init());
    return reader;
}

base::Result<> Reader::read_init() {
    std::uint64_t at = 0;
    for (int boxes = 0; boxes < kMaxBoxesBetween; ++boxes) {
        CASEMENT_TRY(const auto header, read_header(*source_, at));
        if (!header) break;
        at = header->end;
        if (header->is("moof")) break;
        if (!header->is("moov")) continue;
        CASEMENT_TRY(const auto body, read_body(*source_, *header));
        CASEMENT_TRY(setups_, read_moov(body));
        next_decode_time_.assign(setups_.size(), 0);
        init_bytes_ = position_ = at;
        return read_identity();
    }
    return base::fail(ErrorKind::DataLoss, "mp4: no moov at the start of the file");
}

base::Result<> Reader::read_identity() {
    const auto header = read_header(*source_, position_);
    if (!header && !header.error().is(ErrorKind::DataLoss)) return std::unexpected(header.error());
    if (!header || !*header || !(*header)->is("uuid") ||
        (*header)->end - (*header)->body > kMaxHeaderBoxBytes)
        return {};
    CASEMENT_TRY(const auto body, read_body(*source_, **header));
    identity_ = parse_casement_box(body);
    if (identity_) init_bytes_ = position_ = (*header)->end;
    return {};
}

media::Tracks Reader::tracks() const {
    media::Tracks out;
    for (const TrackSetup& setup : setups_) out.push_back(setup.track);
    return out;
}

base::Result<std::optional<FragmentTable>> Reader::next() {
    FragmentTable out;
    std::uint64_t at = position_;
    bool announced =
        false;  // a box has come that belongs to the fragment behind it, and is lost with it
    for (int boxes = 0; boxes < kMaxBoxesBetween; ++boxes) {
        CASEMENT_TRY(const auto header, read_header(*source_, at));
        if (!header && at == position_) return std::nullopt;
        if (!header) break;
        if (header->is("moof")) {
            CASEMENT_TRY(const auto body, read_body(*source_, *header));
            CASEMENT_TRY(read_fragment(body, header->start, header->end, out));
            return out;
        }
        if (header->is("prft") && header->end - header->body < 64) {
            CASEMENT_TRY(const auto body, read_body(*source_, *header));
            out.wall = parse_prft(body);
        }
        at = header->end;
        announced |=
            header->is("prft") || header->is("styp") || header->is("sidx") || header->is("emsg");
        if (!announced) position_ = at;
    }
    return base::fail(ErrorKind::DataLoss, "mp4: no fragment behind byte {}", position_);
}

base::Result<> Reader::read_fragment(media::ByteSpan moof, std::uint64_t moof_offset,
                                     std::uint64_t moof_end, FragmentTable& out) {
    std::vector<std::uint64_t> decode_times = next_decode_time_;
    CASEMENT_TRY(read_moof(moof, moof_offset, setups_, decode_times, out.tracks, out.sequence));
    std::uint64_t end = moof_end;
    CASEMENT_TRY(const auto mdats, read_mdats(*source_, end));
    for (const TrackSamples& track : out.tracks) {
        for (const Sample& sample : track.samples) {
            if (lies_inside(sample, mdats)) continue;
            return base::fail(ErrorKind::DataLoss,
                              "mp4: the media of the fragment at byte {} is not all there",
                              moof_offset);
        }
    }
    out.offset = position_;
    out.size = end - position_;
    position_ = end;
    next_decode_time_ = std::move(decode_times);
    return {};
}

base::Result<Bytes> read_sample(const ByteSource& source, const Sample& sample) {
    if (sample.size > kMaxSampleBytes)
        return base::fail(ErrorKind::ResourceExhausted, "mp4: a sample of {} bytes", sample.size);
    auto block = std::make_shared_for_overwrite<std::uint8_t[]>(sample.size);
    CASEMENT_TRY(const std::size_t count,
                 source.read_at(sample.offset, {block.get(), sample.size}));
    if (count < sample.size)
        return base::fail(ErrorKind::DataLoss, "mp4: the file ends within a sample");
    return Bytes(std::move(block), sample.size);
}

}  // namespace casement::formats::fmp4
