// nexusapi of one region: pictures, and what happened.

#include <algorithm>

#include <nlohmann/json.hpp>

#include "async/deadline.hpp"
#include "base/text.hpp"
#include "emulators/nest/clip.hpp"
#include "emulators/nest/cloud_state.hpp"

namespace casement::emulators::nest {

using net::Response;
using nlohmann::json;

namespace {

constexpr std::size_t kUuidLetters = 32;
constexpr std::string_view kSite = "nexus-";
constexpr std::chrono::seconds kShortestClip{1}, kLongestClip{30};

bool is_uuid(std::string_view text) {
    return text.size() == kUuidLetters && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

Response not_found() { return Response::json(404, R"({"error":"not found"})"); }

/// The camera of the request, where it is one of this region's and of who asks.
Camera* camera_of(Cloud::State& cloud, const Asked& asked) {
    Camera* camera = cloud.house.find(uuid_of(asked.request));
    const bool is_here = camera != nullptr && camera->is_of(asked.grant.userid) &&
                         asked.site.substr(kSite.size()) == camera->region;
    return is_here ? camera : nullptr;
}

int width_of(const net::Request& request) {
    const auto width = base::parse_number<int>(request.query_value("width").value_or(""));
    if (width) return std::clamp(*width, 1, Pictures::kWidth * 2);
    const auto height = base::parse_number<int>(request.query_value("height").value_or(""));
    return height ? std::clamp(*height, 1, Pictures::kHeight * 2) * 16 / 9 : Pictures::kWidth;
}

/// A JPEG, noted as delivered when the connection has taken it.
Response deliver(std::shared_ptr<Cloud::State> cloud, Picture picture, std::size_t place) {
    const std::size_t size = picture.jpeg.size();
    auto send = [cloud, jpeg = std::move(picture.jpeg),
                 place](net::BodyWriter& writer) -> async::Task<> {
        if (co_await writer.write(jpeg.view())) cloud->pictures.delivered(place);
    };
    Response out = Response::stream("image/jpeg", std::move(send));
    std::get<net::StreamBody>(out.body).content_length = size;
    return out;
}

async::Task<Response> get_image(std::shared_ptr<Cloud::State> cloud, Asked asked) {
    const std::string uuid = asked.request.query_value("uuid").value_or("");
    if (!is_uuid(uuid)) co_return Response::json(400, R"({"error":"bad request"})");
    const auto is_there = [&] {
        const Camera* camera = camera_of(*cloud, asked);
        return camera != nullptr && camera->online && camera->is_on();
    };
    if (!is_there()) co_return not_found();
    if (cloud->picture_delay.count() > 0)
        (void)co_await async::sleep_for(cloud->scaled(cloud->picture_delay));
    const int width = width_of(asked.request);
    auto picture = co_await cloud->pictures.take(uuid, width);
    if (!picture) co_return Response::text(500, picture.error().message());
    if (!is_there()) co_return not_found();
    const std::size_t place = cloud->pictures.gave(uuid, *picture, width);
    co_return deliver(cloud, std::move(*picture), place);
}

base::WallTime seconds_or(const net::Request& request, const char* name, base::WallTime otherwise) {
    const auto text = request.query_value(name).value_or("");
    std::string_view rest = text;
    const auto seconds = base::parse_number<std::int64_t>(base::take_until(rest, '.'));
    constexpr std::int64_t kMost = 1LL << 40;
    if (!seconds || *seconds < 0 || *seconds > kMost) return otherwise;
    return base::WallTime(std::chrono::seconds(*seconds));
}

Response cuepoints(Cloud::State& cloud, const Asked& asked) {
    const Camera* camera = camera_of(cloud, asked);
    if (camera == nullptr) return not_found();
    std::set<std::string> types;
    const std::string wanted = asked.request.query_value("types").value_or("");
    for (std::string_view rest = wanted; !rest.empty();) types.emplace(base::take_until(rest, ','));
    const auto now = cloud.clock.wall_now();
    return Response::json(200,
                          cloud.house
                              .cuepoints(camera->uuid, seconds_or(asked.request, "start_time", {}),
                                         seconds_or(asked.request, "end_time", now), types)
                              .dump());
}

Response categories(Cloud::State& cloud, const Asked& asked) {
    if (camera_of(cloud, asked) == nullptr) return not_found();
    return Response::json(200, json{{{"id", 1},
                                     {"label", "Doorstep"},
                                     {"type", "region"},
                                     {"hidden", false},
                                     {"color", 1},
                                     {"count", 0}}}
                                   .dump());
}

/// Of a cuepoint: what the camera sees now. Not in the record of pictures: nobody polls these.
async::Task<Response> picture_of_event(std::shared_ptr<Cloud::State> cloud, Asked asked,
                                       std::string id) {
    const Camera* camera = camera_of(*cloud, asked);
    if (camera == nullptr || cloud->house.find_cuepoint(camera->uuid, id) == nullptr)
        co_return not_found();
    auto picture = co_await cloud->pictures.take(camera->uuid, width_of(asked.request));
    if (!picture) co_return Response::text(500, picture.error().message());
    co_return Response::bytes("image/jpeg", std::move(picture->jpeg));
}

async::Task<Response> event_snapshot(std::shared_ptr<Cloud::State> cloud, Asked asked) {
    std::string id(asked.request.capture("cuepoint"));
    return picture_of_event(std::move(cloud), std::move(asked), std::move(id));
}

async::Task<Response> event_clip(std::shared_ptr<Cloud::State> cloud, Asked asked) {
    const std::string format = asked.request.query_value("format").value_or("");
    std::string id = asked.request.query_value("cuepoint_id").value_or("");
    if (format == "jpeg" || format == "sprite")
        co_return co_await picture_of_event(std::move(cloud), std::move(asked), std::move(id));
    const Camera* camera = camera_of(*cloud, asked);
    const Cuepoint* event =
        camera == nullptr ? nullptr : cloud->house.find_cuepoint(camera->uuid, id);
    // There is none before it is over.
    if (format != "mp4" || event == nullptr || event->in_progress) co_return not_found();
    const auto length = std::chrono::ceil<std::chrono::seconds>(event->end - event->start);
    auto work = [name = camera->uuid.substr(0, 8), start = event->start,
                 length = std::clamp(length, kShortestClip, kLongestClip)] {
        return make_clip(name, start, length);
    };
    auto clip = co_await cloud->pool.run(std::move(work));
    if (!clip) co_return Response::text(500, clip.error().message());
    co_return Response::bytes("video/mp4", std::move(*clip));
}

}  // namespace

void Cloud::State::add_nexus_routes(Site& site) {
    slow_route(site, "GET", "/get_image", "get_image", Access::Nexus, get_image);
    route(site, "GET", "/cuepoint/{uuid}/2", "cuepoint", Access::Nexus, cuepoints);
    route(site, "GET", "/cuepoint_category/{uuid}", "cuepoint_category", Access::Nexus, categories);
    route(site, "GET", "/faces/{structure}", "faces", Access::Nexus,
          [](State&, const Asked&) { return Response::json(200, "[]"); });
    slow_route(site, "GET", "/event_snapshot/{uuid}/{cuepoint}", "event_snapshot", Access::Nexus,
               event_snapshot);
    slow_route(site, "GET", "/get_event_clip", "event_clip", Access::Nexus, event_clip);
}

}  // namespace casement::emulators::nest
