#pragma once
// What a playback's channels bring, as access units: NAL units joined to pictures, sound taken out
// of its frames, times from the deltas.

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "media/access_unit.hpp"
#include "media/parameter_sets.hpp"
#include "media/track.hpp"
#include "protocols/nest/client_session.hpp"

namespace casement::protocols::nest {

/// Of one playback. Time comes from the server's deltas alone, each channel on its own clock:
/// pictures come at any rate, and the rate changes with the light.
class PlaybackMedia {
public:
    /// More NAL units or bytes than this are no picture: it is dropped and counted.
    static constexpr std::size_t kMaxNals = 200;
    static constexpr std::size_t kMaxPictureBytes = std::size_t{4} << 20;

    /// Unsupported "codec" when no channel is H.264.
    static base::Result<PlaybackMedia> begin(const std::vector<Channel>& channels);

    struct Arrival {
        base::SteadyTime steady{};
        base::WallTime wall{};
    };
    void push(const Frame& frame, Arrival arrival);
    /// The last picture is complete.
    void finish();

    /// The first pictures wait for what the sound is, half a second of them at most: whoever looks
    /// at once would be told of a track that nobody can describe.
    std::optional<media::AccessUnit> next();
    /// Those of the units that next() gives: ask after it. Pictures are track 0, sound track 1.
    const media::Tracks& tracks() const { return tracks_; }
    /// Another number whenever tracks() changed.
    int version() const { return version_; }
    /// Pictures and frames of sound that could not be used, since the last call.
    std::uint64_t take_lost() { return std::exchange(lost_, 0); }

private:
    struct Line {
        std::int32_t channel = 0;
        std::int64_t pts = 0;
        bool has_begun = false;
        void advance(std::int64_t delta, std::uint32_t clock_rate);
    };
    PlaybackMedia() = default;
    void push_picture(const Frame& frame, Arrival arrival);
    void push_nal(media::ByteSpan nal, Arrival arrival);
    void push_sound(const Frame& frame, Arrival arrival);
    void push_aac(media::ByteSpan raw, media::Bytes config, std::int64_t pts, Arrival arrival);
    void end_picture();
    bool awaits_sound() const;
    void set_parameters(std::size_t track, media::CodecParametersPtr parameters);

    media::Tracks tracks_;
    int version_ = 1;
    Line video_;
    std::optional<Line> audio_;
    media::ParameterSets sets_{media::Codec::H264};
    media::NalJoiner joiner_{media::Codec::H264};
    std::size_t nals_ = 0;
    bool is_too_big_ = false;
    std::int64_t picture_pts_ = 0;
    Arrival picture_arrival_;
    media::Bytes audio_config_;
    std::deque<media::AccessUnit> ready_;
    bool has_given_any_ = false;
    std::uint64_t lost_ = 0;
};

}  // namespace casement::protocols::nest
