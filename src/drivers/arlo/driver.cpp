#include "drivers/arlo/driver.hpp"

#include <algorithm>

#include <boost/asio/this_coro.hpp>

#include "base/text.hpp"
#include "camera/camera_id.hpp"
#include "protocols/arlo/shown.hpp"

namespace casement::drivers::arlo {

namespace {

using base::ErrorKind;
using base::fail;
using base::Result;
using protocols::arlo::Alert;
using protocols::arlo::LogMessage;
using protocols::arlo::Registration;
using protocols::arlo::shown;
using protocols::arlo::Status;
using protocols::arlo::StatusRequest;
using protocols::arlo::Unknown;

/// The longest that is kept of a model or firmware.
constexpr std::size_t kMaxName = 64;

Result<> check_serial(std::string_view serial) {
    if (!is_serial(serial))
        return fail(ErrorKind::InvalidArgument, "{} is no serial number", shown(serial));
    return {};
}

}  // namespace

Driver::Driver(const async::Executor& executor, DriverOptions options,
               std::unique_ptr<Memory> memory, std::unique_ptr<Link> link, const base::Clock& clock)
    : options_(std::move(options)),
      memory_(std::move(memory)),
      link_(std::move(link)),
      album_(options_.disk == nullptr
                 ? nullptr
                 : std::make_shared<Album>(executor, options_.album, *options_.disk, clock,
                                           base::Log().component("arlo"))),
      base_{.executor = executor,
            .clock = clock,
            .house = options_.house,
            .timing = options_.timing,
            .bind_address = options_.link.bind_address,
            .rtp_ports = options_.rtp_ports,
            .ports = options_.ports,
            .ping = options_.ping,
            .log = base::Log().component("arlo"),
            .link = *link_,
            .memory = *memory_,
            .refusals = {},
            .album = album_.get(),
            .event_pictures = options_.event_pictures,
            .notice = options_.notice} {}

Result<std::unique_ptr<Driver>> Driver::make(async::Executor executor, DriverOptions options,
                                             store::Store& store, const base::Clock& clock,
                                             std::unique_ptr<Link> link) {
    CASEMENT_TRY(auto memory, Memory::open(store));
    CASEMENT_TRY(auto records, memory->devices());
    CASEMENT_TRY(auto refusals, memory->refusals());
    CASEMENT_TRY(auto media, memory->media());
    if (!link) link = std::make_unique<TcpLink>(options.link);
    std::unique_ptr<Driver> driver(
        new Driver(executor, std::move(options), std::move(memory), std::move(link), clock));
    driver->base_.refusals = std::move(refusals);
    driver->stored_media_ = std::move(media);
    for (Record& record : records) {
        if (!record.address.empty()) (void)driver->roster_.place(record.serial, record.address);
        (void)driver->add(std::move(record));
    }
    return driver;
}

CameraConfig Driver::config_of(const std::string& serial) const {
    CameraConfig config;
    const auto named = std::ranges::find(options_.cameras, serial, &CameraConfig::serial);
    if (named != options_.cameras.end()) {
        config = *named;
        config.is_listed = !config.id.empty();
    }
    config.serial = serial;
    if (config.id.empty()) config.id = camera::camera_id_from("arlo-" + serial);
    return config;
}

DevicePtr Driver::add(Record record) {
    const std::string serial = record.serial;
    CameraConfig config = config_of(serial);
    auto media = std::move(stored_media_[serial]);
    stored_media_.erase(serial);
    auto device =
        std::make_shared<Device>(base_, std::move(record), std::move(config), std::move(media));
    devices_.insert_or_assign(serial, device);
    return device;
}

std::vector<DevicePtr> Driver::add_named() {
    std::vector<DevicePtr> added;
    for (const CameraConfig& named : options_.cameras) {
        if (devices_.contains(named.serial)) continue;
        Record record;
        record.serial = named.serial;
        added.push_back(add(std::move(record)));
    }
    return added;
}

void Driver::reconfigure(std::vector<CameraConfig> cameras) {
    options_.cameras = std::move(cameras);
    std::erase_if(devices_, [this](const auto& entry) {
        const DevicePtr& device = entry.second;
        const bool is_named = std::ranges::any_of(
            options_.cameras, [&](const CameraConfig& one) { return one.serial == entry.first; });
        if (is_named || device->has_called()) return false;
        device->forget();
        if (base_.host != nullptr) base_.host->camera_gone(device->camera());
        return true;
    });
    for (const auto& [serial, device] : devices_) device->reconfigure(config_of(serial));
    for (const DevicePtr& device : add_named()) {
        if (base_.host != nullptr) device->begin();
    }
}

DevicePtr Driver::device(std::string_view serial) const {
    const auto found = devices_.find(serial);
    return found == devices_.end() ? nullptr : found->second;
}

async::Task<Result<>> Driver::forget(std::string serial) {
    const auto found = devices_.find(serial);
    if (found == devices_.end())
        co_return fail(ErrorKind::NotFound, "there is no device {}", shown(serial));
    const DevicePtr device = found->second;
    device->forget();
    devices_.erase(found);
    roster_.forget(serial);
    CASEMENT_CO_TRY(co_await memory_->forget(serial));
    if (album_) co_await album_->forget(serial);
    if (base_.host != nullptr) base_.host->camera_gone(device->camera());
    co_return Result<>{};
}

std::uint16_t Driver::port(Port which) const { return door_ ? door_->port(which) : 0; }

async::Task<Result<>> Driver::run(camera::DriverHost& host) {
    CASEMENT_CO_TRY(door_, Door::open(base_.executor, options_.door, base_.clock, base_.log));
    async::TaskGroup tasks(base_.executor, base_.log);
    base_.host = &host;
    base_.tasks = &tasks;
    struct Over {
        Driver& driver;
        ~Over() {
            driver.door_.reset();
            driver.base_.tasks = nullptr;
            driver.base_.host = nullptr;
        }
    } const over{*this};
    host.account_changed({.word = camera::AccountState::Word::SignedIn,
                          .reason = {},
                          .expires_at = {},
                          .renewed_at = {}});
    (void)add_named();
    for (const auto& [serial, device] : devices_) device->begin();
    tasks.spawn("look around", [this] { return look_around(); });

    co_await asio::this_coro::throw_if_cancelled(false);
    co_await door_->run([this](Call call) { return receive(std::move(call)); });
    // What was acknowledged is on the disk before we go.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await tasks.stop();
    base_.tasks = nullptr;
    const auto devices = devices_;  // one may be forgotten meanwhile
    for (const auto& [serial, device] : devices) co_await device->save_now();
    co_return fail(ErrorKind::Cancelled, "the base station was stopped");
}

async::Task<> Driver::look_around() {
    while (co_await async::sleep_for(options_.timing.look_around)) {
        for (const auto& [serial, device] : devices_) device->look_around();
    }
}

// Who calls
// --------------------------------------------------------------------------------------------

DevicePtr Driver::device_at(std::string_view address) const {
    const auto found = devices_.find(roster_.serial_at(address));
    return found == devices_.end() ? nullptr : found->second;
}

Result<DevicePtr> Driver::caller(const std::string& serial, const Call& call) {
    if (serial.empty()) {
        if (DevicePtr known = device_at(call.address)) return known;
        return fail(ErrorKind::InvalidArgument, "a {} without a serial number, from nobody known",
                    call.message.type());
    }
    CASEMENT_TRY(check_serial(serial));
    const auto known = devices_.find(serial);
    if (known == devices_.end() && devices_.size() >= kMaxDevices)
        return fail(ErrorKind::ResourceExhausted, "{} would be one device more than {}",
                    shown(serial), kMaxDevices);
    if (known != devices_.end()) {
        place(known->second, call.address);
        return known->second;
    }
    Record record;
    record.serial = serial;
    record.port = call.port;
    const DevicePtr device = add(std::move(record));
    place(device, call.address);
    return device;
}

void Driver::place(const DevicePtr& device, const std::string& address) {
    const Roster::Move move = roster_.place(device->record().serial, address);
    if (const auto other = devices_.find(move.displaced); other != devices_.end())
        other->second->moved({});
    device->moved(address);
}

void Driver::replay(const DevicePtr& device) {
    for (Received& alert : waiting_.take(device->record().serial, device->record().address,
                                         base_.clock.steady_now())) {
        base_.spawn("replay an alert", [device, kept = std::move(alert)]() -> async::Task<> {
            (void)co_await device->alerted(kept);
        });
    }
}

async::Task<Result<>> Driver::receive(Call call) {
    auto& body = call.message.body;
    if (auto* registration = std::get_if<Registration>(&body)) {
        registration->model.resize(std::min(registration->model.size(), kMaxName));
        registration->firmware.resize(std::min(registration->firmware.size(), kMaxName));
        CASEMENT_CO_TRY(const DevicePtr device, caller(registration->serial, call));
        device->registered(*registration, std::move(call.json), call.port);
        replay(device);
    } else if (auto* status = std::get_if<Status>(&body)) {
        status->update_model.resize(std::min(status->update_model.size(), kMaxName));
        status->firmware.resize(std::min(status->firmware.size(), kMaxName));
        CASEMENT_CO_TRY(const DevicePtr device, caller(status->serial, call));
        if (!device->has_called()) device->introduce();
        device->reported(*status, std::move(call.json), call.port);
        replay(device);
    } else if (auto* said = std::get_if<Alert>(&body)) {
        co_return co_await alert(call, std::move(*said));
    } else if (const auto* line = std::get_if<LogMessage>(&body)) {
        base_.log.debug("{} says {}", call.address, shown(line->text));
        if (const DevicePtr device = device_at(call.address)) device->heard();
    } else if (const auto* unknown = std::get_if<Unknown>(&body)) {
        base_.log.info("{} sent a {} that means nothing to us{}{}", call.address,
                       shown(unknown->type), unknown->problem.empty() ? "" : ": ",
                       unknown->problem);
        if (const DevicePtr device = device_at(call.address)) device->heard();
    } else {
        co_return fail(ErrorKind::InvalidArgument, "a {} is for a base to say, not for a device",
                       call.message.type());
    }
    co_return Result<>{};
}

async::Task<Result<>> Driver::alert(const Call& call, Alert body) {
    const std::string serial = body.serial;
    Received received{call.message.id, std::move(body), call.json, base_.clock.wall_now()};
    DevicePtr device;
    if (serial.empty()) {
        device = device_at(call.address);
    } else {
        CASEMENT_CO_TRY(check_serial(serial));
        const auto known = devices_.find(serial);
        if (known != devices_.end() && known->second->has_called()) {
            CASEMENT_CO_TRY(device, caller(serial, call));
        }
    }
    if (device) {
        replay(device);
        co_return co_await device->alerted(std::move(received));
    }
    const std::string& origin = serial.empty() ? call.address : serial;
    if (!waiting_.keep(origin, std::move(received), base_.clock.steady_now()))
        co_return fail(ErrorKind::ResourceExhausted,
                       "too many alerts of devices that nobody knows wait already");
    base_.log.info("{} sent an alert and is not known: asked who it is", call.address);
    ask_who(call);
    co_return Result<>{};
}

void Driver::ask_who(const Call& call) {
    if (!waiting_.should_ask(call.address, base_.clock.steady_now())) return;
    base_.spawn(
        "ask who it is", [this, address = call.address, port = call.port]() -> async::Task<> {
            const protocols::arlo::Message question{1, StatusRequest{}};
            const auto answer = co_await link_->exchange(address, port, question);
            if (!answer)
                base_.log.info("{} does not say who it is: {}", address, answer.error().message());
        });
}

// What people ask
// --------------------------------------------------------------------------------------------

Result<DevicePtr> Driver::device_for(std::string_view camera) const {
    for (const auto& [serial, device] : devices_) {
        if (device->camera() == camera) return device;
    }
    return fail(ErrorKind::NotFound, "there is no camera \"{}\"", camera.substr(0, 63));
}

async::Task<Result<camera::StreamEndpoint>> Driver::endpoint(std::string camera,
                                                             camera::Quality quality,
                                                             async::Deadline deadline) {
    CASEMENT_CO_TRY(const DevicePtr device, device_for(camera));
    co_return co_await device->endpoint(quality, deadline);
}

async::Task<Result<>> Driver::set(std::string camera, std::string setting, camera::Value value,
                                  async::Deadline deadline) {
    CASEMENT_CO_TRY(const DevicePtr device, device_for(camera));
    co_return co_await device->set(std::move(setting), std::move(value), deadline);
}

async::Task<Result<camera::CommandOutcome>> Driver::execute(camera::Command command) {
    CASEMENT_CO_TRY(const DevicePtr device, device_for(command.camera));
    co_return co_await device->execute(std::move(command));
}

async::Task<Result<std::unique_ptr<camera::TalkSink>>> Driver::talk(std::string camera,
                                                                    async::Deadline deadline) {
    CASEMENT_CO_TRY(const DevicePtr device, device_for(camera));
    co_return co_await device->talk(deadline);
}

}  // namespace casement::drivers::arlo
