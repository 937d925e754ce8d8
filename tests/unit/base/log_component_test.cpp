#include "base/log.hpp"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace casement::base {
namespace {

using testing::ElementsAre;

class LogComponent : public testing::Test {
protected:
    LogComponent() {
        capture_log([this](LogLevel, std::string_view line) { lines.emplace_back(line); });
    }
    ~LogComponent() override {
        set_component_levels({});
        capture_log({});
    }
    std::vector<std::string> lines;
};

TEST_F(LogComponent, FollowsTheCommonLevelUntilItHasItsOwn) {
    const Log log = Log{}.component("rtsp");
    log.debug("one");
    log.info("two");
    EXPECT_THAT(lines, ElementsAre("two component=rtsp"));
}

TEST_F(LogComponent, IsLouderOrQuieterThanTheRest) {
    const Log loud = Log{}.component("loud").with("camera", "porch");
    const Log quiet = Log{}.component("quiet");
    set_component_levels({{"loud", LogLevel::Debug}, {"quiet", LogLevel::Error}});
    loud.debug("heard");
    loud.trace("not heard");
    quiet.warn("not heard");
    Log{}.debug("not heard");
    EXPECT_THAT(lines, ElementsAre("heard component=loud camera=porch"));
}

TEST_F(LogComponent, ForgetsItsLevelWhenTheNextSetDoesNotNameIt) {
    const Log log = Log{}.component("rtsp");
    set_component_levels({{"rtsp", LogLevel::Trace}});
    set_component_levels({{"hub", LogLevel::Trace}});
    log.trace("not heard");
    EXPECT_THAT(lines, ElementsAre());
}

}  // namespace
}  // namespace casement::base
