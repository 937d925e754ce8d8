#pragma once
// A camera's pictures on the disk, and the films that they become.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/mutex.hpp"
#include "camera/endpoint.hpp"
#include "sources/snapshots/film.hpp"
#include "store/files.hpp"

namespace casement::sources::snapshots {

/// Every picture that was added is in a film exactly once and in order, whenever the program ends:
/// pictures stay until their film is safely on the disk, a film is called after its last picture,
/// and pictures older than that are not filmed again.
///
/// Blocks. Thread-safe for one that adds and one that films.
class FilmRoll {
public:
    /// Makes the camera's folders in one that exists, and finds the pictures that wait there.
    /// FailedPrecondition when somebody else films there, NotFound when the folder is missing.
    static base::Result<std::shared_ptr<FilmRoll>> open(const camera::Films& rules, base::Log log);

    /// A picture that can be decoded. Its name is its time, or a little later where the clock went
    /// back.
    base::Result<> add(base::ByteSpan jpeg, base::WallTime at);

    /// How many pictures are not in a film yet.
    std::size_t waiting() const;
    bool has_whole_film() const;
    /// Some pictures' work on the next film; true when there is more to do. Only while there is a
    /// whole one.
    base::Result<bool> work();

private:
    struct Making {
        explicit Making(int frames_per_second) : film(frames_per_second) {}
        Film film;
        std::size_t next = 0;  // of `waiting_`
        std::string first, last;
    };
    base::Result<bool> take_next();
    base::Result<> store_film(Making& made);
    FilmRoll(camera::Films rules, base::Log log) : rules_(std::move(rules)), log_(std::move(log)) {}
    base::Result<> find_waiting();
    std::filesystem::path picture(std::string_view name) const;
    std::optional<media::Bytes> read(std::string_view name) const;

    const camera::Films rules_;
    const base::Log log_;
    std::filesystem::path pictures_, films_;
    std::unique_ptr<store::DirectoryLock> lock_;

    mutable base::Mutex mutex_;
    std::vector<std::string> waiting_ CASEMENT_GUARDED_BY(mutex_);
    base::WallTime last_ CASEMENT_GUARDED_BY(mutex_){};

    std::unique_ptr<Making> making_;  // of the one that films
};

}  // namespace casement::sources::snapshots
