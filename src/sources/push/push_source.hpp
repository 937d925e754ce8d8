#pragma once
// A camera that dials us: waits behind its key for a publisher (RTSP RECORD or RTMP publish) and
// lends it the stream's pen. Where the camera wants to be asked, it is asked for as long as no
// picture comes.

#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "camera/endpoint.hpp"
#include "hub/push_door.hpp"
#include "hub/source.hpp"

namespace casement::sources::push {

class PushSource final : public hub::Source {
public:
    /// Door and clock outlive the source.
    PushSource(hub::PushDoor& door, std::string camera, camera::ExpectPush way,
               const base::Clock& clock);
    ~PushSource() override;

    /// Runs until cancelled: publishers come and go.
    async::Task<base::Result<>> run(hub::StreamWriter& writer) override;
    /// Nobody publishes, or, of a camera that was asked to, no picture comes.
    bool waits_for_peer() const override;
    /// What the camera, or its vendor, gave as the reason.
    std::optional<base::Error> waits_because() const override;
    /// Asks the camera to stop, if it was asked to begin.
    async::Task<> close(async::Deadline deadline) override;
    std::string description() const override { return "push"; }

    /// What the last request was answered with, while no picture comes.
    const std::optional<base::Error>& refusal() const { return refusal_; }
    /// That it wrote; zero: none yet.
    base::SteadyTime last_picture() const { return progress_->last_picture(); }

private:
    class Target;
    async::Task<base::Result<>> look_after();
    bool has_publisher() const;
    bool has_pictures() const;
    void tell(camera::PushNews::What what);
    async::Task<> ask();

    hub::PushDoor& door_;
    const camera::ExpectPush way_;
    const base::Clock& clock_;
    const std::shared_ptr<hub::Progress> progress_ = std::make_shared<hub::Progress>();
    const std::shared_ptr<Target> target_;
    // Of the run, on its executor.
    bool had_pictures_ = false;
    bool had_publisher_ = false;
    bool was_asked_ = false;
    base::SteadyTime ask_at_{};
    std::optional<base::Error> refusal_;
};

}  // namespace casement::sources::push
