// Playlists and segments of a camera's live stream.

#include "api/context.hpp"
#include "api/problem.hpp"

namespace casement::api {

namespace {

using base::ErrorKind;
using net::Request;
using net::Response;

async::Task<Response> playlist(ContextPtr context, Request request) {
    const auto camera = camera_of(*context, request.capture("id"));
    if (!camera) co_return problem(camera.error());
    auto stream = context->parts.hub.find((*camera)->description.id);
    if (!stream) co_return problem({ErrorKind::NotFound, "This camera has no stream."});
    auto response = co_await context->hls.playlist(std::move(stream), std::move(request));
    co_return response ? std::move(*response) : problem(response.error());
}

async::Task<Response> init(ContextPtr context, Request request) {
    auto response = context->hls.init(std::string(request.capture("id")), request);
    co_return response ? std::move(*response) : problem(response.error());
}

async::Task<Response> segment(ContextPtr context, Request request) {
    auto response =
        context->hls.segment(std::string(request.capture("id")), request.capture("file"));
    co_return response ? std::move(*response) : problem(response.error());
}

/// The address that go2rtc's clients know.
async::Task<Response> lead_there(ContextPtr context, Request request) {
    const auto camera = camera_of(*context, request.query_value("src").value_or(""));
    if (!camera) co_return problem(camera.error());
    co_return Response::empty(302).with(
        "Location", fmt::format("../hls/{}/index.m3u8", (*camera)->description.id));
}

}  // namespace

void mount_hls_routes(net::HttpServer& server, const ContextPtr& context) {
    const auto with = [&context](auto handler) {
        return [context, handler](Request request) { return handler(context, std::move(request)); };
    };
    server.route("GET", "/hls/{id}/index.m3u8", with(playlist));
    server.route("GET", "/hls/{id}/init.mp4", with(init));
    server.route("GET", "/hls/{id}/segment/{file}", with(segment));
    server.route("GET", "/api/stream.m3u8", with(lead_there));
}

}  // namespace casement::api
