#include "app/push_address.hpp"

#include <algorithm>
#include <ostream>

#include <nlohmann/json.hpp>

#include "app/cli/words.hpp"
#include "app/control.hpp"
#include "app/suggest.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "net/endpoint.hpp"

namespace casement::app {

namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::fail;

// 128 bits: nobody guesses it.
constexpr std::size_t kPushKeyBytes = 16;

std::string name_of(const std::string& camera) { return "push/" + camera; }
base::Secret fresh_key() { return base::Secret(base::random_hex(kPushKeyBytes)); }

std::string address(std::string_view scheme, const std::string& host, std::uint16_t port,
                    const base::Secret& key) {
    return fmt::format("{}://{}/push/{}", scheme, config::ListenAddress{host, port}.text(),
                       key.reveal());
}

/// "192.168.1.10" of "192.168.1.10:1935" and "::1" of "[::1]:1935".
std::string host_of(const std::string& advertise) {
    std::string host = advertise.substr(0, advertise.rfind(':'));
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return host;
}

base::Result<const config::Camera*> pushed_camera(const config::Loaded& loaded,
                                                  const std::string& id) {
    const config::Config& config = loaded.config;
    const config::Camera* camera = config.camera(id);
    const std::string file =
        loaded.file.empty() ? "the configuration (there is no file)" : loaded.file;
    if (camera == nullptr) {
        std::vector<std::string> known;
        for (const config::Camera& other : config.cameras) known.push_back(other.id);
        return fail(ErrorKind::NotFound, "there is no camera \"{}\" in {}{}", id, file,
                    did_you_mean(id, known));
    }
    if (!std::holds_alternative<config::PushSource>(camera->source)) {
        return fail(ErrorKind::FailedPrecondition,
                    "{} does not come to the hub: only a camera with `source: push` has an address "
                    "to send to",
                    id);
    }
    return camera;
}

/// The key that the file names. A reference that this command cannot follow is reported with the
/// file's own problem, which says why.
base::Result<base::Secret> named_key(const config::Loaded& loaded, const config::Camera& camera) {
    if (!camera.push_key.empty()) return camera.push_key;
    const auto about_key = [&](const config::Problem& p) {
        return p.message.find(fmt::format("cameras.{}.push_key", camera.id)) != std::string::npos;
    };
    const auto problem = std::ranges::find_if(loaded.problems, about_key);
    return fail(
        ErrorKind::FailedPrecondition,
        "the key of {} is not known to this command; run it with the environment of the hub ({})",
        camera.id, problem != loaded.problems.end() ? problem->message : "push_key is empty");
}

base::Result<std::unique_ptr<store::SealedStore>> open_sealed(
    const std::vector<fs::path>& directories) {
    for (const fs::path& data : directories) {
        std::error_code ec;
        const bool exists = fs::exists(data / "secrets.key", ec);
        if (ec == std::errc::permission_denied) {
            return fail(ErrorKind::PermissionDenied,
                        "{} belongs to another user; run this command as that user, or with sudo",
                        data.string());
        }
        if (exists) return store::SealedStore::open(data.string());
    }
    return fail(ErrorKind::FailedPrecondition,
                "there is no data in {} yet; start the hub once with `casement serve`, or name its "
                "folder with --data",
                directories.empty() ? std::string("any folder") : directories.front().string());
}

/// How the hub of one of these directories hears of a new key.
std::string how_to_take_over(const std::vector<fs::path>& directories) {
    for (const fs::path& data : directories) {
        if (const auto control = read_control(data)) {
            return fmt::format(
                "The old address works until the hub reads its configuration again: kill -HUP {}",
                control->pid);
        }
    }
    return "The hub is not running; it uses the new address from its next start on.";
}

base::Result<base::Secret> key_for(const config::Loaded& loaded, const config::Camera& camera,
                                   const std::vector<fs::path>& directories, bool is_new) {
    if (camera.has_push_key && is_new) {
        return fail(ErrorKind::FailedPrecondition,
                    "the key of {} is what push_key in {} refers to; change it there, and send the "
                    "hub a SIGHUP",
                    camera.id, loaded.file);
    }
    if (camera.has_push_key) return named_key(loaded, camera);
    CASEMENT_TRY(const auto sealed, open_sealed(directories));
    return is_new ? replace_push_key(*sealed, camera.id) : kept_push_key(*sealed, camera.id);
}

}  // namespace

base::Result<base::Secret> kept_push_key(store::SealedStore& sealed, const std::string& camera) {
    // Memory first: a reload must not write for every camera that has its key.
    if (auto kept = sealed.get(name_of(camera))) return kept;
    return sealed.get_or_put(name_of(camera), fresh_key());
}

base::Result<base::Secret> replace_push_key(store::SealedStore& sealed, const std::string& camera) {
    base::Secret key = fresh_key();
    CASEMENT_TRY(sealed.put(name_of(camera), key));
    return key;
}

RtmpPlace rtmp_place(const config::Config& config, const std::string& own_address) {
    const std::string& advertise = config.rtmp.advertise;
    const config::ListenAddress& listen = config.rtmp.listen;
    if (advertise.empty())
        return {net::is_everywhere(listen.host) ? own_address : listen.host, listen.port};
    const auto port = base::parse_number<std::uint16_t>(
        std::string_view(advertise).substr(advertise.rfind(':') + 1));
    return {host_of(advertise), port.value_or(listen.port)};
}

PushAddresses push_addresses(const config::Config& config, const base::Secret& key,
                             const std::string& own_address) {
    const std::string& advertise = config.rtmp.advertise;
    const std::string outside = advertise.empty() ? own_address : host_of(advertise);
    const auto host = [&](const config::ListenAddress& listen) {
        return net::is_everywhere(listen.host) ? outside : listen.host;
    };
    PushAddresses out;
    out.rtmp = advertise.empty()
                   ? address("rtmp", host(config.rtmp.listen), config.rtmp.listen.port, key)
                   : fmt::format("rtmp://{}/push/{}", advertise, key.reveal());
    out.rtsp = address("rtsp", host(config.rtsp.listen), config.rtsp.listen.port, key);
    return out;
}

int show_push_address(const cli::Console& console, const config::Loaded& loaded,
                      const std::vector<fs::path>& directories, const cli::ShowCamera& command,
                      const std::string& own_address) {
    const auto camera = pushed_camera(loaded, command.camera);
    if (!camera) return cli::fail_with(console, camera.error());
    const auto key = key_for(loaded, **camera, directories, command.new_push_address);
    if (!key) return cli::fail_with(console, key.error());
    const PushAddresses addresses = push_addresses(loaded.config, *key, own_address);
    if (console.json) {
        console.out << nlohmann::json{{"rtmp", addresses.rtmp}, {"rtsp", addresses.rtsp}}.dump(2)
                    << "\n";
    } else {
        console.out << addresses.rtmp << "\n" << addresses.rtsp << "\n";
        console.err << "One of the two goes into the camera. Who knows it can send pictures in the "
                       "camera's place.\n";
    }
    if (command.new_push_address) console.err << how_to_take_over(directories) << "\n";
    return cli::kOk;
}

}  // namespace casement::app
