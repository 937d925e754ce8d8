#include "formats/fmp4/byte_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace casement::formats {

namespace {

base::ErrorKind kind_of_errno(int error) {
    switch (error) {
        case ENOENT:
        case ENOTDIR:
            return base::ErrorKind::NotFound;
        case EACCES:
        case EPERM:
            return base::ErrorKind::PermissionDenied;
        default:
            return base::ErrorKind::Unavailable;
    }
}

}  // namespace

base::Result<FileSource> FileSource::open(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return base::fail(kind_of_errno(errno), "{}: {}", path,
                          std::system_category().message(errno));
    return FileSource(descriptor);
}

FileSource::~FileSource() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

std::uint64_t FileSource::size() const {
    struct stat status{};
    return ::fstat(descriptor_, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

base::Result<std::size_t> FileSource::read_at(std::uint64_t offset,
                                              std::span<std::uint8_t> into) const {
    std::size_t done = 0;
    while (done < into.size()) {
        const ssize_t count = ::pread(descriptor_, into.data() + done, into.size() - done,
                                      static_cast<off_t>(offset + done));
        if (count == 0) break;
        if (count < 0) {
            if (errno == EINTR) continue;
            return base::fail(kind_of_errno(errno), "read at {}: {}", offset + done,
                              std::system_category().message(errno));
        }
        done += static_cast<std::size_t>(count);
    }
    return done;
}

}  // namespace casement::formats
