// What a device is asked to do or told about itself once.

#include <algorithm>

#include "async/hop.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "drivers/arlo/rest/state.hpp"
#include "protocols/arlo/upload.hpp"

namespace casement::drivers::arlo::rest {

namespace {

using async::Task;
using net::Request;
using net::Response;
using protocols::arlo::Outcome;
using protocols::arlo::Zone;

bool is_taken(const base::Result<protocols::arlo::Response>& answer) {
    return answer && (answer->outcome() == Outcome::Ack || answer->outcome() == Outcome::Missing);
}

// About the device
// --------------------------------------------------------------------------------------------

/// The last message as it came, or {}.
Response verbatim(const std::string& json) {
    return Response::json(200, json.empty() ? "{}" : json).with("Cache-Control", "no-store");
}

Task<Response> status(StatePtr, DevicePtr device, const Request&) {
    const std::string& json = device->record().status;
    // By this name clients tell doorbells from cameras.
    constexpr std::string_view kMark = "\"ButtonEvents\"";
    if (!traits_of(device->family()).doorbell || json.contains(kMark)) co_return verbatim(json);
    const std::size_t end = json.rfind('}');
    const std::string_view head = std::string_view(json).substr(0, end);
    const bool is_bare = json.empty() || base::trimmed(head) == "{";
    co_return verbatim(fmt::format("{}{}:0}}", is_bare ? "{" : std::string(head) + ",", kMark));
}

Task<Response> registration(StatePtr, DevicePtr device, const Request&) {
    co_return verbatim(device->record().registration);
}

Task<Response> remove(StatePtr state, DevicePtr device, const Request&) {
    const std::string camera = device->camera();
    const auto gone = co_await state->parts.driver.forget(device->record().serial);
    if (!gone) co_return refuse(500, gone.error().message());
    for (const auto& [setting, wish] : state->parts.desired.wishes(camera))
        (void)co_await state->parts.desired.forget(camera, setting);
    state->log.with("camera", camera).info("A client on the old interface removed the device");
    co_return result(true);
}

Task<Response> friendly_name(StatePtr, DevicePtr device, const Request& request) {
    const auto body = object_of(request);
    if (!body) co_return body.error();
    const auto name = text_in(*body, "name");
    const std::string text(base::trimmed(name.value_or("")));
    const bool is_printable =
        std::ranges::none_of(text, [](unsigned char c) { return c < ' ' || c == 0x7F; });
    if (text.empty() || text.size() > 100 || !is_printable)
        co_return refuse(400, "\"name\" has to be a name of 1 to 100 bytes.");
    device->set_friendly_name(text);
    co_return result(true);
}

Task<Response> power(StatePtr, DevicePtr device, const Request& request) {
    const auto body = object_of(request);
    if (!body) co_return body.error();
    const auto mode = text_in(*body, "mode");
    if (!mode || (*mode != "battery" && *mode != "external"))
        co_return refuse(400, "\"mode\" has to be battery or external.");
    const auto set = device->set_power(*mode);
    if (!set) co_return refuse(409, set.error().message());
    co_return result(true);
}

// Requests
// --------------------------------------------------------------------------------------------

Task<Response> status_request(StatePtr state, DevicePtr device, const Request&) {
    const auto done = co_await device->request(protocols::arlo::StatusRequest{}, state->soon());
    co_return result(is_taken(done));
}

/// The clients of the field ask for it before they open the camera's stream themselves, and it
/// means "wake up" to them. No stream of ours is opened: a camera has one session, and it is
/// theirs.
Task<Response> user_stream_active(StatePtr state, DevicePtr device, const Request& request) {
    const auto body = object_of(request);
    if (!body) co_return body.error();
    const auto active = bool_in(*body, "active");
    if (!active) co_return refuse(400, "\"active\" has to be 0 or 1.");
    if (!*active) co_return result(true);
    const auto woken = co_await device->request(protocols::arlo::StatusRequest{}, state->soon());
    if (!woken) {
        state->tasks.spawn("wake a device", [state, device]() -> Task<> {
            (void)co_await device->request(protocols::arlo::StatusRequest{},
                                           async::Deadline::in(state->options.wakes_for));
        });
    }
    co_return result(true);
}

Task<Response> snapshot(StatePtr state, DevicePtr device, const Request& request) {
    const auto body = object_of(request);
    if (!body) co_return body.error();
    auto text = text_in(*body, "url");
    constexpr std::size_t kMaxUrl = 512;
    const auto url = base::Url::parse(text.value_or(""));
    if (!text || text->size() > kMaxUrl || !url || url->scheme != "http")
        co_return refuse(400,
                         "\"url\" has to be an http URL, like "
                         "http://172.14.1.1:5000/snapshot/porch/temp.jpg.");
    const auto& album = state->parts.driver.album();
    const std::string path = protocols::arlo::upload_path(*text);
    const auto id = protocols::arlo::upload_id(path);
    if (album && id && path.starts_with("/snapshot/")) {
        if (!album->expect_as(device->record().serial, *id))
            co_return refuse(400, "The path of \"url\" cannot name a picture.");
        // It means us, by an address that leads from the client to us and perhaps not from the
        // camera.
        const bool is_us = base::iequals(url->authority(), request.headers.get("Host"));
        if (is_us && album->is_reachable()) *text = album->base_url() + url->path;
    }
    const auto sent = co_await device->send_picture_to(std::move(*text), state->soon());
    co_return result(sent.has_value());
}

Task<Response> message(StatePtr state, DevicePtr device, const Request& request) {
    auto body = object_of(request);
    if (!body) co_return body.error();
    (*body)["ID"] = 0;  // the conversation has its own numbers
    auto parsed =
        protocols::arlo::parse_message(body->dump(-1, ' ', true, Json::error_handler_t::replace));
    if (!parsed) co_return refuse(400, parsed.error().message());
    const auto done = co_await device->request(std::move(parsed->body), state->soon());
    co_return result(is_taken(done));
}

Task<Response> siren(StatePtr state, DevicePtr device, const Request& request) {
    const auto body = object_of(request);
    if (!body) co_return body.error();
    protocols::arlo::Siren siren;
    const auto word = text_in(*body, "state");
    if (!word || word->empty() || word->size() > 32)
        co_return refuse(400, "\"state\" has to be on or off.");
    siren.state = *word;
    const bool has_duration = body->contains("duration"), has_volume = body->contains("volume");
    siren.duration_s = whole_in(*body, "duration");
    siren.volume = whole_in(*body, "volume");
    if (has_duration && (!siren.duration_s || *siren.duration_s < 1 || *siren.duration_s > 1800))
        co_return refuse(400, "\"duration\" has to be a whole number from 1 to 1800.");
    if (has_volume && (!siren.volume || *siren.volume < 1 || *siren.volume > 8))
        co_return refuse(400, "\"volume\" has to be a whole number from 1 to 8.");
    siren.pattern = text_in(*body, "pattern").value_or("").substr(0, 32);
    if (siren.state == "on") {
        if (!siren.duration_s) siren.duration_s = 300;
        if (!siren.volume) siren.volume = 8;
        if (siren.pattern.empty()) siren.pattern = "alarm";
    }
    const auto done = co_await device->request(std::move(siren), state->soon());
    Json raw = nullptr;
    if (done)
        raw = Json::parse(protocols::arlo::to_json(protocols::arlo::Message{0, *done}), nullptr,
                          false);
    co_return answer({{"result", is_taken(done)}, {"response", raw}});
}

Task<Response> reboot(StatePtr state, DevicePtr device, const Request&) {
    const auto done = co_await state->parts.router.execute(
        {device->camera(), camera::RebootCamera{}, state->soon(), "arlo-rest"});
    co_return result(done.has_value());
}

// Zones
// --------------------------------------------------------------------------------------------

/// RFC 9562 §5.4: random but for the version and the variant.
std::string make_uuid() {
    std::string hex = base::random_hex(16);
    hex[12] = '4';
    hex[16] = "89ab"[static_cast<unsigned char>(hex[16]) % 4];
    return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                       hex.substr(16, 4), hex.substr(20));
}

std::optional<double> part_of_picture(const Json& corner, const char* name) {
    const auto found = corner.is_object() ? corner.find(name) : corner.end();
    if (!corner.is_object() || found == corner.end() || !found->is_number()) return std::nullopt;
    const double value = found->get<double>();
    return value >= 0 && value <= 1 ? std::optional(value) : std::nullopt;
}

std::optional<Zone> zone_of(const Json& json, std::size_t number) {
    /// As cameras were seen to get them: blue, yellow, violet.
    constexpr std::int64_t kColors[] = {0x00A0FA, 0xF0F032, 0x8214A0};
    if (!json.is_object() || !json.contains("coords")) return std::nullopt;
    const Json& coords = json["coords"];
    if (!coords.is_array() || coords.size() != 4) return std::nullopt;
    Zone zone;
    zone.name = text_in(json, "name").value_or("").substr(0, 64);
    if (zone.name.empty()) zone.name = fmt::format("Zone {}", number + 1);
    zone.id = text_in(json, "id").value_or("").substr(0, 64);
    if (zone.id.empty()) zone.id = make_uuid();
    zone.color = whole_in(json, "color").value_or(kColors[number % 3]);
    zone.corners.emplace();
    for (const Json& corner : coords) {
        const auto x = part_of_picture(corner, "x"), y = part_of_picture(corner, "y");
        if (!x || !y) return std::nullopt;
        zone.corners->push_back({*x, *y});
    }
    return zone;
}

Task<Response> set_zones(StatePtr state, DevicePtr device, const Request& request) {
    const auto body = json_of(request);
    if (!body) co_return body.error();
    const bool is_inside = body->is_object() && body->contains("intrZone");
    const Json& list = is_inside ? (*body)["intrZone"] : *body;
    if (!list.is_array() || list.size() > protocols::arlo::kMaxZones)
        co_return refuse(400,
                         "The body has to be a list of at most 3 zones, or {\"intrZone\": "
                         "[...]}.");
    std::vector<Zone> zones;
    for (const Json& json : list) {
        auto zone = zone_of(json, zones.size());
        if (!zone)
            co_return refuse(400,
                             "A zone needs \"coords\": four corners {\"x\", \"y\"} from 0 to "
                             "1.");
        zones.push_back(std::move(*zone));
    }
    const auto set = co_await device->set_zones(std::move(zones), state->soon());
    co_return result(set.has_value());
}

Task<Response> remove_zones(StatePtr state, DevicePtr device, const Request&) {
    const auto set = co_await device->set_zones({}, state->soon());
    co_return result(set.has_value());
}

}  // namespace

void add_command_routes(const DeviceRoutes& routes) {
    routes.add("GET", "", status);
    routes.add("DELETE", "", remove);
    routes.add("GET", "/registration", registration);
    routes.add("POST", "/friendlyname", friendly_name);
    routes.add("PUT", "/power", power);
    routes.add("POST", "/statusrequest", status_request);
    routes.add("POST", "/userstreamactive", user_stream_active);
    routes.add("POST", "/snapshot", snapshot);
    routes.add("POST", "/message", message);
    routes.add("POST", "/siren", siren);
    routes.add("POST", "/reboot", reboot);
    routes.add("POST", "/activityzones", set_zones);
    routes.add("DELETE", "/activityzones", remove_zones);
}

}  // namespace casement::drivers::arlo::rest
