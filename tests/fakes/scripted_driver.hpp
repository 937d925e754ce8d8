#pragma once
// A driver without a vendor: one camera that has every kind of setting, sensor, command and a
// talk-back, and does what the test's script says.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "async/bell.hpp"
#include "camera/driver.hpp"

namespace casement::fakes {

/// The camera's own state lives here and survives the driver, as a camera's does: two drivers one
/// after the other see the same device.
struct ScriptedCamera {
    std::map<std::string, camera::Value> values{{"night_light", camera::LightValue{false, 20.0}},
                                                {"status_light", true},
                                                {"volume", 60.0},
                                                {"night_vision", std::string("auto")},
                                                {"siren", false},
                                                {"restart", camera::Value{}}};
    std::vector<std::pair<std::string, camera::Value>> asked;  // every set() in order
    std::vector<std::string> commands;
    bool sleeps = false;              // has no picture, and takes one when it may be woken
    int wakes = 0;                    // for pictures
    std::vector<std::size_t> talked;  // bytes of each unit
    bool talking = false;
    int restarts = 0;

    // The script.
    std::map<std::string, base::Error> answers;  // of set(), by setting, until removed
    bool reports = true;                         // tells its new value after set()
    bool hangs = false;                          // set() does not answer until go()
    std::optional<base::Error> run_fails;        // taken by the next run()
    bool found_at_start = true;

    /// What a power cut or a new registration does to many cameras.
    void reset() { values = ScriptedCamera{}.values; }
};

class ScriptedDriver final : public camera::CameraDriver {
public:
    ScriptedDriver(async::Executor executor, ScriptedCamera& device, std::string account = "home")
        : executor_(std::move(executor)),
          device_(device),
          account_(std::move(account)),
          go_(executor_, asio::steady_timer::time_point::max()) {}
    ~ScriptedDriver() override {
        if (gone) *gone = true;
    }

    camera::DriverHost* host = nullptr;  // while run() runs
    bool* gone = nullptr;                // set by the destructor
    std::string camera_id = "nursery";
    std::string subject;  // whom it watches
    int runs = 0;

    void go() {
        device_.hangs = false;
        go_.cancel();
    }

    camera::Description description() const {
        using namespace camera;
        Description d;
        d.id = camera_id;
        d.unique_id = camera_id == "nursery" ? "scripted:0001" : "scripted:" + camera_id;
        d.name = "Nursery";
        d.subject = subject;
        d.account = account_;
        d.model = "Scripted";
        d.capabilities = {Capability::LiveVideo,   Capability::LiveAudio,    Capability::Snapshot,
                          Capability::TwoWayAudio, Capability::NightLight,   Capability::Siren,
                          Capability::PanTilt,     Capability::SoundMachine, Capability::Reboot,
                          Capability::MotionEvents};
        d.talk = Duplex::Half;
        d.qualities = {Quality::Main, Quality::Small};
        const auto add = [&](std::string id, std::string name, SettingKind kind,
                             SettingGroup group) -> Setting& {
            Setting s;
            s.reported = device_.values.at(id);
            s.id = std::move(id);
            s.name = std::move(name);
            s.kind = std::move(kind);
            s.group = group;
            return d.settings.emplace_back(std::move(s));
        };
        add("night_light", "Night light", Light{.min = 0, .max = 100, .step = 5},
            SettingGroup::LightAndSound);
        add("status_light", "Status light", Toggle{}, SettingGroup::Device);
        add("volume", "Speaker volume", Range{.min = 0, .max = 100, .step = 5, .unit = "%"},
            SettingGroup::LightAndSound);
        add("night_vision", "Night vision",
            Choice{{{"auto", "Auto"}, {"on", "On"}, {"off", "Off"}}}, SettingGroup::Picture);
        add("siren", "Siren", Toggle{}, SettingGroup::Alarms).restore = false;
        add("restart", "Restart", Button{"Restart", true}, SettingGroup::Device);
        const auto sense = [&](std::string id, SensorKind kind, std::string unit) {
            Sensor s;
            s.name = s.id = std::move(id);
            s.kind = kind;
            s.unit = std::move(unit);
            d.sensors.push_back(std::move(s));
        };
        sense("temperature", SensorKind::Temperature, "°C");
        sense("motion", SensorKind::Motion, "");
        sense("wifi", SensorKind::Text, "");
        return d;
    }

    async::Executor executor() const override { return executor_; }
    std::string vendor() const override { return "scripted"; }
    std::string name() const override { return account_; }

    async::Task<base::Result<>> run(camera::DriverHost& given) override {
        ++runs;
        if (device_.run_fails)
            co_return std::unexpected(*std::exchange(device_.run_fails, std::nullopt));
        host = &given;
        given.account_changed({.word = camera::AccountState::Word::SignedIn,
                               .reason = {},
                               .expires_at = {},
                               .renewed_at = {}});
        if (device_.found_at_start) {
            given.camera_found(description());
            given.state_changed(camera_id, {camera::StateWord::Live, {}, {}});
        }
        asio::steady_timer forever(executor_, asio::steady_timer::time_point::max());
        co_await forever.async_wait(async::as_value);
        host = nullptr;
        co_return base::Result<>{};
    }

    async::Task<base::Result<camera::StreamEndpoint>> endpoint(std::string, camera::Quality quality,
                                                               async::Deadline) override {
        camera::StreamEndpoint out;
        out.way = camera::TestPicture{};
        out.quality = quality;
        co_return out;
    }

    async::Task<base::Result<>> set(std::string id, std::string setting, camera::Value value,
                                    async::Deadline deadline) override {
        device_.asked.emplace_back(setting, value);
        if (device_.hangs) {
            // Either the test lets it go or the deadline does.
            go_.expires_at(std::min(deadline.time(), asio::steady_timer::time_point::max()));
            const auto [ec] = co_await go_.async_wait(async::as_value);
            if (!ec)
                co_return base::fail(base::ErrorKind::DeadlineExceeded,
                                     "no answer from the camera");
        }
        if (const auto answer = device_.answers.find(setting); answer != device_.answers.end())
            co_return std::unexpected(answer->second);
        if (setting == "restart") {
            ++device_.restarts;
            co_return base::Result<>{};
        }
        device_.values[setting] = value;
        if (device_.reports) host->setting_reported(id, setting, value);
        co_return base::Result<>{};
    }

    async::Task<base::Result<camera::CommandOutcome>> execute(camera::Command command) override {
        device_.commands.emplace_back(camera::command_name(command.arguments));
        camera::CommandOutcome outcome;
        if (const auto* picture = std::get_if<camera::TakeSnapshot>(&command.arguments)) {
            if (picture->wake) ++device_.wakes;
            if (device_.sleeps && !picture->wake)
                co_return base::fail_because("no-picture", base::ErrorKind::NotFound,
                                             "No picture was ever taken.");
            outcome.body = media::Bytes::from({0xFF, 0xD8, 0xFF, 0xD9});
            outcome.content_type = "image/jpeg";
        }
        if (std::holds_alternative<camera::MovePanTilt>(command.arguments))
            co_return base::fail(base::ErrorKind::Unavailable, "the motor is busy");
        co_return outcome;
    }

    async::Task<base::Result<std::unique_ptr<camera::TalkSink>>> talk(std::string,
                                                                      async::Deadline) override {
        if (device_.talking)
            co_return base::fail_because("busy", base::ErrorKind::Unavailable,
                                         "somebody is talking already");
        co_return std::make_unique<Sink>(device_);
    }

private:
    class Sink final : public camera::TalkSink {
    public:
        explicit Sink(ScriptedCamera& device) : device_(device) { device_.talking = true; }
        ~Sink() override { device_.talking = false; }
        std::vector<media::CodecParametersPtr> accepted() const override {
            media::CodecParameters pcmu;
            pcmu.codec = media::Codec::Pcmu;
            pcmu.sample_rate = 8000;
            pcmu.channels = 1;
            return {std::make_shared<const media::CodecParameters>(pcmu)};
        }
        camera::Duplex duplex() const override { return camera::Duplex::Half; }
        async::Task<base::Result<>> write(media::AccessUnitPtr unit, std::size_t) override {
            device_.talked.push_back(unit->data.size());
            co_return base::Result<>{};
        }
        async::Task<base::Result<>> close() override {
            device_.talking = false;
            co_return base::Result<>{};
        }

    private:
        ScriptedCamera& device_;
    };

    async::Executor executor_;
    ScriptedCamera& device_;
    std::string account_;
    asio::steady_timer go_;
};

}  // namespace casement::fakes
