#pragma once
// The cameras of the file that need no vendor, in the words of the generic driver.

#include <vector>

#include "app/config/config.hpp"
#include "drivers/generic/generic.hpp"
#include "store/sealed.hpp"

namespace casement::app {

/// Makes and keeps a push key for a pushed camera that the file gives none. Blocks when it has to
/// make one.
base::Result<std::vector<drivers::generic::CameraConfig>> generic_cameras(
    const config::Config& config, store::SealedStore& sealed);

}  // namespace casement::app
