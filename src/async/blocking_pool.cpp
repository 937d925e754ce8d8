#include "async/blocking_pool.hpp"

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace casement::async {

struct BlockingPool::State {
    std::mutex mutex;  // plain: a condition variable waits on it
    std::condition_variable wake;
    std::deque<std::function<void()>> queue;
    bool closing = false;
    std::atomic<std::size_t> depth{0};
    std::vector<std::thread> threads;

    void work() {
        for (;;) {
            std::function<void()> job;
            {
                std::unique_lock lock(mutex);
                wake.wait(lock, [this] { return closing || !queue.empty(); });
                if (queue.empty()) return;
                job = std::move(queue.front());
                queue.pop_front();
            }
            job();
            job = nullptr;
            if (depth.fetch_sub(1, std::memory_order_release) == 1) depth.notify_all();
        }
    }
};

BlockingPool::BlockingPool(std::string name, std::size_t threads)
    : state_(std::make_unique<State>()) {
    name.resize(std::min<std::size_t>(name.size(), 15));  // pthread_setname_np's limit
    for (std::size_t i = 0; i < threads; ++i) {
        std::thread thread([state = state_.get()] { state->work(); });
        pthread_setname_np(thread.native_handle(), name.c_str());
        state_->threads.push_back(std::move(thread));
    }
}

BlockingPool::~BlockingPool() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->closing = true;
    }
    state_->wake.notify_all();
    for (std::thread& thread : state_->threads) thread.join();
}

void BlockingPool::post(std::function<void()> work) {
    state_->depth.fetch_add(1, std::memory_order_relaxed);
    {
        const std::lock_guard lock(state_->mutex);
        state_->queue.push_back(std::move(work));
    }
    state_->wake.notify_one();
}

void BlockingPool::drain() const {
    for (std::size_t left = state_->depth.load(std::memory_order_acquire); left != 0;
         left = state_->depth.load(std::memory_order_acquire)) {
        state_->depth.wait(left, std::memory_order_acquire);
    }
}

std::size_t BlockingPool::depth() const { return state_->depth.load(std::memory_order_relaxed); }

}  // namespace casement::async
