#include "emulators/nanit/streams.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

#include "async/bell.hpp"

namespace casement::emulators::nanit {

using base::Result;

namespace {

// While a publication that was told to end does not: it may be connecting still.
constexpr std::chrono::milliseconds kAskAgain{20};

}  // namespace

struct Streams::Stream {
    Stream(const async::Executor& executor, std::string u, int a, const Owner& o)
        : url(std::move(u)), attempts(std::max(1, a)), owner(o), changed(executor) {}

    const std::string url;  // may hold a token
    const int attempts;
    std::weak_ptr<ControlSession> owner;
    std::unique_ptr<testcam::RtmpPublisher> publisher;
    std::chrono::steady_clock::time_point refreshed = std::chrono::steady_clock::now();
    bool is_to_end = false;
    bool has_ended = false;
    async::Bell changed;
};

Streams::Streams(async::Executor executor, async::BlockingPool& pool, const base::Clock& clock,
                 ffmpeg::TestPictureOptions picture, StreamTimes times, const base::Log& log)
    : executor_(std::move(executor)),
      pool_(pool),
      clock_(clock),
      picture_(std::move(picture)),
      times_(times),
      log_(log),
      tasks_(executor_, log) {}

void Streams::start(const std::string& url, int attempts, const Owner& owner) {
    if (const auto at = streams_.find(url); at != streams_.end()) {
        ++counters_.refreshed;
        at->second->owner = owner;
        at->second->refreshed = std::chrono::steady_clock::now();
        return at->second->changed.ring();
    }
    const auto stream = std::make_shared<Stream>(executor_, url, attempts, owner);
    streams_.emplace(url, stream);
    tasks_.spawn("publication",
                 [self = shared_from_this(), stream] { return publish(self, stream); });
    tasks_.spawn("lapse", [self = shared_from_this(), stream] { return supervise(self, stream); });
}

void Streams::ask_to_end(Stream& stream) {
    stream.is_to_end = true;
    stream.changed.ring();
}

// What ends is forgotten at once: the same URL may begin again while the goodbye is on its way.
void Streams::stop(const std::string& url) {
    const auto at = streams_.find(url);
    if (at == streams_.end()) return;
    ask_to_end(*at->second);
    streams_.erase(at);
}

void Streams::stop_those_of(const Owner& owner) {
    std::erase_if(streams_, [&](const auto& entry) {
        const bool theirs = entry.second->owner.lock() == owner;
        if (theirs) ask_to_end(*entry.second);
        return theirs;
    });
}

void Streams::stop_all() {
    for (const auto& [url, stream] : std::exchange(streams_, {})) ask_to_end(*stream);
}

std::size_t Streams::count_of(const Owner& owner) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        streams_, [&owner](const auto& entry) { return entry.second->owner.lock() == owner; }));
}
std::size_t Streams::count_of_gone() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        streams_, [](const auto& entry) { return entry.second->owner.expired(); }));
}

void Streams::freeze(bool frozen) {
    frozen_ = frozen;
    if (feed_) feed_->set_stalled(frozen);
}

void Streams::reset() {
    for (const auto& stream : streams_ | std::views::values) {
        if (stream->publisher) stream->publisher->drop();
    }
}

void Streams::cut() {
    reset();
    stop_all();
}

async::Task<Result<>> Streams::open_feed(std::shared_ptr<Streams> self) {
    CASEMENT_CO_TRY(auto feed,
                    co_await testcam::Feed::open(self->executor_, self->pool_, self->clock_,
                                                 self->picture_, self->log_));
    if (self->feed_) co_await feed->stop();  // another stream was faster
    if (!self->feed_) self->feed_ = std::move(feed);
    self->feed_->set_stalled(self->frozen_);
    co_return Result<>{};
}

async::Task<Result<>> Streams::publish_once(std::shared_ptr<Streams> self, StreamPtr stream) {
    if (self->refused_connects > 0) {
        --self->refused_connects;
        co_return base::fail(base::ErrorKind::Unavailable, "refused, as a test asked for");
    }
    if (!self->feed_) {
        CASEMENT_CO_TRY(co_await open_feed(self));
    }
    if (!stream->publisher) {
        net::ConnectOptions connect;
        connect.tls.emplace().verify = false;  // whom a camera trusts is not known
        stream->publisher =
            std::make_unique<testcam::RtmpPublisher>(self->feed_, std::move(connect), self->log_);
    }
    co_return co_await stream->publisher->publish(
        stream->url, async::Deadline::in(self->times_.connect_patience));
}

async::Task<> Streams::publish(std::shared_ptr<Streams> self, StreamPtr stream) {
    struct End {
        std::shared_ptr<Streams> self;
        StreamPtr stream;
        End(std::shared_ptr<Streams> s, StreamPtr p) : self(std::move(s)), stream(std::move(p)) {}
        ~End() {
            stream->has_ended = true;
            stream->changed.ring();
            if (stream->publisher) self->counters_.ended += stream->publisher->publications();
            const auto at = self->streams_.find(stream->url);
            if (at != self->streams_.end() && at->second == stream) self->streams_.erase(at);
        }
    } const end(self, stream);
    (void)co_await async::sleep_for(self->times_.connects_after);
    // It tries to connect as often as it was told to; one that was accepted and ended is over.
    for (int attempt = 1; !stream->is_to_end; ++attempt) {
        const auto ended = co_await publish_once(self, stream);
        const bool was_accepted = stream->publisher && stream->publisher->publications() > 0;
        if (stream->is_to_end || was_accepted) co_return;
        self->log_.debug("A stream did not begin: {}", ended.error().message());
        if (attempt >= stream->attempts) {
            ++self->counters_.failed;
            co_return;
        }
        (void)co_await async::sleep_for(self->times_.tries_again_after);
    }
}

async::Task<> Streams::supervise(std::shared_ptr<Streams> self, StreamPtr stream) {
    while (!stream->has_ended) {
        if (stream->is_to_end) {
            if (stream->publisher) stream->publisher->stop_politely();
            (void)co_await async::sleep_for(kAskAgain);
            continue;
        }
        const auto lapses = stream->refreshed + self->times_.lapse;
        if (std::chrono::steady_clock::now() >= lapses) {
            ++self->counters_.lapsed;
            stream->is_to_end = true;
            continue;
        }
        if (!co_await stream->changed.wait_until(lapses)) co_return;
    }
}

StreamCounters Streams::counters() const {
    StreamCounters out = counters_;
    out.active = streams_.size();
    for (const auto& stream : streams_ | std::views::values)
        out.publishing += stream->publisher && stream->publisher->publications() > 0 ? 1 : 0;
    return out;
}

async::Task<> Streams::end() {
    const auto self = shared_from_this();
    stop_all();
    co_await self->tasks_.stop();
    if (self->feed_) co_await self->feed_->stop();
}

}  // namespace casement::emulators::nanit
