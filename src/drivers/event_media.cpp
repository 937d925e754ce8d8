#include "drivers/event_media.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "store/files.hpp"

namespace casement::drivers {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxName = 120;

std::string file_name(const EventMediaRules& rules, std::string_view name,
                      std::string_view extension) {
    std::string out = rules.vendor + "-" + std::string(name.substr(0, kMaxName));
    std::ranges::replace_if(
        out,
        [](char c) {
            return !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     c == '-' || c == '_');
        },
        '_');
    return out + "." + std::string(extension);
}

void tidy(const fs::path& folder, const EventMediaRules& rules) {
    std::error_code ec;
    std::vector<std::pair<fs::file_time_type, fs::path>> media;
    for (fs::directory_iterator at(folder, ec); !ec && at != fs::directory_iterator();
         at.increment(ec)) {
        std::error_code gone;
        const auto time = at->last_write_time(gone);
        if (!gone && at->path().filename().string().starts_with(rules.vendor + "-"))
            media.emplace_back(time, at->path());
    }
    if (media.size() <= rules.most) return;
    std::ranges::sort(media);
    for (std::size_t i = 0; i + rules.most < media.size(); ++i) fs::remove(media[i].second, ec);
}

}  // namespace

base::Result<std::string> keep_event_media(const EventMediaRules& rules, std::string_view name,
                                           std::string_view extension, std::string_view bytes) {
    const fs::path folder = fs::path(rules.data) / "events";
    std::error_code ec;
    fs::create_directories(folder, ec);
    if (ec) return std::unexpected(store::file_error(ec.value(), "make " + folder.string()));
    const std::string file = file_name(rules, name, extension);
    CASEMENT_TRY(store::replace_file((folder / file).string(), bytes));
    tidy(folder, rules);
    return "events/" + file;
}

}  // namespace casement::drivers
