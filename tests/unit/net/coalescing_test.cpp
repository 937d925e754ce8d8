#include "net/coalescing.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "async/deadline.hpp"
#include "tests/unit/net/loop.hpp"

namespace casement::net::tests {
namespace {

constexpr milliseconds kShort(10);

int low_water(const Stream& stream) {
    int value = 0;
    socklen_t size = sizeof(value);
    EXPECT_EQ(getsockopt(stream.native_handle(), SOL_SOCKET, SO_RCVLOWAT, &value, &size), 0);
    return value;
}

/// A stream of 1 kB messages that comes in at the near end.
class Coalesced : public testing::Test {
protected:
    /// Sends and reads until `done`.
    void flow_until(std::function<bool()> done) {
        loop.run([&]() -> Task<> {
            std::array<std::uint8_t, 1024> message{};
            std::array<std::uint8_t, 65536> buffer;
            while (!done()) {
                EXPECT_TRUE(co_await far->write_all(message));
                const auto n = near->try_read(buffer);
                if (n) coalescing->count(*n);
                (void)co_await async::sleep_for(
                    milliseconds(1));  // real time: a rate is bytes in time
            }
        });
    }

    Loop loop;
    StreamPair pair = connected_pair(loop);
    std::unique_ptr<PlainStream>&near = pair.near, &far = pair.far;
    bool may_wait = true;
    int asked = 0;
    std::optional<Coalescing> coalescing{std::in_place, *near, [this] { return ++asked, may_wait; },
                                         kShort};
};

TEST_F(Coalesced, GathersWhatComesUntilItGoes) {
    EXPECT_EQ(low_water(*near), 1);
    flow_until([&] { return low_water(*near) > 2048; });
    coalescing.reset();
    EXPECT_EQ(low_water(*near), 1);
}

TEST_F(Coalesced, HandsOutAtOnceWhenSomebodyWatches) {
    flow_until([&] { return low_water(*near) > 1; });
    may_wait = false;
    flow_until([&] { return low_water(*near) == 1; });
    asked = 0;
    flow_until([&] { return asked > 3; });
    EXPECT_EQ(low_water(*near), 1);
}

TEST_F(Coalesced, DoesNotHoldTheLastWords) {
    flow_until([&] { return low_water(*near) > 1; });
    std::array<std::uint8_t, 65536> buffer;
    while (near->try_read(buffer).value_or(0) > 0) {
    }
    const auto got = loop.run([&]() -> Task<Result<std::size_t>> {
        CASEMENT_CO_TRY(
            co_await far->write_all(base::as_bytes(std::string_view("RTSP/1.0 200 OK"))));
        co_return co_await near->read_some(buffer);
    });
    EXPECT_EQ(got.value_or(0), 15U);
}

TEST_F(Coalesced, TellsTheEnd) {
    flow_until([&] { return low_water(*near) > 1; });
    far->close();
    std::array<std::uint8_t, 65536> buffer;
    const auto end = loop.run([&]() -> Task<Result<std::size_t>> {
        for (;;) {
            const auto got = co_await near->read_some(buffer);
            if (!got) co_return got;
        }
    });
    EXPECT_FALSE(end);
    EXPECT_TRUE(near->ended());
}

TEST_F(Coalesced, MayOutliveTheConnection) {
    flow_until([&] { return low_water(*near) > 1; });
    near->close();
    coalescing.reset();
    EXPECT_FALSE(near->is_open());
}

}  // namespace
}  // namespace casement::net::tests
