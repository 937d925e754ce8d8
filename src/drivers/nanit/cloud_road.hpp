#pragma once
// The way to a camera through the vendor's relay.

#include <memory>
#include <string>

#include "async/deadline.hpp"
#include "drivers/nanit/account.hpp"
#include "drivers/nanit/timing.hpp"
#include "net/websocket.hpp"

namespace casement::drivers::nanit {

struct RelayOptions {
    std::string base = "wss://api.nanit.com";  // wss, or ws on loopback (tests, emulator)
    net::ConnectOptions connect{};             // trust, overrides
};

/// Lives on the executor of its camera; the account outlives it.
class CloudRoad {
public:
    CloudRoad(Account& account, RelayOptions options, std::string serial, Timing timing)
        : account_(account),
          options_(std::move(options)),
          serial_(std::move(serial)),
          timing_(timing) {}

    /// A connection lives as long as the token that it was opened with. Errors of
    /// Account::access_token() and of connecting; Unavailable "vendor-down" when the relay refuses
    /// a token that was just renewed.
    async::Task<base::Result<std::shared_ptr<net::WebSocket>>> open(async::Deadline deadline);
    /// The account has another token than the one of the last connection.
    async::Task<bool> is_outdated(async::Deadline deadline);

private:
    using Opened = base::Result<std::shared_ptr<net::WebSocket>>;
    async::Task<Opened> open_with(base::Secret token, async::Deadline deadline);

    Account& account_;
    const RelayOptions options_;
    const std::string serial_;
    const Timing timing_;
    base::Secret used_;
};

}  // namespace casement::drivers::nanit
