#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "recorder/file_system.hpp"
#include "store/files.hpp"

namespace casement::recorder {

namespace {

using base::Result;
using store::file_error;

std::unexpected<base::Error> failed(std::string_view what, const std::string& path) {
    return std::unexpected(file_error(errno, fmt::format("{} {}", what, path)));
}

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

class SystemFile final : public OutputFile {
public:
    SystemFile(int descriptor, std::string path)
        : descriptor_(descriptor), path_(std::move(path)) {}
    ~SystemFile() override { ::close(descriptor_); }

    Result<> append(std::span<const media::Bytes> pieces) override {
        std::array<iovec, 256> gather;  // a fragment has some 70 pieces; IOV_MAX is 1024
        static_assert(gather.size() <= IOV_MAX);
        std::size_t piece = 0, skip = 0;  // `skip` bytes of `piece` are written already
        while (piece < pieces.size()) {
            std::size_t count = 0;
            for (std::size_t i = piece; i < pieces.size() && count < gather.size(); ++i) {
                const std::size_t from = i == piece ? skip : 0;
                gather[count++] = {const_cast<std::uint8_t*>(pieces[i].data()) + from,
                                   pieces[i].size() - from};
            }
            const ssize_t written = ::writev(descriptor_, gather.data(), static_cast<int>(count));
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) return failed("write", path_);
            for (std::size_t left = static_cast<std::size_t>(written) + skip; piece < pieces.size();
                 ++piece) {
                skip = left;
                if (left < pieces[piece].size()) break;
                left -= pieces[piece].size();
                skip = 0;
            }
        }
        return {};
    }
    Result<> sync() override {
        return ::fdatasync(descriptor_) == 0 ? Result<>{} : failed("sync", path_);
    }
    Result<> truncate(std::uint64_t bytes) override {
        if (::ftruncate(descriptor_, static_cast<off_t>(bytes)) != 0 ||
            ::lseek(descriptor_, 0, SEEK_END) < 0)
            return failed("shorten", path_);
        return {};
    }

private:
    const int descriptor_;
    const std::string path_;
};

class SystemFiles final : public FileSystem {
public:
    Result<std::unique_ptr<OutputFile>> create(const std::string& path) override {
        CASEMENT_TRY(make_directories(parent_of(path)));
        return open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, "create");
    }
    Result<std::unique_ptr<OutputFile>> open_for_repair(const std::string& path) override {
        return open_file(path, O_WRONLY | O_CLOEXEC, "open");
    }

    Result<std::unique_ptr<formats::ByteSource>> open(const std::string& path) const override {
        CASEMENT_TRY(auto source, formats::FileSource::open(path));
        return std::make_unique<formats::FileSource>(std::move(source));
    }
    Result<> remove(const std::string& path) override {
        return ::unlink(path.c_str()) == 0 ? Result<>{} : failed("remove", path);
    }
    void remove_empty_directory(const std::string& path) override { (void)::rmdir(path.c_str()); }

    Result<std::vector<std::string>> list(const std::string& directory) const override {
        std::vector<std::string> names;
        DIR* const open = ::opendir(directory.c_str());
        if (open == nullptr)
            return errno == ENOENT ? Result<std::vector<std::string>>(names)
                                   : failed("list", directory);
        while (const dirent* entry = ::readdir(open)) {
            const std::string_view name = entry->d_name;
            if (name != "." && name != "..") names.emplace_back(name);
        }
        ::closedir(open);
        std::ranges::sort(names);
        return names;
    }
    Result<std::uint64_t> file_bytes(const std::string& path) const override {
        struct stat info{};
        if (::stat(path.c_str(), &info) != 0) return failed("look at", path);
        return static_cast<std::uint64_t>(info.st_size);
    }
    Result<> sync_directory(const std::string& directory) override {
        const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (descriptor < 0) return failed("open", directory);
        const bool done = ::fsync(descriptor) == 0;
        auto outcome = done ? Result<>{} : failed("sync", directory);
        ::close(descriptor);
        return outcome;
    }
    Result<std::uint64_t> free_bytes(const std::string& directory) const override {
        struct statvfs info{};
        if (::statvfs(directory.c_str(), &info) != 0) return failed("look at", directory);
        return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
    }

private:
    static Result<std::unique_ptr<OutputFile>> open_file(const std::string& path, int flags,
                                                         std::string_view verb) {
        const int descriptor = ::open(path.c_str(), flags, 0640);
        if (descriptor < 0) return failed(verb, path);
        return std::make_unique<SystemFile>(descriptor, path);
    }
    /// New entries are synced upwards, or a power cut could take the folder with the file in it.
    Result<> make_directories(const std::string& path) {
        if (::mkdir(path.c_str(), 0750) == 0) return sync_directory(parent_of(path));
        if (errno == EEXIST) return {};
        const std::size_t slash = path.rfind('/');
        if (errno != ENOENT || slash == std::string::npos || slash == 0)
            return failed("create", path);
        CASEMENT_TRY(make_directories(path.substr(0, slash)));
        if (::mkdir(path.c_str(), 0750) != 0 && errno != EEXIST) return failed("create", path);
        return sync_directory(parent_of(path));
    }
};

}  // namespace

std::unique_ptr<FileSystem> make_system_files() { return std::make_unique<SystemFiles>(); }

}  // namespace casement::recorder
