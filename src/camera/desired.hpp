#pragma once
// Wishes that outlive a restart: the desired value of each setting, and what the camera refused.

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "camera/setting.hpp"
#include "store/store.hpp"

namespace casement::camera {

struct Wish {
    Value value;  // what to apply when the camera comes back; monostate = nothing (only a refusal
                  // is remembered)
    base::WallTime asked_at;
    std::string by;
    std::string refused;  // the camera's sentence about the last wish that it did not take; that
                          // wish is not in `value`
    bool operator==(const Wish&) const = default;
};
using Wishes = std::map<std::string, Wish, std::less<>>;  // by setting id

/// docs/ref/schema/camera.sql
extern const store::Schema kDesiredSchema;

/// The table desired_settings, kept in memory too: some dozens of rows per camera. Thread-safe.
class DesiredState {
public:
    /// Blocks: migrates the table and reads it.
    static base::Result<std::unique_ptr<DesiredState>> open(store::Store& store);

    Wishes wishes(std::string_view camera) const;
    std::optional<Wish> wish(std::string_view camera, std::string_view setting) const;

    /// On the disk when it returns; memory follows the disk.
    async::Task<base::Result<>> put(std::string camera, std::string setting, Wish wish);
    async::Task<base::Result<>> forget(std::string camera, std::string setting);

private:
    explicit DesiredState(store::Store& store) : store_(store) {}
    store::Store& store_;
    mutable base::Mutex mutex_;
    std::map<std::string, Wishes, std::less<>> by_camera_ CASEMENT_GUARDED_BY(mutex_);
};

}  // namespace casement::camera
