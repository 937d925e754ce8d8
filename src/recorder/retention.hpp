#pragma once
// What goes, and in which order. Pure decisions; the recorder carries them out and tells of them.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "recorder/index.hpp"
#include "recorder/recorder.hpp"

namespace casement::recorder {

/// Why a file goes: the footage is too old, its camera has too much, all cameras have, or the disk
/// must keep room.
enum class Why : std::uint8_t { Age, CameraBytes, TotalBytes, FreeSpace };
/// "age", "camera-bytes", "total-bytes", "free-space".
std::string_view to_string(Why why);

struct Deletion {
    Segment segment;
    Why why = Why::Age;
};

struct RetentionInput {
    base::WallTime now;
    std::map<std::string, Policy> policies;      // of the cameras that are there
    std::map<std::string, std::uint64_t> bytes;  // by camera, also of those that are gone
    std::uint64_t free_bytes = 0;
};

/// At most this many files in one pass: deleting a day must not keep the disk from writing. The
/// next pass goes on.
inline constexpr std::size_t kMaxDeletions = 500;

/// Oldest first. Only closed files are in the index, so the growing one is never taken. Reads the
/// index; call it on the database's thread.
base::Result<std::vector<Deletion>> plan_retention(store::Database& database,
                                                   const Options& options,
                                                   const RetentionInput& input);

}  // namespace casement::recorder
