#include "drivers/arlo/roster.hpp"

#include <algorithm>
#include <tuple>

namespace casement::drivers::arlo {

namespace {

std::string_view look_up(const std::map<std::string, std::string, std::less<>>& in,
                         std::string_view key) {
    const auto found = in.find(key);
    return found == in.end() ? std::string_view{} : std::string_view(found->second);
}

}  // namespace

bool is_serial(std::string_view text) {
    constexpr std::size_t kMaxSerial = 40;
    const auto fits = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               c == '-' || c == '_';
    };
    return !text.empty() && text.size() <= kMaxSerial && std::ranges::all_of(text, fits);
}

std::string_view Roster::serial_at(std::string_view address) const {
    return look_up(by_address_, address);
}

std::string_view Roster::address_of(std::string_view serial) const {
    return look_up(by_serial_, serial);
}

Roster::Move Roster::place(std::string_view serial, std::string_view address) {
    Move move;
    const std::string before(address_of(serial));
    if (before == address) return move;
    move.moved = true;
    if (!before.empty()) by_address_.erase(before);
    move.displaced = serial_at(address);
    if (!move.displaced.empty()) by_serial_.erase(move.displaced);
    by_address_.insert_or_assign(std::string(address), std::string(serial));
    by_serial_.insert_or_assign(std::string(serial), std::string(address));
    return move;
}

void Roster::forget(std::string_view serial) {
    const auto found = by_serial_.find(serial);
    if (found == by_serial_.end()) return;
    by_address_.erase(found->second);
    by_serial_.erase(found);
}

bool Waiting::keep(std::string_view origin, Received alert, base::SteadyTime now) {
    forget_old(now);
    auto at = by_origin_.find(origin);
    if (at == by_origin_.end()) {
        if (by_origin_.size() >= kMaxOrigins) return false;
        at = by_origin_.emplace(std::string(origin), std::deque<Kept>{}).first;
    }
    if (at->second.size() >= kMaxPerOrigin) return false;
    at->second.push_back({std::move(alert), now});
    return true;
}

std::vector<Received> Waiting::take(std::string_view serial, std::string_view address,
                                    base::SteadyTime now) {
    forget_old(now);
    std::vector<Received> out;
    for (const std::string_view origin : {serial, address}) {
        const auto found = by_origin_.find(origin);
        if (found == by_origin_.end()) continue;
        for (Kept& kept : found->second) out.push_back(std::move(kept.alert));
        by_origin_.erase(found);
    }
    std::ranges::sort(out, [](const Received& a, const Received& b) {
        return std::tie(a.at, a.id) < std::tie(b.at, b.id);
    });
    return out;
}

bool Waiting::should_ask(std::string_view address, base::SteadyTime now) {
    std::erase_if(asked_, [&](const auto& entry) { return now - entry.second >= kAskEvery; });
    if (asked_.size() >= kMaxOrigins || asked_.contains(address)) return false;
    asked_.emplace(std::string(address), now);
    return true;
}

std::size_t Waiting::size() const {
    std::size_t out = 0;
    for (const auto& [origin, kept] : by_origin_) out += kept.size();
    return out;
}

void Waiting::forget_old(base::SteadyTime now) {
    for (auto& [origin, kept] : by_origin_) {
        while (!kept.empty() && now - kept.front().since >= kKeep) kept.pop_front();
    }
    std::erase_if(by_origin_, [](const auto& entry) { return entry.second.empty(); });
}

}  // namespace casement::drivers::arlo
