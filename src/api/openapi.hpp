#pragma once
// The routes of docs/ref/api.md for machines (OpenAPI 3.1).

#include <nlohmann/json_fwd.hpp>

namespace casement::api {

nlohmann::json openapi();

}  // namespace casement::api
