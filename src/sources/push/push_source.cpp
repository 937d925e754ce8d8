#include "sources/push/push_source.hpp"

#include <algorithm>
#include <utility>

#include "async/deadline.hpp"
#include "base/mutex.hpp"
#include "net/endpoint.hpp"

namespace casement::sources::push {

using base::Error;
using base::ErrorKind;
using base::MutexLock;
using camera::PushNews;

namespace {

// How soon a lost publisher and a stalled picture are seen.
constexpr std::chrono::milliseconds kLookEvery{100};
// A camera answers within seconds or not at all.
constexpr std::chrono::seconds kAskTime{30};

/// "10.0.0.9" of "10.0.0.9:40123".
std::string address_of(const std::string& remote) {
    const auto parsed = net::parse_endpoint(remote);
    return parsed ? net::to_text(parsed->address()) : remote;
}

/// What a publisher has to name.
base::Secret whole_key(const camera::ExpectPush& way) {
    if (way.application.empty()) return way.key;
    return base::Secret(way.application.reveal() + "/" + way.key.reveal());
}

}  // namespace

/// What the door knows. Publishers come from any thread; the source waits on its own.
class PushSource::Target final : public hub::PublicationTarget,
                                 public std::enable_shared_from_this<PushSource::Target> {
public:
    Target(std::string camera, const camera::ExpectPush& way)
        : camera_(std::move(camera)), from_address_(way.from_address), tell_(way.tell) {}

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
    const std::optional<std::string> from_address_;
    const std::function<void(PushNews)> tell_;
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
    const std::string address = address_of(remote);
    if (from_address_ && address != *from_address_) {
        return base::fail_because("wrong-peer", ErrorKind::PermissionDenied,
                                  "camera \"{}\" publishes from {}, this one came from {}", camera_,
                                  *from_address_, address);
    }
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
    if (tell_) tell_({PushNews::What::Came, address});
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

PushSource::PushSource(hub::PushDoor& door, std::string camera, camera::ExpectPush way,
                       const base::Clock& clock)
    : door_(door),
      way_(std::move(way)),
      clock_(clock),
      target_(std::make_shared<Target>(std::move(camera), way_)) {}

PushSource::~PushSource() { target_->shut(); }

async::Task<base::Result<>> PushSource::run(hub::StreamWriter& writer) {
    CASEMENT_CO_TRY(const auto handle, door_.open(whole_key(way_), target_));
    // A camera that is asked may have another way in beside this one, and pictures that stop and
    // come again.
    const auto lent =
        way_.request ? writer.hand_over(hub::Claim::Preferred) : writer.hand_over(hub::Claim::Sole);
    lent->tell(progress_);
    target_->open(*lent);
    struct Shut {
        Target& target;
        ~Shut() { target.shut(); }
    } const shut{*target_};
    co_return co_await look_after();
}

/// Publishers come and go meanwhile; the supervisor ends this when the camera is removed.
async::Task<base::Result<>> PushSource::look_after() {
    const bool is_looked_at = way_.request || way_.tell;
    for (;;) {
        if (!is_looked_at) {
            CASEMENT_CO_TRY(co_await async::sleep_for(std::chrono::years(1)));
            continue;
        }
        const bool has_publisher = !target_->is_empty();
        const bool pictures = has_pictures();
        if (pictures && !had_pictures_) tell(PushNews::What::Picture);
        if (!pictures && had_pictures_ && has_publisher) tell(PushNews::What::Stalled);
        if (!has_publisher && had_publisher_) tell(PushNews::What::Left);
        had_pictures_ = pictures;
        had_publisher_ = has_publisher;
        if (pictures) refusal_.reset();
        if (!pictures && way_.request && clock_.steady_now() >= ask_at_) co_await ask();
        CASEMENT_CO_TRY(co_await async::sleep_for(std::min(kLookEvery, way_.ask_every)));
    }
}

async::Task<> PushSource::ask() {
    was_asked_ = true;
    const auto answer = co_await way_.request(async::Deadline::in(kAskTime));
    refusal_ = answer ? std::nullopt : std::optional(answer.error());
    ask_at_ = clock_.steady_now() + way_.ask_every;
}

bool PushSource::has_pictures() const {
    const base::SteadyTime last = progress_->last_picture();
    return has_publisher() && last != base::SteadyTime{} && clock_.steady_now() - last < way_.stall;
}

void PushSource::tell(PushNews::What what) {
    if (way_.tell) way_.tell({what});
}

bool PushSource::has_publisher() const { return !target_->is_empty(); }

bool PushSource::waits_for_peer() const {
    return way_.request ? !has_pictures() : target_->is_empty();
}

std::optional<base::Error> PushSource::waits_because() const {
    if (!waits_for_peer()) return std::nullopt;
    if (refusal_) return refusal_;
    if (has_publisher() && progress_->last_picture() != base::SteadyTime{}) {
        return Error(ErrorKind::Unavailable, "stalled",
                     fmt::format("connected, but no picture came for {} s",
                                 std::chrono::ceil<std::chrono::seconds>(way_.stall).count()));
    }
    return std::nullopt;
}

async::Task<> PushSource::close(async::Deadline deadline) {
    if (!was_asked_ || !way_.stop) co_return;
    (void)co_await async::with_deadline(deadline, "push stop", way_.stop(deadline));
}

}  // namespace casement::sources::push
