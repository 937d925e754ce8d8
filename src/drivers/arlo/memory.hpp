#pragma once
// What is known of devices when the hub starts again. Tables: docs/ref/schema/arlo.sql.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "drivers/arlo/power.hpp"
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
    std::string friendly_name;  // that a client of the old interface gave it; empty = none
    std::string power;          // "battery" or "external" by such a client; empty: as it says
    std::string zones;          // JSON list of the zones it shall have; empty: nobody said
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
/// How a device streams, and what that has cost its battery.
struct Media {
    DayCount streamed, awake;
    std::optional<camera::PullRtsp::Transport> transport;  // Tcp or Udp: over which media came last
    std::uint16_t main_port = 0, small_port = 0;           // where they came from; 0 = nothing yet
    bool operator==(const Media&) const = default;
};

/// Media with the log of waking, as stored.
struct StoredMedia {
    Media media;
    std::vector<camera::Awake> awake;  // oldest first
};

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
    base::Result<std::map<std::string, StoredMedia>> media();  // by serial

    /// Whole, on the disk as far as Durability::Fast goes.
    async::Task<base::Result<>> put(Record record);
    /// `last`: the newest stretch of the log, which replaces one that began at the same moment;
    /// the oldest go when there are more than AwakeLog::kMost.
    async::Task<base::Result<>> put_media(std::string serial, Media media,
                                          std::optional<camera::Awake> last);
    async::Task<base::Result<>> forget(std::string serial);
    async::Task<base::Result<>> refuse(std::string model, std::string firmware,
                                       std::vector<std::string> registers);

private:
    explicit Memory(store::Store& store) : store_(store) {}
    store::Store& store_;
};

}  // namespace casement::drivers::arlo
