#pragma once
// The durable log of events: row first, then subscribers.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "events/event.hpp"
#include "events/event_bus.hpp"
#include "events/id.hpp"
#include "events/table.hpp"
#include "store/store.hpp"

namespace casement::events {

/// Thread-safe; every call resumes on the caller's executor. Owned by app/, outlived by store and
/// clock.
class EventLog {
public:
    /// Blocks: migrates the tables and reads where the log stands.
    static base::Result<std::unique_ptr<EventLog>> open(store::Store& store,
                                                        const base::Clock& clock);

    /// When it returns, the row is on the disk (Durability::Full), and subscribers were told after
    /// that. An event whose (camera, vendor_id) is known already gives the stored one: published
    /// again only when it brings something new (an end, a score, a text, a picture). `id` and
    /// `sequence` of the argument are ignored. InvalidArgument when a field is over its limit or
    /// `data` is no JSON object.
    async::Task<base::Result<EventPtr>> append(Event event);
    /// The same, blocking: for start-up, the command line and for threads of blocking pools.
    base::Result<EventPtr> append_now(Event event);

    /// Sets the end (and score, text, media where they are given) of an event that was still going
    /// on. NotFound.
    async::Task<base::Result<EventPtr>> finish(std::string id, base::WallTime end,
                                               Amendment amendment = {});

    /// Newest first.
    async::Task<base::Result<Page>> list(Query query);
    /// Rows and updates after a sequence, oldest first: how a follower catches up.
    async::Task<base::Result<std::vector<EventPtr>>> since(std::int64_t sequence,
                                                           std::size_t limit);
    async::Task<base::Result<EventPtr>> find(std::string id);
    /// Removes events that began before; answers how many.
    async::Task<base::Result<std::int64_t>> prune(base::WallTime before);

    EventBus& bus() { return bus_; }

private:
    EventLog(store::Store& store, const base::Clock& clock)
        : store_(store), clock_(clock), ids_(clock) {}
    base::Result<EventPtr> append_in(store::Database& database, Event event);
    std::int64_t next_sequence();

    store::Store& store_;
    const base::Clock& clock_;
    IdMaker ids_;
    EventBus bus_;
    std::int64_t sequence_ = 0;  // touched by the database's thread only
};

}  // namespace casement::events
