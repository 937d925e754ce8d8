// Settings: arm, quality, registers, lamp, and their short cuts.

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "drivers/arlo/provisioning.hpp"
#include "drivers/arlo/quality.hpp"
#include "drivers/arlo/rest/state.hpp"
#include "protocols/arlo/registers.hpp"

namespace casement::drivers::arlo::rest {

namespace {

using async::Task;
using net::Request;
using net::Response;
using protocols::arlo::Fields;
namespace registers = protocols::arlo::registers;

constexpr std::string_view kCaller = "arlo-rest";

// Arm
// --------------------------------------------------------------------------------------------

/// What goes with an arm state where nobody says otherwise, as clients of the field know it: what
/// people wish stays as they wish it, and what the family does not take is left out.
Fields arm_defaults(const Device& device, const camera::Wishes& wishes) {
    const Family family = device.family();
    Fields usual;
    usual.set(registers::kPirStartSensitivity, family == Family::AudioDoorbell ? 30 : 80);
    if (!traits_of(family).doorbell) {
        usual.set(registers::kPirAction, protocols::arlo::PirAction::Stream);
        usual.set(registers::kVideoMotionEstimationEnable, false);
        usual.set(registers::kVideoMotionSensitivity, 80);
        usual.set(registers::kAudioTargetState, protocols::arlo::ArmState::Disarmed);
        usual.set(registers::kDefaultMotionStreamTimeLimit, 10);
    }
    Fields of_family;
    for (const Batch& batch : wanted_registers(family, {}, {}, {})) {
        for (const auto& [name, value] : batch.values) of_family.set(name, value);
    }
    const Fields wished = wished_registers(family, wishes);
    Fields out;
    for (const auto& [name, value] : usual) {
        const auto* const wish = wished.find(name);
        if (of_family.contains(name)) out.set(name, wish != nullptr ? *wish : value);
    }
    return out;
}

/// "Armed" or "Disarmed", as written.
bool is_arm_state(const std::optional<std::string>& word) {
    return word && (*word == "Armed" || *word == "Disarmed");
}

std::expected<Fields, Response> arm_registers(const Json& body) {
    Fields out;
    const auto state = text_in(body, "PIRTargetState");
    if (!is_arm_state(state))
        return std::unexpected(refuse(400, "PIRTargetState has to be \"Armed\" or \"Disarmed\"."));
    out.set("PIRTargetState", *state);
    if (!is_unsaid(body, "PIRStartSensitivity")) {
        const auto level = whole_in(body, "PIRStartSensitivity");
        if (!level || *level < 0 || *level > 100)
            return std::unexpected(
                refuse(400, "PIRStartSensitivity has to be a whole number from 0 to 100."));
        out.set(registers::kPirStartSensitivity, *level);
    }
    if (!is_unsaid(body, "PIRAction")) {
        const auto action = text_in(body, "PIRAction");
        if (!action || !protocols::arlo::check_register("PIRAction", *action))
            return std::unexpected(refuse(
                400, "PIRAction has to be \"Stream\", \"Stream+Spotlight\" or \"Snapshot\"."));
        out.set("PIRAction", *action);
    }
    if (!is_unsaid(body, "VideoMotionEstimationEnable")) {
        const auto on = bool_in(body, "VideoMotionEstimationEnable");
        if (!on)
            return std::unexpected(
                refuse(400, "VideoMotionEstimationEnable has to be true or false."));
        out.set(registers::kVideoMotionEstimationEnable, *on);
    }
    if (!is_unsaid(body, "AudioTargetState")) {
        const auto audio = text_in(body, "AudioTargetState");
        if (!is_arm_state(audio))
            return std::unexpected(
                refuse(400, "AudioTargetState has to be \"Armed\" or \"Disarmed\"."));
        out.set("AudioTargetState", *audio);
    }
    return out;
}

Task<Response> arm(StatePtr state, DevicePtr device, const Request& request) {
    const auto body = object_of(request);
    if (!body) co_return body.error();
    auto named = arm_registers(*body);
    if (!named) co_return named.error();
    const camera::Wishes wishes = state->parts.desired.wishes(device->camera());
    const auto done =
        co_await state->write(device, std::move(*named), arm_defaults(*device, wishes));
    co_return result(done.has_value());
}

// One thing each
// --------------------------------------------------------------------------------------------

/// {"enabled": bool} over one register; `other` is a second spelling of the name.
DeviceHandler toggle(std::string_view name, std::string_view other = {}, bool is_number = false) {
    return [=](StatePtr state, DevicePtr device, const Request& request) -> Task<Response> {
        const auto body = object_of(request);
        if (!body) co_return body.error();
        auto on = bool_in(*body, "enabled");
        if (!on && !other.empty()) on = bool_in(*body, other);
        if (!on) co_return refuse(400, "\"enabled\" has to be true or false.");
        Fields named;
        if (is_number) {
            named.set(name, std::int64_t{*on ? 1 : 0});
        } else {
            named.set(name, *on);
        }
        const auto done = co_await state->write(device, std::move(named));
        co_return result(done.has_value());
    };
}

Task<Response> motion_led(StatePtr state, DevicePtr device, const Request& request) {
    const auto body = object_of(request);
    if (!body) co_return body.error();
    const auto on = bool_in(*body, "enabled");
    const auto level = whole_in(*body, "sensitivity");
    if (!on || !level || *level < 0 || *level > 100)
        co_return refuse(400,
                         "\"enabled\" has to be true or false, and \"sensitivity\" a whole number "
                         "from 0 to 100.");
    Fields named;
    named.set(registers::kPirEnableLed, *on);
    named.set(registers::kPirLedSensitivity, *level);
    const auto done = co_await state->write(device, std::move(named));
    co_return result(done.has_value());
}

Task<Response> quality(StatePtr state, DevicePtr device, const Request& request) {
    const auto body = object_of(request);
    if (!body) co_return body.error();
    const auto name = text_in(*body, "quality");
    if (!name) co_return refuse(400, "\"quality\" has to be the name of a quality.");
    const auto set = co_await state->parts.router.set(
        device->camera(), std::string(kQualitySetting), base::lower_case(*name),
        std::string(kCaller), state->soon());
    co_return result(set && set->refused.empty() && !set->is_pending());
}

Task<Response> register_set(StatePtr state, DevicePtr device, const Request& request) {
    auto named = registers_of_body(request);
    if (!named) co_return named.error();
    const auto done = co_await state->write(device, std::move(*named));
    co_return result(done.has_value());
}

// {"settings": {...}} or a flat object of known registers.
Task<Response> put_settings(StatePtr state, DevicePtr device, const Request& request) {
    const auto body = object_of(request);
    if (!body) co_return body.error();
    const bool is_inside = body->contains("settings") && (*body)["settings"].is_object();
    auto named = registers_of_body(request, is_inside ? "settings" : "");
    if (!named) co_return named.error();
    Json unknown = Json::array();
    for (const auto& [name, value] : *named) {
        if (protocols::arlo::find_register(name) == nullptr) unknown.push_back(name);
    }
    if (!unknown.empty()) co_return answer({{"result", false}, {"unknown", unknown}}, 400);
    const auto done = co_await state->write(device, std::move(*named));
    co_return result(done.has_value());
}

Json json_of_fields(const Fields& fields) {
    return Json::parse(protocols::arlo::to_json(fields), nullptr, false);
}

/// Of a device that does not read registers: what it last acknowledged, as far as it was asked.
Json held_values(const Device& device, const std::vector<std::string>& names) {
    Fields out;
    for (const std::string& name : names) {
        if (const auto* const value = device.record().held.registers.find(name))
            out.set(name, *value);
    }
    return json_of_fields(out);
}

Task<Response> read_registers(StatePtr state, DevicePtr device, std::vector<std::string> names) {
    const auto read =
        co_await device->request(protocols::arlo::RegisterGet{names, {}}, state->soon());
    if (read && read->values)
        co_return answer({{"result", true}, {"values", json_of_fields(*read->values)}});
    co_return answer({{"result", false}, {"values", held_values(*device, names)}});
}

Task<Response> register_get(StatePtr state, DevicePtr device, const Request& request) {
    const auto body = object_of(request);
    if (!body) co_return body.error();
    const auto found = body->find("names");
    constexpr std::size_t kMaxNames = 200;
    if (found == body->end() || !found->is_array() || found->empty() || found->size() > kMaxNames)
        co_return refuse(400, "\"names\" has to be a list of registers.");
    std::vector<std::string> names;
    for (const Json& name : *found) {
        if (!name.is_string() || name.get_ref<const std::string&>().size() > 64)
            co_return refuse(400, "\"names\" has to be a list of registers.");
        names.push_back(name.get<std::string>());
    }
    co_return co_await read_registers(state, device, std::move(names));
}

Task<Response> get_settings(StatePtr state, DevicePtr device, const Request&) {
    std::vector<std::string> names;
    for (const Batch& batch : wanted_registers(device->family(), {}, {}, {})) {
        for (const auto& [name, value] : batch.values) names.push_back(name);
    }
    for (const auto& [name, value] : device->record().held.registers) {
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
    co_return co_await read_registers(state, device, std::move(names));
}

Task<Response> desired(StatePtr state, DevicePtr device, const Request&) {
    const camera::Wishes wishes = state->parts.desired.wishes(device->camera());
    Json preset;
    if (const auto wish = wishes.find(kQualitySetting); wish != wishes.end()) {
        if (const auto* const name = std::get_if<std::string>(&wish->second.value)) preset = *name;
    }
    co_return answer(
        {{"register_set_values", json_of_fields(wished_registers(device->family(), wishes))},
         {"quality_preset", preset},
         {"power_mode", device->is_on_battery() ? "battery" : "external"}});
}

// Lamp
// --------------------------------------------------------------------------------------------

Task<Response> spotlight(StatePtr state, DevicePtr device, const Request& request) {
    const auto body = object_of(request);
    if (!body) co_return body.error();
    const int full = traits_of(device->family()).spotlight_full;
    Fields named;
    const auto on = bool_in(*body, "on");
    if (!on) co_return refuse(400, "\"on\" has to be true or false.");
    if (body->contains("intensity")) {
        const auto percent = whole_in(*body, "intensity");
        if (!percent || *percent < 0 || *percent > 100)
            co_return refuse(400, "\"intensity\" has to be a whole number from 0 to 100.");
        named.set(registers::kSpotlightIntensityManual, *percent * full / 100);
    }
    if (body->contains("mode")) {
        constexpr std::string_view kModes[] = {"constant", "flash", "pulsate"};
        const auto word = text_in(*body, "mode");
        const auto* const found = std::ranges::find(kModes, word.value_or(""));
        if (found == std::ranges::end(kModes))
            co_return refuse(400, "\"mode\" has to be constant, flash or pulsate.");
        named.set(registers::kSpotlightModeManual,
                  static_cast<protocols::arlo::SpotlightMode>(found - std::begin(kModes)));
    }
    if (body->contains("duration")) {
        const auto seconds = whole_in(*body, "duration");
        if (!seconds || *seconds < 1 || *seconds > 3600)
            co_return refuse(400, "\"duration\" has to be a whole number from 1 to 3600.");
        named.set(registers::kSpotlightDurationManual, *seconds);
    }
    if (full == 0) co_return result(false);  // there is no lamp
    named.set(registers::kSpotlightEnabled, *on);
    const auto done = co_await state->write(device, std::move(named));
    co_return result(done.has_value());
}

}  // namespace

void add_setting_routes(const DeviceRoutes& routes) {
    routes.add("POST", "/arm", arm);
    routes.add("POST", "/pirled", motion_led);
    routes.add("POST", "/quality", quality);
    routes.add("POST", "/audiomic", toggle(registers::kAudioMicEnable.name));
    routes.add("POST", "/audiospeaker", toggle(registers::kAudioSpkrEnable.name));
    routes.add("POST", "/registerset", register_set);
    routes.add("POST", "/registerget", register_get);
    routes.add("POST", "/settings", put_settings);
    routes.add("GET", "/settings", get_settings);
    routes.add("GET", "/desired", desired);
    routes.add("POST", "/videoflip", toggle(registers::kVideoFlip.name));
    routes.add("POST", "/videomirror", toggle(registers::kVideoMirror.name));
    // Clients write it the first way.
    for (const char* const path : {"/nightmodeligthsourcealert", "/nightmodelightsourcealert"})
        routes.add("POST", path, toggle(registers::kNightModeLightSourceAlert.name, "value", true));
    routes.add("POST", "/nightmodegrey", toggle(registers::kNightModeGrey.name, "value", true));
    routes.add("POST", "/spotlight", spotlight);
}

}  // namespace casement::drivers::arlo::rest
