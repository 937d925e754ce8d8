#pragma once
// A camera that needs no camera: moving picture with clock, name and counter, and a beep that
// belongs to a flash.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "ffmpeg/audio_transcoder.hpp"
#include "media/access_unit.hpp"
#include "media/track.hpp"

namespace casement::ffmpeg {

class Picture;

struct TestPictureOptions {
    std::string name = "Test camera";  // shown in the picture; letters outside Latin become '?'
    media::Codec video = media::Codec::H264;  // or H265, Mjpeg
    int width = 960;                          // even, 320 to 3840
    int height = 540;                         // even, 180 to 2160
    int fps = 15;                             // 1 to 60
    double key_interval_s = 2;
    int bit_rate = 600'000;  // bit/s, an upper bound; the quiet picture stays below
    std::optional<AudioFormat> audio = AudioFormat{};  // none: a camera without microphone
    int hue = 0;                                       // degrees; tells cameras apart
};

/// Makes both tracks frame by frame, as fast as it is asked. Media time 0 is the first frame. At
/// every whole second of media time a 1 kHz beep of 100 ms starts, and the box in the corner is
/// white for the frames of these 100 ms. Not thread-safe: one thread at a time. One 960x540 frame
/// costs about 1 ms in H.264.
class TestPicture {
public:
    static base::Result<std::unique_ptr<TestPicture>> open(TestPictureOptions options);
    ~TestPicture();

    /// Video is track 0 (90 kHz), audio track 1 (its sample rate). Parameters are known from the
    /// start.
    const media::Tracks& tracks() const;
    const TestPictureOptions& options() const;

    /// Time between frames, and the media time of the frame that next() will make.
    std::chrono::microseconds frame_time(std::int64_t frame) const;
    std::int64_t next_frame() const;

    /// Appends one video unit, and the audio that goes with it, to `out`. `wall` is what the
    /// picture's clock will show.
    base::Result<> next(base::WallTime wall, base::SteadyTime now,
                        std::vector<media::AccessUnit>& out);
    /// The next frame will be a key frame: a viewer came.
    void want_key_frame();
    /// From the next frame on the picture has this size: new parameters in tracks(), a key frame,
    /// timestamps go on.
    base::Result<> resize(int width, int height);

private:
    struct State;
    explicit TestPicture(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// What the cells at the lower edge of a test picture say.
struct TestPictureReading {
    std::int64_t frame = 0;  // counter, modulo 2^24
    base::WallTime wall;     // to the millisecond
    bool flash = false;      // the box is white: a beep sounds
};
/// Empty when `picture` is no test picture of the full size (cells unreadable or their check sum
/// wrong).
std::optional<TestPictureReading> read_test_picture(const Picture& picture);

}  // namespace casement::ffmpeg
