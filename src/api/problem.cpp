#include "api/problem.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace casement::api {

using base::ErrorKind;
using nlohmann::json;

int status_of(const base::Error& error) {
    switch (error.kind()) {
        case ErrorKind::InvalidArgument:
            return 400;
        case ErrorKind::Unauthenticated:
            return 401;
        case ErrorKind::PermissionDenied:
            return 403;
        case ErrorKind::NotFound:
            return 404;
        case ErrorKind::FailedPrecondition:
            return 409;
        case ErrorKind::Unsupported:
            return 501;
        case ErrorKind::ResourceExhausted:
            return error.reason() == "disk-full" ? 507 : 429;
        case ErrorKind::Unavailable:
            return 503;
        case ErrorKind::DeadlineExceeded:
            return 504;
        case ErrorKind::Cancelled:
            return 503;
        case ErrorKind::DataLoss:
            return 500;
        case ErrorKind::Internal:
            return 500;
    }
    return 500;
}

net::Response json_response(const json& body, int status) {
    // Texts of vendors and cameras may hold broken UTF-8: shown with replacement characters rather
    // than not at all.
    return net::Response::json(status, body.dump(-1, ' ', false, json::error_handler_t::replace))
        .with("Cache-Control", "no-store");
}

net::Response problem(const base::Error& error) {
    const int status = status_of(error);
    json body{{"type", "about:blank"},
              {"title", net::status_phrase(status)},
              {"status", status},
              {"kind", base::to_string(error.kind())},
              {"detail", error.message()}};
    if (!error.reason().empty()) body["code"] = error.reason();
    return json_response(body, status).with("Content-Type", "application/problem+json");
}

base::Result<json> json_body(const net::Request& request) {
    if (request.body.empty()) return json::object();
    // A callback instead of recursion limits: deeper than this is no request of ours, and the
    // parser's stack is not the sender's to use.
    bool is_too_deep = false;
    const auto watch = [&](int depth, json::parse_event_t, json&) {
        is_too_deep = is_too_deep || depth > 16;
        return !is_too_deep;
    };
    json body = json::parse(request.body, watch, false);
    if (is_too_deep || !body.is_object())
        return base::fail(ErrorKind::InvalidArgument, "The body has to be a JSON object.");
    return body;
}

base::Result<json> json_body(const net::Request& request,
                             std::initializer_list<std::string_view> keys) {
    CASEMENT_TRY(json body, json_body(request));
    for (const auto& [key, value] : body.items()) {
        if (std::ranges::find(keys, key) == keys.end())
            return base::fail(ErrorKind::InvalidArgument, "\"{}\" is not known here.", key);
    }
    return body;
}

base::Result<std::string> text_member(const json& object, std::string_view key) {
    const auto it = object.find(key);
    if (it == object.end() || !it->is_string())
        return base::fail(ErrorKind::InvalidArgument, "\"{}\" is missing, or is no text.", key);
    return it->get<std::string>();
}

}  // namespace casement::api
