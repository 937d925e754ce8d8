// A stretch of a stream becomes a file.

#include "app/clips.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/coroutine.hpp"
#include "tests/fakes/mp4_units.hpp"
#include "tests/fakes/temp_directory.hpp"

namespace casement::app {
namespace {

using namespace std::chrono_literals;
using async::Task;

struct ClipsTest : testing::Test {
    fakes::TempDirectory dir;
    asio::io_context io{1};
    base::SystemClock clock;
    async::BlockingPool disk{"disk", 1};
    hub::StreamHub hub{{io.get_executor()}, clock, base::Log{}};
    Clips clips{io.get_executor(), hub, disk, dir.path("clips"), clock, base::Log{}};

    void TearDown() override {
        fakes::run(io, clips.stop());
        fakes::run(io, hub.stop());
    }
    std::shared_ptr<hub::Stream> add() {
        hub::StreamOptions options;
        options.supervisor.always = false;
        return *hub.add(
            "porch",
            []() -> Task<base::Result<std::unique_ptr<hub::Source>>> {
                co_return base::fail(base::ErrorKind::Unavailable, "the test publishes itself");
            },
            options);
    }
    static void publish(const std::shared_ptr<hub::Stream>& stream) {
        static const auto tracks =
            fakes::units_of(formats::MemorySource(fakes::data_file("media/ffmpeg_h264_aac.mp4")));
        hub::StreamWriter writer(stream);
        writer.set_tracks({tracks[0].track});
        for (const auto& unit : tracks[0].units) writer.publish(*unit);
    }
};

TEST_F(ClipsTest, ComesIntoItsPlaceWhenItIsWhole) {
    const auto stream = add();
    const auto path = clips.record("porch", 1s);
    ASSERT_TRUE(path) << path.error().message();
    EXPECT_TRUE(path->starts_with(dir.path("clips/porch-")));
    fakes::settle(io);
    EXPECT_TRUE(stream->wanted());
    publish(stream);
    // real time: a clip lasts as long as it lasts.
    const auto give_up = std::chrono::steady_clock::now() + 20s;
    while (!std::filesystem::exists(*path)) {
        ASSERT_LT(std::chrono::steady_clock::now(), give_up);
        EXPECT_FALSE(std::filesystem::exists(*path));
        io.restart();
        io.run_one_for(5ms);
    }
    const std::string name = "clips/" + path->substr(dir.path("clips/").size());
    const std::string bytes = dir.read(name);
    EXPECT_EQ(bytes.substr(4, 4), "ftyp");
    EXPECT_NE(bytes.find("moof"), std::string::npos);
    fakes::settle(io);
    EXPECT_FALSE(stream->wanted());
}

TEST_F(ClipsTest, AreFewAtATime) {
    EXPECT_EQ(clips.record("porch", 1s).error().kind(), base::ErrorKind::NotFound);
    (void)add();
    for (std::size_t i = 0; i < Clips::kMost; ++i) EXPECT_TRUE(clips.record("porch", 1s));
    EXPECT_EQ(clips.record("porch", 1s).error().kind(), base::ErrorKind::ResourceExhausted);
}

}  // namespace
}  // namespace casement::app
