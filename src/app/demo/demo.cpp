#include "app/demo/demo.hpp"

#include <algorithm>
#include <utility>

#include "async/deadline.hpp"
#include "base/random.hpp"

namespace casement::app {

namespace testcam = emulators::testcam;

namespace {

constexpr std::chrono::seconds kRedial{2};
constexpr std::chrono::seconds kConnectTime{5};

}  // namespace

namespace demo {

config::Camera camera(const config::Config& config, std::string id, std::string name,
                      config::Source source) {
    config::Camera out;
    out.id = std::move(id);
    out.name = std::move(name);
    out.source = std::move(source);
    out.record = config.defaults.record;
    return out;
}

void add(config::Config& config, config::Camera camera) {
    if (!config.camera(camera.id)) config.cameras.push_back(std::move(camera));
}

void only_when_wanted(config::Camera& camera) {
    camera.on_demand = true;
    if (camera.record.mode == config::RecordMode::Always)
        camera.record.mode = config::RecordMode::Events;
    camera.has_record_mode = true;
}

bool has_account(const config::Config& config, const std::string& name) {
    return std::ranges::find(config.accounts, name, &config::Account::name) !=
           config.accounts.end();
}

}  // namespace demo

Demo::Demo(const demo::Surroundings& surroundings)
    : log_(surroundings.log),
      push_key_(base::random_hex(16)),
      password_(base::random_hex(12)),
      tasks_(surroundings.executor, surroundings.log) {}

async::Task<base::Result<std::unique_ptr<Demo>>> Demo::open(demo::Surroundings surroundings,
                                                            const config::Config& config) {
    surroundings.log = surroundings.log.with("component", "demo");
    const auto& [executor, pool, clock, data, log] = surroundings;
    std::unique_ptr<Demo> demo(new Demo(surroundings));
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
    const auto take = [&demo](std::unique_ptr<demo::Part> part) {
        if (part) demo->parts_.push_back(std::move(part));
    };
    take(demo::start_nanit(surroundings));
    take(demo::start_nest(surroundings));
    if (!config.arlo.enabled) take(demo::start_arlo(surroundings));
    co_return demo;
}

async::Task<> Demo::sign_in(store::SealedStore& sealed) {
    for (const auto& part : parts_) co_await part->sign_in(sealed);
}

void Demo::add_to(config::Config& config) const {
    const auto pull = [](const std::string& text) {
        auto url = base::Url::parse(text);
        return config::PullSource{url ? std::move(*url) : base::Url{}};
    };
    demo::add(config, demo::camera(config, "garden", "Garden", pull(garden_->url())));
    config::PullSource workshop = pull(workshop_->url());
    workshop.url.user = "demo";
    workshop.url.password = password_;
    demo::add(config, demo::camera(config, "workshop", "Workshop", std::move(workshop)));
    config::Camera hall = demo::camera(config, "hall", "Hall", config::PushSource{});
    hall.push_key = push_key_;
    demo::add(config, std::move(hall));
    for (const auto& part : parts_) part->add_to(config);
}

void Demo::start(std::uint16_t rtmp_port) {
    if (rtmp_port != 0)
        tasks_.spawn("demo publisher", [this, rtmp_port] { return keep_publishing(rtmp_port); });
    for (const auto& part : parts_) part->start(tasks_);
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
    for (const auto& part : parts_) co_await part->stop();
}

}  // namespace casement::app
