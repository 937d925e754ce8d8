#include "drivers/arlo/upload_door.hpp"

#include "async/hop.hpp"
#include "protocols/arlo/upload.hpp"

namespace casement::drivers::arlo {

namespace {

async::Task<net::Response> take_upload(std::shared_ptr<Album> album, net::Request request) {
    const auto taken = co_await async::hop(
        album->executor(),
        album->take(std::string(request.capture("id")),
                    std::string(request.headers.get("Content-Type")), std::move(request.body)));
    if (taken) co_return net::Response::empty(200);
    base::Log().component("arlo").info("{} uploaded something that is no picture: {}",
                                       request.remote_address, taken.error().message());
    const int status = taken.error().is(base::ErrorKind::ResourceExhausted) ? 413 : 400;
    co_return net::Response::text(status, taken.error().message() + "\n");
}

}  // namespace

void mount_uploads(net::HttpServer& server, std::shared_ptr<Album> album) {
    for (const char* const method : {"POST", "PUT"}) {
        for (const char* const path : {"/snapshot/{id}", "/snapshot/{id}/"}) {
            server.route(
                method, path,
                [album](net::Request request) { return take_upload(album, std::move(request)); },
                {.max_body_bytes = protocols::arlo::kMaxUploadBytes,
                 .access = std::string(kDeviceAccess),
                 .websocket = {}});
        }
    }
}

}  // namespace casement::drivers::arlo
