#pragma once
// Any source, with the sound left out before it reaches the stream: nobody hears it, nothing
// records it.

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "hub/source.hpp"

namespace casement::sources {

class WithoutAudio final : public hub::Source {
public:
    explicit WithoutAudio(std::unique_ptr<hub::Source> source) : source_(std::move(source)) {}

    async::Task<base::Result<>> run(hub::StreamWriter& writer) override {
        writer.leave_out_audio();
        return source_->run(writer);
    }
    async::Task<> close(async::Deadline deadline) override { return source_->close(deadline); }
    bool waits_for_peer() const override { return source_->waits_for_peer(); }
    std::optional<base::Error> waits_because() const override { return source_->waits_because(); }
    std::chrono::milliseconds stall() const override { return source_->stall(); }
    std::string description() const override { return source_->description(); }

private:
    const std::unique_ptr<hub::Source> source_;
};

}  // namespace casement::sources
