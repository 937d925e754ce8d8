#pragma once
// What is known of devices when the hub starts again. Tables: docs/ref/schema/arlo.sql.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "drivers/arlo/sensors.hpp"
#include "drivers/arlo/settings.hpp"
#include "store/store.hpp"

namespace casement::drivers::arlo {

extern const store::Schema kArloSchema;

/// All that outlives the hub of one device. What people want of it is not in here: that is
/// camera::DesiredState.
struct Record {
    std::string serial;
    std::string address;  // where it last spoke from; empty = not known
    std::string model;    // empty: it has never registered with us
    std::string firmware;
    Port port = Port::Camera;  // that it called last
    std::string registration;  // the last message of its kind as it came, JSON; empty = none yet
    std::string status;
    Held held;                  // what it acknowledged
    bool needs_set_up = false;  // it registered, and was not told everything since
    StreamedToday streamed;
    std::map<std::string, std::string> ongoing;  // kind -> event that has not ended
    base::WallTime seen;                         // it spoke, or answered
    bool operator==(const Record&) const = default;
};

/// A device as somebody sees it who only looks.
struct KnownDevice {
    std::string serial;
    std::string address;  // where it last spoke from; empty = not known
    std::string model;    // empty: it has never registered
};
/// Those of a database that the hub may be using; none where the table is not there yet. Blocks.
/// Errors of Database.
base::Result<std::vector<KnownDevice>> known_devices(store::Database& database);

/// Which registers a model with a firmware refuses.
using Refusals =
    std::map<std::pair<std::string, std::string>, std::vector<std::string>>;  // model, firmware

/// Thread-safe; calls resume on the caller's executor. The store outlives it.
class Memory {
public:
    /// Blocks: migrates the tables.
    static base::Result<std::unique_ptr<Memory>> open(store::Store& store);

    // Blocking, for start-up. A row that cannot be read is left out with a line in the log.
    base::Result<std::vector<Record>> devices();
    base::Result<Refusals> refusals();

    /// Whole, on the disk as far as Durability::Fast goes.
    async::Task<base::Result<>> put(Record record);
    async::Task<base::Result<>> refuse(std::string model, std::string firmware,
                                       std::vector<std::string> registers);

private:
    explicit Memory(store::Store& store) : store_(store) {}
    store::Store& store_;
};

}  // namespace casement::drivers::arlo
