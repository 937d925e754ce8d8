#pragma once
// How many questions an account may ask, and of whom none for now: a bucket of turns for the
// account's questions and one for its cameras' pictures, and for each host what it said and whether
// it is in trouble, whatever it was asked.

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "async/retry.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace casement::drivers::nest {

struct BudgetLimits {
    double per_second = 4;  // of one account; the vendor publishes no number
    double burst = 40;
    // Of single pictures: as often as clients have asked for them without being told that it is too
    // often. A bucket of their own: ten cameras leave a renewal its turn, and it them theirs.
    double pictures_per_second = 10;
    double pictures_burst = 10;
    int failures = 5;  // in a row, of one host, until it is left alone
    async::BackoffPolicy alone{.first = std::chrono::seconds{5}, .cap = std::chrono::minutes{5}};
    /// After 429 without a Retry-After; and the longest that is believed.
    std::chrono::milliseconds quota{60'000}, longest_quota{3'600'000};

    BudgetLimits scaled(double time_scale) const;
};

/// Reads no clock. Not thread-safe.
class Budget {
public:
    enum class For : std::uint8_t { Question, Picture };

    explicit Budget(BudgetLimits limits)
        : limits_(limits),
          questions_{limits.per_second, limits.burst},
          pictures_{limits.pictures_per_second, limits.pictures_burst} {}

    /// A turn is taken when the answer is `now`; a later time is when to ask again. Unavailable
    /// "vendor-down" and ResourceExhausted "quota": not before a while, and nothing was taken.
    base::Result<base::SteadyTime> take(std::string_view host, base::SteadyTime now,
                                        For what = For::Question);
    /// When a host that is left alone may be asked again; in the past for any other.
    base::SteadyTime alone_until(std::string_view host) const;

    void succeeded(std::string_view host);
    /// No answer, or one that says that the host is in trouble. After the pause that follows
    /// `failures` of them, one question goes through to see.
    void failed(std::string_view host, base::SteadyTime now);
    /// 429, 503 with Retry-After.
    void told_to_wait(std::string_view host, std::optional<std::chrono::seconds> said,
                      base::SteadyTime now);

private:
    struct Host {
        int failures = 0;
        async::Backoff alone;
        base::SteadyTime closed_until{}, quota_until{};
    };
    Host& host(std::string_view name);
    struct Bucket {
        double per_second, burst, turns = burst;
        base::SteadyTime counted_at{};
        /// `now`, or when there is a turn.
        base::SteadyTime take(base::SteadyTime now);
    };

    const BudgetLimits limits_;
    Bucket questions_, pictures_;
    std::map<std::string, Host, std::less<>> hosts_;
};

/// Retry-After in seconds or as a date (RFC 9110 §10.2.3); nothing for what is neither.
std::optional<std::chrono::seconds> retry_after(std::string_view field, base::WallTime now);

}  // namespace casement::drivers::nest
