#pragma once
// A camera that dials us: waits behind its key for a publisher (RTSP RECORD or RTMP publish) and
// lends it the stream's pen.

#include <memory>
#include <string>

#include "base/secret.hpp"
#include "hub/push_door.hpp"
#include "hub/source.hpp"

namespace casement::sources::push {

class PushSource final : public hub::Source {
public:
    /// The door outlives the source.
    PushSource(hub::PushDoor& door, std::string camera, base::Secret key);
    ~PushSource() override;

    /// Runs until cancelled: publishers come and go.
    async::Task<base::Result<>> run(hub::StreamWriter& writer) override;
    bool waits_for_peer() const override;
    async::Task<> close(async::Deadline deadline) override;
    std::string description() const override { return "push"; }

private:
    class Target;
    hub::PushDoor& door_;
    const base::Secret key_;
    std::shared_ptr<Target> target_;
};

}  // namespace casement::sources::push
