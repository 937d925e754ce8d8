#include "drivers/nest/hosts.hpp"

#include <algorithm>
#include <array>

#include "net/endpoint.hpp"

namespace casement::drivers::nest {

using base::ErrorKind;
using base::Result;

namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

std::unexpected<base::Error> stranger(std::string_view host) {
    return base::fail_because("vendor-down", ErrorKind::PermissionDenied,
                              "Nest names the host \"{}\", which is not of its own",
                              host.substr(0, 80));
}

}  // namespace

bool is_vendor_host(std::string_view host) {
    constexpr std::array<std::string_view, 5> kDomains{"nest.com", "dropcam.com", "google.com",
                                                       "googleapis.com", "googleusercontent.com"};
    const std::string name = lower(host);
    return std::ranges::any_of(kDomains, [&](std::string_view domain) {
        return name == domain || (name.size() > domain.size() && name.ends_with(domain) &&
                                  name[name.size() - domain.size() - 1] == '.');
    });
}

bool Hosts::allows(std::string_view host) const {
    return !host.empty() &&
           (follows_answers || is_vendor_host(host) || configured.contains(lower(host)));
}

Result<std::string> Hosts::base_url(std::string_view said) const {
    const bool is_url = said.find("://") != std::string_view::npos;
    auto url = base::Url::parse(is_url ? std::string(said) : "https://" + std::string(said));
    if (!url || url->host.empty())
        return base::fail_because("vendor-down", ErrorKind::InvalidArgument,
                                  "Nest names \"{}\", which is no address", said.substr(0, 80));
    const bool is_here = net::is_loopback(url->host) || url->host == "localhost";
    if (!allows(url->host) || url->has_credentials() ||
        (url->scheme != "https" && (url->scheme != "http" || !is_here)))
        return stranger(url->host);
    std::string_view path = url->path;
    while (path.ends_with('/')) path.remove_suffix(1);
    return fmt::format("{}://{}{}", url->scheme, url->authority(), path);
}

Result<base::Url> Hosts::host_port(std::string_view said, std::uint16_t port) const {
    auto url = base::Url::parse("https://" + std::string(said));
    if (!url || url->host.empty() || !url->path.empty() || !url->query.empty() ||
        url->has_credentials())
        return base::fail_because("vendor-down", ErrorKind::InvalidArgument,
                                  "Nest names \"{}\", which is no host", said.substr(0, 80));
    if (!allows(url->host)) return stranger(url->host);
    if (url->port == 0) url->port = port;
    return std::move(*url);
}

}  // namespace casement::drivers::nest
