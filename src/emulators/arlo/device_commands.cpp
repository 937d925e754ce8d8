// What a base tells a device: one command per connection, answered on it.

#include <algorithm>
#include <array>

#include "emulators/arlo/device_state.hpp"
#include "protocols/arlo/frame.hpp"

namespace casement::emulators::arlo {

using async::Deadline;
using base::ErrorKind;
using base::Result;
namespace reg = wire::registers;

namespace {

/// The JSON of one frame; nothing when the other side only opened and closed.
async::Task<Result<std::optional<std::string>>> read_frame(net::PlainStream& stream) {
    wire::FrameReader reader;
    std::array<std::uint8_t, 4096> bytes{};
    for (;;) {
        const auto got = co_await stream.read_some(bytes);
        if (!got) {
            if (!stream.ended()) co_return std::unexpected(got.error());
            CASEMENT_CO_TRY(reader.end());
            co_return std::nullopt;
        }
        reader.feed(base::ByteSpan(bytes).first(*got));
        CASEMENT_CO_TRY(auto json, reader.next());
        if (json) co_return std::move(json);
    }
}

/// Until the other side closes.
async::Task<Result<>> read_to_end(net::PlainStream& stream) {
    std::array<std::uint8_t, 256> bytes{};
    for (;;) {
        if (!co_await stream.read_some(bytes)) co_return Result<>{};
    }
}

}  // namespace

void Device::State::accept(Door door) {
    online->spawn("command port", [self = shared_from_this(), door]() -> async::Task<> {
        net::Listener* listener =
            door == Door::Camera ? self->camera_door.get() : self->doorbell_door.get();
        if (listener == nullptr) co_return;
        const auto handler = [weak = self->weak_from_this(),
                              door](std::unique_ptr<net::PlainStream> stream) {
            const auto device = weak.lock();
            if (!device || !device->online) return;
            ++device->core->counters.connections;
            device->core->touch();
            const std::shared_ptr<net::PlainStream> shared = std::move(stream);
            device->online->spawn("command",
                                  [device, door, shared] { return device->serve(door, shared); });
        };
        co_await listener->run({self->core->executor}, handler);
    });
}

async::Task<> Device::State::serve(Door door, std::shared_ptr<net::PlainStream> stream) {
    const auto json = co_await async::with_deadline(Deadline::in(times().reads_command), "command",
                                                    read_frame(*stream));
    if (json && !*json) co_return;
    auto message =
        json ? wire::parse_message(**json) : Result<wire::Message>(std::unexpected(json.error()));
    if (!message) {
        ++core->counters.bad_frames;
        core->tell("bad-frame", {{"why", message.error().message()}});
        co_return;
    }
    struct Busy {
        std::size_t& now;
        ~Busy() { --now; }
    };
    Counters& counters = core->counters;
    ++counters.commands;
    counters.most_commands_at_once = std::max(counters.most_commands_at_once, ++commands_now);
    Reaction reaction;
    {
        const Busy busy{commands_now};
        core->tell("command", {{"type", std::string(message->type())}, {"id", message->id}});
        const AckFault fault = core->options.faults.ack;
        reaction = fault == AckFault::Nack ? nack() : react(door, *message);
        const auto later = times().answers + core->options.faults.ack_later;
        if (!co_await async::sleep_for(later)) co_return;
        if (fault == AckFault::WithoutResponse) reaction.response.word.clear();
        const std::int64_t id = message->id + (fault == AckFault::WrongId ? 1 : 0);
        const auto frame = wire::to_frame({id, reaction.response});
        if (frame && fault != AckFault::Silence)
            (void)co_await stream->write_all(base::as_bytes(*frame));
    }
    // It may have gone offline while it wrote.
    if (online && reaction.then) reaction.then();
    (void)co_await async::with_deadline(Deadline::in(times().lets_base_close), "end",
                                        read_to_end(*stream));
}

Reaction Device::State::nack() {
    ++core->counters.nacks;
    return {.response = wire::make_nack()};
}

Reaction Device::State::react(Door door, const wire::Message& message) {
    const wire::Body& body = message.body;
    if (const auto* command = std::get_if<wire::RegisterSet>(&body))
        return set_registers(door, *command);
    if (const auto* command = std::get_if<wire::RegisterGet>(&body))
        return get_registers(door, *command);
    if (std::holds_alternative<wire::StatusRequest>(body)) {
        return {.response = wire::make_ack(), .then = [this] {
                    online->spawn("status", [self = shared_from_this()]() -> async::Task<> {
                        if (co_await async::sleep_for(self->times().status_follows))
                            self->say(self->status());
                    });
                }};
    }
    if (const auto* command = std::get_if<wire::RtpInvite>(&body)) return invite(*command);
    if (const auto* command = std::get_if<wire::RtpRequest>(&body)) return request_sound(*command);
    if (const auto* command = std::get_if<wire::RtpBye>(&body)) return end_call(*command);
    // What has to do with pictures is known at the camera's door only.
    if (!profile().has_camera() || door != Door::Camera) return nack();
    if (const auto* command = std::get_if<wire::RaParams>(&body)) {
        rate_control = *command;
        return {.response = wire::make_ack()};
    }
    if (const auto* command = std::get_if<wire::MotionZone>(&body)) return set_zones(*command);
    if (const auto* command = std::get_if<wire::Siren>(&body)) return set_siren(*command);
    if (const auto* command = std::get_if<wire::FullSnapshot>(&body)) {
        ++core->counters.snapshots;
        return {.response = wire::make_ack(), .then = [this, url = command->destination_url] {
                    online->spawn("upload",
                                  [self = shared_from_this(), url] { return self->upload(url); });
                }};
    }
    return nack();
}

Reaction Device::State::set_registers(Door door, const wire::RegisterSet& command) {
    Counters& counters = core->counters;
    ++counters.register_sets;
    const std::vector<std::string> refused = core->registers.apply(door, command.values);
    counters.refused_registers += refused.size();
    wire::Fields taken = command.values;
    for (const std::string& name : refused) taken.erase(name);
    core->tell("registers", taken);
    obey(taken);
    Reaction out{.response = wire::make_ack_with_errors(refused)};
    if (taken.get(reg::kReboot) == 1) out.then = [this] { reboot(); };
    return out;
}

/// What is more than a value to keep.
void Device::State::obey(const wire::Fields& values) {
    if (const auto epoch = values.get(reg::kEpochBsTime)) {
        ++core->counters.clock_sets;
        const auto now = std::chrono::floor<std::chrono::seconds>(core->clock.wall_now());
        clock_error = std::chrono::seconds(*epoch) - now.time_since_epoch();
    }
    if (values.contains(reg::kVideoOutputResolution.name) ||
        values.contains(reg::kHevcVideoOutputResolution.name))
        live.resize();
    if (const auto lamp = values.get(reg::kSpotlightEnabled))
        set_lamp(*lamp, core->registers.get(reg::kSpotlightDurationManual).value_or(300));
    if (values.contains(reg::kReboot.name)) core->registers.set(reg::kReboot, 0);
}

Reaction Device::State::get_registers(Door door, const wire::RegisterGet& command) {
    if (!profile().answers_register_get) return nack();
    if (core->registers.values().contains(reg::kUserStreamActive.name))
        core->registers.set(reg::kUserStreamActive, live.is_playing() ? 1 : 0);
    Reaction out{.response = wire::make_ack()};
    out.response.values = core->registers.read(door, command.names);
    return out;
}

Reaction Device::State::set_zones(const wire::MotionZone& command) {
    if (command.zones.size() > wire::kMaxZones) {
        Reaction out{.response = wire::make_ack()};
        out.response.word = "Ack with Errors";
        out.response.errors = {"intrZone value Invalid"};
        return out;
    }
    zones = command.zones;
    return {.response = wire::make_ack()};
}

Reaction Device::State::set_siren(const wire::Siren& command) {
    if (!profile().has_siren) return nack();
    Reaction out{.response = wire::make_ack()};
    if (command.state == "on" || command.state == "off") {
        siren_is_on = command.state == "on";
        core->tell("siren", {{"on", siren_is_on}});
    } else {
        out.response.word = "Ack with Errors";
        out.response.errors = {"SirenState value Invalid"};
    }
    return out;
}

// ---- calls ----

Reaction Device::State::invite(const wire::RtpInvite& command) {
    if (!profile().takes_calls) return nack();
    const auto heard = sound.hear_call(command.stream.id.value_or(0));
    if (!heard) return nack();
    core->tell("call-heard", {{"stream", command.stream.id.value_or(0)}});
    Reaction out{.response = wire::make_ack()};
    out.response.serial = core->options.serial;
    out.response.audio_stream = command.stream;
    out.response.audio_stream->port = core->ports.call;
    return out;
}

Reaction Device::State::request_sound(const wire::RtpRequest& command) {
    constexpr std::int64_t kLargestPort = 65'535;
    const std::int64_t port = command.stream.port.value_or(0);
    if (!profile().takes_calls || port <= 0 || port > kLargestPort) return nack();
    sound.speak_call(command.stream.id.value_or(0), static_cast<std::uint16_t>(port));
    core->tell("call-speaks", {{"stream", command.stream.id.value_or(0)}, {"port", port}});
    Reaction out{.response = wire::make_ack()};
    out.response.serial = core->options.serial;
    out.response.audio_stream = command.stream;
    if (!command.stream.bitrate_bps) out.response.audio_stream->bitrate_bps = 32'000;
    out.response.audio_stream->port = core->ports.call;
    return out;
}

Reaction Device::State::end_call(const wire::RtpBye& command) {
    if (!profile().takes_calls) return nack();
    sound.end_streams(command.streams);
    if (command.end_of_call.value_or(true)) sound.end_call();
    core->tell("call-bye", {{"end", command.end_of_call.value_or(true)}});
    return {.response = wire::make_ack()};
}

}  // namespace casement::emulators::arlo
