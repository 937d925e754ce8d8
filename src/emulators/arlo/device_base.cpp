// What a device tells its base: one connection and one ack per message.

#include <array>
#include <utility>

#include "emulators/arlo/device_state.hpp"
#include "emulators/arlo/frame_faults.hpp"
#include "emulators/arlo/reports.hpp"
#include "net/connect.hpp"
#include "protocols/arlo/frame.hpp"

namespace casement::emulators::arlo {

using async::Deadline;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::int64_t kBootSeconds = 5;
constexpr std::size_t kMaxOutgoing = 32;

async::Task<Result<>> read_ack(net::Stream& stream, std::int64_t id) {
    wire::FrameReader reader;
    std::array<std::uint8_t, 1024> bytes{};
    for (;;) {
        CASEMENT_CO_TRY(const std::size_t got, co_await stream.read_some(bytes));
        reader.feed(base::ByteSpan(bytes).first(got));
        CASEMENT_CO_TRY(const auto json, reader.next());
        if (!json) continue;
        CASEMENT_CO_TRY(const wire::Message answer, wire::parse_message(*json));
        const auto* response = std::get_if<wire::Response>(&answer.body);
        if (response == nullptr)
            co_return base::fail(ErrorKind::DataLoss, "{} where an ack belongs", answer.type());
        if (answer.id != id)
            co_return base::fail(ErrorKind::DataLoss, "an ack for {} instead of {}", answer.id, id);
        const wire::Outcome outcome = response->outcome();
        if (outcome != wire::Outcome::Ack && outcome != wire::Outcome::Missing)
            co_return base::fail(ErrorKind::DataLoss, "the base says \"{}\"", response->word);
        co_return Result<>{};
    }
}

async::Task<Result<>> write_pieces(net::Stream& stream, std::vector<std::string> pieces,
                                   Times::Wait pause) {
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (i > 0 && pieces.size() == 2) {
            CASEMENT_CO_TRY(co_await async::sleep_for(pause));
        }
        CASEMENT_CO_TRY(co_await stream.write_all(base::as_bytes(pieces[i])));
    }
    co_return Result<>{};
}

FrameFault next_fault(Faults& faults) {
    if (faults.frame == FrameFault::None || faults.frames == 0) return FrameFault::None;
    if (faults.frames > 0) --faults.frames;
    return faults.frame;
}

}  // namespace

async::Task<Result<>> Device::State::call_base(wire::Body body) {
    const wire::Message message{next_id++, std::move(body)};
    const Base& home = core->options.base;
    const std::uint16_t port =
        profile().base_door == Door::Camera ? home.camera_port : home.doorbell_port;
    const Deadline deadline = Deadline::in(times().waits_for_ack);
    net::ConnectOptions from;
    from.bind_address = core->address;
    if (profile().opens_empty_connections) {
        CASEMENT_CO_TRY(const auto empty,
                        co_await net::connect(home.address, port, from, deadline));
        empty->close();
    }
    CASEMENT_CO_TRY(auto pieces, cut_frame(next_fault(core->options.faults), message));
    CASEMENT_CO_TRY(const auto stream, co_await net::connect(home.address, port, from, deadline));
    core->touch();
    if (pieces.empty()) {
        stream->close();
        co_return base::fail(ErrorKind::Unavailable, "said nothing");
    }
    CASEMENT_CO_TRY(co_await write_pieces(*stream, std::move(pieces), times().between_pieces));
    co_return co_await async::with_deadline(deadline, message.type(),
                                            read_ack(*stream, message.id));
}

async::Task<bool> Device::State::deliver(wire::Body body) {
    const wire::Message shown{0, body};
    const std::string type(shown.type());
    Counters& counters = core->counters;
    const auto sent = co_await call_base(std::move(body));
    if (!sent) {
        ++counters.undelivered;
        core->tell("undelivered", {{"type", type}, {"why", sent.error().message()}});
        co_return false;
    }
    core->touch();
    if (type == wire::Status::kType) {
        ++counters.statuses;
        expect_clock();
    } else if (type == wire::Alert::kType) {
        ++counters.alerts;
    } else if (type == wire::LogMessage::kType) {
        ++counters.logs;
    }
    core->tell("sent", {{"type", type}});
    co_return true;
}

async::Task<Result<>> Device::State::introduce() {
    if (core->options.faults.status_before_registration) (void)co_await deliver(status());
    ++core->counters.registrations_sent;
    co_return co_await call_base(
        make_registration(profile(), core->options.serial, core->options.condition, kBootSeconds));
}

async::Task<> Device::State::attend_base(bool is_boot) {
    // What an older time in the Wi-Fi still waits for is no news for this one.
    const std::uint64_t own = generation;
    if (is_boot && !co_await async::sleep_for(times().boots)) co_return;
    Times::Wait again = times().registers_again;
    base::SteadyTime next_status = core->now() + times().status_every;
    for (;;) {
        if (!is_registered) {
            const auto known = co_await introduce();
            if (generation != own) co_return;
            if (known) {
                is_registered = true;
                ++core->counters.registrations;
                core->tell("registered");
                again = times().registers_again;
                next_status = core->now() + times().status_every;
                core->touch();
                expect_clock();
                continue;
            }
            ++core->counters.registrations_failed;
            core->tell("unregistered", {{"why", known.error().message()}});
            if (!co_await async::sleep_for(again)) co_return;
            again = std::min(2 * again, times().registers_again_at_most);
            continue;
        }
        if (outgoing.empty()) {
            const auto rung = co_await outgoing_bell.wait_until(next_status);
            if (!rung) co_return;
            if (!*rung) {
                next_status = core->now() + times().status_every;
                say(status());
            }
            continue;
        }
        wire::Body body = std::move(outgoing.front());
        outgoing.pop_front();
        // No ack: the base is gone, or has forgotten everything; either way it wants a
        // registration.
        const bool arrived = co_await deliver(std::move(body));
        if (generation != own) co_return;
        if (!arrived) is_registered = !core->options.registers;
    }
}

void Device::State::say(wire::Body body) {
    if (!online || !is_registered || outgoing.size() >= kMaxOutgoing) {
        ++core->counters.undelivered;
        return;
    }
    wake();
    outgoing.push_back(std::move(body));
    outgoing_bell.ring();
}

wire::Status Device::State::status() const {
    return make_status(profile(), core->options.serial, core->options.condition, core->counters,
                       lamp_is_on, core->now() - powered_at, times().second);
}

void Device::State::expect_clock() {
    if (!online) return;
    online->spawn("clock",
                  [self = shared_from_this(), sets = core->counters.clock_sets]() -> async::Task<> {
                      if (!co_await async::sleep_for(self->times().expects_clock)) co_return;
                      if (self->core->counters.clock_sets != sets) co_return;
                      ++self->core->counters.clock_missed;
                      self->core->tell("no-clock");
                  });
}

}  // namespace casement::emulators::arlo
