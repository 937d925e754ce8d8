#include "hub/push_door.hpp"

namespace casement::hub {

using base::ErrorKind;

void PushDoor::Handle::release() {
    if (!door_) return;
    const base::MutexLock lock(door_->mutex_);
    door_->targets_.erase(key_);
    door_ = nullptr;
}

base::Result<PushDoor::Handle> PushDoor::open(const base::Secret& key,
                                              std::weak_ptr<PublicationTarget> target) {
    const base::MutexLock lock(mutex_);
    if (!targets_.emplace(key.reveal(), std::move(target)).second) {
        return base::fail(ErrorKind::FailedPrecondition,
                          "two cameras have the same push key; each camera needs its own");
    }
    return Handle(this, key.reveal());
}

base::Result<std::unique_ptr<Publication>> PushDoor::knock(std::string_view key, std::string remote,
                                                           Eviction evict) {
    std::shared_ptr<PublicationTarget> target;
    {
        const base::MutexLock lock(mutex_);
        // Every key is compared, so that the time taken tells nothing about a near miss.
        for (const auto& [known, candidate] : targets_) {
            if (base::equal_in_constant_time(known, key)) target = candidate.lock();
        }
    }
    if (!target) {
        return base::fail_because(
            "wrong-key", ErrorKind::PermissionDenied,
            "no camera has this push key; copy the address again from the camera's page");
    }
    return target->admit(std::move(remote), std::move(evict));
}

}  // namespace casement::hub
