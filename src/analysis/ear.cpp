#include "analysis/ear.hpp"

#include <cmath>
#include <utility>
#include <vector>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

#include "async/deadline.hpp"
#include "ffmpeg/loudness.hpp"
#include "hub/reader.hpp"
#include "media/time.hpp"

namespace casement::analysis {

namespace {

/// Without sound for so long what goes on has ended: the camera is away.
constexpr std::chrono::seconds kDeaf{5};

struct Heard {
    double level;
    base::WallTime at;
    std::chrono::microseconds length;
};

/// One camera's ear. Everything but measure() on the stream's executor.
class Ear {
public:
    Ear(std::shared_ptr<hub::Stream> stream, EarParts parts, SoundWatchOptions options)
        : stream_(std::move(stream)), parts_(std::move(parts)), watch_(options) {}

    async::Task<> run();

private:
    void take(const hub::Item& item);
    async::Task<> listen_once();
    std::vector<Heard> measure(const std::vector<media::AccessUnitPtr>& units);
    async::Task<> tell(SoundWatch::News news);

    const std::shared_ptr<hub::Stream> stream_;
    const EarParts parts_;
    SoundWatch watch_;
    hub::TracksPtr tracks_;
    const media::Track* sound_ = nullptr;  // in tracks_
    std::unique_ptr<ffmpeg::LoudnessMeter> meter_;
    std::vector<media::AccessUnitPtr> waiting_;
    std::optional<std::int64_t> last_pts_;
    std::string event_;  // that goes on
};

void Ear::take(const hub::Item& item) {
    if (const auto* changed = std::get_if<hub::ParametersChanged>(&item)) {
        tracks_ = changed->tracks;
        sound_ = nullptr;
        meter_.reset();
        waiting_.clear();
        for (const media::Track& track : *tracks_) {
            if (track.kind() == media::Kind::Audio && track.parameters) sound_ = &track;
        }
        if (sound_ == nullptr) return;
        auto meter = ffmpeg::LoudnessMeter::open(*sound_);
        if (!meter)
            return parts_.log.warn("Its sound is not listened to: {}", meter.error().message());
        meter_ = std::move(*meter);
    } else if (const auto* unit = std::get_if<media::AccessUnitPtr>(&item)) {
        if (meter_ && !(*unit)->slate && (*unit)->track == sound_->id) waiting_.push_back(*unit);
    }
}

std::vector<Heard> Ear::measure(const std::vector<media::AccessUnitPtr>& units) {
    std::vector<Heard> out;
    for (const media::AccessUnitPtr& unit : units) {
        const auto level = meter_->measure(*unit);
        const auto before = std::exchange(last_pts_, unit->pts);
        if (!level) continue;
        const auto length = before && unit->pts > *before
                                ? media::ticks_to_us(unit->pts - *before, sound_->clock_rate)
                                : std::chrono::microseconds{0};
        // After a pause the unit is as long as its like, not as the pause.
        out.push_back(
            {*level, unit->wall,
             std::min<std::chrono::microseconds>(length, std::chrono::milliseconds{200})});
    }
    return out;
}

async::Task<> Ear::tell(SoundWatch::News news) {
    if (news.end && !event_.empty()) {
        const auto ended = co_await parts_.events.finish(std::exchange(event_, {}), news.end->at);
        if (!ended) parts_.log.warn("The end of a sound: {}", ended.error().message());
    }
    if (!news.begin) co_return;
    events::Event event;
    event.camera = stream_->name();
    event.kind = events::kind::kSound;
    event.start = news.begin->at;
    event.data = fmt::format(R"({{"heard_by":"hub","level_dbfs":{:.0f}}})", news.begin->loudest);
    const auto stored = co_await parts_.events.append(std::move(event));
    if (!stored) {
        parts_.log.warn("A sound was heard and not stored: {}", stored.error().message());
        co_return;
    }
    event_ = (*stored)->id;
}

async::Task<> Ear::listen_once() {
    auto units = std::exchange(waiting_, {});
    if (units.empty()) co_return;
    const auto heard = co_await parts_.codecs.run([this, &units] { return measure(units); });
    for (const Heard& one : heard) co_await tell(watch_.heard(one.level, one.at, one.length));
}

async::Task<> Ear::run() {
    co_await asio::this_coro::throw_if_cancelled(false);
    hub::ReaderOptions options;
    options.kind = "ear";
    options.viewer = options.demand = false;
    hub::Reader reader = stream_->subscribe(co_await asio::this_coro::executor, std::move(options));
    for (;;) {
        const auto waited = co_await reader.wait_until(std::chrono::steady_clock::now() + kDeaf);
        if (!waited) break;
        if (!*waited) co_await tell(watch_.gone());
        while (const auto item = reader.try_next()) take(*item);
        co_await listen_once();
        if (!co_await async::sleep_for(kListenEvery)) break;
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await tell(watch_.gone());
}

}  // namespace

async::Task<> listen(std::shared_ptr<hub::Stream> stream, EarParts parts,
                     SoundWatchOptions options) {
    Ear ear(std::move(stream), std::move(parts), options);
    co_await ear.run();
}

}  // namespace casement::analysis
