#pragma once
// Where devices post their pictures: HTTP, POST or PUT to /snapshot/ID and /snapshot/ID/.

#include <memory>

#include "drivers/arlo/album.hpp"
#include "net/http_server.hpp"

namespace casement::drivers::arlo {

/// The access word of the routes of devices, for the guard of a server that has others too.
inline constexpr std::string_view kDeviceAccess = "device";

/// Before the server serves. 200 without a body when the picture was taken, 400 when there was none
/// in it or its id is no id, 413 over kMaxUploadBytes.
void mount_uploads(net::HttpServer& server, std::shared_ptr<Album> album);

}  // namespace casement::drivers::arlo
