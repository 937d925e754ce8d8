// The HTTP faces of Device Access and of Pub/Sub.

#include <nlohmann/json.hpp>

#include "emulators/nest/clip.hpp"
#include "emulators/nest/cloud_state.hpp"
#include "emulators/testcam/rtsp_camera.hpp"

namespace casement::emulators::nest {

using net::Request;
using net::Response;
using nlohmann::json;

namespace {

constexpr std::string_view kExecute = ":executeCommand";
constexpr std::string_view kCommands = "sdm.devices.commands.";
constexpr std::chrono::seconds kPull{10};  // how long a pull waits for the first message; ours
constexpr std::size_t kMostPulled = 1000;
constexpr std::chrono::seconds kClip{2};

Response error_answer(const ApiError& error) {
    return Response::json(
        error.code,
        json{
            {"error", {{"code", error.code}, {"message", error.message}, {"status", error.status}}}}
            .dump());
}
Response invalid() { return error_answer({400, "INVALID_ARGUMENT", "Invalid argument."}); }

Response answer_of(Answered<json> answer) {
    return answer ? Response::json(200, answer->dump()).with("User-ID", "EMU-USER")
                  : error_answer(answer.error());
}

std::string text_of(const json& body, const char* name) {
    if (!body.is_object() || !body.contains(name) || !body[name].is_string()) return {};
    return body[name].get<std::string>();
}

bool is_project(const Cloud::State& cloud, const Asked& asked) {
    return asked.request.capture("project") == cloud.devices.options().project;
}

json lease_json(const Lease& lease) {
    return {{"streamExtensionToken", lease.extension},
            {"streamToken", lease.token},
            {"expiresAt", base::format_rfc3339(lease.ends)}};
}

/// The RTSP server of a device, which is opened when its first stream is lent.
async::Task<base::Result<std::string>> rtsp_url(std::shared_ptr<Cloud::State> cloud,
                                                std::string device) {
    auto known = cloud->lent.find(device);
    if (known == cloud->lent.end()) {
        ffmpeg::TestPictureOptions picture = cloud->options.live_picture;
        picture.name = device;
        CASEMENT_CO_TRY(auto feed, co_await testcam::Feed::open(cloud->executor, cloud->pool,
                                                                cloud->clock, picture, cloud->log));
        testcam::RtspCameraOptions options;
        options.listen =
            net::to_text(net::ip::tcp::endpoint(net::ip::make_address(cloud->options.address), 0));
        options.tls = cloud->tls;
        options.allow_udp = false;  // interleaved alone
        options.gate = [&devices = cloud->devices](std::string_view path, std::string_view query) {
            return devices.gate(path, query);
        };
        options.keeps = [&devices = cloud->devices](std::string_view path) {
            return devices.is_lent(path);
        };
        options.path = "";
        CASEMENT_CO_TRY(auto camera,
                        testcam::RtspCamera::listen(feed, std::move(options), cloud->log));
        known =
            cloud->lent
                .try_emplace(device, Cloud::State::LentCamera{std::move(feed), std::move(camera)})
                .first;
    }
    co_return known->second.camera->url();
}

async::Task<Response> generate(std::shared_ptr<Cloud::State> cloud, const Device* device) {
    const auto lease = cloud->devices.generate(*device);
    if (!lease) co_return error_answer(lease.error());
    const auto url = co_await rtsp_url(cloud, lease->device);
    if (!url) co_return error_answer({500, "INTERNAL", "Internal error encountered."});
    json results = lease_json(*lease);
    results["streamUrls"] = {
        {"rtspUrl", fmt::format("{}{}?auth={}", *url, lease->path, lease->token)}};
    co_return Response::json(200, json{{"results", std::move(results)}}.dump());
}

async::Task<Response> execute(std::shared_ptr<Cloud::State> cloud, Asked asked) {
    const json body = json::parse(asked.request.body, nullptr, false);
    const std::string command = text_of(body, "command");
    std::string_view target = asked.request.capture("device");
    if (!is_project(*cloud, asked) || !target.ends_with(kExecute) ||
        !command.starts_with(kCommands) || !body.contains("params") || !body["params"].is_object())
        co_return invalid();
    target.remove_suffix(kExecute.size());
    const json& params = body["params"];
    const std::string_view name = std::string_view(command).substr(kCommands.size());
    const auto device = cloud->devices.admit(target, name);
    if (!device) co_return error_answer(device.error());
    if (name == "CameraLiveStream.GenerateRtspStream") co_return co_await generate(cloud, *device);
    if (name == "CameraLiveStream.ExtendRtspStream") {
        const auto lease = cloud->devices.extend(**device, text_of(params, "streamExtensionToken"));
        co_return lease ? Response::json(200, json{{"results", lease_json(*lease)}}.dump())
                        : error_answer(lease.error());
    }
    if (name == "CameraLiveStream.StopRtspStream") {
        const auto lease = cloud->devices.stop(**device, text_of(params, "streamExtensionToken"));
        co_return lease ? Response::json(200, "{}") : error_answer(lease.error());
    }
    if (name == "CameraEventImage.GenerateImage") {
        if (!(*device)->speaks_rtsp)
            co_return error_answer(
                {400, "INVALID_ARGUMENT", "camera not supporting RTSP protocol."});
        const std::string event = text_of(params, "eventId");
        const auto token = cloud->devices.image_of(event);
        if (!token) co_return error_answer(token.error());
        const std::string url =
            fmt::format("{}/sdm-image/{}", cloud->site("device_access").url, event);
        co_return Response::json(200, json{{"results", {{"url", url}, {"token", *token}}}}.dump());
    }
    // Nobody answers WebRTC here: such a camera is one that cannot be reached now.
    if (name == "CameraLiveStream.GenerateWebRtcStream")
        co_return error_answer({400, "FAILED_PRECONDITION", "Precondition check failed."});
    co_return error_answer({404, "NOT_FOUND", "Command not found."});
}

async::Task<Response> image(std::shared_ptr<Cloud::State> cloud, Asked asked) {
    const std::string token = token_of(Access::Home, asked.request).value_or("");
    const std::string event(asked.request.capture("event"));
    if (!cloud->devices.is_image(event, token))
        co_return Response::json(404, R"({"error":"not found"})");
    auto picture = co_await cloud->pictures.take("sdm", Pictures::kWidth);
    if (!picture) co_return Response::text(500, picture.error().message());
    co_return Response::bytes("image/jpeg", std::move(picture->jpeg));
}

async::Task<Response> clip(std::shared_ptr<Cloud::State> cloud, Asked asked) {
    if (!cloud->devices.is_clip(asked.request.capture("session")))
        co_return Response::json(404, R"({"error":"not found"})");
    auto made = co_await cloud->pool.run(
        [start = cloud->clock.wall_now()] { return make_clip("Device Access", start, kClip); });
    if (!made) co_return Response::text(500, made.error().message());
    co_return Response::bytes("video/mp4", std::move(*made));
}

async::Task<Response> pull(std::shared_ptr<Cloud::State> cloud, std::size_t most) {
    const auto until = std::chrono::steady_clock::now() + cloud->scaled(kPull);
    const auto bell = cloud->devices.listen(cloud->executor);
    for (;;) {
        const json messages = cloud->devices.pull(most);
        if (!messages.empty() || std::chrono::steady_clock::now() >= until)
            co_return Response::json(200, messages.dump());
        if (!co_await bell->wait_until(until)) co_return Response::text(503, "switched off");
    }
}

async::Task<Response> subscription(std::shared_ptr<Cloud::State> cloud, Asked asked) {
    const std::string_view target = asked.request.capture("subscription");
    const json body = json::parse(asked.request.body, nullptr, false);
    if (target == "casement:pull" && body.is_object()) {
        const json most = body.value("maxMessages", json());
        if (!most.is_number_unsigned() || most == 0u) co_return invalid();
        co_return co_await pull(cloud, std::min(most.get<std::size_t>(), kMostPulled));
    }
    if (target == "casement:acknowledge" && body.is_object()) {
        std::vector<std::string> ids;
        for (const json& id : body.value("ackIds", json::array()))
            if (id.is_string()) ids.push_back(id.get<std::string>());
        cloud->devices.acknowledge(ids);
        co_return Response::json(200, "{}");
    }
    co_return error_answer({404, "NOT_FOUND", "Resource not found (resource=subscription)."});
}

}  // namespace

void Cloud::State::add_device_routes(Site& site) {
    const auto in_project = [](auto answer) {
        return [answer](State& s, const Asked& asked) {
            if (!is_project(s, asked))
                return error_answer(
                    {403, "PERMISSION_DENIED", "The caller does not have permission"});
            return answer_of(answer(s, asked));
        };
    };
    route(site, "GET", "/v1/enterprises/{project}/devices", "list_devices", Access::Google,
          in_project([](State& s, const Asked&) { return s.devices.list(); }));
    route(site, "GET", "/v1/enterprises/{project}/devices/{device}", "get_device", Access::Google,
          in_project([](State& s, const Asked& asked) {
              return s.devices.get(asked.request.capture("device"));
          }));
    slow_route(site, "POST", "/v1/enterprises/{project}/devices/{device}", "execute_command",
               Access::Google, execute);
    slow_route(site, "GET", "/sdm-image/{event}", "sdm_image", Access::Open, image);
    slow_route(site, "GET", "/sdm-clip/{session}", "sdm_clip", Access::Google, clip);
    devices.clips_url = site.url + "/sdm-clip/";
}

void Cloud::State::add_pubsub_routes(Site& site) {
    slow_route(site, "POST", "/v1/projects/{project}/subscriptions/{subscription}", "subscription",
               Access::Google, subscription);
    route(site, "PUT", "/v1/projects/{project}/subscriptions/{subscription}", "make_subscription",
          Access::Google, [](State&, const Asked& asked) {
              const json body = json::parse(asked.request.body, nullptr, false);
              return text_of(body, "topic").empty() ? invalid() : Response::json(200, body.dump());
          });
}

}  // namespace casement::emulators::nest
