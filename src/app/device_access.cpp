#include "app/device_access.hpp"

#include <utility>

#include "app/nest_accounts.hpp"
#include "base/url.hpp"
#include "drivers/event_media.hpp"
#include "drivers/words.hpp"

namespace casement::app {

namespace {

using async::Deadline;
using base::ErrorKind;
using base::Result;
namespace device_access = drivers::nest::device_access;

/// `fallback`: where the file names none; `path`: of one that is named without.
Result<std::string> base_url(const config::Account& account, const std::string& key,
                             std::string fallback, std::string_view path) {
    const auto named = account.endpoints.find(key);
    if (named == account.endpoints.end()) return fallback;
    CASEMENT_TRY(auto url, nest_endpoint(account, key, named->second));
    if (url.path.empty()) url.path = path;
    return fmt::format("{}://{}{}", url.scheme, url.authority(), url.path);
}

net::HttpClientOptions http_options(const drivers::nest::ApiOptions& nest) {
    net::HttpClientOptions out;
    out.connect = nest.connect;
    return out;
}

}  // namespace

Result<device_access::ApiOptions> device_access_api(const config::Account& account) {
    CASEMENT_TRY(const auto nest, nest_api_options(account));
    device_access::ApiOptions out;
    CASEMENT_TRY(out.base, base_url(account, "device_access", out.base, "/v1"));
    CASEMENT_TRY(out.pubsub, base_url(account, "pubsub", out.pubsub, "/v1"));
    out.hosts = nest.hosts;
    // An emulator's streams are where it says.
    out.hosts.follows_answers |= account.endpoints.contains("device_access");
    out.http = http_options(nest);
    return out;
}

Result<device_access::TokenOptions> device_access_tokens(const config::Account& account) {
    CASEMENT_TRY(const auto nest, nest_api_options(account));
    device_access::TokenOptions out;
    CASEMENT_TRY(out.endpoint, base_url(account, "google_token", out.endpoint, "/token"));
    out.http = http_options(nest);
    return out;
}

Result<std::unique_ptr<device_access::Driver>> device_access_driver(
    async::Executor executor, const config::Config& config, const config::Account& account,
    const std::string& data, store::SealedStore& sealed, async::BlockingPool& disk,
    const base::Clock& clock) {
    if (!drivers::is_account_name(account.name))
        return base::fail(ErrorKind::InvalidArgument,
                          "the Nest account \"{}\" needs a name of letters, digits, - and _",
                          account.name.substr(0, 64));
    device_access::DriverOptions options;
    options.account = account.name;
    CASEMENT_TRY(options.api, device_access_api(account));
    options.connection.resolve = {account.resolve.begin(), account.resolve.end()};
    if (account.ca_file) options.connection.ca_file = *account.ca_file;
    for (const config::Camera& camera : config.cameras) {
        if (camera.nest && camera.nest->account == account.name)
            options.cameras.emplace(camera.nest->camera, camera.id);
        if (camera.nest && camera.nest->device_access &&
            camera.nest->device_access->account == account.name)
            options.lent_only.insert(camera.nest->device_access->device);
    }
    options = options.scaled(config.time_scale);

    CASEMENT_TRY(auto token_options, device_access_tokens(account));
    const auto tokens = std::make_shared<device_access::Tokens>(
        executor, token_options.scaled(config.time_scale), sealed, disk, clock, account.name);
    device_access::AskPass pass = [tokens](bool is_refused, Deadline deadline) {
        return tokens->pass(is_refused, deadline);
    };
    device_access::KeepMedia keep = [&disk, data](std::string name, std::string extension,
                                                  std::string bytes) {
        return disk.run([data, name = std::move(name), extension = std::move(extension),
                         bytes = std::move(bytes)] {
            return drivers::keep_event_media({.data = data, .vendor = "nest"}, name, extension,
                                             bytes);
        });
    };
    return std::make_unique<device_access::Driver>(std::move(executor), std::move(options),
                                                   std::move(pass), std::move(keep), clock);
}

}  // namespace casement::app
