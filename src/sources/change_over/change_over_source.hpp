#pragma once
// A camera that pushes to us, and the way around through its vendor: one stream whose viewers do
// not notice which of the two it is. The second is made ready while the first still writes.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/task_group.hpp"
#include "base/log.hpp"
#include "hub/source.hpp"
#include "sources/change_over/policy.hpp"
#include "sources/push/push_source.hpp"
#include "sources/side_run.hpp"

namespace casement::sources::change_over {

class ChangeOverSource final : public hub::Source {
public:
    struct Parts {
        hub::PushDoor& push_door;
        const base::Clock& clock;
        base::Log log;
        SideRun::Open open;  // of the spare
    };

    /// Door and clock outlive the source.
    ChangeOverSource(std::string camera, camera::ChangeOver way, Parts parts);
    ~ChangeOverSource() override;

    async::Task<base::Result<>> run(hub::StreamWriter& writer) override;
    bool waits_for_peer() const override;
    std::optional<base::Error> waits_because() const override;
    /// Of both ways at once.
    async::Task<> close(async::Deadline deadline) override;
    std::string description() const override;

private:
    struct Spare {
        std::shared_ptr<SideRun> run;
        bool had_picture = false;
    };
    async::Task<base::Result<>> decide(hub::StreamWriter& writer);
    Policy::Spare look_at(Spare& spare);
    Policy::First look_at_first() const;
    void open_spare(hub::StreamWriter& writer);
    void close_spares(unsigned which, async::Deadline deadline);
    void tell_change(Policy::Showing before) const;

    const camera::ChangeOver way_;
    const Parts parts_;
    push::PushSource first_;
    std::optional<Policy> policy_;
    std::vector<Spare> spares_;   // at most two, the older first
    std::string spare_sentence_;  // said already
    std::optional<async::TaskGroup> farewells_;
};

}  // namespace casement::sources::change_over
