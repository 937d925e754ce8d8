#include "drivers/nest/budget.hpp"

#include <algorithm>
#include <charconv>

#include "base/time_scale.hpp"
#include "net/http_message.hpp"

namespace casement::drivers::nest {

using base::ErrorKind;
using base::Result;
using base::SteadyTime;

namespace {

constexpr std::size_t kMaxHosts = 64;

long seconds_left(SteadyTime until, SteadyTime now) {
    return std::chrono::ceil<std::chrono::seconds>(until - now).count();
}

}  // namespace

BudgetLimits BudgetLimits::scaled(double time_scale) const {
    BudgetLimits out = *this;
    if (time_scale > 0) {
        out.per_second /= time_scale;
        out.pictures_per_second /= time_scale;
    }
    out.alone.first = base::scaled(out.alone.first, time_scale);
    out.alone.cap = base::scaled(out.alone.cap, time_scale);
    out.quota = base::scaled(out.quota, time_scale);
    return out;
}

Budget::Host& Budget::host(std::string_view name) {
    if (const auto found = hosts_.find(name); found != hosts_.end()) return found->second;
    if (hosts_.size() >= kMaxHosts) hosts_.clear();  // no account has so many
    return hosts_.emplace(name, Host{.failures = 0, .alone = async::Backoff(limits_.alone)})
        .first->second;
}

SteadyTime Budget::Bucket::take(SteadyTime now) {
    if (counted_at == SteadyTime{}) counted_at = now;
    const double passed = std::chrono::duration<double>(now - counted_at).count();
    turns = std::min(burst, turns + std::max(0.0, passed) * per_second);
    counted_at = now;
    if (turns < 1) {
        const double wait = (1 - turns) / per_second;
        return now + std::max(base::Duration{std::chrono::milliseconds{1}},
                              std::chrono::duration_cast<base::Duration>(
                                  std::chrono::duration<double>(wait)));
    }
    turns -= 1;
    return now;
}

SteadyTime Budget::alone_until(std::string_view name) const {
    const auto found = hosts_.find(name);
    return found == hosts_.end() ? SteadyTime{}
                                 : std::max(found->second.quota_until, found->second.closed_until);
}

Result<SteadyTime> Budget::take(std::string_view name, SteadyTime now, For what) {
    Host& one = host(name);
    if (now < one.quota_until)
        return base::fail_because("quota", ErrorKind::ResourceExhausted,
                                  "Nest allows no more questions for {} s",
                                  seconds_left(one.quota_until, now));
    if (now < one.closed_until)
        return base::fail_because("vendor-down", ErrorKind::Unavailable,
                                  "{} has failed {} times and is asked again in {} s", name,
                                  one.failures, seconds_left(one.closed_until, now));
    Bucket& bucket = what == For::Picture ? pictures_ : questions_;
    if (const SteadyTime turn = bucket.take(now); turn > now) return turn;
    // While this one sees whether the host is well, nobody else asks.
    if (one.failures >= limits_.failures) one.closed_until = now + one.alone.next();
    return now;
}

void Budget::succeeded(std::string_view name) {
    Host& one = host(name);
    one.failures = 0;
    one.alone.reset();
    one.closed_until = {};
}

void Budget::failed(std::string_view name, SteadyTime now) {
    Host& one = host(name);
    ++one.failures;
    if (one.failures == limits_.failures) one.closed_until = now + one.alone.next();
}

void Budget::told_to_wait(std::string_view name, std::optional<std::chrono::seconds> said,
                          SteadyTime now) {
    const std::chrono::milliseconds wait =
        std::min<std::chrono::milliseconds>(said ? *said : limits_.quota, limits_.longest_quota);
    Host& one = host(name);
    one.quota_until = std::max(one.quota_until, now + wait);
}

std::optional<std::chrono::seconds> retry_after(std::string_view field, base::WallTime now) {
    long seconds = 0;
    const auto* const end = field.data() + field.size();
    if (const auto [last, ec] = std::from_chars(field.data(), end, seconds);
        ec == std::errc{} && last == end)
        return seconds >= 0 ? std::optional(std::chrono::seconds{seconds}) : std::nullopt;
    const auto date = net::parse_http_date(field);
    if (!date) return std::nullopt;
    return std::max(std::chrono::seconds{0}, std::chrono::ceil<std::chrono::seconds>(*date - now));
}

}  // namespace casement::drivers::nest
