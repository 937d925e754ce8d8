#include "camera/driver.hpp"

#include <array>

namespace casement::camera {

std::string_view to_string(Duplex duplex) { return duplex == Duplex::Full ? "full" : "half"; }

std::string_view to_string(AccountState::Word word) {
    constexpr std::array<std::string_view, 4> kWords{"signed-in", "signing-in", "needs-person",
                                                     "vendor-down"};
    return kWords[static_cast<std::size_t>(word)];
}

}  // namespace casement::camera
