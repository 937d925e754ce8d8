#include "hub/stream_hub.hpp"

#include <utility>

#include <boost/asio/co_spawn.hpp>

namespace casement::hub {

using base::ErrorKind;
using base::MutexLock;

StreamHub::StreamHub(std::vector<async::Executor> executors, const base::Clock& clock,
                     base::Log log)
    : executors_(std::move(executors)), clock_(clock), log_(std::move(log)) {}

StreamHub::~StreamHub() = default;

async::Executor StreamHub::next_executor() const {
    const MutexLock lock(mutex_);
    return executors_[next_ % executors_.size()];
}

base::Result<std::shared_ptr<Stream>> StreamHub::add(std::string name, SourceFactory factory,
                                                     StreamOptions options) {
    const MutexLock lock(mutex_);
    if (entries_.contains(name))
        return base::fail(ErrorKind::FailedPrecondition, "there is a camera \"{}\" already", name);
    auto stream = std::make_shared<Stream>(name, options.log, clock_, log_.with("camera", name));
    stream->on_status_changed = std::move(options.on_status_changed);
    auto supervisor =
        std::make_shared<Supervisor>(executors_[next_++ % executors_.size()], stream,
                                     std::move(factory), std::move(options.supervisor));
    entries_.emplace(std::move(name), Entry{stream, supervisor});
    supervisor->start();
    return stream;
}

async::Task<base::Result<>> StreamHub::remove(std::string name) {
    Entry entry;
    {
        const MutexLock lock(mutex_);
        const auto found = entries_.find(name);
        if (found == entries_.end())
            co_return base::fail(ErrorKind::NotFound, "there is no camera \"{}\"", name);
        entry = std::move(found->second);
        entries_.erase(found);
    }
    co_await entry.supervisor->stop();
    entry.stream->close();
    co_return base::Result<>{};
}

async::Task<> StreamHub::stop() {
    std::map<std::string, Entry, std::less<>> entries;
    {
        const MutexLock lock(mutex_);
        entries.swap(entries_);
    }
    // All goodbyes at once: each may take its two seconds.
    async::TaskGroup group(co_await asio::this_coro::executor, log_);
    for (auto& [name, entry] : entries) {
        group.spawn("stop " + name, [entry]() -> async::Task<> {
            co_await entry.supervisor->stop();
            entry.stream->close();
        });
    }
    co_await group.join();
}

std::shared_ptr<Stream> StreamHub::find(std::string_view name) const {
    const MutexLock lock(mutex_);
    auto found = entries_.find(name);
    if (found == entries_.end()) {
        const auto alias = aliases_.find(name);
        if (alias != aliases_.end()) found = entries_.find(alias->second);
    }
    return found == entries_.end() ? nullptr : found->second.stream;
}

void StreamHub::add_alias(std::string alias, std::string name) {
    const MutexLock lock(mutex_);
    aliases_.insert_or_assign(std::move(alias), std::move(name));
}

std::vector<std::shared_ptr<Stream>> StreamHub::list() const {
    const MutexLock lock(mutex_);
    std::vector<std::shared_ptr<Stream>> out;
    for (const auto& [name, entry] : entries_) out.push_back(entry.stream);
    return out;
}

std::shared_ptr<Supervisor> StreamHub::supervisor(std::string_view name) const {
    const MutexLock lock(mutex_);
    const auto found = entries_.find(name);
    return found == entries_.end() ? nullptr : found->second.supervisor;
}

void StreamHub::retry_now(std::string_view name) {
    if (const auto found = supervisor(name)) found->retry_now();
}

void StreamHub::restart(std::string_view name) {
    if (const auto found = supervisor(name)) found->restart();
}

void StreamHub::set_demand(std::string_view name, bool always, std::chrono::milliseconds linger) {
    if (const auto found = supervisor(name)) found->set_demand(always, linger);
}

}  // namespace casement::hub
