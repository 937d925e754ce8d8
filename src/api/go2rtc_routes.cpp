// What clients of go2rtc ask for, on the same port: Home Assistant, Frigate cards, players.

#include <nlohmann/json.hpp>

#include "api/context.hpp"
#include "api/problem.hpp"
#include "base/text.hpp"

namespace casement::api {

namespace {

using base::ErrorKind;
using net::Request;
using net::Response;
using nlohmann::json;

// Home Assistant's client takes versions from 1.9.13 up to, without, 2.0.0.
constexpr const char* kCompatibleVersion = "1.9.14";

async::Task<Response> info(ContextPtr context, Request request) {
    co_return json_response(
        {{"version", kCompatibleVersion},
         {"revision", "casement"},
         {"casement", context->parts.version},
         {"config_path", ""},
         {"host", std::string(request.headers.get("Host"))},
         {"rtsp",
          {{"listen", context->parts.rtsp_listen ? context->parts.rtsp_listen() : ""},
           {"default_query", "video&audio"}}}});
}

/// "video, recvonly, H264": what go2rtc's clients look for.
json medias_of(const hub::StreamStatus& status) {
    json out = json::array();
    for (const media::Track& track : status.tracks) {
        out.push_back(fmt::format("{}, recvonly, {}",
                                  track.kind() == media::Kind::Video ? "video" : "audio",
                                  media::to_string(track.codec)));
    }
    return out;
}

json stream_json(const Api::Context& context, const camera::Camera& camera) {
    json producer{{"url", fmt::format("casement:{}", camera.description.id)}};
    json consumers = json::array();
    if (const auto stream = context.parts.hub.find(camera.description.id)) {
        producer["medias"] = medias_of(stream->status());
        for (const hub::ReaderInfo& reader : stream->reader_list())
            consumers.push_back({{"type", reader.kind}, {"remote_addr", reader.remote}});
    }
    return {{"producers", json::array({std::move(producer)})}, {"consumers", std::move(consumers)}};
}

async::Task<Response> streams(ContextPtr context, Request request) {
    if (const auto src = request.query_value("src")) {
        const auto camera = camera_of(*context, *src);
        co_return camera ? json_response(stream_json(*context, **camera)) : problem(camera.error());
    }
    json out = json::object();
    for (const auto& camera : context->parts.registry.cameras()) {
        if (camera->present) out[camera->description.id] = stream_json(*context, *camera);
    }
    co_return json_response(out);
}

async::Task<Response> frame(ContextPtr context, Request request) {
    const auto camera = camera_of(*context, request.query_value("src").value_or(""));
    if (!camera) co_return problem(camera.error());
    SnapshotWish wish{.jpeg = outputs::mjpeg::options_of(request), .max_age = {}};
    if (const auto ms =
            base::parse_number<std::uint32_t>(request.query_value("max_age").value_or("")))
        wish.max_age = std::chrono::milliseconds(*ms);
    const auto picture = co_await context->snapshots.take(*camera, wish);
    co_return picture ? context->snapshots.respond(*picture) : problem(picture.error());
}

async::Task<Response> mjpeg(ContextPtr context, Request request) {
    const auto camera = camera_of(*context, request.query_value("src").value_or(""));
    if (!camera) co_return problem(camera.error());
    auto stream = context->parts.hub.find((*camera)->description.id);
    if (!stream) co_return problem({ErrorKind::NotFound, "This camera has no stream."});
    co_return context->parts.pictures.stream(std::move(stream), request);
}

async::Task<Response> never(Request) {
    co_return problem({ErrorKind::PermissionDenied,
                       "The configuration of this hub is not changed over this interface."});
}

}  // namespace

void mount_go2rtc_routes(net::HttpServer& server, const ContextPtr& context) {
    const auto with = [&context](auto handler) {
        return [context, handler](Request request) { return handler(context, std::move(request)); };
    };
    server.route("GET", "/api", with(info));
    server.route("GET", "/api/streams", with(streams));
    server.route("GET", "/api/frame.jpeg", with(frame));
    server.route("GET", "/api/stream.mjpeg", with(mjpeg));
    for (const char* method : {"PUT", "PATCH", "DELETE", "POST"})
        server.route(method, "/api/streams", never);
    for (const char* door : {"config", "exit", "restart", "log", "stack", "exec", "preload"}) {
        for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"})
            server.route(method, fmt::format("/api/{}", door), never);
    }
    if (context->parts.live) server.websocket("/api/ws", context->parts.live);
}

}  // namespace casement::api
