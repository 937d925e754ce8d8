#pragma once
// Small files that are either the old whole or the new whole, and the lock that keeps two hubs off
// one data directory.

#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace casement::store {

/// Writes beside, syncs, renames over, syncs the directory: after a power cut the old or the new
/// content is there. Mode 0600. What root writes belongs to the owner of the directory: a command
/// under sudo must not lock the hub's user out of its own files.
base::Result<> replace_file(const std::string& path, std::string_view content);
/// The whole file; NotFound when there is none, ResourceExhausted above `limit_bytes`.
base::Result<std::string> read_file(const std::string& path, std::size_t limit_bytes);

/// Maps errno once: ENOSPC and EDQUOT are ResourceExhausted "disk-full", EACCES, EPERM and EROFS
/// PermissionDenied, ENOENT NotFound, EMFILE and ENOMEM ResourceExhausted, EIO DataLoss, the rest
/// Unavailable. `what` says what was tried: "write /data/x".
base::Error file_error(int error_number, std::string_view what);

/// One process at a time, for the short while of a change. Blocks until it is free; the kernel
/// releases it when the process dies in any way.
class FileLock {
public:
    /// Creates the file (0600) where it is missing.
    static base::Result<std::unique_ptr<FileLock>> take(const std::string& path);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

private:
    explicit FileLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

/// Held for the life of the process; the kernel releases it when the process dies in any way.
class DirectoryLock {
public:
    /// Creates the directory (0700) where it is missing. FailedPrecondition, with the other's pid,
    /// when another hub holds it.
    static base::Result<std::unique_ptr<DirectoryLock>> take(const std::string& directory);
    ~DirectoryLock();
    DirectoryLock(const DirectoryLock&) = delete;
    DirectoryLock& operator=(const DirectoryLock&) = delete;

private:
    explicit DirectoryLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

}  // namespace casement::store
