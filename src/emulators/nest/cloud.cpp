#include "emulators/nest/cloud.hpp"

#include <algorithm>
#include <utility>

#include "emulators/nest/cloud_state.hpp"
#include "net/endpoint.hpp"

namespace casement::emulators::nest {

using base::ErrorKind;
using base::Result;

Cloud::State::State(async::Executor e, async::BlockingPool& p, const base::Clock& c, CloudOptions o,
                    const base::Log& l)
    : executor(std::move(e)),
      pool(p),
      clock(c),
      options(std::move(o)),
      log(l),
      next_port(options.first_port),
      pictures(p, c),
      tasks(executor, l) {}

Result<Site*> Cloud::State::open_site(std::string name) {
    boost::system::error_code ec;
    const auto address = net::ip::make_address(options.address, ec);
    if (ec || address.is_unspecified())
        return base::fail(ErrorKind::InvalidArgument, "\"{}\" is not one address", options.address);
    net::ListenOptions where;
    where.name = "emulated Nest, " + name;
    where.address = net::to_text(net::ip::tcp::endpoint(address, next_port));
    if (next_port != 0) ++next_port;
    auto made = std::make_unique<Site>();
    CASEMENT_TRY(made->listener, net::Listener::listen(executor, where));
    made->url =
        fmt::format("{}://{}", tls ? "https" : "http", net::to_text(made->listener->endpoint()));
    made->server = std::make_unique<net::HttpServer>(
        net::HttpServerOptions{.name = where.name, .tls = tls, .security_headers = false}, log);
    made->name = std::move(name);
    sites.push_back(std::move(made));
    return sites.back().get();
}

Result<> Cloud::State::open_live(const std::string& region) {
    LiveOptions made{.address = options.address,
                     .tls = tls,
                     .region = region,
                     .picture = options.live_picture,
                     .time_scale = options.time_scale};
    if (next_port != 0) {
        made.port = next_port++;
        made.websocket_port = next_port++;
    }
    CASEMENT_TRY(live[region],
                 LiveHost::start(executor, pool, clock, accounts, house, std::move(made), log));
    return {};
}

Site& Cloud::State::site(std::string_view name) {
    return **std::ranges::find_if(sites, [name](const auto& one) { return one->name == name; });
}

Result<std::unique_ptr<Cloud>> Cloud::start(async::Executor executor, async::BlockingPool& pool,
                                            const base::Clock& clock, CloudOptions options,
                                            base::Log log) {
    const auto state =
        std::make_shared<State>(std::move(executor), pool, clock, std::move(options), log);
    if (state->options.certificate) {
        CASEMENT_TRY(state->tls, net::TlsServerContext::make(*state->options.certificate));
    }
    CASEMENT_TRY(Site* const home, state->open_site("home"));
    state->add_home_routes(*home);
    state->add_transport_routes(*home);
    CASEMENT_TRY(Site* const google, state->open_site("google"));
    state->add_google_routes(*google);
    CASEMENT_TRY(Site* const web_api, state->open_site("camera_api"));
    state->add_web_api_routes(*web_api);
    CASEMENT_TRY(Site* const device_access, state->open_site("device_access"));
    state->add_device_routes(*device_access);
    CASEMENT_TRY(Site* const pubsub, state->open_site("pubsub"));
    state->add_pubsub_routes(*pubsub);
    for (const std::string& region : state->options.regions) {
        CASEMENT_TRY(Site* const nexus, state->open_site("nexus-" + region));
        state->add_nexus_routes(*nexus);
        CASEMENT_TRY(state->open_live(region));
    }
    for (const auto& site : state->sites) {
        state->tasks.spawn("emulated Nest, " + site->name, [state, one = site.get()] {
            return one->listener->run({state->executor}, one->server->acceptor());
        });
    }
    return std::unique_ptr<Cloud>(new Cloud(state));
}

Cloud::Cloud(std::shared_ptr<State> state) : state_(std::move(state)) {}
Cloud::~Cloud() {
    for (const auto& site : state_->sites) site->listener->close();
    state_->tasks.cancel();
}

async::Task<> Cloud::stop() {
    const auto state = state_;
    for (const auto& site : state->sites) {
        site->listener->close();
        co_await site->server->stop(std::chrono::milliseconds{0});
    }
    for (const auto& [region, host] : state->live) co_await host->stop();
    for (const auto& [device, lent] : state->lent) {
        co_await lent.camera->stop();
        co_await lent.feed->stop();
    }
    co_await state->tasks.stop();
}

std::string Cloud::home_url() const { return state_->site("home").url; }
std::string Cloud::camera_api_url() const { return state_->site("camera_api").url; }
std::string Cloud::google_url() const { return state_->site("google").url; }
std::string Cloud::device_access_url() const { return state_->site("device_access").url; }
std::string Cloud::pubsub_url() const { return state_->site("pubsub").url; }
std::string Cloud::nexus_url(std::string_view region) const {
    return state_->site(fmt::format("nexus-{}", region)).url;
}

LiveHost& Cloud::live(std::string_view region) { return *state_->live.find(region)->second; }

Accounts& Cloud::accounts() { return state_->accounts; }
Home& Cloud::home() { return state_->house; }
DeviceAccess& Cloud::devices() { return state_->devices; }
testcam::RtspCamera* Cloud::lent_camera(std::string_view device_id) {
    const auto at = state_->lent.find(device_id);
    return at == state_->lent.end() ? nullptr : at->second.camera.get();
}
Pictures& Cloud::pictures() { return state_->pictures; }

Result<> Cloud::add(Camera camera) {
    if (std::ranges::find(state_->options.regions, camera.region) == state_->options.regions.end())
        return base::fail(ErrorKind::InvalidArgument, "there is no region {}", camera.region);
    camera.nexus_url = nexus_url(camera.region);
    camera.nexustalk_host = live(camera.region).address();
    camera.websocket_host = live(camera.region).websocket_address();
    state_->house.add(std::move(camera));
    return {};
}

Result<> Cloud::move(std::string_view uuid, std::string_view region) {
    const Camera* known = state_->house.find(uuid);
    if (known == nullptr) return base::fail(ErrorKind::NotFound, "there is no such camera");
    Camera camera = *known;
    camera.region = region;
    return add(std::move(camera));
}

void Cloud::fail_next(std::string_view route, Fault fault, int times,
                      std::chrono::seconds retry_after) {
    state_->faults.push_back({std::string(route), fault, times, retry_after});
}

Result<> Cloud::set_outage(std::string_view site, Outage outage) {
    const auto at =
        std::ranges::find_if(state_->sites, [site](const auto& one) { return one->name == site; });
    if (at == state_->sites.end())
        return base::fail(ErrorKind::NotFound, "there is no site {}", site);
    (*at)->outage = outage;
    return {};
}

void Cloud::set_picture_delay(std::chrono::milliseconds delay) { state_->picture_delay = delay; }

void Cloud::heal() {
    state_->faults.clear();
    for (const auto& site : state_->sites) site->outage = Outage::None;
}

const std::map<std::string, std::uint64_t, std::less<>>& Cloud::counts() const {
    return state_->counts;
}
const std::vector<std::string>& Cloud::regions() const { return state_->options.regions; }
const std::deque<Seen>& Cloud::seen() const { return state_->seen; }

std::map<std::string, SiteCounters, std::less<>> Cloud::sites() const {
    std::map<std::string, SiteCounters, std::less<>> out;
    for (const auto& one : state_->sites)
        out[one->name] = {.requests = one->requests, .too_early = one->too_early};
    const auto minute = state_->scaled(std::chrono::minutes(1));
    std::map<std::string_view, std::deque<base::WallTime>> recent;
    for (const Seen& one : state_->seen) {
        auto& times = recent[one.site];
        times.push_back(one.at);
        while (one.at - times.front() >= minute) times.pop_front();
        std::uint64_t& most = out[one.site].most_in_a_minute;
        most = std::max<std::uint64_t>(most, times.size());
    }
    return out;
}

std::uint64_t Cloud::requests(std::string_view route) const {
    const auto at = state_->counts.find(route);
    return at == state_->counts.end() ? 0 : at->second;
}

std::uint64_t Cloud::most_at_once(std::string_view route) const {
    std::uint64_t most = 0;
    for (const auto& [key, crowd] : state_->crowds) {
        if (key.first == route) most = std::max(most, crowd.most);
    }
    return most;
}

}  // namespace casement::emulators::nest
