#pragma once
// libavcodec's decoders with our parameters in front.

#include "ffmpeg/handles.hpp"
#include "media/track.hpp"

namespace casement::ffmpeg {

/// One decoder of one codec set-up; a change of parameters is a new decoder. Not thread-safe.
class Decoder {
public:
    /// InvalidArgument when the parameters lack what the codec needs, Unsupported when libav lacks
    /// the codec.
    static base::Result<Decoder> open(const media::CodecParameters& parameters);

    /// One unit, as our AccessUnit holds it. DataLoss when it is broken; the next one may be fine.
    base::Result<> send(media::ByteSpan unit);
    /// Nothing more will come: receive() gives what was held back.
    base::Result<> drain();
    /// A null handle when the decoder wants more, or is drained.
    base::Result<FrameHandle> receive();

private:
    Decoder(media::CodecParameters parameters, CodecContextHandle context);

    media::CodecParameters parameters_;
    CodecContextHandle context_;
    PacketHandle packet_;
};

}  // namespace casement::ffmpeg
