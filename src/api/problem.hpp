#pragma once
// Errors as problem+json (RFC 9457), and the one table from kinds to HTTP statuses.

#include <nlohmann/json_fwd.hpp>

#include "base/error.hpp"
#include "net/http_server.hpp"

namespace casement::api {

int status_of(const base::Error& error);
net::Response problem(const base::Error& error);
/// 200 (or `status`) with JSON.
net::Response json_response(const nlohmann::json& body, int status = 200);

/// The body as a JSON object that holds no keys but these (docs/ref/api.md). InvalidArgument with a
/// sentence.
base::Result<nlohmann::json> json_body(const net::Request& request,
                                       std::initializer_list<std::string_view> keys);
/// The same without a list of keys.
base::Result<nlohmann::json> json_body(const net::Request& request);
/// A text member; InvalidArgument when it is missing or something else.
base::Result<std::string> text_member(const nlohmann::json& object, std::string_view key);

}  // namespace casement::api
