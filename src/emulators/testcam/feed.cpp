#include "emulators/testcam/feed.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "async/bell.hpp"
#include "async/task_group.hpp"
#include "media/time.hpp"

namespace casement::emulators::testcam {

using base::Result;

namespace {

// Five seconds of both tracks.
constexpr std::size_t kMaxWaiting = 400;
// Further behind its pace than this, the feed lets time pass instead of catching up.
constexpr std::chrono::milliseconds kMaxLate{500};

}  // namespace

struct Feed::Tap::Queue {
    explicit Queue(const async::Executor& executor) : bell(executor) {}

    std::deque<FeedItem> items;
    bool wants_key = true;  // nothing decodes before one
    bool ended = false;
    async::Bell bell;

    void offer(const FeedItem& item) {
        if (items.size() >= kMaxWaiting) {
            items.clear();
            wants_key = true;
        }
        if (wants_key && !(item.unit->track == 0 && item.unit->key)) return;
        wants_key = false;
        items.push_back(item);
        bell.ring();
    }
};

Feed::Tap::Tap(std::shared_ptr<Queue> queue) : queue_(std::move(queue)) {}
Feed::Tap::Tap(Tap&&) noexcept = default;
Feed::Tap::~Tap() = default;

async::Task<Result<FeedItem>> Feed::Tap::next() {
    const std::shared_ptr<Queue> queue = queue_;
    while (queue->items.empty()) {
        if (queue->ended)
            co_return base::fail(base::ErrorKind::Cancelled, "the test camera was switched off");
        CASEMENT_CO_TRY(co_await queue->bell.wait());
    }
    FeedItem item = std::move(queue->items.front());
    queue->items.pop_front();
    co_return item;
}

// Shared with the task that runs it, which ends when the feed cancels it.
struct Feed::State : std::enable_shared_from_this<Feed::State> {
    State(async::Executor e, async::BlockingPool& p, const base::Clock& c,
          std::unique_ptr<ffmpeg::TestPicture> t, const base::Log& l)
        : executor(std::move(e)),
          pool(p),
          clock(c),
          log(l),
          picture(std::move(t)),
          tracks(std::make_shared<const media::Tracks>(picture->tracks())),
          wanted(executor),
          timer(executor),
          tasks(executor, l) {}

    const async::Executor executor;
    async::BlockingPool& pool;
    const base::Clock& clock;
    const base::Log log;
    const std::shared_ptr<ffmpeg::TestPicture>
        picture;  // used by the pool while it encodes, by nobody else then
    TracksPtr tracks;
    std::vector<std::weak_ptr<Tap::Queue>> queues;
    async::Bell wanted;
    boost::asio::steady_timer timer;
    bool stalled = false;
    bool key_wanted = false;
    int sparse = 1;          // one picture in so many is sent
    bool is_broken = false;  // one was not: nothing decodes before the next key frame
    std::optional<std::pair<int, int>> new_size;  // width, height
    std::chrono::microseconds jump{0};
    std::uint64_t frames = 0;
    async::TaskGroup tasks;

    async::Task<> run();
    async::Task<Result<>> make_frame();
    void hand_out(std::vector<media::AccessUnit> units);
    bool is_tapped() {
        std::erase_if(queues, [](const auto& weak) { return weak.expired(); });
        return !queues.empty();
    }
};

async::Task<> Feed::State::run() {
    const auto self = shared_from_this();
    std::optional<base::SteadyTime> epoch;  // when frame 0 was, or would have been
    for (;;) {
        if (!is_tapped()) {
            epoch.reset();
            if (!co_await wanted.wait()) co_return;
            continue;
        }
        const auto now = clock.steady_now();
        const auto offset = picture->frame_time(picture->next_frame());
        if (!epoch || now - (*epoch + offset) > kMaxLate) epoch = now - offset;
        timer.expires_at(*epoch + offset);
        if (const auto [ec] = co_await timer.async_wait(async::as_value); ec) co_return;
        if (stalled) {
            epoch = clock.steady_now() + picture->frame_time(1) - offset;
            continue;
        }
        if (const auto made = co_await make_frame(); !made) {
            log.error("The test picture failed: {}", made.error().message());
            co_return;
        }
    }
}

async::Task<Result<>> Feed::State::make_frame() {
    const auto wall = clock.wall_now() + jump;
    const auto now = clock.steady_now();
    const bool is_sent = sparse <= 1 || picture->next_frame() % sparse == 0;
    const bool key = std::exchange(key_wanted, false) || (is_sent && is_broken);
    if (is_sent) is_broken = false;
    auto work = [picture = picture, wall, now, key, size = std::exchange(new_size, std::nullopt),
                 log = log]() -> Result<std::vector<media::AccessUnit>> {
        if (size) {
            if (const auto resized = picture->resize(size->first, size->second); !resized)
                log.warn("{}", resized.error().message());
        }
        if (key) picture->want_key_frame();
        std::vector<media::AccessUnit> units;
        CASEMENT_TRY(picture->next(wall, now, units));
        return units;
    };
    CASEMENT_CO_TRY(auto units, co_await pool.run(std::move(work)));
    ++frames;
    if (!is_sent) {
        std::erase_if(units, [](const media::AccessUnit& unit) { return unit.track == 0; });
        is_broken = true;
    }
    hand_out(std::move(units));
    co_return Result<>{};
}

void Feed::State::hand_out(std::vector<media::AccessUnit> units) {
    if (picture->tracks() != *tracks)
        tracks = std::make_shared<const media::Tracks>(picture->tracks());
    for (media::AccessUnit& unit : units) {
        const std::int64_t moved =
            media::us_to_ticks(jump, (*tracks)[static_cast<std::size_t>(unit.track)].clock_rate);
        unit.pts += moved;
        unit.dts += moved;
        const FeedItem item{std::make_shared<const media::AccessUnit>(std::move(unit)), tracks};
        for (const auto& weak : queues) {
            if (const auto queue = weak.lock()) queue->offer(item);
        }
    }
}

async::Task<Result<std::shared_ptr<Feed>>> Feed::open(async::Executor executor,
                                                      async::BlockingPool& pool,
                                                      const base::Clock& clock,
                                                      ffmpeg::TestPictureOptions options,
                                                      base::Log log) {
    auto work = [options] { return ffmpeg::TestPicture::open(options); };
    CASEMENT_CO_TRY(auto picture, co_await pool.run(std::move(work)));
    const auto state =
        std::make_shared<State>(std::move(executor), pool, clock, std::move(picture), log);
    // Weakly: a group that held its own owner would keep it when the loop ends before the task.
    state->tasks.spawn("test picture", [weak = std::weak_ptr(state)]() -> async::Task<> {
        if (const auto alive = weak.lock()) co_await alive->run();
    });
    co_return std::shared_ptr<Feed>(new Feed(state));
}

Feed::Feed(std::shared_ptr<State> state) : state_(std::move(state)) {}

Feed::~Feed() {
    state_->tasks.cancel();
    for (const auto& weak : state_->queues) {
        if (const auto queue = weak.lock()) {
            queue->ended = true;
            queue->bell.ring();
        }
    }
}

async::Task<> Feed::stop() {
    const auto state = state_;
    co_await state->tasks.stop();
}

const async::Executor& Feed::executor() const { return state_->executor; }
const base::Clock& Feed::clock() const { return state_->clock; }
const TracksPtr& Feed::tracks() const { return state_->tracks; }

Feed::Tap Feed::tap() {
    auto queue = std::make_shared<Tap::Queue>(state_->executor);
    state_->queues.push_back(queue);
    state_->key_wanted = true;
    state_->wanted.ring();
    return Tap(std::move(queue));
}

void Feed::set_stalled(bool stalled) { state_->stalled = stalled; }
void Feed::resize(int width, int height) { state_->new_size = {width, height}; }
void Feed::set_sparse(int every) { state_->sparse = std::max(1, every); }
void Feed::jump_clock(std::chrono::microseconds by) { state_->jump += by; }
std::uint64_t Feed::frames() const { return state_->frames; }

}  // namespace casement::emulators::testcam
