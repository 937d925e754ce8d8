#pragma once
// One camera's events, asked for again and again: each is told once, with its end and its picture
// when they come.

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "async/bell.hpp"
#include "async/blocking_pool.hpp"
#include "camera/driver.hpp"
#include "drivers/nest/cuepoints.hpp"
#include "drivers/nest/keeper.hpp"
#include "drivers/nest/timing.hpp"

namespace casement::drivers::nest {

/// Lives on one executor; all it is given outlives run().
class EventPoll {
public:
    struct Parts {
        async::Executor executor;
        Api& api;
        Keeper& keeper;
        async::BlockingPool& disk;
        const base::Clock& clock;
        Timing timing;
        std::string folder;  // of the hub's data, for event_media.hpp
    };
    /// `uuid` of the vendor's, `camera` of ours; `host` tells where to ask now, "" = nowhere.
    EventPoll(Parts parts, std::string uuid, std::string camera,
              std::function<std::string()> nexus_api, base::Log log);

    /// Lives until cancelled.
    async::Task<> run(camera::DriverHost& host);
    /// Something happened, as another source says: asks soon.
    void ring() { bell_.ring(); }

private:
    struct Known {
        Cuepoint last;
        std::string event;      // id in the log
        int picture_tries = 0;  // kNoMore: it has one, or there is none to come
    };
    static constexpr int kNoMore = 6;

    async::Task<base::Result<>> ask(camera::DriverHost& host);
    async::Task<base::Result<>> tell(camera::DriverHost& host, const Cuepoint& cuepoint);
    async::Task<> fetch_pictures(camera::DriverHost& host);
    async::Task<base::Result<std::string>> keep_picture(std::string event, media::Bytes jpeg);
    void measure(camera::DriverHost& host);
    base::WallTime since() const;

    const Parts parts_;
    const std::string uuid_, camera_;
    const std::function<std::string()> nexus_api_;
    const base::Log log_;
    async::Bell bell_;
    std::map<std::string, Known> known_;       // by the vendor's id
    base::WallTime read_until_{};              // the beginning of time: never
    std::optional<bool> is_moving_, is_loud_;  // as told
};

}  // namespace casement::drivers::nest
