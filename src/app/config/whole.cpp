// The whole file: its sections in order, and what only all of them together can tell.

#include <algorithm>
#include <map>

#include "app/config/sections.hpp"
#include "camera/camera_id.hpp"

namespace casement::app::config {

namespace {

/// What to write in the place of a key that cannot be a camera's id.
std::string wrong_id(const std::string& key, const Node& cameras) {
    const std::string id = camera::camera_id_from(key);
    const bool is_free = !id.empty() && cameras.find(id) == nullptr;
    return fmt::format(
        "\"{}\" cannot be a camera id, which is {}; {}, and what people read under `name:`",
        key.substr(0, 60), camera::kCameraIdRule,
        is_free ? fmt::format("write \"{}\"", id) : std::string("write another here"));
}

Field<Config> cameras_field() {
    Field<Config> out;
    out.name = "cameras";
    out.about = fmt::format("by id: {}", camera::kCameraIdRule);
    out.shape = [about = out.about](const Config&) {
        Shape shape;
        shape.name = "cameras";
        shape.kind = "a mapping of names";
        shape.initial = "{}";
        shape.about = about;
        shape.keys = shapes_of(Camera{});
        shape.is_named = true;
        return shape;
    };
    out.read = [](const Value& value, Config& config) {
        if (value.node().is_null()) return true;
        if (!value.node().is_map()) {
            value.wrong("a mapping of camera ids",
                        "{porch: {source: \"rtsp://10.0.0.9/stream1\"}}");
            return false;
        }
        bool fine = true;
        for (const Entry& entry : value.node().entries) {
            if (!camera::is_camera_id(entry.key)) {
                value.error_at(entry.key_place, wrong_id(entry.key, value.node()));
                fine = false;
                continue;
            }
            Camera camera;
            camera.id = entry.key;
            camera.record = config.defaults.record;
            camera.has_push_key = entry.value.find("push_key") != nullptr;
            const Node* const record = entry.value.find("record");
            camera.has_record_mode = record != nullptr && record->find("mode") != nullptr;
            fine = Kind<Camera>::read(value.child(entry), camera) && fine;
            config.cameras.push_back(std::move(camera));
        }
        return fine;
    };
    return out;
}

bool signs_in_by_device_access(const Account& account) {
    return account.vendor == Vendor::Nest && account.sign_in == NestSignIn::DeviceAccess;
}

/// A way that nothing leads to.
void warn_of_device_access(const Value& value, const Config& config) {
    for (const Account& account : config.accounts) {
        const bool is_lent = std::ranges::any_of(config.cameras, [&](const Camera& camera) {
            return camera.nest && camera.nest->account == account.name &&
                   camera.nest->device_access;
        });
        if (account.vendor != Vendor::Nest || account.way != NestWay::DeviceAccess ||
            signs_in_by_device_access(account) || is_lent)
            continue;
        const Node* node = value.node().find("accounts");
        if (node == nullptr) continue;
        Value(value.reading(), *node, "accounts")
            .warning(fmt::format("{} goes by Device Access, and no camera says as which device: "
                                 "cameras.NAME.nest.device_access",
                                 account.name));
    }
}

bool check_accounts(const Value& value, const Config& config) {
    bool fine = true;
    const Node* accounts = value.node().find("accounts");
    for (std::size_t i = 0;
         accounts != nullptr && i < config.accounts.size() && i < accounts->items.size(); ++i) {
        const auto same = [&](const Account& other) {
            return other.name == config.accounts[i].name;
        };
        const auto first = std::ranges::find_if(config.accounts, same);
        if (config.accounts[i].name.empty() ||
            first == config.accounts.begin() + static_cast<std::ptrdiff_t>(i))
            continue;
        value.error_at(
            accounts->items[i].place,
            fmt::format("a second account with the name \"{}\"", config.accounts[i].name));
        fine = false;
    }
    return fine;
}

bool check_tokens(const Value& value, const Config& config) {
    bool fine = true;
    const Node* tokens = value.node().find("tokens");
    for (std::size_t i = 0;
         tokens != nullptr && i < config.tokens.size() && i < tokens->items.size(); ++i) {
        const auto first = std::ranges::find(config.tokens, config.tokens[i].name, &ApiToken::name);
        if (config.tokens[i].name.empty() ||
            first == config.tokens.begin() + static_cast<std::ptrdiff_t>(i))
            continue;
        value.error_at(tokens->items[i].place,
                       fmt::format("a second token with the name \"{}\"", config.tokens[i].name));
        fine = false;
    }
    return fine;
}

bool check_account_of(const Value& value, const Config& config, const Camera& camera) {
    if (!camera.nest && !camera.nanit) return true;
    const Vendor vendor = camera.nest ? Vendor::Nest : Vendor::Nanit;
    const std::string& name = camera.nest ? camera.nest->account : camera.nanit->account;
    std::vector<std::string> known;
    for (const Account& account : config.accounts) {
        if (account.vendor == vendor) known.push_back(account.name);
    }
    if (std::ranges::find(known, name) != known.end()) return true;
    value.error(fmt::format("{}: there is no {} account \"{}\" under accounts{}", value.path(),
                            camera.nest ? "nest" : "nanit", name.substr(0, 60),
                            did_you_mean(name, known)));
    return false;
}

/// Where a camera has a way through Device Access too: by an account of that, which lends each
/// device once.
bool check_lent(const Value& value, const Config& config, const Camera& camera) {
    if (!camera.nest || !camera.nest->device_access) return true;
    const LentCamera& lent = *camera.nest->device_access;
    const auto wrong = [&](const std::string& text) {
        value.error(fmt::format("{}.nest.device_access: {}", value.path(), text));
        return false;
    };
    const auto is_named = [](const std::string& name) {
        return [name](const Account& account) {
            return account.name == name && signs_in_by_device_access(account);
        };
    };
    if (std::ranges::none_of(config.accounts, is_named(lent.account)))
        return wrong(fmt::format("there is no account \"{}\" with sign_in: device_access",
                                 lent.account.substr(0, 60)));
    if (std::ranges::any_of(config.accounts, is_named(camera.nest->account)))
        return wrong("the camera is one of Device Access already");
    for (const Camera& other : config.cameras) {
        const bool is_same =
            other.nest && other.id != camera.id &&
            (other.nest->device_access == lent ||
             (other.nest->account == lent.account && other.nest->camera == lent.device));
        if (is_same) return wrong(fmt::format("the device is {} already", other.id));
    }
    return true;
}

bool is_way_in(std::string_view key) {
    return key == "source" || key == "nest" || key == "nanit" || key == "arlo";
}
bool is_camera_key(std::string_view key) {
    return std::ranges::any_of(fields_of(std::type_identity<Camera>{}),
                               [&](const Field<Camera>& f) { return f.name == key; });
}

bool check_cameras(const Value& value, const Config& config) {
    bool fine = true;
    const Node* cameras = value.node().find("cameras");
    if (cameras == nullptr) return true;
    for (const Camera& camera : config.cameras) {
        const Node* node = cameras->find(camera.id);
        if (node == nullptr) continue;
        const Value at(value.reading(), *node, "cameras." + camera.id);
        // A key that is not known was probably meant to be it, and is reported already.
        const bool may_have_way = std::ranges::any_of(node->entries, [](const Entry& e) {
            return is_way_in(e.key) || !is_camera_key(e.key);
        });
        if (!may_have_way && config.accounts.empty() && !config.arlo.enabled) {
            at.error(fmt::format("{} has no source; write source: with its URL, or source: push",
                                 at.path()));
            fine = false;
        }
        fine = check_account_of(at, config, camera) && fine;
        fine = check_lent(at, config, camera) && fine;
    }
    return fine;
}

bool check_listeners(const Value& value, const Config& config) {
    bool fine = true;
    std::map<std::uint16_t, std::string_view> taken;
    const std::pair<std::string_view, const ListenAddress*> listeners[] = {
        {"http", &config.http.listen},
        {"rtsp", &config.rtsp.listen},
        {"rtmp", &config.rtmp.listen}};
    for (const auto& [key, address] : listeners) {
        if (address->port == 0) continue;
        const auto [other, is_free] = taken.emplace(address->port, key);
        if (is_free) continue;
        const Node* node = value.node().find(key);
        value.error_at(node != nullptr ? node->place : value.node().place,
                       fmt::format("{}.listen and {}.listen have the same port {}", key,
                                   other->second, address->port));
        fine = false;
    }
    return fine;
}

}  // namespace

const Fields<Config>& fields_of(std::type_identity<Config>) {
    static const Fields<Config> fields{
        field("data", &Config::data,
              "folder of the database, recordings, logs and secrets; relative to this file"),
        field("http", &Config::http, "the page and the API"),
        field("rtsp", &Config::rtsp, "streams for players"),
        field("rtmp", &Config::rtmp, "cameras that push, and players that want it"),
        field("tokens", &Config::tokens,
              "for programs that use the API or ask for streams, beside those that the hub makes "
              "itself"),
        field("mqtt", &Config::mqtt, "home automation"),
        field("webhooks", &Config::webhooks, "events to other programs"),
        field("linger", &Config::linger,
              "how long a camera that nobody watches any more stays connected",
              between<Milliseconds>(Milliseconds{0}, std::chrono::hours(24), "0 and 24h")),
        field("io_threads", &Config::io_threads,
              "threads that move pictures; auto is one per processor, four at most"),
        field("log", &Config::log, "what the hub says about itself"),
        field("defaults", &Config::defaults, "for all cameras"),
        field("accounts", &Config::accounts, "sign-ins at vendors"),
        field("arlo", &Config::arlo, "the base station for Arlo cameras"),
        cameras_field(),
        field("time_scale", &Config::time_scale,
              "multiplies every waiting and pacing timer, never the time allowed for an answer; "
              "for tests only",
              between(0.0001, 100.0, "0.0001 and 100")),
    };
    return fields;
}

bool check_fields(const Value& value, const Config& config) {
    const bool accounts = check_accounts(value, config);
    const bool cameras = check_cameras(value, config);
    const bool tokens = check_tokens(value, config);
    const bool listeners = check_listeners(value, config);
    warn_of_device_access(value, config);
    return accounts && cameras && tokens && listeners;
}

}  // namespace casement::app::config
