#pragma once
// The last segments of one stream in memory: what playlists are made of. No clock, no stream, no
// coroutine.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.hpp"
#include "outputs/mse/live_pieces.hpp"

namespace casement::outputs::hls {

/// Written by one muxer, read by any connection. Thread-safe.
class PlaylistLog {
public:
    /// A new init segment: the segment under way ends, and what follows is another time line to the
    /// player.
    void set_init(media::Bytes init);
    /// The next piece of media. A segment ends at the first key frame after kMinSegmentUs.
    void add(const mse::LivePiece& piece);

    /// Nothing while there is no whole segment. `suffix` ("?token=...") is put behind every
    /// address.
    std::optional<std::string> playlist(std::string_view suffix) const;
    /// `version` as the playlist names it; 0 = the newest.
    std::optional<media::Bytes> init(std::uint32_t version) const;
    std::optional<media::Bytes> segment(std::uint64_t number) const;

    static constexpr std::size_t kListed = 7;
    /// Segments that left the list stay for players that read it a moment ago (RFC 8216 §6.2.2).
    static constexpr std::size_t kKept = 10;
    /// Two seconds, less what key frames every second may be early.
    static constexpr std::int64_t kMinSegmentUs = 1'800'000;
    /// A stream without key frames is cut all the same: players and memory want an end.
    static constexpr std::int64_t kMaxSegmentUs = 20'000'000;
    static constexpr std::size_t kMaxSegmentBytes = std::size_t{32} << 20;

private:
    struct Segment {
        std::uint64_t number = 0;
        std::uint32_t init_version = 0;
        bool discontinuity = false;
        std::int64_t duration_us = 0;
        base::WallTime wall{};
        media::Bytes bytes;
    };
    void close_segment() CASEMENT_REQUIRES(mutex_);

    mutable base::Mutex mutex_;
    std::deque<Segment> segments_ CASEMENT_GUARDED_BY(mutex_);
    std::deque<std::pair<std::uint32_t, media::Bytes>> inits_ CASEMENT_GUARDED_BY(mutex_);
    std::uint32_t init_version_ CASEMENT_GUARDED_BY(mutex_) = 0;
    std::uint64_t next_number_ CASEMENT_GUARDED_BY(mutex_) = 0;
    std::uint64_t discontinuities_gone_ CASEMENT_GUARDED_BY(mutex_) =
        0;  // with segments that are not kept any more
    std::uint64_t listed_from_ CASEMENT_GUARDED_BY(mutex_) = 0;
    bool break_before_next_ CASEMENT_GUARDED_BY(mutex_) = false;
    std::vector<media::Bytes> pieces_ CASEMENT_GUARDED_BY(mutex_);  // of the segment under way
    std::size_t piece_bytes_ CASEMENT_GUARDED_BY(mutex_) = 0;
    std::int64_t start_us_ CASEMENT_GUARDED_BY(mutex_) = 0;
    std::int64_t end_us_ CASEMENT_GUARDED_BY(mutex_) = 0;
    base::WallTime wall_ CASEMENT_GUARDED_BY(mutex_){};
};

}  // namespace casement::outputs::hls
