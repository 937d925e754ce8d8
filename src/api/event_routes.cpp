// The event log by pages, and the live feed.

#include <nlohmann/json.hpp>

#include "api/context.hpp"
#include "api/problem.hpp"
#include "base/text.hpp"

namespace casement::api {

namespace {

using base::ErrorKind;
using base::Result;
using net::Request;
using net::Response;
using nlohmann::json;

constexpr std::size_t kDefaultPage = 100;
constexpr std::size_t kMaxNames = 100;  // cameras or kinds in one question
constexpr std::size_t kMaxReplay =
    1000;  // events told again after a break; past that the page asks afresh
constexpr auto kComment = std::chrono::seconds(15);

std::string dumped(const json& body) {
    return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<std::optional<base::WallTime>> time_of(const Request& request, std::string_view name) {
    const auto text = request.query_value(name);
    if (!text || text->empty()) return std::nullopt;
    CASEMENT_TRY(const base::WallTime time, base::parse_rfc3339(*text));
    return time;
}

Result<events::Query> query_of(const Request& request) {
    events::Query out;
    CASEMENT_TRY(out.from, time_of(request, "from"));
    CASEMENT_TRY(out.to, time_of(request, "to"));
    out.cameras = net::query_values(request.query, "camera");
    out.kinds = net::query_values(request.query, "kind");
    if (out.cameras.size() > kMaxNames || out.kinds.size() > kMaxNames)
        return base::fail(ErrorKind::InvalidArgument, "At most {} names at once.", kMaxNames);
    out.after = request.query_value("cursor").value_or("");
    const auto limit = base::parse_number<std::size_t>(
        request.query_value("limit").value_or(std::to_string(kDefaultPage)));
    if (!limit || *limit < 1 || *limit > events::kMaxPage)
        return base::fail(ErrorKind::InvalidArgument, "\"limit\" is a number from 1 to {}.",
                          events::kMaxPage);
    out.limit = *limit;
    return out;
}

async::Task<Response> list_events(ContextPtr context, Request request) {
    auto query = query_of(request);
    if (!query) co_return problem(query.error());
    const auto page = co_await context->parts.events.list(std::move(*query));
    if (!page) co_return problem(page.error());
    json out{{"events", json::array()}};
    for (const auto& event : page->events) out["events"].push_back(event_json(*event));
    if (!page->next.empty()) out["next"] = page->next;
    co_return json_response(out);
}

async::Task<Response> one_event(ContextPtr context, Request request) {
    const auto event = co_await context->parts.events.find(std::string(request.capture("id")));
    co_return event ? json_response(event_json(**event)) : problem(event.error());
}

async::Task<Response> event_picture(ContextPtr context, Request request) {
    const auto event = co_await context->parts.events.find(std::string(request.capture("id")));
    if (!event) co_return problem(event.error());
    const std::filesystem::path media((*event)->media);
    const bool is_inside =
        !media.empty() && media.is_relative() &&
        std::ranges::none_of(media, [](const auto& part) { return part == ".."; });
    if (!is_inside || context->parts.data.empty())
        co_return problem(
            {ErrorKind::NotFound, "no-picture", "There is no picture of that event."});
    co_return Response::file(context->parts.data / media,
                             std::string(net::content_type_of(media.string())))
        .with("Cache-Control", "private, max-age=86400");
}

// The live feed
// -----------------------------------------------------------------------------------------------------------------------

async::Task<Result<>> say(net::BodyWriter& out, const std::string& line) {
    co_return co_await out.write(base::as_bytes(line));
}

/// What was missed since `last`; more than is told again is a resync.
async::Task<Result<>> replay(ContextPtr context, net::BodyWriter& out, std::int64_t last) {
    CASEMENT_CO_TRY(const auto missed, co_await context->parts.events.since(last, kMaxReplay + 1));
    if (missed.size() > kMaxReplay) co_return co_await say(out, sse_line("resync", "{}"));
    std::string lines;
    for (const auto& event : missed)
        lines += sse_line("event", dumped(event_json(*event)), event->sequence);
    if (lines.empty()) co_return Result<>{};
    co_return co_await say(out, lines);
}

std::string all_cameras(const Api::Context& context) {
    std::string lines = ": casement\n\n";
    for (const auto& camera : context.parts.registry.cameras()) {
        if (camera->present) lines += sse_line("camera", dumped(context.camera_json(*camera)));
    }
    return lines;
}

async::Task<Result<>> feed(ContextPtr context, net::BodyWriter& out,
                           std::optional<std::int64_t> last) {
    const async::Executor executor = out.stream().executor();
    auto lines = context->feed.lines().subscribe(
        executor);  // before anything is read, so that nothing falls in between
    CASEMENT_CO_TRY(co_await say(out, all_cameras(*context)));
    if (last) {
        CASEMENT_CO_TRY(co_await replay(context, out, *last));
    }
    for (;;) {
        auto item = lines.try_next();
        if (!item) {
            auto next =
                co_await async::with_deadline(async::Deadline::in(kComment), "feed", lines.next());
            if (!next && !next.error().is(ErrorKind::DeadlineExceeded))
                co_return std::unexpected(next.error());
            if (!next) {
                CASEMENT_CO_TRY(co_await say(out, ": still here\n\n"));
                continue;
            }
            item = std::move(*next);
        }
        const Line* line = std::get_if<Line>(&*item);
        CASEMENT_CO_TRY(co_await say(out, line != nullptr ? **line : sse_line("resync", "{}")));
    }
}

async::Task<> run_feed(ContextPtr context, net::BodyWriter& out, std::optional<std::int64_t> last) {
    (void)co_await feed(context, out, last);
}

async::Task<Response> stream_events(ContextPtr context, Request request) {
    std::string said(request.headers.get("Last-Event-ID"));
    if (said.empty()) said = request.query_value("last_event_id").value_or("");
    const auto last = base::parse_number<std::int64_t>(said);
    co_return Response::stream("text/event-stream", [context, last](net::BodyWriter& out) {
        return run_feed(context, out, last);
    }).with("X-Accel-Buffering", "no");  // nginx holds streams back otherwise
}

}  // namespace

void mount_event_routes(net::HttpServer& server, const ContextPtr& context) {
    const auto with = [&context](auto handler) {
        return [context, handler](Request request) { return handler(context, std::move(request)); };
    };
    server.route("GET", "/api/v1/events", with(list_events));
    server.route("GET", "/api/v1/events/stream", with(stream_events));
    server.route("GET", "/api/v1/events/{id}", with(one_event));
    server.route("GET", "/api/v1/events/{id}/picture.jpg", with(event_picture));
}

}  // namespace casement::api
