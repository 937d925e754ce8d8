#include "emulators/nanit/household.hpp"

#include <array>
#include <filesystem>
#include <utility>

#include <nlohmann/json.hpp>

#include "async/deadline.hpp"
#include "store/files.hpp"

namespace casement::emulators::nanit {

using base::ErrorKind;
using base::Result;
using nlohmann::json;

namespace {

constexpr std::chrono::days kCertificateLife{3650};
constexpr std::size_t kMaxPem = 64 * 1024;

struct Child {
    const char *baby_uid, *name, *camera_uid;
};
constexpr std::array<Child, Household::kMostCameras> kChildren{{
    {"a1b2c3d4", "Robin", "N301EMU0000001"},
    {"b2c3d4e5", "Alex", "N301EMU0000002"},
    {"c3d4e5f6", "Kim", "N301EMU0000003"},
}};
constexpr const char* kWithoutCamera = "0f0e0d0c";

Result<std::string> place(const std::string& address, std::uint16_t port) {
    boost::system::error_code ec;
    const auto parsed = net::ip::make_address(address, ec);
    if (ec || parsed.is_unspecified())
        return base::fail(ErrorKind::InvalidArgument, "\"{}\" is not one address", address);
    return net::to_text(net::ip::tcp::endpoint(parsed, port));
}

/// Without the key that may stand in front of it.
std::string certificate_in(const std::string& pem) {
    const std::size_t at = pem.find("-----BEGIN CERTIFICATE-----");
    return at == std::string::npos ? std::string{} : pem.substr(at);
}

/// What `make` makes, or made for an earlier start.
template <typename Make>
Result<net::Certificate> kept(const std::string& folder, std::string_view name, Make make) {
    if (folder.empty()) return make();
    std::error_code ec;
    std::filesystem::create_directories(folder, ec);
    const std::string file = fmt::format("{}/{}.pem", folder, name);
    const auto pem = store::read_file(file, kMaxPem);
    if (pem) return net::Certificate{*pem, base::Secret(*pem)};  // both are in it
    if (!pem.error().is(ErrorKind::NotFound)) return std::unexpected(pem.error().within(file));
    CASEMENT_TRY(net::Certificate made, make());
    CASEMENT_TRY(store::replace_file(file, made.key_pem.reveal() + made.certificate_pem));
    return made;
}

std::string_view word_of(Form form) {
    constexpr std::array<std::string_view, 5> kWords{"none", "bare", "Bearer", "token", "other"};
    return kWords.at(static_cast<std::size_t>(form));
}

}  // namespace

Household::Household(async::Executor executor, HouseholdOptions options, base::Log log)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      log_(std::move(log)),
      tasks_(executor_, log_) {}
Household::~Household() = default;

/// Of "nanit/{baby_uid}.{access token}".
std::optional<base::WallTime> Household::until(std::string_view app, std::string_view key) const {
    const std::size_t dot = key.find('.');
    if (app != "nanit" || dot == std::string_view::npos ||
        cloud_->nursery().find(key.substr(0, dot)) == nullptr)
        return std::nullopt;
    return cloud_->accounts().end_of(key.substr(dot + 1));
}

Result<> Household::open(async::BlockingPool& pool, const base::Clock& clock) {
    CASEMENT_TRY(const std::string cloud_at, place(options_.address, options_.cloud_port));
    CASEMENT_TRY(const std::string media_at, place(options_.address, options_.media_port));
    CloudOptions cloud;
    MediaPointOptions media;
    if (options_.tls) {
        CASEMENT_TRY(cloud.certificate, kept(options_.folder, "cloud", [this] {
                         return net::make_self_signed("emulated Nanit", {options_.address},
                                                      kCertificateLife);
                     }));
        media.certificate = cloud.certificate;
        ca_pem_ = certificate_in(cloud.certificate->certificate_pem);
    }
    cloud.time_scale = options_.time_scale;
    cloud.told = [this](std::string_view route, Form form) {
        tell("request", {{"route", route}, {"authorization", word_of(form)}});
    };
    CASEMENT_TRY(cloud_, Cloud::start(executor_, clock, std::move(cloud), log_));
    media.allows = [this](std::string_view app, std::string_view key) { return until(app, key); };
    CASEMENT_TRY(media_, MediaPoint::start(executor_, clock, std::move(media), log_));
    CASEMENT_TRY(to_cloud_, Internet::open(executor_, cloud_at, cloud_->endpoint(), log_));
    CASEMENT_TRY(to_media_, Internet::open(executor_, media_at, media_->endpoint(), log_));
    cloud_->accounts().add(options_.user);
    cloud_->accounts().set_access_ttl(options_.access_ttl);
    for (int number = 0; number < options_.cameras; ++number) {
        CASEMENT_TRY(move_in(pool, clock, number));
    }
    // An account with a speaker alone, and nothing that has a name.
    if (options_.cameras > 1)
        cloud_->nursery().add({.uid = kWithoutCamera, .speaker_uid = "L151EMU0000001"});
    return {};
}

Result<> Household::move_in(async::BlockingPool& pool, const base::Clock& clock, int number) {
    const Child& child = kChildren.at(static_cast<std::size_t>(number));
    CameraOptions camera = options_.camera;
    camera.uid = child.camera_uid;
    const int port = options_.door_port == 0 ? 0 : options_.door_port + number;
    CASEMENT_TRY(camera.listen, place(options_.address, static_cast<std::uint16_t>(port)));
    CASEMENT_TRY(camera.certificate,
                 kept(options_.folder, camera.uid, [] { return make_camera_certificate(); }));
    camera.cloud_url = relay_url();
    camera.credential = cloud_->accounts().make_camera_credential(camera.uid);
    camera.time_scale = options_.time_scale;
    // How it learns of tokens is not known; that they open it without the internet is.
    camera.lets_in = [this, uid = camera.uid](std::string_view token) {
        return cloud_->accounts().opens_camera(token, uid);
    };
    camera.picture.name = child.name;
    camera.picture.hue += 120 * number;
    // It is there when it has called: not before.
    cloud_->nursery().add({.uid = child.baby_uid,
                           .name = child.name,
                           .camera_uid = child.camera_uid,
                           .connected = false,
                           .stream_url = media_url(),
                           .version = camera.firmware.version});
    CASEMENT_TRY(auto started, Camera::start(executor_, pool, clock, std::move(camera), log_));
    members_.push_back({child.baby_uid, child.name, child.camera_uid, std::move(started)});
    return {};
}

Result<std::unique_ptr<Household>> Household::start(async::Executor executor,
                                                    async::BlockingPool& pool,
                                                    const base::Clock& clock,
                                                    HouseholdOptions options, base::Log log) {
    if (options.cameras < 1 || options.cameras > kMostCameras)
        return base::fail(ErrorKind::InvalidArgument, "there are 1 to {} cameras", kMostCameras);
    std::unique_ptr<Household> out(
        new Household(std::move(executor), std::move(options), std::move(log)));
    CASEMENT_TRY(out->open(pool, clock));
    return out;
}

async::Task<> Household::stop() {
    co_await tasks_.stop();
    for (const Member& member : members_) co_await member.camera->stop();
    co_await to_cloud_->stop();
    co_await to_media_->stop();
    co_await cloud_->stop();
    co_await media_->stop();
}

std::string Household::Member::door_address() const { return camera->door_address(); }

std::string Household::api_url() const {
    return fmt::format("{}://{}", options_.tls ? "https" : "http",
                       net::to_text(to_cloud_->endpoint()));
}
std::string Household::relay_url() const {
    return fmt::format("{}://{}", options_.tls ? "wss" : "ws", net::to_text(to_cloud_->endpoint()));
}
std::string Household::media_url() const {
    return fmt::format("{}://{}", options_.tls ? "rtmps" : "rtmp",
                       net::to_text(to_media_->endpoint()));
}

Result<> Household::set_internet(Outage outage) {
    ++outages_;
    constexpr std::array<std::string_view, 3> kWords{"on", "refused", "swallowed"};
    tell("internet", {{"is", kWords.at(static_cast<std::size_t>(outage))}});
    CASEMENT_TRY(to_cloud_->set(outage));
    return to_media_->set(outage);
}

Result<> Household::internet_outage(Outage outage, std::chrono::milliseconds length) {
    CASEMENT_TRY(set_internet(outage));
    tasks_.spawn("internet outage", [this, length, mine = outages_]() -> async::Task<> {
        if (!co_await async::sleep_for(length) || mine != outages_) co_return;
        if (const auto back = set_internet(Outage::None); !back)
            log_.error("The internet does not come back: {}", back.error().message());
    });
    return {};
}

void Household::tell(std::string_view what, const json& details) const {
    if (options_.tell) options_.tell(what, details);
}

}  // namespace casement::emulators::nanit
