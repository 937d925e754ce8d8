#include "app/house.hpp"

#include <sys/statvfs.h>

#include <iostream>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "api/api.hpp"
#include "api/auth_store.hpp"
#include "app/arlo_base.hpp"
#include "app/arlo_doors.hpp"
#include "app/camera_logs.hpp"
#include "app/camera_streams.hpp"
#include "app/clips.hpp"
#include "app/control.hpp"
#include "app/demo/demo.hpp"
#include "app/device_access.hpp"
#include "app/ears.hpp"
#include "app/generic_cameras.hpp"
#include "app/hooks.hpp"
#include "app/http_door.hpp"
#include "app/listening.hpp"
#include "app/mqtt.hpp"
#include "app/nanit_accounts.hpp"
#include "app/nest_accounts.hpp"
#include "app/recording.hpp"
#include "app/sign_in/desk.hpp"
#include "app/version.hpp"
#include "app/web_root.hpp"
#include "base/time_scale.hpp"
#include "camera/registry.hpp"
#include "camera/router.hpp"
#include "drivers/generic/generic.hpp"
#include "events/event_log.hpp"
#include "hub/stream_hub.hpp"
#include "outputs/fanout/wire_stream.hpp"
#include "outputs/mjpeg/pictures.hpp"
#include "outputs/mse/session.hpp"
#include "outputs/rtmp/server.hpp"
#include "outputs/rtsp/server.hpp"
#include "recorder/recorder.hpp"
#include "sources/open_source.hpp"
#include "sources/rtsp/farewell.hpp"
#include "sources/rtsp/journal.hpp"
#include "store/files.hpp"
#include "store/sealed.hpp"
#include "store/store.hpp"

namespace casement::app {

namespace {

// The recorder looks at its cameras' streams about once a second; twice that must still be there.
constexpr std::chrono::milliseconds kRecorderReach{2'000};
// TEARDOWN for what a crash left, per camera, before the cameras are opened again.
constexpr std::chrono::milliseconds kFarewellTime{1'000};
// For a request that a client of the base station has under way, and for webhooks that wait.
constexpr std::chrono::milliseconds kDoorPatience{500}, kHookPatience{1'000};

/// Members stand in the order of their lives: what is above outlives what is below. Lives on the
/// first io thread.
class House final : public RunningHub {
public:
    House(const Start& start, IoThreads& threads)
        : start_(start),
          first_(threads.first()),
          executors_(threads.executors()),
          config_(start.config),
          hub_(executors_, clock_, log_.component("hub")),
          tasks_(first_, log_) {}

    async::Task<base::Result<>> open();
    async::Task<> apply(const config::Config& next, const config::Changes& changes) override;
    void add_stages(Shutdown& shutdown) override;
    void finish_blocking_calls() override;

private:
    base::Result<> open_stores();
    base::Result<> open_cameras();
    void open_broker();
    base::Result<> open_arlo();
    base::Result<> open_nanit();
    base::Result<> open_nest();
    void furnish_desk();
    void open_http();
    void move_http();
    void open_doors();
    void open_rtsp();
    void open_rtmp();
    void tell_commands();
    void greet();
    async::Task<> move_doors(const config::Changes& changes);
    base::Result<std::vector<drivers::generic::CameraConfig>> read_cameras();
    void update_cameras(const config::Changes& changes);
    void set_static_tokens();
    config::Record record_of(const std::string& camera) const;
    bool says_battery(const std::string& camera) const;
    bool makes_sound_events(const std::string& camera) const;
    void record(const std::shared_ptr<hub::Stream>& stream);
    StreamPlan plan_of(const std::string& camera) const;
    api::HealthReport health() const;

    const Start& start_;
    const async::Executor first_;
    const std::vector<async::Executor> executors_;
    config::Config config_;
    base::SystemClock clock_;
    const base::Log log_;

    std::unique_ptr<store::Store> store_;
    std::unique_ptr<store::SealedStore> sealed_;
    std::unique_ptr<events::EventLog> events_;
    std::unique_ptr<camera::DesiredState> desired_;
    std::unique_ptr<notify::Webhooks> webhooks_;
    std::unique_ptr<ArloHooks> arlo_hooks_;  // as the doors, none without a base station
    async::BlockingPool hashing_{"hashing", 1};
    async::BlockingPool codecs_{"codecs", 2};
    async::BlockingPool small_files_{"small-files", 1};
    async::BlockingPool vendors_{"vendors", 1};  // waits for locks between processes
    std::unique_ptr<api::AuthStore> auth_;
    std::unique_ptr<recorder::FileSystem> files_;
    std::unique_ptr<sources::rtsp::FileJournal> journal_;

    hub::StreamHub hub_;
    outputs::fanout::FanOut fan_out_;
    outputs::mjpeg::Pictures pictures_{codecs_};
    std::unique_ptr<camera::DriverRegistry> registry_;
    std::unique_ptr<camera::CommandRouter> router_;
    std::unique_ptr<notify::mqtt::Mqtt> mqtt_;       // null without a broker
    drivers::generic::Driver* generic_ = nullptr;    // owned by the registry
    drivers::arlo::Driver* arlo_ = nullptr;          // as generic_; null without a base station
    std::vector<drivers::nanit::Driver*> nanit_;     // as generic_
    std::map<std::string, base::Secret> push_keys_;  // of the cameras that come to the hub
    std::unique_ptr<recorder::Recorder> recorder_;
    std::unique_ptr<Footage> footage_;
    std::unique_ptr<Demo> demo_;
    std::unique_ptr<CameraStreams> streams_;
    std::unique_ptr<Ears> ears_;
    std::size_t next_executor_ = 0;

    Listening listening_;
    std::unique_ptr<Clips> clips_;
    std::unique_ptr<ArloDoors> arlo_doors_;
    std::unique_ptr<sign_in::Desk> sign_in_;
    std::unique_ptr<api::Api> desk_;
    std::unique_ptr<HttpDoor> http_;
    std::unique_ptr<outputs::SessionServer> rtsp_;
    std::unique_ptr<outputs::SessionServer> rtmp_;
    std::unique_ptr<ControlFiles> control_;
    async::TaskGroup tasks_;
};

async::Task<base::Result<>> House::open() {
    CASEMENT_CO_TRY(open_stores());
    if (start_.is_demo) {
        CASEMENT_CO_TRY(demo_, co_await Demo::open(
                                   {first_, codecs_, clock_, start_.data.string(), log_}, config_));
        demo_->add_to(config_);
        co_await demo_->sign_in(*sealed_);
    }
    // Before any camera is opened: some take no second session while they still stream to the one
    // that a crash left.
    co_await sources::rtsp::replay(
        *journal_,
        [this](const sources::rtsp::OpenSession& session)
            -> std::optional<sources::rtsp::RtspOptions> {
            const config::Camera* camera = config_.camera(session.camera);
            const auto* pull = camera ? std::get_if<config::PullSource>(&camera->source) : nullptr;
            if (!pull) return std::nullopt;
            camera::PullRtsp way;
            way.url = pull->url;
            return sources::rtsp::options_of(way, session.camera);
        },
        kFarewellTime);
    CASEMENT_CO_TRY(open_cameras());
    open_doors();
    greet();
    co_return base::Result<>{};
}

base::Result<> House::open_stores() {
    CASEMENT_TRY(store_, store::Store::open((start_.data / "casement.db").string()));
    CASEMENT_TRY(sealed_, store::SealedStore::open(start_.data.string()));
    CASEMENT_TRY(events_, events::EventLog::open(*store_, clock_));
    CASEMENT_TRY(desired_, camera::DesiredState::open(*store_));
    webhooks_ = std::make_unique<notify::Webhooks>(first_, webhooks_of(config_), *events_,
                                                   log_.component("webhooks"), config_.time_scale);
    webhooks_->start();
    CASEMENT_TRY(auth_, api::AuthStore::open(*store_, *sealed_, clock_, hashing_));
    files_ = recorder::make_system_files();
    journal_ = std::make_unique<sources::rtsp::FileJournal>(
        (start_.data / "rtsp-sessions.json").string(), small_files_);
    set_static_tokens();
    return {};
}

void House::set_static_tokens() {
    auth_->clear_static_tokens();
    for (const config::ApiToken& token : config_.tokens)
        auth_->add_static_token(token.name, token.secret);
    if (control_) auth_->add_static_token("this machine", control_->control().token, true);
}

bool House::says_battery(const std::string& id) const {
    const camera::CameraPtr found = registry_->camera(id);
    return found && found->description.capabilities.has(camera::Capability::Battery);
}

config::Record House::record_of(const std::string& id) const {
    return app::record_of(config_, id, says_battery(id));
}

StreamPlan House::plan_of(const std::string& id) const {
    StreamPlan plan;
    plan.linger = base::scaled(config_.linger, config_.time_scale);
    plan.time_scale = config_.time_scale;
    const config::Camera* camera = config_.camera(id);
    plan.on_demand = (camera && camera->on_demand && !makes_films(config_, *camera)) ||
                     is_spared(config_, id, says_battery(id));
    const config::Record record = record_of(id);
    if (record.mode != config::RecordMode::Off) plan.pre_roll = kRecorderReach;
    if (record.mode == config::RecordMode::Events)
        plan.pre_roll = std::max<std::chrono::milliseconds>(plan.pre_roll, record.pre_roll);
    return plan;
}

/// A Nanit camera says nothing of sound in time: its cloud does, seconds later.
bool House::makes_sound_events(const std::string& id) const {
    const config::Camera* const camera = config_.camera(id);
    if (camera != nullptr && camera->sound_events) return *camera->sound_events;
    const auto known = registry_->camera(id);
    return known && known->description.vendor == "nanit";
}

void House::record(const std::shared_ptr<hub::Stream>& stream) {
    const async::Executor& executor = executors_[next_executor_++ % executors_.size()];
    const auto added =
        recorder_->add(stream->name(), stream, executor, policy_of(record_of(stream->name())));
    if (!added) log_.error("{}", added.error().message());
}

/// The cameras of the file; notes their push keys, and says how to learn those that nobody has
/// seen.
base::Result<std::vector<drivers::generic::CameraConfig>> House::read_cameras() {
    CASEMENT_TRY(auto cameras, generic_cameras(config_, *sealed_));
    const auto known = std::exchange(push_keys_, {});
    for (const drivers::generic::CameraConfig& camera : cameras) {
        const auto* push = std::get_if<camera::ExpectPush>(&*camera.way);
        if (!push) continue;
        push_keys_.emplace(camera.id, push->key);
        const bool is_made_here = config_.camera(camera.id)->push_key.empty();
        if (is_made_here && !known.contains(camera.id)) {
            log_.with("camera", camera.id)
                .info(
                    "Where it sends its pictures to is shown by: casement camera {} --push-address",
                    camera.id);
        }
    }
    return cameras;
}

/// A broker that cannot be right is no reason to record nothing.
void House::open_broker() {
    if (!config_.mqtt.broker) return;
    auto options = mqtt_options(config_.mqtt, *sealed_, config_.time_scale);
    base::Result<> started;
    if (options) {
        mqtt_ =
            std::make_unique<notify::mqtt::Mqtt>(first_, std::move(*options), *registry_, *router_,
                                                 events_->bus(), log_.component("mqtt"));
        started = mqtt_->start();
        if (!started) mqtt_.reset();
    } else {
        started = std::unexpected(options.error());
    }
    if (!started) log_.error("Nothing goes to the broker: {}", started.error().message());
}

base::Result<> House::open_cameras() {
    registry_ = std::make_unique<camera::DriverRegistry>(first_, clock_, *events_, *desired_);
    router_ = std::make_unique<camera::CommandRouter>(*registry_);
    open_broker();
    recorder::Options options;
    options.directory = (start_.data / "recordings").string();
    CASEMENT_TRY(recorder_, recorder::Recorder::open(first_, clock_, *store_, *events_, *files_,
                                                     options, log_.component("recorder")));
    footage_ = std::make_unique<Footage>(recorder_->library());

    CASEMENT_TRY(auto cameras, read_cameras());
    CASEMENT_TRY(auto driver, drivers::generic::Driver::make(first_, std::move(cameras)));
    generic_ = driver.get();
    const sources::Surroundings surroundings{codecs_, clock_, log_.component("sources")};
    ears_ = std::make_unique<Ears>(
        first_, analysis::EarParts{*events_, codecs_, log_.component("ears")},
        [this](const std::string& camera) { return makes_sound_events(camera); });
    streams_ = std::make_unique<CameraStreams>(
        first_,
        CameraStreams::Parts{
            .registry = *registry_,
            .router = *router_,
            .hub = hub_,
            .open =
                [this, surroundings](const std::string& camera,
                                     const camera::StreamEndpoint& endpoint) {
                    return sources::open_source(camera, endpoint,
                                                {surroundings, hub_.push_door(), journal_.get()});
                },
            .plan = [this](const std::string& camera) { return plan_of(camera); },
            .on_added =
                [this](const std::shared_ptr<hub::Stream>& stream) {
                    record(stream);
                    ears_->add(stream);
                },
            .on_changed =
                [this](const std::string& camera) {
                    (void)recorder_->set_policy(camera, policy_of(record_of(camera)));
                },
            .on_removing = [this](const std::string& camera) -> async::Task<> {
                (void)co_await recorder_->remove(camera);
            },
            .clock = clock_},
        log_);
    tasks_.spawn("camera streams", [this] { return streams_->run(); });
    CASEMENT_TRY(registry_->add(std::move(driver)));
    CASEMENT_TRY(open_nanit());
    CASEMENT_TRY(open_nest());
    return config_.arlo.enabled ? open_arlo() : base::Result<>();
}

base::Result<> House::open_nanit() {
    CASEMENT_TRY(auto accounts, nanit_options(config_, start_.data.string(), own_address()));
    for (drivers::nanit::DriverOptions& options : accounts) {
        // Programs that were set up for the stream proxy ask for it by this name.
        options.named = [this](const std::string& baby, const std::string& camera) {
            hub_.add_alias("local/" + baby, camera);
        };
        CASEMENT_TRY(auto events, drivers::nanit::PollMemory::open(*store_));
        auto driver = std::make_unique<drivers::nanit::Driver>(first_, std::move(options), *sealed_,
                                                               vendors_, clock_, std::move(events));
        nanit_.push_back(driver.get());
        CASEMENT_TRY(registry_->add(std::move(driver)));
    }
    return {};
}

base::Result<> House::open_nest() {
    using LentBy = drivers::nest::device_access::Driver;
    std::map<std::string, LentBy*> lenders;  // owned by the registry
    for (const config::Account& account : config_.accounts) {
        if (account.vendor != config::Vendor::Nest ||
            account.sign_in != config::NestSignIn::DeviceAccess)
            continue;
        CASEMENT_TRY(auto driver,
                     device_access_driver(first_, config_, account, start_.data.string(), *sealed_,
                                          vendors_, clock_));
        lenders.emplace(account.name, driver.get());
        CASEMENT_TRY(registry_->add(std::move(driver)));
    }
    const Lend lend = [&](const config::LentCamera& camera) {
        return lenders.at(camera.account)->stream_of(camera.device);  // `check` has found it
    };
    CASEMENT_TRY(auto accounts, nest_options(config_, start_.data.string(), lend));
    for (drivers::nest::DriverOptions& options : accounts) {
        CASEMENT_TRY(registry_->add(std::make_unique<drivers::nest::Driver>(
            first_, std::move(options), *sealed_, vendors_, clock_)));
    }
    return {};
}

base::Result<> House::open_arlo() {
    arlo_hooks_ = std::make_unique<ArloHooks>(first_, config_.arlo.webhooks,
                                              log_.component("webhooks"), config_.time_scale);
    drivers::arlo::DriverOptions options = arlo_options(config_);
    options.album.directory = (start_.data / "arlo").string();
    options.disk = &small_files_;
    options.notice = [this](const drivers::arlo::Notice& notice) { arlo_hooks_->tell(notice); };
    CASEMENT_TRY(auto station,
                 drivers::arlo::Driver::make(first_, std::move(options), *store_, clock_));
    arlo_ = station.get();
    clips_ = std::make_unique<Clips>(first_, hub_, small_files_, (start_.data / "clips").string(),
                                     clock_, log_.component("arlo"));
    arlo_doors_ = std::make_unique<ArloDoors>(
        drivers::arlo::RestParts{
            .driver = *station,
            .router = *router_,
            .desired = *desired_,
            .hub = hub_,
            .clock = clock_,
            .stream_url =
                [this](const std::string& camera) {
                    return fmt::format("rtsp://{}:{}/{}", own_address(), config_.rtsp.listen.port,
                                       camera);
                },
            .record = [this](
                          const std::string& camera,
                          std::chrono::seconds length) { return clips_->record(camera, length); },
            .host_names = own_names()},
        config_.arlo, listening_, log_.component("arlo"));
    arlo_doors_->open();
    return registry_->add(std::move(station));
}

void House::open_rtsp() {
    const outputs::Services services{hub_, fan_out_, *auth_, clock_};
    rtsp_ = std::make_unique<outputs::SessionServer>(outputs::rtsp::protocol(), first_, services,
                                                     log_.component("rtsp"));
    const auto opened = rtsp_->open({.listen = config_.rtsp.listen.text()});
    listening_.note("RTSP", "RTSP", config_.rtsp.listen.text(), opened);
    if (!opened) log_.error("{}", opened.error().message());
}

void House::open_rtmp() {
    if (!config_.needs_rtmp()) return;
    const outputs::Services services{hub_, fan_out_, *auth_, clock_};
    rtmp_ = std::make_unique<outputs::SessionServer>(outputs::rtmp::protocol(), first_, services,
                                                     log_.component("rtmp"));
    const auto opened = rtmp_->open({.listen = config_.rtmp.listen.text()});
    listening_.note("RTMP", "RTMP", config_.rtmp.listen.text(), opened);
    if (!opened) log_.error("{}", opened.error().message());
}

/// The desk is the hub's for all its life; the door in front of it may move.
void House::furnish_desk() {
    sign_in_ = std::make_unique<sign_in::Desk>(*sealed_, small_files_, clock_);
    sign_in_->set_accounts(config_.accounts);
    auto live = std::make_shared<const outputs::mse::Services>(
        outputs::mse::Services{hub_, fan_out_, pictures_, log_.component("mse"), {}});
    desk_ = std::make_unique<api::Api>(
        first_,
        api::Parts{
            .auth = *auth_,
            .clock = clock_,
            .registry = *registry_,
            .router = *router_,
            .events = *events_,
            .hub = hub_,
            .fan_out = fan_out_,
            .pictures = pictures_,
            .codecs = &codecs_,
            .footage = footage_.get(),
            .recording =
                [this](const std::string& camera) { return recording_state(*recorder_, camera); },
            .health = [this] { return health(); },
            .logs = camera_logs(*registry_, nanit_),
            .sign_in = sign_in_->functions(),
            .live = outputs::mse::websocket_handler(std::move(live)),
            .web = web_root(),
            .data = start_.data,
            .version = std::string(kVersion),
            .time_zone = local_time_zone(),
            .rtsp_listen = [this] { return listening_.address("RTSP"); }},
        log_.component("api"));
    desk_->start();
    http_ = std::make_unique<HttpDoor>(
        first_,
        HttpDoor::Parts{.connections = executors_,
                        .data = start_.data,
                        .mount = [this](net::HttpServer& server) { desk_->mount(server); }},
        log_.component("http"));
}

void House::open_http() {
    const auto opened = http_->open(config_.http);
    listening_.note("HTTP",
                    config_.http.tls == config::Tls(config::TlsMode::Off) ? "HTTP" : "HTTPS",
                    config_.http.listen.text(), opened);
    if (!opened) log_.error("{}", opened.error().message());
}

/// Where the new address cannot be opened the page stays where it is, and health says why.
void House::move_http() {
    if (!http_->is_open()) {
        open_http();
        return greet();  // nobody has seen the claim code yet
    }
    const auto moved = http_->open(config_.http);
    if (!moved) {
        log_.error("The page stays at {}: {}", http_->url(), moved.error().message());
        return listening_.note_stays("HTTP", http_->name(), http_->address(), moved.error());
    }
    listening_.note("HTTP", http_->name(), http_->address(), moved);
    log_.info("The page is at {} now", http_->url());
    tell_commands();
}

void House::open_doors() {
    open_rtsp();
    open_rtmp();
    furnish_desk();
    open_http();
    if (demo_ && rtmp_) demo_->start(rtmp_->port());
}

/// Where commands of this machine find the hub.
void House::tell_commands() {
    base::Result<> told;
    if (control_) {
        told = control_->move(http_->url(), http_->fingerprint());
    } else if (auto files = ControlFiles::write(start_.data, http_->url(), http_->fingerprint())) {
        control_ = std::move(*files);
    } else {
        told = std::unexpected(files.error());
    }
    if (!told)
        log_.warn("Commands on this machine will not find the hub: {}", told.error().message());
    set_static_tokens();
}

void House::greet() {
    if (!http_->is_open()) return;
    tell_commands();
    // To standard output, not the log: for the person at the terminal, who needs the code once.
    std::cout << "\n  Casement is at " << http_->url() << "\n";
    if (const std::string fingerprint = http_->fingerprint(); !fingerprint.empty()) {
        std::cout << "  Certificate, to compare with what the browser shows (SHA-256): "
                  << fingerprint << "\n";
    }
    if (!auth_->is_claimed())
        std::cout << "  Claim it there with the code " << auth_->claim_code() << "\n";
    std::cout << std::endl;
    auth_->on_new_code([](const std::string& code) {
        std::cout << "  Too many wrong codes. The claim code is now " << code << std::endl;
    });
}

api::HealthReport House::health() const {
    api::HealthReport report;
    listening_.tell(report);
    struct statvfs disk{};
    if (::statvfs(start_.data.c_str(), &disk) == 0) {
        report.disks.push_back({start_.data.string(),
                                disk.f_blocks * disk.f_frsize,
                                disk.f_bavail * disk.f_frsize,
                                {}});
    }
    return report;
}

async::Task<> House::apply(const config::Config& next, const config::Changes& changes) {
    config_ = next;
    if (demo_) demo_->add_to(config_);
    sign_in_->set_accounts(config_.accounts);
    set_static_tokens();
    for (const config::CameraChange& change : changes.cameras_changed) {
        if (change.recording)
            (void)recorder_->set_policy(change.id, policy_of(record_of(change.id)));
    }
    co_await move_doors(changes);
    streams_->replan();
    ears_->replan();
    // A command beside the hub may have made or replaced a push key.
    auto refresh = [this] { return sealed_->refresh(); };
    if (const auto refreshed = co_await small_files_.run(refresh); !refreshed)
        log_.error("Push keys stay as they were: {}", refreshed.error().message());
    update_cameras(changes);
}

/// A listener that is not where it should be is tried again at each reload: its port may be free
/// now.
async::Task<> House::move_doors(const config::Changes& changes) {
    if (changes.http || !listening_.is_well("HTTP")) move_http();
    if (changes.rtsp || !listening_.is_well("RTSP")) {
        co_await rtsp_->stop();
        open_rtsp();
    }
    if (changes.rtmp || (config_.needs_rtmp() && !listening_.is_well("RTMP"))) {
        if (rtmp_) co_await rtmp_->stop();
        rtmp_.reset();
        listening_.forget("RTMP");
        open_rtmp();
    }
}

void House::update_cameras(const config::Changes& changes) {
    if (arlo_ != nullptr) arlo_->reconfigure(arlo_options(config_).cameras);
    const auto keys_before = push_keys_;
    auto cameras = read_cameras();
    const auto changed = cameras ? generic_->reconfigure(std::move(*cameras))
                                 : base::Result<>(std::unexpected(cameras.error()));
    if (!changed) return log_.error("The cameras stay as they were: {}", changed.error().message());
    // Cameras that are still there but come another way: their viewers stay through it.
    std::set<std::string, std::less<>> restarted;
    for (const config::CameraChange& change : changes.cameras_changed) {
        if (change.source) restarted.insert(change.id);
    }
    for (const auto& [id, key] : keys_before) {
        const auto now = push_keys_.find(id);
        if (now != push_keys_.end() && now->second != key) restarted.insert(id);
    }
    for (const std::string& id : restarted) hub_.restart(id);
}

void House::add_stages(Shutdown& shutdown) {
    shutdown.stop_accepting("HTTP", [this] {
        http_->stop_accepting();
        if (arlo_doors_) arlo_doors_->stop_accepting();
    });
    shutdown.end_politely("cameras and recordings", [this]() -> async::Task<> {
        // Files first: they are what a second signal must not cost.
        co_await recorder_->stop();
        co_await ears_->stop();
        co_await hub_.stop();
        if (arlo_doors_) co_await arlo_doors_->close(kDoorPatience);
        if (clips_) co_await clips_->stop();
        co_await registry_->stop();
        if (demo_) co_await demo_->stop();  // its cameras hear the goodbyes
        if (mqtt_) co_await mqtt_->stop(kHookPatience);
        // What the end itself told is delivered too, where somebody listens.
        if (arlo_hooks_) co_await arlo_hooks_->stop(kHookPatience);
        co_await webhooks_->stop(kHookPatience);
    });
    shutdown.end_politely("RTSP", [this]() -> async::Task<> { co_await rtsp_->stop(); });
    shutdown.end_politely("RTMP", [this]() -> async::Task<> {
        if (rtmp_) co_await rtmp_->stop();
    });
    shutdown.end_politely("HTTP", [this]() -> async::Task<> {
        co_await http_->close(std::chrono::seconds(2));
        co_await desk_->stop();
    });
    shutdown.end_politely("camera streams", [this]() -> async::Task<> { co_await tasks_.stop(); });
    shutdown.end_hard("the rest", [this] { tasks_.cancel(); });
}

void House::finish_blocking_calls() {
    if (recorder_) recorder_->finish_blocking_calls();
    if (store_) store_->drain();
    for (const async::BlockingPool* pool : {&hashing_, &codecs_, &small_files_, &vendors_})
        pool->drain();
}

}  // namespace

async::Task<base::Result<std::unique_ptr<RunningHub>>> make_house(const Start& start,
                                                                  IoThreads& threads) {
    auto house = std::make_unique<House>(start, threads);
    CASEMENT_CO_TRY(co_await house->open());
    co_return std::unique_ptr<RunningHub>(std::move(house));
}

}  // namespace casement::app
