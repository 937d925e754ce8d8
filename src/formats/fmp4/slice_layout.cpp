#include <algorithm>

#include "formats/fmp4/moof.hpp"
#include "formats/fmp4/movie.hpp"
#include "formats/fmp4/slice_plan.hpp"
#include "media/time.hpp"

namespace casement::formats::fmp4 {

namespace {

using media::Bytes;
using media::Kind;

constexpr std::size_t kMaxIndexEntries = 0xFFFF;  // width of sidx's reference_count

std::uint64_t duration_of(const TrackPlan& track) {
    const Sample& last = track.samples.back();
    return static_cast<std::uint64_t>(last.dts) + last.duration;
}

std::uint64_t duration_ms(const SlicePlan& plan) {
    std::uint64_t out = 0;
    for (const TrackPlan& track : plan.tracks) {
        out = std::max(
            out, static_cast<std::uint64_t>(media::rescale(
                     static_cast<std::int64_t>(duration_of(track)), track.track.clock_rate, 1000)));
    }
    return out;
}

Piece in_memory(ByteWriter& writer) {
    Bytes bytes = Bytes::from(writer.take());
    const std::uint64_t size = bytes.size();
    return {.memory = std::move(bytes), .input = Piece::kMemory, .offset = 0, .size = size};
}

SampleMeta meta_of(const Sample& sample) {
    return {.size = sample.size,
            .duration = sample.duration,
            .composition = static_cast<std::int32_t>(sample.pts - sample.dts),
            .key = sample.key};
}

/// moof and mdat header for chunks[begin, end).
ByteWriter write_head(const SlicePlan& plan, std::span<const Chunk> chunks,
                      std::uint32_t sequence) {
    ByteWriter out;
    std::vector<std::size_t> patches(chunks.size());
    {
        const BoxScope moof(out, "moof");
        {
            const BoxScope mfhd(out, "mfhd", 0, 0);
            out.u32(sequence);
        }
        for (std::size_t i = 0; i < chunks.size(); ++i) {
            const TrackPlan& track = plan.tracks[chunks[i].track];
            const std::span<const Sample> samples =
                std::span(track.samples).subspan(chunks[i].begin, chunks[i].count);
            const auto at = [samples](std::size_t n) { return meta_of(samples[n]); };
            write_traf(out, track_id_of(track.track.id), static_cast<std::uint64_t>(samples[0].dts),
                       samples[0].description, samples.size(), at, patches[i]);
        }
    }
    std::uint64_t offset = out.size() + kBoxHeaderBytes;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        out.patch_u32(patches[i], offset);
        offset += media_bytes(plan, chunks[i]);
    }
    out.u32(offset - out.size()).text("mdat");
    return out;
}

/// One column of a table, equal neighbours counted together: stts and ctts.
template <typename Value>
void write_run_lengths(ByteWriter& out, std::size_t count, Value value) {
    const std::size_t count_at = out.size();
    out.u32(0);
    std::uint32_t rows = 0;
    for (std::size_t i = 0; i < count;) {
        std::size_t end = i + 1;
        while (end < count && value(end) == value(i)) ++end;
        out.u32(end - i).u32(value(i));
        ++rows;
        i = end;
    }
    out.patch_u32(count_at, rows);
}

void write_times(ByteWriter& out, const TrackPlan& track) {
    const auto& samples = track.samples;
    {
        const BoxScope stts(out, "stts", 0, 0);
        write_run_lengths(out, samples.size(), [&](std::size_t i) { return samples[i].duration; });
    }
    if (std::ranges::any_of(samples, [](const Sample& s) { return s.pts != s.dts; })) {
        const BoxScope ctts(out, "ctts", 1, 0);
        write_run_lengths(out, samples.size(), [&](std::size_t i) {
            return static_cast<std::uint32_t>(samples[i].pts - samples[i].dts);
        });
    }
    if (track.track.kind() == Kind::Video && !std::ranges::all_of(samples, &Sample::key)) {
        const BoxScope stss(out, "stss", 0, 0);
        out.u32(std::ranges::count_if(samples, &Sample::key));
        for (std::size_t i = 0; i < samples.size(); ++i) {
            if (samples[i].key) out.u32(i + 1);
        }
    }
}

/// stsc, stsz and co64. `chunk_offsets` are those of the track's chunks, from the start of the
/// file.
void write_places(ByteWriter& out, const SlicePlan& plan, std::size_t track,
                  std::span<const std::uint64_t> chunk_offsets) {
    {
        const BoxScope stsc(out, "stsc", 0, 0);
        const std::size_t count_at = out.size();
        out.u32(0);
        std::uint32_t rows = 0, number = 0;
        std::pair<std::size_t, std::uint16_t> last{0, 0};
        for (const Chunk& chunk : plan.chunks) {
            if (chunk.track != track) continue;
            ++number;
            const std::pair now{chunk.count, plan.tracks[track].samples[chunk.begin].description};
            if (now == last) continue;
            out.u32(number).u32(now.first).u32(now.second);
            ++rows;
            last = now;
        }
        out.patch_u32(count_at, rows);
    }
    {
        const BoxScope stsz(out, "stsz", 0, 0);
        out.u32(0).u32(plan.tracks[track].samples.size());
        for (const Sample& sample : plan.tracks[track].samples) out.u32(sample.size);
    }
    const BoxScope co64(out, "co64", 0, 0);
    out.u32(chunk_offsets.size());
    for (const std::uint64_t offset : chunk_offsets) out.u64(offset);
}

/// An empty edit for a track that starts later than the slice (§8.6.6).
std::vector<std::uint8_t> edit_list(const TrackPlan& track) {
    const auto first = track.samples.front().dts;
    if (first == 0) return {};
    const auto delay_ms =
        static_cast<std::uint64_t>(media::rescale(first, track.track.clock_rate, 1000));
    const auto length = static_cast<std::int64_t>(duration_of(track)) - first;
    ByteWriter out;
    {
        const BoxScope elst(out, "elst", 1, 0);
        out.u32(2);
        out.u64(delay_ms).u64(static_cast<std::uint64_t>(-1)).u32(0x10000);
        out.u64(static_cast<std::uint64_t>(media::rescale(length, track.track.clock_rate, 1000)))
            .u64(0)
            .u32(0x10000);
    }
    return out.take();
}

/// ftyp, moov and the header of an mdat whose media starts at `media_start`.
base::Result<ByteWriter> write_front(const SlicePlan& plan, std::uint64_t media_total,
                                     std::uint64_t media_start) {
    std::vector<std::vector<std::uint64_t>> chunk_offsets(plan.tracks.size());
    std::uint64_t offset = media_start;
    for (const Chunk& chunk : plan.chunks) {
        chunk_offsets[chunk.track].push_back(offset);
        offset += media_bytes(plan, chunk);
    }
    std::vector<TrackEntry> entries;
    for (std::size_t i = 0; i < plan.tracks.size(); ++i) {
        const TrackPlan& track = plan.tracks[i];
        ByteWriter tables;
        write_times(tables, track);
        write_places(tables, plan, i, chunk_offsets[i]);
        entries.push_back(
            {.track = track.track,
             .descriptions = track.descriptions,
             .duration = duration_of(track) - static_cast<std::uint64_t>(track.samples.front().dts),
             .sample_tables = tables.take(),
             .edit_list = edit_list(track)});
    }
    ByteWriter out;
    write_ftyp(out, false);
    CASEMENT_TRY(
        write_moov(out, entries,
                   {.fragmented = false, .duration_ms = duration_ms(plan), .created = plan.from}));
    out.u32(1).text("mdat").u64(media_total + 16);
    return out;
}

}  // namespace

base::Result<VirtualFile> lay_out_fragmented(const SlicePlan& plan) {
    std::vector<TrackEntry> entries;
    for (const TrackPlan& track : plan.tracks) {
        entries.push_back({.track = track.track,
                           .descriptions = track.descriptions,
                           .sample_tables = {},
                           .edit_list = {}});
    }
    ByteWriter front;
    write_ftyp(front, true);
    CASEMENT_TRY(
        write_moov(front, entries,
                   {.fragmented = true, .duration_ms = duration_ms(plan), .created = plan.from}));
    std::vector<Piece> pieces(1);
    std::vector<IndexEntry> index;
    std::uint32_t sequence = 1;
    for (std::size_t begin = 0; begin < plan.chunks.size();) {
        std::size_t end = begin + 1;
        while (end < plan.chunks.size() && plan.chunks[end].fragment == plan.chunks[begin].fragment)
            ++end;
        const auto chunks = std::span(plan.chunks).subspan(begin, end - begin);
        ByteWriter head = write_head(plan, chunks, sequence++);
        IndexEntry entry{.size_bytes = static_cast<std::uint32_t>(head.size()),
                         .duration = 0,
                         .starts_with_key = false};
        pieces.push_back(in_memory(head));
        for (const Chunk& chunk : chunks) {
            append_media(plan, chunk, pieces);
            entry.size_bytes += static_cast<std::uint32_t>(media_bytes(plan, chunk));
            if (chunk.track != 0) continue;
            const auto samples =
                std::span(plan.tracks[0].samples).subspan(chunk.begin, chunk.count);
            entry.starts_with_key = samples.front().key;
            for (const Sample& sample : samples) entry.duration += sample.duration;
        }
        index.push_back(entry);
        begin = end;
    }
    if (index.size() <= kMaxIndexEntries) {
        const TrackPlan& first = plan.tracks.front();
        front.bytes(write_sidx(first.track.id, first.track.clock_rate,
                               static_cast<std::uint64_t>(first.samples.front().dts), index));
    }
    pieces.front() = in_memory(front);
    return VirtualFile(std::move(pieces));
}

base::Result<VirtualFile> lay_out_progressive(const SlicePlan& plan) {
    std::uint64_t total = 0;
    for (const Chunk& chunk : plan.chunks) total += media_bytes(plan, chunk);
    // Offsets have a fixed width, so that a first writing tells where the media will start.
    CASEMENT_TRY(const ByteWriter draft, write_front(plan, total, 0));
    CASEMENT_TRY(ByteWriter front, write_front(plan, total, draft.size()));
    std::vector<Piece> pieces;
    pieces.push_back(in_memory(front));
    for (const Chunk& chunk : plan.chunks) append_media(plan, chunk, pieces);
    return VirtualFile(std::move(pieces));
}

}  // namespace casement::formats::fmp4
