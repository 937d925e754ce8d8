#pragma once
// Whom a token may be sent to: hosts of the vendor, and those that the file names in their place.

#include <set>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/url.hpp"

namespace casement::drivers::nest {

/// A value. By default only the vendor's own.
struct Hosts {
    std::set<std::string, std::less<>> configured{};  // hosts of `endpoints`
    /// Some endpoint is configured, so that whatever its answers name is followed, port included:
    /// an emulator's cameras are on its own machine.
    bool follows_answers = false;

    bool allows(std::string_view host) const;
    /// "https://host[:port][/path]" without a slash at its end, from a URL or a bare host[:port] in
    /// an answer. PermissionDenied for a host that is not followed, and for one without TLS that is
    /// not on this machine.
    base::Result<std::string> base_url(std::string_view said) const;
    /// "host[:port]" in an answer: a nexustalk host, or the new one of a redirect.
    /// InvalidArgument for what is none, PermissionDenied as above.
    base::Result<base::Url> host_port(std::string_view said, std::uint16_t port) const;
};

/// Within nest.com, dropcam.com, google.com, googleapis.com or googleusercontent.com.
bool is_vendor_host(std::string_view host);

}  // namespace casement::drivers::nest
