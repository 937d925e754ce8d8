// Long polls for what changes, on the same host as sessions.

#include <algorithm>

#include <nlohmann/json.hpp>

#include "emulators/nest/cloud_state.hpp"

namespace casement::emulators::nest {

using net::Request;
using net::Response;
using nlohmann::json;

namespace {

constexpr std::size_t kMostObjects = 1000;
constexpr std::chrono::seconds kLongestPoll{1100};  // what clients ask for at most

Response bad_request() { return Response::json(400, R"({"error":"bad request"})"); }

/// Every client of it sends both.
bool says_who(const Asked& asked) {
    return asked.request.headers.get("X-nl-user-id") == asked.grant.userid &&
           asked.request.headers.get("X-nl-protocol-version") == "1";
}

/// Those of the objects that have another revision or time now.
json changed(const Home& home, const std::string& userid, const json& objects) {
    json out = json::array();
    for (const json& object : objects) {
        auto now = home.bucket(userid, object["object_key"].get<std::string>());
        if (now && ((*now)["object_revision"] != object.value("object_revision", json(0)) ||
                    (*now)["object_timestamp"] != object.value("object_timestamp", json(0))))
            out.push_back(std::move(*now));
    }
    return out;
}

bool are_objects(const json& body) {
    return body.is_object() && body.contains("objects") && body["objects"].is_array() &&
           body["objects"].size() <= kMostObjects &&
           std::ranges::all_of(body["objects"], [](const json& object) {
               return object.is_object() && object.contains("object_key") &&
                      object["object_key"].is_string();
           });
}

async::Task<Response> subscribe(std::shared_ptr<Cloud::State> cloud, Asked asked) {
    const json body = json::parse(asked.request.body, nullptr, false);
    if (!says_who(asked) || !are_objects(body) || body["objects"].empty()) co_return bad_request();
    std::chrono::milliseconds held = cloud->options.poll;
    if (body.contains("timeout") && body["timeout"].is_number_unsigned()) {
        held = std::min<std::chrono::milliseconds>(
            std::chrono::seconds(body["timeout"].get<std::uint32_t>()), kLongestPoll);
    }
    const auto until = std::chrono::steady_clock::now() + cloud->scaled(held);
    const auto bell = cloud->house.listen(cloud->executor);
    const std::string token = token_of(Access::Home, asked.request).value_or("");
    for (;;) {
        // A poll does not outlive the token that it was asked with.
        if (!cloud->accounts.find_grant(token))
            co_return Response::json(401, R"({"error":"unauthorized"})");
        json objects = changed(cloud->house, asked.grant.userid, body["objects"]);
        if (!objects.empty())
            co_return Response::json(200, json{{"objects", std::move(objects)}}.dump());
        const auto now = std::chrono::steady_clock::now();
        if (now >= until) co_return Response::text(200, "", "text/plain");
        const auto token_ends =
            now + std::max<base::Duration>(asked.grant.ends - cloud->clock.wall_now(),
                                           std::chrono::milliseconds(1));
        if (!co_await bell->wait_until(std::min(until, token_ends)))
            co_return Response::text(503, "switched off");
    }
}

/// Cameras are not changed this way: whoever tries is told so.
Response put(Cloud::State&, const Asked& asked) {
    const json body = json::parse(asked.request.body, nullptr, false);
    if (!says_who(asked) || !are_objects(body)) return bad_request();
    return Response::json(403, R"({"error":"forbidden"})");
}

}  // namespace

void Cloud::State::add_transport_routes(Site& site) {
    for (const char* version : {"/v5", "/v6"}) {
        slow_route(site, "POST", fmt::format("{}/subscribe", version), "subscribe", Access::Home,
                   subscribe);
        route(site, "POST", fmt::format("{}/put", version), "put", Access::Home, put);
    }
}

}  // namespace casement::emulators::nest
