#pragma once
// Outgoing connections: every address of a name is tried, names can be overridden, TLS is put
// around on request.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/deadline.hpp"
#include "base/url.hpp"
#include "net/endpoint.hpp"
#include "net/stream.hpp"
#include "net/tls.hpp"

namespace casement::net {

/// "name:port" -> "address:port", like curl --resolve. Checked first; the name stays what TLS and
/// Host see.
using ResolveMap = std::map<std::string, std::string>;

struct ConnectOptions {
    /// Set: TLS with these options (a shared context saves parsing the trust store each time).
    std::optional<TlsOptions> tls{};
    std::shared_ptr<TlsClientContext> tls_context{};
    ResolveMap resolve{};
    /// The address that connections leave from; empty = the system chooses.
    std::string bind_address{};
};

/// Addresses of `host`, in the order they should be tried. Literal addresses and overrides need no
/// resolver. Unavailable with reason `no-route` when the name is unknown.
Task<Result<std::vector<ip::tcp::endpoint>>> resolve(std::string host, std::uint16_t port,
                                                     ResolveMap overrides, Deadline deadline);

/// Connects on the caller's executor. Errors: Unavailable with reason `refused` (it answers, but
/// not on this port) or `no-route` (no answer on the network), DeadlineExceeded with reason
/// `no-route`, and those of tls_connect().
Task<Result<std::unique_ptr<Stream>>> connect(std::string host, std::uint16_t port,
                                              ConnectOptions options, Deadline deadline);

}  // namespace casement::net
