#pragma once
// AAC, Opus and G.711 out of planar float samples.

#include <cstdint>
#include <span>
#include <vector>

#include "ffmpeg/audio_transcoder.hpp"
#include "ffmpeg/handles.hpp"

namespace casement::ffmpeg {

/// `format` with its zeros replaced by what suits a source of this rate and these channels.
/// InvalidArgument for what no codec can do.
base::Result<AudioFormat> completed(AudioFormat format, int source_rate, int source_channels);

/// Takes samples in any number, gives units with the encoder's look-ahead taken off their
/// timestamps. Not thread-safe.
class AudioEncoder {
public:
    /// `format` as completed() made it.
    static base::Result<AudioEncoder> open(const AudioFormat& format);

    const media::CodecParametersPtr& parameters() const { return parameters_; }
    const AudioFormat& format() const { return format_; }
    int samples_per_unit() const { return frame_samples_; }

    /// pts of the next sample to be put, in ticks of the sample rate. Only before the first put()
    /// or after finish().
    void start_at(std::int64_t pts);
    std::int64_t position() const { return start_ + taken_; }

    /// One pointer per channel, float -1 to 1. Units (data, pts, dts) are appended to `out`.
    base::Result<> put(std::span<const float* const> channels, int samples,
                       std::vector<media::AccessUnit>& out);
    base::Result<> put_silence(int samples, std::vector<media::AccessUnit>& out);
    /// Pads to a whole unit and gives everything; the encoder is then as new.
    base::Result<> finish(std::vector<media::AccessUnit>& out);

private:
    AudioEncoder(AudioFormat format, CodecContextHandle context);
    base::Result<> encode_whole_frames(std::vector<media::AccessUnit>& out);
    base::Result<> send(AVFrame* frame, std::vector<media::AccessUnit>& out);
    void append(const AVPacket& packet, std::vector<media::AccessUnit>& out) const;

    AudioFormat format_;
    CodecContextHandle context_;
    media::CodecParametersPtr parameters_;
    PacketHandle packet_;
    FifoHandle fifo_;         // planar float, waiting for a whole frame
    int frame_samples_ = 0;   // samples per unit
    std::int64_t start_ = 0;  // pts of the first sample
    std::int64_t taken_ = 0;  // samples since
    std::int64_t sent_ = 0;   // samples given to the encoder
};

}  // namespace casement::ffmpeg
