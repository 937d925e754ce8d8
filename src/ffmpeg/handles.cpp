#include "ffmpeg/handles.hpp"

#include <new>

#include "ffmpeg/error.hpp"

namespace casement::ffmpeg {

namespace {

template <typename Handle>
Handle checked(Handle handle) {
    if (!handle) throw std::bad_alloc();
    return handle;
}

}  // namespace

PacketHandle make_packet() { return checked(PacketHandle(av_packet_alloc())); }
FrameHandle make_frame() { return checked(FrameHandle(av_frame_alloc())); }

base::Result<FrameHandle> make_picture(int width, int height, AVPixelFormat format) {
    FrameHandle frame = make_frame();
    frame->width = width;
    frame->height = height;
    frame->format = format;
    if (const int code = av_frame_get_buffer(frame.get(), 0); code < 0) {
        return std::unexpected(to_error(code, fmt::format("a picture of {}x{}", width, height)));
    }
    return frame;
}

}  // namespace casement::ffmpeg
