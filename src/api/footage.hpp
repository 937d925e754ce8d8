#pragma once
// What the API asks of the recorder: what is there, and a stretch of it as one file.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "media/bytes.hpp"

namespace casement::api {

struct Stretch {
    base::WallTime start{}, end{};
    std::int64_t run = 0;
    std::uint64_t bytes = 0;
};
struct TypedGap {
    base::WallTime start{}, end{};
    std::string reason;  // the recorder's word: "camera-unreachable"...
    std::string text;    // a sentence
};
struct FootageList {
    std::vector<Stretch>
        segments;  // oldest first, one per file; the API joins touching ones of a run
    std::vector<TypedGap> gaps;
};

/// A stretch as one fragmented MP4, read piece by piece on the caller's executor.
class Footage {
public:
    virtual ~Footage() = default;
    /// The wall clock at media time 0: the key frame at or before what was asked for.
    virtual base::WallTime start() const = 0;
    /// Bytes in all, where that is known beforehand.
    virtual std::optional<std::uint64_t> size() const = 0;
    /// The next piece (some 100 KiB); empty at the end.
    virtual async::Task<base::Result<media::Bytes>> next() = 0;
};

/// Implemented over the recorder. Thread-safe; calls resume on the caller's executor.
class FootageStore {
public:
    virtual ~FootageStore() = default;
    virtual async::Task<base::Result<FootageList>> list(std::string camera, base::WallTime from,
                                                        base::WallTime to) = 0;
    /// NotFound when nothing was recorded then.
    virtual async::Task<base::Result<std::unique_ptr<Footage>>> open(std::string camera,
                                                                     base::WallTime from,
                                                                     base::WallTime to) = 0;
};

}  // namespace casement::api
