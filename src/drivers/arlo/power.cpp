#include "drivers/arlo/power.hpp"

#include <algorithm>
#include <ctime>

namespace casement::drivers::arlo {

namespace {

using base::ErrorKind;
using camera::Setting;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr std::string_view kDailySetting = "daily_minutes";
constexpr std::string_view kSessionSetting = "session_minutes";
constexpr std::string_view kRestartSetting = "may_restart";

/// Streams below this are not worth waking anybody.
constexpr milliseconds kWorthIt{2000};

minutes wished_minutes(const camera::Wishes& wishes, std::string_view setting, minutes otherwise) {
    const auto found = wishes.find(setting);
    const auto* const value =
        found == wishes.end() ? nullptr : std::get_if<double>(&found->second.value);
    return value == nullptr ? otherwise : minutes(static_cast<std::int64_t>(*value));
}

Setting setting_of(std::string_view id, std::string name, camera::SettingKind kind,
                   camera::Value value, std::string note) {
    Setting out;
    out.id = id;
    out.name = std::move(name);
    out.kind = std::move(kind);
    out.group = camera::SettingGroup::Device;
    out.note = std::move(note);
    out.reported = std::move(value);
    return out;
}

std::string counted(minutes time) {
    return time.count() == 1 ? std::string("1 minute") : fmt::format("{} minutes", time.count());
}

}  // namespace

std::int64_t local_day(base::WallTime time) {
    const std::time_t seconds =
        std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    std::tm parts{};
    localtime_r(&seconds, &parts);
    const std::chrono::year_month_day date(
        std::chrono::year(parts.tm_year + 1900),
        std::chrono::month(static_cast<unsigned>(parts.tm_mon + 1)),
        std::chrono::day(static_cast<unsigned>(parts.tm_mday)));
    return std::chrono::sys_days(date).time_since_epoch().count();
}

void DayCount::add(milliseconds more, base::WallTime now) {
    spent = today(now) + more;
    day = local_day(now);
}

milliseconds DayCount::today(base::WallTime now) const {
    return local_day(now) == day ? spent : milliseconds{0};
}

AwakeLog::AwakeLog(std::vector<camera::Awake> list) : list_(std::move(list)) {
    if (list_.size() > kMost)
        list_.erase(list_.begin(), list_.end() - static_cast<std::ptrdiff_t>(kMost));
}

milliseconds AwakeLog::add(camera::WakeCause cause, base::WallTime from, base::WallTime to) {
    if (!list_.empty() && from <= list_.back().to + kJoin) {
        camera::Awake& last = list_.back();
        // A wall clock that was set back leaves nothing to add.
        if (to <= last.to) return milliseconds{0};
        if (last.cause == cause) {
            const auto more = std::chrono::duration_cast<milliseconds>(to - last.to);
            last.to = to;
            return more;
        }
        from = std::max(from, last.to);
    }
    list_.push_back({cause, from, std::max(from, to)});
    if (list_.size() > kMost) list_.erase(list_.begin());
    return std::chrono::duration_cast<milliseconds>(list_.back().to - from);
}

Policy policy_of(const camera::Wishes& wishes, bool is_on_battery) {
    const minutes none{0};
    Policy out;
    out.daily = wished_minutes(wishes, kDailySetting, is_on_battery ? kDailyOnBattery : none);
    out.session = wished_minutes(wishes, kSessionSetting, is_on_battery ? kSessionOnBattery : none);
    if (const auto found = wishes.find(kRestartSetting); found != wishes.end())
        out.may_restart = found->second.value == camera::Value(true);
    return out;
}

bool is_policy_setting(std::string_view setting) {
    return setting == kDailySetting || setting == kSessionSetting || setting == kRestartSetting;
}

std::vector<Setting> policy_settings(const Traits& traits, const Policy& policy) {
    std::vector<Setting> out;
    if (!traits.video) return out;
    const camera::Range range{.min = 0, .max = 1440, .step = 1, .unit = "min"};
    out.push_back(setting_of(kDailySetting, "Streaming per day, at most", range,
                             static_cast<double>(policy.daily.count()),
                             "0 is no limit. Events are recorded all the same, but shorter."));
    out.push_back(setting_of(kSessionSetting, "Live view at a time, at most", range,
                             static_cast<double>(policy.session.count()),
                             "0 is no limit. Then it rests for half a minute."));
    if (traits.reboot)
        out.push_back(setting_of(kRestartSetting, "May be restarted when it is stuck",
                                 camera::Toggle{}, policy.may_restart,
                                 "A camera that streams to nobody lets nobody in."));
    return out;
}

base::Error budget_is_used(const Policy& policy) {
    return {ErrorKind::ResourceExhausted, "battery-budget",
            fmt::format("Its {} of streaming are used up until midnight, to spare the battery. "
                        "More is set under \"Streaming per day, at most\".",
                        counted(policy.daily))};
}

base::Error is_resting(const Policy& policy) {
    return {ErrorKind::ResourceExhausted, "resting",
            fmt::format("It was watched for {} and rests for {} s, to spare the battery. More is "
                        "set under \"Live view at a time, at most\".",
                        counted(policy.session), kRest.count())};
}

base::Result<std::optional<camera::Allowance>> allowance_of(const Policy& policy,
                                                            milliseconds spent_today,
                                                            bool has_event_share) {
    std::optional<camera::Allowance> out;
    if (policy.daily.count() > 0) {
        milliseconds left = policy.daily - spent_today;
        if (has_event_share) left = std::max<milliseconds>(left, kEventShare);
        if (left < kWorthIt) return std::unexpected(budget_is_used(policy));
        out = camera::Allowance{left, budget_is_used(policy)};
    }
    const bool is_short = policy.session.count() > 0 && !has_event_share;
    if (is_short && (!out || policy.session < out->at_most))
        out = camera::Allowance{policy.session, is_resting(policy)};
    return out;
}

}  // namespace casement::drivers::arlo
