#include "protocols/nest/playback_media.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "formats/annexb.hpp"
#include "media/aac.hpp"
#include "media/h264.hpp"

namespace casement::protocols::nest {

using base::ErrorKind;
using base::Result;
using media::Codec;

namespace {

constexpr std::uint32_t kVideoClock = 90'000;
constexpr std::uint32_t kAudioClock = 48'000;
// What a clock may be: below is no sound, above nothing that these cameras have.
constexpr std::uint32_t kLowestClock = 1'000, kHighestClock = 192'000;
// A camera that was silent for longer begins anew. What is beyond is no delta.
constexpr std::int64_t kLongestDeltaSeconds = 60;
// Farther apart than this the two channels' starts are wrong, not late.
constexpr double kMostSkewSeconds = 0.25;
// Room for sound that began before the first picture.
constexpr std::int64_t kFirstSecond = 1;
constexpr std::int64_t kSamplesPerFrame = 1024;
// For the first frame of sound.
constexpr std::int64_t kPatienceTicks = kVideoClock / 2;
constexpr std::size_t kMostWaiting = 30;

const Channel* find(const std::vector<Channel>& channels, CodecType codec) {
    const auto at = std::ranges::find(channels, codec, &Channel::codec);
    return at == channels.end() ? nullptr : &*at;
}

std::uint32_t clock_of(const Channel& channel, std::uint32_t usual) {
    const bool is_sane =
        channel.sample_rate >= kLowestClock && channel.sample_rate <= kHighestClock;
    return is_sane ? channel.sample_rate : usual;
}

double skew(const Channel& video, const Channel& audio) {
    const double apart = audio.start_time.value_or(0) - video.start_time.value_or(0);
    if (!video.start_time || !audio.start_time || !std::isfinite(apart)) return 0;
    return std::clamp(apart, -kMostSkewSeconds, kMostSkewSeconds);
}

bool has_start_code(media::ByteSpan bytes) {
    return bytes.size() > 3 && bytes[0] == 0 && bytes[1] == 0 &&
           (bytes[2] == 1 || (bytes[2] == 0 && bytes[3] == 1));
}

}  // namespace

Result<PlaybackMedia> PlaybackMedia::begin(const std::vector<Channel>& channels) {
    const Channel* const video = find(channels, CodecType::H264);
    if (video == nullptr)
        return base::fail_because("codec", ErrorKind::Unsupported,
                                  "the vendor offers no H.264 of this camera");
    PlaybackMedia out;
    const std::uint32_t clock = clock_of(*video, kVideoClock);
    out.tracks_.push_back({.id = 0, .clock_rate = clock, .parameters = {}, .codec = Codec::H264});
    out.video_ = {.channel = video->channel_id, .pts = kFirstSecond * clock};
    if (const Channel* const audio = find(channels, CodecType::Aac)) {
        const std::uint32_t rate = clock_of(*audio, kAudioClock);
        out.tracks_.push_back({.id = 1, .clock_rate = rate, .parameters = {}, .codec = Codec::Aac});
        const auto begins = static_cast<double>(kFirstSecond) + skew(*video, *audio);
        out.audio_ = {.channel = audio->channel_id,
                      .pts = static_cast<std::int64_t>(std::lround(begins * rate))};
    }
    return out;
}

/// The first frame lies at its channel's start. Deltas that go back, or are absurd, are none.
void PlaybackMedia::Line::advance(std::int64_t delta, std::uint32_t clock_rate) {
    if (!std::exchange(has_begun, true)) return;
    if (delta > 0 && delta <= kLongestDeltaSeconds * clock_rate) pts += delta;
}

void PlaybackMedia::push(const Frame& frame, Arrival arrival) {
    if (frame.channel == video_.channel) {
        push_picture(frame, arrival);
    } else if (audio_ && frame.channel == audio_->channel) {
        push_sound(frame, arrival);
    }
}

void PlaybackMedia::push_picture(const Frame& frame, Arrival arrival) {
    const std::int64_t before = video_.pts;
    video_.advance(frame.delta, tracks_[0].clock_rate);
    if (video_.pts != before) end_picture();
    if (!has_start_code(frame.payload)) {
        push_nal(frame.payload, arrival);
        return;
    }
    for (const media::ByteSpan nal : formats::split_annexb(frame.payload)) push_nal(nal, arrival);
}

void PlaybackMedia::push_nal(media::ByteSpan nal, Arrival arrival) {
    if (nal.empty()) return;
    // Two pictures of one time, which a delta that was no delta makes.
    if (joiner_.has_picture() && media::h264::starts_access_unit(nal)) end_picture();
    if (sets_.add(nal)) return;
    if (joiner_.empty()) {
        picture_pts_ = video_.pts;
        picture_arrival_ = arrival;
    }
    const bool is_too_big =
        ++nals_ > kMaxNals || joiner_.size() + nal.size() > kMaxPictureBytes || !joiner_.add(nal);
    is_too_big_ = is_too_big_ || is_too_big;
    if (is_too_big_) joiner_.clear();
}

void PlaybackMedia::end_picture() {
    const bool is_whole = joiner_.has_picture() && !is_too_big_;
    if (std::exchange(is_too_big_, false)) ++lost_;
    nals_ = 0;
    const media::CodecParametersPtr parameters = sets_.parameters();
    if (!is_whole || !parameters) {
        joiner_.clear();
        return;
    }
    set_parameters(0, parameters);
    media::AccessUnit unit;
    unit.track = 0;
    unit.key = joiner_.key();
    unit.pts = unit.dts = picture_pts_;
    unit.received_at = picture_arrival_.steady;
    unit.wall = picture_arrival_.wall;
    unit.data = joiner_.take();
    ready_.push_back(std::move(unit));
}

void PlaybackMedia::set_parameters(std::size_t track, media::CodecParametersPtr parameters) {
    if (tracks_[track].parameters == parameters) return;
    tracks_[track].parameters = std::move(parameters);
    ++version_;
}

void PlaybackMedia::push_sound(const Frame& frame, Arrival arrival) {
    media::Track& track = tracks_[1];
    audio_->advance(frame.delta, track.clock_rate);
    media::ByteSpan rest = frame.payload;
    const bool is_adts = rest.size() > 1 && rest[0] == 0xFF && (rest[1] & 0xF0) == 0xF0;
    if (!is_adts) {
        if (rest.empty()) return;
        media::aac::AudioSpecificConfig config;
        config.sample_rate = static_cast<int>(track.clock_rate);
        config.channels = 1;
        push_aac(rest, media::aac::write_config(config), audio_->pts, arrival);
        return;
    }
    for (std::int64_t pts = audio_->pts; !rest.empty(); pts += kSamplesPerFrame) {
        const auto header = media::aac::parse_adts(rest);
        if (!header || header->raw_blocks != 1 || header->frame_bytes > rest.size() ||
            header->frame_bytes <= header->header_bytes) {
            ++lost_;
            return;
        }
        push_aac(rest.subspan(header->header_bytes, header->frame_bytes - header->header_bytes),
                 media::aac::write_config(header->config), pts, arrival);
        rest = rest.subspan(header->frame_bytes);
    }
}

void PlaybackMedia::push_aac(media::ByteSpan raw, media::Bytes config, std::int64_t pts,
                             Arrival arrival) {
    if (tracks_[1].parameters == nullptr || !(config == audio_config_)) {
        auto parameters = media::aac::make_parameters(config);
        if (!parameters) {
            ++lost_;
            return;
        }
        audio_config_ = std::move(config);
        set_parameters(1, std::make_shared<const media::CodecParameters>(std::move(*parameters)));
    }
    media::AccessUnit unit;
    unit.track = 1;
    unit.key = true;
    unit.pts = unit.dts = pts;
    unit.received_at = arrival.steady;
    unit.wall = arrival.wall;
    unit.data = media::Bytes::copy_of(raw);
    ready_.push_back(std::move(unit));
}

void PlaybackMedia::finish() {
    end_picture();
    has_given_any_ = true;
}

bool PlaybackMedia::awaits_sound() const {
    if (has_given_any_ || tracks_.size() < 2 || tracks_[1].parameters) return false;
    return ready_.size() < kMostWaiting && ready_.back().pts - ready_.front().pts < kPatienceTicks;
}

std::optional<media::AccessUnit> PlaybackMedia::next() {
    if (ready_.empty() || awaits_sound()) return std::nullopt;
    has_given_any_ = true;
    media::AccessUnit out = std::move(ready_.front());
    ready_.pop_front();
    return out;
}

}  // namespace casement::protocols::nest
