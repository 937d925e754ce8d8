#pragma once
// The invariants of files and index (docs/design/recorder.md), looked at one by one: what `casement
// storage check` prints.

#include <cstdint>
#include <string>
#include <vector>

#include "recorder/file_system.hpp"
#include "recorder/index.hpp"

namespace casement::recorder {

struct Finding {
    int invariant = 0;  // its number in docs/design/recorder.md
    std::string camera;
    std::string file;  // may be empty
    std::string text;  // one sentence
};

struct CheckReport {
    std::uint64_t files = 0, rows = 0, runs = 0;
    std::vector<Finding> findings;  // at most kMaxFindings
    bool clean() const { return findings.empty(); }
    static constexpr std::size_t kMaxFindings = 1000;
};

/// Reads every file's headers, changes nothing. Blocks. A hub that records meanwhile has files that
/// are not in the index yet: run it while it is stopped, or expect findings about the newest
/// minute. What recover() repairs: 1 to 4.
base::Result<CheckReport> check(const FileSystem& files, const std::string& root,
                                store::Database& database);

}  // namespace casement::recorder
