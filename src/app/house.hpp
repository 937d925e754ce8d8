#pragma once
// The front door: builds every room of a running hub, ties them together, and names the stages in
// which they end. Holds no logic of its own.

#include "app/serve.hpp"

namespace casement::app {

/// A MakeHub. `start` and `threads` outlive the hub.
async::Task<base::Result<std::unique_ptr<RunningHub>>> make_house(const Start& start,
                                                                  IoThreads& threads);

}  // namespace casement::app
