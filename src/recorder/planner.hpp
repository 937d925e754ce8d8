#pragma once
// From access units to what is written: where segments begin, which units make a fragment, when a
// run ends. No disk, no waiting.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "formats/fmp4/writer.hpp"
#include "hub/gop_log.hpp"
#include "media/access_unit.hpp"
#include "recorder/segment.hpp"

namespace casement::recorder {

// What is to be done, in this order. `file` numbers the open files of one camera: two are open
// while the old one waits for its last sound.
struct BeginRun {
    Run run;
};
/// The file is made at its first Append, so that there is none without a picture.
struct OpenSegment {
    std::uint64_t file = 0;
    Segment segment;
    media::Bytes init;
};
struct Append {
    std::uint64_t file = 0;
    std::vector<media::Bytes> pieces;  // share the units' buffers
    std::uint64_t bytes = 0;
    base::WallTime end;  // of the segment with this
};
struct CloseSegment {
    std::uint64_t file = 0;
    media::Bytes tail;  // the index of key frames
};
struct EndRun {
    EndReason reason = EndReason::None;
    std::string detail;
};
using Op = std::variant<BeginRun, OpenSegment, Append, CloseSegment, EndRun>;

struct PlannerOptions {
    std::chrono::milliseconds segment{60'000};  // cut at the first key frame after
};

/// Not thread-safe. Bounded: a fragment is closed after a second of media or 8 MiB, whatever
/// arrives.
class Planner {
public:
    /// Media in one fragment at most: what a kill takes is less, because beat() comes more often.
    static constexpr std::chrono::milliseconds kFragment{1000};
    static constexpr std::size_t kFragmentBytes = 8u << 20;  // a second of 64 Mbit/s
    /// Without a key frame for so long the run is ended: players could not seek, and the index
    /// looks back this far only.
    static constexpr std::chrono::minutes kLongestSegment{50};
    /// The wall clock was set, or the camera's clock runs away: times in the index must stay true.
    static constexpr std::chrono::seconds kDrift{2};
    /// What a camera or relay may have kept and give in one go when it is asked.
    static constexpr std::chrono::seconds kLargestBacklog{30};

    Planner(std::string camera, PlannerOptions options, std::function<std::string()> make_run_id);

    void set_segment(std::chrono::milliseconds length) { options_.segment = length; }
    /// The tracks of the units that follow. A change ends the run.
    void parameters(const media::Tracks& tracks);
    /// Units before the first key frame are left out.
    void unit(const media::AccessUnitPtr& unit);
    /// Everything taken so far becomes ops. Called about once a second.
    void beat();
    /// beat(), and closes what is open. Does nothing when no run goes on.
    void end_run(EndReason reason, std::string detail = {});
    /// Forgets what is open without ops: the disk failed.
    void abandon();

    std::vector<Op> take_ops() {
        is_start_open_ = false;
        return std::exchange(ops_, {});
    }
    bool in_run() const { return run_.has_value(); }
    const std::string& run_id() const { return run_->id; }
    /// Units whose fragment could not be made (larger than the format allows).
    std::uint64_t unusable() const { return unusable_; }

private:
    struct Buffer {  // the units of one track in the fragment being gathered
        std::vector<media::AccessUnitPtr> units;
        std::uint32_t last_duration = 0;  // ticks, of the unit before
        std::int64_t base = 0;            // ticks: media time zero
    };
    struct Open {
        std::uint64_t file = 0;
        base::WallTime start;
        std::int64_t base_us = 0;
        std::uint64_t bytes = 0;
        std::uint32_t fragments = 0;
        std::chrono::microseconds length{};
        std::vector<Buffer> tracks;
        std::vector<formats::fmp4::RandomAccessPoint> points;
        std::size_t gathered_bytes = 0;
    };
    struct OpenRun {
        std::string id;
        base::WallTime start;
        std::int64_t start_us = 0;  // media time
        std::uint32_t segments = 0;
        std::uint64_t first_file = 0;
    };

    bool begin(const media::AccessUnit& first);
    /// A camera or relay that gives what it had kept in one go: its first picture is older than its
    /// arrival. The run began so much earlier.
    void begin_earlier(std::chrono::microseconds by);
    base::Result<media::Bytes> write_init(base::WallTime start, std::uint32_t sequence) const;
    void gather(Open& open, const media::AccessUnitPtr& unit);
    /// `next`: decoding time of the unit of the leading track that follows, when it is known.
    void flush(Open& open, std::optional<std::int64_t> next);
    void finish(std::optional<Open>& open);
    std::int64_t to_us(std::int64_t ticks, int track) const;
    bool must_roll(const media::AccessUnit& key) const;

    const std::string camera_;
    PlannerOptions options_;
    const std::function<std::string()> make_run_id_;

    media::Tracks tracks_;  // those that can be written
    int leader_ = -1;       // index in tracks_ of the video track, else of the first
    std::vector<Op> ops_;
    std::uint64_t next_file_ = 0;
    std::optional<OpenRun> run_;
    bool is_start_open_ = false;  // the run's first ops are here still
    std::optional<Open> open_;
    std::optional<Open> closing_;  // the segment before, until the next beat: sound that belongs to
                                   // it arrives after the picture
    std::uint64_t unusable_ = 0;
};

}  // namespace casement::recorder
