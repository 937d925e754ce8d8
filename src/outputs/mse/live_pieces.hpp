#pragma once
// One stream as pieces of fMP4 for many viewers: packed (and its sound transcoded) once per set of
// codecs, sent by each viewer as fast as its connection takes it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "async/bell.hpp"
#include "async/task.hpp"
#include "base/clock.hpp"
#include "hub/stream.hpp"
#include "outputs/fanout/wire_stream.hpp"
#include "outputs/mse/codec_choice.hpp"

namespace casement::outputs::mse {

class PieceShard;

/// moof and mdat of one picture with the sound in front of it, on the time line of one viewer.
struct LivePiece {
    media::Bytes head;  // moof: this viewer's
    media::Bytes rest;  // mdat: everybody's
    bool key = false;   // starts with a key frame
    std::int64_t start_us = 0, duration_us = 0;
    base::WallTime wall{};  // capture time of the first unit
};

struct PiecesLost {
    std::uint64_t count =
        0;  // the viewer was too slow for them; what follows starts with a key frame
};
struct PiecesRefused {
    base::Error why;  // nothing of what the camera sends at present can be played; that may change
};

/// One viewer: a cursor in the pieces that all viewers with its choice of codecs share. Lives on
/// the executor given; counts as a viewer, and keeps an on-demand camera wanted.
///
/// Its time line starts at 0 with the first piece and has no holes, whatever it misses, since a
/// hole in its buffer stops a browser and some players look for the beginning at 0. When the camera
/// changes its codecs it chooses anew and goes on.
class PieceViewer {
public:
    /// `kind` and `remote` are for status lists.
    PieceViewer(fanout::FanOut& fan_out, std::shared_ptr<hub::Stream> stream,
                async::Executor executor, CodecList list, std::string kind, std::string remote);
    ~PieceViewer();
    PieceViewer(const PieceViewer&) = delete;
    PieceViewer& operator=(const PieceViewer&) = delete;

    /// WireSetupPtr: what the following pieces decode with; before the first piece and at each
    /// change.
    using Item = std::variant<LivePiece, fanout::WireSetupPtr, PiecesLost, PiecesRefused>;
    /// The next item, or nothing when `until` came first. Errors: Cancelled; NotFound when the
    /// camera was removed.
    async::Task<base::Result<std::optional<Item>>> next(
        base::SteadyTime until = base::SteadyTime::max());

private:
    friend class PieceShard;
    /// Looks at the tracks and joins the pieces that fit; what stands in the way, if anything.
    std::optional<PiecesRefused> join(const media::Tracks& tracks);
    void leave();
    void look_around();
    std::optional<Item> take();
    LivePiece place(const fanout::WireUnitPtr& unit);

    fanout::FanOut& fan_out_;
    const std::shared_ptr<hub::Stream> stream_;
    const async::Executor executor_;
    const CodecList list_;
    const std::string kind_;
    const std::shared_ptr<void> ticket_;
    async::Bell bell_;  // rung by the shard

    std::optional<hub::Reader> scout_;      // while there is nothing to join
    std::optional<media::Tracks> refused_;  // looked at already
    std::shared_ptr<PieceShard> shard_;
    base::SteadyTime joined_at_{};
    fanout::UnitCursor cursor_;
    fanout::WireSetupPtr setup_;

    // The pieces' time `origin_us_` is `begin_us_` for this viewer.
    bool begins_ = true;
    std::int64_t origin_us_ = 0, begin_us_ = 0, end_us_ = 0;
};

}  // namespace casement::outputs::mse
