#include "ffmpeg/jpeg_decoder.hpp"

#include <turbojpeg.h>

#include <algorithm>
#include <string_view>

#include "ffmpeg/snapshot.hpp"
#include "media/jpeg.hpp"

namespace casement::ffmpeg {

namespace {

/// Without the limit a small file of very many scans keeps a processor busy for minutes.
constexpr int kFlags = TJFLAG_LIMITSCANS;

AVPixelFormat planes_of(int subsampling) {
    switch (subsampling) {
        case TJSAMP_420:
            return AV_PIX_FMT_YUVJ420P;
        case TJSAMP_422:
            return AV_PIX_FMT_YUVJ422P;
        case TJSAMP_444:
            return AV_PIX_FMT_YUVJ444P;
        case TJSAMP_440:
            return AV_PIX_FMT_YUVJ440P;
        case TJSAMP_411:
            return AV_PIX_FMT_YUVJ411P;
        default:
            return AV_PIX_FMT_NONE;
    }
}

int halved(int side, int times) { return (side + (1 << times) - 1) >> times; }

}  // namespace

struct JpegDecoder::State {
    struct Free {
        void operator()(void* one) const { tjDestroy(one); }
    };
    std::unique_ptr<void, Free> handle{tjInitDecompress()};

    FrameHandle spare;

    base::Result<FrameHandle> picture_of(int width, int height, AVPixelFormat format) {
        FrameHandle picture = std::move(spare);
        const bool fits = picture && picture->width == width && picture->height == height &&
                          picture->format == format;
        if (fits && av_frame_is_writable(picture.get()) != 0) return picture;
        return make_picture(width, height, format);
    }

    /// `status` of the library's last call. Bytes between two segments are what some cameras leave
    /// there; every other warning is of pixels that are made up.
    base::Result<> check(int status) const {
        if (status == 0) return {};
        const std::string_view said = tjGetErrorStr2(handle.get());
        if (tjGetErrorCode(handle.get()) == TJERR_WARNING &&
            said.find("extraneous bytes") != std::string_view::npos)
            return {};
        return base::fail(base::ErrorKind::DataLoss, "a broken JPEG: {}", said);
    }
};

JpegDecoder::JpegDecoder() : state_(std::make_unique<State>()) {
    if (!state_->handle) throw std::bad_alloc();
}
JpegDecoder::~JpegDecoder() = default;
JpegDecoder::JpegDecoder(JpegDecoder&&) noexcept = default;
JpegDecoder& JpegDecoder::operator=(JpegDecoder&&) noexcept = default;

void JpegDecoder::give_back(FrameHandle picture) { state_->spare = std::move(picture); }

base::Result<FrameHandle> JpegDecoder::decode(media::ByteSpan file, int max_width) {
    CASEMENT_TRY(const media::jpeg::Info info, media::jpeg::parse(file));
    if (info.width > kMaxPictureSide || info.height > kMaxPictureSide)
        return base::fail(base::ErrorKind::ResourceExhausted, "a picture of {}x{}", info.width,
                          info.height);
    int halvings = 0;
    while (halvings < kMostHalvings && info.width >> halvings > max_width) ++halvings;
    const int width = halved(info.width, halvings), height = halved(info.height, halvings);

    tjhandle const handle = state_->handle.get();
    int told_width = 0, told_height = 0, subsampling = -1, colours = -1;
    // What it cannot name it may still decode, as RGB.
    const bool is_named = tjDecompressHeader3(handle, file.data(), file.size(), &told_width,
                                              &told_height, &subsampling, &colours) == 0 &&
                          told_width == info.width && told_height == info.height;
    if (is_named && (colours == TJCS_CMYK || colours == TJCS_YCCK))
        return base::fail(base::ErrorKind::Unsupported, "a JPEG for printers");
    const AVPixelFormat planes =
        is_named && colours == TJCS_YCbCr ? planes_of(subsampling) : AV_PIX_FMT_NONE;
    if (planes != AV_PIX_FMT_NONE) {
        CASEMENT_TRY(FrameHandle picture, state_->picture_of(width, height, planes));
        picture->color_range = AVCOL_RANGE_JPEG;
        CASEMENT_TRY(
            state_->check(tjDecompressToYUVPlanes(handle, file.data(), file.size(), picture->data,
                                                  width, picture->linesize, height, kFlags)));
        return picture;
    }
    CASEMENT_TRY(FrameHandle picture, state_->picture_of(width, height, AV_PIX_FMT_RGB24));
    CASEMENT_TRY(
        state_->check(tjDecompress2(handle, file.data(), file.size(), picture->data[0], width,
                                    picture->linesize[0], height, TJPF_RGB, kFlags)));
    return picture;
}

}  // namespace casement::ffmpeg
