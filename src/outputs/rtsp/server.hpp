#pragma once
// RTSP: viewers (TCP interleaved and UDP) and publishers (ANNOUNCE, RECORD).

#include "outputs/session_server.hpp"

namespace casement::outputs::rtsp {

/// For SessionServer. Paths: `/NAME` plays camera NAME; `/push/KEY` publishes to the camera with
/// that key. Reading asks for a name and a token (Digest or Basic); publishing is proved by the
/// key.
SessionProtocol protocol();

}  // namespace casement::outputs::rtsp
