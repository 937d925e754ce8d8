#pragma once
// One receiver of webhooks: a bounded queue and a task that posts what is in it. Whoever adds to
// the queue never waits, and receivers do not know of each other.

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "async/bell.hpp"
#include "async/task_group.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"
#include "net/http_client.hpp"
#include "notify/encode.hpp"

namespace casement::notify {

struct Post {
    std::string what;  // for the log: "motion"
    /// Made anew for each try, on the target's executor.
    std::function<Body(const Try&)> body;
};

struct TargetOptions {
    std::string name;     // for the log; never the URL, whose path may be a secret
    base::Secret url;     // http or https
    base::Secret secret;  // signs the body; empty = no signature
    std::chrono::milliseconds answer_within{5'000};
    /// Before each try; as many tries as there are pauses. An answer of 2xx ends it.
    std::vector<std::chrono::milliseconds> pauses{std::chrono::milliseconds{0},
                                                  std::chrono::milliseconds{1'000},
                                                  std::chrono::milliseconds{2'000}};
    /// When more wait, the oldest is dropped.
    std::size_t capacity = 256;
};

/// Since the start.
struct TargetStats {
    std::uint64_t delivered = 0;
    std::uint64_t failed = 0;   // after the last try
    std::uint64_t dropped = 0;  // for want of room
    std::size_t waiting = 0;    // now, with the one under way
};

/// Lives on one executor.
class Target {
public:
    Target(const async::Executor& executor, TargetOptions options, base::Log log);

    /// Never waits.
    void post(Post post);
    /// Posts until it is cancelled. What still waits then is counted as dropped.
    async::Task<> run();

    TargetStats stats() const;
    bool is_idle() const { return queue_.empty() && !is_busy_; }
    const std::string& name() const { return options_.name; }
    /// Of the URL, without path and credentials: for the log.
    std::string host() const;

private:
    async::Task<base::Result<>> deliver(const Post& post);
    async::Task<base::Result<int>> try_once(const Body& body);
    void complain(const Post& post, const base::Error& why);

    const TargetOptions options_;
    const base::Log log_;
    net::HttpClient client_;
    std::deque<Post> queue_;
    async::Bell bell_;
    bool is_busy_ = false;
    TargetStats stats_;
    std::uint64_t lost_ = 0;  // dropped since the last delivery, which tells of it
    std::chrono::steady_clock::time_point complained_{};
    std::uint64_t unsaid_ = 0;  // complaints since then
};

/// All receivers of one kind, with their tasks. Lives on one executor.
class Targets {
public:
    /// `time_scale` multiplies the pauses between tries.
    Targets(const async::Executor& executor, base::Log log, double time_scale = 1);

    /// Starts it.
    Target& add(TargetOptions options);
    const std::vector<std::shared_ptr<Target>>& all() const { return targets_; }
    /// Lets what waits be delivered for `patience`, then ends the rest.
    async::Task<> stop(std::chrono::milliseconds patience);

private:
    const async::Executor executor_;
    const base::Log log_;
    const double time_scale_;
    std::vector<std::shared_ptr<Target>> targets_;
    async::TaskGroup tasks_;
};

}  // namespace casement::notify
