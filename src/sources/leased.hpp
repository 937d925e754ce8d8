#pragma once
// Any source whose address the vendor lends for a while: asked for again in time, given back at the
// end.

#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "camera/endpoint.hpp"
#include "hub/source.hpp"

namespace casement::sources {

class Leased final : public hub::Source {
public:
    /// The clock outlives it.
    Leased(std::unique_ptr<hub::Source> source, camera::Lease lease, const base::Clock& clock,
           base::Log log);

    /// Errors: the source's; Unavailable "lease-ended" when the vendor gave no more time.
    async::Task<base::Result<>> run(hub::StreamWriter& writer) override;
    /// The source's goodbye, then the vendor's.
    async::Task<> close(async::Deadline deadline) override;
    bool waits_for_peer() const override { return source_->waits_for_peer(); }
    std::optional<base::Error> waits_because() const override { return source_->waits_because(); }
    std::chrono::milliseconds stall() const override { return source_->stall(); }
    std::string description() const override { return source_->description(); }

private:
    async::Task<base::Result<>> keep();

    const std::unique_ptr<hub::Source> source_;
    camera::Lease lease_;
    const base::Clock& clock_;
    const base::Log log_;
};

}  // namespace casement::sources
