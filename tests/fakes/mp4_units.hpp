#pragma once
// Access units out of a fragmented MP4 of tests/data, and fragments made of them.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "formats/fmp4/reader.hpp"
#include "formats/fmp4/writer.hpp"
#include "media/time.hpp"
#include "tests/fakes/media_data.hpp"

namespace casement::fakes {

struct TrackUnits {
    media::Track track;
    std::vector<media::AccessUnitPtr> units;
    std::vector<std::uint32_t> durations;
};

inline media::AccessUnitPtr unit(int track, std::int64_t dts, std::int64_t pts, bool key,
                                 media::Bytes data) {
    auto out = std::make_shared<media::AccessUnit>();
    out->track = track;
    out->dts = dts;
    out->pts = pts;
    out->key = key;
    out->data = std::move(data);
    return out;
}

/// Every sample of a fragmented file as access units. Fails the test when the file does not read to
/// its end.
inline std::vector<TrackUnits> units_of(const formats::ByteSource& source) {
    auto reader = formats::fmp4::Reader::open(source);
    if (!reader) {
        ADD_FAILURE() << reader.error().message();
        return {};
    }
    std::vector<TrackUnits> out;
    for (const auto& setup : reader->setups()) out.push_back({setup.track, {}, {}});
    while (true) {
        auto fragment = reader->next();
        if (!fragment) {
            ADD_FAILURE() << fragment.error().message();
            return out;
        }
        if (!*fragment) return out;
        for (const auto& run : (*fragment)->tracks) {
            auto& track =
                *std::ranges::find(out, run.track, [](const TrackUnits& t) { return t.track.id; });
            for (const auto& sample : run.samples) {
                auto bytes = formats::fmp4::read_sample(source, sample);
                if (!bytes) {
                    ADD_FAILURE() << bytes.error().message();
                    return out;
                }
                track.units.push_back(unit(run.track, sample.dts, sample.pts, sample.key, *bytes));
                track.durations.push_back(sample.duration);
            }
        }
    }
}

/// A whole file: init segment, then fragments of up to `per_fragment` video units with the audio up
/// to the same time.
inline std::vector<std::uint8_t> file_of(const std::vector<TrackUnits>& tracks,
                                         std::size_t per_fragment,
                                         const formats::fmp4::SegmentIdentity* identity = nullptr) {
    media::Tracks list;
    for (const TrackUnits& t : tracks) list.push_back(t.track);
    auto init = formats::fmp4::write_init(list, identity);
    if (!init) {
        ADD_FAILURE() << init.error().message();
        return {};
    }
    std::vector<std::uint8_t> out(init->begin(), init->end());
    std::vector<std::size_t> at(tracks.size(), 0);
    std::uint32_t sequence = 1;
    while (at[0] < tracks[0].units.size()) {
        const std::size_t count = std::min(per_fragment, tracks[0].units.size() - at[0]);
        const auto& last = *tracks[0].units[at[0] + count - 1];
        const double until =
            at[0] + count == tracks[0].units.size()
                ? 1e18
                : static_cast<double>(last.dts + tracks[0].durations[at[0] + count - 1]) /
                      tracks[0].track.clock_rate;
        std::vector<formats::fmp4::TrackRun> runs;
        for (std::size_t i = 0; i < tracks.size(); ++i) {
            std::size_t end = at[i];
            while (end < tracks[i].units.size() &&
                   (i == 0 ? end < at[0] + count
                           : static_cast<double>(tracks[i].units[end]->dts) /
                                     tracks[i].track.clock_rate <
                                 until))
                ++end;
            if (end == at[i]) continue;
            runs.push_back(
                {.track = tracks[i].track.id,
                 .decode_time = static_cast<std::uint64_t>(tracks[i].units[at[i]]->dts),
                 .units = std::span(tracks[i].units).subspan(at[i], end - at[i]),
                 .durations = std::span(tracks[i].durations).subspan(at[i], end - at[i])});
            at[i] = end;
        }
        formats::fmp4::FragmentOptions options{.sequence = sequence++, .wall = std::nullopt};
        if (identity)
            options.wall =
                identity->start + media::ticks_to_us(static_cast<std::int64_t>(runs[0].decode_time),
                                                     tracks[0].track.clock_rate);
        auto block = formats::fmp4::make_fragment_block(runs, options);
        if (!block) {
            ADD_FAILURE() << block.error().message();
            return out;
        }
        out.insert(out.end(), block->begin(), block->end());
    }
    return out;
}

}  // namespace casement::fakes
