#pragma once
// A control channel whose camera answers as the test says.

#include <functional>
#include <string>
#include <vector>

#include "drivers/nanit/control.hpp"

namespace casement::drivers::nanit {

class ScriptedControl final : public Control {
public:
    struct Asked {
        bool starts = false;
        std::string url;
        Urgency urgency = Urgency::Media;
    };

    async::Task<base::Result<pb::Response>> ask(pb::Request request, Urgency urgency,
                                                async::Deadline deadline) override {
        asked.push_back({request.streaming().status() == protocols::nanit::kStarted,
                         request.streaming().rtmp_url(), urgency});
        last = request;
        if (hangs)
            (void)co_await async::sleep_for(deadline.time() - std::chrono::steady_clock::now());
        // real time: until whoever asked gives up
        if (road_ == Road::None)
            co_return base::fail(base::ErrorKind::Unavailable, "there is no connection");
        const std::string refusal = answer ? answer(asked.back()) : "";
        if (!refusal.empty())
            co_return base::fail_because(refusal, base::ErrorKind::FailedPrecondition, "no");
        co_return pb::Response{};
    }
    Road road() const override { return road_; }
    std::shared_ptr<const RoadListener> listen(RoadListener listener) override {
        auto kept = std::make_shared<const RoadListener>(std::move(listener));
        listener_ = kept;
        return kept;
    }
    void connect(Road road) {
        road_ = road;
        if (const auto kept = listener_.lock()) (*kept)(road);
    }
    /// "+local", "-relay": what the camera was told to start and to stop.
    std::vector<std::string> story() const {
        std::vector<std::string> out;
        for (const Asked& one : asked) {
            out.push_back((one.starts ? "+" : "-") +
                          std::string(one.url.starts_with("rtmps://") ? "relay" : "local"));
        }
        return out;
    }

    std::vector<Asked> asked;
    pb::Request last;
    std::function<std::string(const Asked&)> answer;  // a reason code; empty: yes
    bool hangs = false;

private:
    Road road_ = Road::Cloud;
    std::weak_ptr<const RoadListener> listener_;
};

}  // namespace casement::drivers::nanit
