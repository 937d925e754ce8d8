#include "recorder/check.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "formats/fmp4/reader.hpp"
#include "recorder/layout.hpp"
#include "recorder/planner.hpp"
#include "recorder/recovery.hpp"

namespace casement::recorder {

namespace {

using base::Result;
using store::Database;

/// Ends are rounded to frames and starts to milliseconds of a wall clock.
constexpr std::chrono::milliseconds kTolerance{150};

class Check {
public:
    Check(const FileSystem& files, std::string root, Database& database)
        : files_(files), root_(std::move(root)), database_(database) {}

    Result<CheckReport> run() {
        CASEMENT_TRY(const auto on_disk, files_.list(root_));
        CASEMENT_TRY(const auto in_index, index::cameras(database_));
        std::set<std::string> cameras(on_disk.begin(), on_disk.end());
        cameras.insert(in_index.begin(), in_index.end());
        for (const std::string& camera : cameras) {
            CASEMENT_TRY(rows_and_files(camera));
            CASEMENT_TRY(order(camera));
        }
        return std::move(report_);
    }

private:
    void find(int invariant, const std::string& camera, const std::string& file, std::string text) {
        if (report_.findings.size() < CheckReport::kMaxFindings)
            report_.findings.push_back({invariant, camera, file, std::move(text)});
    }

    Result<> rows_and_files(const std::string& camera) {
        CASEMENT_TRY(const auto rows, index::all_segments(database_, camera));
        std::map<std::string, Segment> known;
        for (const Segment& segment : rows) known.emplace(segment.file, segment);
        report_.rows += rows.size();
        CASEMENT_TRY(const auto days, files_.list(root_ + "/" + camera));
        for (const std::string& day : days) {
            if (!is_day(day)) {
                find(1, camera, day, "is no folder of a day");
                continue;
            }
            CASEMENT_TRY(const auto names, files_.list(root_ + "/" + camera + "/" + day));
            for (const std::string& name : names) {
                const std::string file = day + "/" + name;
                ++report_.files;
                const auto row = known.find(file);
                if (!segment_time(file))
                    find(1, camera, file, "has a name that no segment has");
                else if (row == known.end())
                    find(1, camera, file, "is not in the index");
                else
                    one_file(row->second);
                if (row != known.end()) known.erase(row);
            }
        }
        for (const auto& [file, segment] : known)
            find(2, camera, file, "is in the index and not on the disk");
        return {};
    }

    void one_file(const Segment& row) {
        const auto found = examine(files_, root_, row.camera, row.file);
        if (!found) return find(3, row.camera, row.file, found.error().message());
        if (found->good_bytes != found->file_bytes) {
            find(3, row.camera, row.file,
                 fmt::format("ends in the middle of a fragment: {} of {} bytes are whole",
                             found->good_bytes, found->file_bytes));
        }
        if (found->file_bytes != row.bytes)
            find(2, row.camera, row.file,
                 fmt::format("has {} bytes, the index says {}", found->file_bytes, row.bytes));
        const Segment& said = found->segment;
        if (said.run != row.run || said.sequence != row.sequence || said.codecs != row.codecs ||
            said.start != row.start) {
            find(4, row.camera, row.file,
                 "says another run, place, codec or time about itself than the index");
        }
        if (std::chrono::abs(said.end - row.end) > kTolerance)
            find(4, row.camera, row.file, "is longer or shorter than the index says");
        fragments(row);
    }

    void fragments(const Segment& row) {
        const auto source = files_.open(root_ + "/" + row.camera + "/" + row.file);
        if (!source) return;
        auto reader = formats::fmp4::Reader::open(**source);
        if (!reader || reader->setups().empty()) return;
        const formats::fmp4::TrackSetup& lead = reader->setups().front();
        if (std::ranges::any_of(reader->setups(),
                                [](const auto& setup) { return setup.descriptions.size() != 1; })) {
            find(7, row.camera, row.file, "holds two codec set-ups of one track");
        }
        bool first = true;
        for (;;) {
            const auto fragment = reader->next();
            if (!fragment || !*fragment) return;
            for (const auto& track : (*fragment)->tracks) {
                if (track.track != lead.track.id || track.samples.empty()) continue;
                if (first && !track.samples.front().key)
                    find(7, row.camera, row.file, "does not begin with a key frame");
                first = false;
                const auto last = track.samples.back();
                const double seconds = static_cast<double>(last.dts - track.samples.front().dts) /
                                       lead.track.clock_rate;
                if (seconds > 1.0)
                    find(8, row.camera, row.file,
                         fmt::format("has a fragment of {:.2f} s", seconds));
            }
        }
    }

    Result<> order(const std::string& camera) {
        CASEMENT_TRY(const auto rows, index::all_segments(database_, camera));
        std::map<std::string, const Segment*> last_of_run;
        const Segment* before = nullptr;
        for (const Segment& segment : rows) {
            if (segment.end < segment.start) find(5, camera, segment.file, "ends before it begins");
            if (before != nullptr && segment.start + kTolerance < before->end)
                find(5, camera, segment.file, "overlaps the one before");
            const Segment*& last = last_of_run[segment.run];
            if (last != nullptr && segment.sequence <= last->sequence)
                find(6, camera, segment.file, "is out of order in its run");
            if (last != nullptr && segment.sequence == last->sequence + 1 &&
                segment.start - last->end > kTolerance) {
                find(6, camera, segment.file, "leaves a hole in its run");
            }
            last = &segment;
            before = &segment;
        }
        for (const auto& [id, segment] : last_of_run) {
            CASEMENT_TRY(const auto run, index::run(database_, id));
            ++report_.runs;
            if (!run)
                find(6, camera, segment->file, "belongs to a run that the index does not know");
            else if (run->end && *run->end + kTolerance < segment->end)
                find(6, camera, segment->file, "ends after its run");
        }
        return {};
    }

    const FileSystem& files_;
    const std::string root_;
    Database& database_;
    CheckReport report_;
};

}  // namespace

Result<CheckReport> check(const FileSystem& files, const std::string& root, Database& database) {
    return Check(files, root, database).run();
}

}  // namespace casement::recorder
