#include "app/sign_in/desk.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/clock.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/unit/net/loop.hpp"

namespace casement::app::sign_in {
namespace {

using base::ErrorKind;
using base::Result;
using camera::SignInAnswers;
using camera::SignInOutcome;

class SignInDesk : public testing::Test {
protected:
    SignInDesk() {
        config::Account home, yard, nursery;
        home.vendor = yard.vendor = config::Vendor::Nest;
        home.name = "home";
        home.sign_in = config::NestSignIn::NestToken;
        // Nobody listens there.
        home.endpoints = {{"home", "http://127.0.0.1:1"}, {"camera_api", "http://127.0.0.1:1"}};
        yard.name = "yard";
        yard.sign_in = config::NestSignIn::DeviceAccess;
        nursery.vendor = config::Vendor::Nanit;
        nursery.name = "home";
        desk_.set_accounts({home, yard, nursery});
    }

    Result<std::vector<camera::SignInWay>> ways(std::string vendor, std::string name) {
        return loop_.run([&] { return functions_.ways(vendor, name); });
    }
    Result<SignInOutcome> enter(std::string name, std::string way, SignInAnswers answers) {
        return loop_.run([&] { return functions_.enter("nest", name, way, answers); });
    }

    fakes::TempDirectory directory_;
    fakes::Clock clock_;
    async::BlockingPool disk_{"disk", 1};
    std::unique_ptr<store::SealedStore> sealed_ = *store::SealedStore::open(directory_.path());
    Desk desk_{*sealed_, disk_, clock_};
    api::SignInDesk functions_ = desk_.functions();
    net::tests::Loop loop_;
};

TEST_F(SignInDesk, TellsTheWaysOfEachAccountThatOfTheFileFirst) {
    const auto nest = ways("nest", "home");
    ASSERT_TRUE(nest) << nest.error().message();
    ASSERT_EQ(nest->size(), 4U);
    EXPECT_EQ(nest->front().id, "nest-token");
    EXPECT_EQ(ways("nanit", "home")->front().id, "password");
    EXPECT_EQ(ways("nest", "yard")->front().id, "project");
    EXPECT_TRUE(ways("nest", "other").error().is(ErrorKind::NotFound));
    EXPECT_TRUE(ways("arlo", "home").error().is(ErrorKind::NotFound));
}

TEST_F(SignInDesk, GoogleSPageComesBeforeItsCode) {
    const SignInAnswers answers{{"project", base::Secret("p-1 ")},
                                {"client_id", base::Secret("c.apps")},
                                {"client_secret", base::Secret("s")}};
    const auto outcome = enter("yard", "project", answers);
    ASSERT_TRUE(outcome) << outcome.error().message();
    const auto& next = std::get<camera::SignInWay>(*outcome);
    EXPECT_EQ(next.id, "consent");
    EXPECT_NE(next.link.find("/p-1/"), std::string::npos) << next.link;
    EXPECT_EQ(next.link.find("client_secret"), std::string::npos) << next.link;
}

TEST_F(SignInDesk, SaysWhatIsMissingTooLongOrNoWay) {
    const auto missing = enter("yard", "project", {{"project", base::Secret("  ")}});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().reason(), "missing");
    EXPECT_EQ(missing.error().message(), "Project id is missing.");
    EXPECT_TRUE(enter("yard", "code", {}).error().is(ErrorKind::InvalidArgument));
    EXPECT_TRUE(enter("home", "consent", {}).error().is(ErrorKind::InvalidArgument));
    EXPECT_TRUE(enter("home", "nest-token", {{"token", base::Secret(std::string(20'001, 'a'))}})
                    .error()
                    .is(ErrorKind::InvalidArgument));
    EXPECT_TRUE(enter("other", "nest-token", {}).error().is(ErrorKind::NotFound));
}

TEST_F(SignInDesk, KeepsNothingOfWhatDoesNotWork) {
    const auto outcome = enter("home", "nest-token", {{"token", base::Secret("b.TOKEN-OF-ANA")}});
    ASSERT_FALSE(outcome);
    EXPECT_TRUE(outcome.error().is(ErrorKind::Unavailable)) << outcome.error().message();
    EXPECT_TRUE(sealed_->names().empty());
    EXPECT_FALSE(enter("home", "code", {{"code", base::Secret("123456")}})) << "none was sent";
}

}  // namespace
}  // namespace casement::app::sign_in
