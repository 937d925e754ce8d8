#include "emulators/arlo/doze.hpp"

#include <gtest/gtest.h>

namespace casement::emulators::arlo {
namespace {

// 127.0.9.9:41999 listens; somebody at 127.0.0.1 waits for it; a third connection stands.
constexpr std::string_view kTable =
    "  sl  local_address rem_address   st tx_queue rx_queue\n"
    "   0: 0909007F:A40F 00000000:0000 0A 00000000:00000001\n"
    "   1: 0100007F:D0BC 0909007F:A40F 02 00000001:00000000\n"
    "   2: 0100007F:D0BE 0A09007F:0FA0 01 00000000:00000000\n";

TEST(Knocking, IsAConnectionThatWaits) {
    EXPECT_TRUE(somebody_knocks(kTable, "127.0.9.9", {4000, 41999}));
}

TEST(Knocking, IsForOneAddressAndPort) {
    EXPECT_FALSE(somebody_knocks(kTable, "127.0.9.8", {41999}));
    EXPECT_FALSE(somebody_knocks(kTable, "127.0.9.9", {42000}));
    EXPECT_FALSE(somebody_knocks(kTable, "127.0.9.9", {}));
}

TEST(Knocking, IsNoConnectionThatStands) {
    EXPECT_FALSE(somebody_knocks(kTable, "127.0.9.10", {4000}));
}

TEST(Knocking, NeedsAnAddressAndATable) {
    EXPECT_FALSE(somebody_knocks(kTable, "::1", {41999}));
    EXPECT_FALSE(somebody_knocks("", "127.0.9.9", {41999}));
    EXPECT_FALSE(somebody_knocks("rubbish\n\n", "127.0.9.9", {41999}));
}

}  // namespace
}  // namespace casement::emulators::arlo
