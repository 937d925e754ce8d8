#include "ffmpeg/error.hpp"

#include <array>
#include <cerrno>

#include "ffmpeg/libav.hpp"

namespace casement::ffmpeg {

base::Error to_error(int code, std::string_view what) {
    using base::ErrorKind;
    std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
    av_strerror(code, text.data(), text.size());
    const auto make = [&](ErrorKind kind) {
        return base::Error(kind, fmt::format("{}: {}", what, text.data()));
    };
    switch (code) {
        case AVERROR_INVALIDDATA:
        case AVERROR_EOF:  // where we did not ask for the end, the data is cut short
            return make(ErrorKind::DataLoss);
        case AVERROR(ENOMEM):
            return make(ErrorKind::ResourceExhausted);
        case AVERROR(ENOENT):
            return make(ErrorKind::NotFound);
        case AVERROR(EACCES):
            return make(ErrorKind::PermissionDenied);
        case AVERROR(EINVAL):
        case AVERROR(ENOSYS):
        case AVERROR_PATCHWELCOME:
        case AVERROR_DECODER_NOT_FOUND:
        case AVERROR_ENCODER_NOT_FOUND:
            return make(ErrorKind::Unsupported);
        default:
            return make(ErrorKind::Internal);
    }
}

}  // namespace casement::ffmpeg
