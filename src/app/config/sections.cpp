#include "app/config/sections.hpp"

#include <algorithm>
#include <set>

namespace casement::app::config {

using namespace std::chrono_literals;

namespace {

std::function<std::string(const std::string&)> host_and_port() {
    return [](const std::string& text) -> std::string {
        const std::size_t colon = text.rfind(':');
        const bool fine =
            text.empty() || (colon != std::string::npos && colon > 0 && colon + 1 < text.size());
        return fine ? "" : "needs a host and a port, like \"192.168.1.10:1935\"";
    };
}

std::function<std::string(const std::string&)> not_empty(std::string sentence) {
    return [sentence = std::move(sentence)](const std::string& text) {
        return text.empty() ? sentence : std::string{};
    };
}

std::function<std::string(const std::optional<base::Url>&)> http_url() {
    return [](const std::optional<base::Url>& url) -> std::string {
        const bool fine = !url || url->scheme == "http" || url->scheme == "https";
        return fine ? "" : "needs a URL that begins with http:// or https://";
    };
}

bool need(const Value& value, const std::string& member, std::string_view key,
          std::string_view example) {
    if (!member.empty()) return true;
    value.error(fmt::format("{} needs {}, like {}: {}", value.path(), key, key, example));
    return false;
}

}  // namespace

const Fields<Http>& fields_of(std::type_identity<Http>) {
    static const Fields<Http> fields{
        field("listen", &Http::listen, "where the page and the API are served; one port for both"),
        field("tls", &Http::tls,
              "auto makes a certificate and keeps it; off is for a reverse proxy on the same "
              "machine"),
    };
    return fields;
}

const Fields<TlsFiles>& fields_of(std::type_identity<TlsFiles>) {
    static const Fields<TlsFiles> fields{
        field("certificate", &TlsFiles::certificate, "PEM file with the certificate and its chain"),
        field("key", &TlsFiles::key, "PEM file with the private key"),
    };
    return fields;
}

bool check_fields(const Value& value, const TlsFiles& files) {
    if (!files.certificate.empty() && !files.key.empty()) return true;
    value.error(fmt::format("{} needs both certificate and key", value.path()));
    return false;
}

const Fields<Rtsp>& fields_of(std::type_identity<Rtsp>) {
    static const Fields<Rtsp> fields{
        field("listen", &Rtsp::listen,
              "where players ask for streams, and where cameras may push theirs")};
    return fields;
}

const Fields<Rtmp>& fields_of(std::type_identity<Rtmp>) {
    static const Fields<Rtmp> fields{
        field("listen", &Rtmp::listen,
              "opened only when this section is written or something pushes to the hub"),
        field("advertise", &Rtmp::advertise,
              "the host and port that a camera can reach; empty finds it by itself",
              host_and_port()),
    };
    return fields;
}

const Fields<ApiToken>& fields_of(std::type_identity<ApiToken>) {
    static const Fields<ApiToken> fields{
        field("name", &ApiToken::name, "what the token is for; appears in logs"),
        field("secret", &ApiToken::secret, "the token itself, 20 characters or more",
              [](const base::Secret& secret) {
                  // 20 letters and digits hold some 100 bits: nobody guesses them, however fast the
                  // hub answers.
                  return secret.reveal().size() < 20
                             ? std::string("is shorter than 20 characters and could be guessed")
                             : std::string{};
              }),
    };
    return fields;
}

bool check_fields(const Value& value, const ApiToken& token) {
    const bool has_name = need(value, token.name, "name", "frigate");
    if (value.node().find("secret") != nullptr) return has_name;
    value.error(fmt::format("{} needs secret, like secret: \"${{FRIGATE_TOKEN}}\"", value.path()));
    return false;
}

const Fields<Mqtt>& fields_of(std::type_identity<Mqtt>) {
    static const Fields<Mqtt> fields{
        field("broker", &Mqtt::broker,
              "mqtt://[user:${PASSWORD}@]host:port, or mqtts://; nothing is sent without it"),
        field("discovery_prefix", &Mqtt::discovery_prefix, "first word of the discovery topics"),
        field("base", &Mqtt::base, "first word of all other topics"),
        field("client_id", &Mqtt::client_id,
              "who the hub is to the broker; without it, a name that the hub makes and keeps"),
        field("ca_file", &Mqtt::ca_file,
              "mqtts: PEM file of authorities to trust instead of the system's"),
        field("nanit_topics", &Mqtt::nanit_topics,
              "first word of the topics of the old Nanit programs, mostly nanit; without it, they "
              "are not written"),
    };
    return fields;
}

const Fields<Webhook>& fields_of(std::type_identity<Webhook>) {
    static const Fields<Webhook> fields{
        field("url", &Webhook::url, "where events are posted", http_url()),
        field("events", &Webhook::events,
              "kinds of events, like motion, sound, button, state; empty means all"),
        field("encoding", &Webhook::encoding, "how the body is written"),
        field("secret", &Webhook::secret,
              "key of the signature, X-Casement-Signature: sha256=HMAC of the body in hex"),
    };
    return fields;
}

bool check_fields(const Value& value, const Webhook& webhook) {
    if (webhook.url || value.node().find("url") != nullptr) return true;
    value.error(fmt::format("{} needs url, like url: \"https://example.test/hook\"", value.path()));
    return false;
}

const Fields<Logging>& fields_of(std::type_identity<Logging>) {
    static const Fields<Logging> fields{
        field("level", &Logging::level, "how much is logged"),
        field("format", &Logging::format, "auto is journal under systemd and text elsewhere"),
        field("components", &Logging::components,
              "another level for one part: api, app, hub, recorder, rtmp, rtsp, sources"),
    };
    return fields;
}

const Fields<Record>& fields_of(std::type_identity<Record>) {
    static const Fields<Record> fields{
        field("mode", &Record::mode, "always, around events, or never"),
        field("keep", &Record::keep, "footage older than this is deleted",
              between<Milliseconds>(1s, 24h * 3650, "1s and 3650d")),
        field("max_size", &Record::max_size_bytes,
              "one camera's footage above this is deleted, oldest first",
              between<std::uint64_t>(1ull << 20, 1ull << 50, "1MiB and 1024TiB")),
        field("segment", &Record::segment, "length of one file",
              between<Milliseconds>(1s, 1h, "1s and 1h")),
        field("pre_roll", &Record::pre_roll, "kept from before an event",
              between<Milliseconds>(0s, 60s, "0 and 60s")),
        field("post_roll", &Record::post_roll, "kept from after an event",
              between<Milliseconds>(0s, 10min, "0 and 10m")),
    };
    return fields;
}

const Fields<Defaults>& fields_of(std::type_identity<Defaults>) {
    static const Fields<Defaults> fields{
        field("record", &Defaults::record, "what every camera does unless it says otherwise")};
    return fields;
}

const Fields<Films>& fields_of(std::type_identity<Films>) {
    static const Fields<Films> fields{
        field("folder", &Films::folder,
              "where films go, into a folder for each camera; it must exist"),
        field("pictures", &Films::pictures, "how many pictures one MP4 has",
              between(2, 1000, "2 and 1000")),
        field("frames_per_second", &Films::frames_per_second, "how fast they are shown",
              between(1, 60, "1 and 60")),
        field("keep_pictures", &Films::keep_pictures,
              "keep the JPEGs that went into a film; nothing removes them later"),
        field("layout", &Films::layout,
              "own: FOLDER/CAMERA/films and pictures, called by their time; foggycam: "
              "FOLDER/capture/CAMERA/video and images, called by 32 digits"),
    };
    return fields;
}

bool check_fields(const Value& value, const Films& films) {
    if (films.folder.starts_with('/')) return true;
    value.error(fmt::format("{} needs folder, a path from / on", value.path()));
    return false;
}

const Fields<Snapshots>& fields_of(std::type_identity<Snapshots>) {
    static const Fields<Snapshots> fields{
        field("interval", &Snapshots::interval, "time between two pictures",
              between<Milliseconds>(100ms, 24h, "100ms and 24h")),
        field("width", &Snapshots::width, "in pixels", between(64, 4096, "64 and 4096")),
        field("films", &Snapshots::films, "also MP4s of so many pictures each, at a steady rate"),
    };
    return fields;
}

const Fields<NanitAddress>& fields_of(std::type_identity<NanitAddress>) {
    static const Fields<NanitAddress> fields{field("address", &NanitAddress::address,
                                                   "host and port of the camera's own socket",
                                                   host_and_port())};
    return fields;
}

const Fields<Account>& fields_of(std::type_identity<Account>) {
    static const Fields<Account> fields{
        field("vendor", &Account::vendor, "who made the cameras"),
        field("name", &Account::name, "your word for this account"),
        field("sign_in", &Account::sign_in, "nest: how one signs in"),
        field("way", &Account::way, "nest: how pictures travel"),
        field("snapshots", &Account::snapshots, "nest: when pictures are asked for one by one"),
        field("resolve", &Account::resolve,
              "nest: \"name:port\" to \"address:port\", instead of asking the DNS"),
        field("cameras", &Account::cameras,
              "nanit: by serial number, where a camera is not found by itself"),
        field("breathing", &Account::breathing,
              "nanit: show what the camera tells of breathing motions; not a medical or safety "
              "device"),
        field("sleep", &Account::sleep,
              "nanit: show the vendor's analysis of sleep, which may need a plan; not a medical or "
              "safety device"),
        field("ca_file", &Account::ca_file,
              "PEM file of authorities to trust instead of the system's"),
        field("endpoints", &Account::endpoints,
              "base URLs to use instead of the vendor's; nest: home, camera_api, google_token, "
              "google_jwt, device_access, pubsub; "
              "nanit: api, relay, media, log_upload"),
    };
    return fields;
}

bool check_fields(const Value& value, const Account& account) {
    if (!account.vendor) {
        if (value.node().find("vendor") == nullptr)
            value.error(fmt::format("{} needs vendor, which is nest or nanit", value.path()));
        return false;
    }
    bool fine = need(value, account.name, "name", "home");
    const bool is_nest = *account.vendor == Vendor::Nest;
    const std::vector<std::string> foreign =
        is_nest ? std::vector<std::string>{"cameras", "breathing", "sleep"}
                : std::vector<std::string>{"sign_in", "way", "snapshots", "resolve"};
    const std::vector<std::string> endpoints =
        is_nest ? std::vector<std::string>{"home",       "camera_api",    "google_token",
                                           "google_jwt", "device_access", "pubsub"}
                : std::vector<std::string>{"api", "relay", "media", "log_upload"};
    for (const Entry& entry : value.node().entries) {
        if (std::ranges::find(foreign, entry.key) == foreign.end()) continue;
        value.error_at(
            entry.key_place,
            fmt::format("\"{}\" belongs to {} accounts, and this is a {} account", entry.key,
                        is_nest ? "nanit" : "nest", is_nest ? "nest" : "nanit"));
        fine = false;
    }
    if (const Node* node = value.node().find("endpoints"); node != nullptr && node->is_map()) {
        refuse_unknown_keys({value.reading(), *node, value.path() + ".endpoints"}, endpoints);
    }
    return fine;
}

const Fields<ArloHook>& fields_of(std::type_identity<ArloHook>) {
    static const Fields<ArloHook> fields{
        field("url", &ArloHook::url, "where it is posted; without it, it is not", http_url()),
        field("encoding", &ArloHook::encoding,
              "json writes objects as text, as old receivers expect; json_nested does not; form is "
              "what arlo-cam-api itself sends"),
    };
    return fields;
}

const Fields<ArloHooks>& fields_of(std::type_identity<ArloHooks>) {
    static const Fields<ArloHooks> fields{
        field("registration", &ArloHooks::registration, "a device registered"),
        field("status", &ArloHooks::status, "a device told its status"),
        field("motion", &ArloHooks::motion, "motion begins"),
        field("motion_end", &ArloHooks::motion_end, "motion has ended"),
        field("sound", &ArloHooks::sound, "a sound begins or has ended"),
        field("button", &ArloHooks::button, "somebody rang"),
        field("spotlight", &ArloHooks::spotlight, "the lamp was switched"),
    };
    return fields;
}

const Fields<Arlo>& fields_of(std::type_identity<Arlo>) {
    static const Fields<Arlo> fields{
        field("enabled", &Arlo::enabled, "stand in for the base station"),
        field("listen", &Arlo::listen, "address of this machine on the cameras' network"),
        field("ports", &Arlo::ports, "where the cameras register and report"),
        field("rest", &Arlo::rest,
              "the interface of arlo-cam-api for clients that were written for it; it asks nobody "
              "who he is, so keep it on this machine"),
        field("upload_port", &Arlo::upload_port,
              "where cameras send pictures to, on the address of listen"),
        field("upload_advertise", &Arlo::upload_advertise,
              "the host and port of that as cameras reach it, where it is another",
              host_and_port()),
        field("event_pictures", &Arlo::event_pictures,
              "ask for one picture of each motion, sound and ring"),
        field("webhooks", &Arlo::webhooks, "what arlo-cam-api posts, for the receivers of it"),
        field(
            "gateway", &Arlo::gateway,
            "what the cameras see as their gateway; casement doctor compares it with this machine"),
        field("rtp_ports", &Arlo::rtp_ports,
              "first and last UDP port for their pictures, for a router that forwards them; empty "
              "lets the system choose",
              [](const std::vector<std::uint16_t>& ports) {
                  // RFC 3550 §11: pairs, the first of each even. Picture and sound are two.
                  const bool fine = ports.empty() ||
                                    (ports.size() == 2 && ports[0] >= 1024 && ports[0] % 2 == 0 &&
                                     ports[1] % 2 == 1 && ports[1] >= ports[0] + 3);
                  return fine ? std::string{}
                              : std::string(
                                    "needs an even port and an odd one behind it, four "
                                    "ports at least, like [50000, 50199]");
              }),
        field("wifi_country", &Arlo::wifi_country, "two letters",
              [](const std::string& code) {
                  const bool fine = code.size() == 2 && std::ranges::all_of(code, [](char c) {
                                        return c >= 'A' && c <= 'Z';
                                    });
                  return fine ? std::string{}
                              : std::string("needs the two letters of a country, like US");
              }),
        field("anti_flicker_hz", &Arlo::anti_flicker_hz, "mains frequency",
              [](const int& hz) {
                  return hz == 50 || hz == 60 ? std::string{} : std::string("must be 50 or 60");
              }),
    };
    return fields;
}

const Fields<LentCamera>& fields_of(std::type_identity<LentCamera>) {
    static const Fields<LentCamera> fields{
        field("account", &LentCamera::account, "name of an account that signs in by Device Access",
              not_empty("needs the name of an account")),
        field("device", &LentCamera::device, "Device Access's id of the camera, or its last part",
              not_empty("needs the id of a device")),
    };
    return fields;
}
bool check_fields(const Value& value, const LentCamera& camera) {
    const bool has_account = need(value, camera.account, "account", "yard");
    return need(value, camera.device, "device", "AVPHwEu0123") && has_account;
}

const Fields<NestCamera>& fields_of(std::type_identity<NestCamera>) {
    static const Fields<NestCamera> fields{
        field("account", &NestCamera::account, "name of the account",
              not_empty("needs the name of an account")),
        field("camera", &NestCamera::camera, "the vendor's id of the camera",
              not_empty("needs the vendor's id of the camera")),
        field("device_access", &NestCamera::device_access,
              "the same camera as Device Access lends it: one more way to its pictures"),
    };
    return fields;
}
bool check_fields(const Value& value, const NestCamera& camera) {
    const bool has_account = need(value, camera.account, "account", "home");
    return need(value, camera.camera, "camera", "0123abcd") && has_account;
}

const Fields<NanitCamera>& fields_of(std::type_identity<NanitCamera>) {
    static const Fields<NanitCamera> fields{
        field("account", &NanitCamera::account, "name of the account",
              not_empty("needs the name of an account")),
        field("baby", &NanitCamera::baby, "the vendor's id of the baby",
              not_empty("needs the vendor's id of the baby")),
    };
    return fields;
}
bool check_fields(const Value& value, const NanitCamera& camera) {
    const bool has_account = need(value, camera.account, "account", "nursery");
    return need(value, camera.baby, "baby", "1a2b3c4d") && has_account;
}

const Fields<ArloCamera>& fields_of(std::type_identity<ArloCamera>) {
    static const Fields<ArloCamera> fields{field("serial", &ArloCamera::serial, "serial number",
                                                 not_empty("needs the serial number"))};
    return fields;
}
bool check_fields(const Value& value, const ArloCamera& camera) {
    return need(value, camera.serial, "serial", "A0B1C2D3");
}

}  // namespace casement::app::config
