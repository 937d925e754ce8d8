#pragma once
// The vendors of the demo: an emulated household of each, on loopback, which the hub knows as it
// would know a real one.

#include <memory>
#include <string>

#include "app/config/config.hpp"
#include "async/blocking_pool.hpp"
#include "async/task_group.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "store/sealed.hpp"

namespace casement::app::demo {

/// Pool and clock outlive the part.
struct Surroundings {
    async::Executor executor;
    async::BlockingPool& pool;
    const base::Clock& clock;
    std::string data;  // the hub's folder
    base::Log log;
};

/// Lives on its executor.
class Part {
public:
    virtual ~Part() = default;
    /// Signs the hub in, as a person would have done. Before the accounts are opened; what fails is
    /// logged.
    virtual async::Task<> sign_in(store::SealedStore& /*sealed*/) { co_return; }
    /// Its accounts and cameras behind those of the file; a name that is taken stays the file's.
    virtual void add_to(config::Config& config) const = 0;
    /// Things begin to happen in front of its cameras. The part outlives the tasks.
    virtual void start(async::TaskGroup& tasks) = 0;
    virtual async::Task<> stop() = 0;
};

// None where its ports are not to be had; the log says so.

/// Two devices that call the hub as their base station, on the real ports.
std::unique_ptr<Part> start_arlo(const Surroundings& surroundings);
/// A baby's room, with a camera that is reached at home. `data` keeps its keys.
std::unique_ptr<Part> start_nanit(const Surroundings& surroundings);
/// An indoor camera that gives single pictures only, and a doorbell that streams live.
std::unique_ptr<Part> start_nest(const Surroundings& surroundings);

/// An entry of the file as far as every camera has it.
config::Camera camera(const config::Config& config, std::string id, std::string name,
                      config::Source source = std::monostate{});
void add(config::Config& config, config::Camera camera);
/// Each camera of such costs an encoder while it streams.
void only_when_wanted(config::Camera& camera);
/// Does an account of the file have the name?
bool has_account(const config::Config& config, const std::string& name);

}  // namespace casement::app::demo
