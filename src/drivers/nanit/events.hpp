#pragma once
// The cloud's two feeds of events, asked again and again: alerts, and the sleep analysis.

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "camera/driver.hpp"
#include "drivers/nanit/account.hpp"
#include "drivers/nanit/clip_pictures.hpp"
#include "drivers/nanit/poll_memory.hpp"
#include "drivers/seen.hpp"
#include "drivers/nanit/sleep.hpp"

namespace casement::drivers::nanit {

struct PollOptions {
    std::chrono::milliseconds messages{15'000}, lines{30'000}, stats{300'000};
    double jitter = 0.2;  // each wait is scaled by a factor in [1 - jitter, 1 + jitter]
    int limit = 20;       // of one answer
    /// All babies of an account together ask no more often than this.
    std::chrono::milliseconds per_request{5'000};
    std::chrono::milliseconds longest_wait{300'000};  // after failures
    /// After a restart, what is older than this is not told any more; and what is older when it
    /// comes is over.
    std::chrono::seconds fresh{300};
    /// The vendor never says that something has ended.
    std::chrono::milliseconds lasts{30'000};
    std::chrono::milliseconds look_again{1'000};  // at the account, and at the babies
    std::chrono::milliseconds patience{20'000};   // for one answer
    bool sleep = false;  // sleep_sensors() are measured; needs a plan with the vendor

    PollOptions scaled(double time_scale) const;
};

/// A baby that has a camera.
struct WatchedBaby {
    std::string baby, camera;
    bool operator==(const WatchedBaby&) const = default;
};

/// Asks one question after the other, so that an account never has two on their way from here. At
/// the first answer of its life about a baby nothing is told: what was before is no news. While the
/// account needs a person, nothing is asked.
///
/// Lives on one executor; all it is given outlives run().
class EventPoll {
public:
    /// `unit` gives numbers of [0, 1). Without `pictures` events have none.
    EventPoll(Account& account, camera::DriverHost& host, PollMemory& memory,
              const base::Clock& clock, std::function<double()> unit, PollOptions options = {},
              ClipPictures* pictures = nullptr);
    ~EventPoll();

    /// Lives until cancelled.
    async::Task<> run();
    /// From now on these. One that stays goes on as it was, also with another camera.
    void set_babies(std::vector<WatchedBaby> babies);

private:
    enum class Feed : std::uint8_t { Messages, Lines, Stats };
    struct Due {
        base::SteadyTime at{};  // the beginning of time: at once
        int failures = 0;
    };
    /// An event that was told and may get a picture yet.
    struct Unseen {
        std::string uid;  // among the lines
        events::Event event;
        int tries = 0;
    };
    struct Watch {
        std::string baby, camera;
        PollMark mark;
        bool has_messages = false, has_lines = false;  // answered once in this run
        Seen messages, lines;
        Due due[3];
        std::list<Unseen> unseen;  // the oldest first, at most kMaxUnseen
        SleepState sleep;
        std::map<std::string, camera::SensorValue> told;  // sensors, by id
    };
    using WatchPtr = std::shared_ptr<Watch>;
    struct Ending {
        OpenEvent open;
        base::SteadyTime at;
    };

    async::Task<> end_events();
    async::Task<base::Result<>> ask(WatchPtr watch, Feed feed);
    async::Task<base::Result<>> ask_messages(WatchPtr watch);
    async::Task<base::Result<>> ask_lines(WatchPtr watch);
    async::Task<base::Result<>> ask_stats(WatchPtr watch);
    async::Task<base::Result<>> tell(WatchPtr watch, const Message& message);
    async::Task<base::Result<>> tell(WatchPtr watch, const SleepEvent& line);
    async::Task<base::Result<>> publish(events::Event event);
    void expect_picture(Watch& watch, const std::string& uid, const events::Event& event);
    async::Task<base::Result<>> fetch_picture(WatchPtr watch, const std::vector<SleepEvent>& lines);
    async::Task<> keep(WatchPtr watch, PollMark mark);
    void measure(Watch& watch, const Measured& values);
    void plan(Watch& watch, Feed feed, const base::Result<>& outcome);
    std::chrono::milliseconds interval(Feed feed) const;
    bool is_needed(Feed feed) const { return feed != Feed::Stats || options_.sleep; }

    Account& account_;
    camera::DriverHost& host_;
    PollMemory& memory_;
    const base::Clock& clock_;
    const std::function<double()> unit_;
    const PollOptions options_;
    const base::Log log_;
    ClipPictures* const pictures_;             // null: none
    std::map<std::string, WatchPtr> watches_;  // by baby
    std::map<std::string, PollMark> marks_;    // as they were when run() began
    std::vector<Ending> endings_;
};

}  // namespace casement::drivers::nanit
