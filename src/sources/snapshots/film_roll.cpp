#include "sources/snapshots/film_roll.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "sources/http/multipart_pictures.hpp"
#include "sources/snapshots/film_names.hpp"

namespace casement::sources::snapshots {

using base::ErrorKind;
using base::MutexLock;
using base::Result;
namespace fs = std::filesystem;

namespace {

// A tenth of a second's work: the pool has others to serve.
constexpr int kPicturesAtATime = 10;
constexpr std::size_t kMaxNameBytes = 256;
// Which picture was filmed last, beside the pictures: films may be carried away.
constexpr std::string_view kFilmed = "filmed";

Result<> make_folders(const fs::path& folder) {
    std::error_code failed;
    fs::create_directories(folder, failed);
    if (failed)
        return std::unexpected(store::file_error(failed.value(), "create " + folder.string()));
    return {};
}

/// Not synced: the film is, before its pictures go.
Result<> write_beside(const fs::path& path, base::ByteSpan bytes) {
    const std::string beside = path.string() + ".new";
    std::FILE* const file = std::fopen(beside.c_str(), "wb");
    if (file == nullptr) return std::unexpected(store::file_error(errno, "create " + beside));
    const bool is_written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
    const int problem = errno;
    const bool is_closed = std::fclose(file) == 0;
    if (is_written && is_closed && std::rename(beside.c_str(), path.c_str()) == 0) return {};
    const int number = is_written ? errno : problem;
    std::remove(beside.c_str());
    return std::unexpected(store::file_error(number, "write " + path.string()));
}

/// Names without `extension` of the files in a folder.
Result<std::vector<std::string>> names_in(const fs::path& folder, std::string_view extension) {
    std::vector<std::string> out;
    std::error_code failed;
    for (fs::directory_iterator at(folder, failed), end; !failed && at != end;
         at.increment(failed)) {
        if (at->path().extension() == extension) out.push_back(at->path().stem().string());
    }
    if (failed)
        return std::unexpected(store::file_error(failed.value(), "list " + folder.string()));
    return out;
}

}  // namespace

Result<std::shared_ptr<FilmRoll>> FilmRoll::open(const camera::Films& rules, base::Log log) {
    std::error_code ignored;
    if (!fs::is_directory(rules.folder, ignored))
        return base::fail(ErrorKind::NotFound, "there is no folder {} for films", rules.folder);
    std::shared_ptr<FilmRoll> roll(new FilmRoll(rules, std::move(log)));
    const bool is_old = rules.layout == Layout::Foggycam;
    const fs::path base = is_old ? fs::path(rules.folder) / "capture" / rules.name
                                 : fs::path(rules.folder) / rules.name;
    roll->pictures_ = base / (is_old ? "images" : "pictures");
    roll->films_ = base / (is_old ? "video" : "films");
    CASEMENT_TRY(make_folders(roll->pictures_));
    CASEMENT_TRY(make_folders(roll->films_));
    CASEMENT_TRY(roll->lock_, store::DirectoryLock::take(roll->pictures_.string()));
    CASEMENT_TRY(roll->find_waiting());
    return roll;
}

Result<> FilmRoll::find_waiting() {
    base::WallTime filmed{};
    const auto noted = store::read_file((pictures_ / kFilmed).string(), kMaxNameBytes);
    if (noted) filmed = time_of_picture(rules_.layout, *noted).value_or(filmed);
    CASEMENT_TRY(const auto films, names_in(films_, ".mp4"));
    for (const std::string& name : films)
        filmed = std::max(filmed, time_of_film(rules_.layout, name).value_or(filmed));
    CASEMENT_TRY(const auto half, names_in(pictures_, ".new"));
    for (const std::string& name : half) std::remove((pictures_ / (name + ".new")).c_str());

    CASEMENT_TRY(const auto pictures, names_in(pictures_, ".jpg"));
    const MutexLock lock(mutex_);
    last_ = filmed;
    for (const std::string& name : pictures) {
        const auto time = time_of_picture(rules_.layout, name);
        if (!time) continue;
        last_ = std::max(last_, *time);
        if (*time > filmed) {
            waiting_.push_back(name);
        } else if (!rules_.keep_pictures) {
            std::remove(picture(name).c_str());  // its film is whole, and it had no time to go
        }
    }
    std::ranges::sort(waiting_);
    return {};
}

fs::path FilmRoll::picture(std::string_view name) const {
    return pictures_ / fmt::format("{}.jpg", name);
}

Result<> FilmRoll::add(base::ByteSpan jpeg, base::WallTime at) {
    base::WallTime time = std::chrono::floor<std::chrono::milliseconds>(at);
    {
        const MutexLock lock(mutex_);
        time = std::max<base::WallTime>(time, last_ + std::chrono::milliseconds{1});
        last_ = time;
    }
    std::string name = picture_name(rules_.layout, time);
    CASEMENT_TRY(write_beside(picture(name), jpeg));
    const MutexLock lock(mutex_);
    waiting_.push_back(std::move(name));
    return {};
}

std::size_t FilmRoll::waiting() const {
    const MutexLock lock(mutex_);
    return waiting_.size();
}

bool FilmRoll::has_whole_film() const {
    return waiting() >= static_cast<std::size_t>(rules_.pictures);
}

std::optional<media::Bytes> FilmRoll::read(std::string_view name) const {
    const auto file =
        store::read_file(picture(name).string(), http::MultipartPictures::kMaxPictureBytes);
    if (!file) return std::nullopt;
    return media::Bytes::copy_of(base::as_bytes(*file));
}

Result<bool> FilmRoll::work() {
    if (!making_) making_ = std::make_unique<Making>(rules_.frames_per_second);
    for (int i = 0; i < kPicturesAtATime; ++i) {
        const auto goes_on = take_next();
        if (!goes_on) making_.reset();
        if (!goes_on) return std::unexpected(goes_on.error());
        if (*goes_on) continue;
        const auto made = std::move(making_);
        CASEMENT_TRY(store_film(*made));
        return has_whole_film();
    }
    return true;
}

/// False when the film is whole.
Result<bool> FilmRoll::take_next() {
    Making& m = *making_;
    std::string name;
    {
        const MutexLock lock(mutex_);
        name = waiting_[m.next];
    }
    // One that is gone, or was cut short by a power cut, is in no film.
    auto jpeg = read(name);
    auto taken = Film::Taken::Broken;
    if (jpeg) {
        CASEMENT_TRY(taken, m.film.add(std::move(*jpeg)));
    }
    if (taken == Film::Taken::OtherSize) return false;
    if (taken == Film::Taken::Broken) {
        log_.warn("The picture {} cannot be read, and is in no film", name);
    } else {
        if (m.first.empty()) m.first = name;
        m.last = name;
    }
    return ++m.next < static_cast<std::size_t>(rules_.pictures);
}

Result<> FilmRoll::store_film(Making& made) {
    if (made.film.pictures() > 0) {
        CASEMENT_TRY(const std::string file, made.film.finish());
        const std::string name = film_name(rules_.layout, made.first, made.last);
        CASEMENT_TRY(store::replace_file((films_ / (name + ".mp4")).string(), file));
        log_.info("A film of {} pictures is there: {}", made.film.pictures(), name);
    }
    std::vector<std::string> gone;
    {
        const MutexLock lock(mutex_);
        const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(made.next);
        gone.assign(waiting_.begin(), end);
        waiting_.erase(waiting_.begin(), end);
    }
    CASEMENT_TRY(store::replace_file((pictures_ / kFilmed).string(), gone.back()));
    if (rules_.keep_pictures) return {};
    for (const std::string& name : gone) std::remove(picture(name).c_str());
    return {};
}

}  // namespace casement::sources::snapshots
