#pragma once
// The way to a camera inside the house: its own socket, with a certificate of its own making.

#include <memory>
#include <string>

#include "async/deadline.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "drivers/nanit/account.hpp"
#include "drivers/nanit/memory.hpp"
#include "drivers/nanit/timing.hpp"
#include "net/websocket.hpp"

namespace casement::drivers::nanit {

/// The port of the camera's own socket.
inline constexpr std::uint16_t kLocalPort = 442;

/// Lives on the executor of its camera; account, memory and clock outlive it.
class LocalRoad {
public:
    LocalRoad(Account& account, Memory& memory, const base::Clock& clock, std::string serial,
              Timing timing, base::Log log);

    /// host:port of the configuration, which goes before what is learnt; empty = none.
    void set_address(std::string address) { configured_ = std::move(address); }
    /// The address from which the camera called the hub. True when that is news. One outside the
    /// house is not taken.
    async::Task<bool> learn(std::string ip);
    bool has_address() const;
    /// Where the camera is, as a literal without its port; empty where only a name is known.
    std::string host() const;

    /// FailedPrecondition "not-at-home" for an address outside the house, which never gets a token;
    /// PermissionDenied "certificate" when the certificate is not the one of the first time;
    /// ResourceExhausted "slots-full" when all places of the camera are taken; Unauthenticated when
    /// it takes none of our tokens; those of connecting.
    async::Task<base::Result<std::shared_ptr<net::WebSocket>>> open(async::Deadline deadline);
    /// The next certificate is taken as the first one was.
    async::Task<> trust_again();

private:
    using Opened = base::Result<std::shared_ptr<net::WebSocket>>;
    std::string address() const;
    async::Task<base::Result<base::Url>> house_address(async::Deadline deadline);
    async::Task<base::Result<std::string>> fingerprint_at(base::Url where,
                                                          async::Deadline deadline);
    async::Task<Opened> open_with(base::Secret token, base::Url where, std::string fingerprint,
                                  async::Deadline deadline);
    async::Task<base::Result<base::Secret>> uc_token(async::Deadline deadline);

    Account& account_;
    Memory& memory_;
    const base::Clock& clock_;
    const std::string serial_;
    const Timing timing_;
    const base::Log log_;
    std::string configured_;
};

}  // namespace casement::drivers::nanit
