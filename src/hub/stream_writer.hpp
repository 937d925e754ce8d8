#pragma once
// The pen of a source: what it writes becomes the stream.

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/clock.hpp"
#include "media/access_unit.hpp"
#include "media/track.hpp"

namespace casement::hub {

class Stream;

/// When a writer takes the pen of its stream, and from whom. In rising order: a picture of a higher
/// one goes before what a lower one writes.
enum class Claim : std::uint8_t {
    Filler,     // when it is made, until anybody has a picture
    Spare,      // with its first key frame; what comes before is dropped, and is no loss
    Preferred,  // the same, and it takes the pen back, with a key frame, from a filler or a spare
    Sole,       // when it is made
};

/// What a writer has brought to its stream so far, for whoever watches over it. Thread-safe.
class Progress {
public:
    /// When the newest picture came (the newest sound, where there are no pictures); zero: none
    /// yet.
    base::SteadyTime last_picture() const {
        return base::SteadyTime(base::SteadyTime::duration(last_picture_.load()));
    }
    /// How often it began to write, each time with a key frame.
    std::uint64_t runs() const { return runs_.load(); }

private:
    friend class StreamWriter;
    std::atomic<base::SteadyTime::rep> last_picture_{0};
    std::atomic<std::uint64_t> runs_{0};
};

/// One per run of a source. Thread-safe against readers; one thread writes with one writer. The
/// newest writer of a stream holds the pen: what an older one still publishes (a publisher that was
/// replaced, on another thread) is dropped.
///
/// Timestamps of a run start anywhere: the writer moves them so that the stream's time stays
/// monotone across runs and slates, with one offset for all tracks, so that their relation to each
/// other (A/V offset) is kept. Units before the first video key frame of a run are dropped, and
/// those of a time that the stream has shown already. Data is not copied.
class StreamWriter {
public:
    explicit StreamWriter(std::shared_ptr<Stream> stream, Claim claim = Claim::Sole);
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

    /// A new writer for the same stream, which takes the pen from this one as `claim` says: for a
    /// publisher's session on its own thread, or for a second way in that is made ready while the
    /// first still writes. Without `claim`: as this one. It keeps what this one leaves out, and
    /// tells the same progress.
    std::unique_ptr<StreamWriter> hand_over() const;
    std::unique_ptr<StreamWriter> hand_over(Claim claim) const;

    /// From now on, for this writer and those that it hands over.
    void tell(std::shared_ptr<Progress> progress);

    /// Units that the source knows it has lost (RTP loss, damaged frames): counted.
    void count_lost(std::uint64_t units);

private:
    struct Run;
    bool begins_with(const media::AccessUnit& unit, const media::Track& track) const;
    bool begin(const media::AccessUnit& unit, const media::Track& track);

    const std::shared_ptr<Stream> stream_;
    const Claim claim_;
    std::shared_ptr<Progress> progress_;
    std::unique_ptr<Run> run_;
    std::uint64_t pen_ = 0;  // 0: none yet
};

}  // namespace casement::hub
