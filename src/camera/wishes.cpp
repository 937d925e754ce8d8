// The way of a wish: stored, given to the driver, reported back or refused. Part of
// DriverRegistry::State.

#include <algorithm>

#include <nlohmann/json.hpp>

#include "camera/json.hpp"
#include "camera/registry_state.hpp"

namespace casement::camera {

namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

/// The camera said no, rather than nothing (CameraDriver's contract).
bool is_refusal(ErrorKind kind) {
    return kind == ErrorKind::InvalidArgument || kind == ErrorKind::FailedPrecondition ||
           kind == ErrorKind::Unsupported || kind == ErrorKind::PermissionDenied;
}

std::string event_data(const std::string& setting, const Value& value, std::string_view outcome,
                       const std::string& by) {
    return nlohmann::json{
        {"setting", setting}, {"value", value_to_json(value)}, {"outcome", outcome}, {"by", by}}
        .dump();
}

}  // namespace

void DriverRegistry::State::apply_wishes(const std::string& camera) {
    Entry& entry = entries.find(camera)->second;
    const CameraPtr now = entry.camera;  // ask() may change it
    for (const auto& [setting, wish] : desired.wishes(camera)) {
        const Setting* const declared = now->setting(setting);
        if (declared == nullptr || !declared->restore || !declared->writable ||
            !is_known(wish.value))
            continue;
        if (agrees(declared->kind, wish.value, declared->reported)) {
            entry.asking[setting].reached = true;
        } else {
            ask(camera, setting);
        }
    }
}

void DriverRegistry::State::setting_reported(const DrivenPtr& driven, const std::string& camera,
                                             const std::string& setting, Value value) {
    Entry* const known = entry(driven, camera);
    const Setting* const declared = known == nullptr ? nullptr : known->camera->setting(setting);
    if (declared == nullptr) return;
    const auto wish = declared->restore ? desired.wish(camera, setting) : std::nullopt;
    const bool wished = wish && is_known(wish->value);
    if (wished && agrees(declared->kind, wish->value, value)) known->asking[setting].reached = true;
    const bool moved = declared->reported != value;
    if (!moved && (wished || declared->desired == value)) return;
    change_setting(*known, setting, [&](Setting& s) {
        s.reported = value;
        if (!wished) s.desired = value;
        if (moved) s.since = clock.wall_now();
    });
    settle(camera, setting);
}

/// Decides what a report that differs from the wish means: an echo of before, a camera that has not
/// got there yet, or a change made elsewhere.
void DriverRegistry::State::settle(const std::string& camera, const std::string& setting) {
    const auto found = entries.find(camera);
    if (found == entries.end()) return;
    Entry& entry = found->second;
    Asking& asking = entry.asking[setting];
    const Setting* const now = entry.camera->setting(setting);
    const auto wish = desired.wish(camera, setting);
    if (now == nullptr || !now->restore || !wish || !is_known(wish->value) ||
        agrees(now->kind, wish->value, now->reported))
        return;
    if (asking.running || !asking.reached) return;
    const auto quiet_from =
        asking.asked_at ? *asking.asked_at + options.echo : base::SteadyTime::min();
    if (const auto wait = quiet_from - clock.steady_now(); wait.count() > 0) {
        tasks.spawn("settle a setting",
                    [self = shared_from_this(), camera, setting, wait]() -> async::Task<> {
                        if (co_await async::sleep_for(wait)) self->settle(camera, setting);
                    });
        return;
    }
    const Value value = now->reported;
    const std::string text =
        fmt::format("{} was changed elsewhere to {}", now->name, describe(now->kind, value));
    change_setting(entry, setting, [&](Setting& s) {
        s.desired = value;
        s.by = "camera";
    });
    record(camera, events::kind::kSetting, text,
           event_data(setting, value, "changed-elsewhere", "camera"));
    tasks.spawn(
        "store a changed setting",
        [self = shared_from_this(), camera, setting, value]() -> async::Task<> {
            Wish wish_now{value, self->clock.wall_now(), "camera", {}};
            if (const auto put = co_await self->desired.put(camera, setting, std::move(wish_now));
                !put)
                self->lines.warn("{}", put.error().message());
        });
}

async::Task<Result<Setting>> DriverRegistry::State::wish(std::string camera, std::string setting,
                                                         Value value, std::string caller,
                                                         async::Deadline deadline) {
    CASEMENT_CO_TRY(const DrivenPtr driven, driver_of(camera, std::nullopt));
    const Setting* const declared = entries.find(camera)->second.camera->setting(setting);
    if (declared == nullptr)
        co_return fail(ErrorKind::NotFound, "camera \"{}\" has no setting \"{}\"", camera,
                       setting.substr(0, 63));
    CASEMENT_CO_TRY(value, validate(*declared, value));
    if (declared->is_button() || !declared->restore) {
        Setting copy = *declared;
        co_return co_await wish_once(std::move(camera), std::move(copy), std::move(value),
                                     std::move(caller), deadline);
    }

    const auto before = desired.wish(camera, setting);
    CASEMENT_CO_TRY(co_await desired.put(camera, setting, {value, clock.wall_now(), caller, {}}));
    const auto found = entries.find(camera);
    Asking& asking = found->second.asking[setting];
    if (!asking.before)
        asking.before = before.value_or(Wish{});  // the last one that the camera agreed to, if any
    change_setting(found->second, setting, [&](Setting& s) {
        s.desired = value;
        s.by = caller;
        s.since = clock.wall_now();
        s.refused.clear();
    });
    ask(camera, setting);
    // No answer in time is no error: the wish is stored and stays pending.
    (void)co_await async::with_deadline(deadline, "camera", answered(camera, setting));

    const Setting* const after = entries.find(camera)->second.camera->setting(setting);
    if (after == nullptr)
        co_return fail(ErrorKind::NotFound, "camera \"{}\" has no setting \"{}\" any more", camera,
                       setting);
    const std::string_view outcome = !after->refused.empty() ? "refused"
                                     : after->is_pending()   ? "pending"
                                                             : "set";
    record(camera, events::kind::kSetting,
           fmt::format("{}: {}", after->name, describe(after->kind, value)),
           event_data(setting, value, outcome, caller));
    co_return *after;
}

/// Buttons, and settings that are not restored: asked of the camera now or not at all, nothing is
/// stored.
async::Task<Result<Setting>> DriverRegistry::State::wish_once(std::string camera, Setting setting,
                                                              Value value, std::string caller,
                                                              async::Deadline deadline) {
    CASEMENT_CO_TRY(const DrivenPtr driven, driver_of(camera, std::nullopt));
    const auto show = [&](const Value& v) {
        Entry* const known = setting.is_button() ? nullptr : entry(driven, camera);
        if (known != nullptr)
            change_setting(*known, setting.id, [&](Setting& s) {
                s.desired = v, s.by = caller, s.since = clock.wall_now();
            });
    };
    show(value);
    const auto done = co_await async::hop(driven->executor,
                                          driven->driver->set(camera, setting.id, value, deadline));
    record(camera, events::kind::kSetting,
           fmt::format("{}: {}", setting.name, describe(setting.kind, value)),
           event_data(setting.id, value,
                      done                              ? "set"
                      : is_refusal(done.error().kind()) ? "refused"
                                                        : "failed",
                      caller));
    if (!done) {
        const auto found = entries.find(camera);
        const Setting* const now =
            found == entries.end() ? nullptr : found->second.camera->setting(setting.id);
        if (now != nullptr) show(now->reported);
        co_return std::unexpected(done.error().within(fmt::format("\"{}\"", setting.name)));
    }
    const auto found = entries.find(camera);
    const Setting* const now =
        found == entries.end() ? nullptr : found->second.camera->setting(setting.id);
    co_return now == nullptr ? setting : *now;
}

async::Task<Result<>> DriverRegistry::State::answered(std::string camera, std::string setting) {
    for (;;) {
        const auto found = entries.find(camera);
        if (found == entries.end() || !found->second.asking[setting].running) co_return Result<>{};
        const auto [ec] = co_await asked.async_wait(async::as_value);
        // A ring cancels the timer as our own cancellation does: only the state tells them apart.
        if ((co_await asio::this_coro::cancellation_state).cancelled() !=
            asio::cancellation_type::none) {
            co_return std::unexpected(async::to_error(ec, "wait for the camera"));
        }
    }
}

void DriverRegistry::State::ask(const std::string& camera, const std::string& setting) {
    Asking& asking = entries.find(camera)->second.asking[setting];
    asking.reached = false;
    asking.again = true;
    if (asking.running) return;
    asking.running = true;
    tasks.spawn("give a wish", [self = shared_from_this(), camera, setting] {
        return self->give(camera, setting);
    });
}

async::Task<> DriverRegistry::State::give(std::string camera, std::string setting) {
    for (;;) {
        // Looked up after every wait: the camera may have been found anew.
        Asking& asking = entries.find(camera)->second.asking[setting];
        const auto wish = desired.wish(camera, setting);
        const auto driven = driver_of(camera, std::nullopt);
        if (!asking.again || !wish || !is_known(wish->value) || !driven) break;
        asking.again = false;
        asking.asked_at = clock.steady_now();
        const auto deadline = async::Deadline::in(options.apply_within);
        const auto done = co_await async::hop(
            (*driven)->executor, (*driven)->driver->set(camera, setting, wish->value, deadline));

        Asking& after = entries.find(camera)->second.asking[setting];
        if (after.again) continue;  // a newer wish came: this answer is old
        if (done) {
            after.before.reset();
            const Setting* const now = entries.find(camera)->second.camera->setting(setting);
            if (now != nullptr && agrees(now->kind, wish->value, now->reported))
                after.reached = true;
        } else if (is_refusal(done.error().kind())) {
            co_await fall_back(camera, setting, wish->value, done.error().message());
        } else {
            lines.with("camera", camera)
                .info("{} is not set yet: {}", setting, done.error().message());
        }
    }
    entries.find(camera)->second.asking[setting].running = false;
    asked.cancel();
}

async::Task<> DriverRegistry::State::fall_back(std::string camera, std::string setting,
                                               Value refused, std::string sentence) {
    const Wish before = entries.find(camera)->second.asking[setting].before.value_or(Wish{});
    Wish next = before;
    if (next.asked_at == base::WallTime{}) next.asked_at = clock.wall_now();
    next.refused = sentence;
    if (const auto put = co_await desired.put(camera, setting, next); !put)
        lines.warn("{}", put.error().message());

    Entry& entry = entries.find(camera)->second;
    Asking& asking = entry.asking[setting];
    if (asking.again) co_return;  // somebody wished again while this one was written
    asking.before.reset();
    change_setting(entry, setting, [&](Setting& s) {
        s.desired = is_known(before.value) ? before.value : s.reported;
        s.by = before.by;
        s.refused = sentence;
        s.since = clock.wall_now();
        lines.with("camera", camera)
            .warn("The camera refused {}={}: {}", setting, describe(s.kind, refused), sentence);
    });
}

}  // namespace casement::camera
