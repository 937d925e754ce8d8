#include "emulators/nanit/control_session.hpp"

namespace casement::emulators::nanit {

void post(net::WebSocket& socket, const std::vector<std::uint8_t>& message) {
    const auto owner = std::make_shared<const std::vector<std::uint8_t>>(message);
    (void)socket.post_binary(owner, *owner);
}

}  // namespace casement::emulators::nanit
