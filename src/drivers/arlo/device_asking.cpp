// What a device is asked: one request at a time, tried again until the deadline; its set-up. Part
// of Device.

#include <algorithm>

#include <fmt/ranges.h>
#include <boost/asio/this_coro.hpp>

#include "drivers/arlo/device.hpp"
#include "drivers/arlo/quality.hpp"
#include "protocols/arlo/registers.hpp"
#include "protocols/arlo/shown.hpp"

namespace casement::drivers::arlo {

namespace {

using async::Deadline;
using base::ErrorKind;
using base::fail;
using base::Result;
using camera::CommandOutcome;
using protocols::arlo::Body;
using protocols::arlo::Fields;
using protocols::arlo::Outcome;
using protocols::arlo::RaParams;
using protocols::arlo::RegisterSet;
using protocols::arlo::Response;
using protocols::arlo::Siren;
using protocols::arlo::StatusRequest;
namespace registers = protocols::arlo::registers;

/// A set that was partly refused is said again without what was refused, for nobody knows whether
/// the rest of it counts.
constexpr int kRounds = 4;

/// What an answer means for whoever asked. Registers that were refused are for the asker to see.
Result<Response> judged(Response response) {
    switch (response.outcome()) {
        case Outcome::Ack:
        case Outcome::Missing:
        case Outcome::AckWithErrors:
            return response;
        case Outcome::Nack:
            return fail(ErrorKind::Unsupported, "the camera does not know this request");
        case Outcome::Unknown:
            break;
    }
    return fail(ErrorKind::Unavailable, "the camera answered {}",
                protocols::arlo::shown(response.word));
}

std::string first_of(const Response& response) {
    if (!response.errors || response.errors->empty()) return "no reason given";
    return protocols::arlo::shown(response.errors->front());
}

bool holds(const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

}  // namespace

// One request
// --------------------------------------------------------------------------------------------

base::Error Device::has_no_address() const {
    if (!has_called())
        return {ErrorKind::Unavailable, "never-called", "the camera has not called this hub yet"};
    return {ErrorKind::Unavailable, "no-route",
            "the camera has not called since its address changed"};
}

async::Task<Device::Answer> Device::try_once(Port port, const Body& body, Deadline deadline) {
    const std::string address = record_.address;
    if (address.empty()) co_return std::unexpected(has_no_address());
    Answer answer = co_await async::with_deadline(
        deadline, "the device", base_.link.exchange(address, port, {next_id_++, body}));
    // Its answer may be another device's that has this address now.
    if (answer && record_.address != address)
        co_return fail(ErrorKind::Unavailable, "the device moved while it answered");
    co_return answer;
}

async::Task<Device::Answer> Device::ask(Port port, Body body, Deadline deadline,
                                        camera::WakeCause cause) {
    const auto self = shared_from_this();
    CASEMENT_CO_TRY(const auto turn, co_await turns_.take(deadline));
    async::Backoff backoff(
        {.first = base_.timing.retry_first, .cap = base_.timing.retry_cap, .jitter = 0});
    for (;;) {
        if (base_.ping && is_on_battery() && !record_.address.empty())
            base_.ping(record_.address, base_.bind_address);
        const base::WallTime asked_at = base_.clock.wall_now();
        Answer answer = co_await try_once(port, body, deadline);
        if (answer) {
            note_awake(cause, asked_at, base_.clock.wall_now());
            reached();
            co_return judged(std::move(*answer));
        }
        if (answer.error().is(ErrorKind::Cancelled)) co_return answer;
        const std::chrono::milliseconds pause = backoff.next();
        const auto next = std::chrono::steady_clock::now() + pause;
        if (next >= deadline.time()) {
            away(answer.error());
            co_return fail(ErrorKind::Unavailable, "the camera cannot be reached: {}",
                           answer.error().message());
        }
        log_.debug("No answer, trying again in {} ms: {}", pause.count(), answer.error().message());
        CASEMENT_CO_TRY(co_await sign_of_life_.wait_until(next));
    }
}

async::Task<Result<std::vector<std::string>>> Device::write(Port port, Fields values,
                                                            Deadline deadline,
                                                            camera::WakeCause cause) {
    std::vector<std::string> not_taken;
    for (const std::string& name : refused()) {
        if (values.erase(name)) not_taken.push_back(name);
    }
    for (int round = 0; round < kRounds && !values.empty(); ++round) {
        CASEMENT_CO_TRY(const Response response,
                        co_await ask(port, RegisterSet{values, {}}, deadline, cause));
        if (response.outcome() != Outcome::AckWithErrors) {
            hold(values);
            co_return not_taken;
        }
        std::vector<std::string> named = response.refused_registers();
        std::erase_if(named, [&](const std::string& name) { return !values.contains(name); });
        if (named.empty())
            co_return fail(ErrorKind::Unsupported, "the camera refuses it: {}", first_of(response));
        std::vector<std::string> never_taken;
        for (std::string& name : named) {
            values.erase(name);
            // A register that it took before is there: this value is what it refuses.
            if (!record_.held.registers.contains(name)) never_taken.push_back(name);
            not_taken.push_back(std::move(name));
        }
        if (!never_taken.empty()) learn(std::move(never_taken));
    }
    if (!values.empty())
        co_return fail(ErrorKind::Unsupported, "the camera refuses another register every time");
    co_return not_taken;
}

void Device::hold(const Fields& values) {
    for (const auto& [name, value] : values) {
        const auto* const info = protocols::arlo::find_register(name);
        if (info == nullptr || !info->momentary) record_.held.registers.set(name, value);
    }
    report_settings();
    save();
}

void Device::learn(std::vector<std::string> names) {
    auto& known = base_.refusals[{record_.model, record_.firmware}];
    std::erase_if(names, [&](const std::string& name) { return holds(known, name); });
    if (names.empty()) return;
    known.insert(known.end(), names.begin(), names.end());
    log_.info("Model {} with firmware {} refuses {}: not sent again", record_.model.substr(0, 40),
              record_.firmware.substr(0, 40), fmt::join(names, ", "));
    base_.spawn("remember refusals",
                [self = shared_from_this(), model = record_.model, firmware = record_.firmware,
                 names]() -> async::Task<> {
                    const auto put = co_await self->base_.memory.refuse(model, firmware, names);
                    if (!put)
                        self->log_.warn("A refusal could not be stored: {}", put.error().message());
                });
}

// Set-up
// --------------------------------------------------------------------------------------------

void Device::start_set_up() {
    if (is_setting_up_ || base_.tasks == nullptr) return;
    if (base_.clock.steady_now() < set_up_not_before_) return;
    is_setting_up_ = true;
    base_.spawn("set a device up", [self = shared_from_this()] { return self->set_up(); });
}

async::Task<> Device::set_up() {
    struct Ended {
        Device& device;
        ~Ended() {
            device.is_setting_up_ = false;
            device.set_up_ended_.cancel();
        }
    } const ended{*this};
    for (;;) {
        const std::uint64_t registration = registrations_;
        if (base_.timing.settle.count() > 0 && !co_await async::sleep_for(base_.timing.settle))
            co_return;
        const auto done = co_await set_up_once(registration);
        if (registration != registrations_) continue;  // it began anew meanwhile, and so do we
        if (!done) {
            if (!done.error().is(ErrorKind::Cancelled))
                log_.warn("The device is not set up yet; again when it calls: {}",
                          done.error().message());
            co_return;
        }
        if (!*done) {
            // A device that is busy with itself refuses what it takes a moment later.
            const auto pause = set_up_backoff_.next();
            set_up_not_before_ = base_.clock.steady_now() + pause;
            log_.warn("The device refused a part of its set-up; again in {} s at the earliest",
                      std::chrono::ceil<std::chrono::seconds>(pause).count());
            declare();
            co_return;
        }
        set_up_backoff_.reset();
        record_.needs_set_up = false;
        save();
        declare();
        co_return;
    }
}

async::Task<Result<bool>> Device::set_up_once(std::uint64_t registration) {
    if (base_.host == nullptr) co_return fail(ErrorKind::Cancelled, "the base station is stopping");
    const camera::Wishes wishes = base_.host->wishes(config_.id);
    const std::string quality = wanted_quality(family_, wishes);
    bool all_taken = true;
    for (Step& step :
         set_up_steps(family_, base_.house, wishes, refused(), base_.clock.wall_now())) {
        CASEMENT_CO_TRY(const bool taken, co_await take_step(std::move(step), quality, all_taken));
        if (registration != registrations_)
            co_return fail(ErrorKind::Cancelled, "it registered again");
        all_taken = all_taken && taken;
    }
    if (all_taken) {
        CASEMENT_CO_TRY(co_await read_back());
    }
    if (!record_.zones.empty()) {
        const auto told = co_await tell_zones(Deadline::in(base_.timing.set_up_message));
        // A camera without zones is set up as well as it can be.
        if (!told && !told.error().is(ErrorKind::Unsupported))
            co_return std::unexpected(told.error());
    }
    co_return all_taken;
}

async::Task<Result<bool>> Device::take_step(Step step, const std::string& quality,
                                            bool took_the_rest) {
    const auto deadline = Deadline::in(base_.timing.set_up_message);
    if (auto* const set = std::get_if<RegisterSet>(&step.body)) {
        const auto written = co_await write(step.port, std::move(set->values), deadline);
        // What a set-up cannot settle is no reason to leave the rest undone.
        if (!written && !written.error().is(ErrorKind::Unsupported))
            co_return std::unexpected(written.error());
        if (!written) log_.info("Set-up: {}", written.error().message());
        co_return written.has_value();
    }
    const bool is_rates = std::holds_alternative<RaParams>(step.body);
    const auto answer = co_await ask(step.port, std::move(step.body), deadline);
    if (!answer && !answer.error().is(ErrorKind::Unsupported))
        co_return std::unexpected(answer.error());
    if (is_rates) {
        // One that takes nothing at the moment says nothing about this type.
        if (!answer && !took_the_rest) co_return false;
        if (!answer) learn({std::string(RaParams::kType)});
        record_.held.quality = quality;
        report_settings();
    }
    co_return true;
}

async::Task<> Device::wait_for_set_up(Deadline deadline) {
    while (is_setting_up_ && !deadline.passed()) {
        const auto ended = [](Device& device) -> async::Task<Result<>> {
            (void)co_await device.set_up_ended_.async_wait(async::as_value);
            co_return Result<>{};
        };
        (void)co_await async::with_deadline(deadline, "set-up", ended(*this));
        if ((co_await asio::this_coro::cancellation_state).cancelled() !=
            asio::cancellation_type::none)
            co_return;
    }
}

void Device::send_clock() {
    if (clock_on_its_way_ || holds(refused(), registers::kEpochBsTime.name)) return;
    clock_on_its_way_ = true;
    base_.spawn("set a clock", [self = shared_from_this()]() -> async::Task<> {
        struct Ended {
            bool& flag;
            ~Ended() { flag = false; }
        } const ended{self->clock_on_its_way_};
        Step step = clock_step(self->family_, self->base_.clock.wall_now());
        const auto deadline = Deadline::in(std::chrono::seconds{10});
        const auto set =
            co_await self->write(step.port, std::move(std::get<RegisterSet>(step.body).values),
                                 deadline, camera::WakeCause::KeepAlive);
        if (!set) self->log_.debug("Its clock was not set: {}", set.error().message());
    });
}

void Device::keep_alive() {
    if (keep_alive_on_its_way_) return;
    keep_alive_on_its_way_ = true;
    heard_at_ = base_.clock.steady_now();  // whatever comes of it, not again before the next time
    base_.spawn("keep a device awake", [self = shared_from_this()]() -> async::Task<> {
        struct Ended {
            bool& flag;
            ~Ended() { flag = false; }
        } const ended{self->keep_alive_on_its_way_};
        const auto deadline = Deadline::in(std::chrono::seconds{12});
        (void)co_await self->ask(traits_of(self->family_).port, StatusRequest{}, deadline,
                                 camera::WakeCause::KeepAlive);
    });
}

// What people ask
// --------------------------------------------------------------------------------------------

async::Task<Result<>> Device::set(std::string setting, camera::Value value, Deadline deadline) {
    const auto self = shared_from_this();
    if (is_policy_setting(setting)) {
        // The hub's own business: the stored wish is all there is.
        if (base_.host) base_.host->setting_reported(config_.id, setting, value);
        co_return Result<>{};
    }
    CASEMENT_CO_TRY(Batch batch, registers_of(family_, setting, value));
    if (is_setting_up_) {
        // The set-up knows the wishes: this one may be part of it.
        co_await wait_for_set_up(deadline);
        const bool is_there = std::ranges::all_of(batch.values, [&](const Fields::Member& member) {
            const auto* const now = record_.held.registers.find(member.first);
            return now != nullptr && *now == member.second;
        });
        // Some qualities have the same registers.
        const bool is_named =
            setting != kQualitySetting || camera::Value(record_.held.quality) == value;
        if (is_there && is_named && !is_setting_up_ && !record_.needs_set_up) co_return Result<>{};
    }
    if (setting == kQualitySetting) {
        const auto* const name = std::get_if<std::string>(&value);
        co_return co_await set_quality(std::move(batch), *name, deadline);
    }
    CASEMENT_CO_TRY(const auto not_taken,
                    co_await write(batch.port, std::move(batch.values), deadline));
    if (!not_taken.empty()) {
        if (holds(refused(), not_taken.front())) declare();  // cannot be written any more
        co_return fail(ErrorKind::Unsupported, "this camera does not take it ({})",
                       fmt::join(not_taken, ", "));
    }
    if (setting == kSpotlightSetting && base_.host)
        base_.host->setting_reported(config_.id, setting, value);
    co_return Result<>{};
}

async::Task<Result<>> Device::set_quality(Batch batch, std::string quality, Deadline deadline) {
    auto rates = rate_control_of(family_, quality);
    bool knows_rates = true;
    if (rates && !holds(refused(), RaParams::kType)) {
        const auto answer = co_await ask(batch.port, std::move(*rates), deadline);
        knows_rates = answer.has_value();
        if (!answer && !answer.error().is(ErrorKind::Unsupported))
            co_return std::unexpected(answer.error());
    }
    CASEMENT_CO_TRY(const auto not_taken,
                    co_await write(batch.port, std::move(batch.values), deadline));
    if (!knows_rates) learn({std::string(RaParams::kType)});
    if (!not_taken.empty())
        co_return fail(ErrorKind::Unsupported, "this camera does not take it ({})",
                       fmt::join(not_taken, ", "));
    record_.held.quality = std::move(quality);
    report_settings();
    save();
    co_return Result<>{};
}

async::Task<Result<CommandOutcome>> Device::execute(camera::Command command) {
    const auto self = shared_from_this();
    const Traits& traits = traits_of(family_);
    if (const auto* picture = std::get_if<camera::TakeSnapshot>(&command.arguments);
        picture != nullptr && traits.video)
        co_return co_await take_snapshot(*picture, command.deadline);
    if (const auto* wake = std::get_if<camera::WakeUp>(&command.arguments)) {
        const auto deadline = command.deadline.sooner_of(Deadline::in(wake->at_most));
        CASEMENT_CO_TRY(
            co_await ask(traits.port, StatusRequest{}, deadline, camera::WakeCause::Command));
        co_return CommandOutcome{};
    }
    if (std::holds_alternative<camera::RebootCamera>(command.arguments) && traits.reboot) {
        Fields values;
        values.set(registers::kReboot, 1);
        CASEMENT_CO_TRY(const auto not_taken,
                        co_await write(traits.port, std::move(values), command.deadline,
                                       camera::WakeCause::Command));
        if (!not_taken.empty())
            co_return fail(ErrorKind::Unsupported, "this camera does not restart on request");
        CommandOutcome outcome;
        outcome.text = "It will be back in a minute or two.";
        co_return outcome;
    }
    if (const auto* siren = std::get_if<camera::SoundSiren>(&command.arguments);
        siren != nullptr && traits.siren) {
        Siren message;
        message.state = siren->on ? "on" : "off";
        if (siren->on) {
            constexpr std::int64_t kLongest_s = 300;
            const std::int64_t asked = siren->duration.count();
            message.duration_s = asked > 0 ? std::min(asked, kLongest_s) : kLongest_s;
            message.volume = 8;
            message.pattern = "alarm";
        }
        CASEMENT_CO_TRY(const Response response,
                        co_await ask(traits.port, std::move(message), command.deadline,
                                     camera::WakeCause::Command));
        if (response.outcome() == Outcome::AckWithErrors)
            co_return fail(ErrorKind::Unsupported, "the camera refuses it: {}", first_of(response));
        co_return CommandOutcome{};
    }
    co_return fail(ErrorKind::Unsupported, "camera \"{}\" does not do that", config_.id);
}

}  // namespace casement::drivers::arlo
