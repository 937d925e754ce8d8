#include <algorithm>

#include "formats/fmp4/reader.hpp"
#include "media/time.hpp"

namespace casement::formats::fmp4 {

namespace {

using std::chrono::microseconds;

/// The track whose time is the file's: the first video track, else the first.
const TrackSetup& leading_track(const Reader& reader) {
    const auto video = std::ranges::find(reader.setups(), media::Kind::Video,
                                         [](const TrackSetup& s) { return s.track.kind(); });
    return video != reader.setups().end() ? *video : reader.setups().front();
}

microseconds time_of(const Reader& reader, int track, std::int64_t ticks) {
    const auto setup =
        std::ranges::find(reader.setups(), track, [](const TrackSetup& s) { return s.track.id; });
    return setup == reader.setups().end() ? microseconds{}
                                          : media::ticks_to_us(ticks, setup->track.clock_rate);
}

void add_fragment(const Reader& reader, const FragmentTable& fragment, int leading,
                  CheckReport& report) {
    ++report.fragments;
    for (const TrackSamples& track : fragment.tracks) {
        report.samples += track.samples.size();
        const Sample& last = track.samples.back();
        const microseconds end = time_of(reader, track.track, last.dts + last.duration);
        if (track.track == leading) report.duration = std::max(report.duration, end);
    }
    if (!fragment.wall || fragment.tracks.empty()) return;
    const TrackSamples& first = fragment.tracks.front();
    const Sample& last = first.samples.back();
    report.end = *fragment.wall +
                 time_of(reader, first.track, last.dts + last.duration - first.samples.front().dts);
}

}  // namespace

base::Result<CheckReport> check(const ByteSource& source) {
    CASEMENT_TRY(Reader reader, Reader::open(source));
    CheckReport report;
    report.file_bytes = source.size();
    if (reader.identity()) report.start = reader.identity()->start;
    const int leading = leading_track(reader).track.id;
    bool has_wall = false;
    while (true) {
        auto fragment = reader.next();
        if (!fragment && !fragment.error().is(base::ErrorKind::DataLoss))
            return std::unexpected(std::move(fragment).error());
        if (!fragment) {
            report.trouble = fragment.error().message();
            break;
        }
        if (!*fragment) break;
        add_fragment(reader, **fragment, leading, report);
        has_wall |= (*fragment)->wall.has_value();
    }
    if (!has_wall && report.start && report.samples > 0)
        report.end = *report.start + report.duration;
    report.good_bytes = reader.position();
    return report;
}

}  // namespace casement::formats::fmp4
