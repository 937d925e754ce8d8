#pragma once
// FLV tags or RTMP messages in, tracks and access units out.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "formats/flv.hpp"
#include "formats/flv_clock.hpp"
#include "media/parameter_sets.hpp"

namespace casement::formats::flv {

/// When the last byte of a tag arrived.
struct Arrival {
    base::SteadyTime steady{};
    base::WallTime wall{};
};

/// One stream of tags. Not thread-safe; no I/O.
///
///     CASEMENT_TRY(demuxer.push(type, timestamp, body, arrival));
///     while (auto unit = demuxer.next()) ...   // first look whether version() changed
class Demuxer {
public:
    /// One tag. Shares `body` in the access unit wherever nothing has to be taken out of it.
    /// Unsupported (reason "codec") when the video, or all there is, cannot be carried; DataLoss
    /// after kMaxBrokenTags broken tags in a row. Single broken tags are skipped and counted.
    base::Result<> push(TagType type, std::uint32_t timestamp_ms, const media::Bytes& body,
                        Arrival arrival);

    /// Access units in the order of arrival; nullopt while none is complete, and before settled().
    std::optional<media::AccessUnit> next();

    /// Video first; empty before settled(). Changes within push() only: new parameters, or a track
    /// that came late (then it is the last). Drain next() after every push(), so that a change lies
    /// in front of the units that need it. `version` counts the changes.
    const media::Tracks& tracks() const { return tracks_; }
    int version() const { return version_; }

    /// RTMP never says which tracks will come. True once both kinds are set up, or all that the
    /// metadata names, or one when kSettleTime of media has passed. Until then units are kept here,
    /// so that a stream does not start without its audio.
    bool settled() const { return settled_; }

    std::uint64_t broken_tags() const { return broken_tags_; }
    /// Why audio is left out, e.g. "audio in MP3 cannot be carried"; empty when it is not.
    const std::string& left_out() const { return left_out_; }
    /// The object of onMetaData as last sent; Null when never.
    const amf0::Value& metadata() const { return metadata_; }

    /// 25 frames a second: four seconds of rubbish.
    static constexpr int kMaxBrokenTags = 100;
    /// Encoders send both set-ups before or within the first frames.
    static constexpr std::chrono::milliseconds kSettleTime{1000};
    /// Video may begin a key frame interval after audio; nothing but audio that cannot be carried
    /// for longer is an error.
    static constexpr std::chrono::milliseconds kAloneTime{5000};
    /// Kept units while not settled: a second of video and audio is about 80.
    static constexpr std::size_t kMaxKeptUnits = 256;
    static constexpr std::size_t kMaxKeptBytes = std::size_t{16} << 20;

private:
    struct Stream {
        media::CodecParametersPtr parameters;
        int track = -1;          // index into tracks_; -1 before settled_
        bool announced = false;  // by onMetaData
        bool restarted = false;  // the next unit is the first after a break
        std::int64_t last_dts = 0;
        bool started = false;
    };
    struct Kept {
        bool video = false;
        media::AccessUnit unit;
    };

    base::Result<> take(TagType type, std::uint32_t timestamp_ms, const media::Bytes& body,
                        Arrival arrival);
    base::Result<> take_video(const TagBody& tag, std::int64_t ms, const media::Bytes& body,
                              Arrival arrival);
    base::Result<> take_audio(const TagBody& tag, std::int64_t ms, const media::Bytes& body,
                              Arrival arrival);
    base::Result<> configure_video(const TagBody& tag);
    base::Result<> configure_audio(const TagBody& tag);
    base::Result<> configure_unannounced_audio(const TagBody& tag);
    base::Result<int> samples_of(const TagBody& tag) const;
    /// The time of a tag on the stream's line, jumps noted.
    std::int64_t advance(std::uint32_t timestamp_ms, Arrival arrival);
    base::Result<> leave_out(base::Error error, std::uint32_t timestamp_ms, Arrival arrival);
    void take_script(const media::Bytes& body);
    void set_parameters(Stream& stream, media::CodecParametersPtr parameters);
    void keep(Stream& stream, media::AccessUnit unit);
    void settle_if_due(std::int64_t ms);
    void settle();
    void add_track(Stream& stream);

    media::Tracks tracks_;
    int version_ = 0;
    Stream video_, audio_;
    std::unique_ptr<media::ParameterSets> sets_;  // of video_
    media::Bytes video_record_;                   // decoder configuration record as last sent
    int nal_length_bytes_ = 4;
    int aac_frame_ticks_ = 1024;
    bool saw_key_picture_ = false;
    Timeline timeline_;
    SampleClock audio_clock_;
    std::optional<std::int64_t> first_ms_;
    bool settled_ = false;
    std::vector<Kept> kept_;
    std::size_t next_kept_ = 0;
    std::size_t kept_bytes_ = 0;  // counted until settled_
    std::uint64_t broken_tags_ = 0;
    int broken_in_a_row_ = 0;
    std::string left_out_;
    amf0::Value metadata_;
};

}  // namespace casement::formats::flv
