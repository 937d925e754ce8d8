// webapi.camera.home.nest.com: everything in one envelope.

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "emulators/nest/cloud_state.hpp"

namespace casement::emulators::nest {

using net::Response;
using nlohmann::json;

namespace {

constexpr std::string_view kForm = "application/x-www-form-urlencoded";

bool is_form(const net::Request& request) {
    return request.headers.get("Content-Type").starts_with(kForm);
}

Response bad_request() { return envelope(400, "bad-request", "Invalid Request"); }

Response login_nest(Cloud::State& cloud, const Asked& asked) {
    const std::string token =
        is_form(asked.request) ? net::query_value(asked.request.body, "access_token").value_or("")
                               : "";
    if (token.empty()) return bad_request();
    const auto grant = cloud.accounts.find_grant(token);
    const User* user = grant ? cloud.accounts.find(grant->userid) : nullptr;
    // An account without cameras is refused in the same words as a bad token.
    if (user == nullptr || !user->owns_cameras ||
        (grant->kind != Kind::Access && grant->kind != Kind::Jwt))
        return envelope(403, "unauthorized", "Unauthorized.");
    const std::string session = cloud.accounts.issue(Kind::Website, grant->userid).reveal();
    return well(json{{{"session_token", session}}}.dump())
        .with("Set-Cookie", fmt::format("website_2={}; Path=/; HttpOnly", session));
}

Response all_cameras(Cloud::State& cloud, const Asked& asked) {
    json items = json::array();
    const User* user = cloud.accounts.find(asked.grant.userid);
    if (user != nullptr && user->owns_cameras) {
        for (const Camera& camera : cloud.house.cameras()) {
            if (camera.is_of(asked.grant.userid)) items.push_back(cloud.house.camera_info(camera));
        }
    }
    return well(items.dump());
}

Response one_camera(Cloud::State& cloud, const Asked& asked) {
    const Camera* camera = cloud.house.find(uuid_of(asked.request));
    if (camera == nullptr || !camera->is_of(asked.grant.userid))
        return envelope(404, "not-found", "Camera not found.");
    return well(json::array({cloud.house.camera_info(*camera)}).dump());
}

/// "a=b&uuid=…", decoded.
std::vector<std::pair<std::string, std::string>> fields_of(std::string_view form) {
    std::vector<std::pair<std::string, std::string>> out;
    while (!form.empty()) {
        std::string_view value = base::take_until(form, '&');
        const std::string_view name = base::take_until(value, '=');
        const auto decoded = [](std::string_view text) {
            return net::query_value(fmt::format("v={}", text), "v").value_or("");
        };
        out.emplace_back(decoded(name), decoded(value));
    }
    return out;
}

Response set_properties(Cloud::State& cloud, const Asked& asked) {
    if (!is_form(asked.request)) return bad_request();
    auto fields = fields_of(asked.request.body);
    std::erase_if(fields, [](const auto& field) { return field.first == "uuid"; });
    if (fields.empty()) return bad_request();
    const auto done = cloud.house.set_properties(uuid_of(asked.request), fields);
    if (done) return well();
    return done.error().is(base::ErrorKind::NotFound)
               ? envelope(404, "not-found", "Camera not found.")
               : bad_request();
}

}  // namespace

void Cloud::State::add_web_api_routes(Site& site) {
    route(site, "POST", "/api/v1/login.login_nest", "login_nest", Access::Open, login_nest);
    route(site, "GET", "/api/v1/users.get_current", "users_current", Access::WebApi,
          [](State&, const Asked& asked) {
              return well(json{{{"id", "7"}, {"nest_user_id", asked.grant.userid}}}.dump());
          });
    route(site, "GET", "/api/cameras.get_owned_and_member_of_with_properties", "cameras",
          Access::WebApi, all_cameras);
    route(site, "GET", "/api/cameras.get_with_properties", "camera", Access::WebApi, one_camera);
    route(site, "POST", "/api/dropcams.set_properties", "set_properties", Access::WebApi,
          set_properties);
}

}  // namespace casement::emulators::nest
