#pragma once
// One camera, as the vendor's account says it is.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <variant>

namespace casement::drivers::nest {

using Property = std::variant<bool, double, std::string>;

/// A value; every field may be empty, and every host may become another at any time (cameras move
/// to other servers).
struct CameraRecord {
    std::string uuid;  // 32 hex digits, without "quartz."
    std::string name;  // never empty: what people call it, else its place, else model and serial
    std::string place, model, serial, firmware;
    std::string structure;  // id, without "structure."
    std::string home;       // name of the structure

    std::string nexus_api;       // base URL of pictures and events: "https://HOST[:PORT]"
    std::string direct_host;     // nexustalk over TLS: HOST[:PORT], port 1443 where none is said
    std::string websocket_host;  // nexustalk over WebSocket: HOST:PORT

    std::set<std::string, std::less<>> capabilities;
    std::map<std::string, Property, std::less<>> properties;

    bool is_online = true;          // it has a way to the vendor
    bool is_streaming = true;       // it is switched on
    bool has_microphone_on = true;  // the vendor has sound of it
    std::string migration;          // cc2migration.overview_state; empty = not said

    bool can(std::string_view capability) const { return capabilities.contains(capability); }
    /// nexustalk and pictures still work: it has not gone over to the Google Home app.
    bool is_legacy() const {
        return migration.empty() || migration == "NORMAL" ||
               migration == "REVERSE_MIGRATION_IN_PROGRESS";
    }
    bool operator==(const CameraRecord&) const = default;
};

}  // namespace casement::drivers::nest
