#pragma once
// What a test camera sees and hears: one encoder at its own pace, shared by everybody who looks at
// the camera.

#include <chrono>
#include <cstdint>
#include <memory>

#include "async/blocking_pool.hpp"
#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "ffmpeg/test_picture.hpp"
#include "media/access_unit.hpp"
#include "media/track.hpp"

namespace casement::emulators::testcam {

using TracksPtr = std::shared_ptr<const media::Tracks>;

/// A unit and the tracks it decodes with: another pointer means other parameters.
struct FeedItem {
    media::AccessUnitPtr unit;
    TracksPtr tracks;
};

/// Encodes only while somebody taps it. Lives on one executor, taps too; encoding happens on the
/// pool.
class Feed {
public:
    /// Opens the encoders on the pool, without a wait for it elsewhere. The pool and the clock
    /// outlive the feed.
    static async::Task<base::Result<std::shared_ptr<Feed>>> open(async::Executor executor,
                                                                 async::BlockingPool& pool,
                                                                 const base::Clock& clock,
                                                                 ffmpeg::TestPictureOptions options,
                                                                 base::Log log);
    /// Taps end with Cancelled.
    ~Feed();
    /// Ends the encoding and waits for the pool to have left it. Nothing comes any more; the
    /// destructor then has nothing to end.
    async::Task<> stop();

    const async::Executor& executor() const;
    const base::Clock& clock() const;
    /// Video is track 0, audio track 1.
    const TracksPtr& tracks() const;

    /// A cursor of one client. Starts at the next key frame, which is made at once.
    class Tap {
    public:
        Tap(Tap&&) noexcept;
        ~Tap();
        /// Waits for the next unit. A client that is five seconds behind loses everything up to the
        /// next key frame, as with real cameras. Errors: Cancelled.
        async::Task<base::Result<FeedItem>> next();

    private:
        friend class Feed;
        struct Queue;
        explicit Tap(std::shared_ptr<Queue> queue);
        std::shared_ptr<Queue> queue_;
    };
    Tap tap();

    // Faults.
    /// Nothing comes any more, connections stay.
    void set_stalled(bool stalled);
    /// From the next frame on: other size, other parameters. Sizes that TestPicture refuses are
    /// logged and ignored.
    void resize(int width, int height);
    /// From the next frame on only one picture in `every` is sent, each a key frame of its own;
    /// sound goes on. A camera in dim light. 1: all, as before.
    void set_sparse(int every);
    /// Timestamps and wall clock are moved by this from the next frame on, forwards or back.
    void jump_clock(std::chrono::microseconds by);

    /// Encoded since the start.
    std::uint64_t frames() const;

private:
    struct State;
    explicit Feed(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

}  // namespace casement::emulators::testcam
