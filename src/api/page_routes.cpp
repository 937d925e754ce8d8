// The page: a handful of static files. It asks for itself who is there, so it is open to anybody
// and holds nothing of anybody.

#include "api/context.hpp"
#include "api/problem.hpp"

namespace casement::api {

namespace {

using net::Request;
using net::Response;

// index.html for every view, these folders by name, nothing else of the directory (tests, package
// files).
constexpr std::array<std::string_view, 3> kFolders{"css", "js", "icons"};

Response page_file(const Api::Context& context, const std::filesystem::path& name) {
    // The browser asks each time and mostly hears 304: a new version of the hub is a new page at
    // once.
    return Response::file(context.parts.web / name,
                          std::string(net::content_type_of(name.string())))
        .with("Cache-Control", "no-cache");
}

Response nothing_here() { return problem({base::ErrorKind::NotFound, "There is nothing here."}); }

async::Task<Response> view(ContextPtr context, Request request) {
    const std::string_view path = request.path;
    // AlexxIT's card asks HEAD / first and wants 200 without a redirect.
    if (context->parts.web.empty())
        co_return path == "/" ? Response::text(200, "Casement\n") : nothing_here();
    if (path.find('.') != std::string_view::npos || path == "/api" || path.starts_with("/api/"))
        co_return nothing_here();
    co_return page_file(*context, "index.html");
}

}  // namespace

void mount_page_routes(net::HttpServer& server, const ContextPtr& context) {
    const net::RouteOptions open{.access = std::string(access::kOpen)};
    server.route(
        "GET", "/{view...}",
        [context](Request request) { return view(context, std::move(request)); }, open);
    server.route(
        "GET", "/robots.txt",
        [](Request) -> async::Task<Response> {
            co_return Response::text(200, "User-agent: *\nDisallow: /\n");
        },
        open);
    if (context->parts.web.empty()) return;
    for (const std::string_view folder : kFolders) {
        server.route(
            "GET", fmt::format("/{}/{{file}}", folder),
            [context, folder](Request request) -> async::Task<Response> {
                co_return page_file(*context,
                                    std::filesystem::path(folder) / request.capture("file"));
            },
            open);
    }
}

}  // namespace casement::api
