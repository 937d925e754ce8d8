#include "drivers/arlo/rest/rest.hpp"

#include <algorithm>

#include "async/hop.hpp"
#include "base/text.hpp"
#include "drivers/arlo/rest/state.hpp"
#include "drivers/arlo/upload_door.hpp"
#include "net/endpoint.hpp"

namespace casement::drivers::arlo {

namespace {

using base::ErrorKind;
using base::Result;
using net::Request;
using net::Response;
using protocols::arlo::Fields;

/// Who asked, in wishes and events.
constexpr std::string_view kCaller = "arlo-rest";

/// "host" of "host:port", without the brackets of an IPv6 address.
std::string_view host_of(std::string_view authority) {
    if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
    return authority.substr(0, authority.find(':'));
}

bool is_refusal(ErrorKind kind) {
    return kind == ErrorKind::Unsupported || kind == ErrorKind::InvalidArgument ||
           kind == ErrorKind::FailedPrecondition;
}

}  // namespace

std::string why_foreign(const net::Headers& headers, const std::vector<std::string>& host_names) {
    if (headers.has("Origin"))
        return "Requests of web pages (with an Origin) are not taken here: this interface asks "
               "nobody who he is.";
    const std::string_view site = headers.get("Sec-Fetch-Site");
    if (!site.empty() && site != "none")
        return "Requests of web pages are not taken here: this interface asks nobody who he is.";
    // A foreign name that leads here is how a web page gets around the browser's rules (DNS
    // rebinding). An address cannot be such a name.
    const std::string host = base::lower_case(host_of(headers.get("Host")));
    boost::system::error_code no_address;
    (void)net::ip::make_address(host, no_address);
    if (host.empty() || !no_address || host == "localhost" ||
        std::ranges::find(host_names, host) != host_names.end())
        return {};
    return "The Host of the request is none of this machine's names: use its address.";
}

Rest::State::State(RestParts p, RestOptions o, base::Log l)
    : parts(std::move(p)), options(o), log(std::move(l)), tasks(parts.driver.executor(), log) {}

Rest::Rest(RestParts parts, RestOptions options, base::Log log) {
    for (std::string& name : parts.host_names) name = base::lower_case(name);
    state_ = std::make_shared<State>(std::move(parts), options, std::move(log));
}

Rest::~Rest() = default;

net::Guard Rest::guard() const {
    return [names = state_->parts.host_names, loopback_only = state_->options.loopback_only](
               Request& request,
               const net::RouteOptions& options) -> async::Task<std::optional<Response>> {
        if (options.access == kDeviceAccess) co_return std::nullopt;
        if (loopback_only && !net::is_loopback(request.remote_address))
            co_return rest::refuse(403, "This interface is for programs on this machine alone.");
        const std::string why = why_foreign(request.headers, names);
        if (why.empty()) co_return std::nullopt;
        co_return rest::refuse(403, why);
    };
}

void Rest::mount(net::HttpServer& server) {
    const rest::DeviceRoutes routes(server, state_);
    rest::add_house_routes(server, state_);
    rest::add_setting_routes(routes);
    rest::add_command_routes(routes);
    rest::add_stream_routes(routes);
}

async::Task<> Rest::stop() {
    state_->leases.clear();
    co_await state_->tasks.stop();
}

// Registers
// --------------------------------------------------------------------------------------------

async::Task<Result<>> Rest::State::write(DevicePtr device, Fields named, Fields others) {
    const auto self = shared_from_this();
    const std::string camera = device->camera();
    camera::Wishes before;
    for (auto& [setting, value] : wishes_behind(device->family(), named)) {
        if (const auto known = parts.desired.wish(camera, setting)) before[setting] = *known;
        CASEMENT_CO_TRY(co_await parts.desired.put(
            camera, setting, {std::move(value), now(), std::string(kCaller), {}}));
    }
    for (const auto& [name, value] : named) others.set(name, value);
    const auto written = co_await device->write_registers(std::move(others), soon());
    Fields refused;
    Result<> outcome;
    if (written) {
        for (const std::string& name : *written) {
            if (const auto* const value = named.find(name)) refused.set(name, *value);
        }
        if (!refused.empty())
            outcome = base::fail(ErrorKind::Unsupported, "this camera does not take {}",
                                 refused.begin()->first);
    } else {
        outcome = std::unexpected(written.error());
        if (is_refusal(written.error().kind())) refused = named;
    }
    if (!refused.empty()) co_await take_back(device, refused, before, outcome.error().message());
    device->declare_again();
    log.with("camera", camera)
        .info("A client on the old interface set {} registers: {}", named.size(),
              outcome ? "done" : outcome.error().message());
    co_return outcome;
}

async::Task<> Rest::State::take_back(DevicePtr device, const Fields& registers,
                                     const camera::Wishes& before, std::string sentence) {
    for (const auto& [setting, value] : wishes_behind(device->family(), registers)) {
        const auto known = before.find(setting);
        const bool is_raw = setting.starts_with(kRawRegister);
        Result<> done;
        if (known == before.end() && is_raw) {
            done = co_await parts.desired.forget(device->camera(), setting);
        } else {
            camera::Wish wish = known == before.end()
                                    ? camera::Wish{{}, now(), std::string(kCaller), {}}
                                    : known->second;
            if (!is_raw) wish.refused = sentence;
            done = co_await parts.desired.put(device->camera(), setting, std::move(wish));
        }
        if (!done) log.warn("{}", done.error().message());
    }
}

// Routes
// --------------------------------------------------------------------------------------------

namespace rest {

namespace {

async::Task<Response> run_there(StatePtr state, DeviceHandler handler, Request request) {
    const DevicePtr device = state->parts.driver.device(request.capture("serial"));
    const bool has_called =
        device && !(device->record().registration.empty() && device->record().status.empty());
    if (!has_called) co_return refuse(404, "There is no device with this serial number.");
    co_return co_await handler(std::move(state), device, request);
}

}  // namespace

void DeviceRoutes::add(std::string_view method, std::string_view path,
                       DeviceHandler handler) const {
    for (const std::string_view prefix : {"/device/{serial}", "/camera/{serial}"}) {
        server_.route(std::string(method), fmt::format("{}{}", prefix, path),
                      [state = state_, handler](Request request) -> async::Task<Response> {
                          co_return co_await async::hop(
                              state->parts.driver.executor(),
                              run_there(state, handler, std::move(request)));
                      },
                      {.max_body_bytes = kMaxBodyBytes, .access = {}, .websocket = {}});
    }
}

}  // namespace rest

}  // namespace casement::drivers::arlo
