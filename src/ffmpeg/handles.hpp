#pragma once
// Owners of libav's objects. Only .cpp files of this folder include it.

#include <memory>

#include "base/error.hpp"
#include "ffmpeg/libav.hpp"

namespace casement::ffmpeg {

struct Free {
    void operator()(AVCodecContext* c) const { avcodec_free_context(&c); }
    void operator()(AVPacket* p) const { av_packet_free(&p); }
    void operator()(AVFrame* f) const { av_frame_free(&f); }
    void operator()(SwrContext* s) const { swr_free(&s); }
    void operator()(SwsContext* s) const { sws_freeContext(s); }
    void operator()(AVAudioFifo* f) const { av_audio_fifo_free(f); }
};
using CodecContextHandle = std::unique_ptr<AVCodecContext, Free>;
using PacketHandle = std::unique_ptr<AVPacket, Free>;
using FrameHandle = std::unique_ptr<AVFrame, Free>;
using SwrHandle = std::unique_ptr<SwrContext, Free>;
using SwsHandle = std::unique_ptr<SwsContext, Free>;
using FifoHandle = std::unique_ptr<AVAudioFifo, Free>;

/// Throw bad_alloc, as every allocation of the house does.
PacketHandle make_packet();
FrameHandle make_frame();
/// A writable picture of its own memory. InvalidArgument for impossible sizes.
base::Result<FrameHandle> make_picture(int width, int height, AVPixelFormat format);

}  // namespace casement::ffmpeg
