#include "api/openapi.hpp"

#include <array>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace casement::api {

namespace {

using nlohmann::json;

struct Operation {
    std::string_view method;
    std::string_view path;
    std::string_view summary;
    std::string_view query = {};  // parameter names, separated by spaces; "!" = needed
    std::string_view body = {};   // member names of the JSON object, likewise
    std::string_view answers = "application/json";
    int status = 200;
    bool is_open = false;
    std::string_view takes = {};  // a body that is no JSON
};

constexpr std::array kOperations{
    Operation{
        .method = "get", .path = "/api/v1/session", .summary = "Who is signed in", .is_open = true},
    Operation{.method = "post",
              .path = "/api/v1/session",
              .summary = "Sign in",
              .body = "name! password!",
              .is_open = true},
    Operation{.method = "delete",
              .path = "/api/v1/session",
              .summary = "Sign out",
              .answers = "",
              .status = 204},
    Operation{.method = "post",
              .path = "/api/v1/claim",
              .summary = "Claim a new hub",
              .body = "code! name! password!",
              .status = 201,
              .is_open = true},
    Operation{.method = "get", .path = "/api/v1/tokens", .summary = "Tokens of programs"},
    Operation{.method = "post",
              .path = "/api/v1/tokens",
              .summary = "Make a token",
              .body = "name!",
              .status = 201},
    Operation{.method = "delete",
              .path = "/api/v1/tokens/{id}",
              .summary = "Revoke a token",
              .answers = "",
              .status = 204},
    Operation{.method = "get", .path = "/api/v1/cameras", .summary = "All cameras"},
    Operation{.method = "get", .path = "/api/v1/cameras/{id}", .summary = "One camera"},
    Operation{.method = "put",
              .path = "/api/v1/cameras/{id}/settings/{setting}",
              .summary = "Set something",
              .body = "value!"},
    Operation{.method = "post",
              .path = "/api/v1/cameras/{id}/commands/{command}",
              .summary = "Command a camera"},
    Operation{.method = "post",
              .path = "/api/v1/cameras/{id}/commands",
              .summary = "Command a camera",
              .body = "command!"},
    Operation{.method = "post",
              .path = "/api/v1/cameras/{id}/talk",
              .summary = "Play a sound file through a camera",
              .takes = "application/octet-stream"},
    Operation{.method = "post",
              .path = "/api/v1/cameras/{id}/logs",
              .summary = "Ask a camera for its logs",
              .status = 202},
    Operation{
        .method = "get", .path = "/api/v1/cameras/{id}/logs", .summary = "How far its logs are"},
    Operation{.method = "get",
              .path = "/api/v1/cameras/{id}/logs/archive.tar.gz",
              .summary = "Its logs",
              .answers = "application/gzip"},
    Operation{.method = "get",
              .path = "/api/v1/cameras/{id}/snapshot.jpg",
              .summary = "The newest picture",
              .query = "width wake",
              .answers = "image/jpeg"},
    Operation{.method = "get",
              .path = "/api/v1/cameras/{id}/recordings",
              .summary = "What is on the disk",
              .query = "from! to!"},
    Operation{.method = "get",
              .path = "/api/v1/cameras/{id}/recording.mp4",
              .summary = "A stretch as one file",
              .query = "from! to! download",
              .answers = "video/mp4"},
    Operation{.method = "get",
              .path = "/api/v1/events",
              .summary = "Events, newest first",
              .query = "from to camera kind limit cursor"},
    Operation{.method = "get",
              .path = "/api/v1/events/stream",
              .summary = "The live feed",
              .query = "last_event_id",
              .answers = "text/event-stream"},
    Operation{.method = "get", .path = "/api/v1/events/{id}", .summary = "One event"},
    Operation{.method = "get",
              .path = "/api/v1/events/{id}/picture.jpg",
              .summary = "Its picture",
              .answers = "image/jpeg"},
    Operation{.method = "get", .path = "/api/v1/accounts", .summary = "Accounts of vendors"},
    Operation{.method = "get",
              .path = "/api/v1/accounts/{vendor}/{name}/sign-in",
              .summary = "The ways into an account"},
    Operation{.method = "post",
              .path = "/api/v1/accounts/{vendor}/{name}/sign-in",
              .summary = "Sign the hub in to an account",
              .body = "way! fields"},
    Operation{.method = "get", .path = "/api/v1/health", .summary = "How the hub is"},
    Operation{.method = "get", .path = "/api/v1/openapi.json", .summary = "This document"},
    Operation{.method = "get",
              .path = "/healthz",
              .summary = "For supervisors",
              .answers = "text/plain",
              .is_open = true},
};

/// Calls f(name, is_needed) for each word.
template <typename F>
void each_word(std::string_view words, F f) {
    while (!words.empty()) {
        const std::size_t end = std::min(words.find(' '), words.size());
        std::string_view word = words.substr(0, end);
        words.remove_prefix(std::min(end + 1, words.size()));
        const bool is_needed = word.ends_with('!');
        if (is_needed) word.remove_suffix(1);
        f(std::string(word), is_needed);
    }
}

json parameters_of(const Operation& operation) {
    json out = json::array();
    for (std::size_t at = 0; (at = operation.path.find('{', at)) != std::string_view::npos; ++at) {
        const std::string name(
            operation.path.substr(at + 1, operation.path.find('}', at) - at - 1));
        out.push_back(
            {{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
    }
    each_word(operation.query, [&](const std::string& name, bool is_needed) {
        out.push_back(
            {{"name", name},
             {"in", "query"},
             {"required", is_needed},
             {"schema", {{"type", name == "limit" || name == "width" ? "integer" : "string"}}}});
    });
    return out;
}

json body_of(const Operation& operation) {
    json properties = json::object();
    json needed = json::array();
    each_word(operation.body, [&](const std::string& name, bool is_needed) {
        properties[name] = name == "value" ? json::object() : json{{"type", "string"}};
        if (is_needed) needed.push_back(name);
    });
    return {
        {"content",
         {{"application/json",
           {{"schema", {{"type", "object"}, {"properties", properties}, {"required", needed}}}}}}}};
}

json operation_json(const Operation& operation) {
    json answer{{"description", operation.summary}};
    if (!operation.answers.empty())
        answer["content"] = {{std::string(operation.answers), json::object()}};
    json out{{"summary", operation.summary},
             {"parameters", parameters_of(operation)},
             {"responses",
              {{std::to_string(operation.status), std::move(answer)},
               {"default", {{"$ref", "#/components/responses/Problem"}}}}}};
    if (!operation.body.empty()) out["requestBody"] = body_of(operation);
    if (!operation.takes.empty())
        out["requestBody"] = {{"required", true},
                              {"content", {{std::string(operation.takes), json::object()}}}};
    if (operation.is_open) out["security"] = json::array();
    return out;
}

}  // namespace

json openapi() {
    json paths = json::object();
    for (const Operation& operation : kOperations)
        paths[std::string(operation.path)][std::string(operation.method)] =
            operation_json(operation);
    const json text{{"type", "string"}};
    const json problem{{"type", "object"},
                       {"properties",
                        {{"type", text},
                         {"title", text},
                         {"status", {{"type", "integer"}}},
                         {"kind", text},
                         {"code", text},
                         {"detail", text}}}};
    return {{"openapi", "3.1.0"},
            {"info", {{"title", "Casement"}, {"version", "1"}}},
            {"paths", std::move(paths)},
            {"security", json::array({{{"token", json::array()}},
                                      {{"session", json::array()}},
                                      {{"basic", json::array()}}})},
            {"components",
             {{"securitySchemes",
               {{"token", {{"type", "http"}, {"scheme", "bearer"}}},
                {"basic", {{"type", "http"}, {"scheme", "basic"}}},
                {"session", {{"type", "apiKey"}, {"in", "cookie"}, {"name", "casement_session"}}}}},
              {"responses",
               {{"Problem",
                 {{"description", "What went wrong"},
                  {"content", {{"application/problem+json", {{"schema", problem}}}}}}}}}}}};
}

}  // namespace casement::api
