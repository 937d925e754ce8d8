// What clients of the old interface ask of a device beyond settings and commands. Part of Device.

#include "drivers/arlo/device.hpp"

namespace casement::drivers::arlo {

namespace {

using async::Deadline;
using base::ErrorKind;
using base::fail;
using base::Result;
using protocols::arlo::Body;
using protocols::arlo::Fields;
using protocols::arlo::Message;
using protocols::arlo::MotionZone;
using protocols::arlo::Outcome;
using protocols::arlo::RawJson;
using protocols::arlo::Response;
using protocols::arlo::Zone;

}  // namespace

async::Task<Result<Response>> Device::request(Body body, Deadline deadline) {
    const auto self = shared_from_this();
    co_return co_await ask(traits_of(family_).port, std::move(body), deadline);
}

async::Task<Result<std::vector<std::string>>> Device::write_registers(Fields values,
                                                                      Deadline deadline) {
    const auto self = shared_from_this();
    std::vector<std::string> refused;
    for (const Port port : {Port::Doorbell, Port::Camera}) {
        Fields here;
        for (const auto& [name, value] : values) {
            if (port_of_register(family_, name) == port) here.set(name, value);
        }
        if (here.empty()) continue;
        CASEMENT_CO_TRY(auto not_taken, co_await write(port, std::move(here), deadline));
        refused.insert(refused.end(), not_taken.begin(), not_taken.end());
    }
    co_return refused;
}

async::Task<Result<>> Device::set_zones(std::vector<Zone> zones, Deadline deadline) {
    const auto self = shared_from_this();
    // The message's own words are what is kept: one reader and one writer for both.
    const auto message =
        protocols::arlo::parse_fields(protocols::arlo::to_json(Message{0, MotionZone{zones, {}}}));
    const auto* const list = message ? message->find("intrZone") : nullptr;
    const auto* const json = list == nullptr ? nullptr : std::get_if<RawJson>(list);
    record_.zones = json == nullptr ? "[]" : json->text;
    save();
    co_return co_await tell_zones(deadline);
}

async::Task<Result<>> Device::tell_zones(Deadline deadline) {
    auto message = protocols::arlo::parse_message(
        fmt::format(R"({{"Type":"motionZone","ID":0,"intrZone":{}}})", record_.zones));
    if (!message || !std::holds_alternative<MotionZone>(message->body))
        co_return fail(ErrorKind::Unsupported, "the zones that were kept are no zones");
    CASEMENT_CO_TRY(const Response answer,
                    co_await ask(traits_of(family_).port, std::move(message->body), deadline));
    if (answer.outcome() == Outcome::AckWithErrors)
        co_return fail(ErrorKind::Unsupported, "the camera takes no zones");
    co_return Result<>{};
}

void Device::set_friendly_name(std::string name) {
    if (record_.friendly_name == name) return;
    record_.friendly_name = std::move(name);
    save();
    declare();
}

Result<> Device::set_power(std::string power) {
    if (config_.battery && *config_.battery != (power == "battery"))
        return fail(ErrorKind::FailedPrecondition,
                    "the configuration says what feeds this camera: change cameras.{}.power there",
                    config_.id);
    record_.power = std::move(power);
    save();
    declare();
    return {};
}

std::chrono::seconds Device::silent_for() const {
    return std::chrono::duration_cast<std::chrono::seconds>(base_.clock.wall_now() - record_.seen);
}

}  // namespace casement::drivers::arlo
