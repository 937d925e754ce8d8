#include "drivers/nest/device_access/limits.hpp"

#include <algorithm>

#include "base/time_scale.hpp"

namespace casement::drivers::nest::device_access {

namespace {

using base::Duration;
using base::SteadyTime;

constexpr std::chrono::milliseconds kMinute{61'000}, kHour{3'601'000};
constexpr std::size_t kCommands = 10;
constexpr std::size_t kLeftForKeeping = 2, kLeftBySpare = 5;
constexpr std::size_t kMaxKeys = 4'096;  // devices that came and went

}  // namespace

void Limits::silence(SteadyTime until) { silent_until_ = std::max(silent_until_, until); }

std::deque<SteadyTime>& Limits::asked(const Place& place, SteadyTime now) {
    auto& times = asked_[place.key];
    while (!times.empty() && times.front() + place.length <= now) times.pop_front();
    return times;
}

std::vector<Limits::Place> Limits::places_of(Question question, std::string_view device,
                                             std::string_view kind) const {
    const Duration minute = base::scaled(kMinute, time_scale_);
    const std::string id(device);
    switch (question) {
        case Question::List:
            return {{"list", 5, minute}};
        case Question::Device:
            return {{"device", 10, minute}};
        case Question::Command:
            break;
    }
    return {{"commands", kCommands, minute},
            {id + "\n" + std::string(kind), 5, minute},
            {id + "\nminute", 30, minute},
            {id + "\nhour", 100, base::scaled(kHour, time_scale_)}};
}

Duration Limits::take(Question question, std::string_view device, std::string_view kind, Rank rank,
                      SteadyTime now) {
    if (now < silent_until_) return silent_until_ - now;
    if (asked_.size() > kMaxKeys) {
        const Duration hour = base::scaled(kHour, time_scale_);
        std::erase_if(asked_, [&](const auto& one) {
            return one.second.empty() || one.second.back() + hour <= now;
        });
    }
    auto places = places_of(question, device, kind);
    if (question == Question::Command && rank != Rank::Keep)
        places.front().at_most -= rank == Rank::Other ? kLeftForKeeping : kLeftBySpare;
    Duration wait{};
    for (const Place& place : places) {
        const auto& times = asked(place, now);
        if (times.size() < place.at_most) continue;
        // As many have to be over as leave one place free.
        const SteadyTime over = times[times.size() - place.at_most] + place.length;
        wait = std::max(wait, over - now);
    }
    if (wait > Duration{}) return wait;
    for (const Place& place : places) asked_[place.key].push_back(now);
    return {};
}

void Limits::answered(Question question, std::string_view device, std::string_view kind,
                      SteadyTime taken, SteadyTime now) {
    for (const Place& place : places_of(question, device, kind)) {
        auto& times = asked_[place.key];
        const auto one = std::ranges::find(times, taken);
        if (one != times.end()) times.erase(one);
        times.push_back(now);
    }
}

}  // namespace casement::drivers::nest::device_access
