#include "camera/router.hpp"

#include <nlohmann/json.hpp>

#include "camera/registry_state.hpp"

namespace casement::camera {

namespace {

using base::Result;
using StatePtr = std::shared_ptr<DriverRegistry::State>;

// Each of these runs on the registry's executor and goes on to the driver's.

async::Task<Result<CommandOutcome>> execute_there(StatePtr state, Command command) {
    CASEMENT_CO_TRY(const DrivenPtr driven,
                    state->driver_of(command.camera, capability_of(command.arguments)));
    const std::string camera = command.camera, caller = command.caller;
    const std::string name(command_name(command.arguments));
    // Pictures are taken by every face all day; the rest is worth a line in the log of events.
    const bool noted = !std::holds_alternative<TakeSnapshot>(command.arguments);
    const async::Deadline deadline = command.deadline;
    auto outcome = co_await async::hop(
        driven->executor, async::with_deadline(deadline, "camera " + camera,
                                               driven->driver->execute(std::move(command))));
    if (noted) {
        nlohmann::json data{
            {"command", name}, {"by", caller}, {"outcome", outcome ? "done" : "failed"}};
        if (!outcome) data["error"] = outcome.error().message();
        state->record(camera, events::kind::kCommand,
                      outcome ? outcome->text : outcome.error().message(), data.dump());
    }
    co_return outcome;
}

async::Task<Result<StreamEndpoint>> endpoint_there(StatePtr state, std::string camera,
                                                   Quality quality, async::Deadline deadline) {
    CASEMENT_CO_TRY(const DrivenPtr driven, state->driver_of(camera, Capability::LiveVideo));
    co_return co_await async::hop(
        driven->executor,
        async::with_deadline(deadline, "camera " + camera,
                             driven->driver->endpoint(camera, quality, deadline)));
}

async::Task<Result<std::unique_ptr<TalkSink>>> talk_there(StatePtr state, std::string camera,
                                                          std::string caller,
                                                          async::Deadline deadline) {
    CASEMENT_CO_TRY(const DrivenPtr driven, state->driver_of(camera, Capability::TwoWayAudio));
    auto sink = co_await async::hop(
        driven->executor,
        async::with_deadline(deadline, "camera " + camera, driven->driver->talk(camera, deadline)));
    if (sink)
        state->record(
            camera, events::kind::kCommand, {},
            nlohmann::json{{"command", "talk"}, {"by", caller}, {"outcome", "done"}}.dump());
    co_return sink;
}

async::Task<Result<Setting>> set_there(StatePtr state, std::string camera, std::string setting,
                                       Value value, std::string caller, async::Deadline deadline) {
    co_return co_await state->wish(std::move(camera), std::move(setting), std::move(value),
                                   std::move(caller), deadline);
}

}  // namespace

async::Task<Result<Setting>> CommandRouter::set(std::string camera, std::string setting,
                                                Value value, std::string caller,
                                                async::Deadline deadline) {
    const StatePtr state = registry_.state_;
    co_return co_await async::hop(
        state->executor, set_there(state, std::move(camera), std::move(setting), std::move(value),
                                   std::move(caller), deadline));
}

async::Task<Result<CommandOutcome>> CommandRouter::execute(Command command) {
    const StatePtr state = registry_.state_;
    co_return co_await async::hop(state->executor, execute_there(state, std::move(command)));
}

async::Task<Result<StreamEndpoint>> CommandRouter::endpoint(std::string camera, Quality quality,
                                                            async::Deadline deadline) {
    const StatePtr state = registry_.state_;
    co_return co_await async::hop(state->executor,
                                  endpoint_there(state, std::move(camera), quality, deadline));
}

async::Task<Result<std::unique_ptr<TalkSink>>> CommandRouter::talk(std::string camera,
                                                                   std::string caller,
                                                                   async::Deadline deadline) {
    const StatePtr state = registry_.state_;
    co_return co_await async::hop(
        state->executor, talk_there(state, std::move(camera), std::move(caller), deadline));
}

}  // namespace casement::camera
