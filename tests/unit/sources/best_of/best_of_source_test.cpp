#include "sources/best_of/best_of_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "hub/stream.hpp"
#include "media/codec.hpp"
#include "sources/leased.hpp"
#include "tests/fakes/coroutine.hpp"

namespace casement::sources::best_of {
namespace {

using namespace std::chrono_literals;
using async::Deadline;
using async::Task;
using base::Error;
using base::ErrorKind;

/// What the ways of a test do; each writes pictures whose data is its number.
struct World {
    bool well[3] = {true, true, true};
    int opened[3] = {}, closed[3] = {};
};

class Fake final : public hub::Source {
public:
    Fake(World& world, std::size_t number) : world_(world), number_(number) {
        ++world_.opened[number_];
    }
    Task<base::Result<>> run(hub::StreamWriter& writer) override {
        auto parameters = std::make_shared<media::CodecParameters>();
        parameters->codec = media::Codec::Mjpeg;
        parameters->width = 320;
        parameters->height = 180;
        // Each way's own clock begins somewhere else.
        std::int64_t pts = static_cast<std::int64_t>(number_) * 1'000'000;
        writer.set_tracks({{.id = 0,
                            .clock_rate = 90'000,
                            .parameters = parameters,
                            .codec = media::Codec::Mjpeg}});
        for (;;) {
            if (!world_.well[number_])
                co_return base::fail(ErrorKind::Unavailable, "way {} fails", number_);
            media::AccessUnit unit;
            unit.key = true;
            unit.pts = unit.dts = pts += 900;
            const std::uint8_t number = static_cast<std::uint8_t>(number_);
            unit.data = media::Bytes::copy_of({&number, 1});
            writer.publish(std::move(unit));
            CASEMENT_CO_TRY(co_await async::sleep_for(10ms));  // real time: a camera's pace
        }
    }
    Task<> close(Deadline) override {
        ++world_.closed[number_];
        co_return;
    }
    std::string description() const override { return fmt::format("way {}", number_); }

private:
    World& world_;
    const std::size_t number_;
};

TEST(BestOfSource, FallsBackAndForwardInOneTimeThatGoesOn) {
    asio::io_context io{1};
    base::SystemClock clock;
    World world;
    const auto stream =
        std::make_shared<hub::Stream>("porch", hub::GopLogLimits{}, clock, base::Log{});
    std::vector<std::pair<std::size_t, std::string>> told;
    camera::BestOf ways;
    ways.again = 100ms;
    ways.again_at_most = 200ms;
    for (std::size_t i = 0; i < 3; ++i) {
        ways.choices.push_back(
            {fmt::format("way {}", i), [i](Deadline) -> Task<base::Result<camera::StreamEndpoint>> {
                 camera::PlayFile file{.path = fmt::format("{}", i)};
                 co_return camera::StreamEndpoint{.way = std::move(file), .lease = {}};
             }});
    }
    ways.tell = [&](std::size_t choice, const std::optional<Error>& why) {
        told.emplace_back(choice, why ? why->message() : "");
    };
    BestOfSource source(ways, {.clock = clock,
                               .log = {},
                               .open = [&](const camera::StreamEndpoint& endpoint)
                                   -> base::Result<std::unique_ptr<hub::Source>> {
                                   const auto& path = std::get<camera::PlayFile>(endpoint.way).path;
                                   return std::make_unique<Fake>(world, std::stoul(path));
                               }});
    std::vector<std::uint8_t> shown;
    std::vector<std::int64_t> times;
    const auto until = [&](std::uint8_t number) -> Task<> {
        const auto is_so = [&] {
            return !shown.empty() && shown.back() == number && !told.empty() &&
                   told.back().first == number;
        };
        for (int i = 0; i < 1000 && !is_so(); ++i)
            (void)co_await async::sleep_for(5ms);  // real time: ways are looked at, every 100 ms
        EXPECT_TRUE(is_so());
    };
    const auto play = [&]() -> Task<> {
        async::TaskGroup tasks(io.get_executor(), base::Log{});
        hub::Reader reader = stream->subscribe(io.get_executor(), {});
        tasks.spawn("read", [&]() -> Task<> {
            for (;;) {
                const auto item = co_await reader.next();
                if (!item) co_return;
                const auto* unit = std::get_if<media::AccessUnitPtr>(&*item);
                if (unit == nullptr) continue;
                shown.push_back((*unit)->data[0]);
                times.push_back((*unit)->pts);
            }
        });
        tasks.spawn("source", [&]() -> Task<> {
            hub::StreamWriter writer(stream);
            (void)co_await source.run(writer);
        });
        co_await until(0);
        EXPECT_FALSE(source.waits_for_peer());
        world.well[0] = world.well[1] = false;
        co_await until(2);
        EXPECT_EQ(source.description(), "way 2");
        world.well[1] = true;
        co_await until(1);
        world.well[0] = true;
        co_await until(0);
        (void)co_await async::sleep_for(150ms);  // real time: the other is closed
        co_await tasks.stop();
        co_await source.close(Deadline::in(1s));
    };
    fakes::run(io, play());
    EXPECT_TRUE(std::ranges::is_sorted(times));
    EXPECT_EQ(std::ranges::adjacent_find(times), times.end());
    for (std::size_t i = 1; i < times.size(); ++i) EXPECT_LT(times[i] - times[i - 1], 2 * 90'000);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(world.opened[i], world.closed[i]) << i;
    EXPECT_EQ(told.front(), (std::pair<std::size_t, std::string>{0, ""}));
    EXPECT_THAT(told, testing::Contains(std::pair<std::size_t, std::string>{2, "way 0 fails"}));
    EXPECT_EQ(told.back(), (std::pair<std::size_t, std::string>{0, ""}));
}

/// How often a way is opened in the time for which it is lent, while its vendor refuses more time
/// like this.
int opened_while_lent(ErrorKind refusal) {
    asio::io_context io{1};
    base::SystemClock clock;
    World world;
    const auto stream =
        std::make_shared<hub::Stream>("porch", hub::GopLogLimits{}, clock, base::Log{});
    camera::BestOf ways;
    ways.again = 100ms;
    ways.renew_before = 400ms;
    ways.choices.push_back(
        {"lent", [&](Deadline) -> Task<base::Result<camera::StreamEndpoint>> {
             camera::Lease lease;
             lease.expires_at = clock.wall_now() + 1500ms;
             lease.margin = 1s;
             lease.extend = [refusal](Deadline) -> Task<base::Result<camera::Lease>> {
                 co_return base::fail(refusal, "not now");
             };
             co_return camera::StreamEndpoint{.way = camera::PlayFile{}, .lease = lease};
         }});
    BestOfSource source(ways, {.clock = clock,
                               .log = {},
                               .open = [&](const camera::StreamEndpoint& endpoint)
                                   -> base::Result<std::unique_ptr<hub::Source>> {
                                   return std::make_unique<Leased>(std::make_unique<Fake>(world, 0),
                                                                   *endpoint.lease, clock,
                                                                   base::Log{});
                               }});
    int out = 0;
    const auto play = [&]() -> Task<> {
        async::TaskGroup tasks(io.get_executor(), base::Log{});
        tasks.spawn("source", [&]() -> Task<> {
            hub::StreamWriter writer(stream);
            (void)co_await source.run(writer);
        });
        while (world.opened[0] == 0) (void)co_await async::sleep_for(5ms);  // real time: a lease
        (void)co_await async::sleep_for(1400ms);  // real time: the same
        out = world.opened[0];
        co_await tasks.stop();
        co_await source.close(Deadline::in(1s));
    };
    fakes::run(io, play());
    return out;
}

TEST(BestOfSource, AWayThatIsNotExtendedForNowIsFollowedByAnotherBeforeItsEnd) {
    EXPECT_EQ(opened_while_lent(ErrorKind::Unavailable), 2);
    EXPECT_EQ(opened_while_lent(ErrorKind::ResourceExhausted), 1)
        << "who is asked too often is not asked for another";
}

TEST(BestOfSource, KeepsWhatMakesFilmsRunningBesideWhateverIsShown) {
    asio::io_context io{1};
    base::SystemClock clock;
    World world;
    const auto stream =
        std::make_shared<hub::Stream>("porch", hub::GopLogLimits{}, clock, base::Log{});
    camera::BestOf ways;
    ways.again = 100ms;
    ways.again_at_most = 200ms;
    const auto choice = [](std::size_t i) {
        return camera::BestOf::Choice{
            fmt::format("way {}", i), [i](Deadline) -> Task<base::Result<camera::StreamEndpoint>> {
                co_return camera::StreamEndpoint{
                    .way = camera::PlayFile{.path = fmt::format("{}", i)}, .lease = {}};
            }};
    };
    ways.choices = {choice(0), choice(2)};
    ways.beside = choice(2);
    BestOfSource source(ways, {.clock = clock,
                               .log = {},
                               .open = [&](const camera::StreamEndpoint& endpoint)
                                   -> base::Result<std::unique_ptr<hub::Source>> {
                                   const auto& path = std::get<camera::PlayFile>(endpoint.way).path;
                                   return std::make_unique<Fake>(world, std::stoul(path));
                               }});
    std::vector<std::uint8_t> shown;
    const auto until = [&](std::function<bool()> is_so) -> Task<> {
        for (int i = 0; i < 1000 && !is_so(); ++i)
            (void)co_await async::sleep_for(5ms);  // real time: ways are looked at, every 100 ms
        EXPECT_TRUE(is_so());
    };
    const auto running = [&] { return world.opened[2] - world.closed[2]; };
    const auto play = [&]() -> Task<> {
        async::TaskGroup tasks(io.get_executor(), base::Log{});
        hub::Reader reader = stream->subscribe(io.get_executor(), {});
        tasks.spawn("read", [&]() -> Task<> {
            for (;;) {
                const auto item = co_await reader.next();
                if (!item) co_return;
                if (const auto* unit = std::get_if<media::AccessUnitPtr>(&*item))
                    shown.push_back((*unit)->data[0]);
            }
        });
        tasks.spawn("source", [&]() -> Task<> {
            hub::StreamWriter writer(stream);
            (void)co_await source.run(writer);
        });
        co_await until([&] { return shown.size() > 20 && running() == 1; });
        EXPECT_THAT(shown, testing::Each(0)) << "what runs beside is shown to nobody";
        // One that fails is opened again.
        world.well[2] = false;
        co_await until([&] { return world.closed[2] == 1; });
        world.well[2] = true;
        co_await until([&] { return running() == 1; });
        // As a choice it is not run twice...
        world.well[0] = false;
        co_await until([&] { return shown.back() == 2 && running() == 1; });
        // ...and beside again when the better one is back.
        world.well[0] = true;
        const int before = world.opened[2];
        co_await until([&] { return shown.back() == 0 && world.opened[2] > before; });
        co_await until([&] { return running() == 1; });
        co_await tasks.stop();
        co_await source.close(Deadline::in(1s));
    };
    fakes::run(io, play());
    EXPECT_EQ(running(), 0);
}

}  // namespace
}  // namespace casement::sources::best_of
