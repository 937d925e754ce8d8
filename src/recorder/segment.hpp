#pragma once
// What is on the disk, in the words of docs/ref/recording-format.md: segments (files), runs
// (stretches without a break), and why a run ended.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace casement::recorder {

/// One file.
struct Segment {
    std::string camera;
    std::string file;      // below the camera's folder: "2026-11-20/21-00-00.123Z.mp4"
    base::WallTime start;  // capture time of media time zero
    base::WallTime end;    // of the end of the last picture
    std::uint64_t bytes = 0;
    std::string run;
    std::uint32_t sequence = 0;  // in its run, from 0
    std::string codecs;          // RFC 6381, comma separated: "avc1.64001f,mp4a.40.2"
    bool operator==(const Segment&) const = default;
};

enum class EndReason : std::uint8_t {
    None,          // it goes on
    Unreachable,   // the camera or its vendor gave no pictures; `detail` has the reason code
                   // ("no-route", "session-ended"...)
    Privacy,       // shutters closed
    RecordingOff,  // somebody switched recording off, or no event asked for it
    DiskFull,
    DiskSlow,  // the disk took longer than the memory allowed for waiting
    DiskError,
    Restart,  // the hub stopped, or was killed
    Lost,     // pictures were lost inside the hub
    Changed,  // the camera changed its codec set-up: the next run follows at once
    Unknown,  // of an index that was rebuilt from files
};
/// "unreachable", "disk-full"...; "" for None.
std::string_view to_string(EndReason reason);
EndReason parse_end_reason(std::string_view text);

/// A stretch without a break.
struct Run {
    std::string id;  // global, sortable by time
    std::string camera;
    base::WallTime start;
    std::optional<base::WallTime> end;  // empty while it goes on
    EndReason reason = EndReason::None;
    std::string detail;  // a reason code of the copy deck, where there is one
    bool operator==(const Run&) const = default;
};

}  // namespace casement::recorder
