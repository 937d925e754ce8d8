#include <algorithm>

#include "recorder/library.hpp"

namespace casement::recorder {

namespace {

using base::WallTime;

/// The run that was on at `time`, or the last that had ended by then; null before the first.
const Run* run_before(const std::vector<Run>& runs, WallTime time) {
    const Run* found = nullptr;
    for (const Run& run : runs) {
        if (run.start <= time) found = &run;
    }
    return found;
}

/// Splits time without footage where runs begin and end in it: inside a run it was there and is
/// deleted, outside the run before says why.
void explain(std::vector<Gap>& out, const std::vector<Run>& runs, WallTime from, WallTime to) {
    while (from < to) {
        const Run* const run = run_before(runs, from);
        const auto next = std::ranges::find_if(runs, [&](const Run& r) { return r.start > from; });
        WallTime until = next == runs.end() ? to : std::min(to, next->start);
        if (run == nullptr) {  // before the first run: nobody ever recorded
            from = until;
            continue;
        }
        const bool inside = !run->end || from + Library::kJoin < *run->end;
        if (inside && run->end) until = std::min(until, *run->end);
        Gap gap{from, until, inside ? "deleted" : std::string(to_string(run->reason)),
                inside ? std::string() : run->detail};
        if (gap.end - gap.start > Library::kJoin) {
            const bool same = !out.empty() && out.back().end == gap.start &&
                              out.back().reason == gap.reason && out.back().detail == gap.detail;
            if (same)
                out.back().end = gap.end;
            else
                out.push_back(std::move(gap));
        }
        from = until;
    }
}

}  // namespace

Timeline make_timeline(const std::vector<Segment>& segments, const std::vector<Run>& runs,
                       WallTime from, WallTime to) {
    Timeline out;
    for (const Segment& segment : segments) {
        const WallTime start = std::max(segment.start, from), end = std::min(segment.end, to);
        if (end <= start) continue;
        const bool joins = !out.spans.empty() && start - out.spans.back().end <= Library::kJoin;
        if (joins) {
            out.spans.back().end = std::max(out.spans.back().end, end);
            out.spans.back().bytes += segment.bytes;
        } else {
            out.spans.push_back({start, end, segment.run, segment.bytes});
        }
    }
    WallTime covered = from;
    for (const Span& span : out.spans) {
        explain(out.gaps, runs, covered, span.start);
        covered = span.end;
    }
    // The end of time so far: while a run goes on, what is in memory and not written yet is no gap.
    const bool goes_on = !runs.empty() && !runs.back().end;
    if (!goes_on || out.spans.empty()) explain(out.gaps, runs, covered, to);
    return out;
}

}  // namespace casement::recorder
