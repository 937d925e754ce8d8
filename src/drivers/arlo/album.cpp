#include "drivers/arlo/album.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "base/random.hpp"
#include "protocols/arlo/shown.hpp"
#include "protocols/arlo/upload.hpp"
#include "store/files.hpp"

namespace casement::drivers::arlo {

namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

/// Requests under way. Each device has one at a time, and clients some more.
constexpr std::size_t kMaxExpected = 1024;
/// Nobody guesses it while it is expected.
constexpr std::size_t kNonceBytes = 8;

/// Blocks.
Result<Picture> read_picture(const std::string& path) {
    CASEMENT_TRY(const std::string bytes, store::read_file(path, protocols::arlo::kMaxUploadBytes));
    struct stat file{};
    if (::stat(path.c_str(), &file) != 0)
        return std::unexpected(store::file_error(errno, "look at " + path));
    // The file was written when the picture came, and a picture comes when it was taken.
    const auto at =
        std::chrono::seconds{file.st_mtim.tv_sec} + std::chrono::nanoseconds{file.st_mtim.tv_nsec};
    return Picture{media::Bytes::copy_of(base::as_bytes(bytes)),
                   base::WallTime{std::chrono::duration_cast<std::chrono::microseconds>(at)}};
}

/// Blocks.
Result<> write_picture(const std::string& directory, const std::string& path,
                       const Picture& picture) {
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
        return std::unexpected(store::file_error(errno, "make " + directory));
    return store::replace_file(path, base::as_text(picture.jpeg));
}

}  // namespace

Album::Album(async::Executor executor, AlbumOptions options, async::BlockingPool& disk,
             const base::Clock& clock, base::Log log)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      disk_(disk),
      clock_(clock),
      log_(std::move(log)) {}

std::string Album::path_of(std::string_view serial) const {
    return fmt::format("{}/{}.jpg", options_.directory, serial);
}

// What is expected
// --------------------------------------------------------------------------------------------

void Album::forget_old() {
    const auto now = clock_.steady_now();
    std::erase_if(expected_, [&](const auto& entry) { return entry.second.until <= now; });
    while (expected_.size() >= kMaxExpected)
        expected_.erase(std::ranges::min_element(
            expected_, {}, [](const auto& entry) { return entry.second.number; }));
}

void Album::expect_under(const std::string& id, const std::string& serial, bool is_for_client) {
    forget_old();
    Expected expected;
    expected.serial = serial;
    expected.number = ++numbers_;
    expected.is_for_client = is_for_client;
    expected.until = clock_.steady_now() + options_.expects_for;
    expected.bell = std::make_shared<async::Bell>(executor_);
    expected_.insert_or_assign(id, std::move(expected));
}

Album::Wanted Album::expect(const std::string& serial) {
    Wanted out;
    out.id = fmt::format("{}_{}", serial, base::random_hex(kNonceBytes));
    // The device drops the last component and posts to what is left.
    out.url = fmt::format("{}/snapshot/{}/temp.jpg", base_url_, out.id);
    expect_under(out.id, serial, false);
    return out;
}

Result<> Album::expect_as(const std::string& serial, std::string_view id) {
    if (!protocols::arlo::upload_id(id) || id.contains('/'))
        return fail(ErrorKind::InvalidArgument, "{} cannot name a picture",
                    protocols::arlo::shown(id));
    std::erase_if(shelf_, [&](const Shelved& shelved) { return shelved.id == id; });
    expect_under(std::string(id), serial, true);
    return {};
}

async::Task<Result<Picture>> Album::wait(std::string id, async::Deadline deadline) {
    const auto found = expected_.find(id);
    if (found == expected_.end())
        co_return fail(ErrorKind::NotFound, "no picture is expected there");
    const auto bell = found->second.bell;  // the entry may go meanwhile
    const std::uint64_t number = found->second.number;
    for (;;) {
        const auto now = expected_.find(id);
        if (now == expected_.end() || now->second.number != number)
            co_return fail(ErrorKind::DeadlineExceeded, "the camera sent no picture");
        if (now->second.arrived) co_return *now->second.arrived;
        CASEMENT_CO_TRY(const bool rang, co_await bell->wait_until(deadline.time()));
        if (!rang)
            co_return fail(ErrorKind::DeadlineExceeded,
                           "the camera took the request and sent no picture in time");
    }
}

// What comes
// --------------------------------------------------------------------------------------------

async::Task<Result<>> Album::take(std::string id, std::string content_type, std::string body) {
    if (!protocols::arlo::upload_id(id) || id.contains('/'))
        co_return fail(ErrorKind::InvalidArgument, "{} cannot name a picture",
                       protocols::arlo::shown(id));
    CASEMENT_CO_TRY(const base::ByteSpan jpeg,
                    protocols::arlo::find_picture(content_type, base::as_bytes(body)));
    Picture picture{media::Bytes::copy_of(jpeg), clock_.wall_now()};
    forget_old();
    const auto found = expected_.find(id);
    if (found == expected_.end()) {
        // Nobody asked for it in this life: who knows its id may fetch it, but it is no picture of
        // a camera.
        log_.debug("A picture that nobody asked for came as {}", id);
        put_on_shelf(std::move(id), std::move(picture));
        co_return Result<>{};
    }
    Expected& expected = found->second;
    if (expected.arrived) co_return Result<>{};  // some send it twice
    expected.arrived = picture;
    expected.bell->ring();
    if (expected.is_for_client) put_on_shelf(id, picture);
    co_await keep(expected.serial, expected.number, std::move(picture));
    co_return Result<>{};
}

async::Task<> Album::keep(std::string serial, std::uint64_t number, Picture picture) {
    Newest& newest = newest_[serial];
    if (newest.number > number) co_return;  // asked for before one that has come already
    newest = {picture, picture.taken_at, number, true};
    make_room(serial);
    if (options_.directory.empty()) co_return;
    const auto written =
        co_await disk_.run([directory = options_.directory, path = path_of(serial), picture] {
            return write_picture(directory, path, picture);
        });
    if (!written)
        log_.warn("The newest picture of {} is not on the disk: {}", serial,
                  written.error().message());
}

void Album::make_room(std::string_view but_for) {
    std::size_t bytes = 0;
    for (const auto& [serial, newest] : newest_)
        bytes += newest.picture ? newest.picture->jpeg.size() : 0;
    while (bytes > options_.max_bytes) {
        Newest* oldest = nullptr;
        for (auto& [serial, newest] : newest_) {
            const bool counts = newest.picture && serial != but_for;
            if (counts && (oldest == nullptr || newest.number < oldest->number)) oldest = &newest;
        }
        if (oldest == nullptr) return;
        bytes -= oldest->picture->jpeg.size();
        oldest->picture.reset();
        oldest->is_read = options_.directory.empty();
    }
}

// What is there
// --------------------------------------------------------------------------------------------

async::Task<std::optional<Picture>> Album::newest(std::string serial) {
    const auto found = newest_.find(serial);
    if (found != newest_.end() && (found->second.picture || found->second.is_read))
        co_return found->second.picture;
    if (options_.directory.empty()) co_return std::nullopt;
    const auto read = co_await disk_.run([path = path_of(serial)] { return read_picture(path); });
    Newest& newest = newest_[serial];
    if (newest.picture) co_return newest.picture;  // one came meanwhile
    newest.is_read = true;
    if (!read) {
        if (!read.error().is(ErrorKind::NotFound))
            log_.warn("The newest picture of {} cannot be read: {}", serial,
                      read.error().message());
        co_return std::nullopt;
    }
    newest.picture = *read;
    newest.taken_at = read->taken_at;
    make_room(serial);
    co_return *read;
}

std::optional<base::WallTime> Album::newest_at(std::string_view serial) const {
    const auto found = newest_.find(serial);
    if (found == newest_.end() || found->second.taken_at == base::WallTime{}) return std::nullopt;
    return found->second.taken_at;
}

async::Task<> Album::forget(std::string serial) {
    newest_.erase(serial);
    std::erase_if(expected_, [&](const auto& entry) { return entry.second.serial == serial; });
    if (options_.directory.empty()) co_return;
    const int failed = co_await disk_.run([path = path_of(serial)] {
        return ::unlink(path.c_str()) != 0 && errno != ENOENT ? errno : 0;
    });
    if (failed != 0)
        log_.warn("{}", store::file_error(failed, "remove the picture of " + serial).message());
}

void Album::put_on_shelf(std::string id, Picture picture) {
    std::erase_if(shelf_, [&](const Shelved& shelved) { return shelved.id == id; });
    shelf_.push_back({std::move(id), std::move(picture)});
    std::size_t bytes = 0;
    for (const Shelved& shelved : shelf_) bytes += shelved.picture.jpeg.size();
    while (shelf_.size() > options_.max_shelf || bytes > options_.max_shelf_bytes) {
        bytes -= shelf_.front().picture.jpeg.size();
        shelf_.pop_front();
    }
}

std::optional<Picture> Album::fetch(std::string_view id, bool keep) {
    const auto found = std::ranges::find(shelf_, id, &Shelved::id);
    if (found == shelf_.end()) return std::nullopt;
    Picture picture = found->picture;
    if (!keep) shelf_.erase(found);
    return picture;
}

}  // namespace casement::drivers::arlo
