#include "app/nest_accounts.hpp"

#include "app/account_named.hpp"
#include "drivers/words.hpp"
#include "net/endpoint.hpp"

namespace casement::app {

namespace {

using base::ErrorKind;
using base::Result;
using drivers::nest::ApiOptions;
using drivers::nest::CameraConfig;
using drivers::nest::DriverOptions;

std::string base_of(const base::Url& url) {
    return fmt::format("{}://{}{}", url.scheme, url.authority(), url.path);
}

drivers::nest::WishedWay way_of(config::NestWay way) {
    switch (way) {
        case config::NestWay::Nexustalk:
            return drivers::nest::WishedWay::Nexustalk;
        case config::NestWay::Snapshots:
            return drivers::nest::WishedWay::Snapshots;
        case config::NestWay::DeviceAccess:
            return drivers::nest::WishedWay::DeviceAccess;
        case config::NestWay::Auto:
            break;
    }
    return drivers::nest::WishedWay::Auto;
}

void set_pictures(CameraConfig& camera, const config::Snapshots& snapshots) {
    camera.interval = snapshots.interval;
    camera.width = snapshots.width;
    camera.films.reset();
    if (!snapshots.films) return;
    using Layout = camera::Films::Layout;
    const config::Films& films = *snapshots.films;
    camera.films = camera::Films{
        .folder = films.folder,
        .name = {},  // the camera's
        .pictures = films.pictures,
        .frames_per_second = films.frames_per_second,
        .keep_pictures = films.keep_pictures,
        .layout = films.layout == config::FilmLayout::Foggycam ? Layout::Foggycam : Layout::Own};
}

Result<DriverOptions> options_of(const config::Config& config, const config::Account& account,
                                 const std::string& data, const Lend& lend) {
    if (!drivers::is_account_name(account.name))
        return base::fail(ErrorKind::InvalidArgument,
                          "the Nest account \"{}\" needs a name of letters, digits, - and _",
                          account.name.substr(0, 64));
    DriverOptions out;
    out.account.name = account.name;
    out.account.folder = data;
    out.account.timing = out.account.timing.scaled(config.time_scale);
    CASEMENT_TRY(out.api, nest_api_options(account));
    out.api.budget = out.api.budget.scaled(config.time_scale);
    out.data = data;
    out.time_scale = config.time_scale;
    out.every.way = way_of(account.way);
    set_pictures(out.every, account.snapshots);
    for (const config::Camera& camera : config.cameras) {
        if (!camera.nest || camera.nest->account != account.name) continue;
        CameraConfig& one = out.cameras.emplace_back(out.every);
        one.uuid = camera.nest->camera;
        one.id = camera.id;
        one.name = camera.name;
        if (camera.way != config::NestWay::Auto) one.way = way_of(camera.way);
        if (camera.snapshots) set_pictures(one, *camera.snapshots);
        if (lend && camera.nest->device_access)
            one.device_access = lend(*camera.nest->device_access);
    }
    return out;
}

}  // namespace

bool makes_films(const config::Config& config, const config::Camera& camera) {
    if (!camera.nest) return false;
    const auto account =
        std::ranges::find(config.accounts, camera.nest->account, &config::Account::name);
    // Device Access has no single pictures.
    if (account == config.accounts.end() || account->sign_in == config::NestSignIn::DeviceAccess)
        return false;
    return (camera.snapshots ? *camera.snapshots : account->snapshots).films.has_value();
}

Result<base::Url> nest_endpoint(const config::Account& account, const std::string& key,
                                const std::string& text) {
    auto url = base::Url::parse(text);
    const bool is_here = url && (net::is_loopback(url->host) || url->host == "localhost");
    if (!url || url->has_credentials() || !url->query.empty() ||
        (url->scheme != "https" && (url->scheme != "http" || !is_here)))
        return base::fail(ErrorKind::InvalidArgument,
                          "endpoints.{} of the account {} must be an https URL; http is for an "
                          "emulator on this machine only",
                          key, account.name);
    while (url->path.ends_with('/')) url->path.pop_back();
    return std::move(*url);
}

Result<ApiOptions> nest_api_options(const config::Account& account) {
    ApiOptions out;
    if (account.ca_file) out.connect.tls = net::TlsOptions{.ca_file = *account.ca_file};
    out.connect.resolve = net::ResolveMap(account.resolve.begin(), account.resolve.end());
    for (const auto& [key, text] : account.endpoints) {
        CASEMENT_TRY(base::Url url, nest_endpoint(account, key, text));
        out.hosts.configured.insert(url.host);
        auto& endpoints = out.endpoints;
        if (key == "home" || key == "camera_api") {
            (key == "home" ? endpoints.home : endpoints.camera_api) = base_of(url);
            // An emulator's cameras are where it says.
            out.hosts.follows_answers = true;
        }
        if (key == "google_token") {
            // Who stands for Google there does so for its cookies too.
            endpoints.google_accounts = fmt::format("{}://{}", url.scheme, url.authority());
            if (url.path.empty()) url.path = "/token";
            endpoints.google_token = base_of(url);
        }
        if (key == "google_jwt") {
            if (url.path.empty()) url.path = "/v1/issue_jwt";
            endpoints.google_jwt = base_of(url);
        }
    }
    return out;
}

Result<std::vector<DriverOptions>> nest_options(const config::Config& config,
                                                const std::string& data, const Lend& lend) {
    std::vector<DriverOptions> out;
    for (const config::Account& account : config.accounts) {
        if (account.vendor != config::Vendor::Nest ||
            account.sign_in == config::NestSignIn::DeviceAccess)
            continue;
        CASEMENT_TRY(out.emplace_back(), options_of(config, account, data, lend));
    }
    return out;
}

Result<const config::Account*> nest_account(const config::Config& config, const std::string& name) {
    return account_named(config, {config::Vendor::Nest, "Nest", "nest", "home"}, name);
}

}  // namespace casement::app
