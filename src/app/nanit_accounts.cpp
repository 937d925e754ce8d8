#include "app/nanit_accounts.hpp"

#include "app/nanit_api.hpp"
#include "app/push_address.hpp"
#include "base/time_scale.hpp"
#include "net/endpoint.hpp"

namespace casement::app {

namespace {

using base::ErrorKind;
using base::Result;
using drivers::nanit::DriverOptions;

/// The relay is where the REST interface is, unless the file says otherwise.
Result<drivers::nanit::RelayOptions> relay_options(const config::Account& account,
                                                   const drivers::nanit::ApiOptions& api) {
    drivers::nanit::RelayOptions out;
    out.connect = api.http.connect;
    const auto named = account.endpoints.find("relay");
    out.base = named == account.endpoints.end() ? api.base : named->second;
    while (out.base.ends_with('/')) out.base.pop_back();
    const auto url = base::Url::parse(out.base);
    const bool is_tls = url && (url->scheme == "wss" || url->scheme == "https");
    const bool is_here = url && (net::is_loopback(url->host) || url->host == "localhost");
    const bool is_plain = url && (url->scheme == "ws" || url->scheme == "http") && is_here;
    if (!url || url->has_credentials() || !(is_tls || is_plain))
        return base::fail(ErrorKind::InvalidArgument,
                          "endpoints.relay of the account {} must be a wss URL; ws is for an "
                          "emulator on this machine only",
                          account.name);
    return out;
}

/// Where its cameras publish: here, or at the vendor's.
Result<drivers::nanit::MediaOptions> media_options(const config::Config& config,
                                                   const config::Account& account,
                                                   const drivers::nanit::ApiOptions& api,
                                                   const std::string& own_address) {
    drivers::nanit::MediaOptions out;
    const RtmpPlace place = rtmp_place(config, own_address);
    out.hub_host = place.host;
    out.hub_port = place.port;
    const auto cloud = base::Url::parse(api.base);
    out.allow_loopback = cloud && net::is_loopback(cloud->host);  // an emulator's household
    out.time_scale = config.time_scale;
    if (account.ca_file) out.relay_connection.ca_file = *account.ca_file;
    if (const auto named = account.endpoints.find("media"); named != account.endpoints.end())
        out.relay = named->second;
    const auto relay = base::Url::parse(out.relay);
    const bool is_here = relay && net::is_loopback(relay->host);
    if (!relay || relay->has_credentials() ||
        (relay->scheme != "rtmps" && (relay->scheme != "rtmp" || !is_here)))
        return base::fail(ErrorKind::InvalidArgument,
                          "endpoints.media of the account {} must be an rtmps URL; rtmp is for an "
                          "emulator on this machine only",
                          account.name);
    return out;
}

Result<DriverOptions> options_of(const config::Config& config, const config::Account& account,
                                 const std::string& data, const std::string& own_address) {
    if (!drivers::is_account_name(account.name))
        return base::fail(ErrorKind::InvalidArgument,
                          "the Nanit account \"{}\" needs a name of letters, digits, - and _",
                          account.name.substr(0, 64));
    DriverOptions out;
    out.account.name = account.name;
    out.account.folder = data;
    CASEMENT_TRY(out.api, nanit_api_options(account));
    CASEMENT_TRY(out.relay, relay_options(account, out.api));
    CASEMENT_TRY(out.media, media_options(config, account, out.api, own_address));
    out.clips = {.data = data, .http = out.api.http, .allow_plain = out.media.allow_loopback};
    out.logs.directory = data + "/logs";
    out.logs.listen_host = config.rtmp.listen.host;
    out.logs.hub_host = out.media.hub_host;
    out.logs.allow_loopback = out.media.allow_loopback;
    out.logs.patience = base::scaled(out.logs.patience, config.time_scale);
    out.account = out.account.scaled(config.time_scale);
    out.timing = out.timing.scaled(config.time_scale);
    out.events = out.events.scaled(config.time_scale);
    out.breathing = account.breathing;
    out.events.sleep = account.sleep;
    for (const auto& [serial, place] : account.cameras) {
        if (!place.address.empty()) out.addresses.emplace(serial, place.address);
    }
    for (const config::Camera& camera : config.cameras) {
        if (!camera.nanit || camera.nanit->account != account.name) continue;
        out.cameras.push_back({.baby = camera.nanit->baby, .id = camera.id, .name = camera.name});
    }
    return out;
}

}  // namespace

Result<std::vector<DriverOptions>> nanit_options(const config::Config& config,
                                                 const std::string& data,
                                                 const std::string& own_address) {
    std::vector<DriverOptions> out;
    for (const config::Account& account : config.accounts) {
        if (account.vendor != config::Vendor::Nanit) continue;
        CASEMENT_TRY(out.emplace_back(), options_of(config, account, data, own_address));
    }
    return out;
}

}  // namespace casement::app
