#pragma once
// The waits of this driver, in one place.

#include <chrono>

#include "async/retry.hpp"
#include "base/time_scale.hpp"

namespace casement::drivers::nanit {

struct Timing {
    using Ms = std::chrono::milliseconds;

    // The connection.
    Ms keepalive_first{1'000}, keepalive_every{20'000};  // as phones do
    Ms silence{90'000};  // asked meanwhile and heard nothing: the connection is dead
    Ms retry_first{1'000}, retry_cap{60'000};  // x 1.7, +-20 %
    Ms healthy{60'000};       // a connection that lived so long was none of a series of failures
    Ms probe_local{300'000};  // while on the vendor's relay
    Ms slots_full{300'000};   // a place that an app left behind is free after this

    // What the camera is asked.
    Ms sensors{30'000}, playback{30'000}, status{270'000};
    Ms play_again{85'800'000};  // ten minutes before an endless sound would end
    Ms look_again{2'000};       // after a change that the answer does not repeat
    Ms echo_grace{15'000};      // old values are pushed for so long after a change
    Ms alert_lasts{30'000};     // the end of a sound or motion is never told
    Ms breathing_stale{30'000};

    // The account's cameras.
    Ms babies{300'000};
    Ms away{30'000};  // a connection anew takes seconds: a camera is not offline for that

    // Times for an answer: never scaled.
    Ms answer{10'000}, streaming_answer{30'000};
    Ms first_sign{
        5'000};  // over a new connection: the relay lets clients in to a camera that is off
    Ms open_local{5'000}, open_relay{15'000};

    Timing scaled(double time_scale) const {
        Timing out = *this;
        for (Ms* wait :
             {&out.keepalive_first, &out.keepalive_every, &out.silence, &out.retry_first,
              &out.retry_cap, &out.healthy, &out.probe_local, &out.slots_full, &out.sensors,
              &out.playback, &out.status, &out.play_again, &out.look_again, &out.echo_grace,
              &out.alert_lasts, &out.breathing_stale, &out.babies, &out.away})
            *wait = base::scaled(*wait, time_scale);
        return out;
    }
    async::BackoffPolicy backoff() const {
        return {.first = retry_first, .cap = retry_cap, .factor = 1.7, .jitter = 0.2};
    }
};

}  // namespace casement::drivers::nanit
