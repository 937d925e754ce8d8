#pragma once
// Which streams are listened to.

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "analysis/ear.hpp"
#include "async/task_group.hpp"

namespace casement::app {

/// Lives on one executor. Await stop() before destruction.
class Ears {
public:
    /// `wanted`: whether a camera's loud moments are events of this hub.
    Ears(async::Executor executor, analysis::EarParts parts,
         std::function<bool(const std::string& camera)> wanted);

    /// A stream was made; it is let go when it is removed from the hub.
    void add(const std::shared_ptr<hub::Stream>& stream);
    /// The answers of `wanted` may have changed.
    void replan();
    async::Task<> stop();

private:
    struct Listening {
        std::weak_ptr<hub::Stream> stream;
        std::shared_ptr<async::TaskGroup> task;  // null = not listened to
    };
    void consider(const std::string& camera, Listening& listening);
    void end(Listening& listening);

    const async::Executor executor_;
    const analysis::EarParts parts_;
    const std::function<bool(const std::string&)> wanted_;
    std::map<std::string, Listening> cameras_;
    async::TaskGroup tasks_;
};

}  // namespace casement::app
