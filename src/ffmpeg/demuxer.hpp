#pragma once
// Media files of any usual kind (MP4, Matroska, MPEG-TS, Annex B, WAV, Ogg) as tracks and access
// units.

#include <filesystem>
#include <memory>
#include <optional>

#include "base/error.hpp"
#include "media/access_unit.hpp"
#include "media/track.hpp"

namespace casement::ffmpeg {

/// Reads one file through callbacks over its descriptor: libavformat never opens a path, a URL or a
/// socket itself. Not thread-safe; every call blocks on the disk, so it belongs on a BlockingPool.
class Demuxer {
public:
    /// Keeps the first video and the first audio track that we carry, and ignores the others.
    /// NotFound, PermissionDenied; DataLoss when it is no media file; Unsupported when it has no
    /// track that we carry.
    static base::Result<std::unique_ptr<Demuxer>> open(const std::filesystem::path& file);
    ~Demuxer();

    /// Video first, ids from 0. Parameters may be replaced by next() when they change inside the
    /// file.
    const media::Tracks& tracks() const;

    /// The next unit in file order, timestamps from 0; empty at the end of the file.
    base::Result<std::optional<media::AccessUnit>> next();
    /// Back to the first unit.
    base::Result<> rewind();

private:
    struct State;
    explicit Demuxer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace casement::ffmpeg
