#include "store/files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/random.hpp"
#include "base/text.hpp"

namespace casement::store {

namespace {

using base::Error;
using base::ErrorKind;
using base::fail;
using base::Result;

struct Descriptor {
    int value = -1;
    ~Descriptor() {
        if (value >= 0) ::close(value);
    }
};

std::string parent_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

/// Best effort: where it fails, the file is root's as it would be anyway.
void give_to_owner_of_folder(int descriptor, const std::string& path) {
    struct stat folder{};
    if (::geteuid() != 0 || ::stat(parent_of(path).c_str(), &folder) != 0 || folder.st_uid == 0)
        return;
    (void)!::fchown(descriptor, folder.st_uid, folder.st_gid);
}

Result<> write_all(int descriptor, std::string_view content, const std::string& path) {
    while (!content.empty()) {
        const ssize_t n = ::write(descriptor, content.data(), content.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return std::unexpected(file_error(errno, "write " + path));
        content.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

}  // namespace

Error file_error(int error_number, std::string_view what) {
    const std::string message = fmt::format("{}: {}", what, std::strerror(error_number));
    switch (error_number) {
        case ENOSPC:
        case EDQUOT:
            return {ErrorKind::ResourceExhausted, "disk-full", message};
        case EMFILE:
        case ENFILE:
        case ENOMEM:
        case EFBIG:
            return {ErrorKind::ResourceExhausted, message};
        case EACCES:
        case EPERM:
        case EROFS:
            return {ErrorKind::PermissionDenied, message};
        case ENOENT:
        case ENOTDIR:
            return {ErrorKind::NotFound, message};
        case EEXIST:
            return {ErrorKind::FailedPrecondition, message};
        case EIO:
            return {ErrorKind::DataLoss, message};
        default:
            return {ErrorKind::Unavailable, message};
    }
}

Result<> replace_file(const std::string& path, std::string_view content) {
    const std::string beside = fmt::format("{}.{}.new", path, base::random_hex(4));
    Descriptor file{::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (file.value < 0) return std::unexpected(file_error(errno, "create " + beside));
    give_to_owner_of_folder(file.value, beside);
    Result<> done = write_all(file.value, content, beside);
    if (done && ::fsync(file.value) != 0)
        done = std::unexpected(file_error(errno, "sync " + beside));
    if (done && ::rename(beside.c_str(), path.c_str()) != 0)
        done = std::unexpected(file_error(errno, "rename to " + path));
    if (!done) {
        ::unlink(beside.c_str());
        return done;
    }
    // Without this the rename itself may be lost at a power cut.
    const Descriptor directory{::open(parent_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (directory.value < 0 || ::fsync(directory.value) != 0)
        return std::unexpected(file_error(errno, "sync " + parent_of(path)));
    return {};
}

Result<std::string> read_file(const std::string& path, std::size_t limit_bytes) {
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.value < 0) return std::unexpected(file_error(errno, "open " + path));
    std::string out;
    char block[16 * 1024];
    for (;;) {
        const ssize_t n = ::read(file.value, block, sizeof block);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return std::unexpected(file_error(errno, "read " + path));
        if (n == 0) return out;
        if (out.size() + static_cast<std::size_t>(n) > limit_bytes) {
            return fail(ErrorKind::ResourceExhausted, "read {}: larger than the {} bytes allowed",
                        path, limit_bytes);
        }
        out.append(block, static_cast<std::size_t>(n));
    }
}

Result<std::unique_ptr<FileLock>> FileLock::take(const std::string& path) {
    Descriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    if (file.value < 0) return std::unexpected(file_error(errno, "open " + path));
    give_to_owner_of_folder(file.value, path);
    while (::flock(file.value, LOCK_EX) != 0) {
        if (errno != EINTR) return std::unexpected(file_error(errno, "lock " + path));
    }
    return std::unique_ptr<FileLock>(new FileLock(std::exchange(file.value, -1)));
}

FileLock::~FileLock() { ::close(descriptor_); }

Result<std::unique_ptr<DirectoryLock>> DirectoryLock::take(const std::string& directory) {
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
        return std::unexpected(file_error(errno, "create " + directory));
    const std::string path = directory + "/lock";
    Descriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    if (file.value < 0) return std::unexpected(file_error(errno, "open " + path));
    if (::flock(file.value, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return std::unexpected(file_error(errno, "lock " + path));
        char pid[32] = {};
        const ssize_t n = ::pread(file.value, pid, sizeof pid - 1, 0);
        const std::string_view who =
            n > 0 ? base::trimmed(std::string_view(pid, static_cast<std::size_t>(n))) : "unknown";
        return fail(ErrorKind::FailedPrecondition,
                    "{} is in use by another Casement (process {}). Stop it, or choose another "
                    "--data directory",
                    directory, who);
    }
    const std::string own = fmt::format("{}\n", ::getpid());
    // The pid only helps a person; a full disk must not stop the hub here.
    if (::ftruncate(file.value, 0) == 0) (void)!::pwrite(file.value, own.data(), own.size(), 0);
    return std::unique_ptr<DirectoryLock>(new DirectoryLock(std::exchange(file.value, -1)));
}

DirectoryLock::~DirectoryLock() { ::close(descriptor_); }

}  // namespace casement::store
