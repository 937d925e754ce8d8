// From the units of a test camera to packets.

#include "emulators/nest/live_playback.hpp"

#include <algorithm>
#include <utility>

#include "async/deadline.hpp"
#include "media/aac.hpp"
#include "media/nal.hpp"

namespace casement::emulators::nest {

using base::Result;

namespace {

constexpr int kVideo = 0, kSound = 1;
constexpr std::int64_t kVideoRate = 90'000;
// A client that takes less than is sent is waited for; the feed drops what is too old.
constexpr std::size_t kMostWaiting = 1024 * 1024;
constexpr std::chrono::milliseconds kWait{10};
constexpr std::uint64_t kUnknownEvery = 10;
constexpr std::size_t kMostHeld = 12;  // pictures without any sound
constexpr std::uint8_t kIdr = 5;

double unix_seconds(base::WallTime time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

/// cabac_zero_words: what ITU-T H.264 §7.3.2.10 lets an encoder put behind a slice.
void pad(std::vector<std::uint8_t>& slice, std::size_t to) {
    while (slice.size() < to) slice.insert(slice.end(), {0, 0, 3});
}

}  // namespace

async::Task<Result<>> LiveSession::play() {
    for (;;) {
        CASEMENT_CO_TRY(co_await has_playback_.wait());
        if (!playback_) continue;
        struct Playing {
            LiveCounters& counters;
            explicit Playing(LiveCounters& c) : counters(c) {
                counters.most_playing = std::max(counters.most_playing, ++counters.playing);
            }
            ~Playing() { --counters.playing; }
        } const playing(host_->counters);
        CASEMENT_CO_TRY(co_await play_one(playback_));
    }
}

async::Task<Result<>> LiveSession::play_one(std::shared_ptr<Playback> playback) {
    CASEMENT_CO_TRY(const auto feed, co_await host_->feed_of(uuid_));
    testcam::Feed::Tap tap = feed->tap();
    while (!playback->ended && !ends_) {
        auto item = co_await async::with_deadline(async::Deadline::in(std::chrono::seconds(1)),
                                                  "unit", tap.next());
        if (!item) {
            if (item.error().is(base::ErrorKind::DeadlineExceeded)) continue;
            co_return std::unexpected(item.error());
        }
        while (to_send_bytes_ > kMostWaiting && !playback->ended) {
            CASEMENT_CO_TRY(co_await async::sleep_for(kWait));
        }
        if (!playback->ended && !ends_) send_unit(*playback, *item);
    }
    co_return Result<>{};
}

/// Each channel's time begins with its first packet, whose delta says nothing: the sound's first
/// frame is waited for. True when the playback has begun.
bool LiveSession::begin(Playback& playback, const testcam::FeedItem& item) {
    if (playback.has_begun) return true;
    playback.held.push_back(item);  // a tap begins with a key frame
    const auto sound = std::ranges::find(
        playback.held, kSound, [](const testcam::FeedItem& held) { return held.unit->track; });
    const bool is_known = sound != playback.held.end();
    if (playback.has_sound && !is_known && playback.held.size() < kMostHeld) return false;
    playback.has_begun = true;
    const media::AccessUnit& first = *playback.held.front().unit;
    const auto start = unix_seconds(first.wall + host_->faults->clock_skew);
    playback.last_pts[kVideo] = first.pts;
    wire::PlaybackBegin message{.session_id = playback.session_id};
    message.channels.push_back({.channel_id = host_->faults->swaps_channels ? 2 : 1,
                                .codec = wire::CodecType::H264,
                                .sample_rate = kVideoRate,
                                .start_time = start,
                                .profile = playback.profile});
    if (playback.has_sound) {
        const auto rate = (*item.tracks)[kSound].clock_rate;
        playback.last_pts[kSound] = is_known ? sound->unit->pts : first.pts * rate / kVideoRate;
        const double later = static_cast<double>(playback.last_pts[kSound]) / rate -
                             static_cast<double>(first.pts) / kVideoRate;
        message.channels.push_back({.channel_id = host_->faults->swaps_channels ? 1 : 2,
                                    .codec = wire::CodecType::Aac,
                                    .sample_rate = rate,
                                    .start_time = start + later,
                                    .profile = wire::Profile::AudioAac});
    }
    if (host_->faults->swaps_channels) std::ranges::reverse(message.channels);
    ++host_->counters.playbacks;
    say(to_bytes(message));
    return true;
}

void LiveSession::send_payload(Playback& playback, int track, base::ByteSpan payload,
                               std::int64_t delta) {
    const bool swaps = host_->faults->swaps_channels;
    say(to_bytes(wire::PlaybackPacket{.session_id = playback.session_id,
                                      .channel_id = (track == kVideo) != swaps ? 1 : 2,
                                      .timestamp_delta = delta,
                                      .payload = payload}));
}

void LiveSession::send_unit(Playback& playback, const testcam::FeedItem& item) {
    if (host_->faults->is_silent) return;
    if (!begin(playback, item)) return;
    if (!playback.held.empty()) {
        for (const testcam::FeedItem& held : std::exchange(playback.held, {}))
            send_unit(playback, held);
        return;
    }
    const media::AccessUnit& unit = *item.unit;
    const bool is_video = unit.track == kVideo;
    if (!is_video && !playback.has_sound) return;
    std::int64_t delta = unit.pts - std::exchange(playback.last_pts.at(unit.track), unit.pts);
    if (host_->faults->adds_unknown && ++playback.units % kUnknownEvery == 0) {
        constexpr std::array<std::uint8_t, 3> kBody{0x08, 0x01, 0x00};
        say(wire::to_bytes(wire::PacketType::ClockSync, kBody));
        say(wire::to_bytes(wire::PacketType::Metadata, kBody));
        say(wire::to_bytes(static_cast<wire::PacketType>(222), kBody));
    }
    const media::CodecParameters& parameters =
        *(*item.tracks)[static_cast<std::size_t>(unit.track)].parameters;
    if (!is_video) {
        const auto config = media::aac::parse_config(parameters.config);
        if (!config) return;
        const media::Bytes head = media::aac::write_adts(*config, unit.data.size());
        std::vector<std::uint8_t> frame(head.begin(), head.end());
        frame.insert(frame.end(), unit.data.begin(), unit.data.end());
        return send_payload(playback, kSound, frame, delta);
    }
    // All of a picture has one time: its first packet moves the clock, the others do not.
    const auto send = [&](base::ByteSpan nal) {
        send_payload(playback, kVideo, nal, std::exchange(delta, 0));
    };
    if (unit.key) {
        for (const media::Bytes& sps : parameters.sps) send(sps);
        for (const media::Bytes& pps : parameters.pps) send(pps);
    }
    for (const base::ByteSpan nal : media::NalUnits(unit.data)) {
        if ((nal[0] & 0x1F) == kIdr && nal.size() < host_->faults->key_bytes) {
            std::vector<std::uint8_t> padded(nal.begin(), nal.end());
            pad(padded, host_->faults->key_bytes);
            send(padded);
        } else {
            send(nal);
        }
    }
    ++host_->counters.pictures;
}

}  // namespace casement::emulators::nest
