#pragma once
// The pictures that devices upload: which are expected, the newest of each device, and those that a
// client fetches once.

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "async/bell.hpp"
#include "async/blocking_pool.hpp"
#include "async/deadline.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "media/bytes.hpp"

namespace casement::drivers::arlo {

struct Picture {
    media::Bytes jpeg;
    base::WallTime taken_at{};
};

/// Where pictures are kept, and where devices are told to send them.
struct AlbumOptions {
    /// Folder of the newest picture of each device, "<serial>.jpg"; made where it is missing.
    /// Empty = memory only.
    std::string directory;
    /// In memory, of all devices; what does not fit is read again when it is asked for.
    std::size_t max_bytes = std::size_t{64} << 20;
    /// Of pictures that nobody fetched by their id.
    std::size_t max_shelf_bytes = std::size_t{32} << 20;
    std::size_t max_shelf = 32;
    /// A picture that comes later than this after it was asked for belongs to nobody.
    std::chrono::seconds expects_for{120};
};

/// Lives on one executor. Pool and clock outlive it. Serial numbers are those that the driver
/// admitted: they name files.
class Album {
public:
    Album(async::Executor executor, AlbumOptions options, async::BlockingPool& disk,
          const base::Clock& clock, base::Log log);

    /// Where devices reach the door of uploads: "http://172.14.1.1:5000". Empty = nowhere, and no
    /// picture can be asked for.
    void set_base_url(std::string url) { base_url_ = std::move(url); }
    bool is_reachable() const { return !base_url_.empty(); }
    const std::string& base_url() const { return base_url_; }
    const async::Executor& executor() const { return executor_; }

    /// A picture that a device is about to be asked for. The id is random: nobody who does not know
    /// it can put a picture in its place.
    struct Wanted {
        std::string id;
        std::string url;  // for FullSnapshot
    };
    Wanted expect(const std::string& serial);
    /// The same under an id that a client chose, who will fetch the picture by it; whatever lay
    /// there is gone. InvalidArgument for an id that upload_id() refuses.
    base::Result<> expect_as(const std::string& serial, std::string_view id);
    /// The picture that was expected under this id. DeadlineExceeded, Cancelled; NotFound when it
    /// is not expected. One waiter per id.
    async::Task<base::Result<Picture>> wait(std::string id, async::Deadline deadline);

    /// An upload. A second one of the same id is taken and changes nothing. InvalidArgument (the
    /// id), DataLoss (no whole JPEG in it), ResourceExhausted (too long).
    async::Task<base::Result<>> take(std::string id, std::string content_type, std::string body);

    /// The newest picture of a device, from the disk when it is not in memory.
    async::Task<std::optional<Picture>> newest(std::string serial);
    /// The same without the disk.
    std::optional<base::WallTime> newest_at(std::string_view serial) const;
    /// Of a device that is gone.
    async::Task<> forget(std::string serial);

    /// A picture by the id that it came under; `keep` = it may be fetched again.
    std::optional<Picture> fetch(std::string_view id, bool keep);

private:
    struct Expected {
        std::string serial;
        std::uint64_t number = 0;  // rises with every request
        bool is_for_client = false;
        base::SteadyTime until{};
        std::shared_ptr<async::Bell> bell;
        std::optional<Picture> arrived;
    };
    struct Newest {
        std::optional<Picture> picture;  // empty: on the disk, or nowhere
        base::WallTime taken_at{};
        std::uint64_t number = 0;
        bool is_read = false;  // what the disk has is known
    };
    struct Shelved {
        std::string id;
        Picture picture;
    };

    void expect_under(const std::string& id, const std::string& serial, bool is_for_client);
    void forget_old();
    async::Task<> keep(std::string serial, std::uint64_t number, Picture picture);
    void put_on_shelf(std::string id, Picture picture);
    void make_room(std::string_view but_for);
    std::string path_of(std::string_view serial) const;

    const async::Executor executor_;
    const AlbumOptions options_;
    async::BlockingPool& disk_;
    const base::Clock& clock_;
    const base::Log log_;
    std::string base_url_;
    std::uint64_t numbers_ = 0;
    std::map<std::string, Expected, std::less<>> expected_;  // by id
    std::map<std::string, Newest, std::less<>> newest_;      // by serial
    std::list<Shelved> shelf_;                               // oldest first
};

}  // namespace casement::drivers::arlo
