#include "ffmpeg/scaler.hpp"

#include "ffmpeg/error.hpp"

namespace casement::ffmpeg {

namespace {

// The yuvj formats are the same planes with the range in the name; swscale wants the range beside
// it.
AVPixelFormat without_range(int format) {
    switch (format) {
        case AV_PIX_FMT_YUVJ420P:
            return AV_PIX_FMT_YUV420P;
        case AV_PIX_FMT_YUVJ422P:
            return AV_PIX_FMT_YUV422P;
        case AV_PIX_FMT_YUVJ444P:
            return AV_PIX_FMT_YUV444P;
        case AV_PIX_FMT_YUVJ440P:
            return AV_PIX_FMT_YUV440P;
        case AV_PIX_FMT_YUVJ411P:
            return AV_PIX_FMT_YUV411P;
        default:
            return static_cast<AVPixelFormat>(format);
    }
}

const int* coefficients(AVColorSpace colours) {
    switch (colours) {
        case AVCOL_SPC_BT709:
            return sws_getCoefficients(SWS_CS_ITU709);
        case AVCOL_SPC_FCC:
            return sws_getCoefficients(SWS_CS_FCC);
        case AVCOL_SPC_SMPTE240M:
            return sws_getCoefficients(SWS_CS_SMPTE240M);
        case AVCOL_SPC_BT2020_NCL:
        case AVCOL_SPC_BT2020_CL:
            return sws_getCoefficients(SWS_CS_BT2020);
        default:
            return sws_getCoefficients(SWS_CS_ITU601);
    }
}

}  // namespace

bool is_full_range(const AVFrame& frame) {
    return frame.color_range == AVCOL_RANGE_JPEG || without_range(frame.format) != frame.format;
}

AVColorSpace colours_of(const AVFrame& frame) {
    if (frame.colorspace != AVCOL_SPC_UNSPECIFIED) return frame.colorspace;
    if (is_full_range(frame) && without_range(frame.format) != frame.format)
        return AVCOL_SPC_SMPTE170M;  // JFIF 1.02: BT.601
    return frame.height >= 720 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
}

base::Result<FrameHandle> Scaler::convert(const AVFrame& from, PictureShape shape) {
    const AVColorSpace colours =
        shape.colours == AVCOL_SPC_UNSPECIFIED ? colours_of(from) : shape.colours;
    CASEMENT_TRY(FrameHandle to, make_picture(shape.width, shape.height, shape.format));
    to->color_range = shape.full_range ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    to->colorspace = colours;
    to->pts = from.pts;

    const int flags = SWS_BICUBIC | SWS_ACCURATE_RND;
    sws_.reset(sws_getCachedContext(sws_.release(), from.width, from.height,
                                    without_range(from.format), shape.width, shape.height,
                                    shape.format, flags, nullptr, nullptr, nullptr));
    if (!sws_)
        return base::fail(base::ErrorKind::Unsupported, "swscale cannot convert this picture");
    if (sws_setColorspaceDetails(sws_.get(), coefficients(colours_of(from)), is_full_range(from),
                                 coefficients(colours), shape.full_range, 0, 1 << 16,
                                 1 << 16) < 0 &&
        is_full_range(from) != shape.full_range) {
        return base::fail(base::ErrorKind::Unsupported,
                          "swscale cannot convert the range of this picture");
    }
    if (const int code =
            sws_scale(sws_.get(), from.data, from.linesize, 0, from.height, to->data, to->linesize);
        code < 0) {
        return std::unexpected(to_error(code, "convert a picture"));
    }
    return to;
}

}  // namespace casement::ffmpeg
