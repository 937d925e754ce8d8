#include "app/suggest.hpp"

#include <array>

#include <gtest/gtest.h>

namespace casement::app {
namespace {

TEST(Suggest, CountsEditsAndTakesSwappedNeighboursAsOne) {
    EXPECT_EQ(edit_distance("record", "record"), 0u);
    EXPECT_EQ(edit_distance("recrod", "record"), 1u);
    EXPECT_EQ(edit_distance("recor", "record"), 1u);
    EXPECT_EQ(edit_distance("listen", "silent"), 4u);
    EXPECT_EQ(edit_distance("", "rtsp"), 4u);
    EXPECT_EQ(edit_distance(std::string(500, 'a'), std::string(500, 'b')), 64u);
}

TEST(Suggest, OffersOnlyWhatIsNearEnoughToBeMeant) {
    const std::array<std::string, 3> known{"record", "source", "name"};
    EXPECT_EQ(did_you_mean("recrod", known), "; did you mean \"record\"?");
    EXPECT_EQ(did_you_mean("nmae", known), "; did you mean \"name\"?");
    EXPECT_EQ(did_you_mean("password", known), "");
    EXPECT_EQ(did_you_mean("x", known), "");
}

}  // namespace
}  // namespace casement::app
