#pragma once
// The waits of this driver, in one place.

#include <chrono>

#include "async/retry.hpp"
#include "base/time_scale.hpp"

namespace casement::drivers::nest {

struct Timing {
    using Ms = std::chrono::milliseconds;

    // The sign-in.
    Ms lead{300'000};             // before a token ends; never more than half of its life
    Ms session_life{86'400'000};  // of website_2 and the session, whose end nobody tells: a day
    Ms retry_first{15'000}, retry_cap{60'000};
    Ms quota{3'600'000};   // the vendor locks accounts for an hour that ask too often
    Ms look_again{2'000};  // for a person's sign-in by another process
    // The account's cameras.
    Ms list{300'000};        // all of it once more, whatever the long poll says
    Ms poll_again{5'000};    // after a long poll that failed
    Ms record_apart{1'000};  // between two looks at one camera
    // Events.
    Ms events{10'000};
    Ms events_cap{600'000};            // after failures
    Ms look_back{60'000};              // events come late
    Ms first_look_back{600'000};       // by a hub that was away
    Ms longest_look_back{10'800'000};  // the vendor forgets after three hours

    // Times for an answer: never scaled.
    Ms answer{20'000};

    Timing scaled(double time_scale) const {
        Timing out = *this;
        for (Ms* wait : {&out.lead, &out.session_life, &out.retry_first, &out.retry_cap, &out.quota,
                         &out.look_again, &out.list, &out.poll_again, &out.record_apart,
                         &out.events, &out.events_cap})
            *wait = base::scaled(*wait, time_scale);
        return out;
    }
    async::BackoffPolicy backoff() const { return {.first = retry_first, .cap = retry_cap}; }
};

}  // namespace casement::drivers::nest
