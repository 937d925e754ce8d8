#include "recorder/recovery.hpp"

#include <algorithm>
#include <set>

#include "formats/fmp4/reader.hpp"
#include "recorder/layout.hpp"

namespace casement::recorder {

namespace {

using base::ErrorKind;
using base::Result;
using store::Database;
using store::Durability;

/// A power cut can take what was written last: files that ended this close to the newest one are
/// measured again, the rest is not touched.
constexpr std::chrono::minutes kDoubtful{10};
/// Rows per transaction of a rebuild: some milliseconds of work.
constexpr std::size_t kBatch = 500;

std::string codecs_of(const media::Tracks& tracks) {
    std::string out;
    for (const media::Track& track : tracks) {
        if (track.parameters) out += (out.empty() ? "" : ",") + track.parameters->rfc6381();
    }
    return out;
}

class Recovery {
public:
    Recovery(FileSystem& files, std::string root, Database& database)
        : files_(files), root_(std::move(root)), database_(database) {}

    Result<RecoveryReport> run() {
        CASEMENT_TRY(const auto on_disk, files_.list(root_));
        CASEMENT_TRY(const auto in_index, index::cameras(database_));
        std::set<std::string> cameras(on_disk.begin(), on_disk.end());
        cameras.insert(in_index.begin(), in_index.end());
        for (const std::string& camera : cameras) {
            CASEMENT_TRY(camera_files(camera));
        }
        CASEMENT_TRY(write_rows());
        CASEMENT_TRY(end_open_runs());
        return report_;
    }

private:
    Result<> camera_files(const std::string& camera) {
        CASEMENT_TRY(auto known, index::files(database_, camera));
        base::WallTime newest{};
        for (const auto& [file, entry] : known) newest = std::max(newest, entry.end);
        CASEMENT_TRY(const auto days, files_.list(root_ + "/" + camera));
        for (const std::string& day : days) {
            if (!is_day(day)) continue;
            CASEMENT_TRY(const auto names, files_.list(root_ + "/" + camera + "/" + day));
            for (const std::string& name : names) {
                const std::string file = day + "/" + name;
                if (!segment_time(file)) continue;
                ++report_.files;
                const auto row = known.find(file);
                const bool trusted =
                    row != known.end() && (row->second.end < newest - kDoubtful ||
                                           size_is(camera, file, row->second.bytes));
                if (row != known.end()) known.erase(row);
                if (trusted) continue;
                CASEMENT_TRY(adopt(camera, file));
            }
            files_.remove_empty_directory(root_ + "/" + camera + "/" + day);
        }
        // What is left has a row and no file.
        for (const auto& [file, entry] : known) {
            CASEMENT_TRY(index::remove_segment(database_, camera, file));
            ++report_.rows_removed;
        }
        return {};
    }

    bool size_is(const std::string& camera, const std::string& file, std::uint64_t bytes) const {
        const auto actual = files_.file_bytes(root_ + "/" + camera + "/" + file);
        return actual && *actual == bytes;
    }

    /// One file that the index does not know, or in doubt.
    Result<> adopt(const std::string& camera, const std::string& file) {
        const std::string path = root_ + "/" + camera + "/" + file;
        auto found = examine(files_, root_, camera, file);
        if (!found && found.error().is(ErrorKind::DataLoss)) {
            CASEMENT_TRY(files_.remove(path));
            CASEMENT_TRY(index::remove_segment(database_, camera, file));
            ++report_.removed;
            return {};
        }
        if (!found) {
            report_.unreadable.push_back(fmt::format("{}: {}", path, found.error().message()));
            return {};
        }
        if (found->good_bytes < found->file_bytes) {
            CASEMENT_TRY(const auto repair, files_.open_for_repair(path));
            CASEMENT_TRY(repair->truncate(found->good_bytes));
            CASEMENT_TRY(repair->sync());
            ++report_.shortened;
            report_.bytes_cut += found->file_bytes - found->good_bytes;
        }
        ++report_.indexed;
        rows_.push_back(std::move(found->segment));
        return rows_.size() < kBatch ? Result<>{} : write_rows();
    }

    Result<> write_rows() {
        const auto rows = std::exchange(rows_, {});
        return database_.transaction(Durability::Fast, [&]() -> Result<> {
            for (const Segment& segment : rows) {
                CASEMENT_TRY(index::put_segment(database_, segment));
                CASEMENT_TRY(auto run, index::run(database_, segment.run));
                // A run that the index lost is known by its segments only, and why it ended is not.
                Run now = run.value_or(Run{.id = segment.run,
                                           .camera = segment.camera,
                                           .start = segment.start,
                                           .end = segment.end,
                                           .reason = EndReason::Unknown,
                                           .detail = {}});
                now.start = std::min(now.start, segment.start);
                if (now.end && (!run || now.reason == EndReason::Unknown))
                    now.end = std::max(*now.end, segment.end);
                CASEMENT_TRY(index::put_run(database_, now));
            }
            return {};
        });
    }

    Result<> end_open_runs() {
        CASEMENT_TRY(auto runs, index::open_runs(database_));
        return database_.transaction(Durability::Fast, [&]() -> Result<> {
            for (Run& run : runs) {
                CASEMENT_TRY(const auto segments, index::segments_of_run(database_, run.id));
                run.end = segments.empty() ? run.start : segments.back().end;
                run.reason = EndReason::Restart;
                CASEMENT_TRY(index::put_run(database_, run));
                ++report_.runs_ended;
            }
            return {};
        });
    }

    FileSystem& files_;
    const std::string root_;
    Database& database_;
    RecoveryReport report_;
    std::vector<Segment> rows_;
};

}  // namespace

Result<Examined> examine(const FileSystem& files, const std::string& root,
                         const std::string& camera, const std::string& file) {
    CASEMENT_TRY(const auto source, files.open(root + "/" + camera + "/" + file));
    CASEMENT_TRY(const auto reader, formats::fmp4::Reader::open(*source));
    CASEMENT_TRY(const auto report, formats::fmp4::check(*source));
    if (report.fragments == 0)
        return base::fail(ErrorKind::DataLoss, "{}: not one whole fragment", file);
    Examined out;
    out.good_bytes = report.good_bytes;
    out.file_bytes = report.file_bytes;
    const base::WallTime named = *segment_time(file);
    out.segment = {.camera = camera,
                   .file = file,
                   .start = report.start.value_or(named),
                   .end = {},
                   .bytes = report.good_bytes,
                   .run = {},
                   .sequence = 0,
                   .codecs = codecs_of(reader.tracks())};
    out.segment.end = out.segment.start + report.duration;
    if (const auto& identity = reader.identity()) {
        out.segment.run = identity->run;
        out.segment.sequence = identity->sequence;
        out.run_offset_us = identity->run_offset_us;
    } else {
        out.segment.run =
            camera + "/" + file;  // a file of somebody else's making is a run of its own
    }
    return out;
}

Result<RecoveryReport> recover(FileSystem& files, const std::string& root, Database& database) {
    return Recovery(files, root, database).run();
}

}  // namespace casement::recorder
