#include "camera/camera_id.hpp"

#include <gtest/gtest.h>

namespace casement::camera {
namespace {

TEST(CameraId, TakesWhatIsSafeInUrlsFoldersAndTopics) {
    for (const std::string& good :
         {std::string("a"), std::string("7"), std::string("porch"), std::string("front_door"),
          std::string("a-1_b"), std::string("a-"), std::string(63, 'z')}) {
        EXPECT_TRUE(is_camera_id(good)) << good;
    }
}

TEST(CameraId, RefusesEverythingElse) {
    for (const std::string& bad :
         {std::string(), std::string(64, 'z'), std::string("-a"), std::string("_a"),
          std::string("."), std::string(".."), std::string("a.b"), std::string("Porch"),
          std::string("a b"), std::string("a/b"), std::string("a+"), std::string("#"),
          std::string("$SYS"), std::string("a\0b", 3),
          std::string("k\xC3\xBC"
                      "che")}) {
        EXPECT_FALSE(is_camera_id(bad)) << bad;
    }
}

TEST(CameraId, SuggestsTheNearestToWhatWasWritten) {
    EXPECT_EQ(camera_id_from("Front Porch 2"), "front-porch-2");
    EXPECT_EQ(camera_id_from("a.b/c"), "a-b-c");
    EXPECT_EQ(camera_id_from("..hidden.."), "hidden");
    EXPECT_EQ(camera_id_from("_front_door_"), "front_door");
    EXPECT_EQ(camera_id_from("porch"), "porch");
    EXPECT_EQ(camera_id_from(std::string(62, 'a') + " bc"), std::string(62, 'a'));
    EXPECT_EQ(camera_id_from(std::string(100, 'a')), std::string(63, 'a'));
    EXPECT_EQ(camera_id_from("///"), "");
    EXPECT_EQ(camera_id_from(""), "");
}

TEST(CameraId, WhatItSuggestsIsAnId) {
    for (int first = 1; first < 256; ++first) {
        const std::string text{static_cast<char>(first), 'A', static_cast<char>(first)};
        EXPECT_TRUE(is_camera_id(camera_id_from(text))) << first;
    }
}

}  // namespace
}  // namespace casement::camera
