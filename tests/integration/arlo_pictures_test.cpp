// Pictures that devices upload, webhooks of what they say, and the listeners.

#include "tests/integration/arlo_rest_fixture.hpp"

namespace casement::app {
namespace {

using namespace tests;

// Pictures
// --------------------------------------------------------------------------------------------

TEST_F(ArloRest, EveryModelsPictureArrives) {
    open();
    int number = 20;
    for (const emu::Model model :
         {emu::Model::Wirefree, emu::Model::Pro2, emu::Model::Pro5, emu::Model::VideoBell}) {
        const std::string serial = fmt::format("CSM000000{:04}", number);
        start(options(model, serial, number++));
        const auto picture = fakes::run(
            io_, router_->execute({driver_->device(serial)->camera(),
                                   camera::TakeSnapshot{.wake = true}, Deadline::in(10s), "test"}));
        ASSERT_TRUE(picture) << serial << ": " << picture.error().message();
        EXPECT_TRUE(media::jpeg::parse(picture->body));
        EXPECT_EQ(picture->content_type, "image/jpeg");
        EXPECT_TRUE(picture->taken_at);
        until([&] { return dir_.read("arlo/" + serial + ".jpg").size() == picture->body.size(); });
    }
}

TEST_F(ArloRest, APictureThatComesTwiceLateOrBareIsTaken) {
    open();
    emu::Device& device = start(emu::Model::Pro2);
    device.faults().upload = emu::UploadFault::Twice;
    EXPECT_TRUE(snapshot(true));
    device.faults().upload = emu::UploadFault::Bare;
    EXPECT_TRUE(snapshot(true));
    device.faults().upload = emu::UploadFault::None;
    device.faults().upload_later = 1s;
    const auto late = snapshot(true, 300ms);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().kind(), base::ErrorKind::DeadlineExceeded);
    const auto before = driver_->album()->newest_at(kSerial);
    until([&] { return driver_->album()->newest_at(kSerial) != before; });
}

TEST_F(ArloRest, APictureThatIsNoneIsNoPicture) {
    open();
    emu::Device& device = start(emu::Model::Pro2);
    for (const emu::UploadFault fault : {emu::UploadFault::Truncated, emu::UploadFault::Empty}) {
        device.faults().upload = fault;
        EXPECT_FALSE(snapshot(true, 500ms));
    }
    EXPECT_GE(device.counters().uploads_failed, 2u);
    EXPECT_FALSE(driver_->album()->newest_at(kSerial));
}

TEST_F(ArloRest, ABatteryIsNotWokenForAPictureThatNobodyAskedFor) {
    open();
    emu::Device& device = start(emu::Model::Pro2);  // on battery
    const auto none = snapshot(false);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().reason(), "no-picture");
    EXPECT_EQ(device.counters().snapshots, 0u);
    const auto taken = snapshot(true);
    ASSERT_TRUE(taken);
    const auto kept = snapshot(false);
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->body, taken->body);
    EXPECT_EQ(kept->taken_at, taken->taken_at);
    EXPECT_EQ(device.counters().snapshots, 1u);
    // The hub's restart does not lose it.
    close();
    open();
    const auto after = snapshot(false);
    ASSERT_TRUE(after) << after.error().message();
    EXPECT_EQ(after->body, taken->body);
    EXPECT_EQ(device.counters().snapshots, 1u);
}

TEST_F(ArloRest, ThoseWhoAskAtTheSameTimeGetOnePicture) {
    open();
    emu::Device& device = start(emu::Model::Pro2);
    int done = 0;
    for (int i = 0; i < 4; ++i) {
        asio::co_spawn(io_,
                       router_->execute({camera(), camera::TakeSnapshot{.wake = true},
                                         Deadline::in(10s), "test"}),
                       [&](std::exception_ptr, base::Result<camera::CommandOutcome> outcome) {
                           EXPECT_TRUE(outcome);
                           ++done;
                       });
    }
    until([&] { return done == 4; });
    EXPECT_LE(device.counters().snapshots, 2u);
}

TEST_F(ArloRest, AnEventHasOnePictureOnBattery) {
    config_.event_pictures = true;
    open();
    emu::Device& device = start(emu::Model::Pro2);
    at_home([&] { device.see_motion({.seconds = 8}); });
    until([&] { return device.counters().alerts >= 1; });
    at_home([&] { device.see_motion({.seconds = 8}); });  // the same motion goes on
    until([&] { return driver_->album()->newest_at(kSerial).has_value(); });
    until([&] { return device.counters().alerts >= 2; });
    EXPECT_EQ(device.counters().snapshots, 1u);
    EXPECT_TRUE(snapshot(false));
}

// Webhooks
// --------------------------------------------------------------------------------------------

TEST_F(ArloRest, TheFormIsThatOfArloCamApi) {
    hook(config_.webhooks.motion, "/m", config::HookSpelling::Form);
    hook(config_.webhooks.motion_end, "/e", config::HookSpelling::Form);
    hook(config_.webhooks.status, "/s", config::HookSpelling::JsonNested);
    open();
    emu::Device& device = start(emu::Model::Pro2);
    at_home([&] { device.see_motion({.seconds = 1}); });
    until([&] { return !heard_["/e"].empty() && !heard_["/m"].empty(); });
    const net::Request& motion = heard_["/m"][0];
    EXPECT_EQ(motion.headers.get("Content-Type"), "application/x-www-form-urlencoded");
    EXPECT_THAT(motion.body, StartsWith(fmt::format(
                                 "ip={}&friendly_name={}&hostname=VMC4030P-A1B2C&serial_number={}&"
                                 "file_name=&time=",
                                 own_address(10), kSerial, kSerial)));
    EXPECT_THAT(motion.body, testing::EndsWith("&attempt=1"));
    EXPECT_THAT(heard_["/e"][0].body, testing::Not(HasSubstr("file_name")));
    EXPECT_EQ(json::parse(heard_["/s"][0].body)["status"]["Type"], "status");
}

TEST_F(ArloRest, AReceiverThatHangsDelaysNoSetUp) {
    hook(config_.webhooks.registration, "/hangs", config::HookSpelling::Json);
    hook(config_.webhooks.status, "/hangs", config::HookSpelling::Json);
    config_.webhooks.motion.url = base::Url::parse("http://127.0.0.1:1/refuses").value();
    receiver_hangs_ = true;
    open();
    const auto begin = std::chrono::steady_clock::now();
    emu::Device& device = start(emu::Model::Pro2);
    at_home([&] { device.see_motion(); });
    until([&] { return device.counters().alerts >= 1; });
    reboot(device);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s) << "less than one time-out of it";
    EXPECT_GE(device.counters().clock_sets, 2u);
    EXPECT_EQ(device.counters().undelivered, 0u);
}

// Listeners
// --------------------------------------------------------------------------------------------

TEST_F(ArloRest, AWideListenerIsWarnedOf) {
    config_.rest = config::ListenAddress{"0.0.0.0", 0};
    open();
    EXPECT_THAT(lines_, Contains(HasSubstr("it asks nobody who he is")));
    EXPECT_EQ(get("/").body, "PING");
}

TEST_F(ArloRest, OnLoopbackNobodyIsWarned) {
    open();
    EXPECT_THAT(lines_, testing::Not(Contains(HasSubstr("asks nobody"))));
}

TEST_F(ArloRest, WithoutItPicturesHaveAListenerOfTheirOwn) {
    config_.rest.reset();
    config_.upload_port = 0;
    // open() wants the interface; what it does not need here is done by hand.
    config_.rest = config::ListenAddress{own_address(200), 0};
    config_.listen = "127.0.0.1";
    open();
    EXPECT_NE(doors_->upload_port(), doors_->rest_port());
    start(emu::Model::Pro2);
    EXPECT_TRUE(snapshot(true));
}

}  // namespace
}  // namespace casement::app
