#pragma once
// The SQL of the events table, all of it. Called on the database's thread.

#include <optional>
#include <string>
#include <vector>

#include "events/event.hpp"
#include "store/database.hpp"
#include "store/schema.hpp"

namespace casement::events {

/// What to list. Empty fields do not filter.
struct Query {
    std::vector<std::string> cameras;
    std::vector<std::string> kinds;
    std::optional<base::WallTime>
        from;  // touches [from, to): an event that began before and still goes on is in
    std::optional<base::WallTime> to;
    std::string after;        // Page::next of the page before
    std::size_t limit = 100;  // at most kMaxPage
};

inline constexpr std::size_t kMaxPage = 1000;  // some 500 KiB of JSON

struct Page {
    std::vector<EventPtr> events;  // newest start first
    std::string next;              // cursor of the next page; empty at the end
};

/// What finish() may add; empty fields leave what is there.
struct Amendment {
    std::optional<double> score;
    std::string text;
    std::string media;
};

namespace table {

extern const store::Schema kSchema;

base::Result<> insert(store::Database& database, const Event& event);
/// Writes all fields of the row with this id but camera, kind and start.
base::Result<> update(store::Database& database, const Event& event);
base::Result<std::optional<Event>> find(store::Database& database, std::string_view id);
base::Result<std::optional<Event>> find_vendor(store::Database& database, std::string_view camera,
                                               std::string_view vendor_id);
base::Result<Page> list(store::Database& database, const Query& query);
base::Result<std::vector<EventPtr>> since(store::Database& database, std::int64_t sequence,
                                          std::size_t limit);
base::Result<std::int64_t> prune(store::Database& database, base::WallTime before);

struct Newest {
    std::int64_t sequence = 0;
    std::string id;
};
base::Result<Newest> newest(store::Database& database);

}  // namespace table

}  // namespace casement::events
