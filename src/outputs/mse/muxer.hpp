#pragma once
// Access units into fMP4 pieces for Media Source Extensions and HLS: an init segment, then one
// fragment per picture with the sound that came in between.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "ffmpeg/audio_transcoder.hpp"
#include "media/access_unit.hpp"
#include "outputs/fanout/wire_unit.hpp"
#include "outputs/mse/codec_choice.hpp"

namespace casement::outputs::mse {

/// Not thread-safe. Costs one copy of each unit, and 0.1 to 0.3 ms per unit of audio that has to be
/// transcoded.
///
/// Time line: starts at 0 with the first unit and has no holes. After a loss or a jump of the
/// source (more than three seconds) the next key frame follows directly on what was sent before,
/// since a hole in its buffer stops a browser.
class Muxer {
public:
    explicit Muxer(CodecList list) : list_(std::move(list)) {}

    using Setup = fanout::WireSetup;
    /// Errors as choose_codecs, and of the transcoder. The time line goes on.
    base::Result<Setup> set_tracks(const media::Tracks& tracks);

    struct Piece {
        std::vector<std::uint8_t> bytes;  // moof and mdat
        bool key = false;                 // starts with a key frame
        std::int64_t start_us = 0,
                     duration_us = 0;  // of the leading track, on the output's time line
        base::WallTime wall{};         // capture time of its first unit
    };
    /// Appends what became ready. Units of tracks that were not chosen are ignored. Errors leave
    /// the muxer usable.
    base::Result<> push(const media::AccessUnitPtr& unit, std::vector<Piece>& out);
    /// Units are missing in front of the next one.
    void lost() { joined_ = false; }

private:
    struct Lane {
        media::Track track;          // as written
        int source_id = 0;           // Track::id of the units pushed
        std::int64_t shift = 0;      // taken off dts, in ticks
        std::int64_t next_dts = 0;   // end of what was sent, on the output's time line
        std::int64_t last_dts = 0;   // source ticks of the last unit
        std::uint32_t duration = 0;  // the last distance of two units
        bool started = false;
    };
    void join(Lane& leader, const media::AccessUnit& unit);
    base::Result<> push_audio(const media::AccessUnitPtr& unit);
    base::Result<> push_video(const media::AccessUnitPtr& unit, std::vector<Piece>& out);
    bool audio_is_due() const;
    base::Result<> emit(const media::AccessUnitPtr* video, std::vector<Piece>& out);

    const CodecList list_;
    std::optional<Lane> video_, audio_;
    std::unique_ptr<ffmpeg::AudioTranscoder> transcoder_;
    std::vector<media::AccessUnit> transcoded_;  // scratch
    std::vector<media::AccessUnitPtr>
        pending_;  // audio on the output's time line, waiting for the next picture
    std::vector<std::uint32_t> durations_;  // scratch
    bool joined_ = false;
    std::int64_t end_us_ = 0;  // of the leading lane, on the output's time line
    std::uint32_t sequence_ = 0;
};

}  // namespace casement::outputs::mse
