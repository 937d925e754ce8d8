#include "app/nanit_api.hpp"

#include "app/account_named.hpp"
#include "net/endpoint.hpp"

namespace casement::app {

using base::ErrorKind;
using base::Result;

Result<drivers::nanit::ApiOptions> nanit_api_options(const config::Account& account) {
    drivers::nanit::ApiOptions out;
    if (account.ca_file) out.http.connect.tls = net::TlsOptions{.ca_file = *account.ca_file};
    const auto named = account.endpoints.find("api");
    if (named == account.endpoints.end()) return out;
    out.base = named->second;
    while (out.base.ends_with('/')) out.base.pop_back();
    const auto url = base::Url::parse(out.base);
    const bool is_here = url && (net::is_loopback(url->host) || url->host == "localhost");
    if (!url || url->has_credentials() ||
        (url->scheme != "https" && (url->scheme != "http" || !is_here)))
        return base::fail(ErrorKind::InvalidArgument,
                          "endpoints.api of the account {} must be an https URL; http is for an "
                          "emulator on this machine only",
                          account.name);
    return out;
}

Result<const config::Account*> nanit_account(const config::Config& config,
                                             const std::string& name) {
    return account_named(config, {config::Vendor::Nanit, "Nanit", "nanit", "nursery"}, name);
}

}  // namespace casement::app
