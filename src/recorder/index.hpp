#pragma once
// The SQL of the recorder's tables, all of it. Called on the database's thread. The files are the
// truth, the index can be rebuilt from them.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "recorder/segment.hpp"
#include "store/database.hpp"
#include "store/schema.hpp"

namespace casement::recorder::index {

/// docs/ref/schema/recorder.sql
extern const store::Schema kSchema;

/// A file that is known already is replaced.
base::Result<> put_segment(store::Database& database, const Segment& segment);
base::Result<> put_run(store::Database& database, const Run& run);
base::Result<> remove_segment(store::Database& database, const std::string& camera,
                              const std::string& file);

/// Those that touch [from, to), by time.
base::Result<std::vector<Segment>> segments(store::Database& database, const std::string& camera,
                                            base::WallTime from, base::WallTime to);
base::Result<std::vector<Segment>> all_segments(store::Database& database,
                                                const std::string& camera);
/// Runs that begin in [from, to), and the newest run that began before `from`.
base::Result<std::vector<Run>> runs(store::Database& database, const std::string& camera,
                                    base::WallTime from, base::WallTime to);
base::Result<std::optional<Run>> run(store::Database& database, const std::string& id);
base::Result<std::vector<Segment>> segments_of_run(store::Database& database,
                                                   const std::string& run);
base::Result<std::vector<Run>> open_runs(store::Database& database);

/// Oldest first; of every camera when `camera` is empty.
base::Result<std::vector<Segment>> oldest(store::Database& database, const std::string& camera,
                                          std::size_t limit);
base::Result<std::vector<std::string>> cameras(store::Database& database);

struct FileEntry {
    std::uint64_t bytes = 0;
    base::WallTime end;
};
/// Every file of a camera.
base::Result<std::map<std::string, FileEntry>> files(store::Database& database,
                                                     const std::string& camera);

struct Total {
    std::uint64_t bytes = 0;
    std::uint64_t segments = 0;
    std::optional<base::WallTime> oldest, newest;
};
base::Result<Total> total(store::Database& database, const std::string& camera);

struct Day {
    std::string date;  // "2026-11-20", UTC
    std::uint64_t bytes = 0;
    std::chrono::microseconds recorded{};
};
base::Result<std::vector<Day>> days(store::Database& database, const std::string& camera);

/// Forgets runs that ended before and have no segments any more.
base::Result<> prune_runs(store::Database& database, base::WallTime before);

}  // namespace casement::recorder::index
