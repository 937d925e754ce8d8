#pragma once
// Method and pattern to handler. A literal segment wins over {name}, {name} over {name...}.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_server.hpp"

namespace casement::net {

struct Route {
    std::string method;
    std::vector<std::string> segments;  // "api", "{id}", "{path...}"
    Handler handler;                    // or
    WebSocketHandler websocket;
    RouteOptions options;
};

struct RouteMatch {
    const Route* route =
        nullptr;  // null: no route for this method (`allowed` tells others) or path
    std::vector<std::pair<std::string, std::string>> captures;
    std::vector<std::string> allowed;  // methods that exist for the path
};

/// A request target as the router wants it: origin form, decoded, without tricks. nullopt for what
/// no honest client sends (dot segments, encoded slashes, NUL, backslash).
struct Target {
    std::vector<std::string> segments;
    std::string path;
    std::string query;
};
std::optional<Target> parse_target(std::string_view target);

class Router {
public:
    void add(Route route);
    /// HEAD falls back to GET.
    RouteMatch find(std::string_view method, const std::vector<std::string>& segments) const;

private:
    std::vector<Route> routes_;
};

}  // namespace casement::net
