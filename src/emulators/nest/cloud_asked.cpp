// What happens to every request before and behind its answer: it is noted, it meets what is wrong
// with the site and the route, and it is let in or not.

#include <algorithm>
#include <utility>

#include "async/deadline.hpp"
#include "base/time_scale.hpp"
#include "emulators/nest/cloud_state.hpp"

namespace casement::emulators::nest {

using net::Request;
using net::Response;

namespace {

constexpr std::chrono::hours kHang{1};
// A question that left before the answer to another came.
constexpr std::chrono::milliseconds kOnItsWay{100};
constexpr std::size_t kHuge = 64 * 1024 * 1024;
constexpr std::string_view kPage = "<!doctype html><title>Nest</title><p>Maintenance";

/// Promised bytes that never come: the connection is cut behind the head.
Response lost_answer() {
    Response out =
        Response::stream("application/json", [](net::BodyWriter& writer) -> async::Task<> {
            writer.stream().close();
            co_return;
        });
    std::get<net::StreamBody>(out.body).content_length = 2;
    return out;
}

Response picture_of(std::string bytes) {
    return Response::text(200, std::move(bytes), "image/jpeg");
}

/// A picture that ends where half of it is.
Response half_picture() {
    std::string head("\xFF\xD8\xFF\xE0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00", 20);
    return picture_of(head + std::string(2000, '\x55'));
}

/// The answer of a fault that needs neither a wait nor the real one.
std::optional<Response> answer_of(Fault fault, std::chrono::seconds retry_after) {
    const std::string wait = std::to_string(retry_after.count());
    switch (fault) {
        case Fault::TooMany:
            return Response::json(429, R"({"error":{"code":429,"message":"Rate limited for the )"
                                       R"(user.","status":"RESOURCE_EXHAUSTED"}})")
                .with("Retry-After", wait);
        case Fault::ServerError:
            return Response::text(500, std::string(kPage), "text/html");
        case Fault::Unavailable:
            return Response::text(503, std::string(kPage), "text/html").with("Retry-After", wait);
        case Fault::Unauthorized:
            return Response::json(401, R"({"error":"unauthorized"})");
        case Fault::Forbidden:
            return Response::json(403, R"({"error":"forbidden"})");
        case Fault::Conflict:
            return Response::json(409, R"({"error":{"code":409,"message":"Conflict.",)"
                                       R"("status":"ABORTED"}})");
        case Fault::NotFound:
            return Response::json(404, R"({"error":"not found"})");
        case Fault::Html:
            return Response::text(200, std::string(kPage), "text/html");
        case Fault::Envelope:
            return envelope(503, "unavailable", "Service unavailable.");
        case Fault::Empty:
            return Response::text(200, "", "image/jpeg");
        case Fault::NoContent:
            return Response::empty(204);
        case Fault::NotJpeg:
            return picture_of("RIFF\x24WEBP and no JPEG");
        case Fault::Truncated:
            return half_picture();
        case Fault::Huge:
            return picture_of("\xFF\xD8" + std::string(kHuge, '\x55') + "\xFF\xD9");
        case Fault::Hang:
        case Fault::LostAnswer:
            break;
    }
    return std::nullopt;
}

/// A browser, or the vendor's app. That others are refused is our choice.
bool is_known_client(const Request& request) {
    const std::string_view agent = request.headers.get("User-Agent");
    return agent.starts_with("Mozilla/") || agent.starts_with("Nest/");
}

bool fits(Access access, Kind kind) {
    if (access == Access::Google) return kind == Kind::DeviceAccess;
    if (access == Access::Home) return kind == Kind::Access || kind == Kind::Jwt;
    return kind == Kind::Website || kind == Kind::Jwt;
}

}  // namespace

std::string uuid_of(const Request& request) {
    if (const auto path = request.capture("uuid"); !path.empty()) return std::string(path);
    if (auto query = request.query_value("uuid")) return std::move(*query);
    return net::query_value(request.body, "uuid").value_or("");
}

std::chrono::milliseconds Cloud::State::scaled(std::chrono::milliseconds wait) const {
    return base::scaled(wait, options.time_scale);
}

std::optional<Cloud::State::Ordered> Cloud::State::take_fault(const Site& site,
                                                              std::string_view route) {
    const std::string here = fmt::format("{}/{}", site.name, route);
    const auto at = std::ranges::find_if(faults, [&](const Ordered& ordered) {
        return ordered.route == "*" || ordered.route == route || ordered.route == here;
    });
    if (at == faults.end()) return std::nullopt;
    const Ordered taken = *at;
    if (--at->times <= 0) faults.erase(at);
    return taken;
}

std::size_t Cloud::State::note(Site& site, const std::string& route, std::string uuid) {
    const base::WallTime now = clock.wall_now();
    ++counts[route];
    ++site.requests;
    seen.push_back({site.name, route, std::move(uuid), 0, now});
    if (seen.size() > kMostSeen) {
        seen.pop_front();
        ++forgotten;
    }
    return forgotten + seen.size() - 1;
}

void Cloud::State::answered(std::size_t place, int status) {
    if (place < forgotten) return;
    Seen& one = seen.at(place - forgotten);
    one.status = status;
    if (options.told) options.told(one);
}

std::string Cloud::State::user_of(Access access, const Request& request) const {
    const auto token = access == Access::Open ? std::nullopt : token_of(access, request);
    const auto grant = token ? accounts.find_grant(*token) : std::nullopt;
    return grant ? grant->userid : "";
}

std::expected<Grant, Response> Cloud::State::let_in(Access access, const Request& request) const {
    if (access == Access::Open) return Grant{};
    if (access != Access::Google && !is_known_client(request))
        return std::unexpected(Response::text(403, "<p>Forbidden", "text/html"));
    const auto token = token_of(access, request);
    const auto grant = token ? accounts.find_grant(*token) : std::nullopt;
    if (grant && fits(access, grant->kind)) return *grant;
    if (access == Access::Google) {
        return std::unexpected(
            Response::json(401, R"({"error":{"code":401,"message":"Request had invalid )"
                                R"(authentication credentials.","status":"UNAUTHENTICATED"}})"));
    }
    if (access == Access::WebApi)
        return std::unexpected(envelope(403, "unauthorized", "Unauthorized."));
    return std::unexpected(Response::json(access == Access::Nexus && token ? 403 : 401,
                                          R"({"error":"unauthorized"})"));
}

void Cloud::State::route(Site& site, std::string method, std::string pattern, std::string name,
                         Access access, Answer answer) {
    slow_route(site, std::move(method), std::move(pattern), std::move(name), access,
               [answer = std::move(answer)](std::shared_ptr<State> state, Asked asked)
                   -> async::Task<Response> { co_return answer(*state, asked); });
}

void Cloud::State::slow_route(Site& site, std::string method, std::string pattern, std::string name,
                              Access access, SlowAnswer answer) {
    struct Way {
        Site& site;
        std::string name;
        Access access;
        SlowAnswer answer;
    };
    const auto way =
        std::make_shared<const Way>(Way{site, std::move(name), access, std::move(answer)});
    const auto handle = [](std::shared_ptr<State> state, std::shared_ptr<const Way> w,
                           Request request) -> async::Task<Response> {
        if (w->site.outage == Outage::Unavailable)
            co_return Response::text(503, std::string(kPage), "text/html");
        const auto fault = state->take_fault(w->site, w->name);
        if (w->site.outage == Outage::Silent || (fault && fault->fault == Fault::Hang)) {
            (void)co_await async::sleep_for(state->scaled(kHang));
            co_return Response::text(504, "too late");
        }
        Site::Patience& patience = w->site.patience[state->user_of(w->access, request)];
        const base::WallTime now = state->clock.wall_now();
        if (now < patience.until && now >= patience.told_at + kOnItsWay) ++w->site.too_early;
        if (fault && (fault->fault == Fault::TooMany || fault->fault == Fault::Unavailable))
            patience = {.told_at = now, .until = now + fault->retry_after};
        if (fault) {
            if (auto wrong = answer_of(fault->fault, fault->retry_after))
                co_return std::move(*wrong);
        }
        auto grant = state->let_in(w->access, request);
        if (!grant) co_return std::move(grant.error());
        Response made =
            co_await w->answer(state, Asked{std::move(request), std::move(*grant), w->site.name});
        if (fault) co_return lost_answer();
        co_return made;
    };
    site.server->route(
        std::move(method), std::move(pattern),
        [weak = weak_from_this(), way, handle](Request request) -> async::Task<Response> {
            const auto state = weak.lock();
            if (!state) co_return Response::text(503, "switched off");
            const std::string uuid = uuid_of(request);
            const std::size_t place = state->note(way->site, way->name, uuid);
            Crowd& crowd = state->crowds[{way->name, uuid}];
            crowd.most = std::max(crowd.most, ++crowd.now);
            struct Leaving {
                std::shared_ptr<State> state;  // the crowd is in it
                Crowd& crowd;
                ~Leaving() { --crowd.now; }
            } const leaving{state, crowd};
            Response made = co_await handle(state, way, std::move(request));
            state->answered(place, made.status);
            co_return made;
        },
        {.max_body_bytes = 256 * 1024, .access = way->name});
}

}  // namespace casement::emulators::nest
