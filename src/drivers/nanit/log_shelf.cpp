#include "drivers/nanit/log_shelf.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "store/files.hpp"

namespace casement::drivers::nanit {

namespace {

constexpr std::string_view kEnding = ".tar.gz";

struct Archive {
    std::string name;
    std::uint64_t bytes = 0;
};

/// "nursery" does not take what is of "nursery-2": behind the camera stands a time and nothing
/// else.
bool is_archive_of(std::string_view camera, std::string_view name) {
    constexpr std::string_view kRest = "-00000000T000000.000Z.tar.gz";
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return name.starts_with(camera) &&
           std::ranges::equal(name.substr(camera.size()), kRest,
                              [&](char a, char b) { return b == '0' ? is_digit(a) : a == b; });
}

}  // namespace

std::string archive_name(std::string_view camera, base::WallTime at) {
    std::string moment = base::format_rfc3339(at);
    std::erase_if(moment, [](char c) { return c == '-' || c == ':'; });
    return fmt::format("{}-{}", camera, moment);
}

base::Result<std::size_t> tidy_logs(const std::string& directory, std::string_view camera,
                                    const LogLimits& limits, base::WallTime now) {
    namespace fs = std::filesystem;
    std::error_code ec;
    std::vector<Archive> archives;
    fs::directory_iterator at(directory, ec);
    if (ec == std::errc::no_such_file_or_directory) return 0;
    for (; !ec && at != fs::directory_iterator(); at.increment(ec)) {
        std::string name = at->path().filename().string();
        std::error_code gone;
        if (!is_archive_of(camera, name) || !at->is_regular_file(gone)) continue;
        const auto bytes = at->file_size(gone);
        if (!gone) archives.push_back({std::move(name), bytes});
    }
    if (ec) return std::unexpected(store::file_error(ec.value(), "look through " + directory));
    std::ranges::sort(archives, std::greater{}, &Archive::name);
    const std::string oldest = archive_name(camera, now - limits.age).append(kEnding);
    std::uint64_t sum = 0;
    std::size_t removed = 0;
    for (std::size_t i = 0; i < archives.size(); ++i) {
        sum += archives[i].bytes;
        const bool stays = i < limits.count && sum <= limits.bytes && archives[i].name >= oldest;
        if (stays || i == 0) continue;
        if (!fs::remove(fs::path(directory) / archives[i].name, ec) && ec)
            return std::unexpected(
                store::file_error(ec.value(), "remove " + directory + "/" + archives[i].name));
        ++removed;
    }
    return removed;
}

}  // namespace casement::drivers::nanit
