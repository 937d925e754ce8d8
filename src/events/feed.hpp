#pragma once
// One to many, across threads, without waiting for anybody: a slow subscriber loses the oldest and
// is told how many.

#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <boost/asio/post.hpp>

#include "async/bell.hpp"
#include "base/mutex.hpp"

namespace casement::events {

/// In place of what did not fit: the next item comes `count` later than it should.
struct Lost {
    std::size_t count = 0;
    bool operator==(const Lost&) const = default;
};

template <typename T>
class Feed;

/// One subscriber's bounded queue. Lives on the executor it was made with; ends by destruction,
/// before or after the feed.
template <typename T>
class Subscription {
public:
    using Item = std::variant<T, Lost>;

    /// The next item, or Cancelled.
    async::Task<base::Result<Item>> next() {
        for (;;) {
            if (auto item = try_next()) co_return std::move(*item);
            CASEMENT_CO_TRY(co_await queue_->bell.wait());
        }
    }

    std::optional<Item> try_next() {
        const base::MutexLock lock(queue_->mutex);
        if (queue_->lost > 0) return Item{Lost{std::exchange(queue_->lost, 0)}};
        if (queue_->items.empty()) return std::nullopt;
        Item item{std::move(queue_->items.front())};
        queue_->items.pop_front();
        return item;
    }

private:
    friend class Feed<T>;
    struct Queue : std::enable_shared_from_this<Queue> {
        Queue(async::Executor e, std::size_t c)
            : executor(std::move(e)), capacity(c), bell(executor) {}

        void push(const T& item) {
            bool wake = false;
            {
                const base::MutexLock lock(mutex);
                if (items.size() == capacity) {
                    items.pop_front();
                    ++lost;
                }
                items.push_back(item);
                wake = !std::exchange(waking, true);
            }
            if (!wake) return;  // one post for a burst
            asio::post(executor, [self = this->shared_from_this()] {
                {
                    const base::MutexLock lock(self->mutex);
                    self->waking = false;
                }
                self->bell.ring();
            });
        }

        const async::Executor executor;
        const std::size_t capacity;
        base::Mutex mutex;
        std::deque<T> items CASEMENT_GUARDED_BY(mutex);
        std::size_t lost CASEMENT_GUARDED_BY(mutex) = 0;
        bool waking CASEMENT_GUARDED_BY(mutex) = false;
        async::Bell bell;
    };

    explicit Subscription(std::shared_ptr<Queue> queue) : queue_(std::move(queue)) {}
    std::shared_ptr<Queue> queue_;
};

/// Thread-safe. T is cheap to copy (a shared_ptr to something immutable).
template <typename T>
class Feed {
public:
    Feed() = default;
    Feed(const Feed&) = delete;
    Feed& operator=(const Feed&) = delete;

    /// From now on; what came before is asked of the log. `capacity` items at most wait.
    Subscription<T> subscribe(async::Executor executor, std::size_t capacity = 256) {
        auto queue =
            std::make_shared<typename Subscription<T>::Queue>(std::move(executor), capacity);
        const base::MutexLock lock(mutex_);
        std::erase_if(queues_, [](const auto& q) { return q.expired(); });
        queues_.push_back(queue);
        return Subscription<T>(std::move(queue));
    }

    /// Never waits for a subscriber. Items reach each subscriber in the order of the calls.
    void publish(const T& item) {
        const base::MutexLock lock(mutex_);
        for (const auto& weak : queues_) {
            if (const auto queue = weak.lock()) queue->push(item);
        }
    }

    std::size_t subscribers() const {
        const base::MutexLock lock(mutex_);
        std::size_t count = 0;
        for (const auto& weak : queues_) count += weak.expired() ? 0 : 1;
        return count;
    }

private:
    mutable base::Mutex mutex_;
    std::vector<std::weak_ptr<typename Subscription<T>::Queue>> queues_ CASEMENT_GUARDED_BY(mutex_);
};

}  // namespace casement::events
