#pragma once
// What a camera uploads when it is asked for its logs: a small tar.gz, or something worse.

#include <string>
#include <string_view>

namespace casement::emulators::nanit {

enum class LogFault {
    None,
    Truncated,     // half of the archive, and a good end of the request
    Traversal,     // a member that wants to be ../../etc/passwd
    HugeMember,    // a member whose header says 8 GiB
    HugeLength,    // a Content-Length of 8 GiB, and the archive behind it
    LiesInLength,  // a few bytes fewer than it said
    Never,         // nothing comes
};

/// A gzip (RFC 1952) of stored blocks around a POSIX ustar: journalctl.log and another file.
std::string make_log_archive(std::string_view camera_uid, LogFault fault);

}  // namespace casement::emulators::nanit
