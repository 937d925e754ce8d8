#include "app/ears.hpp"

#include <utility>

namespace casement::app {

Ears::Ears(async::Executor executor, analysis::EarParts parts,
           std::function<bool(const std::string&)> wanted)
    : executor_(std::move(executor)),
      parts_(std::move(parts)),
      wanted_(std::move(wanted)),
      tasks_(executor_, parts_.log) {}

void Ears::add(const std::shared_ptr<hub::Stream>& stream) {
    std::erase_if(cameras_, [](const auto& entry) { return entry.second.stream.expired(); });
    Listening& listening = cameras_[stream->name()];
    end(listening);  // of the stream before
    listening.stream = stream;
    consider(stream->name(), listening);
}

void Ears::replan() {
    for (auto& [camera, listening] : cameras_) consider(camera, listening);
}

void Ears::consider(const std::string& camera, Listening& listening) {
    const auto stream = listening.stream.lock();
    const bool is_wanted = stream && wanted_(camera);
    if (is_wanted == (listening.task != nullptr)) return;
    if (is_wanted) {
        analysis::EarParts parts = parts_;
        parts.log = parts_.log.with("camera", camera);
        listening.task = std::make_shared<async::TaskGroup>(executor_, parts.log);
        listening.task->spawn("listen",
                              [stream, parts] { return analysis::listen(stream, parts); });
    } else {
        end(listening);
    }
}

void Ears::end(Listening& listening) {
    const auto task = std::exchange(listening.task, nullptr);
    if (task) tasks_.spawn("stop listening", [task]() -> async::Task<> { co_await task->stop(); });
}

async::Task<> Ears::stop() {
    for (auto& [camera, listening] : std::exchange(cameras_, {})) {
        if (listening.task) co_await listening.task->stop();
    }
    co_await tasks_.join();
}

}  // namespace casement::app
