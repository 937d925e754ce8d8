#include "app/push_address.hpp"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/fakes/temp_directory.hpp"
#include "tests/unit/app/config/environment.hpp"

namespace casement::app {
namespace {

using base::Secret;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

constexpr const char* kOwn = "192.168.1.10";

config::Loaded parse(const std::string& text, std::map<std::string, std::string> variables = {}) {
    return config::parse(text, "casement.yaml", config::environment_of(std::move(variables)));
}
PushAddresses addresses(const std::string& text, const std::string& own = kOwn) {
    return push_addresses(parse(text).config, Secret("k-1"), own);
}

TEST(PushAddresses, NameTheMachineWhereItListensEverywhere) {
    const PushAddresses plain = addresses("");
    EXPECT_EQ(plain.rtmp, "rtmp://192.168.1.10:1935/push/k-1");
    EXPECT_EQ(plain.rtsp, "rtsp://192.168.1.10:8554/push/k-1");
    EXPECT_EQ(addresses("", "fd00::1").rtmp, "rtmp://[fd00::1]:1935/push/k-1");
}

TEST(PushAddresses, NameTheListenersWhereTheyAreParticular) {
    const PushAddresses out =
        addresses("rtmp: {listen: \"10.0.0.2:1936\"}\nrtsp: {listen: \"[fd00::2]:8555\"}");
    EXPECT_EQ(out.rtmp, "rtmp://10.0.0.2:1936/push/k-1");
    EXPECT_EQ(out.rtsp, "rtsp://[fd00::2]:8555/push/k-1");
}

TEST(PushAddresses, NameWhatIsAdvertised) {
    const PushAddresses out = addresses("rtmp: {advertise: \"hub.example.test:11935\"}");
    EXPECT_EQ(out.rtmp, "rtmp://hub.example.test:11935/push/k-1");
    EXPECT_EQ(out.rtsp, "rtsp://hub.example.test:8554/push/k-1");
}

TEST(PushKeys, AreMadeOnceAndKept) {
    const fakes::TempDirectory data;
    const auto sealed = store::SealedStore::open(data.path()).value();
    const Secret key = kept_push_key(*sealed, "porch").value();
    EXPECT_THAT(key.reveal(), MatchesRegex("[0-9a-f]+"));
    EXPECT_EQ(key.reveal().size(), 32u);
    EXPECT_EQ(kept_push_key(*sealed, "porch").value(), key);
    EXPECT_NE(kept_push_key(*sealed, "hall").value(), key);
    const Secret next = replace_push_key(*sealed, "porch").value();
    EXPECT_NE(next, key);
    EXPECT_EQ(kept_push_key(*sealed, "porch").value(), next);
}

class ShowPushAddress : public testing::Test {
protected:
    int show(const std::string& camera, bool is_new = false) {
        out.str("");
        err.str("");
        const cli::Console console{out, err, json};
        return show_push_address(console, parse(file, variables),
                                 {data.path("nothing-here"), data.path()},
                                 {camera, !is_new, is_new}, kOwn);
    }

    const fakes::TempDirectory data;
    std::string file =
        "cameras: {porch: {source: push}, named: {source: push, push_key: \"${KEY}\"}, hall: "
        "{source: \"rtsp://10.0.0.9/a\"}}";
    std::map<std::string, std::string> variables{{"KEY", "key-of-the-file"}};
    std::ostringstream out, err;
    bool json = false;
};

TEST_F(ShowPushAddress, ShowsTheKeyThatTheHubHas) {
    const auto hub = store::SealedStore::open(data.path()).value();
    const Secret key = kept_push_key(*hub, "porch").value();
    ASSERT_EQ(show("porch"), cli::kOk) << err.str();
    EXPECT_EQ(out.str(),
              fmt::format("rtmp://192.168.1.10:1935/push/{0}\nrtsp://192.168.1.10:8554/push/{0}\n",
                          key.reveal()));
    EXPECT_THAT(err.str(), HasSubstr("in the camera's place"));
    json = true;
    ASSERT_EQ(show("porch"), cli::kOk);
    EXPECT_EQ(nlohmann::json::parse(out.str())["rtmp"],
              "rtmp://192.168.1.10:1935/push/" + key.reveal());
}

TEST_F(ShowPushAddress, MakesAKeyForACameraThatTheHubHasNotSeenYet) {
    const auto hub = store::SealedStore::open(data.path()).value();
    ASSERT_EQ(show("porch"), cli::kOk) << err.str();
    EXPECT_THAT(out.str(), HasSubstr("/push/" + kept_push_key(*hub, "porch").value().reveal()))
        << "the hub must find that key and make no other";
}

TEST_F(ShowPushAddress, ReplacesTheKeyWhenAsked) {
    const auto hub = store::SealedStore::open(data.path()).value();
    const Secret old = kept_push_key(*hub, "porch").value();
    ASSERT_EQ(show("porch", true), cli::kOk) << err.str();
    EXPECT_THAT(out.str(), Not(HasSubstr(old.reveal())));
    EXPECT_THAT(
        err.str(),
        HasSubstr("The hub is not running; it uses the new address from its next start on."));
    EXPECT_EQ(kept_push_key(*hub, "porch").value(), old)
        << "a running hub goes on until its reload";
    ASSERT_TRUE(hub->refresh());
    EXPECT_THAT(out.str(), HasSubstr(kept_push_key(*hub, "porch").value().reveal()));
}

TEST_F(ShowPushAddress, ShowsTheKeyOfTheFileButDoesNotReplaceIt) {
    ASSERT_EQ(show("named"), cli::kOk) << err.str();
    EXPECT_THAT(out.str(), HasSubstr("/push/key-of-the-file\n"));
    EXPECT_EQ(show("named", true), cli::kFailed);
    EXPECT_EQ(err.str(),
              "casement: the key of named is what push_key in casement.yaml refers to; change it "
              "there, and send the hub a SIGHUP\n");
    EXPECT_EQ(out.str(), "");
}

TEST_F(ShowPushAddress, SaysWhenTheKeyOfTheFileIsOutOfReach) {
    variables.clear();
    EXPECT_EQ(show("named"), cli::kFailed);
    EXPECT_THAT(err.str(),
                HasSubstr("run it with the environment of the hub (cameras.named.push_key: "));
    EXPECT_THAT(err.str(), HasSubstr("KEY"));
    EXPECT_FALSE(std::filesystem::exists(data.path("secrets")))
        << "no key may be made in its place";
}

TEST_F(ShowPushAddress, KnowsCamerasThatDoNotPushAndThoseThatAreNotThere) {
    EXPECT_EQ(show("hall"), cli::kFailed);
    EXPECT_THAT(err.str(), HasSubstr("hall does not come to the hub"));
    EXPECT_EQ(show("proch"), cli::kFailed);
    EXPECT_EQ(err.str(),
              "casement: there is no camera \"proch\" in casement.yaml; did you mean \"porch\"?\n");
}

TEST_F(ShowPushAddress, MakesNothingWhereNoHubEverRan) {
    EXPECT_EQ(show("porch"), cli::kFailed);
    EXPECT_THAT(err.str(), HasSubstr("start the hub once with `casement serve`"));
    EXPECT_TRUE(std::filesystem::is_empty(data.path()));
}

}  // namespace
}  // namespace casement::app
