#include "recorder/index.hpp"

#include <array>

namespace casement::recorder::index {

namespace {

using base::Result;
using base::WallTime;
using store::Database;
using store::Row;

constexpr std::array<std::string_view, 1> kSteps{
    R"sql(CREATE TABLE recording_runs (
    id TEXT PRIMARY KEY NOT NULL,
    camera TEXT NOT NULL,
    start_us INTEGER NOT NULL,
    end_us INTEGER,
    end_reason TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX recording_runs_by_camera ON recording_runs (camera, start_us);
CREATE TABLE recording_segments (
    camera TEXT NOT NULL,
    file TEXT NOT NULL,
    start_us INTEGER NOT NULL,
    end_us INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    run TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    codecs TEXT NOT NULL,
    PRIMARY KEY (camera, file)
);
CREATE INDEX recording_segments_by_run ON recording_segments (run, sequence);
CREATE INDEX recording_segments_by_start ON recording_segments (start_us);
CREATE INDEX recording_segments_by_time ON recording_segments (camera, start_us);
)sql"};

#define SEGMENT_COLUMNS "camera, file, start_us, end_us, bytes, run, sequence, codecs"
#define RUN_COLUMNS "id, camera, start_us, end_us, end_reason, detail"

Segment segment_from(const Row& row) {
    return {.camera = row.get<std::string>(0),
            .file = row.get<std::string>(1),
            .start = row.get<WallTime>(2),
            .end = row.get<WallTime>(3),
            .bytes = row.get<std::uint64_t>(4),
            .run = row.get<std::string>(5),
            .sequence = row.get<std::uint32_t>(6),
            .codecs = row.get<std::string>(7)};
}

Run run_from(const Row& row) {
    return {.id = row.get<std::string>(0),
            .camera = row.get<std::string>(1),
            .start = row.get<WallTime>(2),
            .end = row.get<std::optional<WallTime>>(3),
            .reason = parse_end_reason(row.get<std::string>(4)),
            .detail = row.get<std::string>(5)};
}

/// No segment is longer: a file is cut at the first key frame after its length, and cameras whose
/// key frames are further apart than this have their run ended. Lets a range query start at an
/// index position.
constexpr std::chrono::minutes kLongestSegment{60};

}  // namespace

const store::Schema kSchema{"recorder", kSteps};

Result<> put_segment(Database& database, const Segment& s) {
    CASEMENT_TRY(
        database.run("INSERT INTO recording_segments (" SEGMENT_COLUMNS
                     ") VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
                     "ON CONFLICT (camera, file) DO UPDATE SET start_us = excluded.start_us, "
                     "end_us = excluded.end_us, bytes = excluded.bytes, "
                     "run = excluded.run, sequence = excluded.sequence, codecs = excluded.codecs",
                     s.camera, s.file, s.start, s.end, s.bytes, s.run, s.sequence, s.codecs));
    return {};
}

Result<> put_run(Database& database, const Run& r) {
    CASEMENT_TRY(database.run("INSERT INTO recording_runs (" RUN_COLUMNS
                              ") VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
                              "start_us = excluded.start_us, end_us = excluded.end_us, end_reason "
                              "= excluded.end_reason, detail = excluded.detail",
                              r.id, r.camera, r.start, r.end, to_string(r.reason), r.detail));
    return {};
}

Result<> remove_segment(Database& database, const std::string& camera, const std::string& file) {
    CASEMENT_TRY(
        database.run("DELETE FROM recording_segments WHERE camera = ? AND file = ?", camera, file));
    return {};
}

Result<std::vector<Segment>> segments(Database& database, const std::string& camera, WallTime from,
                                      WallTime to) {
    return database.all("SELECT " SEGMENT_COLUMNS
                        " FROM recording_segments WHERE camera = ? AND start_us > ? AND start_us < "
                        "? AND end_us > ? ORDER BY start_us",
                        segment_from, camera, from - kLongestSegment, to, from);
}

Result<std::vector<Segment>> all_segments(Database& database, const std::string& camera) {
    return database.all("SELECT " SEGMENT_COLUMNS
                        " FROM recording_segments WHERE camera = ? ORDER BY start_us",
                        segment_from, camera);
}

Result<std::vector<Run>> runs(Database& database, const std::string& camera, WallTime from,
                              WallTime to) {
    CASEMENT_TRY(
        auto before,
        database.one(
            "SELECT " RUN_COLUMNS
            " FROM recording_runs WHERE camera = ? AND start_us < ? ORDER BY start_us DESC LIMIT 1",
            run_from, camera, from));
    CASEMENT_TRY(auto inside, database.all("SELECT " RUN_COLUMNS
                                           " FROM recording_runs WHERE camera = ? AND start_us >= "
                                           "? AND start_us < ? ORDER BY start_us",
                                           run_from, camera, from, to));
    if (before) inside.insert(inside.begin(), std::move(*before));
    return inside;
}

Result<std::optional<Run>> run(Database& database, const std::string& id) {
    return database.one("SELECT " RUN_COLUMNS " FROM recording_runs WHERE id = ?", run_from, id);
}

Result<std::vector<Segment>> segments_of_run(Database& database, const std::string& run) {
    return database.all("SELECT " SEGMENT_COLUMNS
                        " FROM recording_segments WHERE run = ? ORDER BY sequence",
                        segment_from, run);
}

Result<std::vector<Run>> open_runs(Database& database) {
    return database.all("SELECT " RUN_COLUMNS " FROM recording_runs WHERE end_us IS NULL",
                        run_from);
}

Result<std::vector<Segment>> oldest(Database& database, const std::string& camera,
                                    std::size_t limit) {
    if (camera.empty())
        return database.all("SELECT " SEGMENT_COLUMNS
                            " FROM recording_segments ORDER BY start_us LIMIT ?",
                            segment_from, limit);
    return database.all("SELECT " SEGMENT_COLUMNS
                        " FROM recording_segments WHERE camera = ? ORDER BY start_us LIMIT ?",
                        segment_from, camera, limit);
}

Result<std::vector<std::string>> cameras(Database& database) {
    return database.all("SELECT DISTINCT camera FROM recording_segments ORDER BY camera",
                        [](const Row& row) { return row.get<std::string>(0); });
}

Result<std::map<std::string, FileEntry>> files(Database& database, const std::string& camera) {
    std::map<std::string, FileEntry> out;
    CASEMENT_TRY(database.each(
        "SELECT file, bytes, end_us FROM recording_segments WHERE camera = ?",
        [&](const Row& row) {
            out.emplace(row.get<std::string>(0),
                        FileEntry{row.get<std::uint64_t>(1), row.get<WallTime>(2)});
            return true;
        },
        camera));
    return out;
}

Result<Total> total(Database& database, const std::string& camera) {
    CASEMENT_TRY(auto found, database.one(
                                 "SELECT coalesce(sum(bytes), 0), count(*), min(start_us), "
                                 "max(end_us) FROM recording_segments WHERE camera = ?",
                                 [](const Row& row) {
                                     return Total{row.get<std::uint64_t>(0),
                                                  row.get<std::uint64_t>(1),
                                                  row.get<std::optional<WallTime>>(2),
                                                  row.get<std::optional<WallTime>>(3)};
                                 },
                                 camera));
    return found.value_or(Total{});
}

Result<std::vector<Day>> days(Database& database, const std::string& camera) {
    // The day is the folder's name, which the file's path begins with.
    return database.all(
        "SELECT substr(file, 1, 10), sum(bytes), sum(end_us - start_us) FROM recording_segments "
        "WHERE camera = ? GROUP BY substr(file, 1, 10) "
        "ORDER BY substr(file, 1, 10)",
        [](const Row& row) {
            return Day{row.get<std::string>(0), row.get<std::uint64_t>(1),
                       std::chrono::microseconds{row.get<std::int64_t>(2)}};
        },
        camera);
}

Result<> prune_runs(Database& database, WallTime before) {
    CASEMENT_TRY(
        database.run("DELETE FROM recording_runs WHERE end_us < ? AND NOT EXISTS (SELECT 1 FROM "
                     "recording_segments WHERE run = recording_runs.id)",
                     before));
    return {};
}

}  // namespace casement::recorder::index
