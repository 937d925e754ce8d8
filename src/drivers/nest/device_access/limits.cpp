#include "drivers/nest/device_access/limits.hpp"

#include <algorithm>
#include <vector>

#include "base/time_scale.hpp"

namespace casement::drivers::nest::device_access {

namespace {

using base::Duration;
using base::SteadyTime;

constexpr std::chrono::milliseconds kMinute{62'000}, kHour{3'602'000};
constexpr std::size_t kLeftForKeeping = 2;
constexpr std::size_t kMaxKeys = 4'096;  // devices that came and went

}  // namespace

void Limits::silence(SteadyTime until) { silent_until_ = std::max(silent_until_, until); }

std::deque<SteadyTime>& Limits::asked(std::string key, Duration length, SteadyTime now) {
    auto& times = asked_[std::move(key)];
    while (!times.empty() && times.front() + length <= now) times.pop_front();
    return times;
}

Duration Limits::take(Question question, std::string_view device, std::string_view kind, Rank rank,
                      SteadyTime now) {
    if (now < silent_until_) return silent_until_ - now;
    const Duration minute = base::scaled(kMinute, time_scale_);
    const Duration hour = base::scaled(kHour, time_scale_);
    if (asked_.size() > kMaxKeys) {
        std::erase_if(asked_, [&](const auto& one) {
            return one.second.empty() || one.second.back() + hour <= now;
        });
    }
    struct Place {
        std::string key;
        Window window;
    };
    std::vector<Place> places;
    const std::string id(device);
    switch (question) {
        case Question::List:
            places = {{"list", {5, minute}}};
            break;
        case Question::Device:
            places = {{"device", {10, minute}}};
            break;
        case Question::Command:
            places = {{"commands", {rank == Rank::Keep ? 10 : 10 - kLeftForKeeping, minute}},
                      {id + "\n" + std::string(kind), {5, minute}},
                      {id + "\nminute", {30, minute}},
                      {id + "\nhour", {100, hour}}};
            break;
    }
    Duration wait{};
    for (const Place& place : places) {
        const auto& times = asked(place.key, place.window.length, now);
        if (times.size() < place.window.at_most) continue;
        // As many have to be over as leave one place free.
        const SteadyTime over = times[times.size() - place.window.at_most] + place.window.length;
        wait = std::max(wait, over - now);
    }
    if (wait > Duration{}) return wait;
    for (const Place& place : places) asked_[place.key].push_back(now);
    return {};
}

}  // namespace casement::drivers::nest::device_access
