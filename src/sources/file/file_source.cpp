#include "sources/file/file_source.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "async/deadline.hpp"
#include "ffmpeg/demuxer.hpp"
#include "media/time.hpp"

namespace casement::sources::file {

using base::ErrorKind;
using base::Result;
using std::chrono::microseconds;

namespace {

// Units read per visit to the pool: half a second of a camera with sound, a quarter of the hops.
constexpr std::size_t kBatch = 32;
// A file whose timestamps jump further ahead than this is played on without the pause.
constexpr std::chrono::seconds kLongestPause{10};

using Batch = std::vector<media::AccessUnit>;  // shorter than kBatch at the end of the file

Result<Batch> read_batch(ffmpeg::Demuxer& demuxer) {
    Batch units;
    while (units.size() < kBatch) {
        CASEMENT_TRY(auto unit, demuxer.next());
        if (!unit) break;
        units.push_back(std::move(*unit));
    }
    return units;
}

}  // namespace

/// One run: keeps the pace and puts one round of the file behind the other.
class FileSource::Player {
public:
    Player(std::shared_ptr<ffmpeg::Demuxer> demuxer, const Surroundings& surroundings,
           hub::StreamWriter& writer)
        : demuxer_(std::move(demuxer)), surroundings_(surroundings), writer_(writer) {}

    /// Once through the file. DataLoss when there was nothing in it.
    async::Task<Result<>> play_once();
    async::Task<Result<>> rewind();

private:
    struct Lane {
        std::int64_t last_dts = 0, step = 0;  // ticks
    };
    async::Task<Result<>> play(Batch batch);
    async::Task<Result<>> wait_for(microseconds media_time);

    const std::shared_ptr<ffmpeg::Demuxer> demuxer_;  // shared with the pool while it reads
    const Surroundings& surroundings_;
    hub::StreamWriter& writer_;
    media::Tracks announced_;
    std::vector<Lane> lanes_;
    microseconds round_start_{0};            // media time of the file's beginning in this round
    std::optional<base::SteadyTime> epoch_;  // when media time 0 was
};

async::Task<Result<>> FileSource::Player::wait_for(microseconds media_time) {
    const auto now = surroundings_.clock.steady_now();
    if (!epoch_) epoch_ = now - media_time;
    if (*epoch_ + media_time - now > kLongestPause) epoch_ = now - media_time;
    const auto wait = *epoch_ + media_time - now;
    if (wait <= std::chrono::milliseconds{1}) co_return Result<>{};
    co_return co_await async::sleep_for(wait);
}

async::Task<Result<>> FileSource::Player::play(Batch batch) {
    for (media::AccessUnit& unit : batch) {
        const auto index = static_cast<std::size_t>(unit.track);
        const std::uint32_t rate = announced_[index].clock_rate;
        Lane& lane = lanes_[index];
        lane.step = std::max<std::int64_t>(unit.dts - lane.last_dts, 0);
        lane.last_dts = unit.dts;
        const microseconds at = round_start_ + media::ticks_to_us(unit.dts, rate);
        CASEMENT_CO_TRY(co_await wait_for(at));
        unit.pts += media::us_to_ticks(round_start_, rate);
        unit.dts += media::us_to_ticks(round_start_, rate);
        unit.received_at = surroundings_.clock.steady_now();
        unit.wall = surroundings_.clock.wall_now();
        writer_.publish(std::move(unit));
    }
    co_return Result<>{};
}

async::Task<Result<>> FileSource::Player::play_once() {
    lanes_.assign(demuxer_->tracks().size(), {});
    for (bool any = false;; any = true) {
        auto work = [demuxer = demuxer_] { return read_batch(*demuxer); };
        CASEMENT_CO_TRY(Batch batch, co_await surroundings_.pool.run(std::move(work)));
        if (batch.empty() && !any)
            co_return base::fail(ErrorKind::DataLoss, "there is nothing in the file");
        if (batch.empty()) break;
        if (announced_ != demuxer_->tracks()) {
            announced_ = demuxer_->tracks();
            writer_.set_tracks(announced_);
        }
        CASEMENT_CO_TRY(co_await play(std::move(batch)));
    }
    microseconds length{1};
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        length = std::max(length, media::ticks_to_us(lanes_[i].last_dts + lanes_[i].step,
                                                     announced_[i].clock_rate));
    }
    round_start_ += length;
    co_return Result<>{};
}

async::Task<Result<>> FileSource::Player::rewind() {
    auto work = [demuxer = demuxer_] { return demuxer->rewind(); };
    co_return co_await surroundings_.pool.run(std::move(work));
}

FileSource::FileSource(camera::PlayFile way, Surroundings surroundings)
    : way_(std::move(way)), surroundings_(std::move(surroundings)) {}

async::Task<Result<>> FileSource::run(hub::StreamWriter& writer) {
    auto open = [path = way_.path] { return ffmpeg::Demuxer::open(path); };
    CASEMENT_CO_TRY(std::shared_ptr<ffmpeg::Demuxer> demuxer,
                    co_await surroundings_.pool.run(std::move(open)));
    Player player(std::move(demuxer), surroundings_, writer);
    for (;;) {
        CASEMENT_CO_TRY(co_await player.play_once());
        if (!way_.loop) co_return base::fail(ErrorKind::Unavailable, "the file has ended");
        CASEMENT_CO_TRY(co_await player.rewind());
    }
}

async::Task<> FileSource::close(async::Deadline) { co_return; }

std::string FileSource::description() const { return way_.path; }

}  // namespace casement::sources::file
