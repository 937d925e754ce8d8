#pragma once
// A test picture as nexustalk sends it: NAL unit by NAL unit, frame of sound by frame of sound.

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "ffmpeg/test_picture.hpp"
#include "media/aac.hpp"
#include "media/nal.hpp"
#include "protocols/nest/client_session.hpp"
#include "tests/fakes/clock.hpp"

namespace casement::protocols::nest::test {

inline constexpr std::int32_t kVideo = 1, kAudio = 2;

inline std::vector<Channel> channels(double video_start = 1.7e9, double audio_start = 1.7e9) {
    return {{.channel_id = kVideo,
             .codec = CodecType::H264,
             .sample_rate = 90'000,
             .start_time = video_start,
             .profile = Profile::Video2mbitL40},
            {.channel_id = kAudio,
             .codec = CodecType::Aac,
             .sample_rate = 48'000,
             .start_time = audio_start,
             .profile = Profile::AudioAac}};
}

/// Endless. Not thread-safe.
class Feed {
public:
    explicit Feed(int width = 320, int height = 180, int fps = 24)
        : picture_(ffmpeg::TestPicture::open({.width = width,
                                              .height = height,
                                              .fps = fps,
                                              .key_interval_s = 0.5,
                                              .audio = ffmpeg::AudioFormat{.channels = 1}})
                       .value()) {}

    ffmpeg::TestPicture& picture() { return *picture_; }
    /// The next picture is a key frame, as after START_PLAYBACK.
    void begin() {
        picture_->want_key_frame();
        last_.clear();
        first_.clear();
    }
    /// By how much the playback's sound begins after its pictures, in seconds; known once both have
    /// begun.
    double sound_lag() const {
        return static_cast<double>(first_.at(kAudio)) / 48'000 -
               static_cast<double>(first_.at(kVideo)) / 90'000;
    }
    /// What belongs to the next picture, in the order of the wire. Deltas as the server makes them:
    /// on the first NAL unit of a picture.
    std::vector<Frame> next() {
        std::vector<media::AccessUnit> units;
        EXPECT_TRUE(picture_->next(fakes::Clock::kBegin, base::SteadyTime{}, units));
        std::vector<Frame> out;
        for (const media::AccessUnit& unit : units) {
            const auto channel = unit.track == 0 ? kVideo : kAudio;
            first_.try_emplace(channel, unit.pts);
            const auto [at, is_first] = last_.try_emplace(channel, unit.pts);
            std::int64_t delta = is_first ? 0 : unit.pts - at->second;
            at->second = unit.pts;
            const auto put = [&](base::ByteSpan bytes) {
                out.push_back({channel, std::exchange(delta, 0), {bytes.begin(), bytes.end()}});
            };
            const auto& parameters = *picture_->tracks()[unit.track == 0 ? 0 : 1].parameters;
            if (unit.track == 0) {
                if (unit.key) {
                    for (const auto& sps : parameters.sps) put(sps);
                    for (const auto& pps : parameters.pps) put(pps);
                }
                for (const base::ByteSpan nal : media::NalUnits(unit.data)) put(nal);
            } else {
                const auto config = media::aac::parse_config(parameters.config).value();
                const auto head = media::aac::write_adts(config, unit.data.size());
                std::vector<std::uint8_t> frame(head.begin(), head.end());
                frame.insert(frame.end(), unit.data.begin(), unit.data.end());
                put(frame);
            }
        }
        return out;
    }

private:
    std::unique_ptr<ffmpeg::TestPicture> picture_;
    std::map<std::int32_t, std::int64_t> first_, last_;
};

}  // namespace casement::protocols::nest::test
