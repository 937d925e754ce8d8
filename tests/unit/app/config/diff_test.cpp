#include "app/config/diff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/app/config/environment.hpp"

namespace casement::app::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Changes between_texts(std::string_view before, std::string_view after) {
    const Environment environment =
        environment_of({{"A", "key-number-one"}, {"B", "key-number-two"}});
    return diff(parse(before, "c", environment).config, parse(after, "c", environment).config);
}

TEST(ConfigDiff, FindsNothingInTwoSpellingsOfTheSame) {
    const Changes changes = between_texts(
        "cameras: {a: {source: push, record: {keep: 24h}}}\nlinger: 10s",
        "linger: 10000ms\ncameras:\n  a:\n    record: {keep: 1d}\n    source: push\n");
    EXPECT_TRUE(changes.empty()) << changes.summary();
    EXPECT_EQ(changes.summary(), "nothing changed");
}

TEST(ConfigDiff, NamesAddedRemovedAndChangedCameras) {
    const Changes changes = between_texts(
        "cameras: {a: {source: push}, b: {source: push}, c: {source: \"rtsp://h/1\"}}",
        "cameras: {b: {source: push}, c: {source: \"rtsp://h/2\"}, d: {source: push}}");
    EXPECT_THAT(changes.cameras_added, ElementsAre("d"));
    EXPECT_THAT(changes.cameras_removed, ElementsAre("a"));
    ASSERT_EQ(changes.cameras_changed.size(), 1u);
    EXPECT_EQ(changes.cameras_changed[0].id, "c");
    EXPECT_TRUE(changes.cameras_changed[0].source);
    EXPECT_EQ(changes.summary(), "added d; removed a; changed c (connection)");
}

TEST(ConfigDiff, KeepsTheConnectionWhenOnlyRecordingOrNameChange) {
    const Changes changes = between_texts(
        "cameras: {a: {source: push}, b: {source: push}}",
        "cameras: {a: {source: push, record: {mode: off}}, b: {source: push, name: B}}");
    ASSERT_EQ(changes.cameras_changed.size(), 2u);
    EXPECT_TRUE(changes.cameras_changed[0].recording);
    EXPECT_FALSE(changes.cameras_changed[0].source);
    EXPECT_TRUE(changes.cameras_changed[1].name);
    EXPECT_FALSE(changes.cameras_changed[1].source);
    EXPECT_FALSE(changes.cameras_changed[1].recording);
}

TEST(ConfigDiff, ListeningIsNoReasonToConnectAnew) {
    Config before;
    before.cameras.emplace_back().id = "porch";
    Config after = before;
    after.cameras[0].sound_events = true;
    const Changes changes = diff(before, after);
    ASSERT_EQ(changes.cameras_changed.size(), 1u);
    EXPECT_TRUE(changes.cameras_changed[0].events);
    EXPECT_FALSE(changes.cameras_changed[0].source);
    EXPECT_EQ(changes.summary(), "changed porch (events)");
}

TEST(ConfigDiff, AnAccountAndItsCamerasWaitForTheNextStart) {
    const std::string home = "accounts: [{vendor: nest, name: home}";
    const auto camera = [](std::string_view rest) {
        return fmt::format("]\ncameras: {{door: {{nest: {{account: home, camera: 0123abcd}}{}}}}}",
                           rest);
    };
    const std::string plain = home + camera("");
    for (const std::string& with :
         {plain, home + ", {vendor: nest, name: yard}" + camera(""), home + "]",
          home + camera(", way: snapshots"), home + camera(", name: Door")}) {
        const bool is_same = with == plain;
        for (const auto& changes : {between_texts(plain, with), between_texts(with, plain)}) {
            EXPECT_THAT(changes.at_next_start, testing::SizeIs(is_same ? 0 : 1)) << with;
            EXPECT_THAT(changes.cameras_changed, IsEmpty()) << "nothing is connected anew";
            EXPECT_THAT(changes.cameras_added, IsEmpty());
            EXPECT_THAT(changes.cameras_removed, IsEmpty());
        }
    }
    const Changes recorded = between_texts(plain, home + camera(", record: {mode: off}"));
    EXPECT_THAT(recorded.at_next_start, IsEmpty());
    ASSERT_EQ(recorded.cameras_changed.size(), 1u);
    EXPECT_TRUE(recorded.cameras_changed[0].recording);
    EXPECT_EQ(between_texts(plain, home + camera(", way: snapshots")).summary(),
              "at the next start: cameras.door");
}

TEST(ConfigDiff, SeesAChangedDefaultAtEveryCameraThatInheritsIt) {
    const Changes changes =
        between_texts("cameras: {a: {source: push}, b: {source: push, record: {keep: 1d}}}",
                      "defaults: {record: {keep: 7d}}\ncameras: {a: {source: push}, b: {source: "
                      "push, record: {keep: 1d}}}");
    ASSERT_EQ(changes.cameras_changed.size(), 1u);
    EXPECT_EQ(changes.cameras_changed[0].id, "a");
}

TEST(ConfigDiff, SeesAChangedSecret) {
    const Changes changes = between_texts("cameras: {a: {source: push, push_key: \"${A}\"}}",
                                          "cameras: {a: {source: push, push_key: \"${B}\"}}");
    ASSERT_EQ(changes.cameras_changed.size(), 1u);
    EXPECT_TRUE(changes.cameras_changed[0].source);
    EXPECT_EQ(changes.summary().find("key-number"), std::string::npos);
}

TEST(ConfigDiff, SeparatesListenersAndWhatWaitsForTheNextStart) {
    const Changes changes = between_texts("",
                                          "rtsp: {listen: \"127.0.0.1:1\"}\nlog: {level: "
                                          "debug}\nlinger: 1s\nio_threads: 2\ndata: /x\n");
    EXPECT_TRUE(changes.rtsp);
    EXPECT_FALSE(changes.rtmp);
    EXPECT_TRUE(changes.log);
    EXPECT_TRUE(changes.linger);
    EXPECT_FALSE(changes.http);
    EXPECT_THAT(changes.at_next_start, ElementsAre("data", "io_threads"));
    EXPECT_THAT(changes.cameras_changed, IsEmpty());
    EXPECT_EQ(changes.summary(), "changed rtsp, log, linger; at the next start: data, io_threads");
}

TEST(ConfigDiff, SeesThePageMoveOrChangeItsCertificate) {
    EXPECT_TRUE(between_texts("", "http: {listen: \"127.0.0.1:8791\"}").http);
    const Changes changes = between_texts("", "http: {tls: off}");
    EXPECT_TRUE(changes.http);
    EXPECT_EQ(changes.summary(), "changed http");
    EXPECT_FALSE(changes.empty());
}

TEST(ConfigDiff, SeesTokens) {
    const Changes changes = between_texts("", "tokens: [{name: e2e, secret: \"${A}${B}\"}]");
    EXPECT_TRUE(changes.tokens);
    EXPECT_EQ(changes.summary(), "changed tokens");
}

TEST(ConfigDiff, OpensRtmpForTheFirstCameraThatPushes) {
    EXPECT_TRUE(between_texts("", "cameras: {a: {source: push}}").rtmp);
    EXPECT_FALSE(
        between_texts("cameras: {b: {source: push}}", "cameras: {a: {source: push}}").rtmp);
}

}  // namespace
}  // namespace casement::app::config
