#include "drivers/event_media.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/fakes/temp_directory.hpp"

namespace casement::drivers {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& path) {
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
}

TEST(EventMedia, IsKeptUnderANameThatLeadsNowhereElse) {
    const fakes::TempDirectory data;
    const EventMediaRules rules{.data = data.path(), .vendor = "nest"};
    const auto kept = keep_event_media(rules, "../S:1/button", "jpg", "JPEG");
    ASSERT_TRUE(kept) << kept.error().message();
    EXPECT_EQ(*kept, "events/nest-___S_1_button.jpg");
    EXPECT_EQ(content_of(fs::path(data.path()) / *kept), "JPEG");
}

TEST(EventMedia, TheOldestOfAVendorGo) {
    const fakes::TempDirectory data;
    const EventMediaRules rules{.data = data.path(), .vendor = "nest", .most = 3};
    ASSERT_TRUE(keep_event_media({.data = rules.data, .vendor = "nanit"}, "other", "jpg", "x"));
    for (int i = 0; i < 5; ++i) {
        const auto kept = keep_event_media(rules, std::to_string(i), "mp4", "MP4");
        ASSERT_TRUE(kept);
        // Written within one tick of the disk's clock, otherwise.
        fs::last_write_time(fs::path(data.path()) / *kept,
                            fs::file_time_type::clock::now() - std::chrono::seconds(100 - i));
    }
    std::vector<std::string> left;
    for (const auto& entry : fs::directory_iterator(fs::path(data.path()) / "events"))
        left.push_back(entry.path().filename().string());
    EXPECT_THAT(left, testing::UnorderedElementsAre("nanit-other.jpg", "nest-2.mp4", "nest-3.mp4",
                                                    "nest-4.mp4"));
}

TEST(EventMedia, WithoutAPlaceItIsAnError) {
    const EventMediaRules rules{.data = "/proc/none", .vendor = "nest"};
    EXPECT_FALSE(keep_event_media(rules, "x", "jpg", "JPEG"));
}

}  // namespace
}  // namespace casement::drivers
