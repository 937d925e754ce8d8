#pragma once
// The viewers of one wire stream on one io thread.

#include <span>

#include "base/error.hpp"
#include "outputs/fanout/unit_log.hpp"
#include "outputs/fanout/wire_unit.hpp"

namespace casement::outputs::fanout {

/// Touched only on its thread.
class Shard {
public:
    virtual ~Shard() = default;
    /// New units, in order.
    virtual void deliver(std::span<const WireUnitPtr> units) = 0;
    /// The stream is over for these viewers.
    virtual void fail(const base::Error& error) = 0;
};

}  // namespace casement::outputs::fanout
