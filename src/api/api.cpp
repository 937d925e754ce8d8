#include "api/api.hpp"

#include <nlohmann/json.hpp>

#include "api/context.hpp"

namespace casement::api {

Api::Context::Context(async::Executor executor, Parts p, base::Log l)
    : parts(std::move(p)),
      log(std::move(l)),
      started(parts.clock.wall_now()),
      snapshots(parts.hub, parts.router, parts.pictures, parts.clock),
      feed(executor, parts.registry, parts.events),
      hls(std::move(executor), parts.fan_out, log) {}

Api::Api(async::Executor executor, Parts parts, base::Log log)
    : context_(std::make_shared<Context>(executor, std::move(parts), log)), tasks_(executor, log) {}

Api::~Api() = default;

void Api::mount(net::HttpServer& server) {
    mount_session_routes(server, context_);
    mount_camera_routes(server, context_);
    mount_talk_route(server, context_);
    mount_account_routes(server, context_);
    mount_log_routes(server, context_);
    mount_footage_routes(server, context_);
    mount_event_routes(server, context_);
    mount_health_routes(server, context_);
    mount_go2rtc_routes(server, context_);
    mount_hls_routes(server, context_);
    mount_page_routes(server, context_);
    server.set_guard(make_gate(context_));
}

void Api::start() {
    const LiveFeed::CameraLine camera_line =
        [context = context_.get()](const std::string& id) -> std::string {
        const auto camera = context->parts.registry.camera(id);
        if (!camera || !camera->present) return {};
        return sse_line("camera", context->camera_json(*camera).dump(
                                      -1, ' ', false, nlohmann::json::error_handler_t::replace));
    };
    // Each task holds the context, and with it everything that it touches.
    tasks_.spawn("api registry feed", [context = context_, camera_line] {
        return context->feed.follow_registry(camera_line);
    });
    tasks_.spawn("api stream feed", [context = context_, camera_line] {
        return context->feed.follow_streams(camera_line);
    });
    tasks_.spawn("api event feed", [context = context_] { return context->feed.follow_events(); });
}

async::Task<> Api::stop() {
    co_await context_->hls.stop();
    co_await tasks_.stop();
}

void Api::camera_changed(const std::string& camera) { context_->feed.touch(camera); }

}  // namespace casement::api
