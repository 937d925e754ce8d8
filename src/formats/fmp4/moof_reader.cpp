#include "formats/fmp4/moof_reader.hpp"

#include <algorithm>

#include "formats/fmp4/box.hpp"

namespace casement::formats::fmp4 {

namespace {

using base::ErrorKind;

constexpr std::uint32_t kNonSync = 0x0001'0000;                   // sample_is_non_sync_sample
constexpr std::uint64_t kMaxDecodeTime = std::uint64_t{1} << 62;  // leaves room to add durations
constexpr std::uint64_t kMaxFileOffset = std::uint64_t{1} << 62;

std::unexpected<base::Error> broken(std::string_view what) {
    return base::fail(ErrorKind::DataLoss, "mp4: {} is broken", what);
}

struct Defaults {
    std::uint32_t track_id = 0, description = 1, duration = 0, size = 0, flags = 0;
    std::uint64_t base = 0;
};

class TrafReader {
public:
    TrafReader(const std::vector<TrackSetup>& setups, std::vector<std::uint64_t>& next_decode_time,
               std::uint64_t moof_offset)
        : setups_(setups),
          next_decode_time_(next_decode_time),
          moof_offset_(moof_offset),
          data_end_(moof_offset) {}

    /// Samples of one traf. `budget` counts down over the whole moof.
    base::Result<TrackSamples> read(ByteSpan traf, std::size_t& budget) {
        const auto head = find_box(traf, "tfhd");
        if (!head) return broken("traf without tfhd");
        CASEMENT_TRY(const Defaults defaults, read_tfhd(head->body));
        const auto setup = std::ranges::find(setups_, defaults.track_id, &TrackSetup::track_id);
        const bool known = setup != setups_.end();
        std::uint64_t dts =
            known ? next_decode_time_[static_cast<std::size_t>(setup - setups_.begin())] : 0;
        if (const auto tfdt = find_box(traf, "tfdt")) {
            ByteReader in(tfdt->body);
            dts = read_full_box(in).version == 1 ? in.u64() : in.u32();
            if (in.failed()) return broken("tfdt");
        }
        if (dts > kMaxDecodeTime) return broken("tfdt");
        TrackSamples out;
        out.track = known ? setup->track.id : -1;
        data_end_ = defaults.base;
        BoxWalk walk(traf);
        while (const auto box = walk.next()) {
            if (!box->is("trun")) continue;
            CASEMENT_TRY(read_trun(box->body, defaults,
                                   known && setup->track.kind() == media::Kind::Audio, dts, budget,
                                   out.samples));
        }
        if (walk.broken()) return broken("traf");
        if (known) next_decode_time_[static_cast<std::size_t>(setup - setups_.begin())] = dts;
        return out;
    }

private:
    base::Result<Defaults> read_tfhd(ByteSpan body) const {
        ByteReader in(body);
        const std::uint32_t flags = read_full_box(in).flags;
        Defaults out;
        out.track_id = in.u32();
        if (const auto setup = std::ranges::find(setups_, out.track_id, &TrackSetup::track_id);
            setup != setups_.end()) {
            out.description = setup->default_description;
            out.duration = setup->default_duration;
            out.size = setup->default_size;
            out.flags = setup->default_flags;
        }
        // §8.8.7: without either the first traf counts from moof, each next one from the end of the
        // data before it.
        out.base = (flags & 0x02'0000) != 0 ? moof_offset_ : data_end_;
        if (flags & 0x1) out.base = in.u64();
        if (flags & 0x2) out.description = in.u32();
        if (flags & 0x8) out.duration = in.u32();
        if (flags & 0x10) out.size = in.u32();
        if (flags & 0x20) out.flags = in.u32();
        if (in.failed() || out.base > kMaxFileOffset || out.description == 0 ||
            out.description > 0xFFFF)
            return broken("tfhd");
        return out;
    }

    base::Result<> read_trun(ByteSpan body, const Defaults& defaults, bool audio,
                             std::uint64_t& dts, std::size_t& budget, std::vector<Sample>& out) {
        ByteReader in(body);
        const std::uint32_t flags = read_full_box(in).flags;
        const std::uint32_t count = in.u32();
        if (flags & 0x1) {
            const auto offset = static_cast<std::int32_t>(in.u32());
            const auto from = static_cast<std::int64_t>(defaults.base) + offset;
            if (from < 0) return broken("trun");
            data_end_ = static_cast<std::uint64_t>(from);
        }
        const std::uint32_t first_flags = (flags & 0x4) ? in.u32() : defaults.flags;
        const std::size_t row_bytes =
            4 * static_cast<std::size_t>(((flags & 0x100) != 0) + ((flags & 0x200) != 0) +
                                         ((flags & 0x400) != 0) + ((flags & 0x800) != 0));
        if (in.failed() || count > budget || row_bytes * count > in.left()) return broken("trun");
        budget -= count;
        out.reserve(out.size() + count);
        for (std::uint32_t i = 0; i < count; ++i) {
            Sample sample;
            sample.duration = (flags & 0x100) ? in.u32() : defaults.duration;
            sample.size = (flags & 0x200) ? in.u32() : defaults.size;
            const std::uint32_t sample_flags = (flags & 0x400) ? in.u32()
                                               : i == 0        ? first_flags
                                                               : defaults.flags;
            const auto composition = (flags & 0x800) ? static_cast<std::int32_t>(in.u32()) : 0;
            sample.offset = data_end_;
            sample.dts = static_cast<std::int64_t>(dts);
            sample.pts = sample.dts + composition;
            sample.key = audio || (sample_flags & kNonSync) == 0;
            sample.description = static_cast<std::uint16_t>(defaults.description);
            out.push_back(sample);
            data_end_ += sample.size;
            dts += sample.duration;
        }
        return {};
    }

    const std::vector<TrackSetup>& setups_;
    std::vector<std::uint64_t>& next_decode_time_;
    std::uint64_t moof_offset_;
    std::uint64_t data_end_;  // where data without an offset of their own begin
};

}  // namespace

base::Result<> read_moof(ByteSpan moof, std::uint64_t moof_offset,
                         const std::vector<TrackSetup>& setups,
                         std::vector<std::uint64_t>& next_decode_time,
                         std::vector<TrackSamples>& tracks, std::uint32_t& sequence) {
    const auto head = find_box(moof, "mfhd");
    if (!head) return broken("moof without mfhd");
    ByteReader in(head->body);
    (void)read_full_box(in);
    sequence = in.u32();
    if (in.failed()) return broken("mfhd");
    TrafReader reader(setups, next_decode_time, moof_offset);
    std::size_t budget = kMaxFragmentSamples;
    BoxWalk walk(moof);
    while (const auto box = walk.next()) {
        if (!box->is("traf")) continue;
        CASEMENT_TRY(TrackSamples read, reader.read(box->body, budget));
        if (read.track >= 0 && !read.samples.empty()) tracks.push_back(std::move(read));
    }
    if (walk.broken()) return broken("moof");
    return {};
}

}  // namespace casement::formats::fmp4
