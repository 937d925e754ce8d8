#pragma once
// What the vendor's REST interface answers, as values. Every field may be missing, null or of
// another type; unknown ones are passed over.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"
#include "drivers/words.hpp"

namespace casement::drivers::nanit {

struct Tokens {
    base::Secret access, refresh;
    std::optional<std::chrono::seconds> expires_in;
    bool operator==(const Tokens&) const = default;
};

/// A code is on its way to a person.
struct Challenge {
    base::Secret token;   // mfa_token
    std::string channel;  // "sms", "email"
    std::string hint;     // the last digits of the telephone; may be empty
    bool operator==(const Challenge&) const = default;
};

struct Baby {
    std::string uid;
    std::string name;                  // never empty; without markup and control characters
    std::string camera_uid;            // empty: no camera is paired; it must not be asked for
    std::string speaker_uid;           // empty = none
    std::optional<bool> is_connected;  // the camera, as the cloud sees it
    std::optional<base::WallTime> last_seen;
    std::string firmware;
    std::string stream_url;  // base of the media relay; may be empty
    std::string ssid;
    std::optional<double> wifi_mhz, wifi_dbm;
    bool operator==(const Baby&) const = default;
};

/// One of the cloud's alerts.
struct Message {
    std::int64_t id = 0;          // rises
    std::string type;             // upper case: "MOTION", "SOUND"...; open
    base::WallTime time{};        // of what happened
    std::string event_uid;        // the same thing among the events; may be empty
    std::optional<double> value;  // TEMPERATURE: degrees Celsius
    std::string raw;              // JSON, without secrets
};

/// One line of the vendor's sleep analysis.
struct SleepEvent {
    std::string uid;
    std::string key;  // upper case: "FELL_ASLEEP"...; open
    std::string title;
    base::WallTime time{};
    std::optional<base::WallTime> end;
    std::optional<double> confidence;  // 0..1
    base::Secret clip;  // where a film of it is, for whoever knows the address; mostly empty
    std::string raw;
};

/// Which alerts the cloud makes, by type.
using AlertSettings = std::map<std::string, bool>;

// Each takes a body that came with a status of success, and answers Unavailable "vendor-down" for
// what is no such JSON: a page of a proxy, half an answer.

base::Result<Tokens> parse_tokens(std::string_view body);
/// Also of an answer that is no success: the presence of the mfa_token decides.
std::optional<Challenge> parse_challenge(std::string_view body);
/// Those with a uid of [a-z0-9_-], once each, at most kMaxBabies.
base::Result<std::vector<Baby>> parse_babies(std::string_view body);
/// Ordered by time, then id; those without id or time are left out. At most kMaxItems, the newest.
base::Result<std::vector<Message>> parse_messages(std::string_view body);
base::Result<std::vector<SleepEvent>> parse_events(std::string_view body);
/// {"uc_token": T}, {"token": T}, or either one object deeper.
base::Result<base::Secret> parse_uc_token(std::string_view body);
/// {"settings": {KEY: bool}} or {"notification_settings": [{"key", "enabled"}]}.
base::Result<AlertSettings> parse_alert_settings(std::string_view body);

/// {"error", "error_description"} or {"message"} of a refusal, for a person; empty = none.
struct Refusal {
    std::string error;  // a word: "invalid_grant"
    std::string text;
};
Refusal parse_refusal(std::string_view body);

inline constexpr std::size_t kMaxBabies = 50;
inline constexpr std::size_t kMaxItems = 100;       // five times what is asked for
inline constexpr std::size_t kMaxRawBytes = 16384;  // of one item; a larger one has no `raw`

}  // namespace casement::drivers::nanit
