#pragma once
// The pen of a source: what it writes becomes the stream.

#include <memory>

#include "media/access_unit.hpp"
#include "media/track.hpp"

namespace casement::hub {

class Stream;

/// One per run of a source. Thread-safe against readers; one thread writes with one writer. The
/// newest writer of a stream holds the pen: what an older one still publishes (a publisher that was
/// replaced, on another thread) is dropped.
///
/// Timestamps of a run start anywhere: the writer moves them so that the stream's time stays
/// monotone across runs and slates, with one offset for all tracks, so that their relation to each
/// other (A/V offset) is kept. Units before the first video key frame of a run are dropped. Data is
/// not copied.
class StreamWriter {
public:
    explicit StreamWriter(std::shared_ptr<Stream> stream);
    ~StreamWriter();
    StreamWriter(const StreamWriter&) = delete;
    StreamWriter& operator=(const StreamWriter&) = delete;

    /// The whole set of tracks, ids 0..n-1, video first. Called before the first unit, and again
    /// whenever a track's parameters change; tracks whose parameters are still null are allowed
    /// until their first unit. Readers are told in-band.
    void set_tracks(media::Tracks tracks);

    /// From the next set_tracks() on, audio tracks and their units are dropped, here and in every
    /// writer that this one hands over: for a camera whose sound is not wanted. In one place,
    /// because publishers and files cannot be asked to leave it out.
    void leave_out_audio();

    /// `unit.track` must be an id of set_tracks. pts and dts are ticks of the run's own timeline,
    /// common to its tracks; `received_at` is filled in when it is zero.
    void publish(media::AccessUnit unit);

    /// Somebody watches the stream at this moment. Where nobody does, a source may gather what
    /// comes for some tenths of a second.
    bool is_watched() const;

    /// A new writer for the same stream, which takes the pen from this one: for a publisher's
    /// session on its own thread.
    std::unique_ptr<StreamWriter> hand_over() const;

    /// Units that the source knows it has lost (RTP loss, damaged frames): counted.
    void count_lost(std::uint64_t units);

private:
    struct Run;
    std::shared_ptr<Stream> stream_;
    std::unique_ptr<Run> run_;
    std::uint64_t pen_;
};

}  // namespace casement::hub
