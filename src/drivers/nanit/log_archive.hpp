#pragma once
// What is in the archive of a camera's logs. Nothing is ever unpacked to the disk.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_reader.hpp"
#include "base/error.hpp"

namespace casement::drivers::nanit {

/// The member that people look for.
inline constexpr std::string_view kJournal = "journalctl.log";

struct LogMember {
    std::string path;  // relative, of printable ASCII, without "." and ".."
    std::uint64_t size_bytes = 0;
    bool operator==(const LogMember&) const = default;
};

struct LogList {
    std::vector<LogMember> members;
    /// Links, devices, absolute names, names with ".." or with what a terminal would obey.
    std::size_t left_out = 0;
};

/// Of a tar.gz; it comes from a device.
struct ArchiveLimits {
    std::size_t max_members = 1000;
    std::uint64_t max_unpacked_bytes = std::uint64_t{256} << 20;  // headers included
};

/// Reads it to its end. Blocks. DataLoss where it is cut short or no tar.gz, ResourceExhausted over
/// the limits, and what reading a file gives.
base::Result<LogList> list_logs(const std::string& archive, ArchiveLimits limits = {});
/// The same of one in memory.
base::Result<LogList> list_logs(base::ByteSpan archive, ArchiveLimits limits = {});

/// Gets the pieces of a member in order; its error ends the reading and is answered.
using LogSink = std::function<base::Result<>(std::string_view piece)>;

/// The first member of this path, or of this name in any folder. Blocks. NotFound without one, and
/// the errors of list_logs(): what came before one has been given to the sink.
base::Result<> read_log(const std::string& archive, std::string_view name, const LogSink& sink,
                        ArchiveLimits limits = {});

}  // namespace casement::drivers::nanit
