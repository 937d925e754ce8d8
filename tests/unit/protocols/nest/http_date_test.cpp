#include "protocols/nest/http_date.hpp"

#include <gtest/gtest.h>

namespace casement::protocols::nest {
namespace {

using namespace std::chrono;

TEST(DashedDate, IsReadAndWritten) {
    const auto time = sys_days(2022y / March / 9) + 19h + 10min + 35s;
    EXPECT_EQ(format_dashed_date(time), "Wed, 09-Mar-2022 19:10:35 GMT");
    EXPECT_EQ(parse_dashed_date("Wed, 09-Mar-2022 19:10:35 GMT"), time);
    EXPECT_EQ(parse_dashed_date("Fri, 01-Jan-2100 00:00:00 GMT"), sys_days(2100y / January / 1));
}

TEST(DashedDate, IsNothingElse) {
    for (const auto* text : {"", "3600", "2022-03-09T19:10:35Z", "Wed, 09 Mar 2022 19:10:35 GMT",
                             "Wed, 09-Mar-2022 19:10:35 UTC", "Wed, 09-Mar-2022 19:10:35",
                             "Wed, 31-Feb-2022 19:10:35 GMT", "Wed, 09-Mrz-2022 19:10:35 GMT",
                             "Wed, 09-Mar-2022 25:10:35 GMT", "Wed, -9-Mar-2022 19:10:35 GMT",
                             "Wed, 09-Mar-2022 19:10:35 GMT "})
        EXPECT_FALSE(parse_dashed_date(text)) << text;
}

}  // namespace
}  // namespace casement::protocols::nest
