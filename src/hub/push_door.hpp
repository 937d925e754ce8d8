#pragma once
// Where publishers come in: a listener knocks with a key, the source that waits behind the key lets
// it in.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "base/mutex.hpp"
#include "base/secret.hpp"
#include "hub/stream_writer.hpp"

namespace casement::hub {

/// What a publisher's session holds while it publishes. Used from the session's thread. Ends when
/// destroyed (the publisher left).
class Publication {
public:
    virtual ~Publication() = default;
    virtual StreamWriter& writer() = 0;
    /// Name of the camera, for logs.
    virtual const std::string& camera() const = 0;
};

/// Tells a session that it has been replaced or that the camera is stopped; may be called from any
/// thread, at most once.
using Eviction = std::function<void(base::Error)>;

/// A source that accepts a publisher. Called from any thread.
class PublicationTarget {
public:
    virtual ~PublicationTarget() = default;
    /// A newer publisher replaces an older one (a camera that reconnects before its old connection
    /// died), which is evicted first: there is never more than one. `remote` is an address for
    /// logs.
    virtual base::Result<std::unique_ptr<Publication>> admit(std::string remote,
                                                             Eviction evict) = 0;
};

/// Thread-safe. Keys are compared in constant time.
class PushDoor {
public:
    /// Opens the door for a key until the handle is destroyed. FailedPrecondition when the key is
    /// in use.
    class Handle {
    public:
        Handle() = default;
        Handle(PushDoor* door, std::string key) : door_(door), key_(std::move(key)) {}
        Handle(Handle&& other) noexcept
            : door_(std::exchange(other.door_, nullptr)), key_(std::move(other.key_)) {}
        Handle& operator=(Handle&& other) noexcept {
            release();
            door_ = std::exchange(other.door_, nullptr);
            key_ = std::move(other.key_);
            return *this;
        }
        ~Handle() { release(); }

    private:
        void release();
        PushDoor* door_ = nullptr;
        std::string key_;
    };
    base::Result<Handle> open(const base::Secret& key, std::weak_ptr<PublicationTarget> target);

    /// A publisher with a key. PermissionDenied for an unknown key, in a sentence that does not
    /// repeat it.
    base::Result<std::unique_ptr<Publication>> knock(std::string_view key, std::string remote,
                                                     Eviction evict);

private:
    base::Mutex mutex_;
    std::map<std::string, std::weak_ptr<PublicationTarget>> targets_ CASEMENT_GUARDED_BY(mutex_);
};

}  // namespace casement::hub
