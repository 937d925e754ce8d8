// Pictures of a device: asked for, waited for, kept. Part of Device.

#include "drivers/arlo/device.hpp"

namespace casement::drivers::arlo {

namespace {

using async::Deadline;
using base::ErrorKind;
using base::fail;
using base::Result;
using camera::CommandOutcome;
using protocols::arlo::FullSnapshot;
using protocols::arlo::Outcome;
using protocols::arlo::Response;

/// For the picture of an event: the device is awake already.
constexpr std::chrono::seconds kEventPictureWithin{30};

CommandOutcome outcome_of(const Picture& picture) {
    CommandOutcome out;
    out.body = picture.jpeg;
    out.content_type = "image/jpeg";
    out.taken_at = picture.taken_at;
    return out;
}

}  // namespace

async::Task<Result<CommandOutcome>> Device::take_snapshot(camera::TakeSnapshot wish,
                                                          Deadline deadline) {
    const auto self = shared_from_this();
    if (base_.album == nullptr || !base_.album->is_reachable() || !takes_pictures_)
        co_return fail(ErrorKind::Unsupported, "camera \"{}\" cannot send pictures", config_.id);
    if (wish.wake || !is_on_battery()) {
        CASEMENT_CO_TRY(const Picture picture, co_await fetch_picture(deadline));
        co_return outcome_of(picture);
    }
    const auto kept = co_await base_.album->newest(record_.serial);
    if (!kept)
        co_return base::fail_because("no-picture", ErrorKind::NotFound,
                                     "No picture was ever taken.");
    co_return outcome_of(*kept);
}

async::Task<Result<Picture>> Device::fetch_picture(Deadline deadline) {
    const auto self = shared_from_this();
    const auto asked = base_.clock.steady_now();
    CASEMENT_CO_TRY(const auto turn, co_await picture_turns_.take(deadline));
    // Somebody else's picture, taken while this one waited for its turn, is as good.
    if (picture_came_ > asked) {
        if (auto newest = co_await base_.album->newest(record_.serial)) co_return *newest;
    }
    const Album::Wanted wanted = base_.album->expect(record_.serial);
    CASEMENT_CO_TRY(const Response answer,
                    co_await ask(traits_of(family_).port, FullSnapshot{wanted.url, {}}, deadline));
    if (answer.outcome() == Outcome::AckWithErrors)
        co_return fail(ErrorKind::Unsupported, "the camera takes no picture");
    CASEMENT_CO_TRY(Picture picture, co_await base_.album->wait(wanted.id, deadline));
    picture_came_ = base_.clock.steady_now();
    co_return picture;
}

void Device::take_event_picture() {
    const bool is_possible = base_.event_pictures && base_.album != nullptr &&
                             base_.album->is_reachable() && traits_of(family_).video &&
                             takes_pictures_;
    // One for all that begins at the same time.
    if (!is_possible || event_picture_on_its_way_) return;
    event_picture_on_its_way_ = true;
    base_.spawn("take a picture of an event", [self = shared_from_this()]() -> async::Task<> {
        struct Ended {
            bool& flag;
            ~Ended() { flag = false; }
        } const ended{self->event_picture_on_its_way_};
        const auto picture = co_await self->fetch_picture(Deadline::in(kEventPictureWithin));
        if (!picture && !picture.error().is(ErrorKind::Cancelled))
            self->log_.info("There is no picture of the event: {}", picture.error().message());
    });
}

async::Task<Result<>> Device::send_picture_to(std::string url, Deadline deadline) {
    const auto self = shared_from_this();
    CASEMENT_CO_TRY(const auto turn, co_await picture_turns_.take(deadline));
    CASEMENT_CO_TRY(
        const Response answer,
        co_await ask(traits_of(family_).port, FullSnapshot{std::move(url), {}}, deadline));
    if (answer.outcome() == Outcome::AckWithErrors)
        co_return fail(ErrorKind::Unsupported, "the camera takes no picture");
    co_return Result<>{};
}

}  // namespace casement::drivers::arlo
