#include "sources/push/push_source.hpp"

#include <utility>

#include "async/deadline.hpp"
#include "base/mutex.hpp"

namespace casement::sources::push {

using base::Error;
using base::ErrorKind;
using base::MutexLock;

/// What the door knows. Publishers come from any thread; the source waits on its own.
class PushSource::Target final : public hub::PublicationTarget,
                                 public std::enable_shared_from_this<PushSource::Target> {
public:
    explicit Target(std::string camera) : camera_(std::move(camera)) {}

    base::Result<std::unique_ptr<hub::Publication>> admit(std::string remote,
                                                          hub::Eviction evict) override;

    /// Publishers are let in from now on and write after `writer`.
    void open(const hub::StreamWriter& writer);
    /// None are any more; who publishes is evicted.
    void shut();
    bool is_empty() {
        const MutexLock lock(mutex_);
        return current_ == 0;
    }

private:
    class Held;
    void released(std::uint64_t ticket);

    const std::string camera_;
    base::Mutex mutex_;
    const hub::StreamWriter* writer_ CASEMENT_GUARDED_BY(mutex_) =
        nullptr;  // of the run; null while none runs
    hub::Eviction evict_ CASEMENT_GUARDED_BY(mutex_);
    std::uint64_t current_ CASEMENT_GUARDED_BY(mutex_) = 0;  // ticket of who publishes; 0 = nobody
    std::uint64_t tickets_ CASEMENT_GUARDED_BY(mutex_) = 0;
};

class PushSource::Target::Held final : public hub::Publication {
public:
    Held(std::shared_ptr<Target> target, std::uint64_t ticket,
         std::unique_ptr<hub::StreamWriter> writer)
        : target_(std::move(target)), ticket_(ticket), writer_(std::move(writer)) {}
    ~Held() override {
        writer_.reset();
        target_->released(ticket_);
    }
    hub::StreamWriter& writer() override { return *writer_; }
    const std::string& camera() const override { return target_->camera_; }

private:
    const std::shared_ptr<Target> target_;
    const std::uint64_t ticket_;
    std::unique_ptr<hub::StreamWriter> writer_;
};

base::Result<std::unique_ptr<hub::Publication>> PushSource::Target::admit(std::string remote,
                                                                          hub::Eviction evict) {
    hub::Eviction previous;
    std::unique_ptr<Held> held;
    {
        const MutexLock lock(mutex_);
        if (!writer_)
            return base::fail(ErrorKind::Unavailable, "camera \"{}\" is being restarted; try again",
                              camera_);
        if (current_ != 0) previous = std::move(evict_);
        current_ = ++tickets_;
        evict_ = std::move(evict);
        held = std::make_unique<Held>(shared_from_this(), current_, writer_->hand_over());
    }
    if (previous)
        previous(
            {ErrorKind::Cancelled, fmt::format("replaced by a newer publisher from {}", remote)});
    return held;
}

void PushSource::Target::open(const hub::StreamWriter& writer) {
    const MutexLock lock(mutex_);
    writer_ = &writer;
}

void PushSource::Target::shut() {
    hub::Eviction evict;
    {
        const MutexLock lock(mutex_);
        writer_ = nullptr;
        if (current_ != 0) evict = std::move(evict_);
        current_ = 0;
    }
    if (evict) evict({ErrorKind::Cancelled, "the camera was stopped"});
}

void PushSource::Target::released(std::uint64_t ticket) {
    const MutexLock lock(mutex_);
    if (ticket != current_) return;  // it had been replaced
    current_ = 0;
    evict_ = nullptr;
}

PushSource::PushSource(hub::PushDoor& door, std::string camera, base::Secret key)
    : door_(door), key_(std::move(key)), target_(std::make_shared<Target>(std::move(camera))) {}

PushSource::~PushSource() { target_->shut(); }

async::Task<base::Result<>> PushSource::run(hub::StreamWriter& writer) {
    CASEMENT_CO_TRY(const auto handle, door_.open(key_, target_));
    target_->open(writer);
    struct Shut {
        Target& target;
        ~Shut() { target.shut(); }
    } const shut{*target_};
    // Publishers come and go meanwhile; the supervisor ends this when the camera is removed.
    CASEMENT_CO_TRY(co_await async::sleep_for(std::chrono::years(1)));
    co_return base::fail(ErrorKind::Internal, "waited for a year");
}

bool PushSource::waits_for_peer() const { return target_->is_empty(); }

async::Task<> PushSource::close(async::Deadline) { co_return; }

}  // namespace casement::sources::push
