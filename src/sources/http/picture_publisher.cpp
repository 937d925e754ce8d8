#include "sources/http/picture_publisher.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "media/time.hpp"

namespace casement::sources::http {

using base::Result;

namespace {

constexpr std::uint32_t kClockRate = 90'000;

}  // namespace

PicturePublisher::PicturePublisher(const async::Executor& executor, Surroundings surroundings,
                                   Pictures pictures)
    : surroundings_(std::move(surroundings)),
      pictures_(pictures),
      start_(surroundings_.clock.steady_now()),
      encoder_(std::make_shared<ffmpeg::JpegToH264>()),
      bell_(executor) {}

void PicturePublisher::offer(JpegPicture picture) {
    if (waiting_) ++replaced_;
    waiting_ = Waiting{std::move(picture), surroundings_.clock.steady_now(),
                       surroundings_.clock.wall_now()};
    bell_.ring();
}

async::Task<Result<>> PicturePublisher::run(hub::StreamWriter& writer) {
    for (;;) {
        CASEMENT_CO_TRY(co_await bell_.wait());
        if (!waiting_) continue;
        Waiting next = std::move(*waiting_);
        waiting_.reset();
        if (replaced_ > 0) writer.count_lost(std::exchange(replaced_, 0));
        media::AccessUnit unit;
        unit.key = true;
        const auto since_start =
            std::chrono::duration_cast<std::chrono::microseconds>(next.at - start_);
        last_pts_ = std::max(last_pts_ + 1, media::us_to_ticks(since_start, kClockRate));
        unit.pts = unit.dts = last_pts_;
        unit.received_at = next.at;
        unit.wall = next.wall;
        unit.data = std::move(next.picture.data);
        CASEMENT_CO_TRY(co_await publish(std::move(unit), next.picture.info, writer));
    }
}

void PicturePublisher::announce(const media::Track& track, hub::StreamWriter& writer) {
    if (announced_ && *announced_ == *track.parameters) return;
    announced_ = track.parameters;
    writer.set_tracks({track});
}

async::Task<Result<>> PicturePublisher::publish(media::AccessUnit unit, media::jpeg::Info info,
                                                hub::StreamWriter& writer) {
    if (pictures_ == Pictures::AsTheyAre) {
        announce({.id = 0,
                  .clock_rate = kClockRate,
                  .parameters = std::make_shared<const media::CodecParameters>(
                      media::jpeg::make_parameters(info)),
                  .codec = media::Codec::Mjpeg},
                 writer);
        writer.publish(std::move(unit));
        co_return Result<>{};
    }
    auto work = [encoder = encoder_,
                 unit = std::move(unit)]() -> Result<std::vector<media::AccessUnit>> {
        std::vector<media::AccessUnit> made;
        CASEMENT_TRY(encoder->push(unit, made));
        return made;
    };
    CASEMENT_CO_TRY(auto made, co_await surroundings_.pool.run(std::move(work)));
    if (made.empty()) writer.count_lost(1);
    for (media::AccessUnit& encoded : made) {
        announce(encoder_->track(), writer);
        writer.publish(std::move(encoded));
    }
    co_return Result<>{};
}

}  // namespace casement::sources::http
