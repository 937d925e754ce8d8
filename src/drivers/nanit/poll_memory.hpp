#pragma once
// How far the feeds of each baby were read when the hub starts again. Tables:
// docs/ref/schema/nanit.sql.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "store/store.hpp"

namespace casement::drivers::nanit {

extern const store::Schema kNanitSchema;

/// The newest of each feed that was told, or passed over on purpose.
struct PollMark {
    std::int64_t message = -1;  // its id; -1 = that feed has never been read
    base::WallTime line_at{};   // of the sleep analysis: its time; 0 = never read
    std::string line;           // and its uid
    bool operator==(const PollMark&) const = default;
};

/// An event whose end nobody tells.
struct OpenEvent {
    std::string event;  // id in the log
    base::WallTime end{};
    bool operator==(const OpenEvent&) const = default;
};

/// Owned by the driver; the store outlives it.
class PollMemory {
public:
    /// Blocks.
    static base::Result<std::unique_ptr<PollMemory>> open(store::Store& store);

    async::Task<base::Result<std::map<std::string, PollMark>>> marks();  // by baby
    async::Task<base::Result<>> put(std::string baby, PollMark mark);
    async::Task<base::Result<std::vector<OpenEvent>>> open_events(std::string account);
    async::Task<base::Result<>> opened(std::string account, OpenEvent event);
    async::Task<base::Result<>> closed(std::string event);

private:
    explicit PollMemory(store::Store& store) : store_(store) {}
    store::Store& store_;
};

}  // namespace casement::drivers::nanit
