#pragma once
// The disk as the recorder uses it, in one interface, so that tests can let every single operation
// fail.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "formats/fmp4/byte_source.hpp"
#include "media/bytes.hpp"

namespace casement::recorder {

/// A file being written. Used by one thread at a time, except sync(), which may run beside
/// append(). Blocks.
class OutputFile {
public:
    virtual ~OutputFile() = default;
    /// All of it, or an error; after an error an unknown part may have been written.
    virtual base::Result<> append(std::span<const media::Bytes> pieces) = 0;
    /// Content and length are on the disk when it returns (fdatasync).
    virtual base::Result<> sync() = 0;
    virtual base::Result<> truncate(std::uint64_t bytes) = 0;
};

/// Thread-safe. Every call blocks. Errors as store::file_error: a full disk is ResourceExhausted
/// with reason "disk-full".
class FileSystem {
public:
    virtual ~FileSystem() = default;
    /// A new file, and the directories above it. FailedPrecondition when it exists.
    virtual base::Result<std::unique_ptr<OutputFile>> create(const std::string& path) = 0;
    /// An existing one, for repair.
    virtual base::Result<std::unique_ptr<OutputFile>> open_for_repair(const std::string& path) = 0;
    virtual base::Result<std::unique_ptr<formats::ByteSource>> open(
        const std::string& path) const = 0;
    virtual base::Result<> remove(const std::string& path) = 0;
    /// Removing a directory that is not empty, or not there, is fine and does nothing.
    virtual void remove_empty_directory(const std::string& path) = 0;
    /// The entries of a directory (without . and ..), sorted; empty when there is no such
    /// directory.
    virtual base::Result<std::vector<std::string>> list(const std::string& directory) const = 0;
    virtual base::Result<std::uint64_t> file_bytes(const std::string& path) const = 0;
    /// What is written into the directory survives a power cut as entries of it.
    virtual base::Result<> sync_directory(const std::string& directory) = 0;
    /// Bytes that we may still write.
    virtual base::Result<std::uint64_t> free_bytes(const std::string& directory) const = 0;
};

std::unique_ptr<FileSystem> make_system_files();

}  // namespace casement::recorder
