#pragma once
// libav, loaded when the first picture or sound needs it. Its libraries pull in some sixty others
// and 20 MB; a hub that only passes streams on never touches them. Included by the .cpp files of
// this folder in place of libav's own headers: in this namespace every libav function that the list
// below names is a LateFunction of the same name, so calls read as usual. A function that is not in
// the list does not link.

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <libavutil/audio_fifo.h>
#include <libavutil/frame.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>
}

#include <atomic>

#include "base/error.hpp"

// clang-format off
#define CASEMENT_LIBAV_FUNCTIONS(X) \
    X(avutil, av_audio_fifo_alloc) X(avutil, av_audio_fifo_free) X(avutil, av_audio_fifo_read) X(avutil, av_audio_fifo_size) \
    X(avutil, av_audio_fifo_write) X(avutil, av_channel_layout_copy) X(avutil, av_channel_layout_default) X(avutil, av_frame_alloc) \
    X(avutil, av_frame_free) X(avutil, av_frame_get_buffer) X(avutil, av_frame_is_writable) X(avutil, av_freep) X(avutil, av_log_set_callback) X(avutil, av_malloc) \
    X(avutil, av_mallocz) X(avutil, av_opt_set) X(avutil, av_opt_set_double) X(avutil, av_opt_set_int) X(avutil, av_pix_fmt_desc_get) \
    X(avutil, av_rescale_q) X(avutil, av_strdup) X(avutil, av_strerror) \
    X(avcodec, av_bsf_alloc) X(avcodec, av_bsf_free) X(avcodec, av_bsf_get_by_name) X(avcodec, av_bsf_init) X(avcodec, av_bsf_receive_packet) \
    X(avcodec, av_bsf_send_packet) X(avcodec, av_new_packet) X(avcodec, av_packet_alloc) X(avcodec, av_packet_free) X(avcodec, av_packet_unref) \
    X(avcodec, avcodec_alloc_context3) X(avcodec, avcodec_find_decoder) X(avcodec, avcodec_find_decoder_by_name) \
    X(avcodec, avcodec_find_encoder) X(avcodec, avcodec_find_encoder_by_name) X(avcodec, avcodec_free_context) X(avcodec, avcodec_open2) \
    X(avcodec, avcodec_parameters_copy) X(avcodec, avcodec_parameters_to_context) \
    X(avcodec, avcodec_receive_frame) X(avcodec, avcodec_receive_packet) X(avcodec, avcodec_send_frame) \
    X(avcodec, avcodec_send_packet) \
    X(avformat, av_read_frame) X(avformat, avformat_alloc_context) X(avformat, avformat_close_input) X(avformat, avformat_find_stream_info) \
    X(avformat, avformat_open_input) X(avformat, avio_alloc_context) X(avformat, avio_context_free) \
    X(swresample, swr_alloc_set_opts2) X(swresample, swr_convert) X(swresample, swr_free) X(swresample, swr_get_delay) \
    X(swresample, swr_get_out_samples) X(swresample, swr_init) X(swresample, swr_set_compensation) \
    X(swscale, sws_freeContext) X(swscale, sws_getCachedContext) X(swscale, sws_getCoefficients) X(swscale, sws_scale) \
    X(swscale, sws_setColorspaceDetails)
// clang-format on

namespace casement::ffmpeg {

/// Finds the libraries, once; later calls answer the same. Every factory of the folder calls it
/// first, so that a missing library is an error of that factory. Blocks for some 30 ms.
/// Thread-safe. Unsupported, with the reason code `codec` and what to install, when one of them is
/// not there.
base::Result<> load_libav();

/// The same for a call that came before any factory: throws std::runtime_error with that sentence.
void require_libav();

template <typename Signature>
class LateFunction;

template <typename Answer, typename... Arguments>
class LateFunction<Answer(Arguments...)> {
public:
    Answer operator()(Arguments... arguments) const {
        if (address_.load(std::memory_order_relaxed) == nullptr) [[unlikely]]
            require_libav();
        return address_.load(std::memory_order_relaxed)(arguments...);
    }
    void point_to(void* symbol) {
        address_.store(reinterpret_cast<Answer (*)(Arguments...)>(symbol),
                       std::memory_order_relaxed);
    }

private:
    std::atomic<Answer (*)(Arguments...)> address_ = nullptr;  // written once, by load_libav()
};

#define CASEMENT_DECLARE_LATE(library, name) extern LateFunction<decltype(::name)> name;
CASEMENT_LIBAV_FUNCTIONS(CASEMENT_DECLARE_LATE)
#undef CASEMENT_DECLARE_LATE

}  // namespace casement::ffmpeg
