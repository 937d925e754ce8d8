#pragma once
// Several ways to the same pictures: one stream whose viewers do not notice which of them it is.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/retry.hpp"
#include "async/task_group.hpp"
#include "base/log.hpp"
#include "hub/source.hpp"
#include "hub/stream_writer.hpp"
#include "sources/best_of/policy.hpp"
#include "sources/side_run.hpp"

namespace casement::sources::best_of {

/// Never ends by itself: it waits, and says why, while no way has a picture.
class BestOfSource final : public hub::Source {
public:
    struct Parts {
        const base::Clock& clock;  // outlives the source
        base::Log log;
        SideRun::Open open;
    };
    BestOfSource(camera::BestOf way, Parts parts);
    ~BestOfSource() override;

    async::Task<base::Result<>> run(hub::StreamWriter& writer) override;
    bool waits_for_peer() const override { return !policy_.showing(); }
    std::optional<base::Error> waits_because() const override { return policy_.why(); }
    std::chrono::milliseconds stall() const override;
    async::Task<> close(async::Deadline deadline) override;
    /// Of the one that is shown: its name and what it reads.
    std::string description() const override;

private:
    struct Open {
        std::size_t choice;
        std::shared_ptr<SideRun> run;
    };
    std::vector<Policy::Run> look() const;
    void open(std::size_t choice, const hub::StreamWriter& writer);
    void close_some(unsigned which, async::Deadline deadline);
    void close(std::shared_ptr<SideRun> run, async::Deadline deadline);
    /// Opens what runs beside, or makes room for the choice that does the same.
    void keep_beside();
    void tell_change();
    bool has_news();

    const camera::BestOf way_;
    const Parts parts_;
    Policy policy_;
    std::vector<Open> open_;  // at most two, the older first
    std::shared_ptr<hub::Stream> nowhere_;
    std::unique_ptr<hub::StreamWriter> nowhere_pen_;
    std::shared_ptr<SideRun> beside_;
    async::Backoff beside_again_;
    base::SteadyTime beside_not_before_{};
    std::optional<std::size_t> told_;
    std::string told_why_;
    std::uint32_t heard_ = 0;  // of the driver's news
    std::optional<async::TaskGroup> farewells_;
};

}  // namespace casement::sources::best_of
