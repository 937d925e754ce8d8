#pragma once
// From the way that a driver names to the source that opens it: the only list of ways in.

#include <memory>
#include <string>

#include "camera/endpoint.hpp"
#include "hub/push_door.hpp"
#include "hub/source.hpp"
#include "sources/rtsp/journal.hpp"
#include "sources/surroundings.hpp"

namespace casement::sources {

struct Entrance {
    Surroundings surroundings;
    hub::PushDoor& push_door;
    rtsp::SessionJournal* journal = nullptr;  // none: sessions that a crash leaves open stay open
};

/// A fresh source for one run. `camera` names it in pictures, logs and journals.
base::Result<std::unique_ptr<hub::Source>> open_source(const std::string& camera,
                                                       const camera::StreamEndpoint& endpoint,
                                                       const Entrance& entrance);

}  // namespace casement::sources
