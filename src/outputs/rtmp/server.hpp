#pragma once
// RTMP: viewers and publishers.

#include "outputs/session_server.hpp"

namespace casement::outputs::rtmp {

/// For SessionServer. `rtmp://hub/live/NAME?user=U&pass=TOKEN` and `rtmp://hub/NAME?...` play
/// camera NAME. `rtmp://hub/push/KEY` and `rtmp://hub/APP/KEY` publish to the camera with that key:
/// the key is the proof, keys are unguessable.
SessionProtocol protocol();

}  // namespace casement::outputs::rtmp
