#pragma once
// What a camera has told of itself, put together from answers and pushes.

#include <string>
#include <vector>

#include "protocols/nanit/message.hpp"

namespace casement::drivers::nanit {

namespace pb = protocols::nanit::pb;

/// Presence decides: a push names what changed, and what a camera leaves out it has not said. Never
/// replaced, always merged; memory is bounded whatever comes.
struct Held {
    pb::Settings settings;  // `sensors` once per type; without `streams`
    pb::Control control;
    pb::Status status;
    pb::Playback playback;            // status, duration, current_track
    std::vector<std::string> tracks;  // file names; empty = nobody has told

    void take(const pb::Settings& said);
    void take(const pb::Control& said);
    void take(const pb::Status& said);
    void take(const pb::Playback& said);
    void take_tracks(const pb::Response& said);

    static constexpr std::size_t kMaxTracks = 64;
    static constexpr std::size_t kMaxTrackBytes = 100;
};

/// Letters, digits, blanks and .-_()' of a file: what may be shown and sent back.
bool is_track(std::string_view name);

}  // namespace casement::drivers::nanit
