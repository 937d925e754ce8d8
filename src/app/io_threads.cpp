#include "app/io_threads.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>

namespace casement::app {

namespace {

// A round over empty queues costs microseconds; no chain of destructors is as long.
constexpr int kDropRounds = 8;

int usable_processors() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return std::clamp(CPU_COUNT(&set), 1, 4);
}

}  // namespace

struct IoThreads::Context : asio::io_context {
    Context() : asio::io_context(1) {}
    using asio::io_context::shutdown;  // the library calls it in its destructor only, which is too
                                       // late
};

IoThreads::IoThreads(int count) {
    const int wanted = count > 0 ? count : usable_processors();
    for (int i = 0; i < wanted; ++i) {
        contexts_.push_back(std::make_unique<Context>());
        guards_.emplace_back(contexts_.back()->get_executor());
    }
    first_ = contexts_.front()->get_executor();
}

IoThreads::~IoThreads() {
    stop();
    for (std::thread& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

std::vector<async::Executor> IoThreads::executors() const {
    std::vector<async::Executor> out;
    for (const auto& context : contexts_) out.emplace_back(context->get_executor());
    return out;
}

void IoThreads::run() {
    for (std::size_t i = 1; i < contexts_.size(); ++i) {
        threads_.emplace_back([context = contexts_[i].get()] { context->run(); });
        pthread_setname_np(threads_.back().native_handle(), "casement-io");
    }
    contexts_.front()->run();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

void IoThreads::drop_waiting() {
    // A dropped coroutine is unwound by a handler that is posted, and what it held may post as
    // well, to any context: some more rounds find it.
    for (int round = 0; round < kDropRounds; ++round) {
        for (const auto& context : contexts_) context->shutdown();
    }
}

void IoThreads::stop() {
    for (const auto& context : contexts_) context->stop();
}

}  // namespace casement::app
