#include "formats/fmp4/movie.hpp"

#include "formats/fmp4/moof.hpp"
#include "formats/fmp4/sample_entry.hpp"

namespace casement::formats::fmp4 {

namespace {

using media::Kind;

constexpr std::uint32_t kMovieTimescale = 1000;

void write_matrix(ByteWriter& out) {  // §6.2.2: no rotation, no scaling
    for (const std::uint32_t v : {0x10000u, 0u, 0u, 0u, 0x10000u, 0u, 0u, 0u, 0x4000'0000u})
        out.u32(v);
}

/// Seconds since 1904 for the 32-bit fields; 0 when not known.
std::uint32_t mp4_time(std::optional<base::WallTime> wall) {
    constexpr std::int64_t kFrom1904To1970 = 2'082'844'800;
    if (!wall) return 0;
    const auto seconds =
        std::chrono::floor<std::chrono::seconds>(*wall).time_since_epoch().count() +
        kFrom1904To1970;
    return seconds > 0 && seconds <= 0xFFFF'FFFF ? static_cast<std::uint32_t>(seconds) : 0;
}

void write_mvhd(ByteWriter& out, std::uint32_t created, std::uint64_t duration_ms,
                std::uint32_t next_track_id) {
    const BoxScope box(out, "mvhd", 0, 0);
    out.u32(created)
        .u32(created)
        .u32(kMovieTimescale)
        .u32(std::min<std::uint64_t>(duration_ms, 0xFFFF'FFFF));
    out.u32(0x10000).u16(0x0100).zeros(10);
    write_matrix(out);
    out.zeros(24).u32(next_track_id);
}

void write_tkhd(ByteWriter& out, const TrackEntry& entry, std::uint32_t created,
                std::uint64_t duration_ms) {
    const bool video = entry.track.kind() == Kind::Video;
    const media::CodecParameters& p = *entry.descriptions.front();
    const BoxScope box(out, "tkhd", 0, 3);  // enabled, in the movie
    out.u32(created)
        .u32(created)
        .u32(track_id_of(entry.track.id))
        .u32(0)
        .u32(std::min<std::uint64_t>(duration_ms, 0xFFFF'FFFF))
        .zeros(8);
    out.u16(0).u16(video ? 0 : 1).u16(video ? 0 : 0x0100).u16(0);
    write_matrix(out);
    out.u32(static_cast<std::uint32_t>(video ? p.width : 0) << 16)
        .u32(static_cast<std::uint32_t>(video ? p.height : 0) << 16);
}

void write_mdhd(ByteWriter& out, const TrackEntry& entry, std::uint32_t created) {
    constexpr std::uint16_t kUndetermined = 0x55C4;  // "und", packed
    const BoxScope box(out, "mdhd", 1, 0);
    out.u64(created)
        .u64(created)
        .u32(entry.track.clock_rate)
        .u64(entry.duration)
        .u16(kUndetermined)
        .u16(0);
}

void write_hdlr(ByteWriter& out, bool video) {
    const BoxScope box(out, "hdlr", 0, 0);
    out.u32(0).u32(fourcc(video ? "vide" : "soun")).zeros(12).text(video ? "video" : "audio").u8(0);
}

void write_media_header_and_data_reference(ByteWriter& out, bool video) {
    if (video) {
        const BoxScope box(out, "vmhd", 0, 1);
        out.zeros(8);
    } else {
        const BoxScope box(out, "smhd", 0, 0);
        out.zeros(4);
    }
    const BoxScope dinf(out, "dinf");
    const BoxScope dref(out, "dref", 0, 0);
    out.u32(1);
    const BoxScope url(out, "url ", 0, 1);  // the media is in this file
}

base::Result<> write_stbl(ByteWriter& out, const TrackEntry& entry) {
    const BoxScope stbl(out, "stbl");
    {
        const BoxScope stsd(out, "stsd", 0, 0);
        out.u32(entry.descriptions.size());
        for (const auto& parameters : entry.descriptions) {
            CASEMENT_TRY(write_sample_entry(out, *parameters));
        }
    }
    if (!entry.sample_tables.empty()) {
        out.bytes(entry.sample_tables);
        return {};
    }
    for (const char* empty : {"stts", "stsc", "stco"}) {
        const BoxScope box(out, empty, 0, 0);
        out.u32(0);
    }
    const BoxScope stsz(out, "stsz", 0, 0);
    out.u32(0).u32(0);
    return {};
}

base::Result<> write_trak(ByteWriter& out, const TrackEntry& entry, std::uint32_t created,
                          std::uint64_t duration_ms) {
    const bool video = entry.track.kind() == Kind::Video;
    const BoxScope trak(out, "trak");
    write_tkhd(out, entry, created, duration_ms);
    if (!entry.edit_list.empty()) {
        const BoxScope edts(out, "edts");
        out.bytes(entry.edit_list);
    }
    const BoxScope mdia(out, "mdia");
    write_mdhd(out, entry, created);
    write_hdlr(out, video);
    const BoxScope minf(out, "minf");
    write_media_header_and_data_reference(out, video);
    return write_stbl(out, entry);
}

void write_mvex(ByteWriter& out, std::span<const TrackEntry> tracks, std::uint64_t duration_ms) {
    const BoxScope mvex(out, "mvex");
    if (duration_ms > 0) {
        const BoxScope mehd(out, "mehd", 1, 0);
        out.u64(duration_ms);
    }
    for (const TrackEntry& entry : tracks) {
        const BoxScope trex(out, "trex", 0, 0);
        out.u32(track_id_of(entry.track.id))
            .u32(1)
            .zeros(12);  // sample entry 1; every fragment says the rest
    }
}

}  // namespace

void write_ftyp(ByteWriter& out, bool fragmented) {
    const BoxScope box(out, "ftyp");
    // iso5 brings default-base-is-moof, iso6 tfdt.
    if (fragmented) {
        out.text("iso6").u32(512).text("iso5iso6mp41");
    } else {
        out.text("isom").u32(512).text("isomiso2mp41");
    }
}

base::Result<> write_moov(ByteWriter& out, std::span<const TrackEntry> tracks,
                          const MovieOptions& options) {
    const std::uint32_t created = mp4_time(options.created);
    const std::uint64_t whole_ms = options.fragmented ? 0 : options.duration_ms;
    std::uint32_t next_id = 1;
    for (const TrackEntry& entry : tracks)
        next_id = std::max(next_id, track_id_of(entry.track.id) + 1);
    const BoxScope moov(out, "moov");
    write_mvhd(out, created, whole_ms, next_id);
    for (const TrackEntry& entry : tracks) {
        CASEMENT_TRY(write_trak(out, entry, created, whole_ms));
    }
    if (options.fragmented) write_mvex(out, tracks, options.duration_ms);
    return {};
}

}  // namespace casement::formats::fmp4
