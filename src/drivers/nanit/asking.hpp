#pragma once
// When a camera is asked to publish to us: rules and numbers, without a socket.

#include <chrono>
#include <optional>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace casement::drivers::nanit {

/// Where others have seen these cameras break, or be driven mad.
struct AskingTimes {
    using Time = std::chrono::milliseconds;
    Time publisher{20'000};    // from its yes to its call
    Time refresh{300'000};     // it stops publishing 20 minutes after it was asked last
    Time slots_full{300'000};  // a seat that was left without a word is free after so long
    Time p2p_blocked{60'000};
    Time apart{60'000};  // between two requests that it said yes to, without coming
    Time after_failure{5'000};
    Time after_sleep{2'000};  // from the switch to its first picture's chance
    Time steady{10'000};      // pictures for so long were a success
    int tries = 3;            // in a row, before:
    Time back_off{30'000}, back_off_at_most{300'000};
    Time renew_relay{2'700'000};      // of an address at the relay: it dies with its token
    Time token_left{3'300'000};       // at least, of the token in it: it must outlive the address
    Time before_token_ends{300'000};  // an address is not used until its token's last moment
    /// Its call after pictures ended, where another way waits for its seat: at least so long, and
    /// twice what it took before. No longer than leaves the other way its time within `promise`;
    /// one that cannot keep that anyway (the vendor's was seen to need 15 to 20 s for a picture)
    /// waits for a camera that is only slow.
    Time overdue{700};
    Time promise{2'700};    // without pictures
    Time other_way{1'600};  // until it is known what the other way takes
    Time sacrifice{
        1'800'000};  // at most, between two times that a running relay gives its seat away

    /// All of them, faster.
    AskingTimes scaled(double time_scale) const;
};

/// One stream of one camera. Reads no clock: every call says what time it is.
class Asking {
public:
    explicit Asking(AskingTimes times) : times_(times) {}

    // What the listener wants and sees.
    void want(base::SteadyTime now);
    void unwant();
    void came(base::SteadyTime now);
    void picture(base::SteadyTime now);
    /// Pictures ended: it left, or stands still.
    void missing(base::SteadyTime now);

    // What the camera says.
    void sent(base::SteadyTime now);
    void accepted(base::SteadyTime now);
    void refused(const base::Error& why, base::SteadyTime now);
    void connected(base::SteadyTime now);
    void set_sleeping(bool sleeps, base::SteadyTime now);
    /// Not asked before then, for `why`, nor awaited.
    void put_off(const base::Error& why, base::SteadyTime until);

    enum class Due : std::uint8_t {
        Nothing,
        Ask,
        Refresh,  // it publishes, and must not forget to
        GiveUp,   // it said yes and did not come: it is told to stop, which frees its seat
    };
    Due due(base::SteadyTime now);
    /// When due() may answer something else, unless something happens.
    base::SteadyTime next() const;

    bool is_wanted() const { return wanted_; }
    bool is_live() const { return live_since_.has_value(); }
    /// It said yes and had its time to come, as those see it who need its seat.
    bool is_overdue(base::SteadyTime now) const;
    /// From the other way's answer to its first picture.
    void other_way_took(AskingTimes::Time time) { other_way_took_ = time; }
    /// It published before, and was asked to again.
    bool returns() const { return was_live_ && is_awaited(); }
    bool is_awaited() const { return in_flight_ || awaited_until_.has_value(); }
    bool sleeps() const { return sleeps_; }
    /// Why no picture comes for now.
    const std::optional<base::Error>& refusal() const { return refusal_; }

private:
    void failed(base::SteadyTime soonest, base::SteadyTime now);

    static constexpr base::SteadyTime kNever = base::SteadyTime::max();

    const AskingTimes times_;
    bool wanted_ = false;
    bool sleeps_ = false;
    bool sleeps_for_sure_ = false;  // its settings say so, not only a refusal
    bool in_flight_ = false;
    bool was_live_ = false;   // once
    bool is_paused_ = false;  // until ask_at_, whatever happens
    int failures_ = 0;        // in a row
    AskingTimes::Time back_off_{0};
    base::SteadyTime asked_at_{};
    std::optional<base::SteadyTime::duration> took_;  // at least, from being asked to its call
    std::optional<AskingTimes::Time> other_way_took_;
    base::SteadyTime ask_at_ = kNever;
    base::SteadyTime refresh_at_ = kNever;
    std::optional<base::SteadyTime> awaited_until_;
    std::optional<base::SteadyTime> live_since_;
    std::optional<base::Error> refusal_;
};

}  // namespace casement::drivers::nanit
