#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "emulators/nanit/cloud_state.hpp"
#include "emulators/nanit/film.hpp"
#include "emulators/nanit/form_data.hpp"

namespace casement::emulators::nanit {

using net::Request;
using net::Response;
using nlohmann::json;

namespace {

constexpr std::size_t kUsualLimit = 10, kMostListed = 100;
constexpr std::string_view kPngHead = "\x89PNG\r\n\x1a\n";
constexpr std::size_t kMaxPicture = 4 * 1024 * 1024;
constexpr int kCodeSent = 482;  // the vendor's own: a code is on its way

/// The member, where it is text; numbers are not: a code is text with its zeros.
std::string text_of(const json& body, const char* name) {
    if (!body.is_object() || !body.contains(name) || !body[name].is_string()) return {};
    return body[name].get<std::string>();
}

Response tokens_answer(int status, const Accounts::Tokens& tokens) {
    return Response::json(status, json{{"access_token", tokens.access.reveal()},
                                       {"refresh_token", tokens.refresh.reveal()}}
                                      .dump());
}

Response log_in(Cloud::State& cloud, const Request& request) {
    const json body = json::parse(request.body, nullptr, false);
    if (!body.is_object()) return Response::json(400, R"({"error":"invalid_request"})");
    if (body.contains("mfa_code") && !body["mfa_code"].is_string())
        return Response::json(400, R"({"error":"invalid_request"})");
    const auto answer =
        cloud.accounts.log_in({.email = text_of(body, "email"),
                               .password = base::Secret(text_of(body, "password")),
                               .channel = text_of(body, "channel"),
                               .mfa_token = base::Secret(text_of(body, "mfa_token")),
                               .mfa_code = text_of(body, "mfa_code")});
    if (const auto* tokens = std::get_if<Accounts::Tokens>(&answer))
        return tokens_answer(201, *tokens);
    if (const auto* challenge = std::get_if<Accounts::Challenge>(&answer)) {
        return Response::json(kCodeSent, json{{"mfa_token", challenge->token.reveal()},
                                              {"phone_suffix", challenge->phone_suffix},
                                              {"channel", challenge->channel}}
                                             .dump());
    }
    return Response::json(401, R"({"message":"unauthorized"})");
}

Response resend(Cloud::State& cloud, const Request& request) {
    const json body = json::parse(request.body, nullptr, false);
    const bool sent = cloud.accounts.resend(text_of(body, "mfa_token"));
    return Response::json(sent ? 200 : 404, "{}");
}

Response refresh(Cloud::State& cloud, const Request& request) {
    const json body = json::parse(request.body, nullptr, false);
    const auto tokens = cloud.accounts.refresh(text_of(body, "refresh_token"));
    if (!tokens) return Response::json(404, R"({"message":"not found"})");
    return tokens_answer(200, *tokens);
}

std::size_t limit_of(const Request& request) {
    const auto asked = base::parse_number<std::size_t>(request.query_value("limit").value_or(""));
    return std::min(asked.value_or(kUsualLimit), kMostListed);
}

Response found_or_404(const std::optional<std::string>& body) {
    return body ? Response::json(200, *body) : Response::json(404, R"({"message":"not found"})");
}

/// The picture before a breathing session, and what light it was taken in. That a JPEG is a 422 is
/// known; the answers to forms that are none are our choice.
Response bmm_session(Cloud::State&, Baby& baby, const Request& request) {
    const auto parts = parse_form_data(request.headers.get("Content-Type"), request.body);
    if (!parts) return Response::json(400, R"({"message":"bad request"})");
    const FormPart* image = find_part(*parts, "image");
    const FormPart* light = find_part(*parts, "camera_status");
    if (image == nullptr || light == nullptr || (light->body != "ir" && light->body != "rgb"))
        return Response::json(400, R"({"message":"bad request"})");
    if (image->content_type != "image/png" || !image->body.starts_with(kPngHead))
        return Response::json(422, R"({"message":"the image is no PNG"})");
    return Response::json(200,
                          json{{"bmm_sessions",
                                {{"baby_uid", baby.uid},
                                 {"camera_uid", baby.camera_uid.value_or("")},
                                 {"camera_status", light->body},
                                 {"detected", true},
                                 {"trigger_type", "user"},
                                 {"trigger_id", "1"},
                                 {"data",
                                  {{"objects",
                                    {{{"box", {{"x1", 577}, {"x2", 677}, {"y1", 379}, {"y2", 479}}},
                                      {"score", 0.9}}}}}}}}}
                              .dump());
}

}  // namespace

void Cloud::State::add_account_routes() {
    route("POST", "/login", "login", Family::Open, log_in);
    route("POST", "/mfa/resend", "resend", Family::Open, resend);
    route("POST", "/tokens/refresh", "refresh", Family::Open, refresh);
    route("GET", "/user", "user", Family::Babies, [](State& cloud, const Request& request) {
        const std::string field(request.headers.get("Authorization"));
        return Response::json(
            200, json{{"user",
                       {{"uid", "u77"},
                        {"email", cloud.accounts.owner_of(parse_authorization(field).token)},
                        {"first_name", "Alex"},
                        {"last_name", "Doe"}}}}
                     .dump());
    });
}

void Cloud::State::add_baby_routes() {
    route("GET", "/babies", "babies", Family::Babies,
          [](State& cloud, const Request&) { return Response::json(200, cloud.nursery.babies()); });
    const auto add = [this](const char* method, const char* rest, const char* name,
                            BabyAnswer answer) {
        baby_route(method, fmt::format("/babies/{{baby}}{}", rest), name, Family::Babies, answer);
    };
    add("GET", "", "baby", [](State& s, Baby& baby, const Request&) {
        return Response::json(200, s.nursery.baby(baby));
    });
    add("GET", "/messages", "messages", [](State& s, Baby& baby, const Request& asked) {
        return Response::json(200, s.nursery.messages(baby, limit_of(asked)));
    });
    add("GET", "/events", "events", [](State& s, Baby& baby, const Request& asked) {
        return Response::json(200, s.nursery.events(baby, limit_of(asked)));
    });
    add("GET", "/events/last", "last_event", [](State& s, Baby& baby, const Request&) {
        return found_or_404(s.nursery.last_event(baby));
    });
    add("GET", "/events/{event}", "event", [](State& s, Baby& baby, const Request& asked) {
        return found_or_404(s.nursery.event(baby, asked.capture("event")));
    });
    add("GET", "/stats/latest", "stats", [](State& s, Baby& baby, const Request&) {
        return Response::json(200, s.nursery.stats(baby));
    });
    add("GET", "/notification_settings", "settings", [](State& s, Baby& baby, const Request&) {
        return Response::json(200, s.nursery.settings(baby));
    });
    add("PUT", "/notification_settings", "put_settings",
        [](State& s, Baby& baby, const Request& asked) {
            if (!s.nursery.change_settings(baby, asked.body))
                return Response::json(400, R"({"message":"bad request"})");
            return Response::json(200, s.nursery.settings(baby));
        });
}

/// Another host in the real cloud: a store that knows no tokens, and refuses whoever shows one
/// beside the signature.
void Cloud::State::add_film_route() {
    route("GET", "/clips/{file}", "clip", Family::Open, [](State& cloud, const Request& request) {
        if (!request.headers.get("Authorization").empty())
            return Response::text(400, "one way to be known at a time");
        const std::string signature(request.query_value("signature").value_or(""));
        if (!cloud.nursery.has_film(request.capture("file"), signature))
            return Response::text(403, "no");
        if (cloud.film.empty()) {
            auto made = make_film(cloud.clock.wall_now());
            if (!made) return Response::text(500, made.error().message());
            cloud.film = std::move(*made);
        }
        return Response::text(200, cloud.film, "video/mp4");
    });
}

void Cloud::State::add_focus_routes() {
    route("GET", "/focus/cameras/{camera}/uc_token", "uc_token", Family::Focus,
          [](State& cloud, const Request& request) {
              const std::string uid(request.capture("camera"));
              if (cloud.nursery.find_camera(uid) == nullptr) return found_or_404({});
              const std::string token = cloud.accounts.make_camera_token(uid).reveal();
              if (cloud.options.nests_camera_tokens)
                  return Response::json(200, json{{"uc_token", {{"token", token}}}}.dump());
              return Response::json(200, json{{"uc_token", token}}.dump());
          });
    route("GET", "/focus/cameras/{camera}/connection_status", "connection_status", Family::Focus,
          [](State& cloud, const Request& request) {
              const Baby* baby = cloud.nursery.find_camera(request.capture("camera"));
              if (baby == nullptr) return found_or_404({});
              return Response::json(200, json{{"connected", baby->connected}}.dump());
          });
    baby_route("POST", "/focus/babies/{baby}/bmm/sessions", "bmm", Family::Focus, bmm_session,
               kMaxPicture);
}

}  // namespace casement::emulators::nanit
