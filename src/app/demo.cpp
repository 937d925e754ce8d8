#include "app/demo.hpp"

#include <unistd.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "app/nanit_api.hpp"
#include "async/deadline.hpp"
#include "base/random.hpp"
#include "drivers/nanit/sign_in.hpp"

namespace casement::app {

namespace arlo = emulators::arlo;
namespace nanit = emulators::nanit;
namespace testcam = emulators::testcam;

namespace {

constexpr std::chrono::seconds kRedial{2};
constexpr std::chrono::seconds kConnectTime{5};

// Soon enough for whoever has just opened the page, then seldom: each costs an encoder for a while.
constexpr std::chrono::seconds kFirstMotion{20}, kFirstRing{45}, kFirstStir{30};
constexpr std::chrono::minutes kMotionEvery{10}, kRingEvery{15}, kStirEvery{12};
constexpr std::int64_t kMotionSeconds = 10;
constexpr int kLargestHeight = 360;
constexpr const char* kPorchSerial = "DEMOPORCH1";
constexpr const char* kDoorSerial = "DEMODOOR1";
constexpr const char* kNanitAccount = "demo";
constexpr std::chrono::seconds kSignInTime{5};

/// Its own loopback network for each demo of this machine, as its process number is its own:
/// 127.64.0.N to 127.127.255.N.
std::string loopback(int last) {
    const auto number = static_cast<unsigned>(::getpid());
    return fmt::format("127.{}.{}.{}", 64 + (number >> 8) % 64, number % 256, last);
}

arlo::DeviceOptions device(arlo::Model model, const char* serial, int last) {
    arlo::DeviceOptions out;
    out.profile = arlo::profile(model);
    out.serial = serial;
    out.address = loopback(last);
    out.base.address = loopback(1);
    out.largest_height = kLargestHeight;
    return out;
}

/// What the hub knows of the cloud; TLS would need a file that it trusts.
config::Account account_of(const nanit::Household& nursery) {
    config::Account out;
    out.vendor = config::Vendor::Nanit;
    out.name = kNanitAccount;
    out.endpoints = {
        {"api", nursery.api_url()}, {"relay", nursery.relay_url()}, {"media", nursery.media_url()}};
    for (const nanit::Household::Member& member : nursery.members())
        out.cameras[member.camera_uid].address = member.door_address();
    return out;
}

config::Camera camera(const config::Config& config, std::string id, std::string name,
                      config::Source source) {
    config::Camera out;
    out.id = std::move(id);
    out.name = std::move(name);
    out.source = std::move(source);
    out.record = config.defaults.record;
    return out;
}

/// Each costs an encoder while it streams.
void only_when_wanted(config::Camera& camera) {
    camera.on_demand = true;
    if (camera.record.mode == config::RecordMode::Always)
        camera.record.mode = config::RecordMode::Events;
    camera.has_record_mode = true;
}

}  // namespace

Demo::Demo(async::Executor executor, base::Log log)
    : log_(log.with("component", "demo")),
      push_key_(base::random_hex(16)),
      password_(base::random_hex(12)),
      tasks_(std::move(executor), log) {}

async::Task<base::Result<std::unique_ptr<Demo>>> Demo::open(async::Executor executor,
                                                            async::BlockingPool& pool,
                                                            const base::Clock& clock,
                                                            const config::Config& config,
                                                            std::string data, base::Log log) {
    std::unique_ptr<Demo> demo(new Demo(executor, log));
    const ffmpeg::TestPictureOptions pictures[] = {
        {.name = "Garden", .hue = 90},
        {.name = "Hall", .hue = 210},
        {.name = "Workshop",
         .audio =
             ffmpeg::AudioFormat{.codec = media::Codec::Pcmu, .sample_rate = 8000, .channels = 1},
         .hue = 30},
    };
    for (const ffmpeg::TestPictureOptions& picture : pictures) {
        CASEMENT_CO_TRY(auto feed,
                        co_await testcam::Feed::open(executor, pool, clock, picture, log));
        demo->feeds_.push_back(std::move(feed));
    }
    CASEMENT_CO_TRY(demo->garden_,
                    testcam::RtspCamera::listen(demo->feeds_[0], {.path = "garden"}, log));
    CASEMENT_CO_TRY(demo->workshop_,
                    testcam::RtspCamera::listen(
                        demo->feeds_[2],
                        {.path = "workshop", .user = "demo", .password = demo->password_}, log));
    demo->hall_ =
        std::make_unique<testcam::RtmpPublisher>(demo->feeds_[1], net::ConnectOptions{}, log);
    if (!config.arlo.enabled) demo->start_arlo(pool, clock);
    demo->start_nanit(pool, clock, data);
    co_return demo;
}

/// They boot for a second and then call: the base station listens by then. Nothing is encoded
/// before somebody looks.
void Demo::start_arlo(async::BlockingPool& pool, const base::Clock& clock) {
    const async::Executor& executor = feeds_[0]->executor();
    auto porch = arlo::Device::start(executor, pool, clock,
                                     device(arlo::Model::Pro2, kPorchSerial, 10), log_);
    auto door = arlo::Device::start(executor, pool, clock,
                                    device(arlo::Model::VideoBell, kDoorSerial, 11), log_);
    if (porch && door) {
        porch_ = std::move(*porch);
        door_ = std::move(*door);
        return;
    }
    log_.info("The demo goes without its Arlo devices, which need port 554: {}",
              (porch ? door : porch).error().message());
}

void Demo::start_nanit(async::BlockingPool& pool, const base::Clock& clock,
                       const std::string& data) {
    nanit::HouseholdOptions options;
    options.user.password = password_;
    options.tls = false;
    options.folder = data + "/demo-nursery";
    options.camera.picture.width = 640;
    options.camera.picture.height = 480;
    options.camera.picture.fps = 10;
    auto started =
        nanit::Household::start(feeds_[0]->executor(), pool, clock, std::move(options), log_);
    if (started) {
        nursery_ = std::move(*started);
    } else {
        log_.info("The demo goes without its nursery: {}", started.error().message());
    }
}

async::Task<> Demo::sign_in(store::SealedStore& sealed, async::BlockingPool& pool,
                            const base::Clock& clock) {
    if (!nursery_) co_return;
    const auto tokens = nursery_->cloud().accounts().issue(nursery_->options().user.email);
    const auto options = nanit_api_options(account_of(*nursery_));
    if (!tokens || !options) co_return;
    drivers::nanit::Api api(feeds_[0]->executor(), clock, *options);
    drivers::nanit::SignIn sign_in(api, sealed, pool, clock, kNanitAccount);
    const auto done =
        co_await sign_in.with_refresh_token(tokens->refresh, async::Deadline::in(kSignInTime));
    if (!done) log_.warn("The demo is not signed in to its nursery: {}", done.error().message());
}

void Demo::add_nursery(config::Config& config) const {
    if (!nursery_) return;
    const auto is_theirs = [](const config::Account& one) { return one.name == kNanitAccount; };
    if (std::ranges::any_of(config.accounts, is_theirs)) return;
    config.accounts.push_back(account_of(*nursery_));
    config::Camera entry = camera(config, "nursery", "Nursery", std::monostate{});
    entry.nanit = config::NanitCamera{kNanitAccount, nursery_->members().front().baby_uid};
    only_when_wanted(entry);
    if (!config.camera(entry.id)) config.cameras.push_back(std::move(entry));
}

void Demo::add_cameras(config::Config& config) const {
    const auto add = [&](config::Camera camera) {
        if (!config.camera(camera.id)) config.cameras.push_back(std::move(camera));
    };
    const auto pull = [](const std::string& text) {
        auto url = base::Url::parse(text);
        return config::PullSource{url ? std::move(*url) : base::Url{}};
    };
    add(camera(config, "garden", "Garden", pull(garden_->url())));
    config::PullSource workshop = pull(workshop_->url());
    workshop.url.user = "demo";
    workshop.url.password = password_;
    add(camera(config, "workshop", "Workshop", std::move(workshop)));
    config::Camera hall = camera(config, "hall", "Hall", config::PushSource{});
    hall.push_key = push_key_;
    add(std::move(hall));
    add_nursery(config);
    if (!porch_) return;
    config.arlo = {};
    config.arlo.enabled = true;
    config.arlo.listen = config.arlo.gateway = loopback(1);
    config.arlo.rest = config::ListenAddress{loopback(1), config.arlo.upload_port};
    for (const auto& [id, name, serial] :
         {std::tuple{"porch", "Porch", kPorchSerial}, {"door", "Front door", kDoorSerial}}) {
        config::Camera entry = camera(config, id, name, std::monostate{});
        entry.arlo = config::ArloCamera{serial};
        // On a battery its minutes of the day would be over after a few looks.
        entry.power = config::Power::Wired;
        only_when_wanted(entry);
        add(std::move(entry));
    }
}

void Demo::start(std::uint16_t rtmp_port) {
    if (rtmp_port != 0)
        tasks_.spawn("demo publisher", [this, rtmp_port] { return keep_publishing(rtmp_port); });
    if (nursery_) tasks_.spawn("demo nursery", [this] { return keep_stirring(); });
    if (!porch_) return;
    tasks_.spawn("demo motion", [this] { return keep_moving(); });
    tasks_.spawn("demo ringing", [this] { return keep_ringing(); });
}

async::Task<> Demo::keep_moving() {
    if (!co_await async::sleep_for(kFirstMotion)) co_return;
    for (;;) {
        porch_->see_motion({.seconds = kMotionSeconds});
        if (!co_await async::sleep_for(kMotionEvery)) co_return;
    }
}

async::Task<> Demo::keep_ringing() {
    if (!co_await async::sleep_for(kFirstRing)) co_return;
    for (;;) {
        door_->press_button();
        if (!co_await async::sleep_for(kRingEvery)) co_return;
    }
}

/// Of the cloud's messages, which the hub asks for: one of each kind in turn.
async::Task<> Demo::keep_stirring() {
    if (!co_await async::sleep_for(kFirstStir)) co_return;
    for (bool is_sound = false;; is_sound = !is_sound) {
        (void)nursery_->cloud().nursery().add_message(nursery_->members().front().baby_uid,
                                                      is_sound ? "SOUND" : "MOTION");
        if (!co_await async::sleep_for(kStirEvery)) co_return;
    }
}

async::Task<> Demo::keep_publishing(std::uint16_t rtmp_port) {
    const std::string url =
        fmt::format("rtmp://127.0.0.1:{}/push/{}", rtmp_port, push_key_.reveal());
    for (;;) {
        const auto ended = co_await hall_->publish(url, async::Deadline::in(kConnectTime));
        if (!ended && ended.error().is(base::ErrorKind::Cancelled)) co_return;
        if (!ended) log_.debug("The pushing camera calls again: {}", ended.error().message());
        if (!co_await async::sleep_for(kRedial)) co_return;
    }
}

async::Task<> Demo::stop() {
    co_await tasks_.stop();
    co_await garden_->stop();
    co_await workshop_->stop();
    if (nursery_) co_await nursery_->stop();
    if (!porch_) co_return;
    co_await porch_->stop();
    co_await door_->stop();
}

}  // namespace casement::app
