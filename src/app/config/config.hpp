#pragma once
// The configuration as plain values. Every member has its default here; docs/ref/config.md is
// generated from the descriptions beside the readers (sections.cpp) and these defaults.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/log.hpp"
#include "base/secret.hpp"
#include "base/url.hpp"

namespace casement::app::config {

using Milliseconds = std::chrono::milliseconds;

/// A numeric address and a port; port 0 takes any free one (for tests).
struct ListenAddress {
    std::string host;
    std::uint16_t port = 0;
    bool operator==(const ListenAddress&) const = default;
    std::string text() const;
};

struct TlsFiles {
    std::string certificate;  // PEM, the chain
    std::string key;          // PEM
    bool operator==(const TlsFiles&) const = default;
};
enum class TlsMode { Auto, Off };  // Auto = a certificate that the hub makes and keeps
using Tls = std::variant<TlsMode, TlsFiles>;

struct ThreadCount {
    int count = 0;  // 0 = one per processor
    bool operator==(const ThreadCount&) const = default;
};

struct Http {
    ListenAddress listen{"0.0.0.0", 8790};
    Tls tls = TlsMode::Auto;
    bool operator==(const Http&) const = default;
};

struct Rtsp {
    ListenAddress listen{"0.0.0.0", 8554};
    bool operator==(const Rtsp&) const = default;
};

struct Rtmp {
    ListenAddress listen{"0.0.0.0", 1935};
    std::string
        advertise;  // host:port that a camera can reach; empty = found by asking the routing table
    bool is_asked_for = false;  // the file has this section
    bool operator==(const Rtmp&) const = default;
};

enum class LogFormat { Auto, Text, Json, Journal };  // Auto = journal under systemd, text otherwise

struct Logging {
    base::LogLevel level = base::LogLevel::Info;
    LogFormat format = LogFormat::Auto;
    std::map<std::string, base::LogLevel> components;
    bool operator==(const Logging&) const = default;
};

enum class RecordMode { Off, Always, Events };

struct Record {
    RecordMode mode = RecordMode::Always;
    Milliseconds keep{std::chrono::hours(24 * 30)};
    std::uint64_t max_size_bytes = 200ull << 30;  // of one camera
    Milliseconds segment{60'000};
    Milliseconds pre_roll{5'000};
    Milliseconds post_roll{15'000};
    bool operator==(const Record&) const = default;
};

struct Defaults {
    Record record;
    bool operator==(const Defaults&) const = default;
};

enum class FilmLayout { Own, Foggycam };

struct Films {
    std::string folder;
    int pictures = 200;  // of one film
    int frames_per_second = 24;
    bool keep_pictures = false;
    FilmLayout layout = FilmLayout::Own;
    bool operator==(const Films&) const = default;
};

struct Snapshots {
    Milliseconds interval{1'000};
    int width = 1280;
    std::optional<Films> films;
    bool operator==(const Snapshots&) const = default;
};

enum class Vendor { Nest, Nanit };
enum class NestSignIn { Google, GoogleRefresh, NestToken, NestPassword, DeviceAccess };
enum class NestWay { Auto, Nexustalk, Snapshots, DeviceAccess };

struct NanitAddress {
    std::string address;  // host:port of the camera's own socket
    bool operator==(const NanitAddress&) const = default;
};

struct Account {
    std::optional<Vendor> vendor;
    std::string name;
    std::optional<std::string> ca_file;  // none = the system's authorities
    std::map<std::string, std::string>
        endpoints;  // what to use instead of the vendor's own base URLs
    // nest
    NestSignIn sign_in = NestSignIn::Google;
    Snapshots snapshots;
    NestWay way = NestWay::Auto;
    std::map<std::string, std::string> resolve;  // "name:port" -> "address:port"
    // nanit
    std::map<std::string, NanitAddress> cameras;  // by serial number
    bool breathing = false, sleep = false;        // shown, with a notice
    bool operator==(const Account&) const = default;
};

/// How receivers of arlo-cam-api's webhooks are written to (notify::Spelling).
enum class HookSpelling { Json, Form, JsonNested };

struct ArloHook {
    std::optional<base::Url> url;  // none = off
    HookSpelling encoding = HookSpelling::Json;
    bool operator==(const ArloHook&) const = default;
};

/// The webhooks of arlo-cam-api, each with a receiver of its own.
struct ArloHooks {
    ArloHook registration, status, motion, motion_end, sound, button, spotlight;
    bool operator==(const ArloHooks&) const = default;
};

struct Arlo {
    bool enabled = false;
    std::string listen = "172.14.1.1";
    std::vector<std::uint16_t> ports{4000, 4100};
    std::optional<ListenAddress> rest{{"127.0.0.1", 5000}};  // none = off
    std::uint16_t upload_port = 5000;
    std::string upload_advertise;  // host:port that cameras can reach; empty = listen, upload_port
    bool event_pictures = true;
    ArloHooks webhooks;
    std::string gateway = "172.14.1.1";
    std::vector<std::uint16_t> rtp_ports;  // first and last; empty = the system chooses
    std::string wifi_country = "US";
    int anti_flicker_hz = 60;
    bool operator==(const Arlo&) const = default;
};

struct Mqtt {
    std::optional<base::Url> broker;
    std::string discovery_prefix = "homeassistant";
    std::string base = "casement";
    std::string client_id;               // empty = one that the hub makes and keeps
    std::optional<std::string> ca_file;  // none = the system's authorities
    std::string nanit_topics;            // first word of the old topics of Nanit; empty = off
    bool operator==(const Mqtt&) const = default;
};

/// A token for a program, beside those that the hub makes: for set-ups that are written down as a
/// whole.
struct ApiToken {
    std::string name;
    base::Secret secret;
    bool operator==(const ApiToken&) const = default;
};

enum class WebhookEncoding { Json, Form };

struct Webhook {
    std::optional<base::Url> url;
    std::vector<std::string> events;  // empty = all
    WebhookEncoding encoding = WebhookEncoding::Json;
    base::Secret secret;
    bool operator==(const Webhook&) const = default;
};

struct PullSource {
    base::Url url;  // rtsp, rtsps, rtmp, rtmps, http, https
    bool operator==(const PullSource&) const = default;
};
struct FileSource {
    std::string path;
    bool operator==(const FileSource&) const = default;
};
struct PushSource {  // the camera comes to us
    bool operator==(const PushSource&) const = default;
};
/// Exactly one way in; monostate = said elsewhere (a camera that an account or the Arlo listener
/// finds).
using Source = std::variant<std::monostate, PullSource, FileSource, PushSource>;

/// The same camera, as Device Access has it: nothing that it says tells which one it is.
struct LentCamera {
    std::string account;  // one that signs in by Device Access
    std::string device;   // its id, or the last part of that
    bool operator==(const LentCamera&) const = default;
};
struct NestCamera {
    std::string account;
    std::string camera;
    std::optional<LentCamera> device_access{};
    bool operator==(const NestCamera&) const = default;
};
struct NanitCamera {
    std::string account;
    std::string baby;
    bool operator==(const NanitCamera&) const = default;
};
struct ArloCamera {
    std::string serial;
    bool operator==(const ArloCamera&) const = default;
};

enum class Transport { Auto, Tcp, Udp };
enum class KeepAlive { Auto, Options, GetParameter, None };
enum class Power { Wired, Battery };

struct Camera {
    std::string id;    // camera/camera_id.hpp: the name in URLs and folders
    std::string name;  // what a person reads; empty = the id
    Source source;
    std::optional<NestCamera> nest;
    std::optional<NanitCamera> nanit;
    std::optional<ArloCamera> arlo;
    base::Secret push_key;      // pushed; empty = made by the hub and kept in the sealed store
    bool has_push_key = false;  // the file names one, readable or not
    Transport transport = Transport::Auto;
    bool on_demand = false;
    bool audio = true;
    std::optional<bool> sound_events;  // none = where the vendor's own come late
    KeepAlive keep_alive = KeepAlive::Auto;
    std::optional<Milliseconds> receiver_report_interval;  // none = as RFC 3550 says
    std::optional<Milliseconds> interval;  // http: ask for single pictures this often
    Record record;
    bool has_record_mode = false;  // the file says when this camera is recorded
    NestWay way = NestWay::Auto;
    std::optional<Snapshots> snapshots;
    std::optional<Power> power;  // none = as the camera says itself
    bool operator==(const Camera&) const = default;

    const std::string& display_name() const { return name.empty() ? id : name; }
    bool is_vendor_camera() const { return nest || nanit || arlo; }
};

struct Config {
    std::string data;  // empty = default_data_directory()
    Http http;
    Rtsp rtsp;
    Rtmp rtmp;
    std::vector<ApiToken> tokens;
    Mqtt mqtt;
    std::vector<Webhook> webhooks;
    Milliseconds linger{10'000};
    ThreadCount io_threads;
    Logging log;
    Defaults defaults;
    std::vector<Account> accounts;
    Arlo arlo;
    std::vector<Camera> cameras;
    double time_scale = 1.0;
    bool operator==(const Config&) const = default;

    const Camera* camera(std::string_view id) const;
    /// Port 1935 is only opened when a camera comes to it.
    bool needs_rtmp() const;
};

}  // namespace casement::app::config
