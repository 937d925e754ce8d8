#pragma once
// Who guesses waits: failures per address, with a back-off that doubles.

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace casement::api {

/// Not thread-safe.
class Throttle {
public:
    static constexpr int kFree = 5;                            // typing errors
    static constexpr auto kLongest = std::chrono::minutes(5);  // of one wait
    static constexpr auto kForget = std::chrono::minutes(30);  // without a failure
    static constexpr std::size_t kMaxAddresses = 4096;

    void fail(std::string_view remote, base::SteadyTime now) {
        if (entries_.size() >= kMaxAddresses) forget(now);
        Entry& entry = entries_[key_of(remote)];
        if (now - entry.last > kForget) entry.failures = 0;
        entry.last = now;
        ++entry.failures;
        if (entry.failures < kFree) return;
        const int doublings = std::min(entry.failures - kFree, 12);
        entry.until =
            now + std::min<std::chrono::seconds>(std::chrono::seconds(1 << doublings), kLongest);
    }
    void succeed(std::string_view remote) { entries_.erase(key_of(remote)); }

    std::chrono::seconds wait(std::string_view remote, base::SteadyTime now) const {
        const auto it = entries_.find(key_of(remote));
        if (it == entries_.end() || it->second.until <= now) return std::chrono::seconds(0);
        return std::chrono::ceil<std::chrono::seconds>(it->second.until - now);
    }

private:
    struct Entry {
        int failures = 0;
        base::SteadyTime last{};
        base::SteadyTime until{};
    };

    /// An IPv6 host owns a /64: its first four groups count as the address. (A "::" in them only
    /// makes the key coarser.)
    static std::string key_of(std::string_view remote) {
        std::size_t end = 0;
        for (int groups = 0; end < remote.size(); ++end) {
            if (remote[end] == ':' && ++groups == 4) break;
        }
        return std::string(remote.substr(0, end));
    }
    /// An attacker with many addresses pushes out the oldest, never memory.
    void forget(base::SteadyTime now) {
        std::erase_if(entries_, [now](const auto& e) { return now - e.second.last > kForget; });
        if (entries_.size() < kMaxAddresses) return;
        entries_.erase(
            std::ranges::min_element(entries_, {}, [](const auto& e) { return e.second.last; }));
    }

    std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace casement::api
