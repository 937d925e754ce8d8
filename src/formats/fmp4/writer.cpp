#include "formats/fmp4/writer.hpp"

#include "formats/fmp4/casement_box.hpp"
#include "formats/fmp4/moof.hpp"
#include "formats/fmp4/movie.hpp"
#include "media/time.hpp"

namespace casement::formats::fmp4 {

namespace {

using base::ErrorKind;
using media::AccessUnit;
using media::Bytes;

/// Offsets in trun are 31 bits wide.
constexpr std::uint64_t kMaxFragmentBytes = std::uint64_t{1} << 31;
constexpr std::uint64_t kNtpSecondsTo1970 = 2'208'988'800;
constexpr std::uint32_t kCaptureTime = 24;  // prft flags: when the picture was taken
constexpr std::size_t kMaxRuns = 16;

struct Sizes {
    std::uint64_t payload_bytes = 0;
    std::size_t units = 0;
    std::size_t runs = 0;
};

base::Result<Sizes> measure(std::span<const TrackRun> runs) {
    Sizes out;
    for (const TrackRun& run : runs) {
        if (run.durations.size() < run.units.size()) {
            return base::fail(ErrorKind::InvalidArgument, "fmp4: {} durations for {} units",
                              run.durations.size(), run.units.size());
        }
        for (const auto& unit : run.units) out.payload_bytes += unit->data.size();
        out.units += run.units.size();
        out.runs += run.units.empty() ? 0 : 1;
    }
    if (out.runs == 0)
        return base::fail(ErrorKind::InvalidArgument, "fmp4: a fragment without units");
    if (out.runs > kMaxRuns)
        return base::fail(ErrorKind::InvalidArgument, "fmp4: a fragment of {} tracks", out.runs);
    if (out.payload_bytes + head_bytes_at_most(out.runs, out.units) > kMaxFragmentBytes) {
        return base::fail(ErrorKind::ResourceExhausted, "fmp4: a fragment of {} bytes",
                          out.payload_bytes);
    }
    return out;
}

SampleMeta meta_of(const TrackRun& run, std::size_t i) {
    const AccessUnit& unit = *run.units[i];
    return {.size = static_cast<std::uint32_t>(unit.data.size()),
            .duration = run.durations[i],
            .composition = static_cast<std::int32_t>(unit.pts - unit.dts),
            .key = unit.key};
}

ByteWriter write_head(std::span<const TrackRun> runs, const FragmentOptions& options,
                      const Sizes& sizes) {
    ByteWriter out(head_bytes_at_most(sizes.runs, sizes.units));
    if (options.wall) {
        for (const TrackRun& run : runs) {
            if (run.units.empty()) continue;
            write_prft(out, track_id_of(run.track), *options.wall, run.decode_time);
            break;
        }
    }
    std::size_t patches[kMaxRuns] = {};
    const std::size_t moof_start = out.size();
    {
        const BoxScope moof(out, "moof");
        {
            const BoxScope mfhd(out, "mfhd", 0, 0);
            out.u32(options.sequence);
        }
        std::size_t n = 0;
        for (const TrackRun& run : runs) {
            if (run.units.empty()) continue;
            const auto at = [&run](std::size_t i) { return meta_of(run, i); };
            write_traf(out, track_id_of(run.track), run.decode_time, 0, run.units.size(), at,
                       patches[n++]);
        }
    }
    out.u32(kBoxHeaderBytes + sizes.payload_bytes).text("mdat");
    std::uint64_t offset = out.size() - moof_start;
    std::size_t n = 0;
    for (const TrackRun& run : runs) {
        if (run.units.empty()) continue;
        out.patch_u32(patches[n++], offset);
        for (const auto& unit : run.units) offset += unit->data.size();
    }
    return out;
}

}  // namespace

void write_prft(ByteWriter& out, std::uint32_t track_id, base::WallTime wall,
                std::uint64_t media_time) {
    const auto us = static_cast<std::uint64_t>(wall.time_since_epoch().count());
    const std::uint64_t fraction =
        ((us % 1'000'000 << 32) + 999'999) / 1'000'000;  // upwards, so that reading rounds back
    const BoxScope box(out, "prft", 1, kCaptureTime);
    out.u32(track_id).u32(us / 1'000'000 + kNtpSecondsTo1970).u32(fraction).u64(media_time);
}

std::optional<base::WallTime> parse_prft(ByteSpan body) {
    ByteReader in(body);
    (void)read_full_box(in);
    in.skip(4);
    const std::uint64_t seconds = in.u32(), fraction = in.u32();
    if (in.failed() || seconds < kNtpSecondsTo1970) return std::nullopt;
    const std::uint64_t us =
        (seconds - kNtpSecondsTo1970) * 1'000'000 + (fraction * 1'000'000 >> 32);
    return base::WallTime(std::chrono::microseconds(us));
}

base::Result<Bytes> write_init(const media::Tracks& tracks, const SegmentIdentity* identity) {
    std::vector<TrackEntry> entries;
    for (const media::Track& track : tracks) {
        if (!track.parameters)
            return base::fail(ErrorKind::InvalidArgument,
                              "fmp4: the parameters of track {} are not known", track.id);
        if (track.clock_rate == 0)
            return base::fail(ErrorKind::InvalidArgument, "fmp4: track {} has no clock rate",
                              track.id);
        entries.push_back({.track = track,
                           .descriptions = {track.parameters},
                           .sample_tables = {},
                           .edit_list = {}});
    }
    ByteWriter out(2048);
    write_ftyp(out, true);
    MovieOptions options;
    if (identity != nullptr) options.created = identity->start;
    CASEMENT_TRY(write_moov(out, entries, options));
    if (identity != nullptr) write_casement_box(out, *identity);
    return Bytes::from(out.take());
}

base::Result<Fragment> make_fragment(std::span<const TrackRun> runs,
                                     const FragmentOptions& options) {
    CASEMENT_TRY(const Sizes sizes, measure(runs));
    Fragment out;
    out.header = Bytes::from(write_head(runs, options, sizes).take());
    out.payload.reserve(sizes.units);
    for (const TrackRun& run : runs) {
        for (const auto& unit : run.units) out.payload.push_back(unit->data);
    }
    out.size_bytes = out.header.size() + sizes.payload_bytes;
    return out;
}

base::Result<std::vector<std::uint8_t>> make_fragment_block(std::span<const TrackRun> runs,
                                                            const FragmentOptions& options) {
    CASEMENT_TRY(const Sizes sizes, measure(runs));
    std::vector<std::uint8_t> block = write_head(runs, options, sizes).take();
    block.reserve(block.size() + static_cast<std::size_t>(sizes.payload_bytes));
    for (const TrackRun& run : runs) {
        for (const auto& unit : run.units)
            block.insert(block.end(), unit->data.begin(), unit->data.end());
    }
    return block;
}

Bytes write_styp() {
    ByteWriter out(24);
    {
        const BoxScope box(out, "styp");
        out.text("msdh").u32(0).text("msdhmsix");
    }
    return Bytes::from(out.take());
}

Bytes write_sidx(int track, std::uint32_t clock_rate, std::uint64_t earliest_pts,
                 std::span<const IndexEntry> entries) {
    ByteWriter out(64 + entries.size() * 12);
    {
        const BoxScope box(out, "sidx", 1, 0);
        out.u32(track_id_of(track))
            .u32(clock_rate)
            .u64(earliest_pts)
            .u64(0)
            .u16(0)
            .u16(entries.size());
        for (const IndexEntry& entry : entries) {
            out.u32(entry.size_bytes & 0x7FFF'FFFF)
                .u32(entry.duration)
                .u32(entry.starts_with_key ? 0x9000'0000 : 0);
        }
    }
    return Bytes::from(out.take());
}

Bytes write_mfra(int track, std::span<const RandomAccessPoint> points) {
    ByteWriter out(64 + points.size() * 28);
    {
        const BoxScope mfra(out, "mfra");
        {
            const BoxScope tfra(out, "tfra", 1, 0);
            out.u32(track_id_of(track))
                .u32(0x3F)
                .u32(points.size());  // numbers of traf, trun and sample have 4 bytes each
            for (const RandomAccessPoint& point : points)
                out.u64(point.pts).u64(point.moof_offset).u32(point.traf_number).u32(1).u32(1);
        }
        const BoxScope mfro(out, "mfro", 0, 0);
        out.u32(out.size() + 4);
    }
    return Bytes::from(out.take());
}

}  // namespace casement::formats::fmp4
