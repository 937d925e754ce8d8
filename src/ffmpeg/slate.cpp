#include "ffmpeg/slate.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "ffmpeg/canvas.hpp"
#include "ffmpeg/font.hpp"
#include "ffmpeg/jpeg_encoder.hpp"
#include "ffmpeg/scaler.hpp"
#include "ffmpeg/snapshot.hpp"
#include "ffmpeg/video_encoder.hpp"

namespace casement::ffmpeg {

namespace {

// A sentence of the page is below 80 letters; more than this would fill the picture.
constexpr std::size_t kMaxLetters = 240;
// Fits "Front door cannot be reached since 21:04" on one line.
constexpr int kLettersPerLine = 44;
constexpr int kJpegQuality = 80;

// Offline is "grey and dark": 45 % of the light, a quarter of the colour.
void dim(AVFrame& picture) {
    std::array<std::uint8_t, 256> light{}, colour{};
    const int black = is_full_range(picture) ? 0 : 16;
    for (int v = 0; v < 256; ++v) {
        light[static_cast<std::size_t>(v)] =
            static_cast<std::uint8_t>(black + std::max(0, v - black) * 45 / 100);
        colour[static_cast<std::size_t>(v)] = static_cast<std::uint8_t>(128 + (v - 128) / 4);
    }
    for (int plane = 0; plane < 3; ++plane) {
        const auto& table = plane == 0 ? light : colour;
        const int width = plane == 0 ? picture.width : (picture.width + 1) / 2;
        const int height = plane == 0 ? picture.height : (picture.height + 1) / 2;
        for (int y = 0; y < height; ++y) {
            std::uint8_t* row =
                picture.data[plane] + static_cast<std::ptrdiff_t>(y) * picture.linesize[plane];
            std::transform(row, row + width, row, [&](std::uint8_t v) { return table[v]; });
        }
    }
}

std::vector<std::string> wrapped(std::string_view letters, std::size_t per_line) {
    std::vector<std::string> lines;
    letters = letters.substr(0, kMaxLetters);
    while (!letters.empty()) {
        std::size_t length = std::min(letters.size(), per_line);
        if (length < letters.size()) {
            const std::size_t blank = letters.rfind(' ', length);
            if (blank != std::string_view::npos && blank > 0) length = blank;
        }
        lines.emplace_back(letters.substr(0, length));
        letters.remove_prefix(length);
        letters.remove_prefix(std::min(letters.find_first_not_of(' '), letters.size()));
    }
    return lines;
}

void write(AVFrame& picture, const std::string& text) {
    Canvas canvas(picture);
    const int scale = std::max(1, picture.width / text_width(kLettersPerLine, 1));
    const auto lines =
        wrapped(to_font_letters(text),
                static_cast<std::size_t>(std::max(8, picture.width / text_width(1, scale) - 2)));
    const int line_height = (kGlyphHeight + 3) * scale;
    const int block = static_cast<int>(lines.size()) * line_height;
    int y = (picture.height - block) / 2;
    if (!lines.empty()) canvas.fill({0, y - 4 * scale, picture.width, block + 6 * scale}, kBlack);
    for (const std::string& line : lines) {
        canvas.text((picture.width - text_width(line.size(), scale)) / 2, y, scale, line);
        y += line_height;
    }
}

// profile_idc, the second byte of the sequence parameter set (ITU-T H.264 §7.3.2.1.1).
int profile_of(const media::CodecParameters& parameters) {
    if (parameters.codec != media::Codec::H264 || parameters.sps.empty() ||
        parameters.sps[0].size() < 2)
        return FF_PROFILE_UNKNOWN;
    return parameters.sps[0][1];
}

base::Result<SlateFrame> encode_jpeg_slate(AVFrame& picture, media::AccessUnit unit) {
    CASEMENT_TRY(JpegEncoder encoder,
                 JpegEncoder::open(picture.width, picture.height, kJpegQuality));
    CASEMENT_TRY(unit.data, encoder.encode(picture));
    auto parameters = std::make_shared<media::CodecParameters>();
    parameters->codec = media::Codec::Mjpeg;
    parameters->width = picture.width;
    parameters->height = picture.height;
    return SlateFrame{std::move(unit), std::move(parameters)};
}

}  // namespace

base::Result<SlateFrame> make_slate(const media::CodecParameters& parameters,
                                    const media::AccessUnit& last_key_frame, std::string text) {
    CASEMENT_TRY(const Picture last, decode_key_frame(parameters, last_key_frame));
    const AVFrame& source = last.frame();
    const bool jpeg = parameters.codec == media::Codec::Mjpeg;
    Scaler scaler;
    CASEMENT_TRY(FrameHandle picture,
                 scaler.convert(source, {.width = source.width,
                                         .height = source.height,
                                         .full_range = jpeg || is_full_range(source),
                                         .colours = AVCOL_SPC_UNSPECIFIED}));
    dim(*picture);
    write(*picture, text);
    if (jpeg) return encode_jpeg_slate(*picture, last_key_frame);

    CASEMENT_TRY(VideoEncoder encoder,
                 VideoEncoder::open({.codec = parameters.codec,
                                     .width = source.width,
                                     .height = source.height,
                                     .profile = profile_of(parameters),
                                     .full_range = is_full_range(*picture),
                                     .colours = picture->colorspace,
                                     .pixel_aspect = source.sample_aspect_ratio}));
    CASEMENT_TRY(const media::AccessUnit encoded, encoder.encode(*picture, true));
    SlateFrame slate{last_key_frame, encoder.parameters()};
    slate.unit.data = encoded.data;
    return slate;
}

}  // namespace casement::ffmpeg
