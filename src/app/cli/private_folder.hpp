#pragma once
// A folder that only this user can look into, for as long as it is needed.

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "store/files.hpp"

namespace casement::app::cli {

/// Under the system's folder for such things; gone with this, and all in it.
class PrivateFolder {
public:
    /// `name` shows in it. Errors of the disk.
    static base::Result<PrivateFolder> make(std::string_view name) {
        std::error_code none;
        const auto where = std::filesystem::temp_directory_path(none);
        if (none)
            return std::unexpected(store::file_error(none.value(), "find a temporary folder"));
        std::string pattern = (where / fmt::format("casement-{}-XXXXXX", name)).string();
        if (::mkdtemp(pattern.data()) == nullptr)
            return std::unexpected(store::file_error(errno, "create a temporary folder"));
        return PrivateFolder(std::move(pattern));
    }
    ~PrivateFolder() {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    }
    PrivateFolder(PrivateFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    PrivateFolder& operator=(PrivateFolder&&) = delete;

    const std::filesystem::path& path() const { return path_; }

private:
    explicit PrivateFolder(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

}  // namespace casement::app::cli
