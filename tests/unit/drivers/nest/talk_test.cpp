#include "drivers/nest/talk.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include <boost/asio/io_context.hpp>

#include "tests/fakes/coroutine.hpp"

namespace casement::drivers::nest {
namespace {

using base::ErrorKind;

struct NestTalk : testing::Test {
    void SetUp() override {
        channel->open(io.get_executor(), [this](std::vector<std::uint8_t> sound) {
            heard.push_back(std::move(sound));
            return !is_gone;
        });
    }
    /// mu-law, loud or silent.
    static media::AccessUnitPtr sound(std::size_t samples, bool is_loud) {
        std::vector<std::uint8_t> bytes(samples, 0xFF);
        for (std::size_t i = 0; is_loud && i < samples; ++i)
            bytes[i] = std::sin(static_cast<double>(i) * 0.2) > 0 ? 0x90 : 0x10;
        auto unit = std::make_shared<media::AccessUnit>();
        unit->data = media::Bytes::from(std::move(bytes));
        return unit;
    }
    base::Result<> write(Talk& talk, media::AccessUnitPtr unit, std::size_t format = 0) {
        return fakes::run(io, talk.write(std::move(unit), format));
    }

    asio::io_context io{1};
    async::BlockingPool pool{"talk", 1};
    std::shared_ptr<camera::BackChannel> channel = std::make_shared<camera::BackChannel>();
    std::vector<std::vector<std::uint8_t>> heard;
    bool is_gone = false;
};

TEST_F(NestTalk, SendsPacketsOfEightyMillisecondsAtTheirPaceAndEndsWithAnEmptyOne) {
    const auto talk = Talk::begin(channel, pool).value();
    ASSERT_EQ(talk->accepted().size(), 1U);
    EXPECT_EQ(talk->accepted()[0]->sample_rate, 16'000);
    const auto began = std::chrono::steady_clock::now();
    EXPECT_TRUE(write(*talk, sound(1279, true)));
    EXPECT_TRUE(heard.empty());
    EXPECT_TRUE(write(*talk, sound(1 + 2 * 1280, true)));
    EXPECT_EQ(heard.size(), 3U);
    EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds{155});
    EXPECT_TRUE(write(*talk, sound(10, true)));
    EXPECT_TRUE(fakes::run(io, talk->close()));
    EXPECT_TRUE(fakes::run(io, talk->close()));
    ASSERT_EQ(heard.size(), 5U);
    for (std::size_t i = 0; i < 4; ++i) {
        // 16 kbit/s is 160 bytes in 80 ms.
        EXPECT_GT(heard[i].size(), 100U);
        EXPECT_LT(heard[i].size(), 260U);
    }
    EXPECT_TRUE(heard[4].empty());
    EXPECT_TRUE(write(*talk, sound(10, true)).error().is(ErrorKind::FailedPrecondition));
}

TEST_F(NestTalk, HearsLoudFromSilent) {
    const auto talk = Talk::begin(channel, pool).value();
    EXPECT_TRUE(write(*talk, sound(1280, false)));
    EXPECT_TRUE(write(*talk, sound(1280, true)));
    ASSERT_EQ(heard.size(), 2U);
    EXPECT_NE(heard[0], heard[1]);
}

TEST_F(NestTalk, EndsWithItsObjectAndWithItsStream) {
    auto talk = Talk::begin(channel, pool).value();
    EXPECT_TRUE(write(*talk, sound(1280, true)));
    talk.reset();
    fakes::settle(io);
    ASSERT_EQ(heard.size(), 2U);
    EXPECT_TRUE(heard[1].empty());
    talk = Talk::begin(channel, pool).value();
    is_gone = true;
    EXPECT_TRUE(write(*talk, sound(1280, true)).error().is(ErrorKind::Unavailable));
    talk.reset();
    channel->shut();
    EXPECT_TRUE(Talk::begin(channel, pool).error().is(ErrorKind::Unavailable));
}

TEST_F(NestTalk, RefusesWhatIsNoTalk) {
    const auto talk = Talk::begin(channel, pool).value();
    EXPECT_TRUE(write(*talk, sound(10, true), 1).error().is(ErrorKind::InvalidArgument));
    EXPECT_TRUE(write(*talk, sound(160'001, true)).error().is(ErrorKind::InvalidArgument));
    EXPECT_TRUE(heard.empty());
}

}  // namespace
}  // namespace casement::drivers::nest
