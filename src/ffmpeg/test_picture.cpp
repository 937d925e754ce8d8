#include "ffmpeg/test_picture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "ffmpeg/audio_encoder.hpp"
#include "ffmpeg/canvas.hpp"
#include "ffmpeg/font.hpp"
#include "ffmpeg/jpeg_encoder.hpp"
#include "ffmpeg/snapshot.hpp"
#include "ffmpeg/test_picture_cells.hpp"
#include "ffmpeg/video_encoder.hpp"
#include "media/time.hpp"

namespace casement::ffmpeg {

namespace {

using base::ErrorKind;
using media::Codec;

constexpr int kVideoRate = 90'000;
constexpr double kToneHz = 1000;
constexpr int kBeepsPerSecondOfTone = 10;  // the beep lasts a tenth of a second
constexpr float kLoudness = 0.5F;
constexpr int kJpegQuality = 70;
constexpr int kCrf = 27;
constexpr int kMaxNameLetters = 24;  // half of the picture's width
constexpr int kSecondsAcross = 4;    // the moving box crosses the picture in this time

base::Result<> check(const TestPictureOptions& o) {
    if (kind_of(o.video) != media::Kind::Video)
        return base::fail(ErrorKind::InvalidArgument, "{} is no video codec", to_string(o.video));
    if (o.width < 320 || o.width > 3840 || o.height < 180 || o.height > 2160 || o.width % 2 != 0 ||
        o.height % 2 != 0) {
        return base::fail(ErrorKind::InvalidArgument,
                          "a test picture of {}x{}: 320x180 to 3840x2160, even", o.width, o.height);
    }
    if (o.fps < 1 || o.fps > 60)
        return base::fail(ErrorKind::InvalidArgument, "{} frames per second: 1 to 60", o.fps);
    return {};
}

}  // namespace

struct TestPicture::State {
    TestPictureOptions options;
    media::Tracks tracks;
    FrameHandle background;  // what never moves, drawn once per size
    FrameHandle picture;     // what is encoded: the background with the moving parts on it
    std::optional<VideoEncoder> video;
    std::optional<JpegEncoder> jpeg;
    std::optional<AudioEncoder> audio;
    Rect box;                               // where the moving box was drawn last
    std::int64_t frame = 0;                 // the next one
    std::int64_t last_key = INT64_MIN / 2;  // frame number
    bool key_wanted = true;
    std::vector<float> samples;

    int scale() const { return std::max(1, options.width / 240); }
    std::int64_t video_pts() const { return frame * kVideoRate / options.fps; }

    base::Result<> open_video();
    base::Result<> open_audio();
    void draw_background();
    void draw_moving(base::WallTime wall);
    base::Result<media::AccessUnit> encode_picture();
    base::Result<> encode_audio(std::vector<media::AccessUnit>& out);
};

base::Result<> TestPicture::State::open_video() {
    CASEMENT_TRY(background, make_picture(options.width, options.height, AV_PIX_FMT_YUV420P));
    CASEMENT_TRY(picture, make_picture(options.width, options.height, AV_PIX_FMT_YUV420P));
    draw_background();
    Canvas(*picture).restore({0, 0, options.width, options.height}, *background);
    box = {};
    key_wanted = true;
    media::CodecParametersPtr parameters;
    if (options.video == Codec::Mjpeg) {
        CASEMENT_TRY(jpeg, JpegEncoder::open(options.width, options.height, kJpegQuality));
        auto made = std::make_shared<media::CodecParameters>();
        made->codec = Codec::Mjpeg;
        made->width = options.width;
        made->height = options.height;
        parameters = std::move(made);
    } else {
        CASEMENT_TRY(video, VideoEncoder::open({.codec = options.video,
                                                .width = options.width,
                                                .height = options.height,
                                                .fps = options.fps,
                                                .crf = kCrf,
                                                .max_bit_rate = options.bit_rate}));
        parameters = video->parameters();
    }
    const media::Track track{.id = 0,
                             .clock_rate = kVideoRate,
                             .parameters = std::move(parameters),
                             .codec = options.video};
    if (tracks.empty())
        tracks.push_back(track);
    else
        tracks[0] = track;
    return {};
}

base::Result<> TestPicture::State::open_audio() {
    if (!options.audio) return {};
    CASEMENT_TRY(const AudioFormat format, completed(*options.audio, 0, 1));
    CASEMENT_TRY(audio, AudioEncoder::open(format));
    audio->start_at(0);
    tracks.push_back({.id = 1,
                      .clock_rate = static_cast<std::uint32_t>(format.sample_rate),
                      .parameters = audio->parameters(),
                      .codec = format.codec});
    return {};
}

void TestPicture::State::draw_background() {
    Canvas canvas(*background);
    const int width = options.width, height = options.height;
    constexpr int kBands = 12;
    for (int i = 0; i < kBands; ++i) {
        const int top = height * i / kBands;
        canvas.fill({0, top, width, height * (i + 1) / kBands - top},
                    colour_of(options.hue, 0.45, 0.16 + 0.02 * i));
    }
    constexpr int kBars = 8;  // all hues once, to see wrong colours
    for (int i = 0; i < kBars; ++i) {
        canvas.fill({width * i / kBars, height * 5 / 8, width / kBars + 1, height / 24},
                    colour_of(i * 360.0 / kBars, 0.8, 0.8));
    }
    canvas.text(width / 32, height / 18, scale(),
                to_font_letters(options.name).substr(0, kMaxNameLetters));
}

void TestPicture::State::draw_moving(base::WallTime wall) {
    Canvas canvas(*picture);
    const int width = options.width, height = options.height;
    const Rect line{0, height * 3 / 8, width, (kGlyphHeight + 1) * scale()};
    canvas.restore(line, *background);
    std::string clock = base::format_rfc3339(wall);
    std::ranges::replace(clock, 'T', ' ');
    canvas.text((width - text_width(clock.size(), scale())) / 2, line.y, scale(), clock);

    const Rect counter{width / 32, height / 4, text_width(8, scale()),
                       (kGlyphHeight + 1) * scale()};
    canvas.restore(counter, *background);
    canvas.text(counter.x, counter.y, scale(), fmt::format("#{:06}", frame % 1'000'000));

    canvas.restore(box, *background);
    const int lap = options.fps * kSecondsAcross;
    box = {static_cast<int>(frame % lap) * (width - width / 12) / lap, height * 11 / 16, width / 12,
           height / 9};
    canvas.fill(box, colour_of(options.hue + 180.0, 0.7, 0.9));

    const bool flash = frame % options.fps * kBeepsPerSecondOfTone < options.fps;
    canvas.fill(flash_box(width, height), flash ? kWhite : kBlack);
    draw_cells(canvas, {.frame = frame, .wall = wall, .flash = flash});
}

base::Result<media::AccessUnit> TestPicture::State::encode_picture() {
    if (!video) {
        media::AccessUnit unit;
        unit.key = true;
        CASEMENT_TRY(unit.data, jpeg->encode(*picture));
        return unit;
    }
    const bool due = static_cast<double>(frame - last_key) >= options.key_interval_s * options.fps;
    CASEMENT_TRY(media::AccessUnit unit, video->encode(*picture, due || key_wanted));
    key_wanted = false;
    if (unit.key) last_key = frame;
    return unit;
}

base::Result<> TestPicture::State::encode_audio(std::vector<media::AccessUnit>& out) {
    const int rate = audio->format().sample_rate;
    const std::int64_t from = audio->position(), until = (frame + 1) * rate / options.fps;
    samples.resize(static_cast<std::size_t>(until - from));
    for (std::int64_t at = from; at < until; ++at) {
        const std::int64_t in_second = at % rate;
        const double phase = 2 * std::numbers::pi * kToneHz * static_cast<double>(in_second) / rate;
        samples[static_cast<std::size_t>(at - from)] =
            in_second * kBeepsPerSecondOfTone < rate
                ? kLoudness * static_cast<float>(std::sin(phase))
                : 0.0F;
    }
    const std::array<const float*, 2> channels{samples.data(), samples.data()};
    return audio->put(std::span(channels).first(static_cast<std::size_t>(audio->format().channels)),
                      static_cast<int>(samples.size()), out);
}

TestPicture::TestPicture(std::unique_ptr<State> state) : state_(std::move(state)) {}
TestPicture::~TestPicture() = default;

base::Result<std::unique_ptr<TestPicture>> TestPicture::open(TestPictureOptions options) {
    CASEMENT_TRY(check(options));
    auto state = std::make_unique<State>();
    state->options = std::move(options);
    CASEMENT_TRY(state->open_video());
    CASEMENT_TRY(state->open_audio());
    return std::unique_ptr<TestPicture>(new TestPicture(std::move(state)));
}

const media::Tracks& TestPicture::tracks() const { return state_->tracks; }
const TestPictureOptions& TestPicture::options() const { return state_->options; }
std::chrono::microseconds TestPicture::frame_time(std::int64_t frame) const {
    return std::chrono::microseconds{frame * 1'000'000 / state_->options.fps};
}
std::int64_t TestPicture::next_frame() const { return state_->frame; }
void TestPicture::want_key_frame() { state_->key_wanted = true; }

base::Result<> TestPicture::next(base::WallTime wall, base::SteadyTime now,
                                 std::vector<media::AccessUnit>& out) {
    State& s = *state_;
    s.draw_moving(wall);
    CASEMENT_TRY(media::AccessUnit picture, s.encode_picture());
    picture.pts = picture.dts = s.video_pts();
    const std::size_t first = out.size();
    out.push_back(std::move(picture));
    if (s.audio) {
        CASEMENT_TRY(s.encode_audio(out));
    }
    for (std::size_t i = first; i < out.size(); ++i) {
        media::AccessUnit& unit = out[i];
        unit.track = i == first ? 0 : 1;
        unit.received_at = now;
        unit.wall = wall +
                    media::ticks_to_us(unit.pts,
                                       s.tracks[static_cast<std::size_t>(unit.track)].clock_rate) -
                    frame_time(s.frame);
    }
    ++s.frame;
    return {};
}

base::Result<> TestPicture::resize(int width, int height) {
    TestPictureOptions wanted = state_->options;
    wanted.width = width;
    wanted.height = height;
    CASEMENT_TRY(check(wanted));
    state_->options = std::move(wanted);
    return state_->open_video();
}

}  // namespace casement::ffmpeg
