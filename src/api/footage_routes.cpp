// What was recorded: a list of stretches and gaps, and a stretch as a file.

#include <nlohmann/json.hpp>

#include "api/context.hpp"
#include "api/problem.hpp"

namespace casement::api {

namespace {

using base::ErrorKind;
using base::Result;
using net::Request;
using net::Response;
using nlohmann::json;

constexpr auto kLongestWindow = std::chrono::days(31);
constexpr auto kTouching = std::chrono::milliseconds(
    500);  // segments of one run that follow each other this closely are one stretch

json stretch_json(const Stretch& s) {
    return {{"start", base::format_rfc3339(s.start)},
            {"end", base::format_rfc3339(s.end)},
            {"run", s.run},
            {"bytes", s.bytes}};
}

std::vector<Stretch> joined(const std::vector<Stretch>& segments) {
    std::vector<Stretch> out;
    for (const Stretch& s : segments) {
        if (!out.empty() && out.back().run == s.run && s.start - out.back().end <= kTouching) {
            out.back().end = std::max(out.back().end, s.end);
            out.back().bytes += s.bytes;
        } else {
            out.push_back(s);
        }
    }
    return out;
}

async::Task<Response> recordings(ContextPtr context, Request request) {
    const auto camera = camera_of(*context, request.capture("id"));
    if (!camera) co_return problem(camera.error());
    const auto window = window_of(request);
    if (!window) co_return problem(window.error());
    json out{{"recordings", json::array()}, {"segments", json::array()}, {"gaps", json::array()}};
    if (context->parts.footage == nullptr) co_return json_response(out);
    const auto list =
        co_await context->parts.footage->list((*camera)->description.id, window->from, window->to);
    if (!list) co_return problem(list.error());
    for (const Stretch& s : joined(list->segments)) out["recordings"].push_back(stretch_json(s));
    for (const Stretch& s : list->segments) out["segments"].push_back(stretch_json(s));
    for (const TypedGap& g : list->gaps) {
        out["gaps"].push_back({{"start", base::format_rfc3339(g.start)},
                               {"end", base::format_rfc3339(g.end)},
                               {"reason", g.reason},
                               {"text", g.text}});
    }
    co_return json_response(out);
}

/// "nursery-2026-11-20T21-14-05Z.mp4": nothing in it that a file system or a header would mind.
std::string file_name(const std::string& camera, base::WallTime start) {
    std::string time =
        base::format_rfc3339(std::chrono::floor<std::chrono::seconds>(start)).substr(0, 19);
    std::ranges::replace(time, ':', '-');
    return fmt::format("{}-{}Z.mp4", camera, time);
}

async::Task<> copy(std::shared_ptr<Footage> footage, net::BodyWriter& out, base::Log log) {
    for (;;) {
        const auto piece = co_await footage->next();
        if (!piece) {
            log.warn("A recording could not be read to its end: {}", piece.error().message());
            throw std::runtime_error("footage ended early");  // the connection is cut, so that
                                                              // nobody takes the half for the whole
        }
        if (piece->empty() || !co_await out.write(piece->view())) co_return;
    }
}

async::Task<Response> recording_file(ContextPtr context, Request request) {
    const auto camera = camera_of(*context, request.capture("id"));
    if (!camera) co_return problem(camera.error());
    const auto window = window_of(request);
    if (!window) co_return problem(window.error());
    if (context->parts.footage == nullptr)
        co_return problem({ErrorKind::NotFound, "no-footage", "Nothing is recorded on this hub."});
    const std::string id = (*camera)->description.id;
    auto opened = co_await context->parts.footage->open(id, window->from, window->to);
    if (!opened)
        co_return problem(opened.error().is(ErrorKind::NotFound)
                              ? opened.error().with_reason("no-footage")
                              : opened.error());
    const std::shared_ptr<Footage> footage(std::move(*opened));
    Response out;
    out.headers = {{"Content-Type", "video/mp4"},
                   {"Cache-Control", "no-store"},
                   {"X-Casement-Start", base::format_rfc3339(footage->start())}};
    if (request.query_value("download")) {
        out.headers.add("Content-Disposition", fmt::format("attachment; filename=\"{}\"",
                                                           file_name(id, footage->start())));
    }
    out.body = net::StreamBody{[footage, log = context->log](net::BodyWriter& writer) {
                                   return copy(footage, writer, log);
                               },
                               footage->size()};
    co_return out;
}

}  // namespace

Result<Window> window_of(const Request& request) {
    const auto from = request.query_value("from"), to = request.query_value("to");
    if (!from || !to)
        return base::fail(ErrorKind::InvalidArgument,
                          "\"from\" and \"to\" are needed, as in 2026-11-20T21:14:05Z.");
    Window out;
    CASEMENT_TRY(out.from, base::parse_rfc3339(*from));
    CASEMENT_TRY(out.to, base::parse_rfc3339(*to));
    if (out.to <= out.from)
        return base::fail(ErrorKind::InvalidArgument, "\"to\" has to be after \"from\".");
    if (out.to - out.from > kLongestWindow)
        return base::fail(ErrorKind::InvalidArgument, "At most 31 days can be asked for at once.");
    return out;
}

void mount_footage_routes(net::HttpServer& server, const ContextPtr& context) {
    const auto with = [&context](auto handler) {
        return [context, handler](Request request) { return handler(context, std::move(request)); };
    };
    server.route("GET", "/api/v1/cameras/{id}/recordings", with(recordings));
    server.route("GET", "/api/v1/cameras/{id}/recording.mp4", with(recording_file));
}

}  // namespace casement::api
