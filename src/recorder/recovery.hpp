#pragma once
// Start-up: the files are the truth, the index is made to say what they say.

#include <cstdint>
#include <string>
#include <vector>

#include "recorder/file_system.hpp"
#include "recorder/index.hpp"

namespace casement::recorder {

struct RecoveryReport {
    std::uint64_t files = 0;      // seen
    std::uint64_t indexed = 0;    // that the index did not know, or knew otherwise
    std::uint64_t shortened = 0;  // that ended in the middle of a fragment
    std::uint64_t bytes_cut = 0;
    std::uint64_t removed = 0;            // without a single whole fragment
    std::uint64_t rows_removed = 0;       // whose file is gone
    std::uint64_t runs_ended = 0;         // that went on when the hub died
    std::vector<std::string> unreadable;  // left alone: not ours, or the disk did not read them
    bool did_anything() const {
        return indexed + shortened + removed + rows_removed + runs_ended > 0;
    }
};

/// Blocks; before anything records, on the database's thread. Files with a row whose size is not in
/// doubt are not opened: a start costs listing the names. Idempotent: a second call does nothing.
base::Result<RecoveryReport> recover(FileSystem& files, const std::string& root,
                                     store::Database& database);

/// What a file says about itself. DataLoss when there is no picture in it; `good_bytes` may be less
/// than the file has.
struct Examined {
    Segment segment;
    std::int64_t run_offset_us = 0;
    std::uint64_t good_bytes = 0;
    std::uint64_t file_bytes = 0;
};
base::Result<Examined> examine(const FileSystem& files, const std::string& root,
                               const std::string& camera, const std::string& file);

}  // namespace casement::recorder
