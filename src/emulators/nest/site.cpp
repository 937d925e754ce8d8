#include "emulators/nest/site.hpp"

#include <nlohmann/json.hpp>

namespace casement::emulators::nest {

using net::Response;

Response envelope(int status, std::string_view description, std::string_view detail,
                  std::string_view items) {
    return Response::json(
        200, fmt::format(R"({{"status":{},"items":{},"status_description":{},"status_detail":{}}})",
                         status, items, nlohmann::json(description).dump(),
                         nlohmann::json(detail).dump()));
}

Response well(std::string_view items) { return envelope(0, "ok", "", items); }

std::optional<std::string> token_of(Access access, const net::Request& request) {
    constexpr std::string_view kBasic = "Basic ";  // and the raw token: no Base64, no other word
    const std::string_view field = request.headers.get("Authorization");
    if (access == Access::Google) {
        constexpr std::string_view kBearer = "Bearer ";
        if (!field.starts_with(kBearer)) return std::nullopt;
        return std::string(field.substr(kBearer.size()));
    }
    if (field.starts_with(kBasic)) return std::string(field.substr(kBasic.size()));
    if (access == Access::Home) return std::nullopt;
    if (auto cookie = request.cookie("website_2")) return cookie;
    return request.cookie("user_token");
}

}  // namespace casement::emulators::nest
